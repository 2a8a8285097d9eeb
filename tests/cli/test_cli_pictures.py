"""What the command shows to a person: on terminals of four widths, with colours, and in the log of a CI run."""

from __future__ import annotations

import functools
import shlex
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from cli_support import run, shots, terminal
from lease_support import KIND, LEASE, NOTEBOOK
from picture_support import WIDTHS, Shot

from pulumi_nbcloud.mock import MockClouds

Same = Callable[..., None]
Prepare = Callable[[MockClouds], None]

TARGET = f"{KIND}/{NOTEBOOK}"
LEASE_TARGET = f"lease={TARGET}"
JOB = "job=modelarts:DevServerJob/job-1"
INSTANCE = "instance=hpcai:Instance/notebook-5ac72ea0"
COMMON = 'job.status == "FINISHED" && (!lease.stops_itself || lease.earliest_stop_time - now > duration("30m"))'
# A wait that began 130 s ago whenever its view is drawn.
CLOCK = """
import itertools
from pulumi_nbcloud.cli import live
times = itertools.chain((0.0,), itertools.repeat(130.0))
live.View.__init__.__defaults__ = (lambda: next(times), 0.0)
"""


def prepared(clouds: MockClouds, prepare: Prepare | None) -> None:
    """Some of everything, none of which depends on when a test runs."""
    clouds.reset()
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED", **LEASE)
    clouds.modelarts.put_job("job-1", name="train", status="PROCESSING")
    clouds.hpcai.put_instance("notebook-5ac72ea0", name="training", status="Pending")
    if prepare is not None:
        prepare(clouds)


def running(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)


def changing(clouds: MockClouds) -> None:
    clouds.modelarts.add_transition(NOTEBOOK, status="STARTING", after_reads=1)
    clouds.modelarts.add_transition(NOTEBOOK, status="RUNNING", after_reads=2)


def frozen(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="FROZEN")


def not_answering(clouds: MockClouds) -> None:
    clouds.faults.add(service="modelarts", status=500, count=1_000)


def refusing(clouds: MockClouds) -> None:
    clouds.faults.add(
        service="modelarts",
        status=401,
        body='{"error_code": "APIGW.0301", "error_msg": "Incorrect IAM authentication information"}',
        count=1_000,
    )


def views(
    clouds: MockClouds,
    prepare: Prepare | None,
    shows: str,
    *arguments: str,
    interrupt: bool = False,
    env: Mapping[str, str] | None = None,
) -> Iterator[Shot]:
    """The view of a wait that goes on; and what is left of it once it was interrupted."""
    for columns in WIDTHS:
        prepared(clouds, prepare)
        line = ("wait", *arguments, "--timeout", "1h", "--interval", "1s")
        with terminal(clouds, *line, columns=columns, before=CLOCK, env=env) as shown:
            shown.until(f"(?s){shows}.*2m10s of 1h")
            shown.settle()
            yield shown.shot("while it waits")
            if interrupt:
                shown.process.sendintr()
                code = shown.end()
                yield shown.shot(f"after Ctrl-C, exit code {code}")


def line_of(*arguments: str, env: Mapping[str, str] | None = None) -> str:
    return " ".join(
        ["$", *(f"{name}={value}" for name, value in (env or {}).items()), "nbcloud", shlex.join(arguments)]
    )


# What is on the screen while a wait goes on: how it is prepared, what it shows in the end, and its arguments.
VIEWS: dict[str, tuple[Prepare | None, str, tuple[str, ...]]] = {
    "one target": (None, "NOT_RUNNING", (TARGET,)),
    "several targets": (running, "Pending", (JOB, LEASE_TARGET, INSTANCE)),
    "a common condition": (running, "PROCESSING", (JOB, LEASE_TARGET, "--until", COMMON)),
    "undecided": (None, "is null", (TARGET, "--until", 'self.type == "TIMING"')),
    "not found": (None, "not found", ("hpcai:Instance/notebook-0",)),
    "failing polls": (not_answering, "in a row", (TARGET, "--max-poll-errors", "1000")),
    "a row of polls": (running, "in a row", (TARGET, "--consecutive", "900")),
}

WITHOUT = {"colours": {"NO_COLOR": "1"}, "utf-8": {"PYTHONIOENCODING": "ascii"}}


