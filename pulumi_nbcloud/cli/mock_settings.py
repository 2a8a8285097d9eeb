"""The file that `nbcloud mock --write` writes: settings of the mock clouds, as `--settings` reads them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from pulumi_nbcloud.cli.files import replace_file
from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.printable import printable

Settings = Mapping[str, Mapping[str, str]]

_MAX_BYTES = 100_000
# The differences between runs of the mock clouds: their port, and a generated key.
_VARIES = frozenset({"endpoint", "privateKey", "fingerprint"})


def check(path: Path, settings: Settings) -> None:
    """Check that a settings file may be written there, without the loss of a user's own file.

    Args:
        path: the path of the file.
        settings: the settings of the mock clouds, to recognize an older file.

    Raises:
        InputError: the folder is missing, or another file exists.
    """
    name = f"--write {printable(str(path), 200)}"
    if not os.path.isdir(path.parent):
        raise InputError(f"{name}: there is no such folder", hint="create the folder first")
    if os.path.lexists(path) and not _is_ours(path, settings):
        problem = f"{name}: there is a file that nbcloud mock did not write"
        raise InputError(problem, hint="choose another name, or remove the file")


def write(path: Path, settings: Settings) -> None:
    """Write the file, readable for its owner only; it replaces an older one atomically.

    Raises:
        OSError: it cannot be written.
    """
    content = f"{json.dumps(settings, indent=2)}\n"
    replace_file(path, content.encode("utf-8"), mode=0o600)


def _is_ours(path: Path, settings: Settings) -> bool:
    """Return whether a file holds the settings of mock clouds, of this run or an older one."""
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > _MAX_BYTES:
            return False
        found = json.loads(path.read_text(encoding="utf-8"))
        return _lasting(found) == _lasting(settings)
    except (OSError, ValueError, AttributeError, RecursionError):
        return False


def _lasting(settings: Settings) -> dict[str, dict[str, str]]:
    """Return the values that are the same in every run, and the names of all others."""
    return {
        cloud: {key: "" if key in _VARIES else value for key, value in values.items()}
        for cloud, values in settings.items()
    }
