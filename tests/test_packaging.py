"""What travels in the wheel."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as opened:
        yield opened


def test_the_wheel_says_that_there_is_no_plugin_to_download(wheel: zipfile.ZipFile) -> None:
    assert json.loads(wheel.read("pulumi_nbcloud/pulumi-plugin.json"))["resource"] is False


def test_the_wheel_is_typed(wheel: zipfile.ZipFile) -> None:
    assert "pulumi_nbcloud/py.typed" in wheel.namelist()


def test_the_wheel_holds_every_module_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    packed = {name for name in wheel.namelist() if name.endswith(".py")}
    assert packed == {str(path.relative_to(ROOT)) for path in (ROOT / "pulumi_nbcloud").rglob("*.py")}
    assert not [name for name in wheel.namelist() if name.startswith(("tests", "tools", "examples"))]


def test_the_wheel_names_its_command_its_plugin_and_its_extras(wheel: zipfile.ZipFile) -> None:
    (points,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    text = wheel.read(points).decode()
    assert "nbcloud = pulumi_nbcloud.cli:main" in text
    assert "[pytest11]\nnbcloud = pulumi_nbcloud.mock.pytest_plugin" in text
    (metadata,) = [name for name in wheel.namelist() if name.endswith("METADATA")]
    lines = wheel.read(metadata).decode().splitlines()
    assert {"Provides-Extra: mock", "Provides-Extra: dev"} <= set(lines)
    assert "Name: pulumi-nbcloud" in lines


def test_every_runtime_dependency_has_its_reason() -> None:
    reasons = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Runtime dependencies")[2]
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = project.partition("dependencies = [")[2].partition("]")[0]
    names = [line.strip().strip('",').split(">")[0] for line in block.splitlines() if line.strip()]
    assert len(names) >= 5
    for name in names:
        first_cells = {each.strip() for line in reasons.splitlines() for each in line.split("|")[1:2]}
        named = {name for cell in first_cells for name in cell.split(", ")}
        assert name in named, f"CONTRIBUTING.md gives no reason for {name}"
