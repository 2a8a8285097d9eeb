"""Values of a condition as a person reads them: times with how far away they are, lists by their rows."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from celpy.celtypes import BoolType, DoubleType, DurationType, IntType, ListType, StringType, TimestampType

from pulumi_nbcloud.condition.values import Record, Result
from pulumi_nbcloud.printable import printable

_SHOWN = 60
_ITEMS = 4
_SPANS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))


def spelled(value: Result, now: datetime) -> tuple[str, str]:
    """Write a value for messages, and shorter for a narrow place.

    Args:
        value: of CEL, no problem in the place of one.
        now: the time that times are compared with.
    """
    if isinstance(value, TimestampType):
        moment = value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        away = distance(value - TimestampType(now))
        return f"{moment} ({away})", away
    text = _plain(value)
    return text, text


def _plain(value: Result) -> str:
    if isinstance(value, BoolType):
        return "true" if value else "false"
    if isinstance(value, StringType):
        return printable(value, _SHOWN) or '""'
    if isinstance(value, IntType):
        return str(int(value))
    if isinstance(value, DoubleType):
        return repr(float(value)).removesuffix(".0")
    if isinstance(value, DurationType):
        return span(value)
    if isinstance(value, Record):
        return "there"
    if isinstance(value, ListType):
        if any(isinstance(each, (Record, ListType, Exception)) for each in value) or len(value) > _ITEMS:
            return f"a list of {len(value)}"
        return f"[{', '.join(_plain(each) for each in value)}]"
    raise TypeError(type(value).__name__)


def distance(away: timedelta) -> str:
    """Write how far a time is away: `in 12m`, `12m ago`."""
    text = span(abs(away))
    return f"{text} ago" if away < timedelta(0) else f"in {text}"


def span(length: timedelta) -> str:
    """Write a duration to its two largest units: `2h10m`, `3d`, `-45s`."""
    total = length.total_seconds()
    if 0 < abs(total) < 1:
        return f"{total * 1000:.0f}ms"
    rest, parts = round(abs(total)), list[str]()
    for seconds, unit in _SPANS:
        number, rest = divmod(rest, seconds)
        if number or parts:
            parts.append(f"{number}{unit}" if number else "")
    return ("-" if total < 0 else "") + ("".join(parts[:2]) or "0s")
