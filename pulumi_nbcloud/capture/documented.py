"""The documented fields of a body, by path: derived from the classes that parse it and from its declaration."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass, is_dataclass
from functools import lru_cache
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from pulumi_nbcloud.kinds.fields import NumberOrDigits, OpenEnum
from pulumi_nbcloud.kinds.times import MAX_MILLISECONDS, TimeTwin
from pulumi_nbcloud.kinds.wire import ALL, BOOLEAN, EPOCH_MILLISECONDS, LIST, NUMBER, OBJECT, TEXT, Body

_SCALARS = {str: TEXT, int: NUMBER, float: NUMBER, bool: BOOLEAN}


@dataclass(frozen=True)
class Documented:
    """One documented field.

    Args:
        path: where it is.
        types: its documented types; none where the page does not say.
        formats: its documented formats; none where it may have any.
        values: its documented values; none where it may have any.
        optional: whether it may be missing or null.
        fact: the number of the fact that describes it.
    """

    path: str
    types: tuple[str, ...]
    formats: tuple[str, ...]
    values: tuple[str, ...]
    optional: bool
    fact: str | None

    @property
    def parent(self) -> str:
        """The path of the object that it is a field of."""
        return parent_of(self.path)


def parent_of(path: str) -> str:
    """Return the path of the object that holds a field: `data[]` of `data[].id`, `""` at the top."""
    return path.rpartition(".")[0]


def name_of(path: str) -> str:
    """Return the name of a field: `id` of `data[].id`."""
    return path.rpartition(".")[2]


def fields_of(body: Body) -> dict[str, Documented]:
    """Return the documented fields of a body, and the items of its lists, by path.

    Args:
        body: the declaration.
    """
    found: dict[str, _Derived] = {}
    if body.model is not None:
        found.update(_of_class("", body.model, body))
    found.update({path: _Derived((kind,)) for path, kind in body.more.items()})
    return {path: _documented(path, each, body) for path, each in found.items()}


@dataclass(frozen=True)
class _Derived:
    """What the type of a field says."""

    types: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    values: tuple[str, ...] = ()


def _documented(path: str, derived: _Derived, body: Body) -> Documented:
    named = [prefix for prefix in body.facts if path.startswith(prefix)]
    return Documented(
        path,
        (*derived.types, *body.types.get(path, ())),
        body.formats.get(path, derived.formats),
        body.values.get(path, derived.values),
        (body.optional == ALL or path in body.optional) and path not in body.always,
        body.facts[max(named, key=len)] if named else None,
    )


def _of_class(path: str, record: type, body: Body) -> Iterator[tuple[str, _Derived]]:
    for name, hint, marks in _wire_fields(record):
        yield from _of_hint(f"{path}.{name}" if path else name, hint, marks, body)


@lru_cache(maxsize=256)
def _wire_fields(record: type) -> tuple[tuple[str, Any, tuple[Any, ...]], ...]:
    """Return the fields that a class reads from the wire: the name there, the type, and what marks it."""
    is_model = issubclass(record, BaseModel)
    fields: dict[str, Any] = getattr(record, "model_fields" if is_model else "__pydantic_fields__")
    config: dict[str, Any] = getattr(record, "model_config" if is_model else "__pydantic_config__", None) or {}
    # Older versions of pydantic do not write the generated name into the field of a dataclass.
    generated = config.get("alias_generator") or str
    return tuple(
        (info.validation_alias or info.alias or generated(name), info.annotation, tuple(info.metadata))
        for name, info in fields.items()
        # Made from another field.
        if not isinstance(inspect.getattr_static(record, name, None), TimeTwin)
    )


def _of_hint(path: str, hint: Any, marks: tuple[Any, ...], body: Body) -> Iterator[tuple[str, _Derived]]:
    leaf, all_marks = _plain(hint, marks)
    part = body.parts.get(path)
    if part is not None or _is_record(leaf):
        yield path, _Derived((OBJECT,))
        yield from _of_class(path, part or leaf, body)
    elif get_origin(leaf) in (tuple, list):
        yield path, _Derived((LIST,))
        yield from _of_hint(f"{path}[]", get_args(leaf)[0], (), body)
    elif get_origin(leaf) is dict:
        yield path, _Derived()  # a page that does not describe an item does not say that it is an object
    else:
        kind = _SCALARS.get(leaf)
        yield path, _Derived((kind,) if kind else (), _formats(all_marks), _values(all_marks))


def _plain(hint: Any, marks: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
    """Take `Annotated` and `| None` off a type; return what is left and all marks."""
    while True:
        if hasattr(hint, "__metadata__"):
            hint, marks = hint.__origin__, (*marks, *hint.__metadata__)
        elif type(None) in get_args(hint):
            hint = next(each for each in get_args(hint) if each is not type(None))
        else:
            return hint, marks


def _is_record(leaf: Any) -> bool:
    return isinstance(leaf, type) and (issubclass(leaf, BaseModel) or is_dataclass(leaf))


def _formats(marks: tuple[Any, ...]) -> tuple[str, ...]:
    times = any(isinstance(each, NumberOrDigits) and each.le == MAX_MILLISECONDS for each in marks)
    return (EPOCH_MILLISECONDS,) if times else ()


def _values(marks: tuple[Any, ...]) -> tuple[str, ...]:
    return next((each.known for each in marks if isinstance(each, OpenEnum)), ())
