"""The end of the engine: work that is done once it is gone, because nobody else would do it.

An engine that was killed ends no provider process, and no wait of a program: they would go on polling the cloud until
their timeouts.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

LOST_MESSAGES = 2  # in a row: then the engine is gone

_arrived = False
_lost = 0
_when_gone: list[Callable[[], None]] = []


def when_gone(work: Callable[[], None]) -> None:
    """Have work done once the engine is gone, on a thread of its own."""
    if work not in _when_gone:
        _when_gone.append(work)


def delivered(call: Any) -> None:
    """Take note of a message that arrived or not: an engine that was there and is gone was killed.

    Args:
        call: the finished gRPC call that carried the message.
    """
    global _arrived, _lost
    import grpc

    if call.code() is grpc.StatusCode.OK:
        _arrived, _lost = True, 0
    elif _arrived and call.code() is grpc.StatusCode.UNAVAILABLE:
        _lost += 1
        if _lost == LOST_MESSAGES:
            # On a thread of its own: gRPC calls back here on the event loop's thread where the call had ended already,
            # and the loop cannot wait for itself.
            for work in _when_gone:
                threading.Thread(target=work, name="nbcloud-engine-gone", daemon=True).start()
