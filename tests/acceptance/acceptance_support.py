"""`scripts/acceptance` in this process, a person at its terminal, and what it wrote."""

from __future__ import annotations

import builtins
import importlib.util
import json
import stat
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.mock.aidp.service import DEFAULT_PLATFORM, DEFAULT_WORKSPACE
from pulumi_nbcloud.mock.scenarios import PROCESSING_JOB, RUNNING_NOTEBOOK, STARTING_SESSION, STOPPED_NOTEBOOK

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "acceptance"
CLOUDS = ("modelarts", "hpcai", "aidp")
INSTANCE = "notebook-5ac72ea0"
# What a run against the mock clouds reads, where they stand for the real ones.
IDS = {
    "NBCLOUD_ACCEPTANCE_NOTEBOOK_ID": RUNNING_NOTEBOOK,
    "NBCLOUD_ACCEPTANCE_STOPPED_NOTEBOOK_ID": STOPPED_NOTEBOOK,
    "NBCLOUD_ACCEPTANCE_JOB_ID": PROCESSING_JOB,
    "NBCLOUD_ACCEPTANCE_INSTANCE_ID": INSTANCE,
    "NBCLOUD_ACCEPTANCE_PLATFORM_ID": DEFAULT_PLATFORM,
    "NBCLOUD_ACCEPTANCE_WORKSPACE_KEY": DEFAULT_WORKSPACE,
    "NBCLOUD_ACCEPTANCE_SESSION_ID": STARTING_SESSION,
}
HPCAI_ACCOUNT = "training account"


def load_script() -> ModuleType:
    """Load the script and its package; `scripts` is on sys.path already."""
    spec = importlib.util.spec_from_loader("acceptance_script", SourceFileLoader("acceptance_script", str(SCRIPT)))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def fill(clouds: MockClouds) -> None:
    """Put what a real account may hold."""
    clouds.modelarts.put_lease(RUNNING_NOTEBOOK)
    clouds.modelarts.put_lease(STOPPED_NOTEBOOK, status="STOPPED")
    clouds.modelarts.put_job(PROCESSING_JOB)
    clouds.hpcai.put_instance(INSTANCE)
    clouds.aidp.put_session(STARTING_SESSION)


def account_of(clouds: MockClouds, cloud: str) -> str:
    """What a person types back."""
    settings = clouds.settings()[cloud]
    return settings.get("projectId") or settings.get("tenancy") or HPCAI_ACCOUNT


class Person:
    """Runs the script, and types what it asks for.

    Args:
        script: the module.
        monkeypatch: of the test.
        capsys: of the test.
        folder: where the report goes.
    """

    def __init__(
        self, script: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
    ) -> None:
        self._script = script
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.file = folder / "report.json"
        self.prompts: list[str] = []
        self.out = ""
        self.err = ""

    def run(self, *arguments: str, types: str | None = None, terminal: bool = True) -> int:
        """Run the script; None as what is typed is the end of input."""

        def read(prompt: str = "") -> str:
            self.prompts.append(prompt)
            if types is None:
                raise EOFError
            return types

        self._monkeypatch.setattr(self._script, "at_a_terminal", lambda: terminal)
        self._monkeypatch.setattr(builtins, "input", read)
        self._monkeypatch.setattr(sys, "argv", ["acceptance", *arguments, "--out", str(self.file)])
        code: int = self._script.main()
        self.out, self.err = self._capsys.readouterr()
        return code

    @property
    def report(self) -> dict[str, Any]:
        """The report; only its owner can read it."""
        assert stat.S_IMODE(self.file.stat().st_mode) == 0o600
        found: dict[str, Any] = json.loads(self.file.read_text(encoding="utf-8"))
        return found

    def outcomes(self, side: str) -> dict[str, str]:
        """How each behaviour ended on one side, by its name."""
        return {each["name"]: each[side] for each in self.report["behaviours"]}
