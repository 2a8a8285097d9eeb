"""Live status of a wait, on the row of the CLI that it holds up.

The engine's address is the first argument of the provider process; a program has an engine of its own. Messages go to
the engine's Log with a resource's URN. Nothing here raises: a wait must not end because its status could not be shown.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

from pulumi_nbcloud.waiting.outcome import Progress
from pulumi_nbcloud.waiting.reporting import status_line

HEARTBEAT_SECONDS = 30.0
SLOW_HEARTBEAT_SECONDS = 60.0
LOG_SECONDS = 5.0
LOST_MESSAGES = 2  # in a row: then the engine is gone

_stub: Any = None
_unusable = False
_calls: set[Any] = set()
_arrived = False
_lost = 0
_when_gone: list[Callable[[], None]] = []


class GateReporter:
    """Reports one wait to the engine; where that cannot be reached, to stderr, on change and more slowly.

    Args:
        urn: the URN of the gate, or of the resource that waits; None where it is not known.
        engine: the engine's stub; None for the one of this provider process.
    """

    def __init__(self, urn: str | None, engine: Any = None) -> None:
        self._urn = urn
        self._stub = engine or _engine()
        self._last = ""
        self.heartbeat_seconds = HEARTBEAT_SECONDS if urn and self._stub is not None else SLOW_HEARTBEAT_SECONDS

    def changed(self, progress: Progress, elapsed: float) -> None:
        """Show the new state."""
        self._say(progress, elapsed)

    def heartbeat(self, progress: Progress, elapsed: float) -> None:
        """Show that the wait goes on."""
        self._say(progress, elapsed)

    def warning(self, text: str) -> None:
        """Show a warning that stays."""
        if not send(text, self._urn, warning=True, engine=self._stub):
            print(f"warning: {text}", file=sys.stderr, flush=True)  # noqa: T201

    def _say(self, progress: Progress, elapsed: float) -> None:
        line = status_line(progress, elapsed)
        if line == self._last:
            return
        self._last = line
        if not send(line, self._urn, engine=self._stub):
            print(line, file=sys.stderr, flush=True)  # noqa: T201  (the engine shows what this process prints)


def send(text: str, urn: str | None, *, warning: bool = False, engine: Any = None) -> bool:
    """Show a text on a resource's row.

    Args:
        text: the text.
        urn: the resource.
        warning: as a warning that stays, instead of a status that the next one replaces.
        engine: the engine's stub; None for the one of this provider process.

    Returns:
        Whether it could be handed to the engine.
    """
    stub = engine or _engine()
    if stub is None or urn is None:
        return False
    try:
        from pulumi.runtime.proto import engine_pb2

        severity = engine_pb2.WARNING if warning else engine_pb2.INFO
        request = engine_pb2.LogRequest(severity=severity, message=text, urn=urn, streamId=0, ephemeral=not warning)
        # Not waited for: the engine may be busy, and the event loop serves all waits. Kept, because gRPC cancels a call
        # that nobody holds.
        call = stub.Log.future(request, timeout=LOG_SECONDS)
        _calls.add(call)
        call.add_done_callback(_sent)
    except Exception:
        return False
    return True


def when_gone(work: Callable[[], None]) -> None:
    """Have work done once the engine is gone, on a thread of its own."""
    if work not in _when_gone:
        _when_gone.append(work)


def _sent(call: Any) -> None:
    """Take note of a message that arrived or not: an engine that was there and is gone was killed.

    Nobody ends this process then, and its waits would go on asking the cloud until their timeouts.
    """
    global _arrived, _lost
    import grpc

    _calls.discard(call)
    if call.code() is grpc.StatusCode.OK:
        _arrived, _lost = True, 0
    elif _arrived and call.code() is grpc.StatusCode.UNAVAILABLE:
        _lost += 1
        if _lost == LOST_MESSAGES:
            from pulumi_nbcloud.provider import host

            # On a thread of its own: gRPC calls back here on the event loop's thread where the call had ended already,
            # and the loop cannot wait for itself.
            for work in (host.cancel_waits, *_when_gone):
                threading.Thread(target=work, name="nbcloud-engine-gone", daemon=True).start()


def _engine() -> Any:
    """Return the engine's stub, made once; None where this process has no engine."""
    global _stub, _unusable
    if _stub is None and not _unusable:
        try:
            import grpc
            from pulumi.runtime.proto import engine_pb2_grpc

            host, _, port = sys.argv[1].rpartition(":")
            if not host or not port.isdigit():
                raise ValueError
            _stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(sys.argv[1]))
        except Exception:
            _unusable = True
    return _stub
