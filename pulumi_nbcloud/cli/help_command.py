"""The command `nbcloud help`: what the other commands' `--help` has no room for."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from pulumi_nbcloud.cli import exit_codes, output, running
from pulumi_nbcloud.cli.exit_codes import ExitCode


class Topic(str, Enum):
    """What there is help on."""

    EXIT_CODES = "exit-codes"


def show_help(topic: Annotated[Topic, typer.Argument(help="exit-codes")]) -> None:
    """Explain a topic: the exit codes."""
    running.finish(_exit_codes)


def _exit_codes() -> ExitCode:
    output.result(exit_codes.table())
    return ExitCode.MET
