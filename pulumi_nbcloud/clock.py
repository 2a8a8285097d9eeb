"""The clock of waits and shared reads."""

from __future__ import annotations

from datetime import datetime, timezone

import anyio


def now() -> datetime:
    """Return the time of day, in UTC."""
    return datetime.now(timezone.utc)


class Clock:
    """The clock of the running event loop. Suspended machines and changed wall clocks do not move its deadlines."""

    def monotonic(self) -> float:
        """Return the seconds on a clock that only goes forward."""
        return anyio.current_time()

    def now(self) -> datetime:
        """Return the time of day, in UTC."""
        return now()


def text(moment: datetime) -> str:
    """Write a time of day as RFC 3339 in UTC, to the second: `2026-01-31T09:05:00Z`."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
