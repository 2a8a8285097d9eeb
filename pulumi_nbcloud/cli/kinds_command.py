"""The command `nbcloud kinds`: describe the kinds from their declarations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pulumi_nbcloud.cli import output, running, terminal
from pulumi_nbcloud.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from pulumi_nbcloud.cli.terminal import Terminal
    from pulumi_nbcloud.condition.schema import Type
    from pulumi_nbcloud.kinds.kind import Kind


class Format(str, Enum):
    """The output formats of kinds."""

    TEXT = "text"
    JSON = "json"


def kinds(
    kind: Annotated[
        list[str] | None, typer.Argument(metavar="[KIND]...", help="Only these, with their fields.")
    ] = None,
    output_: Annotated[Format, typer.Option("--output", "-o", metavar="FORMAT", help="text or json.")] = Format.TEXT,
) -> None:
    """List what can be read; of a named kind, everything about it.

    That is its arguments, its fields with their types and units, and its default conditions.
    """
    running.finish(lambda: _kinds(kind or [], output_))


def _kinds(tokens: list[str], shape: Format) -> ExitCode:
    from pulumi_nbcloud.kinds.registry import KINDS, load

    described = [describe(load(token)) for token in tokens or KINDS]
    if shape is Format.JSON:
        output.result(output.as_json({"kinds": described}))
        return ExitCode.MET
    shown_on = terminal.of_stdout()
    if not tokens:
        lines = _list(described) if shown_on is None else _list_on(shown_on, described)
    else:
        parts = (_details(each) if shown_on is None else _details_on(shown_on, each) for each in described)
        lines = chain.from_iterable(parts)
    output.result("\n".join(lines))
    return ExitCode.MET


def describe(kind: Kind[Any, Any, Any]) -> dict[str, Any]:
    """Describe a kind: its names and types, arguments, fields, and the conditions for ready and failed."""
    from pulumi_nbcloud.cli.targets import required, written_shape
    from pulumi_nbcloud.condition.schema import record_type
    from pulumi_nbcloud.kinds.documentation import documented, summary

    return {
        "kind": kind.token,
        "about": summary(kind.state),
        "target": written_shape(kind),
        "arguments": [
            {"name": name, "required": name in required(kind), "about": about}
            for name, about in documented(kind.arguments).items()
        ],
        "fields": list(fields(record_type(kind.state, kind.token))),
        "ready": kind.ready,
        "failed": [{"condition": each.condition, "holds_for_seconds": each.holds_for} for each in kind.failed],
        "conditions": [
            {
                "name": each.name,
                "condition": each.condition,
                "met_if_gone": each.met_if_gone,
                "failures_apply": each.failures_apply,
                "about": each.about,
            }
            for each in kind.conditions.values()
        ],
        "interval_seconds": kind.interval_seconds,
        "not_found_is_gone": kind.not_found_is_gone,
    }


def fields(of: Type, prefix: str = "") -> Iterator[dict[str, Any]]:
    """Describe the fields of a state, nested ones by dotted path, and rows of a list as `list[]`."""
    from pulumi_nbcloud.kinds.documentation import documented
    from pulumi_nbcloud.kinds.fields import nullable_fields, volatile_fields

    about = documented(of.record) if of.record else {}
    nulls = nullable_fields(of.record) if of.record else frozenset()
    volatile = volatile_fields(of.record) if of.record else frozenset()
    for name, field in of.fields.items():
        path = f"{prefix}{name}"
        row = field.element
        shown = f"list of {row.name}" if row is not None else field.name
        yield {
            "path": path,
            "type": shown,
            "null": name in nulls,
            "volatile": name in volatile,
            "known": list(field.known),
            "about": about.get(name, ""),
        }
        if field.record is not None:
            yield from fields(field, f"{path}.")
        elif row is not None and row.record is not None:
            yield from fields(row, f"{path}[].")


def marked_type(field: dict[str, Any]) -> str:
    """Return the type of a described field, with `or null` and `volatile` where they apply."""
    return f"{field['type']}{' or null' if field['null'] else ''}{', volatile' if field['volatile'] else ''}"


def meaning(condition: dict[str, Any]) -> str:
    """Return the meaning of a described named condition."""
    from pulumi_nbcloud.kinds.kind import or_not_found

    expression = condition["condition"] or ""
    return or_not_found(expression) if condition["met_if_gone"] else expression


def held_long(failure: dict[str, Any]) -> str:
    """Return how long a described failure must persist; nothing if one poll is enough."""
    from pulumi_nbcloud.waiting.duration import spell

    seconds = failure["holds_for_seconds"]
    return f", once it has held for {spell(seconds)}" if seconds else ""


def known_values(field: dict[str, Any]) -> str:
    """Return the known values of a described field, unless its description names them."""
    named = all(re.search(rf"\b{re.escape(each)}\b", field["about"]) for each in field["known"])
    return "" if named else f" Known: {', '.join(field['known'])}."


def _list(described: list[dict[str, Any]]) -> Iterator[str]:
    beside = max(len(each["target"]) for each in described)
    for each in described:
        yield f"{each['target']:<{beside}}  {each['about']}"


def _list_on(shown_on: Terminal, described: list[dict[str, Any]]) -> Iterator[str]:
    for each in described:
        yield shown_on.bold(each["target"])
        yield from _indented(each["about"], 4, shown_on)
    yield shown_on.faint("nbcloud kinds KIND shows arguments, fields and conditions")


def _facts(each: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the facts of a kind before its fields, each with a label."""
    yield "target", each["target"]
    for argument in each["arguments"]:
        yield "argument", f"{argument['name']}: {argument['about']}"
    yield "ready", each["ready"] or "no default: until is needed"
    for failure in each["failed"]:
        yield "failed", f"{failure['condition']}{held_long(failure)}"
    for named in each["conditions"]:
        # The default already has its line; a list has none, but may have the name.
        if named["name"] != "ready" or not each["ready"]:
            yield "named", f"{named['name']}: {meaning(named)}"
    yield "polls", f"every {each['interval_seconds']:g} s at first"


