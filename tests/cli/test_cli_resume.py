"""`nbcloud wait --resume`: how a run ends that is awaiting, how the next goes on, and what is refused."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from cli_support import invoke, run, started
from lease_support import KIND, LEASE, NOTEBOOK, notebook
from nbcloud_support import LIMIT_SECONDS
from record_support import make_due, make_older

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.waiting.record_file import RecordFile

TARGET = f"{KIND}/{NOTEBOOK}"
WAITS = ("--timeout", "40h", "--hold", "0")
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in the folder where the command runs."""
    monkeypatch.chdir(tmp_path)
    return Path("wait.json")


@pytest.fixture
def stopped(nbcloud_mock: MockClouds) -> MockClouds:
    """Mock clouds with a notebook that does not run."""
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    return nbcloud_mock


def resumed(file: Path, *more: str) -> tuple[str, ...]:
    return ("wait", TARGET, *WAITS, "--resume", str(file), *more)


def test_a_run_that_is_awaiting_names_its_deadline_and_what_goes_on(stopped: MockClouds, file: Path) -> None:
    done = invoke(*resumed(file, "--resume-key", "run 7"))
    assert (done.code, done.out) == (75, "awaiting\n")
    lines = done.err.splitlines()
    assert lines[0] == "waiting until: self.running"
    assert lines[2] == f"info: {TARGET.replace('/', ' ')}: awaiting after 0s of 40h"
    facts = dict(each.strip().split(": ", 1) for each in lines[3:-1])
    assert re.fullmatch(TIME, facts["deadline"])
    assert facts["actual"].startswith("running=false, not_running_reason=NOT_RUNNING (")
    assert facts["polls"] == "1"
    again = f"nbcloud wait {TARGET} --timeout 40h --hold 0 --resume wait.json --resume-key 'run 7'"
    assert lines[-1] == f"hint: go on with: {again}"
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_command_that_goes_on_goes_on(stopped: MockClouds, file: Path) -> None:
    first = invoke(*resumed(file, "--until", "self.running", "--no-fail-on", "--consecutive", "1", "--quiet"))
    (hint,) = [line for line in first.err.splitlines() if line.startswith("hint: go on with: nbcloud ")]
    make_due(file)
    stopped.modelarts.put_lease(NOTEBOOK, **LEASE)
    done = invoke(*shlex.split(hint.partition("nbcloud ")[2]))
    assert done.code == 0
    assert re.match(r"met after \d+s, 2 polls: ", done.out)
    assert stopped.request_count() == 2


def test_the_next_run_says_which_it_is(stopped: MockClouds, file: Path) -> None:
    invoke(*resumed(file))
    make_due(file)
    done = invoke(*resumed(file))
    assert done.code == 75
    lines = done.err.splitlines()
    assert re.fullmatch(rf"waiting: run 2 of the wait that began at {TIME}; its deadline is {TIME}", lines[0])
    assert lines[1] == "waiting until: self.running"
    assert lines[2].startswith("waiting: running=false, not_running_reason=NOT_RUNNING; ")
    assert "  polls: 2\n" in done.err
    assert not invoke(*resumed(file, "--quiet")).err.startswith("waiting")


def test_a_run_before_the_next_poll_is_due_sends_nothing(stopped: MockClouds, file: Path) -> None:
    invoke(*resumed(file))
    done = invoke(*resumed(file))
    assert done.code == 75
    assert "  actual: running=false, not_running_reason=NOT_RUNNING (" in done.err
    assert "  polls: 1\n" in done.err
    assert stopped.request_count() == 1


def test_awaiting_as_json(stopped: MockClouds, file: Path) -> None:
    done = invoke(*resumed(file, "--output", "json", "--quiet"))
    assert done.code == 75
    document = json.loads(done.out)
    assert (document["outcome"], document["exit_code"], document["polls"]) == ("awaiting", 75, 1)
    resume = document["resume"]
    assert (resume["file"], resume["runs"]) == ("wait.json", 1)
    assert re.fullmatch(TIME, resume["started_time"])
    assert f"  deadline: {resume['deadline_time']}\n" in done.err
    assert document["error"]["hint"].startswith("go on with: nbcloud wait ")


