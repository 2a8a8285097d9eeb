"""The base of every mock cloud: its interface to the server and the admin API."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar

from pulumi_nbcloud.mock.clock import VirtualClock
from pulumi_nbcloud.mock.contents import Content
from pulumi_nbcloud.mock.validation import UnknownThing
from pulumi_nbcloud.mock.wire import CloudRequest, CloudResponse, Route

AdminHandler = Callable[[CloudRequest, Mapping[str, str]], Any]
"""Take a request and the values of its path; return the JSON to send, None for an empty object."""

AdminRoutes = Mapping[Route, AdminHandler]


@dataclass(frozen=True)
class Context:
    """The shared parts of mock clouds: the clocks, the one lock, the seeded randomness, the server's address."""

    clock: VirtualClock
    lock: AbstractContextManager[Any]
    random: random.Random
    base_url: Callable[[], str]


@dataclass(frozen=True)
class Answer:
    """The result of a request: the name of the operation (empty if none) and the response."""

    operation: str
    response: CloudResponse


class Service(ABC):
    """One mock cloud. `name` is its name everywhere, `prefixes` are the prefixes of the paths that it serves."""

    name: ClassVar[str]
    prefixes: ClassVar[tuple[str, ...]]
    profiles: ClassVar[Mapping[str | None, str]]
    """The accounts with ready-made settings, by profile; None for the first."""
    secrets: ClassVar[frozenset[str]]
    """The settings whose values are secret, including those of other authentication methods."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @property
    def endpoint(self) -> str:
        """The base URL for clients of this cloud."""
        return self._context.base_url()

    @property
    @abstractmethod
    def admin_routes(self) -> AdminRoutes:
        """The routes of its own under `/_mock/<name>/`."""

    @abstractmethod
    def respond(self, request: CloudRequest, request_id: str) -> Answer:
        """Respond to a request. The server holds the lock meanwhile."""

    @abstractmethod
    def caller(self, request: CloudRequest) -> str | None:
        """Return the public name of the sender, for the request log; None if the request has none."""

    @abstractmethod
    def reset(self) -> None:
        """Restore the state of a new mock."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Return its complete state as plain data, without secrets."""

    @abstractmethod
    def contents(self) -> list[Content]:
        """Return what the settings of the first account can read, in the order stored."""

    @abstractmethod
    def settings(self, profile: str | None) -> dict[str, str]:
        """Return the settings that make a client use this mock, by their camelCase names.

        Args:
            profile: one of `profiles`; None for the first account.

        Raises:
            UnknownThing: there is no account for this profile.
        """

    def account_name(self, profile: str | None) -> str:
        """Return the name of the account of a profile.

        Raises:
            UnknownThing: the profile is unknown.
        """
        if profile not in self.profiles:
            raise UnknownThing(f"profile: {self.name} has no mock account for {profile!r}; there is 'other'")
        return self.profiles[profile]

    def secret_settings(self) -> frozenset[str]:
        """Return the names in `settings` whose values are secret."""
        return self.secrets
