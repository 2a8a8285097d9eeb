"""The planned changes of a stored thing.

A plan is a queue. Its head falls due at once, after a number of reads, or after some seconds on the virtual clock;
reads and seconds count from when the transition was added. A transition that is due waits for those before it.

Reading is an explicit call with the time as its argument. No attribute access moves anything: a state that
changes under a debugger or in a log line cannot be tested.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from pulumi_nbcloud.mock.clock import rfc3339
from pulumi_nbcloud.mock.validation import InvalidInput

Change = TypeVar("Change")
Mode = Literal["immediate", "reads", "seconds"]

MAX_PENDING = 1_000


@dataclass(frozen=True)
class Transition(Generic[Change]):
    """One step: `change` replaces what is stored once the step is due.

    `mode` selects the unit and `amount` the number of units: whole reads that still show the old state, or seconds.
    `start` is the count of reads, or the virtual time, at which it was added.
    """

    change: Change
    mode: Mode
    amount: float
    start: float

    def due(self, *, reads: int, now: float) -> bool:
        """Return whether it applies to a read after `reads` earlier reads, at virtual time `now`."""
        if self.mode == "immediate":
            return True
        return (reads if self.mode == "reads" else now) - self.start >= self.amount

    def moment(self, now: float) -> float:
        """Return the virtual time of its effect, if it is due at `now`."""
        return self.start + self.amount if self.mode == "seconds" else now


class TransitionPlan(Generic[Change]):
    """The transitions of one stored thing, in order, and its number of reads."""

    def __init__(self) -> None:
        self._queue: deque[Transition[Change]] = deque()
        self._reads = 0
        self._last_moment = float("-inf")

    @property
    def reads(self) -> int:
        """The number of reads of the thing."""
        return self._reads

    def add(
        self, change: Change, *, now: float, after_reads: int | None = None, after_seconds: float | None = None
    ) -> None:
        """Append a transition that is due after this many reads or seconds, or (neither) immediately.

        Raises:
            InvalidInput: both are set, one is negative, or 1,000 transitions are pending already.
        """
        if after_reads is not None and after_seconds is not None:
            raise InvalidInput("after_seconds", "give either after_reads or after_seconds, not both")
        if len(self._queue) >= MAX_PENDING:
            raise InvalidInput("transitions", f"{MAX_PENDING} are pending already")
        self._queue.append(self._transition(change, now, after_reads, after_seconds))

    def _transition(
        self, change: Change, now: float, after_reads: int | None, after_seconds: float | None
    ) -> Transition[Change]:
        if after_reads is not None:
            if isinstance(after_reads, bool) or not isinstance(after_reads, int) or after_reads < 0:
                raise InvalidInput("after_reads", "must be a whole number, 0 or more")
            return Transition(change, "reads", after_reads, self._reads)
        if after_seconds is not None:
            if isinstance(after_seconds, bool) or not 0 <= after_seconds < float("inf"):
                raise InvalidInput("after_seconds", "must be a number of seconds, 0 or more")
            return Transition(change, "seconds", float(after_seconds), now)
        return Transition(change, "immediate", 0, 0)

    def take_due(self, now: float) -> list[tuple[Change, float]]:
        """Remove due transitions at virtual time `now`; return each change with the virtual time of its effect.

        That time is the end of the seconds, not the time of the read, and never before that of the previous change.
        It does not count as a read.
        """
        due: list[tuple[Change, float]] = []
        while self._queue and self._queue[0].due(reads=self._reads, now=now):
            step = self._queue.popleft()
            self._last_moment = max(self._last_moment, step.moment(now))
            due.append((step.change, self._last_moment))
        return due

    def count_read(self) -> None:
        """Count one read; call it after `take_due`, because the read itself belongs to the state that it saw."""
        self._reads += 1

    def pending(self) -> list[dict[str, Any]]:
        """Return the pending transitions as plain data: the change, and when it is due."""
        return [_described(step, self._reads) for step in self._queue]


def _described(step: Transition[Any], reads: int) -> dict[str, Any]:
    if step.mode == "reads":
        return {"change": step.change, "mode": "reads", "reads_left": max(0, int(step.start + step.amount - reads))}
    if step.mode == "seconds":
        return {"change": step.change, "mode": "seconds", "due_at": rfc3339(step.start + step.amount)}
    return {"change": step.change, "mode": "immediate"}