@pytest.mark.parametrize("name", VIEWS)
def test_view_of(clouds: MockClouds, same_as_picture: Same, name: str) -> None:
    prepare, shows, arguments = VIEWS[name]
    line = line_of("wait", *arguments, "--timeout", "1h")
    same_as_picture(line, list(views(clouds, prepare, shows, *arguments, interrupt=name == "one target")))


@pytest.mark.parametrize("name", WITHOUT)
def test_view_without(clouds: MockClouds, same_as_picture: Same, name: str) -> None:
    arguments, env = (JOB, LEASE_TARGET), WITHOUT[name]
    line = line_of("wait", *arguments, "--timeout", "1h", env=env)
    same_as_picture(line, list(views(clouds, running, "PROCESSING", *arguments, env=env)))


# What is left when a command has ended: how it is prepared, and its arguments.
ENDINGS: dict[str, tuple[Prepare | None, tuple[str, ...]]] = {
    "wait met": (running, ("wait", TARGET)),
    "wait met after changes": (changing, ("wait", TARGET, "--interval", "1s")),
    "wait timed out": (None, ("wait", TARGET, "--timeout", "0")),
    "wait timed out, several": (running, ("wait", JOB, LEASE_TARGET, INSTANCE, "--timeout", "0")),
    "wait timed out, a common condition": (
        running,
        ("wait", JOB, LEASE_TARGET, "--until", COMMON, "--timeout", "0"),
    ),
    "wait timed out, a name": (running, ("wait", JOB, LEASE_TARGET, "--until", "ended", "--timeout", "0")),
    "wait advisory": (frozen, ("wait", TARGET, "--enforcement", "advisory")),
    "wait for what was never there": (
        None,
        ("wait", "hpcai:Instance/notebook-0", "--until", "deleted", "--timeout", "0"),
    ),
    "wait failed": (frozen, ("wait", TARGET)),
    "wait never appeared": (None, ("wait", "hpcai:Instance/notebook-0", "--timeout", "0")),
    "wait without an answer": (not_answering, ("wait", TARGET, "--timeout", "0")),
    "wait refused": (refusing, ("wait", TARGET)),
    "explain": (None, ("explain", JOB, LEASE_TARGET, "--until", COMMON, "--timeout", "2h")),
    "explain defaults": (None, ("explain", TARGET)),
    "explain a name": (None, ("explain", JOB, LEASE_TARGET, "--until", "ended")),
    "doctor": (None, ("doctor", "hpcai", "modelarts")),
    "doctor refused": (refusing, ("doctor", "modelarts")),
    "doctor not set up": (None, ("doctor", "aidp")),
    "error of a kind": (None, ("get", "modelarts:NotebookLeese/x")),
    "error of an id": (None, ("get", f"{KIND}/x")),
    "error of a condition": (None, ("wait", TARGET, "--until", "self.runing && self.typ == 'TIMING'")),
    "error of a named condition": (None, ("wait", JOB, LEASE_TARGET, "--until", "finishd")),
    "error of an option": (None, ("wait", TARGET, "--timeout", "soon")),
    "error of a name": (None, ("wait", TARGET, JOB)),
    "error of a word": (None, ("wiat", TARGET)),
    "error not found": (None, ("get", "hpcai:Instance/notebook-0")),
    "error no answer": (not_answering, ("get", TARGET)),
    "error refused": (refusing, ("get", TARGET)),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_picture(clouds: MockClouds, same_as_picture: Same, name: str) -> None:
    prepare, arguments = ENDINGS[name]
    env = {each: "" for each in clouds.environment() if "AIDP" in each} if name == "doctor not set up" else {}
    again = functools.partial(prepared, clouds, prepare)
    same_as_picture(line_of(*arguments), list(shots(clouds, *arguments, again=again, env=env)))


def test_the_summary_of_a_step(clouds: MockClouds, same_as_picture: Same, tmp_path: Path) -> None:
    prepared(clouds, running)
    arguments = ("wait", JOB, LEASE_TARGET, "--timeout", "0")
    file = tmp_path / "summary.md"
    env = {**clouds.environment(), "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(file)}
    assert run(*arguments, env=env).returncode == 124
    same_as_picture(f"{line_of(*arguments)}, its summary on GitHub", [Shot(file.read_text("utf-8"))])
