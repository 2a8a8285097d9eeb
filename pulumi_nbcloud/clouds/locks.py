"""A lock that is waited for until a deadline."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio


@asynccontextmanager
async def acquired(lock: anyio.Lock, deadline: float) -> AsyncIterator[bool]:
    """Acquire a lock until a deadline, and release it afterwards.

    The deadline is of the wait alone: what is done with the lock keeps it itself, because it can say what happened.

    Args:
        lock: what several tasks want.
        deadline: when to give up, on anyio's clock.

    Yields:
        Whether the lock was acquired.
    """
    got = False
    with anyio.CancelScope(deadline=deadline):
        await lock.acquire()
        got = True
    try:
        yield got
    finally:
        if got:
            lock.release()
