"""The clocks of the mock clouds.

There are two, on purpose. The *virtual clock* is the time that stored things live in: leases expire on it, transitions
fall due on it, locks end on it, and a test moves it by hours in an instant. The *gateway clock* evaluates the age of a
signature. Clients sign with the real time of their machine, which no test moves, so the gateway compares with real time
plus `skew`, not with the virtual clock. Otherwise every request after `advance(3600)` would be rejected as too old.
"""

from __future__ import annotations

import math
import threading
import time as _time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timezone
from typing import Any

from pulumi_nbcloud.mock.validation import InvalidInput

_LAST_SECOND = 253_402_300_799.0  # 9999-12-31T23:59:59Z, the last that a datetime can show
_MAX_SKEW = 10 * 365.25 * 86_400


def rfc3339(seconds: float) -> str:
    """Return epoch `seconds` as RFC 3339 in UTC with milliseconds; later times show as the end of the year 9999."""
    return (
        datetime.fromtimestamp(min(seconds, _LAST_SECOND), timezone.utc)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )


class VirtualClock:
    """The time of the mock clouds: the time source plus an offset that only grows.

    `time` returns epoch seconds (a test freezes it with its own function); `lock` guards the offset.
    """

    def __init__(self, time: Callable[[], float] = _time.time, lock: AbstractContextManager[Any] | None = None) -> None:
        self._time = time
        self._lock = lock if lock is not None else threading.RLock()
        self._offset = 0.0
        self._skew = 0.0
        self._latest = -math.inf

    def now(self) -> float:
        """Return the virtual time in epoch seconds; within a run it never goes back, even if the time source does."""
        with self._lock:
            self._latest = max(self._latest, self._time() + self._offset)
            return self._latest

    def now_ms(self) -> int:
        """Return the virtual time in whole milliseconds since the epoch."""
        return int(self.now() * 1000)

    def advance(self, seconds: float) -> float:
        """Move the virtual clock forward by `seconds` (0 or more) and return the new time.

        Raises:
            InvalidInput: the step is negative or endless, or passes the year 9999.
        """
        if isinstance(seconds, bool) or not math.isfinite(seconds) or seconds < 0:
            raise InvalidInput("advance", "must be a number of seconds, 0 or more: the virtual clock never goes back")
        with self._lock:
            if self.now() + seconds > _LAST_SECOND:
                raise InvalidInput("advance", "passes the year 9999")
            self._offset += seconds
            return self.now()

    def set(self, moment: datetime) -> float:
        """Move the virtual clock forward to `moment` (with a time zone) and return the new time.

        Raises:
            InvalidInput: `moment` has no time zone, or lies before the virtual time.
        """
        if moment.tzinfo is None:
            raise InvalidInput("set", "must have a time zone")
        with self._lock:
            step = moment.timestamp() - self.now()
            if step < 0:
                raise InvalidInput("set", f"is before the virtual time {rfc3339(self.now())}; it never goes back")
            return self.advance(step)

    @property
    def skew(self) -> float:
        """Seconds that the gateway clock is ahead of real time (negative: behind)."""
        return self._skew

    @skew.setter
    def skew(self, seconds: float) -> None:
        if isinstance(seconds, bool) or not math.isfinite(seconds) or abs(seconds) > _MAX_SKEW:
            raise InvalidInput("skew", "must be a number of seconds, at most ten years either way")
        with self._lock:
            self._skew = float(seconds)

    def gateway_now(self) -> float:
        """Return the time that signatures are evaluated by: real time plus `skew`, untouched by `advance`."""
        return self._time() + self._skew

    def real_now(self) -> float:
        """Return the time source's epoch seconds."""
        return self._time()

    def reset(self) -> None:
        """Return to the time source, without offset and skew."""
        with self._lock:
            self._offset = 0.0
            self._skew = 0.0
            self._latest = -math.inf

    def state(self) -> dict[str, Any]:
        """Return both clocks as plain data: `now` (RFC 3339), `offset` and `skew` in seconds."""
        with self._lock:
            return {"now": rfc3339(self.now()), "offset": self._offset, "skew": self._skew}
