"""One background event loop a process: all reads run on it, so there is one implementation and one HTTP client."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal

T = TypeVar("T")

CLOSE_SECONDS = 2.0

_lock = threading.Lock()
_closers: list[Callable[[], Awaitable[None]]] = []
_open: tuple[AbstractContextManager[BlockingPortal], BlockingPortal, asyncio.AbstractEventLoop] | None = None


def submit(work: Callable[[], Awaitable[T]]) -> Future[T]:
    """Start work on the background loop.

    Args:
        work: makes the coroutine; called on the loop.

    Returns:
        A future of the result; cancelling it cancels the work.
    """
    global _open
    with _lock:
        if _open is None:
            manager = start_blocking_portal()
            portal = manager.__enter__()
            _open = (manager, portal, portal.call(asyncio.get_running_loop))
        loop = _open[2]
    # Not through the portal, which waits for the loop each time: 200 lookups would wait 200 times.
    return asyncio.run_coroutine_threadsafe(_run(work), loop)


async def _run(work: Callable[[], Awaitable[T]]) -> T:
    return await work()


def at_close(work: Callable[[], Awaitable[None]]) -> None:
    """Have work done on the loop when the process ends, before the loop stops: connections are closed there."""
    _closers.append(work)


@atexit.register
def _close() -> None:
    """End the loop with the process: what still runs is cancelled, so that nothing keeps the process from ending."""
    global _open
    with _lock:
        opened, _open = _open, None
    if opened is None:
        return
    manager, portal, _loop = opened
    with contextlib.suppress(Exception):
        for work in _closers:
            portal.start_task_soon(work).result(CLOSE_SECONDS)
    with contextlib.suppress(RuntimeError):  # stopped already
        portal.call(portal.stop, True)
    manager.__exit__(None, None, None)


def call(work: Callable[[], Awaitable[T]]) -> T:
    """Run work on the background loop and wait for it; Ctrl-C while waiting cancels the work.

    Args:
        work: makes the coroutine; called on the loop.

    Returns:
        Its result; its error is raised here.
    """
    future = submit(work)
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise
