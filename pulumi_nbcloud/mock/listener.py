"""The HTTP side of the mock clouds: pytest-httpserver with one application instead of per-request expectations."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Callable
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response
from werkzeug.serving import WSGIRequestHandler

from pulumi_nbcloud.mock.wire import CloudRequest, CloudResponse, json_response

HOST = "127.0.0.1"

MAX_BODY_BYTES = 2_000_000
_POLL_SECONDS = 0.05
_GRACE_SECONDS = 1.0
_RAW_TARGET = "nbcloud.raw_target"

_logger = logging.getLogger("nbcloud.mock")


class PortInUseError(OSError):
    """The requested port is taken."""


class _Handler(WSGIRequestHandler):
    """Pass on the raw request target, and write no access log.

    The standard library folds several slashes at the start of a target into one before any handler, and a signature
    covers the raw target, so the target is taken from the request line itself.
    """

    def make_environ(self) -> Any:
        environ = super().make_environ()
        environ[_RAW_TARGET] = self.requestline.split()[1]
        return environ

    def run_wsgi(self) -> None:
        """Respond to the request, unless its body is larger than the mock ever needs."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            self._refuse(411, "Length Required")
        elif int(length) > MAX_BODY_BYTES:
            self._refuse(413, "Content Too Large")
        else:
            super().run_wsgi()

    def _refuse(self, status: int, reason: str) -> None:
        self.close_connection = True
        self.send_response(status, reason)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()

    def send_header(self, keyword: str, value: str) -> None:
        """Write a header. A response's own Date replaces the server's: a cloud's clock may be off."""
        if keyword == "Date":
            buffered: list[bytes] = getattr(self, "_headers_buffer", [])
            buffered[:] = [line for line in buffered if not line.startswith(b"Date:")]
        super().send_header(keyword, value)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write nothing: the mock's request log has more detail, and programs read the command's output."""


class _Forgetful(list[Any]):
    """Replace the base class's log, which would keep all messages with their secrets."""

    def append(self, _: Any) -> None:
        """Keep nothing."""


class Listener(HTTPServer):
    """A threaded server on loopback that passes every request to `application`."""

    def __init__(self, port: int, respond: Callable[[CloudRequest], CloudResponse]) -> None:
        super().__init__(host=HOST, port=port, threaded=True)
        self.log = _Forgetful()
        self._respond = respond
        self._open: set[socket.socket] = set()
        self._changed = threading.Condition()

    def start(self) -> None:
        """Start the server.

        Raises:
            PortInUseError: the requested port is taken.
        """
        if self.port:
            _check_free(self.port)
        super().start()

    def stop(self) -> None:
        """Stop the server, and leave no connection open.

        Requests in flight get a second to finish; then connections close, such as those of clients that never sent.
        """
        super().stop()
        with self._changed:
            if not self._changed.wait_for(lambda: not self._open, timeout=_GRACE_SECONDS):
                for connection in self._open:
                    with contextlib.suppress(OSError):
                        connection.shutdown(socket.SHUT_RDWR)
                self._changed.wait_for(lambda: not self._open, timeout=_GRACE_SECONDS)

    def thread_target(self) -> None:
        """Serve until `stop`; poll often for a quick stop."""
        if self.server is None:
            raise RuntimeError("the mock server was not created")
        self.server.RequestHandlerClass = _Handler
        self._keep_track_of_connections(self.server)
        self.server.serve_forever(poll_interval=_POLL_SECONDS)

    def _keep_track_of_connections(self, server: Any) -> None:
        # Around the complete connection, not only the application: it ends only when its socket is closed.
        process, shutdown = server.process_request, server.shutdown_request

        def process_request(connection: socket.socket, client_address: Any) -> None:
            with self._changed:
                self._open.add(connection)
                self._changed.notify_all()
            process(connection, client_address)

        def shutdown_request(connection: socket.socket) -> None:
            try:
                shutdown(connection)
            finally:
                with self._changed:
                    self._open.discard(connection)
                    self._changed.notify_all()

        server.process_request, server.shutdown_request = process_request, shutdown_request

    def dispatch(self, request: Request) -> Response:
        """Respond to `request`; a failure of the mock itself gets 500 and is kept for `check()`."""
        try:
            answer = self._respond(_cloud_request(request))
        except Exception as error:
            _logger.exception("the mock failed")
            self.handler_errors.append(error)
            answer = json_response(500, {"error": f"the mock itself failed: {type(error).__name__}: {error}"})
        return Response(answer.body, status=answer.status, headers=dict(answer.headers))


def _cloud_request(request: Request) -> CloudRequest:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return CloudRequest(request.method, request.environ[_RAW_TARGET], headers, request.get_data())


def _check_free(port: int) -> None:
    # The server underneath prints advice and ends the process if a port is taken.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise PortInUseError(f"port {port} on {HOST} cannot be used: {error.strerror}") from None
