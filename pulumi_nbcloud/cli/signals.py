"""What a signal does where nothing else listens to it: while the command starts, and while it prints."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from types import FrameType

NUMBERS = (signal.SIGINT, signal.SIGTERM)


def end_on_signals() -> None:
    """Make SIGINT and SIGTERM end the process at once, with 130 or 143."""
    # A SIGINT that was ignored from the start too, as a script's shell has it for what runs in the background: who
    # sends it there wants an end, `kill -INT` as much as Ctrl-C at the script; `running.run` and the mock hear it too.
    for number in NUMBERS:
        signal.signal(number, _end)


def _end(number: int, frame: FrameType | None) -> None:
    # The line may go to a pipe that nobody reads.
    for each in NUMBERS:
        signal.signal(each, lambda other, frame: os._exit(128 + number))
    # Past Python's streams: one of them may be what it is in the middle of. Where stderr was closed at the start, its
    # number may be any file's.
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            os.write(2, f"error: ended by {signal.Signals(number).name}\nhint: run it again\n".encode())
    os._exit(128 + number)
