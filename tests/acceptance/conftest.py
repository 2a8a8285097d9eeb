from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from acceptance_support import HPCAI_ACCOUNT, IDS, ROOT, Person, fill, load_script

from pulumi_nbcloud.mock import MockClouds


@pytest.fixture(scope="session")
def acceptance() -> Iterator[ModuleType]:
    """The script `scripts/acceptance`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "scripts")
        module = load_script()
        patch.setitem(sys.modules, module.__name__, module)
        yield module


@pytest.fixture
def real(nbcloud_mock: MockClouds, monkeypatch: pytest.MonkeyPatch) -> MockClouds:
    """Mock clouds that stand for the real ones: their settings and the ids are in the environment.

    What is not loopback would go to a proxy that nobody serves.
    """
    fill(nbcloud_mock)
    for name, value in IDS.items():
        monkeypatch.setenv(name, value)
    for cloud in ("MODELARTS", "HPCAI", "AIDP"):
        monkeypatch.setenv(f"NBCLOUD_{cloud}_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NBCLOUD_ACCEPTANCE_ACCOUNT", HPCAI_ACCOUNT)
    monkeypatch.delenv("CI", raising=False)
    return nbcloud_mock


@pytest.fixture
def person(
    acceptance: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Person:
    return Person(acceptance, monkeypatch, capsys, tmp_path)
