"""The HTTP client of a capture: it sends as every other, keeps each response, and stops after so many requests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.http.client import Client
from pulumi_nbcloud.http.messages import Request, Response

MAX_REQUESTS = 50


@dataclass
class Sent:
    """One request, and what came back.

    Args:
        request: as it was sent last.
        statuses: the HTTP status of each attempt; None without a response.
        response: the last response; None where there was none that is complete.
    """

    request: Request
    statuses: list[int | None] = field(default_factory=list)
    response: Response | None = None


class RecordingClient(Client):
    """Send requests and keep what was sent.

    Args:
        announce: called with each request before it is sent; not with its retries.
        max_requests: how many are sent at most, retries included.
        how: see `Client`.
    """

    def __init__(self, announce: Callable[[Request], None], *, max_requests: int = MAX_REQUESTS, **how: Any) -> None:
        super().__init__(observe=self._observed, **how)
        self._announce = announce
        self._max_requests = max_requests
        self._count = 0
        self.sent: list[Sent] = []

    async def send(self, prepare: Callable[[], Awaitable[Request]], **how: Any) -> Response:
        """Send one read as `Client.send` does, and keep its response.

        Raises:
            InputError: so many requests were sent that this one is not.
        """
        sent: Sent | None = None

        async def prepared() -> Request:
            nonlocal sent
            request = await prepare()
            if self._count >= self._max_requests:
                raise InputError(
                    f"the capture ends after {self._max_requests} requests, and this read needs more",
                    hint="capture one thing, or a list with fewer pages",
                )
            self._count += 1
            if sent is None:
                self._announce(request)
                sent = Sent(request)
                self.sent.append(sent)
            sent.request = request
            return request

        response = await super().send(prepared, **how)
        assert sent is not None  # there is no response without a request
        sent.response = response
        return response

    def _observed(self, cloud: str, status: int | None) -> None:
        # Requests of one capture go one after the other.
        self.sent[-1].statuses.append(status)
