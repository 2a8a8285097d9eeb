"""Targets on the command line: `KIND/ID`, `KIND?filter=value`, and `NAME=` before it in a wait."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any, get_type_hints
from urllib.parse import unquote

from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.kinds.registry import load
from pulumi_nbcloud.printable import printable

if TYPE_CHECKING:
    from pulumi_nbcloud.kinds.kind import Kind

GRAMMAR = "KIND/ID, or KIND?filter=value for a list; nbcloud kinds lists the kinds"

_NAMED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(?=[A-Za-z0-9]+:)", re.ASCII)
_BOOLS = {"true": True, "false": False}


@dataclasses.dataclass(frozen=True)
class TypedTarget:
    """One target of the command line.

    Args:
        name: its name in conditions; None without one.
        kind: its kind.
        values: its arguments by name, for `kind.parse`.
    """

    name: str | None
    kind: Kind[Any, Any, Any]
    values: dict[str, Any]


def parse_target(text: str) -> TypedTarget:
    """Parse one target.

    Args:
        text: `[NAME=]KIND/ID[?argument=value&...]`. The parts of an id are split at `/` and percent-decoded, so a
            `/` in a part is written `%2F`; the arguments after `?` are percent-decoded too.

    Returns:
        The target; `kind.parse` checks its arguments.

    Raises:
        InputError: the text is malformed, or the kind or an argument is unknown.
    """
    named = _NAMED.match(text)
    rest = text[named.end() :] if named else text
    path, mark, query = rest.partition("?")
    token, slash, identity = path.partition("/")
    kind: Kind[Any, Any, Any] = load(token)
    values: dict[str, Any] = _from_path(kind, text, identity.split("/") if slash else [])
    for pair in query.split("&") if mark else []:
        key, equals, value = pair.partition("=")
        if not equals or key not in kind.argument_names or key in values:
            reason = "is given twice" if key in values else "has no value" if not equals else "is not an argument of it"
            known = ", ".join(kind.argument_names)
            raise _refused(text, f"{printable(key, 60) or 'an empty name'} {reason}", f"arguments are {known}")
        values[key] = _value(kind, text, key, unquote(value))
    return TypedTarget(named[1] if named else None, kind, values)


def parse_unnamed(text: str) -> TypedTarget:
    """Parse the target of a read; see `parse_target`.

    Raises:
        InputError: it has a name, too.
    """
    target = parse_target(text)
    if target.name is not None:
        raise InputError(f"target {target.name}=...: what is read needs no name", hint="leave the name and = out")
    return target


def written_shape(kind: Kind[Any, Any, Any]) -> str:
    """Return the syntax of a target of this kind: `modelarts:NotebookLease/NOTEBOOK_ID`."""
    return "/".join((kind.token, *(name.upper() for name in required(kind))))


def required(kind: Kind[Any, Any, Any]) -> tuple[str, ...]:
    """Return the arguments of a kind's id, in their order in the id; none for a list."""
    fields = dataclasses.fields(kind.arguments)
    return tuple(each.name for each in fields if each.default is dataclasses.MISSING)


def _from_path(kind: Kind[Any, Any, Any], text: str, parts: list[str]) -> dict[str, Any]:
    names = required(kind)
    if len(parts) == len(names):
        return {name: unquote(part) for name, part in zip(names, parts, strict=True)}
    if not names:
        raise _refused(text, "a list has no id", f"filter it: {kind.token}?{kind.argument_names[0]}=VALUE")
    raise _refused(text, f"its id has {len(parts)} of {len(names)} parts", f"write {written_shape(kind)}")


def _value(kind: Kind[Any, Any, Any], text: str, name: str, value: str) -> Any:
    if bool not in getattr(get_type_hints(kind.arguments)[name], "__args__", ()):
        return value
    if value not in _BOOLS:
        raise _refused(text, f"{name} must be true or false", f"write {name}=true")
    return _BOOLS[value]


def _refused(text: str, problem: str, hint: str) -> InputError:
    return InputError(f"target {printable(text, 120)}: {problem}", hint=hint)
