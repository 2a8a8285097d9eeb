"""Text layout: width on a terminal, line breaks, and tables and trees that fit a width.

A table that does not fit narrows its heads first, then breaks values; nothing is cut off. People copy the first
column, so it is never broken, and neither is a word outside of a table.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from pulumi_nbcloud.cli.terminal import Terminal

GAP = "  "
HANGING = 4
LEAST_HEAD = 6
LEAST_VALUE = 8
LEAST_TEXT = 24  # with fewer columns, a text goes below its name

_WIDE = (
    r"\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\U0001f300-\U0003fffd"
)
# Possible line breaks: after blanks, and beside characters of two columns, whose scripts use no blanks.
_BETWEEN_WORDS = rf"(?<= )(?! )|(?<=[{_WIDE}])(?! )|(?=[{_WIDE}])"
_WORDS = re.compile(_BETWEEN_WORDS)
_PARTS = re.compile(rf"{_BETWEEN_WORDS}|(?<=[_./,:-])(?![_./,:-])|(?<=[a-z])(?=[A-Z])")


def width(text: str) -> int:
    """Return the width of a text in columns: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


@lru_cache(maxsize=4096)
def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def padded(text: str, columns: int) -> str:
    """Pad a text with blanks to a number of columns."""
    return text + " " * (columns - width(text))


def fold(text: str, columns: int, *, whole_words: bool = True) -> list[str]:
    """Break a text into lines.

    Args:
        text: one line.
        columns: the maximum width of a line, at least 2.
        whole_words: whether a wider word gets a line of its own; otherwise lines break after `_`, `-` and the
            like too, and without any of these, anywhere.

    Returns:
        At least one line, without blanks at the ends.
    """
    if width(text) <= columns:
        return [text]
    lines, line = [], ""
    for piece in (_WORDS if whole_words else _PARTS).split(text):
        if line and width(line) + width(piece.rstrip()) > columns:
            lines.append(line.rstrip())
            line = ""
        line += piece
        while not whole_words and width(line.rstrip()) > columns:
            end = _fitting(line, columns)
            lines.append(line[:end])
            line = line[end:].lstrip()
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def hang(line: str, columns: int) -> list[str]:
    """Break a line between words, and indent continuation lines further than its start."""
    text = line.lstrip(" ")
    indent = len(line) - len(text)
    if width(line) <= columns:
        return [line]
    first, *rest = fold(text, max(columns - indent - HANGING, LEAST_TEXT))
    return [f"{' ' * indent}{first}", *(f"{' ' * (indent + HANGING)}{each}" for each in rest)]


def _fitting(text: str, columns: int) -> int:
    """Return how many characters fit, at least one."""
    taken = 0
    for index, character in enumerate(text):
        taken += _columns(character)
        if taken > columns and index:
            return index
    return len(text)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], terminal: Terminal) -> Iterator[str] | None:
    """Lay out rows below heads.

    Args:
        heads: the heads of the columns; values of the first column are never broken.
        rows: a text for each column.
        terminal: the terminal to fit.

    Returns:
        The lines; None if they cannot fit.
    """
    values = [max((width(row[index]) for row in rows), default=1) for index in range(len(heads))]
    widths = _fitted(heads, values, terminal.columns - len(GAP) * (len(heads) - 1))
    return None if widths is None else _table(heads, rows, widths, terminal)


def _fitted(heads: Sequence[str], values: Sequence[int], room: int) -> list[int] | None:
    """Return the widths of the columns of a table; None if there is no room."""
    parts = [max(map(width, _PARTS.split(head))) for head in heads]
    stubs = [min(part, LEAST_HEAD) for part in parts]
    broken = [values[0], *(min(value, LEAST_VALUE) for value in values[1:])]
    # Heads break behind a `_` first, then anywhere; only then do values.
    for least_of_heads, least_of_values in ((parts, values), (stubs, values), (parts, broken), (stubs, broken)):
        least = [max(pair) for pair in zip(least_of_heads, least_of_values, strict=True)]
        if sum(least) <= room:
            # Where values break, heads are as narrow as possible.
            full = least_of_heads if least_of_values is broken else map(width, heads)
            return _narrowed([max(pair) for pair in zip(full, values, strict=True)], least, room)
    return None


def _narrowed(widths: list[int], least: list[int], room: int) -> list[int]:
    """Narrow the widest column step by step, so no column gets less than others need."""
    while sum(widths) > room:
        widest = max(range(len(widths)), key=lambda index: (widths[index] > least[index], widths[index]))
        widths[widest] -= 1
    return widths


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], widths: list[int], terminal: Terminal) -> Iterator[str]:
    for line in _row(heads, widths):
        yield terminal.bold(line)
    for row in rows:
        yield from _row(row, widths)


def _row(row: Sequence[str], widths: list[int]) -> Iterator[str]:
    cells = [fold(text, columns, whole_words=False) for text, columns in zip(row, widths, strict=True)]
    for number in range(max(map(len, cells))):
        parts = (cell[number] if number < len(cell) else "" for cell in cells)
        yield GAP.join(map(padded, parts, widths)).rstrip()


@dataclass(frozen=True)
class Node:
    """A node of a tree: a name, its value as text, and its children.

    Args:
        name: empty for an item of a list.
        text: the value; empty if it has children.
        below: the parts of an object, or the items of a list.
    """

    name: str
    text: str = ""
    below: Sequence[Node] = field(default=())


def tree(nodes: Sequence[Node], terminal: Terminal, indent: int = 0) -> Iterator[str]:
    """Lay out an object: a line for each part, its value beside the name if it fits, and its children indented.

    Args:
        nodes: the parts of the object.
        terminal: the terminal to fit; longer words stay complete.
        indent: the indentation in columns.
    """
    beside = max((width(each.name) for each in nodes if each.text), default=0) + len(GAP)
    for each in nodes:
        if each.name:
            yield from _named(each, terminal, indent, beside)
            yield from tree(each.below, terminal, indent + 2)
        else:
            yield from _item(each, terminal, indent)


def _named(node: Node, terminal: Terminal, indent: int, beside: int) -> Iterator[str]:
    blanks, name = " " * indent, terminal.bold(node.name)
    room = terminal.columns - indent - beside
    lines = fold(node.text, room) if room >= LEAST_TEXT else [node.text]
    if not node.text:
        yield f"{blanks}{name}"
    elif max(map(width, lines)) <= room:
        yield f"{blanks}{name}{' ' * (beside - width(node.name))}{lines[0]}"
        yield from (f"{blanks}{' ' * beside}{line}" for line in lines[1:])
    else:
        yield f"{blanks}{name}"
        yield from (f"{blanks}    {line}" for line in fold(node.text, max(terminal.columns - indent - 4, LEAST_TEXT)))


def _item(node: Node, terminal: Terminal, indent: int) -> Iterator[str]:
    mark = f"{' ' * indent}- "
    if node.text:
        start, *rest = fold(node.text, max(terminal.columns - len(mark), LEAST_TEXT))
        yield f"{mark}{start}"
        yield from (f"{' ' * len(mark)}{line}" for line in rest)
        yield from tree(node.below, terminal, indent + 2)
        return
    lines = tree(node.below, terminal, indent + 2)
    first = next(lines, "")
    yield mark + first[len(mark) :]
    yield from lines
