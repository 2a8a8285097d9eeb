"""The file that `nbcloud mock --write` writes: settings of the mock clouds, as `--settings` reads them."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.printable import printable

Settings = Mapping[str, Mapping[str, str]]

_MAX_BYTES = 100_000
# What another run of the mock clouds has otherwise: their port, and a key that they make.
_VARIES = frozenset({"endpoint", "privateKey", "fingerprint"})


def check(path: Path, settings: Settings) -> None:
    """Check that a settings file may be written there, so that none of the user's own is lost.

    Args:
        path: where it goes.
        settings: of the mock clouds, to recognize an older file of theirs by.

    Raises:
        InputError: there is no such folder, or something else stands there.
    """
    name = f"--write {printable(str(path), 200)}"
    if not os.path.isdir(path.parent):
        raise InputError(f"{name}: there is no such folder", hint="create the folder first")
    if os.path.lexists(path) and not _is_ours(path, settings):
        problem = f"{name}: there is a file that nbcloud mock did not write"
        raise InputError(problem, hint="choose another name, or remove the file")


def write(path: Path, settings: Settings) -> None:
    """Write the file, readable for its owner alone; an older one stays whole until this one is.

    Raises:
        OSError: it cannot be written.
    """
    # Made with mode 0600.
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            json.dump(settings, file, indent=2)
            file.write("\n")
        os.replace(name, path)
    except OSError:
        os.unlink(name)
        raise


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
    """Return what is the same in every run, and the names of everything else."""
    return {
        cloud: {key: "" if key in _VARIES else value for key, value in values.items()}
        for cloud, values in settings.items()
    }
