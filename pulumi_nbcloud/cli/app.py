"""The commands of `nbcloud`: one line each. What a command needs it imports when it is called."""

from __future__ import annotations

import typer

from pulumi_nbcloud.cli.mock_command import mock

app = typer.Typer(name="nbcloud", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def _nbcloud() -> None:
    """Look at notebook clouds, and try programs against mock ones."""


app.command("mock")(mock)
