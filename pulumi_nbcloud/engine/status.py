"""Live status of a wait, on the row of the CLI that it holds up."""

from __future__ import annotations

from typing import Any

from pulumi_nbcloud.clock import text
from pulumi_nbcloud.engine.log import process_engine, send, show
from pulumi_nbcloud.engine.secrets import Secrets
from pulumi_nbcloud.waiting.messages import words_of
from pulumi_nbcloud.waiting.outcome import Outcome, WaitError, WaitResult
from pulumi_nbcloud.waiting.progress import Progress
from pulumi_nbcloud.waiting.report import ended_line, status_line

HEARTBEAT_SECONDS = 30.0
SLOW_HEARTBEAT_SECONDS = 60.0


class GateReporter:
    """Reports one wait to the engine; if that cannot be reached, to stderr, on change and more slowly.

    Args:
        urn: the URN of the gate, or of the resource that waits; None if it is not known.
        engine: the engine's stub; None for the one of this provider process.
        secrets: the values that it must not show; None for none.
    """

    def __init__(self, urn: str | None, engine: Any = None, secrets: Secrets | None = None) -> None:
        self._urn = urn
        self._secrets = secrets or Secrets()
        self._stub = engine or process_engine()
        self._last = ""
        self.heartbeat_seconds = HEARTBEAT_SECONDS if urn and self._stub is not None else SLOW_HEARTBEAT_SECONDS

    def changed(self, progress: Progress, elapsed: float) -> None:
        """Show the new state."""
        self._notify(progress, elapsed)

    def heartbeat(self, progress: Progress, elapsed: float) -> None:
        """Show that the wait goes on."""
        self._notify(progress, elapsed)

    def warning(self, text: str) -> None:
        """Show a warning that stays."""
        shown = self._secrets.text(text)
        show(shown, self._urn, warning=True, engine=self._stub)

    def awaiting(self, error: WaitError) -> None:
        """Show that a wait goes on in another update: briefly on the row, and what is awaited in a message that stays.

        Args:
            error: what is awaited.
        """
        message = self._secrets.text(str(error))
        show(message, self._urn, stays=True, engine=self._stub, wait=True)
        if error.progress is not None and error.deadline is not None:
            line = status_line(error.progress, error.elapsed, hidden=self._secrets.hides_until)
            line = self._secrets.text(f"awaiting until {text(error.deadline)}; {line}")
            send(line, self._urn, engine=self._stub, wait=True)

    def ended(self, result: WaitResult) -> None:
        """Show the end of a wait that lets the update go on, before the row is complete; may take a moment."""
        if result.progress is None:
            return
        words = words_of(Outcome(result.outcome), result.progress)
        line = ended_line(words, result.progress, result.elapsed)
        if result.override is not None:
            line = f'{line}: "{result.override["reason"]}", until {result.override["until"]}'
        line = self._secrets.text(line)
        show(line, self._urn, engine=self._stub, wait=True)

    def _notify(self, progress: Progress, elapsed: float) -> None:
        line = self._secrets.text(status_line(progress, elapsed, hidden=self._secrets.hides_until))
        if line == self._last:
            return
        self._last = line
        show(line, self._urn, engine=self._stub)
