"""What every mock cloud is: the part that the server and the admin API know of it."""

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
"""Takes a request and the values of its path; returns what is sent as JSON, None for an empty object."""

AdminRoutes = Mapping[Route, AdminHandler]


@dataclass(frozen=True)
class Context:
    """What mock clouds share: the clocks, the one lock, the seeded randomness, the server's address."""

    clock: VirtualClock
    lock: AbstractContextManager[Any]
    random: random.Random
    base_url: Callable[[], str]


@dataclass(frozen=True)
class Answer:
    """What a service did with a request: the name of the operation (empty if none) and the answer."""

    operation: str
    response: CloudResponse


class Service(ABC):
    """One mock cloud. `name` is its name everywhere, `prefixes` are the beginnings of the paths that it answers for."""

    name: ClassVar[str]
    prefixes: ClassVar[tuple[str, ...]]
    profiles: ClassVar[Mapping[str | None, str]]
    """The accounts that settings are given out for, by profile; None for the first."""
    secrets: ClassVar[frozenset[str]]
    """The settings whose values are secret, those of other ways to sign in too."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @property
    def endpoint(self) -> str:
        """The base URL that a client of this cloud is pointed at."""
        return self._context.base_url()

    @property
    @abstractmethod
    def admin_routes(self) -> AdminRoutes:
        """The routes of its own under `/_mock/<name>/`."""

    @abstractmethod
    def respond(self, request: CloudRequest, request_id: str) -> Answer:
        """Answer a request. The server holds the lock meanwhile."""

    @abstractmethod
    def caller(self, request: CloudRequest) -> str | None:
        """Return the public name of who asks, for the request log; None where the request names nobody."""

    @abstractmethod
    def reset(self) -> None:
        """Go back to the state of a new mock."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Return everything it holds as plain data, without secrets."""

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
        """Return the name of the account that a profile stands for.

        Raises:
            UnknownThing: there is none.
        """
        if profile not in self.profiles:
            raise UnknownThing(f"profile: {self.name} has no mock account for {profile!r}; there is 'other'")
        return self.profiles[profile]

    def secret_settings(self) -> frozenset[str]:
        """Return the names in `settings` whose values are secret."""
        return self.secrets
