"""The page of the command's options, from the command itself."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from enum import Enum
from typing import Any

from typer.main import get_command

from pulumi_nbcloud.cli import help_page
from pulumi_nbcloud.cli.app import app
from pulumi_nbcloud.cli.examples import EXAMPLES
from pulumi_nbcloud.cli.wait_options import parameters
from pulumi_nbcloud.waiting.options import OPTIONS
from reference_pages.markdown import Page, code, page, prose

_COMMANDS = """
    # Commands and their options

    Every command of `nbcloud` with its arguments, options, defaults and examples. `nbcloud COMMAND --help`, or `-h`,
    prints the same. [The command `nbcloud`](command.md) shows what the commands print. The examples work against
    `nbcloud mock`.
"""


def command_pages() -> Iterator[Page]:
    yield page("command-options.md", _commands())


def _commands() -> Iterator[str]:
    commands: dict[str, Any] = get_command(app).commands  # type: ignore[attr-defined]
    yield from prose(_COMMANDS)
    for name, command in commands.items():
        yield f"- [`nbcloud {name}`](#nbcloud-{name}): {help_page.summary(command)}"
    for name, command in commands.items():
        yield from ("", f"## `nbcloud {name}`", "", *_command(name, command))


def _command(name: str, command: Any) -> Iterator[str]:
    yield from (code(help_page.usage(command, f"nbcloud {name}")), "")
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        yield from (" ".join(paragraph.split()), "")
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    of_a_wait = {each.name for each in parameters()}
    options = [each for each in command.params if each.param_type_name == "option" and not each.hidden]
    own = [each for each in options if each.name not in of_a_wait]
    yield from (f"- `{each.metavar}`: {each.help or ''}" for each in arguments)
    if len(own) < len(options):
        flags = [f"[`{each.flag}`](options.md#{each.name})" for each in OPTIONS if each.in_command]
        yield f"- The [options of a wait](options.md): {', '.join(flags)}. `-t` is short for `--timeout`."
    yield from (_option(each) for each in own)
    if EXAMPLES.get(name):
        yield from ("", "Examples:", "")
        yield from (f"- {each.about}: {code(_one_line(each.line))}" for each in EXAMPLES[name])


def _option(option: Any) -> str:
    names = ", ".join(code(each) for each in sorted(option.opts, key=lambda each: each.startswith("--")))
    value = help_page.value_of(option).strip()
    default = option.default.value if isinstance(option.default, Enum) else option.default
    facts = [] if option.is_flag or default is None else [f"default `{default}`"]
    facts += [f"or the variable `{option.envvar}`"] if option.envvar else []
    shown = f" ({', '.join(facts)})" if facts else ""
    return f"- {names}{f' `{value}`' if value else ''}{shown}: {option.help or ''}{_values(option)}"


def _values(option: Any) -> str:
    """The values of a choice, where the help does not name each of them."""
    choices = [str(each.value) for each in option.type_descriptor.choices or ()]
    if all(each in (option.help or "") for each in choices):
        return ""
    return f" One of {', '.join(code(each) for each in choices)}."


def _one_line(text: str) -> str:
    return " ".join(text.replace("\\\n", " ").split())
