"""Report the progress of a wait: lines on stderr for a log, nothing, or events on stdout for a program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pulumi_nbcloud.cli import output
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.waiting.progress import CONDITION_SHOWN
from pulumi_nbcloud.waiting.report import log_line

if TYPE_CHECKING:
    from pulumi_nbcloud.waiting.progress import Progress
    from pulumi_nbcloud.waiting.report import Reporter

HEARTBEAT_SECONDS = 60.0


class Lines:
    """Write the condition, then a line for each change and a heartbeat each minute, without repetitions.

    Args:
        write: takes one line.
    """

    heartbeat_seconds = HEARTBEAT_SECONDS

    def __init__(self, write: Callable[[str], None] = output.say) -> None:
        self._write = write
        self._last = ""

    def changed(self, progress: Progress, elapsed: float) -> None:
        """Write the new state; before the first one, the condition."""
        if not self._last:
            self._write(f"waiting until: {printable(progress.expected, CONDITION_SHOWN)}")
        line = log_line(progress, elapsed)
        if line != self._last:
            self._last = line
            self._write(line)

    def heartbeat(self, progress: Progress, elapsed: float) -> None:
        """Write that the wait continues."""
        self.changed(progress, elapsed)

    def warning(self, text: str) -> None:
        """Write a warning."""
        self._write(f"warning: {text}")


class Quiet:
    """Write warnings only: a warning is not progress."""

    heartbeat_seconds = 3600.0

    def __init__(self, write: Callable[[str], None] = output.say) -> None:
        self._write = write

    def changed(self, progress: Progress, elapsed: float) -> None:
        """Write nothing."""

    def heartbeat(self, progress: Progress, elapsed: float) -> None:
        """Write nothing."""

    def warning(self, text: str) -> None:
        """Write a warning."""
        self._write(f"warning: {text}")


class Events:
    """Write each transition as a line of JSON when it is observed.

    Args:
        write: takes one line; by default stdout.
    """

    heartbeat_seconds = 3600.0

    def __init__(self, write: Callable[[str], None] = output.result) -> None:
        self._write = write
        self._notified = 0

    def changed(self, progress: Progress, elapsed: float) -> None:
        """Write the transitions since the last call."""
        new = progress.transition_count - self._notified
        self._notified = progress.transition_count
        for each in progress.transitions[-new:] if new else []:
            document: dict[str, Any] = {"event": "transition", **each}
            self._write(output.as_json(document, indent=None))

    def heartbeat(self, progress: Progress, elapsed: float) -> None:
        """Write nothing: a program needs no heartbeat."""

    def warning(self, text: str) -> None:
        """Write a warning, as an event too."""
        self._write(output.as_json({"event": "warning", "text": text}, indent=None))


class Several:
    """Notify several reporters."""

    def __init__(self, reporters: Sequence[Reporter]) -> None:
        self._reporters = reporters
        self.heartbeat_seconds = min(each.heartbeat_seconds for each in reporters)

    def changed(self, progress: Progress, elapsed: float) -> None:
        """Notify all of them."""
        for each in self._reporters:
            each.changed(progress, elapsed)

    def heartbeat(self, progress: Progress, elapsed: float) -> None:
        """Notify all of them."""
        for each in self._reporters:
            each.heartbeat(progress, elapsed)

    def warning(self, text: str) -> None:
        """Notify all of them."""
        for each in self._reporters:
            each.warning(text)


def transition_line(transition: dict[str, str]) -> str:
    """Return the line of one transition: its time, target and observation."""
    return f"{transition['time']}  {transition['target']}: {transition['observed']}"
