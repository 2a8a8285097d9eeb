"""A server that breaks HTTP on purpose: raw sockets, threads, and a script of what each request meets."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from nbcloud_support import LEASE_BODY, http_answer

if TYPE_CHECKING:
    from typing_extensions import Self

GOOD = http_answer(body=LEASE_BODY)
PAUSE_SECONDS = 0.01


class Peer:
    """One connection, as the script of its server sees it."""

    def __init__(self, connection: socket.socket, server: FaultServer) -> None:
        self._connection = connection
        self._server = server

    def read(self) -> bytes:
        """Reads a request to its end; keeps it in `server.heads` and `server.bodies`."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = self._connection.recv(65_536)
            if not more:
                return b""
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        while lengths and len(body) < int(lengths[0]):
            body += self._connection.recv(65_536)
        self._server.heads.append(head)
        self._server.bodies.append(body)
        return head

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def drip(self, parts: Iterator[bytes]) -> None:
        """Sends one part after the other until the client or the test ends it."""
        for part in parts:
            if self._server.ended.wait(PAUSE_SECONDS):
                return
            self.send(part)

    def reset(self) -> None:
        """Ends the connection with RST instead of FIN: what is under way is lost."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._connection.close()

    def hang(self) -> None:
        """Does nothing until the test ends."""
        self._server.ended.wait()

    def wait(self) -> bool:
        """Wait until the client sends something; false where it has closed."""
        while not self._server.ended.is_set():
            readable, _, _ = select.select([self._connection], [], [], PAUSE_SECONDS)
            pending = isinstance(self._connection, ssl.SSLSocket) and self._connection.pending()
            if readable or pending:
                return True
        return False

    def closed_by_client(self) -> bool:
        """Whether all that is left to read is the client's end of the connection; with TLS nobody can look ahead."""
        if isinstance(self._connection, ssl.SSLSocket):
            return False
        try:
            return self._connection.recv(1, socket.MSG_PEEK) == b""
        except OSError:  # reset
            return True


Step = Callable[[Peer], object]
"""What one request meets; a true result keeps the connection for the next request."""


class FaultServer:
    """Serves on loopback; the first request meets the first step, and so on; the last step is repeated.

    Args:
        steps: the script.
        tls: serves https with this context.
        backlog: the length of the accept queue.
        accepting: false to never accept at all.
    """

    def __init__(
        self, *steps: Step, tls: ssl.SSLContext | None = None, backlog: int = 128, accepting: bool = True
    ) -> None:
        self._steps = steps
        self._tls = tls
        self._lock = threading.Lock()
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []
        self.taken = 0
        self.connections = 0
        self.ended = threading.Event()
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(backlog)
        self._listener.settimeout(PAUSE_SECONDS)
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)] if accepting else []

    @property
    def origin(self) -> str:
        return f"https://localhost:{self.port}" if self._tls else f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        for thread in self._threads:
            thread.join(30)
        self._listener.close()

    def _accept(self) -> None:
        while not self.ended.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        # A client that hangs up, or does not like the certificate, is part of these tests.
        with contextlib.suppress(OSError, ValueError), contextlib.closing(connection):
            connection.settimeout(30)
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with contextlib.closing(connection):
                peer = Peer(connection, self)
                while peer.wait() and not peer.closed_by_client():
                    with self._lock:
                        step = self._steps[min(self.taken, len(self._steps) - 1)]
                        self.taken += 1
                    if not step(peer):
                        return


def answer(data: bytes = GOOD, *, keep: bool = True) -> Step:
    """Reads the request and answers; keeps the connection or closes it."""

    def step(peer: Peer) -> bool:
        peer.read()
        peer.send(data)
        return keep

    return step


def drip(head: bytes, part: bytes) -> Step:
    """Answers with a beginning, and then the same part again and again."""

    def step(peer: Peer) -> None:
        peer.read()
        peer.send(head)
        peer.drip(iter(lambda: part, b""))

    return step


def reset_after(data: bytes = b"", *, read: bool = True) -> Step:
    """Resets the connection: before the request is read, after it, or after a part of the answer."""

    def step(peer: Peer) -> None:
        if read:
            peer.read()
        if data:
            peer.send(data)
        peer.reset()

    return step


def close_unanswered(peer: Peer) -> None:
    """Reads the request and closes."""
    peer.read()


def hang(peer: Peer) -> None:
    """Reads the request and never answers."""
    peer.read()
    peer.hang()
