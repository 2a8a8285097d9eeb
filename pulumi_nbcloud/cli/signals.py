"""The default signal handling: while the command starts, and while it prints."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from types import FrameType

NUMBERS = (signal.SIGINT, signal.SIGTERM)


def end_on_signals() -> None:
    """Make SIGINT and SIGTERM end the process immediately, with 130 or 143."""
    # Also a SIGINT that was ignored at the start, as shells set it for background jobs of a script: whoever
    # sends it there wants an end, with `kill -INT` as with Ctrl-C; `running.run` and the mock handle it too.
    for number in NUMBERS:
        signal.signal(number, _end)


def _end(number: int, frame: FrameType | None) -> None:
    # The line may go to a pipe without a reader.
    for each in NUMBERS:
        signal.signal(each, lambda other, frame: os._exit(128 + number))
    # Bypass Python's streams: a write to one may be in progress. If stderr was closed at the start, its
    # number may belong to any file.
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            os.write(2, f"error: ended by {signal.Signals(number).name}\nhint: run it again\n".encode())
    os._exit(128 + number)
