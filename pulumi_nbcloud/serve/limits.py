"""Limits for callers: request rate, concurrency and size."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pulumi_nbcloud.serve.errors import RequestError


class Bucket:
    """Limit the rate of requests, with a burst of one second's requests; unused ones do not accumulate.

    Args:
        per_second: the number of requests a second.
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, per_second: int, clock: Callable[[], float]) -> None:
        self._per_second = per_second
        self._clock = clock
        self._left = float(per_second)
        self._at = clock()

    def take(self) -> None:
        """Count one request.

        Raises:
            RequestError: there were too many.
        """
        now = self._clock()
        self._left = min(float(self._per_second), self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            seconds = math.ceil((1 - self._left) / self._per_second)
            raise RequestError(429, "too_many_requests", "too many requests a second", retry_after=seconds)
        self._left -= 1


class Places:
    """Limit the number of concurrent requests.

    Args:
        most: the limit.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """Take a place for a request.

        Raises:
            RequestError: all places are taken.
        """
        if self._taken >= self._most:
            raise RequestError(429, "too_many_requests", "too many requests at once", retry_after=1)
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1


class CallerLimits:
    """The limits of each caller, equal for all, and of unknown callers.

    Args:
        per_second: the number of requests a second.
        at_once: the number of concurrent requests.
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, per_second: int, at_once: int, clock: Callable[[], float]) -> None:
        self._per_second = per_second
        self._at_once = at_once
        self._clock = clock
        self._callers: dict[str, tuple[Bucket, Places]] = {}
        self._unknown = Bucket(per_second, clock)

    @contextmanager
    def one(self, caller: str) -> Iterator[None]:
        """Count a request of a caller while it is in flight.

        Args:
            caller: a name in the file.

        Raises:
            RequestError: the caller exceeds a limit.
        """
        if caller not in self._callers:
            self._callers[caller] = Bucket(self._per_second, self._clock), Places(self._at_once)
        bucket, places = self._callers[caller]
        bucket.take()
        with places.one():
            yield

    def refused(self) -> None:
        """Count a request without a token of the file; it does not affect callers that have one.

        Raises:
            RequestError: there were too many.
        """
        self._unknown.take()
