"""Options of several commands, and their effects."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from pulumi_nbcloud.cli.targets import TypedTarget

SETTINGS_VARIABLE = "NBCLOUD_SETTINGS"
HISTORY_VARIABLE = "NBCLOUD_HISTORY"

SettingsOption = Annotated[
    Path | None,
    typer.Option(
        "--settings",
        metavar="FILE",
        help="JSON with the keys of Pulumi config. Pulumi config itself is not read; the environment and the vendors' "
        "files are.",
        envvar=SETTINGS_VARIABLE,
        readable=False,  # whoever reads it says why it cannot be read
    ),
]
ProfileOption = Annotated[
    str | None, typer.Option("--profile", metavar="NAME", help="The profile of targets that name none.")
]
VerboseOption = Annotated[
    bool, typer.Option("--verbose", "-v", help="Show each request, and all of an internal error, on stderr.")
]
HistoryOption = Annotated[
    Path | None,
    typer.Option("--history", metavar="DIR", help="The folder of the history of waits.", envvar=HISTORY_VARIABLE),
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr; errors are still shown.")]


def with_profile(target: TypedTarget, profile: str | None) -> dict[str, Any]:
    """Return the arguments of a target, with the profile of the command line if it names none."""
    return target.values if profile is None else {"profile": profile, **target.values}


def set_verbose(verbose: bool) -> None:
    """Show the logs of this package on stderr."""
    if verbose:
        import logging

        logging.basicConfig(format="debug: %(message)s")
        logging.getLogger("pulumi_nbcloud").setLevel(logging.DEBUG)
