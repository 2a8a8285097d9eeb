"""Serve until a signal: sockets, slow clients, and a graceful shutdown."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from pulumi_nbcloud.clock import Clock
from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.http.client import Client
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.reading.reader import Reader
from pulumi_nbcloud.serve.app import Service, make_app, make_metrics_app
from pulumi_nbcloud.serve.checks import Checks
from pulumi_nbcloud.serve.file import ServeFile
from pulumi_nbcloud.serve.metrics import Metrics
from pulumi_nbcloud.serve.polls import Polls
from pulumi_nbcloud.serve.requests import MAX_HEADER_BYTES
from pulumi_nbcloud.serve.tls import keep_current, tls_context
from pulumi_nbcloud.settings.sources import ConfigReader

HEADER_SECONDS = 10.0
KEEP_ALIVE_SECONDS = 75
DRAIN_SECONDS = 20
RETRY_REJECTED_SECONDS = 15 * 60.0
BACKLOG = 1024

_FULL = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True)
class Listening:
    """The addresses of the service.

    Args:
        host: the address.
        port: 0 for a free one.
        certificate: a PEM file with the chain; None for plain http.
        key: the PEM file of its key; None if the certificate's file contains it.
        without_tokens: whether requests need no token; on loopback only.
        metrics_port: the port of a separate listener for the metrics without a token, on the same address; None for
            none.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    certificate: str | None = None
    key: str | None = None
    without_tokens: bool = False
    metrics_port: int | None = None


def check_listening(listening: Listening, file: ServeFile) -> None:
    """Reject addresses that would admit anybody, before anything listens.

    Raises:
        InputError: names the missing protection.
    """
    local = is_loopback(listening.host)
    if listening.without_tokens and not local:
        raise InputError("--no-token is for loopback alone", hint="leave out --host, or use tokens")
    if listening.without_tokens and file.tokens:
        raise InputError("--no-token with tokens in the gates file", hint="leave one of them out")
    if not listening.without_tokens and not file.tokens:
        hint = "nbcloud serve token makes one; --no-token serves without, on loopback alone"
        raise InputError("the gates file has no tokens", hint=hint)
    if listening.key is not None and listening.certificate is None:
        raise InputError("--tls-key without --tls-certificate", hint="give both")


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach an address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name, whose address is unknown
        return False


