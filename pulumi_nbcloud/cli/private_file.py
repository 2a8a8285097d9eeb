"""A file for its owner alone, which replaces no other by accident."""

from __future__ import annotations

import os
from pathlib import Path

from pulumi_nbcloud.cli.files import replace_file
from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.printable import printable

_MODE = 0o600


def named(path: Path, option: str) -> str:
    """Name a file and the option that it comes from, for messages."""
    return f"{option} {printable(str(path), 200)}"


def check(path: Path, option: str, *, replace: bool) -> None:
    """Check that a file may be written, before anything is sent.

    Args:
        path: where to.
        option: the name of the option.
        replace: whether a file may be replaced.

    Raises:
        InputError: the folder is missing, the path is no file, or there is a file.
    """
    if not os.path.isdir(path.parent):
        raise InputError(f"{named(path, option)}: there is no such folder", hint="create the folder first")
    if os.path.isdir(path):
        raise InputError(f"{named(path, option)}: it is a folder", hint="give the path of a file")
    if os.path.lexists(path) and not replace:
        raise InputError(f"{named(path, option)}: there is a file", hint="choose another name, or add --replace")


def write(path: Path, content: str, *, replace: bool) -> None:
    """Write the complete file or nothing, readable for its owner only.

    Args:
        path: where to.
        content: all of it, in ASCII.
        replace: whether a file may be replaced.

    Raises:
        OSError: it cannot be written; or there is a file by now.
    """
    data = content.encode("ascii")
    if replace:
        replace_file(path, data, mode=_MODE)
        return
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
    except OSError:
        os.unlink(path)
        raise
