"""Recordings of the Pulumi CLI for the pages: a gate that waits and is met, and one that fails early.

With another CLI than the pinned one only our own texts are compared.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lease_support import CREATED
from picture_support import Shot
from recording_support import Frame, Recording, compare, too_slow
from stack import Stack
from terminal import Terminal, shown
from test_engine_pictures import at_rest, is_pinned

from pulumi_nbcloud.mock import MockClouds

COLUMNS = 118
UP = ("up", "--yes")
AT_ONCE = (*UP, "--skip-preview")
JOB = "train-7"
PROGRAM = f"""
trained = nbcloud.Gate(
    "trained",
    target=nbcloud.modelarts.DevServerJobArgs(job_id="{JOB}"),
    timeout="2h",
    interval="1s",
)
pulumi.ComponentResource("example:index:Serving", "serving", opts=pulumi.ResourceOptions(depends_on=[trained]))
"""
WAITING = r"creating \(\d+s\)[. ]*\S.* of 2h"
# Each text of ours stands alone: the CLI puts columns or line breaks around it.
OURS = re.compile(
    r"^(?:self\.|now: |hint: |.*\btrain-7\b|(?:expected|not met|actual|polls|request id): ).*$", re.MULTILINE
)
FINISHED: dict[str, Any] = {"status": "FINISHED"}
FAILED: dict[str, Any] = {"status": "FINISHED", "abnormal_count": 2}


def put_job(clouds: MockClouds, **fields: Any) -> None:
    clouds.modelarts.put_job(JOB, name="train", create_at=CREATED, update_at=CREATED, **fields)


def named_stack(folder: Path, cli: Path, clouds: MockClouds) -> Stack:
    """A stack whose names are worth showing."""
    stack = Stack(folder, cli, clouds.environment())
    stack.environment["PULUMI_STACK"] = "dev"
    (folder / "Pulumi.yaml").write_text("name: ml\nruntime: python\n")
    stack.run("stack", "init", "dev", expect=0)
    stack.program(PROGRAM)
    return stack


def recorded(folder: Path, cli: Path, clouds: MockClouds, line: Sequence[str], **then: Any) -> list[Shot]:
    """Record a run: while the gate waits, and in the end. Where the machine was too slow for times of one digit, again.

    Args:
        folder: for the stacks.
        cli: the folder of the CLI.
        clouds: what the gate polls.
        line: the command.
        then: what becomes of the job once a person could see that the gate waits.
    """
    shots: list[Shot] = []
    for attempt in range(5):
        clouds.reset()
        put_job(clouds, status="PROCESSING")
        shots = []

        def go_on(terminal: Terminal, shots: list[Shot] = shots) -> None:
            if not shots and re.search(WAITING, "\n".join(terminal.lines)):
                shots.append(terminal.shot())
                put_job(clouds, **then)

        terminal = shown(named_stack(folder / str(attempt), cli, clouds), COLUMNS, *line, then=go_on)
        shots.append(terminal.shot())
        assert (terminal.code, len(shots)) == (int(then == FAILED), 2), "\n".join(terminal.lines)
        if not any(too_slow(each.text) for each in shots):
            break
    return [at_rest(each) for each in shots]


def frames(shots: Sequence[Shot]) -> list[Frame]:
    """The frames: the prompt, the wait at three moments, the end."""
    waiting, end = shots
    duration = re.sub(r"(Duration:(?:\x1b\[[\d;]*m)* )Ns", r"\g<1>9s", end.text)
    waits = [Frame(waiting.text, 2, at) for at in (1, 4, 7)]
    return [Frame("", 1.5, prompt=True), *waits, Frame(duration, 6, 8, 8)]


def test_a_gate_that_is_met(cli: Path, tmp_path: Path, clouds: MockClouds) -> None:
    shots = recorded(tmp_path, cli, clouds, UP, **FINISHED)
    recording = Recording(
        "gate-met",
        f"pulumi {' '.join(UP)}",
        "A gate that waits and is met, in pulumi up",
        "The command pulumi up shows a preview, in which the gate called trained says that its job goes on. In the "
        "update the gate waits: its row shows that the status of the job is PROCESSING, not FINISHED, and how much of "
        "two hours is over. When the job finishes the gate is created, and then the resource that depends on it.",
        COLUMNS,
        frames(shots),
    )
    compare(recording, None if is_pinned(cli) else OURS)


def test_a_gate_that_fails(cli: Path, tmp_path: Path, clouds: MockClouds) -> None:
    shots = recorded(tmp_path, cli, clouds, AT_ONCE, **FAILED)
    recording = Recording(
        "gate-failed",
        f"pulumi {' '.join(AT_ONCE)}",
        "A gate that fails early, in pulumi up",
        "The command pulumi up creates the gate called trained, which waits for a job. The job ends, but failed on two "
        "nodes. The gate does not wait for the two hours to pass: it fails at once, with a message that says what was "
        "expected, what was observed and when, the number of polls, the request id and a hint. The resource that "
        "depends on the gate is not created.",
        COLUMNS,
        frames(shots),
    )
    compare(recording, None if is_pinned(cli) else OURS)
