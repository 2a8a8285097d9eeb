"""The command `nbcloud`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command with the arguments of the process, and end the process with its exit code."""
    from pulumi_nbcloud.cli.signals import end_on_signals

    # Before anything slow.
    end_on_signals()
    if sys.argv[1:2] == ["__complete"]:
        from pulumi_nbcloud.cli import completion_lines

        completion_lines.main(sys.argv[2:])
        return
    from pulumi_nbcloud.cli import output
    from pulumi_nbcloud.cli.app import app

    try:
        app(prog_name="nbcloud")
    except OSError as error:  # only `--help` writes directly
        sys.exit(output.unwritten(error))