def test_awaiting_is_no_failure_on_github(stopped: MockClouds, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        monkeypatch.setenv(name, name.lower())
    done = invoke(*resumed(file))
    assert done.code == 75
    assert re.search(r"^::notice title=nbcloud wait%3A awaiting::", done.err, re.MULTILINE)
    assert "::error" not in done.err
    assert "\nawaiting\n" in Path("github_output").read_text()
    summary = Path("github_step_summary").read_text()
    assert summary.startswith("### nbcloud wait: awaiting\n")
    assert re.search(r"^- deadline: ", summary, re.MULTILINE)


def test_awaiting_is_skipped_in_junit(stopped: MockClouds, file: Path) -> None:
    stopped.modelarts.put_lease(notebook(2), **LEASE)
    arguments = ("wait", f"a={TARGET}", f"b={KIND}/{notebook(2)}", *WAITS, "--resume", str(file))
    assert invoke(*arguments, "--junit-xml", "junit.xml").code == 75
    suite = ElementTree.parse("junit.xml").find("testsuite")
    assert suite is not None
    assert [suite.get(each) for each in ("tests", "failures", "errors", "skipped")] == ["2", "0", "0", "1"]
    (skipped,) = suite.iter("skipped")
    assert (skipped.get("message") or "").startswith("awaiting: ")
    file.unlink()
    assert invoke(*resumed(file, "--junit-xml", "junit.xml")).code == 75
    (skipped,) = ElementTree.parse("junit.xml").iter("skipped")
    assert (skipped.get("message") or "").endswith(": awaiting after 0s of 40h")


def test_an_advisory_wait_is_awaiting_too(stopped: MockClouds, file: Path) -> None:
    assert invoke(*resumed(file, "--enforcement", "advisory")).code == 75


def test_the_deadline_is_that_of_the_first_run(stopped: MockClouds, file: Path) -> None:
    for _ in range(2):
        done = invoke("wait", TARGET, "--timeout", "1s", "--hold", "0", "--resume", str(file), "--quiet")
        assert done.code == 75
    make_older(file, 60.0)
    done = invoke("wait", TARGET, "--timeout", "1s", "--hold", "0", "--resume", str(file), "--quiet")
    assert (done.code, done.out) == (124, "timed_out\n")
    assert stopped.request_count() == 2, "once more after the deadline"


def test_a_wait_that_has_ended_is_no_result(stopped: MockClouds, file: Path) -> None:
    stopped.modelarts.put_lease(NOTEBOOK, **LEASE)
    assert invoke(*resumed(file)).code == 0
    stopped.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    done = invoke(*resumed(file))
    assert done.code == 75
    assert re.match(rf"warning: the wait of --resume wait.json ended as met at {TIME}; a new wait begins\n", done.err)


def test_the_record_of_another_wait_is_refused(stopped: MockClouds, file: Path) -> None:
    invoke(*resumed(file, "--resume-key", "run 7"))
    before = file.read_bytes()
    done = invoke(*resumed(file, "--resume-key", "run 8", "--until", "stopped"))
    assert done.code == 2
    assert done.err.splitlines() == [
        "error: --resume wait.json: it is the record of another wait",
        '  until: self.running in the record, stopped (!self.running && self.not_running_reason == "NOT_RUNNING") here',
        "  resume-key: run 7 in the record, run 8 here",
        "hint: give another file, or delete this one to begin a new wait",
    ]
    assert file.read_bytes() == before
    assert stopped.request_count() == 1


@pytest.mark.parametrize(
    ("arguments", "problem", "hint"),
    [
        (
            ("--hold", "5m"),
            "--hold needs --resume, or the next command would begin a new wait with a new deadline",
            "give --resume FILE too, or a --timeout in its place",
        ),
        (("--resume-key", "x"), "--resume-key is for --resume", "give --resume FILE too, or leave it out"),
        (
            ("--resume", "wait.json", "--resume-key", ""),
            "--resume-key must be a text of 1 to 200 characters",
            "give the run or commit",
        ),
        (
            ("--resume", "none/wait.json"),
            "--resume none/wait.json: no file can be made there: No such file or directory",
            "create the folder first, or give another file",
        ),
    ],
)
def test_what_is_refused_before_anything_is_sent(
    stopped: MockClouds, file: Path, arguments: tuple[str, ...], problem: str, hint: str
) -> None:
    done = invoke("wait", TARGET, *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines() == [f"error: {problem}", f"hint: {hint}"]
    assert stopped.requests == []


def test_what_takes_more_than_one_run_is_warned_of(stopped: MockClouds, file: Path) -> None:
    done = invoke(*resumed(file, "--consecutive", "2", "--holds-for", "1h", "--quiet"))
    late = "it counts on only where the next run follows within one interval"
    assert done.err.splitlines()[:2] == [
        f"warning: --consecutive 2 is longer than --hold 0s: {late}",
        f"warning: --holds-for 1h is longer than --hold 0s: {late}",
    ]
    assert done.code == 75


def test_a_wait_until_something_is_gone_remembers_that_it_was_there(stopped: MockClouds, file: Path) -> None:
    assert invoke(*resumed(file, "--until", "deleted")).code == 75
    make_due(file)
    stopped.modelarts.delete_lease(NOTEBOOK)
    assert invoke(*resumed(file, "--until", "deleted")).code == 0


def test_a_record_that_cannot_be_written_is_no_awaiting(
    stopped: MockClouds, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next run would begin again with another deadline, or from before."""
    fsync, calls = os.fsync, iter(range(100))

    def full(handle: int) -> None:
        if next(calls) >= 2:
            raise OSError(28, "No space left on device")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", full)
    done = invoke(*resumed(file, "--output", "json"))
    assert done.code == 74
    assert json.loads(done.out)["exit_code"] == 74
    problem = "warning: --resume wait.json could not be written: No space left on device"
    assert f"{problem}; the wait goes on, the file stays as it was\n" in done.err


def test_without_hold_it_is_kept_as_well(stopped: MockClouds, file: Path) -> None:
    done = invoke("wait", TARGET, "--timeout", "0", "--resume", str(file), "--quiet")
    assert done.code == 124
    record = RecordFile(file).read()
    assert record is not None
    assert (record.outcome, record.checkpoint.polls) == ("timed_out", 1)


# Real processes


@pytest.fixture
def env(clouds: MockClouds) -> dict[str, str]:
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    return clouds.environment()


def line_of(lines: Iterator[str], start: str) -> str:
    return next(line for line in lines if line.startswith(start))


def test_a_process_that_is_killed_loses_nothing(clouds: MockClouds, env: dict[str, str], file: Path) -> None:
    arguments = ("wait", TARGET, "--timeout", "40h", "--interval", "1s", "--consecutive", "2", "--resume", str(file))
    with started(*arguments, env=env, cold=True) as process:
        assert process.stderr is not None
        line_of(iter(process.stderr), "waiting: running=false")
        deadline = time.monotonic() + LIMIT_SECONDS
        while clouds.request_count() < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        process.kill()
        assert process.wait() == -signal.SIGKILL
    kept = RecordFile(file).read()
    assert kept is not None
    assert kept.outcome is None
    assert 1 <= kept.checkpoint.polls <= clouds.request_count() <= kept.checkpoint.polls + 1
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    done = run(*arguments, "--output", "json", env=env)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["polls"] == kept.checkpoint.polls + 2
    assert document["resume"]["runs"] == 2
    assert document["resume"]["started_time"] == kept.started_time.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert document["transitions"][0]["observed"] == "running=false, not_running_reason=NOT_RUNNING"


def test_a_second_process_is_refused_while_the_first_waits(clouds: MockClouds, env: dict[str, str], file: Path) -> None:
    arguments = ("wait", TARGET, "--timeout", "40h", "--interval", "1h", "--resume", str(file))
    with started(*arguments, env=env, cold=True) as process:
        assert process.stderr is not None
        line_of(iter(process.stderr), "waiting: running=false")
        before = clouds.request_count()
        done = run(*arguments, env=env)
        assert done.returncode == 2
        assert done.stderr == (
            f"error: --resume wait.json: process {process.pid} waits with it\n"
            "hint: wait for its end, or give each wait a file of its own\n"
        )
        assert clouds.request_count() == before
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT_SECONDS) == 143
    kept = RecordFile(file).read()
    assert kept is not None
    assert kept.outcome is None, "whoever was ended from outside goes on"
