"""The example of a kind: a whole Pulumi program, and the programs of the schema in other languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_type_hints

from pulumi_nbcloud.cli.text import rows_of
from pulumi_nbcloud.kinds.kind import Kind
from pulumi_nbcloud.native.examples import function_example, record_example
from pulumi_nbcloud.native.names import camel
from pulumi_nbcloud.native.package import go_import_path
from pulumi_nbcloud.native.schema_types import type_of
from reference_pages.markdown import snake

AnyKind = Kind[Any, Any, Any]

# By the type of the schema: what reads a value of the stack's config.
_READ = {"string": "require", "number": "require_float", "integer": "require_int", "boolean": "require_bool"}
_LABELS = {"typescript": "TypeScript", "go": "Go", "yaml": "YAML"}
_PROGRAM = re.compile(r"^```(\w+)\n(.*?)\n```$", re.MULTILINE | re.DOTALL)


def settings_of(kind: AnyKind) -> dict[str, str]:
    """What the program reads from the stack's config: the key of each argument that is needed, and how it is read."""
    hints = get_type_hints(kind.arguments, include_extras=True)
    return {
        name: f'config.{_READ[type_of(hints[name], kind.token)["type"]]}("{camel(name)}")'
        for name in kind.required_names
    }


def program(kind: AnyKind) -> Iterator[str]:
    """A program that looks a thing up, records it where it can be recorded, and waits for it."""
    settings, module = settings_of(kind), f"nbcloud.{kind.cloud}"
    yield from ("import pulumi", "import pulumi_nbcloud as nbcloud", "")
    if settings:
        yield "config = pulumi.Config()"
        yield from (f"{name} = {read}" for name, read in settings.items())
        yield ""
    given = [f"{name}={name}" for name in settings]
    yield "# Look up: read now, in each preview and each update."
    yield from _called(f"current = {module}.get_{snake(kind.name)}(", given)
    if not kind.is_list:
        yield from ("", "# Record: keep it in the stack's state; `pulumi refresh` shows what has changed.")
        yield from _called(f"recorded = {module}.{kind.name}(", ['"recorded"', *given])
    yield from ("", "# Wait: what depends on the gate is created once the condition holds.")
    yield from _gate(kind, f"{module}.{kind.name}Args({', '.join(given)})")
    shown = main_field(kind)
    yield from ("", f'pulumi.export("{camel(shown.rpartition(".")[2])}", current.{shown})')
    yield 'pulumi.export("outcome", ready.outcome)'


def main_field(kind: AnyKind) -> str:
    """The field that says most of a thing: the first of its headline that decides whether it is ready."""
    return next((each for each in kind.headline if f"self.{each}" in (kind.ready or "")), kind.headline[0])


def _gate(kind: AnyKind, target: str) -> Iterator[str]:
    parts = ['"ready"', f"target={target if kind.is_list else 'recorded'}"]
    if kind.is_list:
        parts.append(f"until={_quoted(_condition(kind))}")
    yield from _called("ready = nbcloud.Gate(", [*parts, 'timeout="1h"'])


def _quoted(text: str) -> str:
    return repr(text) if '"' in text else f'"{text}"'


def _condition(kind: AnyKind) -> str:
    """What a gate on a list waits for: the first condition that has a name, or that there are rows."""
    listed = rows_of(kind)
    return next(iter(kind.conditions), f"size(self.{listed[0]}) > 0" if listed else "true")


def _called(head: str, parts: list[str]) -> Iterator[str]:
    line = f"{head}{', '.join(parts)})"
    if len(line) <= 100:
        yield line
        return
    yield from (head, *(f"    {part}," for part in parts), ")")


def other_languages(kind: AnyKind) -> Iterator[str]:
    """The programs that the schema shows, in tabs."""
    shown = {"Look up": function_example(kind)} | ({} if kind.is_list else {"Record": record_example(kind)})
    for title, text in shown.items():
        yield from (f"### {title}", "", "<!-- tabs -->", "")
        for language, found in _PROGRAM.findall(text):
            yield from (f"**{_LABELS[language]}**", "", f"```{language}", found, "```", "")
        yield from ("<!-- /tabs -->", "")


def go_module_is_a_placeholder() -> bool:
    return ".invalid/" in go_import_path()
