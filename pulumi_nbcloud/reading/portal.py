"""One background event loop for each process: all reads run on it, so there is one implementation and one HTTP client.

A forked child has the memory of its parent and none of its threads: a loop that nobody runs, and connections that the
parent goes on using. It drops them and starts again; see `_in_child`.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import selectors
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from contextvars import Context
from dataclasses import dataclass
from typing import Any, TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal

from pulumi_nbcloud import forks
from pulumi_nbcloud.errors import in_time

T = TypeVar("T")

CLOSE_SECONDS = 2.0


@dataclass(frozen=True)
class _Background:
    """The loop of one process, and what it watches."""

    pid: int
    manager: AbstractContextManager[BlockingPortal]
    portal: BlockingPortal
    loop: asyncio.SelectorEventLoop
    selector: selectors.BaseSelector


_lock = threading.Lock()
_open: _Background | None = None
_closed = False
_closers: list[Callable[[], Awaitable[None]]] = []
_forgetters: list[Callable[[], None]] = []
_inherited: list[Any] = []


def submit(work: Callable[[], Awaitable[T]]) -> Future[T]:
    """Start work on the background loop.

    Args:
        work: makes the coroutine; called on the loop.

    Returns:
        A future of the result; cancelling it cancels the work.

    Raises:
        InputError: the program is ending, and this Python starts no thread any more.
    """
    loop = _background().loop
    # In a context of its own: connections stay open, and keep everything that the context of their first request holds,
    # which would be a complete Pulumi program. Not through the portal, which waits for the loop each time: 200 lookups
    # would wait 200 times.
    return Context().run(asyncio.run_coroutine_threadsafe, _run(work), loop)


async def _run(work: Callable[[], Awaitable[T]]) -> T:
    with in_time():
        return await work()


def call(work: Callable[[], Awaitable[T]]) -> T:
    """Run work on the background loop and wait for it; Ctrl-C while waiting cancels the work.

    Args:
        work: makes the coroutine; called on the loop.

    Returns:
        Its result; its error is raised here.

    Raises:
        InputError: see `submit`.
    """
    future = submit(work)
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise


def at_close(work: Callable[[], Awaitable[None]]) -> None:
    """Register work for the end of the process, before the loop stops: connections are closed there."""
    _closers.append(work)


def in_child(forget: Callable[[], None]) -> None:
    """Register a function that forgets, in forked children, what belongs to the loop of the parent, and locks."""
    _forgetters.append(forget)


def _background() -> _Background:
    global _open
    if _open is not None and _open.pid != os.getpid():
        # Forked past Python, as some servers written in C do.
        _start_over(forked_now=False)
    with _lock:
        if _open is None:
            with in_time():
                _open = _start()
            if _closed:  # a lookup while the process ends: nobody closes this one
                keep_for_ever(_open)
        return _open


def _start() -> _Background:
    selector = selectors.DefaultSelector()
    loop = asyncio.SelectorEventLoop(selector)
    # Python's own loop, whatever policy the program has set: a child must know what the loop watches.
    manager = start_blocking_portal(backend_options={"loop_factory": lambda: loop})
    try:
        return _Background(os.getpid(), manager, manager.__enter__(), loop, selector)
    except RuntimeError:  # no thread could be started for it
        if not loop.is_running():
            loop.close()
        raise


@atexit.register
def _close() -> None:
    """End the loop with the process: cancel everything that still runs, so that the process can end."""
    global _open, _closed
    with _lock:
        opened, _open = _open, None
        _closed = True
    if opened is None or opened.pid != os.getpid():
        return
    with contextlib.suppress(Exception):
        for work in _closers:
            opened.portal.start_task_soon(work).result(CLOSE_SECONDS)
    with contextlib.suppress(RuntimeError):  # stopped already
        opened.portal.call(opened.portal.stop, True)
    opened.manager.__exit__(None, None, None)


# --- forks


def _in_child() -> None:
    _start_over(forked_now=True)


def _start_over(*, forked_now: bool) -> None:
    """Begin again in a forked child, without a loop.

    Args:
        forked_now: whether nothing else has run since the fork, so that the file descriptors are still the parent's.
    """
    global _lock, _open
    _lock = threading.Lock()  # some thread of the parent may have held it
    opened, _open = _open, None
    _closers.clear()
    if opened is not None:
        keep_for_ever(opened)
        if forked_now:
            with contextlib.suppress(OSError):
                _cut_off(opened)
    for forget in _forgetters:
        forget()


def keep_for_ever(thing: Any) -> None:
    """Keep something of the parent so that nothing of it is finalized, not even when the interpreter ends.

    Finalizers would close connections that the parent uses too, with a TLS message, or complain that they are open.
    """
    _inherited.append(thing)
    with contextlib.suppress(Exception):  # a Python without ctypes
        import ctypes

        ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))


def _is_open(transport: asyncio.Transport, number: int) -> bool:
    held = transport.get_extra_info("socket")
    return held is not None and held.fileno() == number


def _cut_off(opened: _Background) -> None:
    """Replace the file descriptors that a child shares with its parent by a null device, in the child only.

    The parent's connections then end with the parent, and the list that the system watches stays as it is.
    """
    shared = {each for each in opened.selector.get_map() if isinstance(each, int)}
    # A connection that is paused is not watched. A closed one may still be registered by its number, which by now may
    # belong to a file or a pipe of the program.
    transports = dict(getattr(opened.loop, "_transports", {}))
    shared |= {number for number, transport in transports.items() if _is_open(transport, number)}
    # What watches them is shared on Linux; on macOS the system leaves it out of the child.
    fileno = getattr(opened.selector, "fileno", None)
    if hasattr(selectors, "EpollSelector") and fileno is not None:
        shared.add(fileno())
    null = os.open(os.devnull, os.O_RDWR)
    for each in shared:
        os.dup2(null, each, inheritable=False)
    os.close(null)


forks.prepare()
if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_in_child)
