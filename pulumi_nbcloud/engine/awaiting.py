"""Responds to the engine that a resource is awaiting: the update goes on without what depends on it.

Pulumi carries this as a detail of the gRPC status. The SDK's servicer of dynamic providers does not support it, but it
ends a call that raised on the same context in which the detail can be set before.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import FrameType
from typing import Any

FIRST_ENGINE = "3.272.0"
"""The first release of Pulumi that supports this; for older ones such a response is an error like any other."""

METADATA = "grpc-status-details-bin"
"""The trailing metadata of a call that holds the status with its details."""

_SEVEN_BITS = 127
_UNKNOWN = 2  # the code that the servicer ends a call with; gRPC compares them
_TYPE = "type.googleapis.com/pulumirpc.ErrorResourceAwaitFailed"


def can_answer(servicer: Mapping[str, Any]) -> bool:
    """Return whether the call that this thread serves can respond so.

    Args:
        servicer: the globals of the module that serves it.
    """
    return _context(servicer) is not None


def answer(servicer: Mapping[str, Any]) -> bool:
    """Mark the error that this call is about to end with as *awaiting*.

    Args:
        servicer: the globals of the module that serves it.

    Returns:
        Whether there is such a call.
    """
    context = _context(servicer)
    if context is None:
        return False
    context.set_trailing_metadata(((METADATA, status("awaiting")),))
    return True


def _context(servicer: Mapping[str, Any]) -> Any:
    """Return the gRPC context of this thread's call, which can only be found in the frames."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_globals is servicer:
            context = frame.f_locals.get("context")
            if callable(getattr(context, "set_trailing_metadata", None)):
                return context
        frame = frame.f_back
    return None


def status(message: str) -> bytes:
    """Write a `google.rpc.Status` with one detail, an empty message.

    By hand: the SDK and Google's package each bring a module for that message, and a process can load only one of them.

    Args:
        message: shown by an engine that does not support the detail.
    """
    detail = _field(1, _TYPE.encode())
    return bytes((1 << 3, _UNKNOWN)) + _field(2, message.encode()) + _field(3, detail)


def _field(number: int, content: bytes) -> bytes:
    return bytes((number << 3 | 2,)) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    """Write an integer as protobuf does: seven bits a byte, the lowest first."""
    parts = []
    while number > _SEVEN_BITS:
        parts.append(number & _SEVEN_BITS | 128)
        number >>= 7
    return bytes((*parts, number))
