"""Append lines to the history of this process: one file for each process and day, so processes never share one.

A line is one write to a file in append mode, so it is complete or, on a full disk, truncated. A reader
skips truncated lines. Nothing is synced to the disk: lines survive the end of the process, however it
ends, but not a power cut.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pulumi_nbcloud import clock
from pulumi_nbcloud.printable import inert_json

FOLDER_MODE, FILE_MODE = 0o700, 0o600
SUFFIX = ".jsonl"
_TRIES = 3
_READERS_SECONDS = 0.005
_writers: dict[Path, Writer] = {}
_lock = threading.Lock()


class Writer:
    """Append to the files of this process in one folder.

    Args:
        folder: the folder; created with the first line, for its owner only.
        now: returns the time; a file's name begins with its date.
    """

    def __init__(self, folder: Path, now: Callable[[], datetime] = clock.now) -> None:
        self.folder = folder
        self._now = now
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Start again with new files, as a forked child must."""
        self._lock = threading.Lock()
        self._token = secrets.token_hex(4)
        self._day = ""
        self._file: int | None = None
        self._pid = os.getpid()
        self._torn = False

    def close(self) -> None:
        """Close the file; the next line opens another one, or the same one again."""
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(OSError):
                os.close(file)

    def write(self, record: Mapping[str, Any]) -> None:
        """Append a line.

        Args:
            record: its content.

        Raises:
            OSError: it could not be written, or only in part.
        """
        line = f"{inert_json(record)}\n".encode("ascii")
        with self._lock:
            if self._pid != os.getpid():
                # Forked outside of Python, as some servers written in C do.
                self.close()
                self.forget()
            file = self._open()
            # The next line must not become part of a truncated one.
            line = b"\n" + line if self._torn else line
            self._torn = True
            written = os.write(file, line)
            if written < len(line):
                raise OSError(f"only {written} of {len(line)} bytes were written")
            self._torn = False

    def _open(self) -> int:
        day = self._now().date().isoformat()
        if self._file is None or day != self._day:
            self.close()
            self.folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
            self._file, self._day = self._create(day), day
            _hold(self._file)
        return self._file

    def _create(self, day: str) -> int:
        # Always a new file: nobody can prepare one for this process to write into.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL
        for _ in range(_TRIES):
            with contextlib.suppress(FileExistsError):
                return os.open(self.folder / f"{day}-{self._token}{SUFFIX}", flags, FILE_MODE)
            self._token = secrets.token_hex(4)
        raise OSError("every name for a new file is taken")


def writer_of(folder: Path) -> Writer:
    """Return the writer of this process for a folder, the same one each time."""
    with _lock:
        return _writers.setdefault(folder, Writer(folder))


def _hold(file: int) -> None:
    """Lock a file for the lifetime of this process: the lock shows a reader that its waits are not interrupted.

    Not every file system supports locks; without them a wait in progress reads as interrupted.
    """
    with contextlib.suppress(ImportError, OSError):
        import fcntl

        for _ in range(_TRIES):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:  # a reader locks it for a moment
                time.sleep(_READERS_SECONDS)


def _in_child() -> None:
    """Release the parent's files: the child would keep their locks for the parent, and write into them."""
    global _lock
    _lock = threading.Lock()
    for each in _writers.values():
        each.close()
        each.forget()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_in_child)
