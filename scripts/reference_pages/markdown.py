"""Markdown that reads well on a telephone: lists of definitions, and tables of two or three columns."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "pulumi_nbcloud"
VENDORS = ROOT / "docs" / "vendors"


@dataclass(frozen=True)
class Page:
    """One page.

    Args:
        path: below docs/reference/.
        lines: without the note that a page begins with.
    """

    path: str
    lines: Sequence[str]


def page(path: str, lines: Iterable[str]) -> Page:
    return Page(path, tuple(line.rstrip() for line in lines))


def prose(text: str, **values: str) -> Iterator[str]:
    """Text as the source has it, broken anywhere: each paragraph and each item of a list as one line.

    A place `{name}` in it is filled with the value of that name.
    """
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    for block in inspect.cleandoc(text).split("\n\n"):
        yield from (" ".join(part.split()) for part in re.split(r"\n(?=- )", block))
        yield ""


def table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


def entry(name: str, about: str, *facts: str | None) -> str:
    """One item of a list of definitions: a name, facts of a few words, and what it means."""
    shown = ", ".join(each for each in facts if each)
    return f"- `{name}`{f' ({shown})' if shown else ''}: {about}"


def code(text: str) -> str:
    return f"`{text}`"


def listed(words: Sequence[str]) -> str:
    """Words in a row, with `and` before the last."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1] if words else "")))


def sentence(text: str) -> str:
    """A clause as a sentence: capital first, full stop last."""
    shown = text[:1].upper() + text[1:]
    return shown if shown.endswith((".", "!", "?", ":")) else f"{shown}."


def first_sentence(text: str) -> str:
    """The first sentence of a text, whose code and emphasis are whole."""
    for found in re.finditer(r"\.(?=\s+[A-Z`*(\[]|\s*$)", text):
        part = text[: found.end()]
        if part.count("`") % 2 == 0 and part.count("**") % 2 == 0 and part.count("(") == part.count(")"):
            return part
    return text


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def dashed(token: str) -> str:
    """The name of a page about a kind: `modelarts-notebook-lease`."""
    return snake(token.replace(":", "-")).replace("_", "-")


def anchor(heading: str) -> str:
    """The anchor that a repository's view makes of a heading."""
    return re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-")
