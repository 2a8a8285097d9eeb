"""The log of every request that reached a mock cloud, without anything secret."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from typing import Any

from pulumi_nbcloud.mock.clock import VirtualClock, rfc3339
from pulumi_nbcloud.mock.wire import CloudRequest

MAX_ENTRIES = 10_000
_MAX_TARGET = 8_192


@dataclass(frozen=True)
class RequestEntry:
    """One request and its response.

    `target` is the request target as sent, byte for byte, each byte one character. `received_at` and `finished_at` are
    virtual times (RFC 3339), `received_epoch` is the real time in seconds, the `..._monotonic` pair shows which
    requests overlapped. Until the response is ready, the fields `finished_...`, `status` and `operation` are None.
    `access_key` is the key's public half, named only if the cloud knows it (a mistyped one could be a secret);
    an unknown one shows as `(unknown)`. Of the headers only the names are kept.
    """

    sequence: int
    received_at: str
    received_epoch: float
    received_monotonic: float
    method: str
    target: str
    service: str
    request_id: str
    access_key: str | None
    header_names: tuple[str, ...]
    operation: str | None = None
    status: int | None = None
    finished_at: str | None = None
    finished_monotonic: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the entry as plain data for JSON."""
        return {**asdict(self), "header_names": list(self.header_names)}


class RequestLog:
    """The last 10,000 requests in the order received, and their total number."""

    def __init__(
        self,
        clock: VirtualClock,
        lock: AbstractContextManager[Any],
        *,
        limit: int = MAX_ENTRIES,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._lock = lock
        self._limit = limit
        self._monotonic = monotonic
        self._entries: dict[int, RequestEntry] = {}
        self._total = 0
        self._counts: dict[str, int] = {}

    def begin(self, request: CloudRequest, *, service: str, request_id: str, access_key: str | None) -> RequestEntry:
        """Add a new request."""
        with self._lock:
            self._total += 1
            self._counts[service] = self._counts.get(service, 0) + 1
            entry = RequestEntry(
                sequence=self._total,
                received_at=rfc3339(self._clock.now()),
                received_epoch=self._clock.real_now(),
                received_monotonic=self._monotonic(),
                method=request.method,
                target=request.target[:_MAX_TARGET],
                service=service,
                request_id=request_id,
                access_key=access_key,
                header_names=tuple(sorted(request.headers)),
            )
            self._entries[entry.sequence] = entry
            while len(self._entries) > self._limit:
                del self._entries[next(iter(self._entries))]
            return entry

    def finish(self, entry: RequestEntry, *, status: int, operation: str) -> None:
        """Complete `entry`. One that was dropped meanwhile (by a reset, or because the log is full) stays dropped."""
        with self._lock:
            if self._entries.get(entry.sequence) is entry:
                self._entries[entry.sequence] = replace(
                    entry,
                    status=status,
                    operation=operation,
                    finished_at=rfc3339(self._clock.now()),
                    finished_monotonic=self._monotonic(),
                )

    def entries(self, *, service: str | None = None, since: int = 0) -> list[RequestEntry]:
        """Return the kept entries, newest last.

        Of one `service` if given, and only what came after the sequence number `since`.
        """
        with self._lock:
            return [
                entry
                for entry in self._entries.values()
                if entry.sequence > since and (service is None or entry.service == service)
            ]

    def count(self, service: str | None = None) -> int:
        """Return how many requests there were since the last clear, including dropped ones."""
        with self._lock:
            return self._total if service is None else self._counts.get(service, 0)

    def clear(self) -> None:
        """Drop everything; sequence numbers start at 1 again."""
        with self._lock:
            self._entries.clear()
            self._counts.clear()
            self._total = 0

    def state(self) -> dict[str, Any]:
        """Return the counts as plain data."""
        with self._lock:
            return {"total": self._total, "kept": len(self._entries), "by_service": dict(self._counts)}


def max_in_flight(entries: list[RequestEntry]) -> int:
    """Return the maximum number of concurrent requests among the finished `entries`."""
    edges: list[tuple[float, int]] = []
    for entry in entries:
        if entry.finished_monotonic is not None:
            edges += [(entry.received_monotonic, 1), (entry.finished_monotonic, -1)]
    highest = current = 0
    for _, step in sorted(edges):  # at equal times the end sorts first: touching is not overlapping
        current += step
        highest = max(highest, current)
    return highest
