"""Field types that the states of all kinds are built from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime, timezone
from functools import lru_cache
from typing import Annotated, Any, get_type_hints

from pydantic import AfterValidator, BeforeValidator, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

MAX_MILLISECONDS = 253_402_300_799_999  # the last of the year 9999: no calendar text exists beyond


@dataclass(frozen=True)
class OpenEnum:
    """Marks a text with known values.

    Known values get the vendor's spelling whatever their case on the wire; unknown ones stay as they came, because
    vendors add values without notice.
    """

    known: tuple[str, ...]

    def normalise(self, value: str) -> str:
        """Gives the vendor's spelling of a known value, an unknown one unchanged."""
        return next((each for each in self.known if each.casefold() == value.casefold()), value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.normalise, handler(source))


@dataclass(frozen=True)
class Timestamp:
    """Marks a text as a time in RFC 3339, which conditions see as a timestamp."""


@dataclass(frozen=True)
class Volatile:
    """Marks a field that moves without anything having happened; read resources leave it out by default."""


TimeText = Annotated[str, Timestamp()]
"""A time as text: RFC 3339, UTC, milliseconds: `2021-12-07T01:49:04.515Z`."""


def _number(value: object) -> object:
    # Vendors send the same time as a number or as its digits (reference vendor-apis 1.6).
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 15:
        return int(value)
    return value


Milliseconds = Annotated[int, Field(strict=True, ge=0, le=MAX_MILLISECONDS), BeforeValidator(_number)]
"""A time on the wire, in milliseconds since 1970: a number or its digits."""


def time_text(milliseconds: int | None) -> str | None:
    """Writes a wire time as text.

    Args:
        milliseconds: since 1970; None and 0 mean none.

    Returns:
        RFC 3339 in UTC with milliseconds, or None where there is no time or it lies beyond the year 9999.
    """
    if not milliseconds or not 0 < milliseconds <= MAX_MILLISECONDS:
        return None
    moment = datetime.fromtimestamp(milliseconds // 1000, timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03}Z"


def _whole(value: str) -> str:
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("holds half a surrogate pair")
    return value


Text = Annotated[str, Field(strict=True), AfterValidator(_whole)]
"""A text as it came."""


class State:
    """What a read gives: the base of every kind's state, a frozen dataclass."""

    def to_dict(self) -> dict[str, Any]:
        """Gives the state as plain dicts and lists, nulls kept, for use as a resource input."""
        plain: dict[str, Any] = _plain(self)
        return plain


@lru_cache(maxsize=256)
def volatile_fields(record: type) -> frozenset[str]:
    """Names the volatile fields of a state or of a part of one.

    Args:
        record: its dataclass.
    """
    hints = get_type_hints(record, include_extras=True)
    return frozenset(name for name, hint in hints.items() if Volatile() in getattr(hint, "__metadata__", ()))


def stable(value: Any, keep: frozenset[str] = frozenset(), path: str = "") -> Any:
    """Writes a state as plain dicts and lists, without its volatile fields.

    Args:
        value: a state, or a part of one.
        keep: the dotted paths of volatile fields to leave in; rows of a list go by the path of the list.
        path: where `value` is.

    Returns:
        As `State.to_dict` gives it, but for the volatile fields.
    """
    if is_dataclass(value) and not isinstance(value, type):
        volatile = volatile_fields(type(value))
        paths = {each.name: f"{path}.{each.name}" if path else each.name for each in fields(value)}
        return {
            name: stable(getattr(value, name), keep, where)
            for name, where in paths.items()
            if name not in volatile or where in keep
        }
    if isinstance(value, (list, tuple)):
        return [stable(each, keep, path) for each in value]
    return _plain(value)


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value
