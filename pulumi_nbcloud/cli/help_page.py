"""The pages of `--help`, laid out for the width of the terminal, without truncation."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any

from pulumi_nbcloud.cli.terminal import usual_width

LEAST_WIDTH, MOST_WIDTH = 50, 100
_COLUMN = 29
_ENDS = re.compile(r"\.(?=\s|$)")


def width() -> int:
    """Return the width of a page: that of the terminal, within readable limits."""
    return min(MOST_WIDTH, max(LEAST_WIDTH, usual_width()))


def command_page(command: Any, path: str) -> str:
    """Return the help page of one command.

    Args:
        command: typer's command.
        path: the words that the user types: `nbcloud get`.
    """
    arguments = [(each.metavar, each.help) for each in command.params if each.param_type_name == "argument"]
    parts = [
        [f"Usage: {usage(command, path)}"],
        paragraphs(command.help),
        _section("Arguments", definitions(arguments)),
        _section("Options", definitions(_options(command))),
        _section("Examples", examples(command.name)),
    ]
    return _joined(parts)


def group_page(group: Any, path: str) -> str:
    """Return the help page of `nbcloud` itself."""
    named = [(name, summary(each)) for name, each in group.commands.items() if not each.hidden]
    parts = [
        [f"Usage: {path} COMMAND [OPTIONS] [ARGUMENTS]"],
        paragraphs(group.help),
        _section("Commands", definitions(named)),
        _section("Options", definitions(_options(group))),
        _section("Examples", examples("")),
        paragraphs(f"{path} COMMAND --help explains a command; {path} help lists other topics.", indent=""),
    ]
    return _joined(parts)


def usage(command: Any, path: str, *, options: bool = True) -> str:
    """Return the usage of a command.

    Args:
        command: typer's command.
        path: its name, after those of its groups.
        options: whether to mention that it has options; those that it needs are always there.
    """
    arguments = [each.metavar for each in command.params if each.param_type_name == "argument"]
    flags = [each for each in command.params if each.param_type_name == "option"]
    required = [f"{each.opts[0]} {each.metavar}" for each in flags if each.required]
    return " ".join([path, *(["[OPTIONS]"] if options and flags else []), *required, *arguments])


def summary(command: Any) -> str:
    """Return the first sentence of a command's help."""
    text = " ".join(inspect.cleandoc(command.help or "").split("\n\n")[0].split())
    end = _ENDS.search(text)
    return text[: end.start() + 1] if end else text


def examples(name: str) -> Iterator[str]:
    """Yield the examples of a command, each after its purpose."""
    from pulumi_nbcloud.cli.examples import EXAMPLES

    for each in EXAMPLES.get(name, ()):
        yield f"  # {each.about}"
        yield from textwrap.indent(each.line, "  ").splitlines()


def paragraphs(text: str | None, indent: str = "  ") -> list[str]:
    """Wrap paragraphs of prose."""
    lines: list[str] = []
    for each in inspect.cleandoc(text or "").split("\n\n"):
        lines += [*([""] if lines else []), *_wrapped(" ".join(each.split()), indent, indent)]
    return lines


def definitions(rows: Iterable[tuple[str, str | None]], column: int = _COLUMN) -> Iterator[str]:
    """Yield names with their meanings beside them, or below if a name is too long for its column."""
    rows = list(rows)
    column = min(column, max((len(name) for name, _ in rows), default=0))
    for name, about in rows:
        lines = _wrapped(about or "", " " * (column + 4), " " * (column + 4)) or [""]
        if len(name) <= column:
            yield f"  {name:<{column}}  {lines[0].strip()}".rstrip()
            yield from lines[1:]
        else:
            yield f"  {name}"
            yield from (line for line in lines if line)


def _options(command: Any) -> Iterator[tuple[str, str]]:
    for each in command.params:
        if each.param_type_name == "option" and not each.hidden:
            yield f"{names(each)}{value_of(each)}", f"{each.help or ''}{_notes(each)}"
    yield "-h, --help", "Show this page and exit."


def names(option: Any) -> str:
    """Return the names of an option, the short one first: `-o, --output`; the long ones are aligned."""
    ordered = sorted(option.opts, key=lambda each: each.startswith("--"))
    return ("" if ordered[0][:2] != "--" else "    ") + ", ".join(ordered)


def value_of(option: Any) -> str:
    """Return the placeholder of an option's value, after a space; nothing for a flag."""
    return "" if option.is_flag else f" {option.metavar or option.name.strip('_').upper()}"


def _notes(option: Any) -> str:
    """Return the default and the environment variable, unless the help names them itself."""
    default = option.default.value if isinstance(option.default, Enum) else option.default
    notes = [] if option.is_flag or default is None else [f"default: {default}"]
    if option.envvar:
        notes.append(f"env: {option.envvar}")
    return f" [{'; '.join(notes)}]" if notes else ""


def _section(title: str, lines: Iterable[str]) -> list[str]:
    found = list(lines)
    return [f"{title}:", *found] if found else []


def _wrapped(text: str, first: str, others: str) -> list[str]:
    # Words are never broken: a split id or flag cannot be pasted.
    return textwrap.wrap(
        text,
        width(),
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _joined(parts: Iterable[Iterable[str]]) -> str:
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"
