"""States on a terminal: the summary in a table, or all fields as a tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from pulumi_nbcloud.cli.layout import Node, table, tree
from pulumi_nbcloud.cli.targets import required
from pulumi_nbcloud.cli.terminal import Terminal
from pulumi_nbcloud.cli.text import cell, columns, items, paths, rows_of
from pulumi_nbcloud.clock import distance
from pulumi_nbcloud.condition.schema import TIMESTAMP, Type, record_type
from pulumi_nbcloud.kinds.fields import field_at
from pulumi_nbcloud.printable import LINE_LIMIT

if TYPE_CHECKING:
    from pulumi_nbcloud.kinds.fields import State
    from pulumi_nbcloud.kinds.kind import Kind

CELL_LIMIT = 200  # in a table; the tree has the complete value


class View:
    """Show a state to a person.

    Args:
        kind: the kind of the state.
        state: the state.
        terminal: the terminal to fit.
        now: the current time, to compare times with.
    """

    def __init__(
        self, kind: Kind[Any, Any, Any], state: State, terminal: Terminal, now: datetime | None = None
    ) -> None:
        self._kind = kind
        self._state = state
        self._terminal = terminal
        self._now = now or datetime.now(timezone.utc)
        self._type = record_type(kind.state, kind.token)

    def everything(self) -> Iterator[str]:
        """Yield all fields, with nested objects and items of lists indented below their names."""
        return tree(self._parts(self._state.to_dict(), self._type, self._reason), self._terminal)

    def summary(self) -> Iterator[str]:
        """Yield the id and the fields of the kind's summary; for a list a row for each item."""
        listed = rows_of(self._kind)
        if listed is not None:
            return self._rows(getattr(self._state, listed[0]), listed[1])
        own = self._kind.state_names
        ids = [name for name in required(self._kind) if name in own]
        return self._one(list(dict.fromkeys((*ids, *(self._kind.summary or self._kind.headline)))))

    def _one(self, shown: Sequence[str]) -> Iterator[str]:
        nodes = [
            self._node(path, field_at(self._state, path), type_at(self._type, path), self._reason(path))
            for path in shown
        ]
        yield from tree(nodes, self._terminal)
        more = sum(1 for _ in paths(self._state.to_dict())) - len(shown)
        if more > 0:
            yield self._terminal.faint(f"{more} more {'field' if more == 1 else 'fields'} with --wide")

    def _rows(self, rows: Sequence[Any], of: Type) -> Iterator[str]:
        heads = tuple(dict.fromkeys((next(iter(of.fields)), *(self._kind.summary or columns(of)))))
        if rows:
            cells = [tuple(cell(field_at(each, head), CELL_LIMIT) for head in heads) for each in rows]
            lines = table(heads, cells, self._terminal)
            if lines is None:  # not even with broken values: list them instead
                lines = tree([Node("", below=[*map(Node, heads, row)]) for row in cells], self._terminal)
            yield from lines
        yield self._terminal.faint(self._count(len(rows)))

    def _count(self, count: int) -> str:
        total, truncated = (getattr(self._state, name, None) for name in ("total", "truncated"))
        notes = [*([f"total {total}"] if total not in (None, count) else []), *(["truncated"] if truncated else [])]
        more = "; all fields with --wide" if count else ""
        return items(count) + (f" ({', '.join(notes)})" if notes else "") + more

    def _reason(self, path: str) -> str | None:
        """Return why a field or its parent is null, if the state knows."""
        name = path.partition(".")[0]
        return self._state.null_reason(name) if getattr(self._state, name, None) is None else None

    def _parts(self, parts: Mapping[str, Any], of: Type | None, reason: Any = None) -> list[Node]:
        types = of.fields if of is not None else {}
        return [
            self._node(cell(name), value, types.get(name), reason(name) if reason else None)
            for name, value in parts.items()
        ]

    def _node(self, name: str, value: Any, of: Type | None, reason: str | None = None) -> Node:
        if isinstance(value, Mapping) and value:
            return Node(name, below=self._parts(value, of))
        if isinstance(value, (list, tuple)):
            element = of.element if of is not None else None
            return Node(name, cell(value), [self._node("", each, element) for each in value])
        text = cell(value, LINE_LIMIT)
        note = reason if value is None else None
        if isinstance(value, str) and of is not None and of.name == TIMESTAMP.name:
            note = how_far(value, self._now)
        return Node(name, f"{text} ({note})" if note else text)


def type_at(of: Type, path: str) -> Type | None:
    """Return the type of a field at a dotted path."""
    found: Type | None = of
    for name in path.split("."):
        found = found.fields.get(name) if found is not None else None
    return found


def how_far(time: str, now: datetime) -> str | None:
    """Return the distance of a time from now, to the second; None for any other text.

    Args:
        time: RFC 3339 in UTC.
        now: the current time.
    """
    try:
        away = datetime.fromisoformat(time.replace("Z", "+00:00")) - now
    except ValueError:
        return None
    return distance(timedelta(seconds=int(away.total_seconds())))
