"""Durations in Go's style, which Kubernetes, Terraform and Pulumi use, and with days: `90s`, `1h30m`, `2d`."""

from __future__ import annotations

import re

from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.printable import printable

MAX_SECONDS = 30 * 24 * 3600.0

_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DIGITS = re.compile(r"[1-9]\d{0,8}", re.ASCII)
_PART = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|d|h|m|s)", re.ASCII)


def parse_duration(text: str, name: str, *, least: float = 0.0) -> float:
    """Read a duration.

    Args:
        text: numbers with units `d`, `h`, `m`, `s` or `ms`, added up: `1h30m`; `0` needs no unit.
        name: the argument's name, for messages.
        least: the shortest that is allowed, in seconds.

    Returns:
        Seconds, from `least` up to 30 days.

    Raises:
        InputError: not a duration, or out of range.
    """
    trimmed = text.strip()
    seconds = 0.0
    if trimmed != "0":
        parts = _PART.findall(trimmed)
        if not parts or "".join(number + unit for number, unit in parts) != trimmed:
            hint = "write it like 90s, 30m or 1h30m; 0 is allowed"
            if _DIGITS.fullmatch(trimmed):
                hint = f"give it a unit, as in {trimmed}s or {trimmed}m; only 0 needs none"
            raise InputError(f"{name} {printable(text, 40)!r} is not a duration", hint=hint)
        seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if not least <= seconds <= MAX_SECONDS:
        raise InputError(
            f"{name} {printable(text, 40)!r} is out of range", hint=f"give {spell(least)} to {spell(MAX_SECONDS)}"
        )
    return seconds


def spell(seconds: float) -> str:
    """Write a duration in the same style, to the second: `1h30m`; the counterpart of `parse_duration`."""
    if 0 < seconds < 1:
        return f"{seconds * 1000:.0f}ms"
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    parts = [f"{number}{unit}" for number, unit in ((hours, "h"), (minutes, "m"), (rest, "s")) if number]
    return "".join(parts) or "0s"
