"""When to poll again."""

from __future__ import annotations

import random as _random
from collections.abc import Callable

START_SECONDS = 5.0
CAP_SECONDS = 30.0
GROWTH = 1.5
JITTER = 0.1
# A timer may fire this much early.
TIMER_SECONDS = 0.001


class Schedule:
    """Pauses between polls: growing while nothing changes, back to the start when something does.

    Args:
        start: the first pause, in seconds.
        cap: the longest pause, in seconds; at least `start`.
        random: gives the jitter, from 0 up to 1.
    """

    def __init__(
        self, start: float = START_SECONDS, cap: float = CAP_SECONDS, random: Callable[[], float] = _random.random
    ) -> None:
        self.start = start
        self.cap = max(start, cap)
        self._random = random
        self._pause = start
        self.base = start
        """The pause that `next` returned last, in seconds, before jitter."""

    @classmethod
    def fixed(cls, interval: float, random: Callable[[], float] = _random.random) -> Schedule:
        """Make a schedule that does not grow."""
        return cls(interval, interval, random)

    @property
    def longest(self) -> float:
        """The longest pause that can come, jitter included, in seconds."""
        return self.cap * (1 + JITTER)

    @property
    def longest_gap(self) -> float:
        """How long nothing may be known between two polls of a row, in seconds: three intervals."""
        return 3 * self.cap

    @property
    def shortest(self) -> float:
        """The shortest pause that can come, jitter included, in seconds."""
        return self.start * (1 - JITTER)

    @property
    def pause(self) -> float:
        """The pause that comes next, in seconds, before jitter."""
        return self._pause

    def resume(self, pause: float) -> None:
        """Go on with the pause of another process that waited for the same, as far as it fits this schedule."""
        self._pause = min(self.cap, max(self.start, pause))

    def sure_polls(self, seconds: float, most: int) -> int:
        """Return how many polls are sure to be made while nothing changes, up to `most`; the last is at the end.

        Args:
            seconds: from the first poll on.
            most: how many are of interest.
        """
        count, at, pause = 1, 0.0, self.start
        while count < most and at + TIMER_SECONDS < seconds:
            at = min(seconds, at + pause * (1 + JITTER))
            pause = min(self.cap, pause * GROWTH)
            count += 1
        return count

    def reset(self) -> None:
        """Go back to the first pause: something has changed, so more may follow soon."""
        self._pause = self.start

    def next(self) -> float:
        """Return the pause before the next poll, in seconds, and grow the one after it."""
        self.base = self._pause
        pause = self._pause * (1 - JITTER + 2 * JITTER * self._random())
        self._pause = min(self.cap, self._pause * GROWTH)
        return pause
