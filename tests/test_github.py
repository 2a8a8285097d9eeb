"""The workflows, forms and hooks: no key that is unknown, least rights, and only calls of what is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
FORMS = sorted(path for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
PYTHONS = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', PROJECT)
JOB = {"runs-on", "needs", "timeout-minutes", "strategy", "environment", "permissions", "env", "steps"}
FIELD = {"type", "id", "attributes", "validations"}
SYSTEMS = ["ubuntu-latest", "macos-latest"]


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def jobs(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = read(path)["jobs"]
    return found


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in jobs(path).values() for step in job["steps"]]


def commands(path: Path) -> list[str]:
    return [line for step in steps(path) for line in step.get("run", "").splitlines()]


def by_name(path: Path) -> str:
    return path.name


def test_there_are_the_three_workflows_and_the_three_forms() -> None:
    assert [path.name for path in WORKFLOWS] == ["docs.yml", "release.yml", "test.yml"]
    assert [path.name for path in FORMS] == ["bug.yml", "cloud.yml", "feature.yml"]


def unknown_in_workflow(text: str) -> set[str]:
    """The keys of a workflow that GitHub does not know, or that these workflows have had no use for so far."""
    # YAML 1.1 reads the key `on` as true.
    workflow = yaml.safe_load(text)
    found = set(workflow) - {"name", True, "permissions", "concurrency", "jobs"}
    found |= set(workflow["concurrency"]) - {"group", "cancel-in-progress"}
    found |= set(workflow[True]) - {"push", "pull_request", "workflow_dispatch"}
    for job in workflow["jobs"].values():
        found |= set(job) - {
            "runs-on",
            "needs",
            "if",
            "timeout-minutes",
            "strategy",
            "environment",
            "permissions",
            "env",
            "outputs",
            "steps",
        }
        found |= set(job.get("strategy", ())) - {"fail-fast", "matrix"}
        for step in job["steps"]:
            found |= set(step) - {"id", "if", "uses", "with", "run", "env"}
    return found


def unknown_in_form(text: str) -> set[str]:
    """The keys and types of an issue form that GitHub does not know; its `id` is none of a text that only shows."""
    form = yaml.safe_load(text)
    common = {"label", "description"}
    attributes = {
        "markdown": {"value"},
        "textarea": {*common, "placeholder", "value", "render"},
        "input": {*common, "placeholder", "value"},
        "dropdown": {*common, "options", "multiple", "default"},
        "checkboxes": {*common, "options"},
    }
    found = set(form) - {"name", "description", "title", "labels", "body"}
    for field in form["body"]:
        found |= {field["type"]} - set(attributes)
        found |= set(field) - ({"type", "attributes"} if field["type"] == "markdown" else FIELD)
        found |= set(field["attributes"]) - attributes.get(field["type"], set())
        found |= set(field.get("validations", ())) - {"required"}
    return found


@pytest.mark.parametrize("path", WORKFLOWS, ids=by_name)
def test_workflows_have_no_key_that_is_unknown(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert unknown_in_workflow(text) == set()
    assert unknown_in_workflow(text.replace("runs-on:", "run-on:")) == {"run-on"}


@pytest.mark.parametrize("path", FORMS, ids=by_name)
def test_forms_have_no_key_that_is_unknown(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert unknown_in_form(text) == set()
    assert unknown_in_form(text.replace("label: ", "lable: ")) == {"lable"}
    assert {"name", "description", "body"} <= set(read(path))
    assert read(GITHUB / "ISSUE_TEMPLATE" / "config.yml") == {"blank_issues_enabled": False}


@pytest.mark.parametrize("path", WORKFLOWS, ids=by_name)
def test_rights_are_the_least(path: Path) -> None:
    assert read(path)["permissions"] == {"contents": "read"}
    more = {name: job["permissions"] for name, job in jobs(path).items() if "permissions" in job}
    of_a_release = {
        "publish": {"id-token": "write"},
        "attest": {"id-token": "write", "attestations": "write"},
        "files": {"contents": "write"},
    }
    of_the_site = {
        "site": {"contents": "read", "pages": "read"},
        "publish": {"id-token": "write", "pages": "write"},
    }
    assert more == {"release.yml": of_a_release, "docs.yml": of_the_site}.get(path.name, {})
    for step in steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", WORKFLOWS, ids=by_name)
def test_actions_are_pinned_and_jobs_end(path: Path) -> None:
    for step in steps(path):
        assert ("uses" in step) != ("run" in step)
        assert re.fullmatch(
            r"actions/[a-z-]+@v\d+|pypa/gh-action-pypi-publish@release/v1", step.get("uses", "actions/x@v1")
        )
    for job in jobs(path).values():
        assert job["timeout-minutes"] <= 60


@pytest.mark.parametrize("path", WORKFLOWS, ids=by_name)
def test_what_they_call_is_there(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    called = commands(path)
    assert called
    for line in called:
        assert "${{" not in line, "a shell must not read what somebody else wrote"
        words = [word for word in line.split() if "=" not in word]
        if words[0] == "make":
            assert set(words[1:]) <= targets, line
        for word in words:
            if word.startswith(("scripts/", "tests/")):
                assert (ROOT / word).exists(), line


@pytest.mark.parametrize("path", WORKFLOWS, ids=by_name)
def test_their_commands_are_shell(path: Path) -> None:
    for step in steps(path):
        if "run" in step:
            done = subprocess.run(["bash", "-n"], input=step["run"], capture_output=True, text=True)
            assert (done.returncode, done.stderr) == (0, "")


def test_every_python_and_every_system_is_tested() -> None:
    assert PYTHONS == ["3.10", "3.11", "3.12", "3.13", "3.14"]
    matrix = jobs(GITHUB / "workflows" / "test.yml")["unit"]["strategy"]["matrix"]
    assert matrix == {"system": SYSTEMS, "python": PYTHONS}
    wheel = jobs(GITHUB / "workflows" / "release.yml")["wheel"]["strategy"]["matrix"]
    assert wheel == {"system": SYSTEMS, "python": [PYTHONS[0], PYTHONS[-1]]}


def test_all_parts_of_the_tests_are_run() -> None:
    called = [line.split()[-1] for line in commands(GITHUB / "workflows" / "test.yml")]
    assert sorted(called) == ["engine", "lint", "unit", "versions"]


def test_what_is_published_is_the_one_build_that_was_tested() -> None:
    path = GITHUB / "workflows" / "release.yml"
    assert read(path)[True] == {"push": {"tags": ["v*"]}}
    build, wheel, _, publish, attest, files = jobs(path).values()
    assert ("needs" not in build, wheel["needs"], publish["needs"]) == (True, "build", ["wheel", "command"])
    assert [line for line in commands(path) if "release-check" in line] == ['make release-check TAG="$GITHUB_REF_NAME"']
    assert "scripts/test-wheel dist/*.whl" in [step.get("run") for step in wheel["steps"]]
    assert [step["uses"].partition("@")[0] for step in publish["steps"]] == [
        "actions/download-artifact",
        "pypa/gh-action-pypi-publish",
    ], "no sources, and nothing is built where the right to publish is"
    assert publish["steps"][1]["with"] == {"attestations": True}
    assert publish["environment"] == "release"
    # They install what is published, and need no sources either.
    assert (attest["needs"], files["needs"]) == ("publish", "attest")
    download = "actions/download-artifact"
    for job, last in ((attest, "actions/attest"), (files, "")):
        assert [step.get("uses", "").partition("@")[0] for step in job["steps"]] == [*[download] * 3, last]


def test_a_package_index_gets_the_wheel_and_the_sdist_and_the_release_gets_the_rest_attested() -> None:
    path = GITHUB / "workflows" / "release.yml"
    build, wheel, _, publish, attest, files = jobs(path).values()

    def transferred(job: dict[str, Any], action: str) -> list[str]:
        found = [step["with"] for step in job["steps"] if step.get("uses", "").startswith(f"actions/{action}-artifact")]
        # One artifact for each system, which are downloaded into one folder.
        names = [each.get("name") or each["pattern"].removesuffix("-*") for each in found]
        assert names == [each["path"].rstrip("/") for each in found]
        return names

    assert transferred(build, "upload") == ["dist", "dist-plugin", "dist-sbom"]
    assert transferred(publish, "download") == transferred(wheel, "download") == ["dist"]
    released = ["dist-plugin", "dist-sbom", "dist-archive"]
    assert transferred(attest, "download") == transferred(files, "download") == released
    # Every file that the release gets, and no other: `dist-*` is what was downloaded.
    assert attest["steps"][-1]["with"] == {"subject-path": "dist-*/*"}
    assert 'gh release create "$GITHUB_REF_NAME" dist-archive/* dist-plugin/* dist-sbom/* ' in files["steps"][-1]["run"]


def test_the_command_is_built_and_tested_where_it_is_to_run() -> None:
    command = jobs(GITHUB / "workflows" / "release.yml")["command"]
    assert command["strategy"]["matrix"] == {"system": ["ubuntu-22.04", "macos-latest"]}
    # The tests build once more, and compare.
    built = [step["run"] for step in command["steps"] if "run" in step]
    tests = ".venv/bin/python -m pytest tests/archive --ignore=tests/archive/test_archive_image.py"
    assert built == ["make archive", tests]
    assert command["steps"][-1]["with"]["name"] == "dist-archive-${{ matrix.system }}"


def test_the_site_is_published_from_main_and_only_once_the_project_has_an_address() -> None:
    site, publish = (jobs(GITHUB / "workflows" / "docs.yml")[name] for name in ("site", "publish"))
    by_id = {step["id"]: step for step in site["steps"] if "id" in step}
    assert "scripts/docs home" in by_id["home"]["run"]
    assert by_id["pages"]["if"] == "github.ref == 'refs/heads/main' && steps.home.outputs.address != ''"
    assert site["outputs"] == {"published": "${{ steps.pages.outputs.base_url != '' }}"}
    assert publish["if"] == "needs.site.outputs.published == 'true'"
    assert set(publish["needs"]) == {"docs", "site"}
    assert [list(step) for step in publish["steps"]] == [["uses"]], "no sources where the right to publish is"


@pytest.mark.parametrize("path", FORMS, ids=by_name)
def test_forms_ask_for_what_a_report_needs(path: Path) -> None:
    fields = [each for each in read(path)["body"] if each["type"] != "markdown"]
    names = [each["id"] for each in fields]
    assert len(set(names)) == len(names)
    assert any(each.get("validations", {}).get("required") for each in fields)
    if path.name != "feature.yml":
        assert "version" in names


def test_the_hooks_call_what_is_locked_and_fetch_nothing() -> None:
    path = ROOT / ".pre-commit-config.yaml"
    done = subprocess.run([sys.executable, "-m", "pre_commit", "validate-config", str(path)], capture_output=True)
    assert done.returncode == 0, done.stdout
    locked = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
    (local,) = read(path)["repos"]
    assert local["repo"] == "local"
    for hook in local["hooks"]:
        assert hook["language"] == "system"
        program = hook["entry"].split()[0]
        assert program.startswith(".venv/bin/")
        assert f"\n{program.removeprefix('.venv/bin/')}==" in locked
    assert [hook["id"] for hook in local["hooks"]] == ["ruff-check", "ruff-format", "mypy"]
