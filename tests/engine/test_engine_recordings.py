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
from recording_support import Frame, Recording, compare
from stack import Stack
from terminal import Terminal, shown
from test_engine_pictures import at_rest, is_pinned

from pulumi_nbcloud.mock import MockClouds

# Wide enough for the row of a gate on a machine that takes minutes.
COLUMNS = 124
UP = ("up", "--yes", "--skip-preview")
JOB = "train-7"
# So long that the row of the gate, of 60 characters, has no room for the fields that come and go with the elapsed time.
PROGRAM = f"""
trained = nbcloud.Gate(
    "trained",
    target=nbcloud.modelarts.DevServerJobArgs(job_id="{JOB}"),
    until='self.status == "FINISHED"',
    fail_on="self.abnormal_count > 0",
    timeout="2h30m",
    interval="1s",
)
pulumi.ComponentResource("example:index:Serving", "serving", opts=pulumi.ResourceOptions(depends_on=[trained]))
"""
WAITING = r"creating \(\d+s\)[. ]*\S.* of 2h30m"
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


def recorded(folder: Path, cli: Path, clouds: MockClouds, **then: Any) -> list[Shot]:
    """Record an update: while the gate waits, and in the end.

    Args:
        folder: for the stack.
        cli: the folder of the CLI.
        clouds: what the gate polls.
        then: what becomes of the job once a person could see that the gate waits.
    """
    put_job(clouds, status="PROCESSING")
    shots: list[Shot] = []

    def go_on(terminal: Terminal) -> None:
        if not shots and re.search(WAITING, "\n".join(terminal.lines)):
            shots.append(terminal.shot())
            put_job(clouds, **then)

    terminal = shown(named_stack(folder / "stack", cli, clouds), COLUMNS, *UP, then=go_on)
    shots.append(terminal.shot())
    assert (terminal.code, len(shots)) == (int(then == FAILED), 2), "\n".join(terminal.lines)
    return [at_rest(each) for each in shots]


def frames(shots: Sequence[Shot]) -> list[Frame]:
    """The frames: the prompt, the wait at three moments, the end."""
    waiting, end = shots
    duration = re.sub(r"(Duration:(?:\x1b\[[\d;]*m)* )\w+", r"\g<1>9s", end.text)
    waits = [Frame(waiting.text, 2, at) for at in (1, 4, 7)]
    return [Frame("", 1.5, prompt=True), *waits, Frame(duration, 6, 8, 8)]


def test_a_gate_that_is_met(cli: Path, tmp_path: Path, clouds: MockClouds) -> None:
    shots = recorded(tmp_path, cli, clouds, **FINISHED)
    recording = Recording(
        "gate-met",
        f"pulumi {' '.join(UP)}",
        "A gate that waits and is met, in pulumi up",
        "The command pulumi up creates the gate called trained, which waits for a job: its row shows that the status "
        "is PROCESSING, not FINISHED, and how much of the time is over. When the job finishes the gate is created, and "
        "then the resource that depends on it.",
        COLUMNS,
        frames(shots),
    )
    compare(recording, None if is_pinned(cli) else OURS)


def test_a_gate_that_fails(cli: Path, tmp_path: Path, clouds: MockClouds) -> None:
    shots = recorded(tmp_path, cli, clouds, **FAILED)
    recording = Recording(
        "gate-failed",
        f"pulumi {' '.join(UP)}",
        "A gate that fails early, in pulumi up",
        "The command pulumi up creates the gate called trained, which waits for a job. The job ends, but failed on two "
        "nodes. The gate does not wait until its time is over: it fails at once, with a message that says what was "
        "expected, what was observed and when, the number of polls, the request id and a hint. The resource that "
        "depends on the gate is not created.",
        COLUMNS,
        frames(shots),
    )
    compare(recording, None if is_pinned(cli) else OURS)
