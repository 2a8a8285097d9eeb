"""The commands of `nbcloud`: one line each. A command imports its dependencies when it is called."""

from __future__ import annotations

from typing import Annotated

import typer

from pulumi_nbcloud._version import __version__
from pulumi_nbcloud.cli import output
from pulumi_nbcloud.cli.capture_command import capture
from pulumi_nbcloud.cli.completion_command import completion
from pulumi_nbcloud.cli.doctor_command import doctor
from pulumi_nbcloud.cli.explain_command import explain
from pulumi_nbcloud.cli.get_command import get
from pulumi_nbcloud.cli.help_command import show_help
from pulumi_nbcloud.cli.history_command import history
from pulumi_nbcloud.cli.kinds_command import kinds
from pulumi_nbcloud.cli.mock_command import mock
from pulumi_nbcloud.cli.parser import Command, Group
from pulumi_nbcloud.cli.plugin_command import plugin
from pulumi_nbcloud.cli.serve_command import serve
from pulumi_nbcloud.cli.wait_command import wait

# Plain help: rich takes several times as long to import as the rest, and reads `[default: 30m]` as markup. Completion
# has a command of its own: typer's breaks words at the colon of a kind.
app = typer.Typer(
    name="nbcloud",
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    add_completion=False,
    suggest_commands=False,
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
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Read notebook clouds, wait for them, and try programs on mock ones."""


def version() -> None:
    """Print the version."""
    _show_version(True)


for name, command in (
    ("get", get),
    ("wait", wait),
    ("explain", explain),
    ("history", history),
    ("doctor", doctor),
    ("capture", capture),
    ("kinds", kinds),
    ("serve", serve),
    ("mock", mock),
    ("plugin", plugin),
    ("completion", completion),
    ("help", show_help),
    ("version", version),
):
    app.command(name, cls=Command)(command)
