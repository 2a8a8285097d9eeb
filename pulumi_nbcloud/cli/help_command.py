"""The command `nbcloud help`: topics beyond the `--help` of the commands."""

from __future__ import annotations

import difflib
from typing import Annotated, Any

import typer

from pulumi_nbcloud.cli import output, running
from pulumi_nbcloud.cli.exit_codes import ExitCode
from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.printable import printable


def show_help(
    context: typer.Context,
    topic: Annotated[str | None, typer.Argument(metavar="[TOPIC|COMMAND]", help="Default: list them.")] = None,
) -> None:
    """Explain a topic or a command; without one, list the topics."""
    group = context.find_root()
    running.finish(lambda: _help(group.command, group.info_name or "nbcloud", topic))


def _help(group: Any, path: str, topic: str | None) -> ExitCode:
    from pulumi_nbcloud.cli import help_page
    from pulumi_nbcloud.cli.topics import TOPICS

    if topic is None:
        output.result(_topics(group, path))
    elif topic in TOPICS:
        output.result(TOPICS[topic].text())
    elif topic in group.commands:
        output.result(help_page.command_page(group.commands[topic], f"{path} {topic}").rstrip("\n"))
    else:
        known = [*TOPICS, *group.commands]
        near = difflib.get_close_matches(topic, known, 1)
        advice = f"did you mean {near[0]}?" if near else f"topics are {', '.join(TOPICS)};"
        problem = f"there is no help on {printable(topic, 60)!r}"
        raise InputError(problem, hint=f"{advice} {path} help lists topics and commands")
    return ExitCode.MET


def _topics(group: Any, path: str) -> str:
    from pulumi_nbcloud.cli.help_page import definitions, summary
    from pulumi_nbcloud.cli.topics import TOPICS

    column = max(map(len, (*TOPICS, *group.commands)))
    lines = [f"Topics, for {path} help TOPIC:"]
    lines += definitions([(f"{name:<{column}}", each.about) for name, each in TOPICS.items()])
    lines += ["", f"Commands, for {path} help COMMAND or {path} COMMAND --help:"]
    lines += definitions([(f"{name:<{column}}", summary(each)) for name, each in group.commands.items()])
    return "\n".join(lines)
