"""The only way out of a run: each request is one of those declared, is named before it is sent, and is counted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from acceptance_suite.behaviours import Suite
from pulumi_nbcloud.errors import AuthenticationError, InputError, NbcloudError
from pulumi_nbcloud.http.client import Client
from pulumi_nbcloud.http.messages import Request, Response
from pulumi_nbcloud.http.retry import RetryBudget

REJECTED = "the cloud rejected the credentials"


class StoppedError(InputError):
    """The run sends nothing more."""


class LimitError(StoppedError):
    """The run has sent as many requests as it may."""


@dataclass(frozen=True)
class Sent:
    """A request that was answered.

    Args:
        shown: method and path, without an id.
        response: the response.
        error: what the account makes of it; None for a success.
    """

    shown: str
    response: Response
    error: NbcloudError | None


class _NoRetries(RetryBudget):
    """A retry is one more request that nobody was shown."""

    def spend(self) -> bool:
        return False


class WatchedClient(Client):
    """Send what a suite declares, to the hosts that were shown, and no more than its limit.

    Args:
        suite: declares the requests.
        origins: scheme, host and port of each host.
        announce: is given each request before it is sent: its number, and method, host and path without an id.
        classify: as the account classifies a response; nothing is sent after one that rejects the credentials.
    """

    def __init__(
        self,
        suite: Suite,
        origins: frozenset[str],
        announce: Callable[[int, str, str], None],
        classify: Callable[[Response], NbcloudError | None] = lambda response: None,
    ) -> None:
        super().__init__()
        self._suite = suite
        self._origins = origins
        self._announce = announce
        self.classify = classify
        self.count = 0
        self.sent: list[Sent] = []
        self.stopped: str | None = None

    async def send(self, prepare: Callable[[], Awaitable[Request]], **how: Any) -> Response:
        """Send one request once, whatever its response."""
        shown: list[str] = []

        async def admitted() -> Request:
            request = await prepare()
            shown.append(self._admit(request))
            return request

        once = {"budget": _NoRetries(), "retry_statuses": frozenset(), "retry_response": None}
        response = await super().send(admitted, **{**how, **once})
        error = self.classify(response)
        self.sent.append(Sent(shown[-1], response, error))
        if response.status == 401 or isinstance(error, AuthenticationError):
            self.stop(REJECTED)
        return response

    def stop(self, reason: str) -> None:
        """Send nothing more; the first reason counts."""
        self.stopped = self.stopped or reason

    def _admit(self, request: Request) -> str:
        """Name a request, or raise StoppedError."""
        found = [each for each in self._suite.admitted if each.admits(request.method, request.target)]
        if request.origin not in self._origins or not found:
            self.stop("a request is not one of those declared, so it was not sent")
        elif self.stopped is None and self.count == self._suite.limit:
            self.stop(f"the limit of {self._suite.limit} requests is reached")
            raise LimitError(f"the limit of {self._suite.limit} requests is reached")
        if self.stopped is not None:
            raise StoppedError(self.stopped)
        self.count += 1
        shown = found[0].shown(request.target)
        self._announce(self.count, request.origin, shown)
        return shown
