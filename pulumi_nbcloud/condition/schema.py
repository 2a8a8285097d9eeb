"""The types of a state in conditions: CEL types, derived from the annotations of the kind's dataclasses."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Literal, Union

from pulumi_nbcloud.kinds.fields import OpenEnum, RowCount
from pulumi_nbcloud.kinds.times import Timestamp


@dataclass(frozen=True)
class Type:
    """A type of CEL.

    Args:
        name: `string`, `int`, `double`, `bool`, `timestamp`, `duration`, `list`, `record`; "any" fits
            everything (the element of an empty list, and what is left after a problem); "unreadable" fits nothing.
        known: of a string: the known values, if it is an enum.
        element: of a list.
        record: of a record: its class.
        label: of a record: its name in messages, `modelarts:NotebookLease`.
        counts: of an int that counts the items of a list: the name of the list, a field beside it.
        path: where a value of this type was read from: `self.jobs`; empty if it was computed.
    """

    name: str
    known: tuple[str, ...] = ()
    element: Type | None = None
    record: type | None = field(default=None, hash=False)
    label: str = ""
    counts: str = ""
    path: str = field(default="", compare=False)

    def at(self, path: str) -> Type:
        """Return the same type, read from there."""
        return dataclasses.replace(self, path=path)

    @property
    def fields(self) -> dict[str, Type]:
        """The fields of a record; empty for everything else."""
        return _fields(self.record, self.label) if self.record else {}

    @property
    def text(self) -> str:
        """The type with its article, for messages."""
        words = {"any": "a value", "record": "an object", "unreadable": "a value that CEL cannot read"}
        return words.get(self.name, f"{'an' if self.name[0] in 'aeiou' else 'a'} {self.name}")


ANY = Type("any")
BOOL = Type("bool")
INT = Type("int")
DOUBLE = Type("double")
STRING = Type("string")
TIMESTAMP = Type("timestamp")
DURATION = Type("duration")
UNREADABLE = Type("unreadable")
BY_NAME = {each.name: each for each in (BOOL, INT, DOUBLE, STRING, TIMESTAMP, DURATION)}

_SCALARS = {bool: BOOL, int: INT, float: DOUBLE, str: STRING, datetime: TIMESTAMP}


def list_of(element: Type) -> Type:
    """Return the type of a list of these."""
    return Type("list", element=element)


def record_type(record: type, label: str) -> Type:
    """Return the type of a state.

    Args:
        record: its dataclass.
        label: what messages call it.
    """
    return Type("record", record=record, label=label)


@lru_cache(maxsize=256)
def _fields(record: type, label: str) -> dict[str, Type]:
    hints = typing.get_type_hints(record, include_extras=True)
    names = [each.name for each in dataclasses.fields(record)]
    return {name: _derive(hints[name], f"{label}.{name}") for name in names}


def _derive(hint: Any, label: str) -> Type:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return _marked(_derive(arguments[0], label), hint.__metadata__)
    if origin in (Union, types.UnionType):
        # Null is absent, so Optional does not change the type.
        choices = [each for each in arguments if each is not type(None)]
        return _derive(choices[0], label) if len(choices) == 1 else UNREADABLE
    if origin is Literal and all(isinstance(each, str) for each in arguments):
        return dataclasses.replace(STRING, known=arguments)
    if origin in (list, Sequence) or (origin is tuple and arguments[1:] == (Ellipsis,)):
        return list_of(_derive(arguments[0], label))
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return record_type(hint, label)
    return _SCALARS.get(hint, UNREADABLE)


def _marked(base: Type, metadata: tuple[object, ...]) -> Type:
    for mark in metadata:
        if isinstance(mark, Timestamp) and base.name == "string":
            return TIMESTAMP
        if isinstance(mark, OpenEnum) and base.name == "string":
            return dataclasses.replace(base, known=mark.known)
        if isinstance(mark, RowCount) and base.name == "int":
            return dataclasses.replace(base, counts=mark.rows)
    return base
