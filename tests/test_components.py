"""The action, the component, the task and the template: their schemas, and that they offer the same."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from component_support import ACTION, COMPONENT, STEPS, TASK, Azure, GitLab
from nbcloud_support import LIMIT_SECONDS

from pulumi_nbcloud import __version__

# What all four have, by the names of the action.
SHARED = {
    "targets",
    "until",
    "fail-on",
    "timeout",
    "interval",
    "consecutive",
    "holds-for",
    "appear-timeout",
    "stall-timeout",
    "not-found",
    "enforcement",
    "profile",
    "hold",
    "allow-awaiting",
    "resume-key",
    "install",
    "version",
}
OWN = {
    "github": {"keep"},
    "gitlab": {"job-name", "stage", "image", "job-timeout"},
    "tekton": {"secret", "image"},
    "azure": {"keep", "name", "env"},
}


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def header() -> Any:
    return yaml.safe_load(COMPONENT.read_text(encoding="utf-8").split("\n---\n")[0])


def declared() -> dict[str, dict[str, Any]]:
    """The inputs of each, with their defaults."""
    return {
        "github": {name: each.get("default") for name, each in loaded(ACTION)["inputs"].items()},
        "gitlab": {name: each.get("default") for name, each in header()["spec"]["inputs"].items()},
        "tekton": {each["name"]: each.get("default") for each in loaded(TASK)["spec"]["params"]},
        "azure": {each["name"].replace("_", "-"): each.get("default") for each in loaded(STEPS)["parameters"]},
    }


def scripts() -> dict[str, list[str]]:
    body = yaml.safe_load(COMPONENT.read_text(encoding="utf-8").split("\n---\n")[1])
    ((_, job),) = body.items()
    return {
        "github": [each["run"] for each in loaded(ACTION)["runs"]["steps"] if "run" in each],
        "gitlab": job["script"],
        "tekton": [each["script"] for each in loaded(TASK)["spec"]["steps"]],
        "azure": [each["bash"] for each in loaded(STEPS)["steps"] if "bash" in each],
    }


@pytest.mark.parametrize("service", sorted(OWN))
def test_each_offers_the_same(service: str) -> None:
    inputs = declared()[service]
    assert set(inputs) == SHARED | OWN[service]
    assert inputs["version"] == __version__
    assert str(inputs["install"]).lower() == "true"
    assert str(inputs["allow-awaiting"]).lower() == "false"
    options = SHARED - {"targets", "allow-awaiting", "resume-key", "install", "version"}
    assert {name: inputs[name] for name in options} == dict.fromkeys(options, "")


@pytest.mark.parametrize("service", sorted(OWN))
def test_each_passes_the_same_options(service: str) -> None:
    def options(text: str) -> list[str]:
        lines = (each.strip() for each in text.splitlines())
        return sorted(each for each in lines if each.startswith("${WAIT_") and "RESUME_KEY" not in each)

    last = scripts()[service][-1]
    assert len(options(last)) == 12
    assert options(last) == options(scripts()["github"][-1])


@pytest.mark.parametrize("service", sorted(OWN))
def test_no_input_stands_in_a_script(service: str) -> None:
    texts = scripts()[service]
    assert texts
    assert not [text for text in texts if "${{" in text or "$[[" in text or "$(params." in text]


@pytest.mark.parametrize("service", sorted(OWN))
def test_every_script_parses(service: str) -> None:
    for text in scripts()[service]:
        done = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True, timeout=LIMIT_SECONDS)
        assert (done.returncode, done.stderr) == (0, "")


# Schemas, of their vendors


def checked(path: Path, schema: str) -> subprocess.CompletedProcess[str]:
    words = ("-m", "check_jsonschema", "--builtin-schema", schema, "--output-format", "json", str(path))
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, timeout=LIMIT_SECONDS)


def written(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_the_action_passes_the_schema_of_its_vendor() -> None:
    done = checked(ACTION, "vendor.github-actions")
    assert (done.returncode, json.loads(done.stdout)["status"]) == (0, "ok"), done.stdout


def test_the_component_passes_the_schema_of_its_vendor(tmp_path: Path) -> None:
    """Its two documents one by one: the header, and the job as it is with inputs."""
    job = GitLab(tmp_path, {}, {}).job({"targets": "hpcai:Instance/notebook-1"})
    for name, content in (("header.yml", header()), ("job.yml", {"gate": job})):
        done = checked(written(tmp_path, name, content), "vendor.gitlab-ci")
        assert (done.returncode, json.loads(done.stdout)["status"]) == (0, "ok"), done.stdout


def as_texts(node: Any) -> Any:
    """The node with its booleans as texts: to Azure's schema every scalar is one."""
    if isinstance(node, dict):
        return {name: as_texts(value) for name, value in node.items()}
    if isinstance(node, list):
        return [as_texts(each) for each in node]
    return json.dumps(node) if isinstance(node, bool) else node


def test_the_template_passes_the_schema_of_its_vendor(tmp_path: Path) -> None:
    """Its steps as they are with parameters, in a pipeline."""
    steps = Azure(tmp_path, {}, {}).steps({"targets": "hpcai:Instance/notebook-1", "env": {"A": "b"}})
    assert [next(iter(each)) for each in steps] == ["task", "bash"]
    pipeline = as_texts({"parameters": loaded(STEPS)["parameters"], "steps": steps})
    done = checked(written(tmp_path, "pipeline.yml", pipeline), "vendor.azure-pipelines")
    assert (done.returncode, json.loads(done.stdout)["status"]) == (0, "ok"), done.stdout


@pytest.mark.parametrize("schema", ["vendor.github-actions", "vendor.gitlab-ci", "vendor.azure-pipelines"])
def test_what_is_wrong_does_not_pass(schema: str, tmp_path: Path) -> None:
    wrong = {"runs": {"using": "composite"}, "gate": {"script": 1}, "steps": [{"bash": "true", "environment": {}}]}
    assert checked(written(tmp_path, "wrong.yml", wrong), schema).returncode == 1


# The task: no registry has a schema of Tekton's


def test_the_task_runs_without_rights() -> None:
    (step,) = loaded(TASK)["spec"]["steps"]
    context = step["securityContext"]
    assert context["runAsNonRoot"] is True
    assert context["runAsUser"] > 0
    assert context["allowPrivilegeEscalation"] is False
    assert context["readOnlyRootFilesystem"] is True
    assert context["capabilities"] == {"drop": ["ALL"]}


def test_the_task_names_what_it_uses() -> None:
    spec = loaded(TASK)["spec"]
    (step,) = spec["steps"]
    assert [each["name"] for each in step["volumeMounts"]] == [each["name"] for each in spec["volumes"]]
    text = TASK.read_text(encoding="utf-8")
    for each in spec["params"]:
        assert f"$(params.{each['name']})" in text
    for each in spec["results"]:
        assert f"$(results.{each['name']}.path)" in step["script"]
    assert loaded(TASK)["metadata"]["labels"]["app.kubernetes.io/version"] == __version__
