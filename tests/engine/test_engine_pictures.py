"""What the Pulumi CLI shows of gates to a person: on terminals of four widths, with colours.

Its own part changes with its releases: with another CLI than the pinned one only our texts are compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from lease_support import LEASE, notebook
from picture_support import WIDTHS, Shot
from stack import ROOT, Stack
from terminal import Terminal, shown

from pulumi_nbcloud.mock import MockClouds

Same = Callable[..., None]
UP = ("up", "--yes", "--skip-preview")
JOB = "job-1"
# One gate in each picture: of two it is chance which comes first.
ONE = 'gate("ready", 1, timeout="{timeout}")\n'
SEVERAL = f"""
nbcloud.Gate(
    "trained",
    targets={{{{
        "job": nbcloud.modelarts.DevServerJobArgs(job_id="{JOB}"),
        "lease": nbcloud.modelarts.NotebookLeaseArgs(notebook_id="{notebook(1)}"),
    }}}},
    until='job.status == "FINISHED" && lease.running',
    timeout="{{timeout}}",
    interval="1s",
)
"""
# Our texts on the row of a gate, and below it.
OURS = re.compile(r"nbcloud:Gate +\w+ +(?:creat\w+ \(N+s\)[. ]*)?(.*)|^\| {4,}(.*)", re.MULTILINE)


def is_pinned(cli: Path) -> bool:
    """Whether this is the CLI that the pictures are of."""
    script = (ROOT / "scripts" / "pulumi-cli").read_text(encoding="utf-8")
    pinned = re.search(r'^VERSION = "(.*)"$', script, re.MULTILINE)
    assert pinned is not None
    return str(cli).split("/")[-1].startswith(f"{pinned[1]}-")


@pytest.fixture
def only(cli: Path) -> re.Pattern[str] | None:
    """What of a picture counts: all of it where the CLI is the pinned one."""
    return None if is_pinned(cli) else OURS


def pictured(
    cli: Path, folder: Path, clouds: MockClouds, program: str, *arguments: str, waiting: str = ""
) -> Iterator[Shot]:
    """What a command shows at each width: while a gate waits, where that is asked for, and in the end.

    A time of two digits moves what stands beside it: then the machine was too slow for a picture, and it runs again.
    """
    for columns in WIDTHS:
        for attempt in range(5):
            clouds.reset()
            clouds.modelarts.put_lease(notebook(1), status="STOPPED", **LEASE)
            clouds.modelarts.put_job(JOB, name="train", status="PROCESSING")
            stack = Stack(folder / f"{columns}-{attempt}", cli, clouds.environment())
            stack.program(program)
            found = taken(stack, clouds, columns, *arguments, waiting=waiting)
            if not any(re.search(r"\(\d\d+s\)", each.text) for each in found):
                break
        yield from map(at_rest, found)


def taken(stack: Stack, clouds: MockClouds, columns: int, *arguments: str, waiting: str) -> list[Shot]:
    shots: list[Shot] = []

    def go_on(terminal: Terminal) -> None:
        """Lets the gate be met once a person could see that it waits."""
        if waiting and not shots and re.search(waiting, "\n".join(terminal.lines)):
            shots.append(terminal.shot("while the gate waits"))
            clouds.modelarts.put_lease(notebook(1), **LEASE)
            clouds.modelarts.put_job(JOB, name="train", status="FINISHED")

    terminal = shown(stack, columns, *arguments, then=go_on)
    return [*shots, terminal.shot(f"exit code {terminal.code}")]


def at_rest(shot: Shot) -> Shot:
    """Takes out of a screen what moves by itself and how long it all took; the stack's diagnostics go first."""

    def in_order(found: re.Match[str]) -> str:
        return "\r\n\r\n".join(sorted(found[0].split("\r\n\r\n"), key=lambda block: "Gate" in block))

    def three_dots(found: re.Match[str]) -> str:
        codes, blanks = found[2], found[3]
        return f"{found[1]}...{codes.replace('.', '')}{blanks[max(0, 3 - codes.count('.')) :]}"

    text = re.sub(r"(?<=ing )(\(\d+s\))((?:\x1b\[[\d;]*m|\.)*)( *)", three_dots, shot.text)
    text = re.sub(r"(Duration:(?:\x1b\[[\d;]*m)* )\d+s", r"\1Ns", text)
    text = re.sub(r"(?s)(?<=Diagnostics:\x1b\[0m\r\n)(.*?)(?=\r\n\r\n[^\n]*Resources:)", in_order, text)
    return replace(shot, text=text)


@pytest.mark.parametrize("program", [ONE, SEVERAL], ids=["one target", "several targets"])
def test_a_gate_that_is_met(
    cli: Path, tmp_path: Path, clouds: MockClouds, same_as_picture: Same, only: re.Pattern[str] | None, program: str
) -> None:
    row = r"nbcloud:Gate .* creating \(\d+s\)[. ]*\w"
    shots = pictured(cli, tmp_path, clouds, program.format(timeout="10m"), *UP, waiting=row)
    same_as_picture("$ pulumi up --yes --skip-preview", list(shots), only)


def test_a_gate_that_times_out(
    cli: Path, tmp_path: Path, clouds: MockClouds, same_as_picture: Same, only: re.Pattern[str] | None
) -> None:
    shots = pictured(cli, tmp_path, clouds, SEVERAL.format(timeout="0"), *UP)
    same_as_picture("$ pulumi up --yes --skip-preview", list(shots), only)


def test_a_preview(
    cli: Path, tmp_path: Path, clouds: MockClouds, same_as_picture: Same, only: re.Pattern[str] | None
) -> None:
    shots = pictured(cli, tmp_path, clouds, SEVERAL.format(timeout="10m"), "preview")
    same_as_picture("$ pulumi preview", list(shots), only)
