"""The commands that the self-contained archive does not hold: it rejects them by name."""

from __future__ import annotations

import os
import sys

from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.frozen import is_archive

_REASONS = {
    "mock": "the mock clouds are for tests and demos",
    "plugin": "the plugin runs in the Python environment of Pulumi's SDK",
}
_HINTS = {
    "mock": "use the Python package: uvx --from 'pulumi-nbcloud[mock]' nbcloud mock",
    "plugin": "use the Python package: pip install pulumi-nbcloud, then run its nbcloud plugin",
}


def check_available(command: str) -> None:
    """Check that this program holds a command.

    Args:
        command: the name of a command that only the Python package has.

    Raises:
        InputError: this is the archive.
    """
    if is_archive():
        raise InputError(
            f"the archive of nbcloud does not hold the command {command}",
            facts=[("program", os.path.abspath(sys.executable)), ("reason", _REASONS[command])],
            hint=_HINTS[command],
        )
