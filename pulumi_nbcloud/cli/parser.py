"""Parse the command line: typer's classes, with our own help pages and errors."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException


class Command(TyperCommand):
    """One command, with its help page."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help page; typer's own shows its types and truncates summaries."""
        from pulumi_nbcloud.cli.help_page import command_page

        formatter.write(command_page(self, ctx.command_path))


class Group(TyperGroup):
    """The command `nbcloud` itself."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help page with the list of commands."""
        from pulumi_nbcloud.cli.help_page import group_page

        formatter.write(group_page(self, ctx.command_path))

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command line; usage errors look like every other error.

        Args:
            args: the arguments; by default those of the process.
            prog_name: the name of the command.
            complete_var: unused: completion has its own script and entry.
            standalone_mode: whether to end the process; otherwise the exit code is returned.
            windows_expand_args: as in typer.
            extra: for the context, as in typer.
        """
        given = list(sys.argv[1:] if args is None else args)
        try:
            # typer gets a copy: it removes parsed arguments from the list.
            code = super().main(list(given), prog_name, complete_var, False, windows_expand_args, **extra)
        except TyperException as error:
            from pulumi_nbcloud.cli.usage import show

            code = show(error, self, given)
        if not standalone_mode:
            return code
        sys.exit(code or 0)

    def _main_shell_completion(self, *arguments: Any, **how: Any) -> None:
        """Disable typer's own completion, which an environment variable would start."""
