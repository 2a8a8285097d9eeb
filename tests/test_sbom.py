"""The SBOM of a release: it holds what the lock file for the runtime holds, is valid, and is the same each time."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
import release_sbom
from packaging.metadata import Metadata
from release_support import LOCK, ROOT, script
from runtime_licences import ELSEWHERE, licence_of, required

from pulumi_nbcloud import __version__

CHECK = script(ROOT / "scripts" / "release-check")
METADATA = distribution("pulumi-nbcloud").read_text("METADATA") or ""
CHANGELOG = f"# Changelog\n\n## [Unreleased]\n\n## [{__version__}] - 2026-11-30\n"
NAME = f"pulumi_nbcloud-{__version__}.cdx.json"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel that has its metadata and nothing else."""
    path = tmp_path_factory.mktemp("dist") / f"pulumi_nbcloud-{__version__}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"pulumi_nbcloud-{__version__}.dist-info/METADATA", METADATA)
    return path


def problems(folder: Path, wheel: Path, *, is_new: bool) -> list[list[str]]:
    return [str(each).splitlines() for each in CHECK.check_sbom(folder, wheel, CHANGELOG, is_new=is_new)]


def written(folder: Path, wheel: Path) -> dict[str, Any]:
    assert problems(folder, wheel, is_new=True) == []
    (path,) = folder.iterdir()
    assert path.name == NAME
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def document(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return written(tmp_path_factory.mktemp("sbom"), wheel)


def locked() -> list[release_sbom.Locked]:
    return release_sbom.read_lock((ROOT / LOCK).read_text(encoding="utf-8"))


def test_it_is_about_the_wheel(wheel: Path, document: dict[str, Any]) -> None:
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    # The day of the release, as the changelog has it: nothing says when the file was written.
    assert document["metadata"]["timestamp"] == "2026-11-30T00:00:00+00:00"
    about = document["metadata"]["component"]
    assert about["purl"] == f"pkg:pypi/pulumi-nbcloud@{__version__}"
    assert about["licenses"][0]["license"]["id"] == "Apache-2.0"
    assert about["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(wheel.read_bytes()).hexdigest()}]


def test_each_locked_version_is_in_it_with_its_hashes_and_its_licence(document: dict[str, Any]) -> None:
    components = {each["purl"]: each for each in document["components"]}
    expected = {f"pkg:pypi/{each.name}@{each.version}": each for each in locked()}
    assert set(components) == set(expected)
    for purl, each in expected.items():
        found = components[purl]
        assert (found["name"], found["version"]) == (each.name, each.version)
        (files,) = found["externalReferences"]
        assert {item["content"] for item in files["hashes"]} == set(each.hashes) != set()
        (licence,) = found["licenses"]
        assert (licence.get("expression") or licence["license"]["id"]) == licence_of(each.name)


def test_what_an_extra_brings_is_optional_and_names_it(document: dict[str, Any]) -> None:
    components = document["components"]
    plain = {each["name"] for each in components if each["scope"] == "required"}
    assert {"httpx", "pulumi", "typer"} <= plain
    assert set(required("pulumi-nbcloud")) <= plain, "what is installed without any extra"
    extras = {
        each["name"]: {item["value"] for item in each["properties"] if item["name"] == "pulumi-nbcloud:extra"}
        for each in components
        if each["scope"] == "optional"
    }
    assert {name: extras[name] for name in ("click", "oci", "werkzeug")} == {
        "click": {"serve"},
        "oci": {"oci"},
        "werkzeug": {"mock"},
    }


def test_it_says_what_needs_what_and_where(document: dict[str, Any]) -> None:
    needs = {each["ref"]: set(each.get("dependsOn", ())) for each in document["dependencies"]}
    versions = {each.name: f"pkg:pypi/{each.name}@{each.version}" for each in locked()}
    assert {versions["httpx"], versions["oci"]} <= needs[f"pkg:pypi/pulumi-nbcloud@{__version__}"]
    assert versions["httpcore"] in needs[versions["httpx"]]
    markers = {each["name"]: each["properties"] for each in document["components"] if "properties" in each}
    assert {"name": "pulumi-nbcloud:marker", "value": 'sys_platform == "win32"'} in markers["colorama"]


def test_another_process_writes_the_same_bytes(wheel: Path, tmp_path: Path) -> None:
    written(tmp_path / "sbom", wheel)
    program = (
        "import sys, pathlib; from release_support import ROOT, script; "
        "check = script(ROOT / 'scripts' / 'release-check'); "
        f"print(*check.check_sbom(*map(pathlib.Path, sys.argv[1:]), {CHANGELOG!r}, is_new=True))"
    )
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "7",
        "PYTHONPATH": os.pathsep.join(str(ROOT / each) for each in ("scripts", "tests")),
    }
    line = [sys.executable, "-c", program, str(tmp_path / "again"), str(wheel)]
    done = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "\n", "")
    assert (tmp_path / "again" / NAME).read_bytes() == (tmp_path / "sbom" / NAME).read_bytes()


