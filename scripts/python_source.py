"""Source text as ruff leaves it: signatures, docstrings, sections of a file; for the script that generates modules."""

from __future__ import annotations

import builtins
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence

WIDTH = 120
Facts = Sequence[tuple[str, str]]


def sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def indented(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield f"    {line}" if line else ""


def wrapped(text: str, width: int, hanging: str = "") -> list[str]:
    """Lines of a text; what stands in backticks is not broken."""
    kept = re.sub(r"`[^`]{1,60}`", lambda code: code[0].replace(" ", "\0"), text)
    lines = textwrap.wrap(kept, width, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False)
    return [line.replace("\0", " ") for line in lines]


def docstring(depth: int, summary: str, *paragraphs: str | Sequence[str], **sections: str | Facts) -> list[str]:
    """A docstring: paragraphs are texts or lines that stay as they are; sections of facts or of one text."""
    width = WIDTH - 4 * depth
    lines = [summary]
    for paragraph in paragraphs:
        lines += ["", *(wrapped(paragraph, width) if isinstance(paragraph, str) else paragraph)]
    for title, section in sections.items():
        lines += ["", f"{title}:"]
        if isinstance(section, str):
            lines += indented(wrapped(section, width - 4))
        else:
            facts = [wrapped(f"{name}: {about}", width - 4, "    ") for name, about in section]
            lines += indented(line for fact in facts for line in fact)
    raw = "r" if any("\\" in line for line in lines) else ""
    return [f'{raw}"""{lines[0]}', *lines[1:], '"""'] if len(lines) > 1 else [f'{raw}"""{summary}"""']


def about_field(text: str) -> list[str]:
    lines = wrapped(f'"""{sentence(text)}"""', WIDTH - 4)
    return [f"r{lines[0]}", *lines[1:]] if "\\" in text else lines


def called(head: str, parts: Sequence[str], tail: str, depth: int = 0) -> list[str]:
    """A signature or a call, on one line, on three, or with a line for each part."""
    shadowing = {part for part in parts if part.partition(":")[0] in dir(builtins) and ":" in part}
    room = WIDTH - 4 * depth
    line = ", ".join(parts)
    if not shadowing and len(f"{head}{line}{tail}") <= room:
        return [f"{head}{line}{tail}"]
    if not shadowing and len(line) <= room - 4:
        return [head, f"    {line}", tail]
    noqa = "  # noqa: A002 - the vendor's name"
    return [head, *(f"    {part},{noqa if part in shadowing else ''}" for part in parts), tail]


def spliced(text: str, start: str, end: str, section: Iterable[str]) -> str:
    """A file with a section written again: what stands between two marks, which are lines of comment."""
    marks = re.search(rf"(?m)^( *){re.escape(start)}$\n(?s:.*?)(?=^ *{re.escape(end)}$)", text)
    if marks is None:
        raise SystemExit(f"error: the marks of what is generated are gone\nhint: put {start!r} and {end!r} back")
    lines = [f"{marks[1]}{line}".rstrip() for line in (start, *section)]
    return "\n".join([text[: marks.start()] + lines[0], *lines[1:], text[marks.end() :]])
