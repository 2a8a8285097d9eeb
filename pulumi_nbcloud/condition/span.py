"""How long a condition has held, as far as polls can show."""

from __future__ import annotations

import math
from dataclasses import dataclass

SLACK_SECONDS = 0.05
"""A poll is sent a moment after it is due; that must not cost a further one."""


@dataclass(frozen=True)
class Moment:
    """When a poll was made, on a monotonic clock; its reads may be sent apart where waits share them.

    Args:
        first_sent: when its first read was sent.
        last_sent: when its last read was sent.
        arrived: when all responses were complete.
    """

    first_sent: float
    last_sent: float
    arrived: float

    @classmethod
    def at(cls, seconds: float) -> Moment:
        """Make the moment of a poll that took no time."""
        return cls(seconds, seconds, seconds)


@dataclass(frozen=True)
class Row:
    """An unbroken row of polls so far, in seconds on a clock that only goes forward.

    Args:
        began: when its first poll was sent.
        arrived: when the responses of its last poll were complete.
    """

    began: float
    arrived: float

    def later(self, seconds: float) -> Row:
        """Return the same row on a clock that is ahead by so much."""
        return Row(self.began + seconds, self.arrived + seconds)


class Span:
    """An unbroken row of polls at which a condition held.

    A poll at which it does not hold ends the row. A failed poll is not observed at all: it neither counts nor ends it,
    but a gap that is too long between two others does, because nobody knows what happened in it.

    Args:
        longest_gap: from the response of one poll to the next poll, in seconds.
    """

    def __init__(self, longest_gap: float = math.inf) -> None:
        self._longest_gap = longest_gap
        self._began: float | None = None
        self._arrived = 0.0

    @property
    def row(self) -> Row | None:
        """The row as it is; None where the condition did not hold at the last poll."""
        return None if self._began is None else Row(self._began, self._arrived)

    def resume(self, row: Row | None) -> None:
        """Go on with a row that another process has observed; None where there is none."""
        self._began, self._arrived = (None, 0.0) if row is None else (row.began, row.arrived)

    def observe(self, holds: bool, moment: Moment) -> float | None:
        """Observe a poll.

        Args:
            holds: whether the condition held.
            moment: when the poll was made.

        Returns:
            How long it has held, from the first poll of the row to this one, in seconds; None where it does not hold.
        """
        if not holds:
            self._began = None
            return None
        if self._began is None or moment.first_sent - self._arrived > self._longest_gap:
            self._began = moment.last_sent
        self._arrived = moment.arrived
        return max(0.0, moment.first_sent - self._began)


def long_enough(held: float | None, holds_for: float) -> bool:
    """Return whether a condition has held for long enough to count."""
    return held is not None and held >= holds_for - SLACK_SECONDS
