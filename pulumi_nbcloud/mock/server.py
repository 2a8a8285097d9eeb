"""The mock clouds: one local server that stands in for all of them.

A further cloud is a folder beside `modelarts/` with a `Service`, and one line in `SERVICES`.
"""

from __future__ import annotations

import random
import threading
import time as _time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from pulumi_nbcloud.mock.admin import PREFIX, Admin
from pulumi_nbcloud.mock.aidp.service import Aidp
from pulumi_nbcloud.mock.clock import VirtualClock
from pulumi_nbcloud.mock.faults import FaultPlan, FaultSpec, fault_response
from pulumi_nbcloud.mock.hpcai.service import HpcAi
from pulumi_nbcloud.mock.listener import HOST, Listener
from pulumi_nbcloud.mock.modelarts.service import ModelArts
from pulumi_nbcloud.mock.request_log import RequestEntry, RequestLog, max_in_flight
from pulumi_nbcloud.mock.scenarios import SCENARIOS
from pulumi_nbcloud.mock.service import Answer, Context, Service
from pulumi_nbcloud.mock.settings import as_environment, as_pulumi_config
from pulumi_nbcloud.mock.validation import InvalidInput
from pulumi_nbcloud.mock.wire import CloudRequest, CloudResponse, json_response

SERVICES: tuple[type[Service], ...] = (ModelArts, Aidp, HpcAi)


class MockClouds:
    """All mock clouds on one loopback address; a context manager that serves while it is entered.

    Every method may be called from any thread, and before the server is started, except for what needs `url`.
    """

    def __init__(
        self, port: int = 0, time: Callable[[], float] = _time.time, seed: int = 0, scenario: str = "empty"
    ) -> None:
        """Make the clouds; they serve once they are started.

        Args:
            port: the port on loopback; 0 takes a free one.
            time: gives real epoch seconds; a test may freeze it.
            seed: starts the randomness, so that request ids repeat from run to run.
            scenario: what the clouds hold at the start and after a reset: `empty` or `demo`.

        Raises:
            InvalidInput: there is no such scenario.
        """
        if scenario not in SCENARIOS:
            raise InvalidInput("scenario", f"must be one of {', '.join(SCENARIOS)}")
        self._seed = seed
        self._scenario = scenario
        self._lock = threading.RLock()
        self._random = random.Random(seed)  # noqa: S311 - must repeat, guards nothing
        self._stopping = threading.Event()
        self.clock = VirtualClock(time, self._lock)
        self._log = RequestLog(self.clock, self._lock)
        context = Context(self.clock, self._lock, self._random, lambda: self.url)
        self.services: tuple[Service, ...] = tuple(service(context) for service in SERVICES)
        self.faults = FaultPlan([service.name for service in self.services], self._lock)
        self._admin = Admin(self)
        self._listener = Listener(port, self._respond)
        SCENARIOS[scenario](self)

    def __enter__(self) -> MockClouds:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start to serve; raises `PortInUseError` where the asked-for port is taken."""
        self._stopping.clear()
        self._listener.start()

    def stop(self) -> None:
        """Stop to serve; answers that a fault holds back are sent at once. Does nothing where it is not serving."""
        self._stopping.set()
        if self._listener.is_running():
            self._listener.stop()

    @property
    def url(self) -> str:
        """The base URL of every cloud and, with `/_mock/` behind it, of the admin API.

        Raises RuntimeError before start.
        """
        if not self._listener.is_running():
            raise RuntimeError("the mock clouds are not serving: use them as a context manager, or call start()")
        return f"http://{HOST}:{self._listener.port}"

    @property
    def modelarts(self) -> ModelArts:
        """The ModelArts mock."""
        service = self.service("modelarts")
        assert isinstance(service, ModelArts)
        return service

    @property
    def aidp(self) -> Aidp:
        """The AIDP mock."""
        service = self.service("aidp")
        assert isinstance(service, Aidp)
        return service

    @property
    def hpcai(self) -> HpcAi:
        """The HPC-AI mock."""
        service = self.service("hpcai")
        assert isinstance(service, HpcAi)
        return service

    def service(self, name: str) -> Service:
        """Return a mock cloud by its name; raises `InvalidInput`."""
        for service in self.services:
            if service.name == name:
                return service
        raise InvalidInput("service", f"must be one of {', '.join(service.name for service in self.services)}")

    @property
    def requests(self) -> list[RequestEntry]:
        """The last 10,000 requests to the clouds, newest last; those to the admin API are not among them."""
        return self._log.entries()

    def request_entries(self, *, service: str | None = None, since: int = 0) -> list[RequestEntry]:
        """Return the kept requests of one `service` (default all) that came after sequence number `since`."""
        return self._log.entries(service=service, since=since)

    def request_count(self, service: str | None = None) -> int:
        """Return how many requests reached `service` (default: any), those no longer kept included."""
        return self._log.count(service)

    def max_in_flight(self, service: str | None = None) -> int:
        """Return how many of the kept, finished requests were in work at the same time at most."""
        return max_in_flight(self._log.entries(service=service))

    def clear_requests(self) -> None:
        """Empty the request log; sequence numbers start at 1 again."""
        self._log.clear()

    def reset(self) -> None:
        """Go back to a new mock: accounts, contents, clocks, transitions, faults, request log, failures, randomness."""
        with self._lock:
            self._random.seed(self._seed)
            self.clock.reset()
            self.faults.clear()
            self._log.clear()
            for service in self.services:
                service.reset()
            self._listener.handler_errors.clear()
            SCENARIOS[self._scenario](self)

    def check(self) -> None:
        """Raise the first failure of the mock itself since the last check or reset; do nothing where there is none."""
        self._listener.check()

    def state(self) -> dict[str, Any]:
        """Return everything as plain data, without secrets."""
        with self._lock:
            return {
                "clock": self.clock.state(),
                "seed": self._seed,
                "scenario": self._scenario,
                "services": {service.name: service.state() for service in self.services},
                "faults": self.faults.state(),
                "requests": self._log.state(),
            }

    def settings(self, profile: str | None = None) -> dict[str, dict[str, str]]:
        """Return ready-made settings by cloud, with camelCase keys: of the first account, or of `profile` (`other`)."""
        return {service.name: service.settings(profile) for service in self.services}

    def environment(self, profile: str | None = None) -> dict[str, str]:
        """Return the settings as environment variables, `NBCLOUD_...` or for a profile `NBCLOUD_PROFILE_<NAME>_...`."""
        return as_environment(self.settings(profile), profile)

    def pulumi_config(self, profile: str | None = None) -> list[list[str]]:
        """Return the settings as argument lists for the command `pulumi`.

        Each is `config set --path [--secret] KEY VALUE`, or for a value that begins with a hyphen `config set-all
        --path --secret KEY=VALUE`; the name of the command itself is not part of it.
        """
        secret = {service.name: service.secret_settings() for service in self.services}
        return as_pulumi_config(self.settings(profile), secret, profile)

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
            # 32 hexadecimal digits, as the gateway's own.
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
        # Without the lock: others are served meanwhile. A stop cuts the wait short.
        self._stopping.wait(fault.delay)
        response = fault_response(fault)
        headers = {"X-Request-Id": request_id, **response.headers}
        return Answer("(fault)", CloudResponse(response.status, response.body, headers))


__all__ = ["SERVICES", "MockClouds"]
