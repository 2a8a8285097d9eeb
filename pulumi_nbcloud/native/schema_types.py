"""The types of the schema: the Python types of arguments and states in the form of Pulumi's schemas."""

from __future__ import annotations

import dataclasses
import re
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pulumi_nbcloud.kinds.documentation import documented, summary
from pulumi_nbcloud.kinds.fields import OpenEnum, RowCount, Small, Volatile
from pulumi_nbcloud.native.descriptions import described
from pulumi_nbcloud.native.names import camel, record_token

ANY = {"$ref": "pulumi.json#/Any"}
_SCALARS = {str: "string", bool: "boolean", float: "number"}


@dataclass(frozen=True)
class Property:
    """One property of a schema.

    Args:
        name: in camelCase.
        type: its type.
        description: in Markdown, complete sentences.
        required: whether it is always there.
        more: further keys: `const`, `willReplaceOnChanges`.
    """

    name: str
    type: Mapping[str, Any]
    description: str
    required: bool = False
    more: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def spec(self) -> dict[str, Any]:
        """Return its form in the schema."""
        return {**self.type, "description": self.description, **self.more}


def properties(found: Iterable[Property]) -> dict[str, Any]:
    """Return properties by name, as an object of the schema has them."""
    return {each.name: each.spec() for each in found}


def required(found: Iterable[Property]) -> list[str]:
    """Return the names of those that are always there."""
    return [each.name for each in found if each.required]


def object_of(found: Sequence[Property], description: str = "") -> dict[str, Any]:
    """Return the type of an object with these properties."""
    about = {"description": description} if description else {}
    return {**about, "type": "object", "properties": properties(found), "required": required(found)}


def reference(token: str) -> dict[str, str]:
    """Return a reference to a type of this schema."""
    return {"$ref": f"#/types/{token}"}


def map_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the type of an object whose keys are the user's."""
    return {"type": "object", "additionalProperties": dict(values)}


def type_of(hint: Any, kind: str) -> dict[str, Any]:
    """Write a type of an argument or a field as schemas do.

    A whole number is a `number` unless it is marked as small: an `integer` has 32 bits in some languages.

    Args:
        hint: as it is declared, marks included.
        kind: the token of the kind that it is of, for the types of its records.

    Raises:
        TypeError: no schema can hold it.
    """
    bare, marks = _unwrapped(hint)
    origin, arguments = get_origin(bare), get_args(bare)
    if bare in _SCALARS:
        return {"type": _SCALARS[bare]}
    if bare is int:
        return {"type": "integer" if any(isinstance(each, (Small, RowCount)) for each in marks) else "number"}
    if origin is Literal and all(isinstance(each, str) for each in arguments):
        return {"type": "string"}
    if bare is Any:
        return dict(ANY)
    if origin in (list, Sequence) or (origin is tuple and arguments[1:] == (Ellipsis,)):
        return {"type": "array", "items": type_of(arguments[0], kind)}
    if origin in (dict, Mapping) and arguments[0] is str:
        return map_of(type_of(arguments[1], kind))
    if isinstance(bare, type) and dataclasses.is_dataclass(bare):
        return reference(record_token(kind, bare))
    raise TypeError(f"{kind}: no schema can hold a {hint}")


def record_properties(kind: str, record: type) -> Iterator[Property]:
    """Describe the fields of a state or of a part of one.

    Args:
        kind: the token of the kind that it is of.
        record: its dataclass.
    """
    about = documented(record)
    for name, hint in get_type_hints(record, include_extras=True).items():
        if name not in {each.name for each in dataclasses.fields(record)}:
            continue
        _, marks = _unwrapped(hint)
        is_volatile = any(isinstance(each, Volatile) for each in marks)
        text = described(about.get(name, "")) + known_text(about.get(name, ""), hint)
        if is_volatile:
            text = f"{text} A resource has it only with `includeVolatile`."
        yield Property(camel(name), type_of(hint, kind), text, required=not (is_volatile or _is_optional(hint)))


def record_type(kind: str, record: type) -> dict[str, Any]:
    """Return the type of a part of a state."""
    return object_of(tuple(record_properties(kind, record)), described(summary(record)))


def known_text(about: str, hint: Any) -> str:
    """Name the known values of a text, where its description does not do so already; empty where it has none."""
    known = next((each.known for each in _unwrapped(hint)[1] if isinstance(each, OpenEnum)), ())
    if all(re.search(rf"\b{re.escape(each)}\b", about) for each in known):
        return ""
    return f" Known values: {', '.join(known)}; the cloud may have others."


def _is_optional(hint: Any) -> bool:
    """Return whether a type takes null, marks or not."""
    if get_origin(hint) in (Union, types.UnionType):
        return type(None) in get_args(hint)
    return hasattr(hint, "__metadata__") and _is_optional(get_args(hint)[0])


def _unwrapped(hint: Any) -> tuple[Any, tuple[object, ...]]:
    """Take null and marks off a type: `Annotated[int, Small()] | None` is `int`, and the mark."""
    if hasattr(hint, "__metadata__"):
        bare, marks = _unwrapped(get_args(hint)[0])
        return bare, (*hint.__metadata__, *marks)
    if get_origin(hint) in (Union, types.UnionType):
        choices = [each for each in get_args(hint) if each is not type(None)]
        if len(choices) == 1:
            return _unwrapped(choices[0])
    return hint, ()
