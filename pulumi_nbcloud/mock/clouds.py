"""The mock clouds without their server: their content, their requests, their planned changes.

A further cloud is a folder beside `modelarts/` with a `Service`, and one line in `SERVICES`.
"""

from __future__ import annotations

import random
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from pulumi_nbcloud.mock.aidp.service import Aidp
from pulumi_nbcloud.mock.clock import VirtualClock
from pulumi_nbcloud.mock.contents import Content
from pulumi_nbcloud.mock.faults import FaultPlan
from pulumi_nbcloud.mock.hpcai.service import HpcAi
from pulumi_nbcloud.mock.modelarts.service import ModelArts
from pulumi_nbcloud.mock.request_log import RequestEntry, RequestLog, max_in_flight
from pulumi_nbcloud.mock.scenarios import SCENARIOS
from pulumi_nbcloud.mock.service import Context, Service
from pulumi_nbcloud.mock.settings import as_environment, as_pulumi_config
from pulumi_nbcloud.mock.validation import InvalidInput

SERVICES: tuple[type[Service], ...] = (ModelArts, Aidp, HpcAi)


class Clouds(ABC):
    """All mock clouds; every method may be called from any thread."""

    def __init__(self, time: Callable[[], float], seed: int, scenario: str) -> None:
        if scenario not in SCENARIOS:
            raise InvalidInput("scenario", f"must be one of {', '.join(SCENARIOS)}")
        self._seed = seed
        self._scenario = scenario
        self._lock = threading.RLock()
        self._random = random.Random(seed)  # noqa: S311 - must repeat, protects nothing
        self.clock = VirtualClock(time, self._lock)
        self._log = RequestLog(self.clock, self._lock)
        context = Context(self.clock, self._lock, self._random, lambda: self.url)
        self.services: tuple[Service, ...] = tuple(service(context) for service in SERVICES)
        self.faults = FaultPlan([service.name for service in self.services], self._lock)
        self._set_up()

    @property
    @abstractmethod
    def url(self) -> str:
        """The base URL of every cloud."""

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
        """Return a mock cloud by name.

        Raises:
            InvalidInput: the name is unknown.
        """
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
        """Return how many requests reached `service` (default: any), including dropped ones."""
        return self._log.count(service)

    def max_in_flight(self, service: str | None = None) -> int:
        """Return the maximum number of concurrent requests, among the kept, finished ones."""
        return max_in_flight(self._log.entries(service=service))

    def clear_requests(self) -> None:
        """Empty the request log; sequence numbers start at 1 again."""
        self._log.clear()

    def reset(self) -> None:
        """Restore a new mock: accounts, contents, clocks, transitions, faults, request log, failures, randomness."""
        with self._lock:
            self._random.seed(self._seed)
            self.clock.reset()
            self.faults.clear()
            self._log.clear()
            for service in self.services:
                service.reset()
            self._set_up()

    def _set_up(self) -> None:
        SCENARIOS[self._scenario](self.modelarts, self.aidp, self.hpcai)

    def state(self) -> dict[str, Any]:
        """Return the complete state as plain data, without secrets."""
        with self._lock:
            return {
                "clock": self.clock.state(),
                "seed": self._seed,
                "scenario": self._scenario,
                "services": {service.name: service.state() for service in self.services},
                "faults": self.faults.state(),
                "requests": self._log.state(),
            }

    def contents(self) -> list[Content]:
        """Return what the settings of the first account can read, of every cloud."""
        with self._lock:
            return [each for service in self.services for each in service.contents()]

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
