"""States as text: fields and values, or a line for each row of a list; all of it safe for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pulumi_nbcloud.condition.schema import Type, record_type
from pulumi_nbcloud.printable import printable

if TYPE_CHECKING:
    from pulumi_nbcloud.kinds.kind import Kind

CELL_LIMIT = 200
COLUMN_LIMIT = 40


def cell(value: object, limit: int = CELL_LIMIT) -> str:
    """Write one value: null as `-`, a bool as CEL writes it, a list by its number of rows."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return f"{len(value)} rows"
    return printable(str(value), limit)


def fields(state: object, of: Type, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Name every field of a state by its dotted path, with its value as text."""
    for name, field in of.fields.items():
        value = getattr(state, name)
        if field.record is not None and value is not None:
            yield from fields(value, field, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", cell(value)


def rows_of(kind: Kind[Any, Any, Any]) -> tuple[str, Type] | None:
    """Find what a list kind lists: the name of its field and the type of a row; None for a kind of one thing."""
    if kind.ready is not None:
        return None
    found = record_type(kind.state, kind.token).fields
    return next((name, each.element) for name, each in found.items() if each.element is not None)


def columns(row: Type) -> tuple[str, ...]:
    """Return the fields of a row that fit into a table: those that are one value."""
    return tuple(name for name, each in row.fields.items() if each.record is None and each.element is None)


def lines(kind: Kind[Any, Any, Any], state: Any) -> Iterator[str]:
    """Write a state for a reader without a terminal, in columns that are as wide as they must be."""
    of = record_type(kind.state, kind.token)
    listed = rows_of(kind)
    if listed is None:
        yield from _aligned(list(fields(state, of)))
        return
    name, row = listed
    shown = columns(row)
    yield from _aligned(
        [
            shown,
            *(tuple(cell(getattr(each, column), COLUMN_LIMIT) for column in shown) for each in getattr(state, name)),
        ]
    )


def _aligned(table: list[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(line[index]) for line in table) for index in range(len(table[0]))]
    for line in table:
        yield "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
