"""States as text for a log, a file or a pipe: a line for each field, or for each item of a list; nothing is cut off.

All of it is safe for a terminal, too: text of the clouds is data.
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
    """Write one value: null as `-`, an empty text as `""`, a bool as CEL writes it, a list by its number of items.

    Args:
        value: of a field.
        limit: in characters, where a text must not take all the room; longer texts end in "…".
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
    """Write how many of something there are: `1 gate`, `2 gates`."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def paths(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Name every value in a plain state by its path, `parts.name` and `list[0].name`, with the value as text."""
    if isinstance(value, Mapping) and value:
        for name, each in value.items():
            yield from paths(each, f"{path}.{cell(name)}" if path else cell(name))
        return
    yield path, cell(value)
    if isinstance(value, (list, tuple)):
        for index, each in enumerate(value):
            yield from paths(each, f"{path}[{index}]")


def rows_of(kind: Kind[Any, Any, Any]) -> tuple[str, Type] | None:
    """Find what a list kind lists: the name of its field and the type of a row; None for a kind of one thing."""
    if kind.ready is not None:
        return None
    found = record_type(kind.state, kind.token).fields
    record_lists = ((name, each.element) for name, each in found.items() if each.element is not None)
    return next(((name, element) for name, element in record_lists if element.record is not None), None)


def columns(row: Type) -> tuple[str, ...]:
    """Return the fields of a row that fit into a table: those that are one value."""
    return tuple(name for name, each in row.fields.items() if each.record is None and each.element is None)


def lines(kind: Kind[Any, Any, Any], state: Any, *, wide: bool) -> Iterator[str]:
    """Write a state for a reader without a terminal, in columns that are as wide as they must be.

    Args:
        kind: of the state.
        state: what was read.
        wide: whether to write all of a list, a line for each value, too; else a line for each item, with those of its
            fields that are one value.
    """
    listed = rows_of(kind)
    if listed is None or wide:
        return _by_path(list(paths(state.to_dict())))
    name, row = listed
    shown = columns(row)
    rows = [tuple(cell(getattr(each, column)) for column in shown) for each in getattr(state, name)]
    return _aligned([shown, *rows])


def _by_path(found: Sequence[tuple[str, str]]) -> Iterator[str]:
    # A few paths are very long: their values stand right behind them, so that all others can be read.
    beside = max((width(path) for path, _ in found if width(path) <= PATH_COLUMNS), default=0)
    for path, value in found:
        yield f"{padded(path, beside)}{GAP}{value}"


def _aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    # The last has nothing beside it: one long text there must not fill all other lines with blanks.
    widths = [max(width(row[index]) for row in rows) for index in range(len(rows[0]) - 1)]
    for *line, last in rows:
        yield GAP.join((*map(padded, line, widths), last))
