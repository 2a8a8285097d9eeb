"""What a signal does where nothing else listens to it: while the command starts, and while it prints."""

from __future__ import annotations

import contextlib
import os
import signal
from types import FrameType


def end_on_signals() -> None:
    """Makes SIGINT and SIGTERM end the process at once, with 130 or 143; who ignores one goes on ignoring it."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)


def _end(number: int, frame: FrameType | None) -> None:
    # Past Python's streams: one of them may be what it is in the middle of.
    with contextlib.suppress(OSError):
        os.write(2, f"error: ended by {signal.Signals(number).name}\nhint: run it again\n".encode())
    os._exit(128 + number)
