"""Reports to a person how a wait goes on."""

from __future__ import annotations

from typing import Protocol

from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.waiting.duration import spell
from pulumi_nbcloud.waiting.progress import CONDITION_SHOWN, Progress


class Reporter(Protocol):
    """Is notified of a wait. It must be quick and must not raise."""

    heartbeat_seconds: float
    """How often `heartbeat` is called while nothing else happens."""

    def changed(self, progress: Progress, elapsed: float) -> None:
        """Report a poll that gave something new, the first one included."""

    def heartbeat(self, progress: Progress, elapsed: float) -> None:
        """Report that nothing new is observed."""

    def warning(self, text: str) -> None:
        """Report what may keep the wait from its end, before the first poll; or how an advisory wait ended."""


class Silent:
    """A reporter that reports nothing."""

    heartbeat_seconds = 3600.0

    def changed(self, progress: Progress, elapsed: float) -> None:
        """Do nothing."""

    def heartbeat(self, progress: Progress, elapsed: float) -> None:
        """Do nothing."""

    def warning(self, text: str) -> None:
        """Do nothing."""


def status_line(progress: Progress, elapsed: float) -> str:
    """Write one line: the state now, what is expected, and elapsed of timeout."""
    state = progress.summary()
    if progress.failed_in_a_row and progress.last_error is not None:
        state = f"{state} (poll failed: {progress.last_error.problem}; {progress.failed_in_a_row} in a row)"
    expected = printable(progress.expected, CONDITION_SHOWN)
    if progress.row:
        expected = f"{expected}; {progress.row}"
    if progress.undecided:
        expected = f"{expected}; undecided: {progress.undecided}"
    return f"waiting: {state}; expected: {expected}; {spell(int(elapsed))} of {spell(progress.timeout)}"
