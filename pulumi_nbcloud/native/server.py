"""The server of the plugin: one event loop for all calls, on a free port of loopback."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from types import FrameType

import grpc.aio
from pulumi.runtime.proto import provider_pb2_grpc

from pulumi_nbcloud.native import watch
from pulumi_nbcloud.native.process import Process
from pulumi_nbcloud.native.servicer import Servicer
from pulumi_nbcloud.native.table import Resources

# The engine's own limit; a list may have ten thousand rows.
_MESSAGE_BYTES = 400 * 1024 * 1024
_OPTIONS = (
    ("grpc.max_receive_message_length", _MESSAGE_BYTES),
    ("grpc.max_send_message_length", _MESSAGE_BYTES),
)
# How long calls may take that are being served at the end: all of them have been cancelled.
GRACE_SECONDS = 2.0


async def serve(announce: Callable[[int], None], process: Process | None = None) -> None:
    """Serve until a signal ends the process.

    Args:
        announce: takes the port once calls can be made.
        process: what the calls have in common; made if not given.
    """
    process = process or Process()
    server = grpc.aio.server(options=_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(process, Resources(process)), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    ended = _on_signals()
    watch.end_with_engine(process)
    announce(port)
    await ended.wait()
    process.cancel()
    await server.stop(GRACE_SECONDS)
    await process.flush()
    await process.aclose()


def _on_signals() -> asyncio.Event:
    """Return an event that is set by a signal to end."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def end(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(ended.set)

    # Not those of the loop, which Windows does not have.
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, end)
    return ended
