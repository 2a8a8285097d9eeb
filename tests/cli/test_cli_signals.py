"""SIGINT and SIGTERM: they end the command at once, with what it knows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from cli_support import command, environment, run, started
from lease_support import KIND, NOTEBOOK
from nbcloud_support import LIMIT_SECONDS, folded, line_of, raw_server

from pulumi_nbcloud.mock import MockClouds

TARGET = f"{KIND}/{NOTEBOOK}"
# Sends a signal to itself in the middle of an import.
AT_IMPORT = """
import signal, sys
class Raiser:
    def find_spec(self, name, path=None, target=None):
        if name == "%s":
            signal.raise_signal(signal.%s)
sys.meta_path.insert(0, Raiser())
"""
# The same while the result is printed.
AT_PRINTING = """
import signal
from pulumi_nbcloud.cli import output
output.result = lambda text: signal.raise_signal(signal.%s)
"""
ENDED = "error: ended by %s\nhint: run it again\n"
SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]


@pytest.fixture
def env(clouds: MockClouds) -> dict[str, str]:
    """A notebook that never runs, and the settings to read it."""
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    return clouds.environment()


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_wait_ends_with_the_last_state_seen(env: dict[str, str], number: signal.Signals, code: int) -> None:
    with started("wait", TARGET, env=env) as process:
        line_of(process, "waiting: running=false")
        process.send_signal(number)
        out, err = process.communicate(timeout=LIMIT_SECONDS)
        assert process.returncode == code
    problem, hint = folded(err).splitlines()
    assert problem.startswith(f"error: {KIND} {NOTEBOOK}: cancelled after ")
    assert "actual: running=false, not_running_reason=NOT_RUNNING (" in problem
    assert hint == "hint: nothing was changed; the next run waits again"
    assert out == "cancelled\n"


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
    assert (found["outcome"], found["exit_code"]) == ("cancelled", code)
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
    assert "\n  actual: nothing yet\n  polls: 0\n" in err
    assert out == "cancelled\n"


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


# From the first import of ours to the last before the event loop hears signals itself.
EARLY = [
    ("typer", ("--help",)),
    ("typer", ("mock",)),
    ("pulumi_nbcloud.cli.app", ("wait", TARGET)),
    ("pulumi_nbcloud.waiting.spec", ("wait", TARGET, "--output", "json")),
    ("anyio", ("get", TARGET)),
    ("pulumi_nbcloud.clouds.modelarts.notebook_lease", ("explain", TARGET)),
]


@pytest.mark.parametrize(("module", "arguments"), EARLY, ids=lambda each: each if isinstance(each, str) else each[0])
@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_signal_during_the_imports_ends_it(
    env: dict[str, str], module: str, arguments: tuple[str, ...], number: signal.Signals, code: int
) -> None:
    done = run(*arguments, env=env, before=AT_IMPORT % (module, number.name), cold=True)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr == ENDED % number.name


@pytest.mark.parametrize("arguments", [("get", TARGET), ("wait", TARGET, "--timeout", "0", "--quiet")], ids=" ".join)
@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_signal_while_the_result_is_printed_ends_it(
    clouds: MockClouds, env: dict[str, str], arguments: tuple[str, ...], number: signal.Signals, code: int
) -> None:
    clouds.modelarts.put_lease(NOTEBOOK)
    done = run(*arguments, env=env, before=AT_PRINTING % number.name)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", ENDED % number.name)


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_report_that_is_held_up_ends_at_the_first_signal(
    clouds: MockClouds, env: dict[str, str], tmp_path: Path, number: signal.Signals, code: int
) -> None:
    """The wait is over, and its report goes to a pipe that nobody reads."""
    clouds.modelarts.put_lease(NOTEBOOK, status="FROZEN")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with started("wait", TARGET, env={**env, "GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(pipe)}) as process:
        line_of(process, "::error ")
        process.send_signal(number)
        out, err = process.communicate(timeout=LIMIT_SECONDS)
        assert process.returncode == code
    assert (out, err) == ("", ENDED % number.name)


def test_a_sigint_that_was_ignored_from_the_start_is_honoured(env: dict[str, str]) -> None:
    """As in the background of a script, from its first import to its end."""
    for before in (AT_IMPORT % ("typer", "SIGINT"), AT_PRINTING % "SIGINT"):
        line = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *command("help", "exit-codes", before=before, cold=True)]
        done = subprocess.run(line, env=environment(**env), capture_output=True, text=True, timeout=LIMIT_SECONDS)
        assert (done.returncode, done.stdout, done.stderr) == (130, "", ENDED % "SIGINT")


def test_a_signal_when_the_line_can_go_nowhere(env: dict[str, str]) -> None:
    with open("/dev/full", "w") as full:
        done = run("help", "exit-codes", env=env, before=AT_IMPORT % ("typer", "SIGTERM"), stderr=full, cold=True)
    assert done.returncode == 143
    line = ["sh", "-c", 'exec "$@" 2>&-', "sh", *command("--help", before=AT_IMPORT % ("typer", "SIGTERM"), cold=True)]
    closed = subprocess.run(line, env=environment(**env), stdout=subprocess.PIPE, timeout=LIMIT_SECONDS)
    assert (closed.returncode, closed.stdout) == (143, b"")
