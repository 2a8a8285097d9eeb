"""The end of the engine: a plugin whose engine was killed ends within seconds, because nobody else would end it."""

from __future__ import annotations

import asyncio
import contextlib

from pulumi_nbcloud.engine import end, log
from pulumi_nbcloud.native.process import Process


def end_with_engine(process: Process) -> None:
    """Have this process end once the engine that has started it is gone; called on the event loop.

    What it serves ends with the engine's connection already. A process that is being debugged goes on: the engine has
    not started it.

    Args:
        process: whose waits are cancelled then.
    """
    loop = asyncio.get_running_loop()

    def cancel() -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended, and this process is about to
            loop.call_soon_threadsafe(process.cancel)

    end.end_with_engine(log.engine_address(), cancel, lambda: process.calls > 0)
