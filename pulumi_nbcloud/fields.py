"""Field types that the states of all kinds are built from."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime, timezone
from functools import lru_cache
from typing import Annotated, Any, cast, get_args, get_type_hints

from pydantic import Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

_SCALARS = (str, int, bool, float)
MAX_MILLISECONDS = 253_402_300_799_999  # the last of the year 9999: no calendar text exists beyond


class _Spellings(dict[str, str]):
    """The vendor's spellings of known values."""

    def __missing__(self, value: str) -> str:
        return next((each for each in self if each.casefold() == value.casefold()), value)


@dataclass(frozen=True)
class OpenEnum:
    """Marks a text with known values.

    Known values get the vendor's spelling whatever their case on the wire; unknown ones stay as they came, because
    vendors add values without notice.
    """

    known: tuple[str, ...]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        # The look-up of a dict, which costs no call into Python where a value comes in the vendor's spelling.
        spellings = _Spellings(zip(self.known, self.known, strict=True))
        return core_schema.no_info_after_validator_function(spellings.__getitem__, handler(source))


@dataclass(frozen=True)
class Timestamp:
    """Marks a text as a time in RFC 3339, which conditions see as a timestamp."""


@dataclass(frozen=True)
class Volatile:
    """Marks a field that moves without anything having happened; read resources leave it out by default."""


TimeText = Annotated[str, Timestamp()]
"""A time as text: RFC 3339, UTC, milliseconds: `2021-12-07T01:49:04.515Z`."""


class _NumberOrDigits:
    """Takes a wire time as a number or, because vendors send the same time as text too, as its digits.

    The rules are pydantic-core's own and none a function here: a list may hold ten thousand rows.
    """

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        number = core_schema.int_schema(strict=True, ge=0, le=MAX_MILLISECONDS)
        digits = core_schema.str_schema(strict=True, pattern="^[0-9]{1,15}$")
        from_digits = core_schema.int_schema(strict=False, ge=0, le=MAX_MILLISECONDS)
        return core_schema.union_schema(
            [number, core_schema.chain_schema([digits, from_digits])],
            mode="left_to_right",
            custom_error_type="milliseconds",
            custom_error_message=(
                "Input should be milliseconds since 1970, up to the year 9999, as a number or its digits"
            ),
        )


Milliseconds = Annotated[int, _NumberOrDigits()]
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


Text = Annotated[str, Field(strict=True, min_length=0)]
"""A text as it came. Having a bound, it is looked into, so that half a surrogate pair is refused."""


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


class State:
    """What a read gives: the base of every kind's state, a frozen dataclass."""

    def to_dict(self) -> dict[str, Any]:
        """Return the state as plain dicts and lists, nulls kept, for use as a resource input."""
        plain: dict[str, Any] = _plain(self)
        return plain


@lru_cache(maxsize=256)
def volatile_fields(record: type) -> frozenset[str]:
    """Name the volatile fields of a state or of a part of one.

    Args:
        record: its dataclass.
    """
    hints = get_type_hints(record, include_extras=True)
    return frozenset(name for name, hint in hints.items() if Volatile() in getattr(hint, "__metadata__", ()))


def nullable_fields(record: type) -> frozenset[str]:
    """Name the fields of a state or of a part of one that may be null.

    Args:
        record: its dataclass.
    """
    return frozenset(name for name, hint in get_type_hints(record).items() if type(None) in get_args(hint))


def stable(value: Any, keep: frozenset[str] = frozenset(), path: str = "") -> Any:
    """Write a state as plain dicts and lists, without its volatile fields.

    Args:
        value: a state, or a part of one.
        keep: the dotted paths of volatile fields to leave in; rows of a list go by the path of the list.
        path: where `value` is.

    Returns:
        As `State.to_dict` gives it, but for the volatile fields.
    """
    if value is None or type(value) in _SCALARS:
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {name: stable(getattr(value, name), keep, where) for name, where in _kept(type(value), keep, path)}
    if isinstance(value, (list, tuple)):
        return [stable(each, keep, path) for each in value]
    return _plain(value)


@lru_cache(maxsize=1024)
def _kept(record: type, keep: frozenset[str], path: str) -> tuple[tuple[str, str], ...]:
    """Return the fields to write of a state or of a part of one, with their paths; the same for all rows of a list."""
    volatile = volatile_fields(record)
    paths = [(each.name, f"{path}.{each.name}" if path else each.name) for each in fields(record)]
    return tuple((name, where) for name, where in paths if name not in volatile or where in keep)


def _plain(value: Any) -> Any:
    if value is None or type(value) in _SCALARS:
        return value
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value
