"""Name the form of a value without the value."""

from __future__ import annotations

import re

from pulumi_nbcloud.kinds.wire import (
    BOOLEAN,
    EPOCH_MILLISECONDS,
    ISO_8601_LOCAL,
    LIST,
    NULL,
    NUMBER,
    NUMBER_AS_TEXT,
    OBJECT,
    RFC_3339_OFFSET,
    RFC_3339_Z,
    TEXT,
    UUID,
)

_TYPES = {type(None): NULL, bool: BOOLEAN, int: NUMBER, float: NUMBER, str: TEXT, list: LIST, dict: OBJECT}
# From 2000 to 2100. A number outside of them may be anything.
_FIRST_SECOND, _LAST_SECOND = 946_684_800, 4_102_444_800

# The first that matches counts.
_TEXTS = tuple(
    (name, re.compile(pattern, re.ASCII))
    for name, pattern in (
        ("empty", r""),
        ("blank", r"\s+"),
        ("truth value as text", r"(?i:true|false)"),
        (NUMBER_AS_TEXT, r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?"),
        (UUID, r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"),
        (RFC_3339_Z, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"),
        (RFC_3339_OFFSET, r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d([.,]\d+)?[+-]\d\d(:?\d\d)?"),
        (ISO_8601_LOCAL, r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d([.,]\d+)?"),
        ("date", r"\d{4}-\d\d-\d\d"),
        ("HTTP date", r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT"),
        ("OCID", r"ocid1\.[^\s]+"),
        ("URL", r"[a-z][a-z0-9+.-]*://[^\s]+"),
        ("IPv4 address", r"\d{1,3}(\.\d{1,3}){3}(:\d+)?"),
        ("e-mail address", r"[^\s@]+@[^\s@]+\.[^\s@]+"),
        ("JSON Web Token", r"eyJ[\w-]+\.[\w-]+\.[\w-]*"),
        ("path", r"/[^\s]*"),
        ("32 hexadecimal digits", r"[0-9A-Fa-f]{32}"),
        ("JSON", r"(?s:[\[{].*[\]}])"),
        ("word in capitals", r"[A-Z][A-Z0-9_]*"),
        ("word", r"[A-Za-z][A-Za-z0-9_]*"),
        ("one printable word", r"[!-~]+"),
        ("printable ASCII", r"[ -~]+"),
    )
)


def type_of(value: object) -> str:
    """Return the type of a JSON value by the name that captures use."""
    return _TYPES[type(value)]


def format_of(value: object) -> str | None:
    """Return the form of a text or a number; None for a value of another type.

    Args:
        value: a JSON value.
    """
    if isinstance(value, str):
        return next((name for name, pattern in _TEXTS if pattern.fullmatch(value)), "text")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return _number(value)


def _number(value: float) -> str:
    if value == 0:
        return "zero"
    if value < 0:
        return "negative"
    if isinstance(value, float) and not value.is_integer():
        return "fraction"
    if _FIRST_SECOND <= value <= _LAST_SECOND:
        return "epoch seconds"
    if _FIRST_SECOND * 1000 <= value <= _LAST_SECOND * 1000:
        return EPOCH_MILLISECONDS
    return "whole number"
