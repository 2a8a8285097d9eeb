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
    """The options that keep a wait.

    Args:
        path: the file of its record; None if it is not kept.
        key: distinguishes it from another wait for the same condition; None without one.
        command: the shell command that resumes it.
    """

    path: Path | None
    key: str | None
    command: str

    def check(self, hold: Any) -> None:
        """Check the options against each other, before anything is sent.

        Args:
            hold: the value of the option; None without it.

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
        """Lock the file during the wait; None if it is not kept.

        Args:
            spec: the wait spec.
            quiet: whether to omit the note that it resumes.

        Raises:
            InputError: the file belongs to another wait, is truncated, in use, or not writable.
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
        """Name the command that resumes an awaiting wait, and the deadline of its record.

        Args:
            error: the error at its end.
            keeper: the keeper of its record.
        """
        from pulumi_nbcloud.waiting.outcome import Outcome, WaitError

        if keeper is None or not isinstance(error, WaitError) or error.outcome is not Outcome.AWAITING:
            return
        error.hint = f"go on with: {self.command}"
        error.end_at(keeper.record.deadline_time)


def _warn(warning: str) -> None:
    output.say(f"warning: {warning}")


def document(keeper: Keeper) -> dict[str, Any]:
    """Return the document of a kept wait, for programs."""
    from pulumi_nbcloud.clock import text

    record = keeper.record
    return {
        "file": str(keeper.path),
        "started_time": text(record.started_time),
        "deadline_time": text(record.deadline_time),
        "runs": record.runs,
    }


def command_line(targets: list[str], given: dict[str, Any]) -> str:
    """Return the shell command that resumes a wait.

    Args:
        targets: the targets on the command line.
        given: the other parameters by flag; None and False mean absent.
    """
    import shlex

    words = ["nbcloud", "wait", *targets]
    for flag, value in given.items():
        if value is not None and value is not False:
            words += [flag] if value is True else [flag, str(value)]
    return shlex.join(words)
