"""The mock clouds behind one local server, which stands in for all of them."""

from __future__ import annotations

import threading
import time as _time
from collections.abc import Callable
from types import TracebackType

from pulumi_nbcloud.mock.admin import PREFIX, Admin
from pulumi_nbcloud.mock.clouds import Clouds
from pulumi_nbcloud.mock.faults import FaultSpec, fault_response
from pulumi_nbcloud.mock.listener import HOST, Listener
from pulumi_nbcloud.mock.service import Answer, Service
from pulumi_nbcloud.mock.wire import CloudRequest, CloudResponse, json_response


class MockClouds(Clouds):
    """All mock clouds on one loopback address; a context manager that serves inside of its block.

    Every method may be called from any thread, and before the server is started, except methods that need `url`.
    """

    def __init__(
        self, port: int = 0, time: Callable[[], float] = _time.time, seed: int = 0, scenario: str = "empty"
    ) -> None:
        """Make the clouds; `start` serves them.

        Args:
            port: the port on loopback; 0 takes a free one.
            time: returns real epoch seconds; a test may freeze it.
            seed: seeds the randomness, so request ids repeat from run to run.
            scenario: the content at the start and after a reset: `empty` or `demo`.

        Raises:
            InvalidInput: the scenario is unknown.
        """
        super().__init__(time, seed, scenario)
        self._stopping = threading.Event()
        self._admin = Admin(self)
        self._listener = Listener(port, self._respond)

    def __enter__(self) -> MockClouds:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server.

        Raises:
            PortInUseError: the requested port is taken.
        """
        self._stopping.clear()
        self._listener.start()

    def stop(self) -> None:
        """Stop the server; responses delayed by a fault are sent immediately. A stopped server is left alone."""
        self._stopping.set()
        if self._listener.is_running():
            self._listener.stop()

    @property
    def url(self) -> str:
        """The base URL of every cloud and, with `/_mock/` behind it, of the admin API.

        Raises:
            RuntimeError: the server is not running.
        """
        if not self._listener.is_running():
            raise RuntimeError("the mock clouds are not serving: use them as a context manager, or call start()")
        return f"http://{HOST}:{self._listener.port}"

    def reset(self) -> None:
        """Restore a new mock; this also drops failures of the mock itself."""
        super().reset()
        self._listener.handler_errors.clear()

    def check(self) -> None:
        """Raise the first failure of the mock itself since the last check or reset; do nothing without one."""
        self._listener.check()

    def _respond(self, request: CloudRequest) -> CloudResponse:
        if request.raw_path.startswith(PREFIX):
            with self._lock:
                return self._admin.respond(request)
        service = self._service_of(request)
        if service is None:
            return json_response(404, {"error": "path: no mock cloud serves it"})
        return self._respond_for(service, request)

    def _service_of(self, request: CloudRequest) -> Service | None:
        for service in self.services:
            if request.raw_path.startswith(service.prefixes):
                return service
        return None

    def _respond_for(self, service: Service, request: CloudRequest) -> CloudResponse:
        with self._lock:
            # 32 hexadecimal digits, like the gateway's own.
            request_id = f"{self._random.getrandbits(128):032x}"
            caller = service.caller(request)
            entry = self._log.begin(request, service=service.name, request_id=request_id, access_key=caller)
            fault = self.faults.take(service.name, request)
        answer = Answer("", json_response(500, {"error": "the mock itself failed"}))
        try:
            answer = self._fault(fault, request_id) if fault else self._ask(service, request, request_id)
        finally:
            self._log.finish(entry, status=answer.response.status, operation=answer.operation)
        return answer.response

    def _ask(self, service: Service, request: CloudRequest, request_id: str) -> Answer:
        with self._lock:
            return service.respond(request, request_id)

    def _fault(self, fault: FaultSpec, request_id: str) -> Answer:
        # Without the lock: other requests are served meanwhile. A stop ends the delay.
        self._stopping.wait(fault.delay)
        response = fault_response(fault)
        headers = {"X-Request-Id": request_id, **response.headers}
        return Answer("(fault)", CloudResponse(response.status, response.body, headers))
