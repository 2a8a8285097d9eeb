"""Cleans up after an engine that is gone, because nobody else does.

An engine that was killed ends no provider process, and no wait of a program: they would go on polling the cloud until
their timeouts. A provider process watches the engine's address. A program does not know the address, so it notices by
messages that do not arrive.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

LOST_MESSAGES = 2  # in a row: then the engine is gone
WATCH_SECONDS = 2.0
MISSED = 2  # in a row: then nobody listens there
END_SECONDS = 10.0


class _Engine:
    """What this process knows about the engine of one program."""

    def __init__(self) -> None:
        self.arrived = False
        self.lost = 0
        self.works: list[Callable[[], None]] = []


# By the stub: several programs may run in one process, each with an engine of its own.
_engines: WeakKeyDictionary[Any, _Engine] = WeakKeyDictionary()


def _known(engine: Any) -> _Engine:
    return _engines.setdefault(engine, _Engine())


@contextmanager
def when_gone(engine: Any, work: Callable[[], None]) -> Iterator[None]:
    """Run work on a thread of its own if a program's engine is gone before the block ends.

    Args:
        engine: the engine's stub; None if the program has none.
        work: called then.
    """
    if engine is None:
        yield
        return
    works = _known(engine).works
    works.append(work)
    try:
        yield
    finally:
        works.remove(work)


def delivered(call: Any, engine: Any) -> None:
    """Take note of a message that arrived or not: an engine that was there and is gone was killed.

    Args:
        call: the finished gRPC call that carried the message.
        engine: the stub that sent it.
    """
    import grpc

    known = _known(engine)
    if call.code() is grpc.StatusCode.OK:
        known.arrived, known.lost = True, 0
    elif known.arrived and call.code() is grpc.StatusCode.UNAVAILABLE:
        known.lost += 1
        if known.lost == LOST_MESSAGES:
            # On a thread of its own: gRPC calls back here on the event loop's thread if the call had ended already,
            # and the loop cannot wait for itself.
            for work in tuple(known.works):
                threading.Thread(target=work, name="nbcloud-engine-gone", daemon=True).start()


def end_with_engine(address: str, cancel: Callable[[], None], serves: Callable[[], bool]) -> None:
    """End this process once its engine is gone and it serves nothing; do nothing for an engine that was never there.

    Args:
        address: where the engine listens, `HOST:PORT`.
        cancel: ends the waits of this process.
        serves: returns whether a call is being served, for any package.
    """
    host, _, port = address.rpartition(":")
    if host and port.isdigit():
        threading.Thread(
            target=_watch, args=(host, int(port), cancel, serves), name="nbcloud-engine", daemon=True
        ).start()


def _watch(host: str, port: int, cancel: Callable[[], None], serves: Callable[[], bool]) -> None:
    was_there, missed = False, 0
    while missed < MISSED:
        if _listens(host, port):
            was_there, missed = True, 0
        elif was_there:
            missed += 1
        time.sleep(WATCH_SECONDS)
    cancel()
    while serves():
        time.sleep(WATCH_SECONDS)
    _end()


def _listens(host: str, port: int) -> bool:
    """Return whether somebody may listen there: only a refused connection confirms that nobody does.

    Open a new connection each time and close it at once: an idle one without gRPC delays the end of the engine.
    """
    try:
        socket.create_connection((host, port), WATCH_SECONDS).close()
    except ConnectionRefusedError:
        return False
    except OSError:
        return True
    return True


def _end() -> None:
    """End the process as the engine would: SIGINT first, which the SDK's main thread waits for."""
    main = threading.main_thread().ident
    if main is not None and hasattr(signal, "pthread_kill"):
        signal.pthread_kill(main, signal.SIGINT)
        time.sleep(END_SECONDS)
    os._exit(0)
