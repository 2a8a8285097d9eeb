"""The command as a process of its own: each exit code, each way to lose its output, a locale without UTF-8."""

from __future__ import annotations

import os
import socket
import subprocess

import pytest
from cli_support import command, environment, run
from lease_support import KIND, NOTEBOOK, notebook
from nbcloud_support import LIMIT_SECONDS, folded

from pulumi_nbcloud.mock import MockClouds

TARGET = f"{KIND}/{NOTEBOOK}"
AT_ONCE = "import pulumi_nbcloud.http.retry\npulumi_nbcloud.http.retry.MAX_DELAY_SECONDS = 0.0"
NO_PAUSE = """
from pulumi_nbcloud.waiting.spec import WaitSpec
from pulumi_nbcloud.waiting.schedule import Schedule
WaitSpec.schedule = lambda plan: Schedule.fixed(0.01)
"""
INTERNAL_ERROR = """
from pulumi_nbcloud.reading.reader import Reader
def broken(*arguments):
    raise ZeroDivisionError("canary-of-a-secret")
Reader.account = broken
"""


@pytest.fixture
def env(clouds: MockClouds) -> dict[str, str]:
    """A notebook that runs, and the settings to read it."""
    clouds.modelarts.put_lease(NOTEBOOK)
    return clouds.environment()


