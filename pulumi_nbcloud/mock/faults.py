"""The fault plan: the responses to the next requests to a service, which do not reach it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, field_validator

from pulumi_nbcloud.mock.validation import InvalidInput, StrictModel, validated
from pulumi_nbcloud.mock.wire import CloudRequest, CloudResponse

MAX_PLANNED = 1_000
MAX_DELAY_SECONDS = 30.0

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# The server writes these itself; a second, contradicting one would be invalid framing, not a planned fault.
_FRAMING = frozenset({"content-length", "transfer-encoding", "connection"})


class FaultSpec(StrictModel):
    """A planned fault.

    `service` is the name of a mock cloud; `status` 200 to 599; `headers` by name; `body` a text of at most 1 MB;
    `count` the number of affected requests, 1 to 10,000; `match` limits it to requests with this text in the target;
    `delay` is the delay of the response, 0 to 30 real seconds.
    """

    service: str
    status: Annotated[int, Field(ge=200, le=599)]
    headers: dict[str, str] = Field(default_factory=dict, max_length=50)
    body: Annotated[str, Field(max_length=1_000_000)] = ""
    count: Annotated[int, Field(ge=1, le=10_000)] = 1
    match: Annotated[str, Field(min_length=1, max_length=1_000)] | None = None
    delay: Annotated[float, Field(ge=0, le=MAX_DELAY_SECONDS)] = 0.0

    @field_validator("headers")
    @classmethod
    def _header_can_be_sent(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if not _TOKEN.fullmatch(name):
                raise ValueError(f"{name!r} is not a header name")
            if name.lower() in _FRAMING:
                raise ValueError(f"{name} is set by the server itself")
            if any((ord(character) < 32 and character != "\t") or ord(character) > 255 for character in value):
                raise ValueError(f"the value of {name} cannot be sent in a header")
        return headers


@dataclass
class _Planned:
    spec: FaultSpec
    left: int


class FaultPlan:
    """The planned faults of all services; the first that fits a request is used, in the order added."""

    def __init__(self, services: Collection[str], lock: AbstractContextManager[Any]) -> None:
        self._services = tuple(services)
        self._lock = lock
        self._planned: list[_Planned] = []

    def add(
        self,
        *,
        service: str,
        status: int,
        headers: Mapping[str, str] | None = None,
        body: str = "",
        count: int = 1,
        match: str | None = None,
        delay: float = 0.0,
    ) -> None:
        """Plan a fault; see `FaultSpec` for the arguments.

        Raises:
            InvalidInput: names the invalid argument.
        """
        values = {"service": service, "status": status, "headers": dict(headers or {}), "body": body}
        self.add_spec(validated(FaultSpec, {**values, "count": count, "match": match, "delay": delay}))

    def add_spec(self, spec: FaultSpec) -> None:
        """Plan a validated fault.

        Raises:
            InvalidInput: there is no such service, or 1,000 faults are planned.
        """
        if spec.service not in self._services:
            raise InvalidInput("service", f"must be one of {', '.join(self._services)}")
        with self._lock:
            if len(self._planned) >= MAX_PLANNED:
                raise InvalidInput("faults", f"{MAX_PLANNED} are planned already")
            self._planned.append(_Planned(spec, spec.count))

    def take(self, service: str, request: CloudRequest) -> FaultSpec | None:
        """Consume and return the fault for `request`, or return None."""
        with self._lock:
            for planned in self._planned:
                if planned.spec.service == service and (planned.spec.match or "") in request.target:
                    planned.left -= 1
                    if not planned.left:
                        self._planned.remove(planned)
                    return planned.spec
            return None

    def clear(self) -> None:
        """Drop all planned faults."""
        with self._lock:
            self._planned.clear()

    def state(self) -> list[dict[str, Any]]:
        """Return the planned faults as plain data, in order, with the `left` count of each."""
        with self._lock:
            return [{**planned.spec.model_dump(), "left": planned.left} for planned in self._planned]


def fault_response(spec: FaultSpec) -> CloudResponse:
    """Return the response of `spec`; the body counts as JSON unless a header differs."""
    headers = dict(spec.headers)
    if "content-type" not in {name.lower() for name in headers}:
        headers["Content-Type"] = "application/json"
    return CloudResponse(spec.status, spec.body.encode(), headers)
