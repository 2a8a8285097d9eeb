"""Wait for a lock until a deadline."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio


@asynccontextmanager
async def acquired(lock: anyio.Lock, deadline: float) -> AsyncIterator[bool]:
    """Acquire a lock until a deadline, and release it afterwards.

    The deadline limits the wait only: the code under the lock observes it itself, because it can report what happened.

    Args:
        lock: shared by several tasks.
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
