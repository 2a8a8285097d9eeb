"""Messages to the engine's log. Only this module writes there, and it escapes every text.

The Pulumi CLI acts on markup in texts, wherever they come from: see `printable`.

The engine's address is the last argument of the provider process; a program has an engine of its own. Nothing here
raises: a wait must not end because a message could not be shown.
"""

from __future__ import annotations

import contextlib
import os
import sys
from functools import partial
from typing import Any

import pulumi

from pulumi_nbcloud.engine import end
from pulumi_nbcloud.printable import printable_lines

LOG_SECONDS = 5.0
DELIVERY_SECONDS = 1.0

_stub: Any = None
_unusable = False
_calls: set[Any] = set()


def send(
    text: str,
    urn: str | None,
    *,
    warning: bool = False,
    stays: bool = False,
    engine: Any = None,
    wait: bool = False,
) -> bool:
    """Show a text on a resource's row.

    Args:
        text: the text.
        urn: the resource.
        warning: show a warning that stays, instead of a status that the next one replaces.
        stays: show a message that stays.
        engine: the engine's stub; None for the one of this provider process.
        wait: return only once it was delivered, for a text that must be shown before something else.

    Returns:
        Whether it could be passed to the engine.
    """
    stub = engine or process_engine()
    if stub is None or urn is None:
        return False
    try:
        from pulumi.runtime.proto import engine_pb2

        severity = engine_pb2.WARNING if warning else engine_pb2.INFO
        message = printable_lines(text)
        request = engine_pb2.LogRequest(
            severity=severity, message=message, urn=urn, streamId=0, ephemeral=not (warning or stays)
        )
        # As a rule not waited for: the engine may be busy, and the event loop serves all waits. Kept, because gRPC
        # cancels a call that nobody holds.
        call = stub.Log.future(request, timeout=LOG_SECONDS)
        _calls.add(call)
        call.add_done_callback(partial(_sent, stub))
        if wait:
            with contextlib.suppress(Exception):  # an engine that does not respond delays nobody
                call.result(DELIVERY_SECONDS)
    except Exception:
        return False
    return True


def show(
    text: str,
    urn: str | None,
    *,
    warning: bool = False,
    stays: bool = False,
    engine: Any = None,
    wait: bool = False,
) -> None:
    """Show a text on a resource's row; if the engine cannot take it, on the output of this process. See `send`."""
    if not send(text, urn, warning=warning, stays=stays, engine=engine, wait=wait):
        say(f"warning: {text}" if warning else text)


def info(text: str, resource: pulumi.Resource | None = None) -> None:
    """Show a text of the program, on a resource's row or the stack's."""
    pulumi.log.info(printable_lines(text), resource=resource)


def warn(text: str, resource: pulumi.Resource | None = None) -> None:
    """Show a warning of the program, on a resource's row or the stack's."""
    pulumi.log.warn(printable_lines(text), resource=resource)


def say(text: str) -> None:
    """Print a text that cannot be shown on a row to stderr; the engine shows what this process prints."""
    print(printable_lines(text), file=sys.stderr, flush=True)  # noqa: T201


def _sent(stub: Any, call: Any) -> None:
    _calls.discard(call)
    end.delivered(call, stub)


def engine_address() -> str:
    """Return the last argument of this process: for a provider the engine's address, after those for its tracing."""
    return sys.argv[-1] if sys.argv else ""


def process_engine() -> Any:
    """Return the engine's stub, made once; None if this process has no engine."""
    global _stub, _unusable
    if _stub is None and not _unusable:
        _stub = stub_of(engine_address())
        _unusable = _stub is None
    return _stub


def stub_of(address: str) -> Any:
    """Make the stub of an engine; None if the address is not one.

    Args:
        address: where it listens, `HOST:PORT`.
    """
    with contextlib.suppress(Exception):
        import grpc
        from pulumi.runtime.proto import engine_pb2_grpc

        host, _, port = address.rpartition(":")
        if host and port.isdigit():
            return engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))
    return None


def _no_engine() -> None:
    """Drop the engine in a forked child: gRPC does not work there, and the row belongs to the parent."""
    global _stub, _unusable
    _stub, _unusable = None, True
    _calls.clear()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_no_engine)
