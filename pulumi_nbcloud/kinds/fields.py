"""Field types that the states of all kinds are built from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache
from typing import Annotated, Any, get_args, get_type_hints

from pydantic import Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

_SCALARS = (str, int, bool, float)


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
        # The lookup of a dict, which costs no call into Python where a value comes in the vendor's spelling.
        spellings = _Spellings(zip(self.known, self.known, strict=True))
        return core_schema.no_info_after_validator_function(spellings.__getitem__, handler(source))


@dataclass(frozen=True)
class Compared(OpenEnum):
    """Marks a text that is compared with one that has known values, in any case; it stays as it came."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return handler(source)


@dataclass(frozen=True)
class Volatile:
    """Marks a field that moves without anything having happened; read resources leave it out by default."""


@dataclass(frozen=True)
class RowCount:
    """Marks a number that is 0 where a list beside it is empty."""

    rows: str


@dataclass(frozen=True)
class Small:
    """Marks a whole number that 32 bits hold, a count or a port: to some languages that is a type of its own."""


Text = Annotated[str, Field(strict=True, min_length=0)]
"""A text as it came. Having a bound, it is looked into, so that half a surrogate pair is refused."""


@dataclass(frozen=True)
class NumberOrDigits:
    """Takes a whole number as a number or, because writers of JSON put large ones into strings, as its digits.

    The rules are pydantic-core's own and none a function here: a list may hold ten thousand rows.

    Args:
        ge: the least that it may be.
        le: the most.
        what: what an error calls it.
    """

    ge: int
    le: int
    what: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        number = core_schema.int_schema(strict=True, ge=self.ge, le=self.le)
        sign = "-?" if self.ge < 0 else ""
        digits = core_schema.str_schema(strict=True, pattern=f"^{sign}[0-9]{{1,16}}$")
        from_digits = core_schema.int_schema(strict=False, ge=self.ge, le=self.le)
        return core_schema.union_schema(
            [number, core_schema.chain_schema([digits, from_digits])],
            mode="left_to_right",
            custom_error_type="number_or_digits",
            custom_error_message=f"Input should be {self.what}, as a number or its digits",
        )


LARGEST = 2**53  # beyond, a float of Pulumi's cannot tell whole numbers apart

Whole = Annotated[int, NumberOrDigits(-LARGEST, LARGEST, "a whole number within 2^53")]
"""A whole number on the wire: a number or its digits."""

Count = Annotated[int, NumberOrDigits(0, LARGEST, "a whole number from 0 to 2^53")]
"""A number of things on the wire: a number or its digits."""


@dataclass(frozen=True)
class OrNull:
    """Makes null of a value that is none: for fields that say how things are at the moment, which must not fail a read.

    The rule is pydantic-core's own.
    """

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_default_schema(handler(source), default=None, on_error="default")


class State:
    """What a read gives: the base of every kind's state, a frozen dataclass."""

    def null_reason(self, name: str) -> str | None:
        """Return why a field is null, a clause for messages; None where nothing is known but that it is.

        Args:
            name: of the field.
        """
        return None

    def waiting_note(self) -> str | None:
        """Return what a person who waits for this should know of its state, a clause for messages; None for nothing."""
        return None

    def missing(self) -> str | None:
        """Return what is missing of a list, and what to do about it, a clause for messages; None where all is there."""
        return None

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


@lru_cache(maxsize=256)
def known_values(record: type) -> Mapping[str, tuple[str, ...]]:
    """Return the known values of the fields that have some, by name.

    Args:
        record: a dataclass of arguments, or a state.
    """
    hints = get_type_hints(record, include_extras=True)
    marks = {name: list(_marks(hint)) for name, hint in hints.items()}
    return {name: found[0].known for name, found in marks.items() if found}


def _marks(hint: Any) -> Iterator[OpenEnum]:
    """Yield the open enums of a type: of `Annotated[str, OpenEnum(...)] | None`, too."""
    yield from (each for each in getattr(hint, "__metadata__", ()) if isinstance(each, OpenEnum))
    for each in get_args(hint):
        if get_args(each):
            yield from _marks(each)


@lru_cache(maxsize=256)
def records_of(record: type) -> tuple[type, ...]:
    """Return a state and the parts that it holds at any depth, each once.

    Args:
        record: its dataclass.
    """
    found = {record: None}
    for hint in get_type_hints(record).values():
        for each in _leaves(hint):
            if isinstance(each, type) and is_dataclass(each):
                found |= dict.fromkeys(records_of(each))
    return tuple(found)


def _leaves(hint: Any) -> Iterator[Any]:
    """Yield the types that a type is made of: `int` and `None` of `tuple[int, ...] | None`."""
    arguments = get_args(hint)
    if not arguments:
        yield hint
    for each in arguments:
        yield from _leaves(each)


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


def field_at(state: object, path: str) -> Any:
    """Return a field of a state by its dotted path; None where something on the way is null."""
    for name in path.split("."):
        state = getattr(state, name, None)
    return state
