"""The commands of `nbcloud`: one line each. What a command needs it imports when it is called."""

from __future__ import annotations

from typing import Annotated

import typer

from pulumi_nbcloud._version import __version__
from pulumi_nbcloud.cli import output
from pulumi_nbcloud.cli.doctor_command import doctor
from pulumi_nbcloud.cli.explain_command import explain
from pulumi_nbcloud.cli.get_command import get
from pulumi_nbcloud.cli.help_command import show_help
from pulumi_nbcloud.cli.kinds_command import kinds
from pulumi_nbcloud.cli.mock_command import mock
from pulumi_nbcloud.cli.wait_command import wait

# Plain help: rich takes several times as long to import as all else, and reads `[default: 30m]` as markup.
app = typer.Typer(
    name="nbcloud",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(expected: bool) -> None:
    if expected:
        output.result(f"nbcloud {__version__}")
        raise typer.Exit


@app.callback()
def _nbcloud(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Look at notebook clouds, wait for them in a pipeline, and try programs against mock ones."""


app.command("get")(get)
app.command("wait")(wait)
app.command("explain")(explain)
app.command("doctor")(doctor)
app.command("kinds")(kinds)
app.command("mock")(mock)
app.command("help")(show_help)
