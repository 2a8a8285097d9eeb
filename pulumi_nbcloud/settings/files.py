"""Read files with credentials, and notice when they change."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Hashable

from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.settings.paths import names_path, oddity

MAX_FILE_BYTES = 1_000_000

_NOWHERE = (errno.ENOENT, errno.ENOTDIR, errno.EINVAL, errno.ENAMETOOLONG)


def stamp(path: str) -> Hashable:
    """Return a mark of a file's current version: modification time, size and inode; None if unavailable."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def read_file(path: str, name: str) -> str:
    """Read a small text file.

    Args:
        path: its path, `~` expanded.
        name: the name of its source in messages; they show the path too, unless it may be a secret.

    Returns:
        Its text.

    Raises:
        SettingsError: it is missing, unreadable, not a regular file, too large, or not UTF-8.
    """
    called = names_path(name, path)
    try:
        # Checked first: opening a named pipe would wait for its writer.
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise SettingsError(f"{called} is not a regular file", hint="check the path")
        with open(path, "rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            raise SettingsError(f"{called} is larger than {MAX_FILE_BYTES:,} bytes", hint="check the path")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SettingsError(f"{called} is not text in UTF-8", hint="check the path") from None
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        odd = oddity(path) if error.errno in _NOWHERE else None
        raise SettingsError(
            f"{called} cannot be read: {reason}", hint=odd or "check the path and who may read it"
        ) from None
    except ValueError:
        raise SettingsError(f"{name} is not a path", hint="check the path") from None