def test_its_serial_number_follows_from_what_it_says(wheel: Path, document: dict[str, Any], tmp_path: Path) -> None:
    other = tmp_path / wheel.name
    other.write_bytes(wheel.read_bytes())
    with zipfile.ZipFile(other, "a") as archive:
        archive.writestr("other", "")
    assert written(tmp_path / "sbom", other)["serialNumber"] != document["serialNumber"]


def test_an_older_one_is_not_mixed_in(wheel: Path, tmp_path: Path) -> None:
    folder = tmp_path / "sbom"
    written(folder, wheel)
    assert problems(folder, wheel, is_new=True) == [
        ["error: there is an older SBOM", f"  {folder} is not empty", "hint: delete it"]
    ]
    assert problems(folder, wheel, is_new=False) == []


@pytest.mark.parametrize(
    ("other", "fact"),
    [(None, "  nothing"), (NAME, f"  {NAME}"), ("other", f"  other, {NAME}")],
)
def test_one_of_something_else_is_refused(wheel: Path, tmp_path: Path, other: str | None, fact: str) -> None:
    folder = tmp_path / "sbom"
    written(folder, wheel)
    if other is None:
        (folder / NAME).unlink()
    else:
        (folder / other).write_text("{}")
    assert problems(folder, wheel, is_new=False) == [
        ["error: the SBOM is not that of the wheel", fact, "hint: run make release-check"]
    ]


def test_one_that_the_schema_does_not_allow_is_refused(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_sbom, "document", lambda *_: '{"bomFormat": "CycloneDX", "specVersion": "1.6", "x": 1}')
    monkeypatch.setattr(CHECK, "release_sbom", release_sbom)
    (problem,) = problems(tmp_path / "sbom", wheel, is_new=True)
    assert problem[0] == "error: the SBOM is not valid"
    assert "'x'" in problem[1]


def test_a_lock_file_that_does_not_fit_is_refused(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(release_sbom.stale(locked(), Metadata.from_email(METADATA, validate=True))) == []
    changed = [each for each in locked() if each.name != "rich"]
    (httpx,) = (each for each in changed if each.name == "httpx")
    httpx.version = "0.1"
    changed.append(release_sbom.Locked("left-over", "1", "", [], ["pulumi-nbcloud"]))
    monkeypatch.setattr(CHECK, "locked", lambda: changed)
    (problem,) = problems(tmp_path / "sbom", wheel, is_new=True)
    assert problem == [
        "error: requirements-runtime.lock does not fit the wheel",
        "  httpx: the wheel needs <0.29,>=0.28.1, locked is 0.1",
        "  rich: the wheel needs <16,>=14, locked is none",
        "  left-over: the wheel does not need it",
        "hint: run make lock",
    ]
    assert not (tmp_path / "sbom").exists()


def test_its_lock_file_is_part_of_that_of_the_environment() -> None:
    ours = {(each.name, each.version) for each in locked()}
    environment = release_sbom.read_lock((ROOT / "requirements-dev.lock").read_text(encoding="utf-8"))
    assert ours <= {(each.name, each.version) for each in environment}
    extras = ("", *CHECK.EXTRAS)
    assert set(required("pulumi-nbcloud", extras)) <= {name for name, _ in ours}


def test_licences_are_stated_by_hand_only_for_what_is_installed_elsewhere() -> None:
    names = {each.name for each in locked()}
    assert set(ELSEWHERE) <= names
    assert set(ELSEWHERE) <= {each.name for each in locked() if each.marker}, "the others are installed here"
