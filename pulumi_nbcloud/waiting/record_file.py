"""The file of a wait's record: never written by half, and held by one wait at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.waiting.record import MAX_BYTES, DamagedError, WaitRecord, record_from

PRIVATE = 0o600
_PID_BYTES = 20
_GIVE_A_FILE = "give the path of a file"


class RecordFile:
    """A file that holds the record of one wait.

    Args:
        path: of the file; an empty file beside it, `PATH.lock`, is locked by one wait at a time.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = printable(str(path), 200)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Lock the file against other waits; the system releases it with the process, however that ends.

        Raises:
            InputError: another process holds it, or no file can be made there.
        """
        try:
            # Never removed: a process that had opened it by then would lock a file that nobody else finds.
            handle = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE)
        except OSError as error:
            raise self._refused(
                f"no file can be made there: {error.strerror}", "create the folder first, or give another file"
            ) from None
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                holder = os.read(handle, _PID_BYTES).decode("ascii", "replace").strip()
                who = f"process {printable(holder)}" if holder.isdigit() else "another process"
                raise self._refused(
                    f"{who} waits with it", "wait for its end, or give each wait a file of its own"
                ) from None
            os.truncate(handle, 0)
            os.write(handle, str(os.getpid()).encode())
            yield
        finally:
            os.close(handle)

    def read(self) -> WaitRecord | None:
        """Read the record; None where there is no file.

        Raises:
            InputError: the file holds something else, or not all of a record; it is left as it is.
        """
        try:
            # Do not wait for a process that writes into a pipe.
            handle = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._refused(f"it cannot be read: {error.strerror}", _GIVE_A_FILE) from None
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise self._refused("it is no file", _GIVE_A_FILE)
            with open(handle, "rb", closefd=False) as file:
                content = file.read(MAX_BYTES + 1)
        finally:
            os.close(handle)
        try:
            return record_from(content)
        except DamagedError as error:
            raise self._refused(
                f"it is no record of a wait that can go on: {error}",
                "give another file, or delete this one to begin a new wait",
            ) from None

    def write(self, record: WaitRecord) -> None:
        """Replace the record before, completely or not at all.

        Args:
            record: to write.

        Raises:
            OSError: it cannot be written; the one before is still there.
        """
        # A fixed name: only the holder of the lock writes it, and one that a killed process left behind is used again.
        new = f"{self.path}.new"
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE)
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, PRIVATE)
            file.write(record.to_bytes())
            file.flush()
            os.fsync(handle)
        os.replace(new, self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _refused(self, problem: str, hint: str) -> InputError:
        return InputError(f"--resume {self.name}: {problem}", hint=hint)
