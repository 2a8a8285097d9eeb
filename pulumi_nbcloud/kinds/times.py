"""Times in a state: milliseconds as they come over the wire, and beside each a twin in RFC 3339."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, fields
from datetime import datetime, timezone
from functools import lru_cache
from typing import Annotated, Any, cast

from pulumi_nbcloud.kinds.fields import NumberOrDigits

MAX_MILLISECONDS = 253_402_300_799_999  # the last of the year 9999: no calendar text exists beyond


@dataclass(frozen=True)
class Timestamp:
    """Marks a text as a time in RFC 3339, which conditions see as a timestamp."""


TimeText = Annotated[str, Timestamp()]
"""A time as text: RFC 3339, UTC, milliseconds: `2021-12-07T01:49:04.515Z`."""


Milliseconds = Annotated[int, NumberOrDigits(0, MAX_MILLISECONDS, "milliseconds since 1970, up to the year 9999")]
"""A time on the wire, in milliseconds since 1970: a number or its digits (docs/vendors/modelarts.md, MA-49)."""


def time_text(milliseconds: int | None) -> str | None:
    """Write a wire time as text.

    Args:
        milliseconds: since 1970; None and 0 mean none.

    Returns:
        RFC 3339 in UTC with milliseconds, or None where there is no time or it lies beyond the year 9999.
    """
    if not milliseconds or not 0 < milliseconds <= MAX_MILLISECONDS:
        return None
    minute, rest = divmod(milliseconds, 60_000)
    return f"{_minute_text(minute)}:{rest // 1000:02}.{rest % 1000:03}Z"


@lru_cache(maxsize=4096)
def _minute_text(minute: int) -> str:
    # Formatting a date is what takes the time, and the times of a list lie close together.
    return f"{datetime.fromtimestamp(minute * 60, timezone.utc):%Y-%m-%dT%H:%M}"


class _Plain:
    """Has a `__dict__`, to take its descriptor from."""


_DICT: Any = vars(_Plain)["__dict__"]


class TimeTwin:
    """The text of a wire time, a field beside it, made when it is asked for: most of ten thousand rows never are.

    Args:
        number: the field with the milliseconds.
        alone: whether a text that was given stays where there is no number.
    """

    def __init__(self, number: str, *, alone: bool) -> None:
        self._number = number
        self._alone = alone
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, row: object | None, owner: type | None = None) -> str | None:
        if row is None:
            return None  # the default of the field
        plain = _DICT.__get__(row)
        milliseconds = plain.get(self._number)
        if milliseconds is not None:
            return time_text(milliseconds)
        return plain.get(self._name) if self._alone else None

    def __set__(self, row: object, value: str | None) -> None:
        _DICT.__get__(row)[self._name] = value


def time_twin(number: str, *, alone: bool = True) -> Any:
    """Declare a field as the text of a wire time, in a class derived from `Twinned`; see `TimeTwin`.

    Args:
        number: the field with the milliseconds since 1970.
        alone: whether a text that was given stays where there is no number.
    """
    return TimeTwin(number, alone=alone)


class Twinned(_Plain):
    """The base of a dataclass with time twins."""

    def _filled(self) -> dict[str, Any]:
        plain: dict[str, Any] = _DICT.__get__(self)
        if plain:  # it is still empty where one is being made, by pickle for example
            record: type = type(self)
            plain.update((name, getattr(self, name)) for name in _time_twins(record))
        return plain

    # Pulumi exports an object by its `__dict__`, and so do pickle, copy and vars(): all see plain, whole fields.
    __dict__ = cast("dict[str, Any]", property(_filled, _DICT.__set__))


@lru_cache(maxsize=256)
def _time_twins(record: type) -> tuple[str, ...]:
    names = [each.name for each in fields(record)]
    return tuple(name for name in names if isinstance(inspect.getattr_static(record, name, None), TimeTwin))
