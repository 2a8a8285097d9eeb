"""Values of a condition as a person reads them: times with how far away they are, lists by their rows."""

from __future__ import annotations

from datetime import datetime

from celpy.celtypes import BoolType, DoubleType, DurationType, IntType, ListType, StringType, TimestampType

from pulumi_nbcloud.clock import distance, span, text
from pulumi_nbcloud.condition.values import Record, Result
from pulumi_nbcloud.printable import printable

_SHOWN = 60
_ITEMS = 4


def spelled(value: Result, now: datetime) -> tuple[str, str]:
    """Write a value for messages, and shorter for a narrow place.

    Args:
        value: of CEL, no problem in the place of one.
        now: the time that times are compared with.
    """
    if isinstance(value, TimestampType):
        away = distance(value - TimestampType(now))
        return f"{text(value)} ({away})", away
    plain = _plain(value)
    return plain, plain


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
