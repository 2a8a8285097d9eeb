"""`scripts/test`, which runs the parts of a level: their order, what a failure keeps from running, the table."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "test"


@pytest.fixture(scope="module")
def levels() -> Any:
    loader = SourceFileLoader("levels_under_test", str(SCRIPT))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[loader.name] = module
    loader.exec_module(module)
    return module


def part(levels: Any, name: str, code: str = "", **more: Any) -> Any:
    return levels.Part(name, (sys.executable, "-c", code), **{"after": (), **more})


def test_a_free_slot_goes_to_the_part_that_stands_first(levels: Any, capsys: pytest.CaptureFixture[str]) -> None:
    # The third is ready later than the fourth, and still goes before it.
    parts = (
        part(levels, "first", "import time; time.sleep(1)"),
        part(levels, "second", "import time; time.sleep(1)"),
        part(levels, "third", after=("light",)),
        part(levels, "fourth"),
        part(levels, "light", counted=False),
    )
    results = asyncio.run(levels.run_all(parts))
    assert {name: result.problem for name, result in results.items()} == dict.fromkeys(results, "")
    begins = [line for line in capsys.readouterr().out.splitlines() if line.endswith(": begins")]
    assert begins.index("== third: begins") < begins.index("== fourth: begins")


def test_what_needs_a_part_that_failed_is_not_run(levels: Any) -> None:
    parts = (part(levels, "base", "raise SystemExit(3)"), part(levels, "user", after=("base",)), part(levels, "other"))
    results = asyncio.run(levels.run_all(parts))
    assert {name: result.problem for name, result in results.items()} == {
        "base": "failed: exit code 3",
        "user": "not run: base failed",
        "other": "",
    }


@pytest.mark.parametrize(
    ("optional", "in_ci", "passed"),
    [(True, True, True), (True, False, True), (False, True, False), (False, False, True)],
)
def test_a_part_that_is_not_available_fails_ci_unless_it_is_optional(
    levels: Any,
    optional: bool,
    in_ci: bool,
    passed: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CI", "true" if in_ci else "")
    parts = (part(levels, "python 3.99", "print('no such Python'); raise SystemExit(77)", optional=optional),)
    results = asyncio.run(levels.run_all(parts))
    assert levels.report(parts, results, 1.0) is passed
    lines = capsys.readouterr().out.splitlines()
    assert "python 3.99                         0  not available: no such Python" in lines
    assert lines[-1].split() == ["all", "1", "passed" if passed else "FAILED"]


def test_every_test_is_in_a_level(levels: Any) -> None:
    """What the unit and the engine part leave out, another part runs."""
    options = [each.split("=", 1) for each in (*levels.UNIT, *levels.ENGINE) if each.startswith("--")]
    assert {name for name, _ in options} == {"--ignore", "--deselect"}
    run = {word for parts in levels.LEVELS.values() for each in parts for word in each.command}
    assert {value for _, value in options} <= run


@pytest.mark.parametrize(
    "named",
    [
        "PAGES",
        "TERMINALS",
        "COMPONENTS",
        "EXTENDED",
        "OCI_CLI",
        "SIMULATED",
        "LANGUAGES",
        "NATIVE",
        "SITE",
        "ARCHIVE",
        "IMAGE",
    ],
)
def test_what_a_part_names_is_there(levels: Any, named: str) -> None:
    for each in getattr(levels, named):
        path, _, test = each.partition("::")
        assert (SCRIPT.parents[1] / path).exists()
        assert not test or f"def {test}(" in (SCRIPT.parents[1] / path).read_text(encoding="utf-8")
