"""The command `nbcloud`."""

from __future__ import annotations


def main() -> None:
    """Run the command with the arguments of the process; ends the process with its exit code."""
    from pulumi_nbcloud.cli.app import app

    app()
