"""The command `nbcloud completion`: prints the script that makes TAB complete in a shell."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from pulumi_nbcloud.cli import output, running
from pulumi_nbcloud.cli.exit_codes import ExitCode


class Shell(str, Enum):
    """The shells with a script."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(
    shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")],
) -> None:
    """Print the script that completes commands in bash, zsh or fish.

    It completes commands, options and their values, kinds, filters of lists, and in conditions the targets and their
    fields. It sends nothing and reads no settings.
    """
    running.finish(lambda: _completion(shell))


def _completion(shell: Shell) -> ExitCode:
    from pulumi_nbcloud.cli.completion_scripts import SCRIPTS

    output.result(SCRIPTS[shell.value].strip("\n"))
    return ExitCode.MET