def _details(each: dict[str, Any]) -> Iterator[str]:
    yield f"{each['kind']}: {each['about']}"
    for label, text in _facts(each):
        yield f"  {label:<8} {text}"
    yield "  fields"
    for field in each["fields"]:
        yield f"    {field['path']} ({marked_type(field)}): {field['about']}{known_values(field)}"
    yield ""


def _details_on(shown_on: Terminal, each: dict[str, Any]) -> Iterator[str]:
    from pulumi_nbcloud.cli.layout import Node, tree

    yield shown_on.bold(each["kind"])
    yield from _indented(each["about"], 2, shown_on)
    yield from tree([Node(label, text) for label, text in _facts(each)], shown_on, 2)
    nested = any(len(_names(field["path"])) > 1 for field in each["fields"])
    yield f"  {shown_on.bold('fields')}{', joined by dots in conditions' if nested else ''}"
    for field in each["fields"]:
        # As a tree: some paths are wider than a terminal.
        *above, name = _names(field["path"])
        indent = 4 + 2 * len(above)
        yield f"{' ' * indent}{shown_on.bold(name)} {shown_on.faint(f'({marked_type(field)})')}"
        yield from _indented(f"{field['about']}{known_values(field)}", indent + 4, shown_on)
    yield ""


def _names(path: str) -> list[str]:
    return path.replace("[]", "").split(".")


def _indented(text: str, indent: int, shown_on: Terminal) -> Iterator[str]:
    from pulumi_nbcloud.cli.layout import LEAST_TEXT, fold

    for line in fold(text, max(shown_on.columns - indent, LEAST_TEXT)):
        yield f"{' ' * indent}{line}"
