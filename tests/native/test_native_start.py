"""How the plugin starts: by its console script, by the stub and from the source plugin, whatever the project holds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from nbcloud_support import LIMIT_SECONDS

from pulumi_nbcloud.cli import plugin_stub

ROOT = Path(__file__).resolve().parents[2]
# Of Python, of a library and of the SDK: each is imported before the plugin serves.
CALLED_AS_OTHERS = ("typing", "json", "asyncio", "grpc", "pulumi", "pulumi_nbcloud")


def ways() -> dict[str, list[str]]:
    """The command lines: the engine starts the first two, a language host of Python the third."""
    return {
        "console script": [str(plugin_stub.program())],
        "stub": [str(plugin_stub.install().path)],
        "source plugin": [sys.executable, str(ROOT / "plugin")],
    }


@pytest.mark.parametrize("way", ["console script", "stub", "source plugin"])
def test_no_module_of_the_project_keeps_it_from_starting(way: str, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    for name in CALLED_AS_OTHERS:
        (project / f"{name}.py").write_text("raise SystemExit('a module of the project')\n", encoding="utf-8")
    process = subprocess.Popen(
        [*ways()[way], "127.0.0.1:1"], cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        port = process.stdout.readline()
    finally:
        process.kill()
        _, errors = process.communicate(timeout=LIMIT_SECONDS)
    assert port.strip().isdigit(), errors
