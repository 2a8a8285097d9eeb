"""SIGINT and SIGTERM: they end the command at once, with what it knows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from cli_support import run, started
from lease_support import KIND, NOTEBOOK
from nbcloud_support import LIMIT_SECONDS, raw_server

from pulumi_nbcloud.mock import MockClouds

TARGET = f"{KIND}/{NOTEBOOK}"
SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]


@pytest.fixture
def env(clouds: MockClouds) -> dict[str, str]:
    """A notebook that never runs, and the settings to read it."""
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    return clouds.environment()


def line_of(process: subprocess.Popen[str], start: str) -> str:
    """The next line of stderr that starts so; ends with the process where there is none."""
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(start):
            return line
    raise AssertionError(f"never said: {start}")


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_wait_ends_with_the_last_state_seen(env: dict[str, str], number: signal.Signals, code: int) -> None:
    with started("wait", TARGET, env=env) as process:
        line_of(process, "waiting: running=false")
        process.send_signal(number)
        out, err = process.communicate(timeout=LIMIT_SECONDS)
        assert process.returncode == code
    problem, hint = err.splitlines()
    assert problem.startswith(f"error: {KIND} {NOTEBOOK}: cancelled after ")
    assert "last seen: running=false, not_running_reason=NOT_RUNNING (" in problem
    assert hint == "hint: nothing was changed; the next run waits again"
    assert out.startswith("cancelled: running=false, not_running_reason=NOT_RUNNING (after ")


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_what_programs_read_says_it_too(env: dict[str, str], number: signal.Signals, code: int, tmp_path: Path) -> None:
    files = {name: str(tmp_path / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    junit = tmp_path / "junit.xml"
    arguments = ("wait", TARGET, "--output", "json", "--junit-xml", str(junit))
    with started(*arguments, env={**env, **files, "GITHUB_ACTIONS": "true"}) as process:
        line_of(process, "waiting: ")
        process.send_signal(number)
        out, err = process.communicate(timeout=LIMIT_SECONDS)
        assert process.returncode == code
    found = json.loads(out)
    assert (found["verdict"], found["exit_code"]) == ("cancelled", code)
    assert err.splitlines()[0] == "::endgroup::"
    assert f"\n{code}\n" in (tmp_path / "GITHUB_OUTPUT").read_text()
    assert (tmp_path / "GITHUB_STEP_SUMMARY").read_text().startswith("### nbcloud wait: cancelled\n")
    error = ElementTree.parse(junit).find("./testsuite/testcase/error")
    assert error is not None
    assert error.get("type") == "cancelled"


@pytest.mark.parametrize("arguments", [("get", TARGET), ("doctor", TARGET)], ids=" ".join)
@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_read_that_hangs_ends(
    env: dict[str, str], arguments: tuple[str, ...], number: signal.Signals, code: int
) -> None:
    def hang(count: int, head: bytes) -> bytes:
        server.hold()
        return b""

    with raw_server(hang) as server:
        env["NBCLOUD_MODELARTS_ENDPOINT"] = server.origin
        with started(*arguments, env=env) as process:
            server.wait_for_requests(1)
            process.send_signal(number)
            _, err = process.communicate(timeout=LIMIT_SECONDS)
            assert process.returncode == code
    assert err == f"error: ended by {number.name} before the cloud had answered\nhint: run it again\n"


def test_a_wait_whose_look_hangs_ends(env: dict[str, str]) -> None:
    def hang(count: int, head: bytes) -> bytes:
        server.hold()
        return b""

    with raw_server(hang) as server:
        env["NBCLOUD_MODELARTS_ENDPOINT"] = server.origin
        with started("wait", TARGET, env=env) as process:
            server.wait_for_requests(1)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=LIMIT_SECONDS)
            assert process.returncode == 130
    assert "last seen: nothing yet; looks: 0" in err
    assert out.startswith("cancelled: nothing yet (after ")


def test_a_second_signal_ends_what_the_first_could_not(env: dict[str, str], tmp_path: Path) -> None:
    """The report goes to a pipe that nobody reads."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with started("wait", TARGET, env={**env, "GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(pipe)}) as process:
        line_of(process, "waiting: ")
        process.send_signal(signal.SIGTERM)
        line_of(process, "::error ")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=LIMIT_SECONDS)
        assert process.returncode == 143, "the first one's"
    assert out == ""


# The first that the command loads of another package.
_WHILE_IMPORTING = """
import os, sys
class Signals:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            os.kill(os.getpid(), {number})
sys.meta_path.insert(0, Signals())
"""
_WHILE_PRINTING = """
import os
from pulumi_nbcloud.cli import text
text.lines = lambda *_: iter(lambda: os.kill(os.getpid(), {number}), 1)
"""


@pytest.mark.parametrize(("number", "code"), SIGNALS)
@pytest.mark.parametrize("before", [_WHILE_IMPORTING, _WHILE_PRINTING], ids=["importing", "printing"])
def test_no_moment_shows_a_traceback(env: dict[str, str], before: str, number: signal.Signals, code: int) -> None:
    done = run("get", TARGET, before=before.format(number=int(number)), env=env)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.splitlines() == [f"error: ended by {number.name}", "hint: run it again"]
