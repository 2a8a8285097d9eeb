"""States as text for a log, a file or a pipe: a line for each field, or for each item of a list; nothing is cut off.

All output is safe for a terminal, too: text from the clouds is data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pulumi_nbcloud.cli.layout import GAP, padded, width
from pulumi_nbcloud.condition.schema import Type, record_type
from pulumi_nbcloud.printable import printable

if TYPE_CHECKING:
    from pulumi_nbcloud.kinds.kind import Kind

NULL = "-"
EMPTY = '""'
PATH_COLUMNS = 40


def cell(value: object, limit: int | None = None) -> str:
    """Format one value: null as `-`, an empty text as `""`, a bool as CEL writes it, a list by its number of items.

    Args:
        value: the value of a field.
        limit: the maximum length in characters; longer texts end in "…".
    """
    if value is None:
        return NULL
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple, Mapping)):
        return items(len(value))
    text = str(value)
    return printable(text, len(text) + 1 if limit is None else limit) or EMPTY


def items(count: int, what: str = "item") -> str:
    """Return a count with its noun: `1 gate`, `2 gates`."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def paths(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every value in a plain state as text, with its path, `parts.name` and `list[0].name`."""
    if isinstance(value, Mapping) and value:
        for name, each in value.items():
            yield from paths(each, f"{path}.{cell(name)}" if path else cell(name))
        return
    yield path, cell(value)
    if isinstance(value, (list, tuple)):
        for index, each in enumerate(value):
            yield from paths(each, f"{path}[{index}]")


def rows_of(kind: Kind[Any, Any, Any]) -> tuple[str, Type] | None:
    """Return the field name and the row type of a list kind; None for a kind of one thing."""
    if kind.ready is not None:
        return None
    found = record_type(kind.state, kind.token).fields
    record_lists = ((name, each.element) for name, each in found.items() if each.element is not None)
    return next(((name, element) for name, element in record_lists if element.record is not None), None)


def columns(row: Type) -> tuple[str, ...]:
    """Return the fields of a row that fit into a table: those with a single value."""
    return tuple(name for name, each in row.fields.items() if each.record is None and each.element is None)


def lines(kind: Kind[Any, Any, Any], state: Any, *, wide: bool) -> Iterator[str]:
    """Yield the lines of a state without a terminal, in columns as wide as necessary.

    Args:
        kind: the kind of the state.
        state: the state.
        wide: whether to write a line for each value of a list too; otherwise a line for each item, with those of its
            fields that have a single value.
    """
    listed = rows_of(kind)
    if listed is None or wide:
        return _by_path(list(paths(state.to_dict())))
    name, row = listed
    shown = columns(row)
    rows = [tuple(cell(getattr(each, column)) for column in shown) for each in getattr(state, name)]
    return _aligned([shown, *rows])


def _by_path(found: Sequence[tuple[str, str]]) -> Iterator[str]:
    # A few paths are very long: their values follow directly, which keeps all others readable.
    beside = max((width(path) for path, _ in found if width(path) <= PATH_COLUMNS), default=0)
    for path, value in found:
        yield f"{padded(path, beside)}{GAP}{value}"


def _aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    # The last column needs no padding: one long text there must not fill all other lines with blanks.
    widths = [max(width(row[index]) for row in rows) for index in range(len(rows[0]) - 1)]
    for *line, last in rows:
        yield GAP.join((*map(padded, line, widths), last))
