"""Usage errors: the wrong part of a command line, and its correction."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from typer.exceptions import TyperException

from pulumi_nbcloud.cli import output
from pulumi_nbcloud.cli.exit_codes import ExitCode
from pulumi_nbcloud.cli.output import Format
from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.printable import printable

_EXTRA = re.compile(r" \((.*)\)$", re.DOTALL)
_IN_QUOTES = re.compile(r"(['\"])(.*)\1", re.DOTALL)
_OUTPUT = re.compile(r"(?:--output=?|-o=?)(\w*)$")


def show(error: TyperException, group: Any, arguments: list[str]) -> ExitCode:
    """Show a usage error: on stderr like any other error, and as JSON if the command line selects it.

    Args:
        error: typer's error.
        group: the command `nbcloud`.
        arguments: the arguments of the command line.

    Returns:
        The exit code.
    """
    output.prepare()
    if type(error).__name__ == "NoArgsIsHelpError":
        output.say(error.format_message().rstrip("\n"))
        return ExitCode.USAGE
    refused = usage_error(error, group, arguments)
    output.say(output.error_text(refused))
    if next((each for each in arguments if not each.startswith("-")), "") != "wait":
        return ExitCode.USAGE
    from pulumi_nbcloud.cli.ending import Ending

    # A wait reports every end in the selected format and file.
    return Ending(wanted_format(arguments), _wanted_junit(arguments)).without_a_wait(refused)


def wanted_format(arguments: list[str]) -> Format:
    """Return the output format in arguments that could not be parsed."""
    for index, each in enumerate(arguments):
        found = _OUTPUT.match(each)
        word = (found[1] or next(iter(arguments[index + 1 :]), "")) if found else ""
        if word in (Format.JSON.value, Format.JSONL.value):
            return Format(word)
    return Format.TEXT


def _wanted_junit(arguments: list[str]) -> Path | None:
    for index, each in enumerate(arguments):
        flag, equals, value = each.partition("=")
        if flag == "--junit-xml":
            value = value if equals else next(iter(arguments[index + 1 :]), "")
            return Path(value) if value else None
    return None


def usage_error(error: TyperException, group: Any, arguments: list[str]) -> InputError:
    """Convert typer's error to our own.

    Match the names of its classes: they are private, and another release may move them.
    """
    path, command = _where(error, group, arguments)
    name = type(error).__name__
    if name == "NoSuchOption":
        return _unknown_option(path, command, group, str(getattr(error, "option_name", "")))
    if name == "BadOptionUsage":
        return _value_of_option(path, command, str(getattr(error, "option_name", "")), error.message)
    if name == "MissingParameter":
        return _missing(path, command, getattr(error, "param", None))
    if name == "BadParameter" and getattr(error, "param", None) is not None:
        return _bad_value(path, error, getattr(error, "param", None))
    if error.message.startswith("No such command"):
        quoted = _IN_QUOTES.search(error.message)
        return _unknown_command(group, quoted[2] if quoted else "", arguments)
    if error.message.startswith("Got unexpected extra argument"):
        return _too_many(path, command, error.message)
    return InputError(f"{path}: {printable(error.message.rstrip('.'))}", hint=f"{path} --help shows how it is called")


def _where(error: TyperException, group: Any, arguments: list[str]) -> tuple[str, Any]:
    """Return the words of the command that an error is about, and the command."""
    context = getattr(error, "ctx", None)
    if context is not None:
        return context.command_path, context.command
    name = next((each for each in arguments if not each.startswith("-")), "")
    return (f"nbcloud {name}", group.commands[name]) if name in group.commands else ("nbcloud", group)


def _unknown_option(path: str, command: Any, group: Any, name: str) -> InputError:
    near = difflib.get_close_matches(name, _options(command), 1)
    elsewhere = [each for each, other in group.commands.items() if name in _options(other)]
    if near:
        hint = f"did you mean {near[0]}? {path} --help lists the options"
    elif command is group and elsewhere:
        hint = f"write it after the command: nbcloud {elsewhere[0]} {name}"
    elif elsewhere:
        hint = f"it is an option of nbcloud {', '.join(elsewhere)}"
    else:
        hint = f"{path} --help lists the options"
    return InputError(f"{path}: there is no option {printable(name, 60)}", hint=hint)


def _value_of_option(path: str, command: Any, name: str, message: str) -> InputError:
    if "does not take a value" in message:
        return InputError(f"{path}: {name} takes no value", hint=f"write {name} alone")
    option = next((each for each in command.params if name in each.opts), None)
    return InputError(f"{path}: {name} needs a value", hint=_what_it_takes(name, option))


def _missing(path: str, command: Any, parameter: Any) -> InputError:
    from pulumi_nbcloud.cli.help_page import usage

    called = usage(command, path, options=False)
    name = getattr(parameter, "metavar", None) or "an argument"
    if getattr(parameter, "param_type_name", "") == "option":
        name = _longest(parameter.opts)
    return InputError(
        f"{path}: {name.removeprefix('[NAME=]').rstrip('.')} is missing",
        hint=f"write {called}; {path} --help has examples",
    )


def _bad_value(path: str, error: TyperException, parameter: Any) -> InputError:
    name = parameter.metavar if parameter.param_type_name == "argument" else _longest(parameter.opts)
    given = _given(error)
    shown = f" {printable(given, 60)!r}" if given is not None else ""
    words = _choices(parameter)
    if words:
        near = difflib.get_close_matches(given or "", words, 1)
        hint = f"did you mean {near[0]}?" if near else _what_it_takes(name, parameter)
        return InputError(f"{path}: {name}{shown} is none of {', '.join(words)}", hint=hint)
    return InputError(f"{path}: {name}{shown} cannot be right", hint=_what_it_takes(name, parameter))


def _given(error: TyperException) -> str | None:
    """Return the rejected value; None if typer does not name it."""
    errors = getattr(error.__cause__, "errors", None)
    given = errors()[0].get("input") if errors is not None else None
    return given if isinstance(given, str) else None


def _what_it_takes(name: str, parameter: Any) -> str:
    words = _choices(parameter)
    least, most = getattr(parameter, "min", None), getattr(parameter, "max", None)
    if words:
        return f"write {name} {words[0]}" if name.startswith("-") else f"write {words[0]}"
    if least is not None and most is not None:
        return f"{name} takes a whole number from {least} to {most}"
    if parameter is not None and parameter.help:
        first = parameter.help[:1].lower() if parameter.help[1:2].islower() else parameter.help[:1]  # not of JSON
        return f"{name}: {first}{parameter.help[1:].rstrip('.')}"
    return f"write a value after {name}"


def _unknown_command(group: Any, name: str, arguments: list[str]) -> InputError:
    near = difflib.get_close_matches(name, group.commands, 1)
    hint = "nbcloud --help lists the commands"
    if near:
        hint = f"did you mean nbcloud {near[0]}? {hint}"
    elif ":" in name:
        hint = f"to read it: nbcloud get {printable(name, 120)}"
    return InputError(f"there is no command {printable(name, 60)!r}", hint=hint)


def _too_many(path: str, command: Any, message: str) -> InputError:
    from pulumi_nbcloud.cli.help_page import usage

    found = _EXTRA.search(message)
    hint = f"write {usage(command, path)}; a value with spaces or & needs quotes"
    return InputError(f"{path}: {printable(found[1] if found else '', 80)} is one argument too many", hint=hint)


def _options(command: Any) -> list[str]:
    return [name for each in command.params if each.param_type_name == "option" for name in each.opts] + ["--help"]


def _choices(parameter: Any) -> tuple[str, ...]:
    found: Iterable[Any] = getattr(getattr(parameter, "type_descriptor", None), "choices", None) or ()
    return tuple(str(getattr(each, "value", each)) for each in found)


def _longest(names: Iterable[str]) -> str:
    return max(names, key=len)
