"""`scripts/stress` with a made-up runner: what it runs, where it goes on, what it says in the end."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "stress"
COMMIT = "0123456789abcdef"


@pytest.fixture(scope="module")
def script() -> Any:
    """The script as a module; nothing is written beside it."""
    spec = importlib.util.spec_from_loader("stress_script", SourceFileLoader("stress_script", str(SCRIPT)))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)
        patch.setitem(sys.modules, "stress_script", module)
        spec.loader.exec_module(module)
    return module


class Runner:
    """Notes what is run; some of it fails, and one run may be interrupted."""

    def __init__(self, script: Any, failing: dict[Any, tuple[str, ...]] | None = None, interrupted: Any = None) -> None:
        self._script = script
        self._failing = failing or {}
        self._interrupted = interrupted
        self.runs: list[tuple[int, str, str]] = []

    def __call__(self, commit: str, part: str, load: str, number: int) -> Any:
        if (number, load, part) == self._interrupted:
            raise KeyboardInterrupt
        self.runs.append((number, load, part))
        failed = self._failing.get((number, load, part), ())
        return self._script.Result(commit, part, load, number, 5, len(failed), failed, 2.0 * number)


def all_runs(runs: int) -> list[tuple[int, str, str]]:
    return [
        (number, load, part)
        for number in range(1, runs + 1)
        for load in ("idle", "busy")
        for part in ("waiting", "wire", "engine")
    ]


@pytest.fixture
def results(script: Any, tmp_path: Path) -> Any:
    return script.Results(tmp_path / "cache" / "stress.jsonl")


def lines_of(tmp_path: Path) -> list[str]:
    return (tmp_path / "cache" / "stress.jsonl").read_text().splitlines()


def test_each_part_runs_idle_and_busy_and_each_run_is_a_line(script: Any, results: Any, tmp_path: Path) -> None:
    runner = Runner(script)
    found = script.stress(COMMIT, 2, results, runner)
    assert runner.runs == all_runs(2)
    assert len(found) == len(lines_of(tmp_path)) == 12
    assert json.loads(lines_of(tmp_path)[0]) == {
        "commit": COMMIT,
        "part": "waiting",
        "load": "idle",
        "run": 1,
        "passed": 5,
        "failed": 0,
        "failed_tests": [],
        "seconds": 2.0,
    }


def test_it_goes_on_where_it_stopped(script: Any, results: Any, capsys: pytest.CaptureFixture[str]) -> None:
    stopped = Runner(script, interrupted=(1, "busy", "wire"))
    with pytest.raises(KeyboardInterrupt):
        script.stress(COMMIT, 2, results, stopped)
    going_on = Runner(script)
    assert len(script.stress(COMMIT, 2, results, going_on)) == 12
    assert stopped.runs + going_on.runs == all_runs(2)
    assert "stress: 4 of 12 runs are there already; going on\n" in capsys.readouterr().out
    # All are there, then a run more of each is expected.
    for runs, left in ((2, []), (3, all_runs(3)[12:])):
        more = Runner(script)
        script.stress(COMMIT, runs, results, more)
        assert more.runs == left


def test_the_loads_can_be_run_one_after_the_other(script: Any, results: Any) -> None:
    runner = Runner(script)
    for load in ("idle", "busy"):
        found = script.stress(COMMIT, 2, results, runner, [load])
        assert {each.load for each in found} >= {load}
    assert sorted(runner.runs) == sorted(all_runs(2))
    assert [load for _, load, _ in runner.runs] == ["idle"] * 6 + ["busy"] * 6


def test_another_commit_starts_again_and_so_does_a_fresh_one(script: Any, results: Any) -> None:
    script.stress(COMMIT, 1, results, Runner(script))
    other = Runner(script)
    assert len(script.stress("another", 1, results, other)) == 6
    assert other.runs == all_runs(1)
    results.forget(COMMIT)
    assert results.of(COMMIT) == []
    assert len(results.of("another")) == 6


def test_half_a_line_is_a_run_that_is_made_again(script: Any, results: Any, tmp_path: Path) -> None:
    script.stress(COMMIT, 1, results, Runner(script))
    file = tmp_path / "cache" / "stress.jsonl"
    file.write_text(file.read_text()[:-20])
    again = Runner(script)
    assert len(script.stress(COMMIT, 1, results, again)) == 6
    assert again.runs == [(1, "busy", "engine")]
    assert json.loads(lines_of(tmp_path)[-1])["part"] == "engine"


def test_the_table_counts_failures_and_names_each_test(
    script: Any, results: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    failing = {
        (1, "busy", "engine"): ("tests/engine/test_a.py::test_one[a b]",),
        (2, "busy", "engine"): ("tests/engine/test_a.py::test_one[a b]", "tests/engine/test_a.py::test_two"),
        (2, "idle", "engine"): ("tests/engine/test_a.py::test_one[a b]",),
    }
    found = script.stress(COMMIT, 3, results, Runner(script, failing))
    said = capsys.readouterr().out
    assert "stress: run 2 of 3, busy, engine: 5 passed, 2 failed, 4 s\n" in said
    assert "stress:   FAILED tests/engine/test_a.py::test_two\n" in said
    lines = script.table(found).splitlines()
    assert [line.split() for line in lines[1:7]] == [
        ["waiting", "idle", "3", "0", "0", "4", "s"],
        ["waiting", "busy", "3", "0", "0", "4", "s"],
        ["wire", "idle", "3", "0", "0", "4", "s"],
        ["wire", "busy", "3", "0", "0", "4", "s"],
        ["engine", "idle", "3", "1", "1", "4", "s"],
        ["engine", "busy", "3", "2", "2", "4", "s"],
    ]
    assert lines[7:] == [
        "FAILED tests/engine/test_a.py::test_one[a b] (run busy 1, idle 2, busy 2)",
        "FAILED tests/engine/test_a.py::test_two (run busy 2)",
    ]


@pytest.mark.parametrize(("failing", "code"), [({}, 0), ({(1, "idle", "wire"): ("tests/wire/a.py::b",)}, 1)])
def test_the_exit_code_says_whether_any_failed(
    failing: Any, code: int, script: Any, results: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script, "Results", lambda path: results)
    monkeypatch.setattr(script, "commit_of", lambda folder: COMMIT)
    monkeypatch.setattr(script, "pytest_runner", lambda jobs: Runner(script, failing))
    monkeypatch.setattr(script.signal, "signal", lambda number, handler: None)
    monkeypatch.setattr(sys, "argv", ["stress", "--runs", "1"])
    assert script.main() == code
    # What failed before and was not run again has not become right.
    assert script.main() == code


@pytest.mark.parametrize(("code", "kept"), [(-15, False), (-2, False), (-11, True), (3, True)])
def test_a_run_that_somebody_ended_is_none_and_one_that_crashed_is_a_failure(
    code: int, kept: bool, script: Any, results: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script, "OUTPUTS", tmp_path / "outputs")
    monkeypatch.setattr(script, "load_of", lambda load: contextlib.nullcontext())
    monkeypatch.setattr(script, "run_pytest", lambda command: (code, "what it printed"))
    run = script.pytest_runner(1)
    if not kept:
        with pytest.raises(KeyboardInterrupt):
            script.stress(COMMIT, 1, results, run)
        assert results.of(COMMIT) == []
        return
    found = script.stress(COMMIT, 1, results, run)
    assert [each.failed_tests for each in found[:1]] == [(f"tests/waiting (pytest ended with {code})",)]
    assert (tmp_path / "outputs" / f"{COMMIT[:12]}-waiting-idle-1.txt").read_text() == "what it printed"


REPORT = """<testsuites><testsuite>
<testcase file="tests/wire/test_a.py" name="test_good" />
<testcase file="tests/wire/test_a.py" name="test_bad[x - y]"><failure message="no">no</failure></testcase>
<testcase file="tests/wire/test_a.py" name="test_bad[x - y]"><error message="no">no</error></testcase>
<testcase file="tests/wire/test_a.py" name="test_left_out"><skipped /></testcase>
</testsuite></testsuites>"""


def test_the_report_of_a_run_is_read(script: Any, tmp_path: Path) -> None:
    (tmp_path / "report.xml").write_text(REPORT)
    assert script.outcomes(tmp_path / "report.xml") == (1, ("tests/wire/test_a.py::test_bad[x - y]",))


def test_a_busy_machine_has_a_process_for_each_core_until_the_block_ends(
    script: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: Any, **how: Any) -> subprocess.Popen[bytes]:
        started.append(popen(*arguments, **how))
        return started[-1]

    popen = subprocess.Popen
    monkeypatch.setattr(script.subprocess, "Popen", start)
    with contextlib.suppress(KeyboardInterrupt), script.load_of("busy"):
        assert [each.poll() for each in started] == [None] * (os.cpu_count() or 1)
        raise KeyboardInterrupt
    assert all(each.returncode is not None for each in started)
    started.clear()
    with script.load_of("idle"):
        assert started == []


def test_what_counts_ends_when_who_started_it_is_gone(script: Any) -> None:
    command = [sys.executable, "-c", script.COUNTING, str(os.getpid() + 1)]
    assert subprocess.run(command, timeout=60).returncode == 0