def two_lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The error with its facts, and its hint; nothing else on stderr but progress, and no traceback."""
    lines = [line for line in folded(done.stderr).splitlines() if not line.startswith("waiting")]
    assert [line.partition(" ")[0] for line in lines] == ["error:", "hint:"], done.stderr
    return lines


def test_0_met(env: dict[str, str]) -> None:
    done = run("wait", TARGET, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("met after 0s, 1 poll: running=true, ")


def test_0_read(env: dict[str, str]) -> None:
    done = run("get", TARGET, env=env)
    assert (done.returncode, done.stderr) == (0, "")


def test_1_failed(clouds: MockClouds, env: dict[str, str]) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="FROZEN")
    done = run("wait", TARGET, env=env)
    assert done.returncode == 1
    assert ": failed after " in two_lines(done)[0]
    assert done.stdout == "failed\n"


def test_2_usage(env: dict[str, str]) -> None:
    done = run("wait", TARGET, "--until", "self.status", env=env)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: --until: ")


def test_2_bad_condition(env: dict[str, str]) -> None:
    done = run("wait", TARGET, "--until", "self.duration / (self.create_at - self.create_at) == 1", env=env)
    assert done.returncode == 2
    assert ": bad condition after " in two_lines(done)[0]


def test_3_not_found(env: dict[str, str]) -> None:
    done = run("get", f"{KIND}/{notebook(2)}", env=env)
    assert (done.returncode, done.stdout) == (3, "")
    assert "the notebook does not exist" in two_lines(done)[0]


def test_4_authentication(env: dict[str, str]) -> None:
    done = run("get", TARGET, env={**env, "NBCLOUD_MODELARTS_SECRET_KEY": "another-9c1e"})
    assert (done.returncode, done.stdout) == (4, "")
    assert "another-9c1e" not in "".join(two_lines(done))


def test_4_permission(clouds: MockClouds, env: dict[str, str]) -> None:
    clouds.modelarts.deny(env["NBCLOUD_MODELARTS_ACCESS_KEY"])
    done = run("wait", TARGET, env=env)
    assert done.returncode == 4
    assert ": unauthorized after " in two_lines(done)[0]


def test_5_unreachable(env: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    nowhere = {**env, "NBCLOUD_MODELARTS_ENDPOINT": f"http://127.0.0.1:{port}"}
    done = run("get", TARGET, env=nowhere, before=AT_ONCE)
    assert (done.returncode, done.stdout) == (5, "")
    two_lines(done)


def test_6_bad_response(clouds: MockClouds, env: dict[str, str]) -> None:
    clouds.faults.add(service="modelarts", status=200, body="<html>Sign in</html>")
    done = run("get", TARGET, env=env)
    assert (done.returncode, done.stdout) == (6, "")
    two_lines(done)


def test_6_bad_response_of_a_wait(clouds: MockClouds, env: dict[str, str]) -> None:
    clouds.faults.add(service="modelarts", status=200, body="<html>Sign in</html>")
    done = run("wait", TARGET, env=env)
    assert done.returncode == 6
    assert done.stdout == "bad_response\n"
    problem, hint, flags = folded(done.stderr).splitlines()[-3:]
    assert ": bad response after 0s of 30m; reason: another poll gets the same; expected: self.running; " in problem
    assert "; last error: the answer is not JSON but 20 bytes of " in problem
    # No usable response, so an override would help.
    advice = "check the endpoint: a sign-in page or a proxy may have answered in the cloud's place"
    assert hint == f"hint: {advice}; to go on without a response, for an hour:"
    assert flags.startswith("  --override 'no usable response' --override-until ")
    assert clouds.request_count() == 1


def test_70_an_internal_error(env: dict[str, str]) -> None:
    done = run("get", TARGET, env=env, before=INTERNAL_ERROR)
    assert (done.returncode, done.stdout) == (70, "")
    problem, hint = two_lines(done)
    assert problem.startswith("error: an internal error of nbcloud: ZeroDivisionError in ")
    assert "canary" not in problem, "the text of an internal error may hold a credential"
    assert hint == "hint: please report it with this line; --verbose shows more"


def test_70_an_internal_error_with_all_that_is_known(env: dict[str, str]) -> None:
    done = run("get", TARGET, "--verbose", env=env, before=INTERNAL_ERROR)
    assert done.returncode == 70
    assert "Traceback (most recent call last)" in done.stderr
    assert "canary-of-a-secret" in done.stderr


def test_124_timed_out(clouds: MockClouds, env: dict[str, str]) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    done = run("wait", TARGET, "--timeout", "0", env=env)
    assert done.returncode == 124
    assert ": timed out after " in two_lines(done)[0]


# One for each way that output is written.
WRITERS = (("get", TARGET), ("wait", TARGET), ("wait", TARGET, "--output", "jsonl"), ("mock",), ("--help",))
FULL = "error: the result could not be written: No space left on device\nhint: look at where stdout goes\n"
CLOSED = "error: the result could not be written: stdout is closed\nhint: look at where stdout goes\n"


@pytest.mark.parametrize("arguments", WRITERS, ids=" ".join)
def test_74_a_full_disk(env: dict[str, str], arguments: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:
        done = run(*arguments, env=env, stdout=full)
    assert (done.returncode, done.stderr) == (74, FULL)


@pytest.mark.parametrize("arguments", [("get", TARGET), ("wait", TARGET)], ids=" ".join)
def test_74_a_closed_stdout(env: dict[str, str], arguments: tuple[str, ...]) -> None:
    line = ["sh", "-c", 'exec "$@" >&-', "sh", *command(*arguments, cold=True)]
    done = subprocess.run(
        line, env=environment(**env), text=True, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=LIMIT_SECONDS
    )
    assert (done.returncode, done.stderr) == (74, CLOSED)


@pytest.mark.parametrize("arguments", [("get", TARGET), ("wait", TARGET)], ids=" ".join)
def test_74_a_reader_that_went_away_is_no_news(env: dict[str, str], arguments: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        done = run(*arguments, env=env, stdout=pipe)
    assert (done.returncode, done.stderr) == (74, "")


@pytest.mark.parametrize("shape", ["text", "json", "jsonl"])
def test_a_wait_that_was_not_met_keeps_its_code_where_stdout_is_lost(
    clouds: MockClouds, env: dict[str, str], shape: str
) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="FROZEN")
    with open("/dev/full", "w") as full:
        done = run("wait", TARGET, "--quiet", "--output", shape, env=env, stdout=full)
    assert done.returncode == 1
    assert sorted(line.partition(" ")[0] for line in folded(done.stderr).splitlines()) == [
        "error:",
        "error:",
        "hint:",
        "hint:",
    ]
    assert done.stderr.count(FULL) == 1, "both are said, each once"


def test_an_error_before_the_wait_keeps_its_code_where_stdout_is_lost(env: dict[str, str]) -> None:
    with open("/dev/full", "w") as full:
        done = run("wait", TARGET, "--until", "self.x", "--output", "json", env=env, stdout=full)
    assert done.returncode == 2
    assert done.stderr.endswith(FULL)


@pytest.mark.parametrize(("last", "code"), [("FROZEN", 1), ("RUNNING", 74)])
def test_a_line_that_is_lost_ends_no_wait(clouds: MockClouds, env: dict[str, str], last: str, code: int) -> None:
    """It is written while the wait goes on, whose end nobody knows yet."""
    clouds.modelarts.put_lease(NOTEBOOK, status="STARTING")
    clouds.modelarts.add_transition(NOTEBOOK, after_reads=1, status=last)
    with open("/dev/full", "w") as full:
        done = run("wait", TARGET, "--quiet", "--output", "jsonl", env=env, stdout=full, before=NO_PAUSE)
    assert done.returncode == code
    assert done.stderr.count(FULL) == 1
    assert clouds.request_count() == 2


def test_progress_that_nobody_reads_ends_no_wait(clouds: MockClouds, env: dict[str, str]) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        done = run("wait", TARGET, "--timeout", "0", env=env, stderr=pipe)
    assert done.returncode == 124
    assert done.stdout == "timed_out\n"


def test_a_locale_without_utf8(clouds: MockClouds, env: dict[str, str]) -> None:
    clouds.modelarts.put_job("j", name="gr\u00f6\u00dfe \u65e5\u672c")
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = run("get", "modelarts:DevServerJobs", env={**env, **plain}, encoding="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "gr\\xf6\\xdfe \\u65e5\\u672c" in done.stdout


def test_progress_in_a_locale_without_utf8(clouds: MockClouds, env: dict[str, str]) -> None:
    clouds.hpcai.put_instance("notebook-1", status="St\u00f6rung")
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = run("wait", "hpcai:Instance/notebook-1", "--timeout", "0", env={**env, **plain}, encoding="ascii")
    assert done.returncode == 124
    assert "St\\xf6rung" in done.stderr
    assert done.stdout == "timed_out\n"


def test_no_escape_codes_without_a_terminal(clouds: MockClouds, env: dict[str, str]) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    env = {**env, "TERM": "xterm-256color", "NO_COLOR": "", "FORCE_COLOR": "1"}
    for arguments in (("wait", TARGET, "--timeout", "0"), ("get", TARGET)):
        done = run(*arguments, env=env)
        assert "\x1b" not in done.stdout + done.stderr


def test_verbose_says_more(env: dict[str, str]) -> None:
    plain, verbose = (run("wait", TARGET, *extra, env=env) for extra in ((), ("--verbose",)))
    assert verbose.returncode == 0
    assert plain.stderr == ""
    url = f"{env['NBCLOUD_MODELARTS_ENDPOINT']}/v1/mock-project/notebooks/{NOTEBOOK}/lease"
    way, request = verbose.stderr.splitlines()
    assert way.startswith("debug: requests go directly, ")
    assert request == f"debug: GET {url}: HTTP 200"
    assert env["NBCLOUD_MODELARTS_SECRET_KEY"] not in verbose.stderr
