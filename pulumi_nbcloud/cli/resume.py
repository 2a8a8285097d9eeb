"""A wait of the command that several processes share: `--resume FILE`, `--resume-key KEY` and `--hold`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pulumi_nbcloud.cli import output
from pulumi_nbcloud.errors import InputError, NbcloudError

if TYPE_CHECKING:
    from pulumi_nbcloud.waiting.keeper import Keeper
    from pulumi_nbcloud.waiting.spec import WaitSpec

MAX_KEY = 200

FileOption = Annotated[
    Path | None,
    typer.Option(
        "--resume", metavar="FILE", help="Keep the wait in a file, and go on with the one there, with its deadline."
    ),
]
KeyOption = Annotated[
    str | None,
    typer.Option(
        "--resume-key", metavar="KEY", help="Tells waits for the same apart, like the run or commit they are for."
    ),
]


@dataclass(frozen=True)
class Resume:
    """Where a wait is kept.

    Args:
        path: the file of its record; None where it is not kept.
        key: what tells it from another wait for the same; None for nothing.
        command: what goes on with it, as a shell takes it.
    """

    path: Path | None
    key: str | None
    command: str

    def check(self, hold: Any) -> None:
        """Check the options against each other, before anything is sent.

        Args:
            hold: as it was given; None where it was not.

        Raises:
            InputError: one of them would be ignored.
        """
        if self.path is None and self.key is not None:
            raise InputError("--resume-key is for --resume", hint="give --resume FILE too, or leave it out")
        if self.path is None and hold is not None:
            raise InputError(
                "--hold needs --resume, or the next command would begin a new wait with a new deadline",
                hint="give --resume FILE too, or a --timeout in its place",
            )
        if self.key is not None and not 0 < len(self.key) <= MAX_KEY:
            raise InputError(f"--resume-key must be a text of 1 to {MAX_KEY} characters", hint="give the run or commit")

    @contextlib.contextmanager
    def opened(self, spec: WaitSpec, quiet: bool) -> Iterator[Keeper | None]:
        """Hold the file while the wait goes on; None where it is not kept.

        Args:
            spec: of the wait.
            quiet: whether to leave out that it goes on.

        Raises:
            InputError: the file is another's, torn, in use, or cannot be written.
        """
        if self.path is None:
            yield None
            return
        from pulumi_nbcloud.clock import Clock, text
        from pulumi_nbcloud.waiting.keeper import open_record
        from pulumi_nbcloud.waiting.record_file import RecordFile

        file = RecordFile(self.path)
        with file.held():
            keeper = open_record(file, spec, self.key, warn=_warn, now=Clock().now)
            record = keeper.record
            if record.runs > 1 and not quiet:
                began, deadline = text(record.started_time), text(record.deadline_time)
                output.say(f"waiting: run {record.runs} of the wait that began at {began}; its deadline is {deadline}")
            yield keeper

    def explain(self, error: NbcloudError, keeper: Keeper | None) -> None:
        """Name the command that goes on, and the deadline of the record, where a wait is awaiting.

        Args:
            error: how the wait ended.
            keeper: keeps its record.
        """
        from pulumi_nbcloud.waiting.outcome import Outcome, WaitError

        if keeper is None or not isinstance(error, WaitError) or error.outcome is not Outcome.AWAITING:
            return
        error.hint = f"go on with: {self.command}"
        error.end_at(keeper.record.deadline_time)


def _warn(warning: str) -> None:
    output.say(f"warning: {warning}")


def document(keeper: Keeper) -> dict[str, Any]:
    """Return what programs are told of a wait that is kept."""
    from pulumi_nbcloud.clock import text

    record = keeper.record
    return {
        "file": str(keeper.path),
        "started_time": text(record.started_time),
        "deadline_time": text(record.deadline_time),
        "runs": record.runs,
    }


def command_line(targets: list[str], given: dict[str, Any]) -> str:
    """Write the command that goes on with a wait, as a shell takes it.

    Args:
        targets: as they were typed.
        given: the other parameters by the flags that they were given as; those that are None or False were not.
    """
    import shlex

    words = ["nbcloud", "wait", *targets]
    for flag, value in given.items():
        if value is not None and value is not False:
            words += [flag] if value is True else [flag, str(value)]
    return shlex.join(words)