def bind(host: str, port: int) -> socket.socket:
    """Open the socket of a listener.

    Raises:
        InputError: the address or the port cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, port))
    except OSError as error:
        opened.close()
        problem = f"{printable(host, 100)} port {port} cannot be used: {error.strerror or error}"
        raise InputError(problem, hint="give another --host or --port; 0 takes a free port") from None
    return opened


class PatientProtocol(H11Protocol):
    """HTTP/1.1, with limits for clients that send their headers slowly or open too many connections.

    Args:
        most: the maximum number of connections.
        uvicorns: uvicorn's own arguments.
    """

    def __init__(self, most: int, *uvicorns: Any, **named: Any) -> None:
        super().__init__(*uvicorns, **named)
        self._most = most
        self._slow: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Open a connection; close it if it exceeds the limit."""
        super().connection_made(transport)
        if len(self.connections) > self._most:
            transport.write(_FULL)
            transport.close()
        else:
            self._expect_request()

    def data_received(self, data: bytes) -> None:
        """Receive bytes; a request must be complete soon after its first byte."""
        if self.transport.is_closing():
            return
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._got_request()
        elif self._slow is None and (self.cycle is None or self.cycle.response_complete):
            self._expect_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Close the connection."""
        self._got_request()
        super().connection_lost(exc)

    def _expect_request(self) -> None:
        self._slow = self.loop.call_later(HEADER_SECONDS, self._too_slow)

    def _got_request(self) -> None:
        if self._slow is not None:
            self._slow.cancel()
            self._slow = None

    def _too_slow(self) -> None:
        self._slow = None
        self.transport.close()


class _Server(uvicorn.Server):
    """Leave signals to `serve`, and report readiness.

    Args:
        config: uvicorn's configuration.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen."""
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture no signals."""
        yield


async def serve(
    file: ServeFile,
    config: ConfigReader,
    listening: Listening,
    started: Callable[[str, str | None], None],
) -> None:
    """Serve until SIGINT or SIGTERM, then let requests finish. A second signal ends the process.

    Args:
        file: the file of the service.
        config: the reader of settings.
        listening: the addresses.
        started: called with the address, and that of the metrics, once the service accepts requests.

    Raises:
        InputError, SettingsError: it cannot listen there, or the settings of a gate name no account.
    """
    check_listening(listening, file)
    context = tls_context(listening.certificate, listening.key)
    clock, metrics = Clock(), Metrics()
    reader = Reader(
        make_client=lambda: Client(observe=metrics.cloud_request), retry_rejected_seconds=RETRY_REJECTED_SECONDS
    )
    check_settings(file, reader, config)
    polls = Polls(reader, config, metrics, clock)
    checks = Checks(polls, metrics, clock)
    with contextlib.ExitStack() as sockets:
        own = sockets.enter_context(bind(listening.host, listening.port))
        port = own.getsockname()[1]
        hosts = local_hosts(port) if listening.without_tokens else None
        service = Service(file, checks, metrics, clock, hosts)
        servers = [(_server(make_app(service), file.limits.connections, context), own)]
        metrics_address = None
        if listening.metrics_port is not None:
            other = sockets.enter_context(bind(listening.host, listening.metrics_port))
            metrics_hosts = local_hosts(other.getsockname()[1]) if is_loopback(listening.host) else None
            servers.append((_server(make_metrics_app(metrics, metrics_hosts), file.limits.connections, context), other))
            metrics_address = f"{_origin(listening, other)}/metrics"
        for _, opened in servers:
            opened.listen(BACKLOG)
            opened.setblocking(False)
        certificate = asyncio.ensure_future(keep_current(context, listening.certificate, listening.key))
        with _signals(lambda: _drain(checks, [each for each, _ in servers])):
            tasks = [asyncio.ensure_future(each.serve([opened])) for each, opened in servers]
            for each, _ in servers:
                await each.ready.wait()
            started(_origin(listening, own), metrics_address)
            await asyncio.gather(*tasks)
        certificate.cancel()
    await polls.aclose()
    await reader.aclose()


def check_settings(file: ServeFile, reader: Reader, config: ConfigReader) -> None:
    """Resolve the account of each target, without any request.

    Raises:
        SettingsError: there is no account.
    """
    for gate in file.gates.values():
        for name, kind in gate.spec.kinds.items():
            profile = gate.values[name].get("profile")
            reader.account(kind, profile, config)


def local_hosts(port: int) -> frozenset[str]:
    """Return the allowed values of the Host header on loopback."""
    names = ("127.0.0.1", "localhost", "[::1]")
    return frozenset(f"{name}:{port}" for name in names) | (frozenset(names) if port in (80, 443) else frozenset())


def _origin(listening: Listening, opened: socket.socket) -> str:
    host = f"[{listening.host}]" if ":" in listening.host else listening.host
    return f"{'https' if listening.certificate else 'http'}://{host}:{opened.getsockname()[1]}"


def _server(app: Any, most: int, context: ssl.SSLContext | None) -> _Server:
    config = uvicorn.Config(
        app,
        http=partial(PatientProtocol, most),  # type: ignore[arg-type]
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
    )
    config.load()
    config.ssl = context
    return _Server(config)


def _drain(checks: Checks, servers: list[_Server]) -> None:
    checks.draining.set()
    for each in servers:
        each.should_exit = True


@contextlib.contextmanager
def _signals(drain: Callable[[], None]) -> Iterator[None]:
    """Drain at the first signal, end immediately at the second."""
    loop = asyncio.get_running_loop()
    caught: list[int] = []

    def on_signal(number: int) -> None:
        if caught:
            os._exit(128 + number)
        caught.append(number)
        drain()

    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, on_signal, number)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
