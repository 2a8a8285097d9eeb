"""The clock of waits and shared reads, and how times are written."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))
_FEW_DAYS = 10


def now() -> datetime:
    """Return the time of day, in UTC."""
    return datetime.now(timezone.utc)


class Clock:
    """The clock of the running event loop. Suspended machines and changed wall clocks do not move its deadlines."""

    def monotonic(self) -> float:
        """Return the seconds on a clock that only goes forward."""
        import anyio  # here: a provider process that waits for nothing does not load it

        return anyio.current_time()

    def now(self) -> datetime:
        """Return the time of day, in UTC."""
        return now()


def text(moment: datetime) -> str:
    """Write a time of day as RFC 3339 in UTC, to the second: `2026-01-31T09:05:00Z`."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def distance(away: timedelta) -> str:
    """Write how far a time is away: `in 12m`, `2h10m ago`; from ten days on in whole days, `1109d ago`."""
    far = abs(away)
    length = span(far if far.days < _FEW_DAYS else timedelta(days=far.days))
    return f"in {length}" if away > timedelta(0) else f"{length} ago"


def span(length: timedelta) -> str:
    """Write a duration to its two largest units: `2h10m`, `3d`, `-45s`."""
    total = length.total_seconds()
    if 0 < abs(total) < 1:
        return f"{total * 1000:.0f}ms"
    rest, parts = round(abs(total)), list[str]()
    for seconds, unit in _UNITS:
        number, rest = divmod(rest, seconds)
        if number or parts:
            parts.append(f"{number}{unit}" if number else "")
    return ("-" if total < 0 else "") + ("".join(parts[:2]) or "0s")
