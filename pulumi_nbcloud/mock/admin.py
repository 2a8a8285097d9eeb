"""The admin API under `/_mock/`: the Python methods of the mock clouds over HTTP, with every input checked.

It accepts and returns JSON. Bad input gets 400 with `{"error": "<field>: <reason>"}`, a wrong method 405, an
unknown path or thing 404.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AwareDatetime, Field, field_validator, model_validator

from pulumi_nbcloud.mock.clouds import Clouds
from pulumi_nbcloud.mock.faults import FaultSpec
from pulumi_nbcloud.mock.service import AdminHandler, AdminRoutes
from pulumi_nbcloud.mock.validation import InvalidInput, StrictModel, UnknownThing, validated, validated_json
from pulumi_nbcloud.mock.wire import CloudRequest, CloudResponse, Route, find_route, json_response

PREFIX = "/_mock/"

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class ClockInput(StrictModel):
    """One change of the clocks: `advance` (seconds), `set` (RFC 3339) or `skew` (seconds)."""

    advance: float | None = None
    set: Annotated[AwareDatetime, Field(strict=False)] | None = None
    skew: float | None = None

    @field_validator("set", mode="before")
    @classmethod
    def _is_rfc3339(cls, value: object) -> object:
        if value is not None and not (isinstance(value, str) and _RFC3339.fullmatch(value)):
            raise ValueError("must be an RFC 3339 time, such as 2026-01-31T12:00:00Z")
        return value

    @model_validator(mode="after")
    def _is_one(self) -> ClockInput:
        if sum(value is not None for value in (self.advance, self.set, self.skew)) != 1:
            raise ValueError("give exactly one of advance, set, skew")
        return self


class RequestsQuery(StrictModel):
    """A selection of the request log: one `service`, after the sequence number `since`."""

    service: str | None = None
    since: Annotated[int, Field(ge=0, strict=False)] = 0


class Nothing(StrictModel):
    """An empty object."""


class Admin:
    """Respond to requests under `/_mock/`."""

    def __init__(self, clouds: Clouds) -> None:
        self._clouds = clouds
        self._handlers: dict[Route, AdminHandler] = dict(self._own_routes())
        for service in clouds.services:
            self._handlers.update(service.admin_routes)

    def _own_routes(self) -> AdminRoutes:
        clouds = self._clouds
        return {
            Route("POST", "/_mock/reset", "reset"): self._reset,
            Route("GET", "/_mock/clock", "get_clock"): lambda request, _: clouds.clock.state(),
            Route("POST", "/_mock/clock", "set_clock"): self._set_clock,
            Route("GET", "/_mock/state", "get_state"): lambda request, _: clouds.state(),
            Route("GET", "/_mock/requests", "get_requests"): self._get_requests,
            Route("DELETE", "/_mock/requests", "clear_requests"): lambda request, _: clouds.clear_requests(),
            Route("GET", "/_mock/faults", "get_faults"): lambda request, _: clouds.faults.state(),
            Route("POST", "/_mock/faults", "add_fault"): self._add_fault,
            Route("DELETE", "/_mock/faults", "clear_faults"): lambda request, _: clouds.faults.clear(),
        }

    def respond(self, request: CloudRequest) -> CloudResponse:
        """Respond to `request`, whose path begins with `/_mock/`."""
        found = find_route(tuple(self._handlers), request)
        if found.route is None and found.allowed:
            error = {"error": f"method: must be {' or '.join(found.allowed)}"}
            return json_response(405, error, {"Allow": ", ".join(found.allowed)})
        if found.route is None:
            return json_response(404, {"error": "path: the admin API has no such path"})
        try:
            if request.raw_query and found.route.operation != "get_requests":
                raise InvalidInput("query", "this path takes none")
            result = self._handlers[found.route](request, found.values)
        except InvalidInput as error:
            return json_response(400, {"error": str(error)})
        except UnknownThing as error:
            return json_response(404, {"error": str(error)})
        return json_response(200, {} if result is None else result)

    def _reset(self, request: CloudRequest, _: Mapping[str, str]) -> None:
        validated_json(Nothing, request.body or b"{}")
        self._clouds.reset()

    def _set_clock(self, request: CloudRequest, _: Mapping[str, str]) -> Any:
        expected = validated_json(ClockInput, request.body)
        clock = self._clouds.clock
        if expected.advance is not None:
            clock.advance(expected.advance)
        elif expected.set is not None:
            clock.set(expected.set)
        elif expected.skew is not None:
            clock.skew = expected.skew
        return clock.state()

    def _get_requests(self, request: CloudRequest, _: Mapping[str, str]) -> Any:
        names = [name for name, _ in request.query]
        if len(names) != len(set(names)):
            raise InvalidInput("query", "a name is given twice")
        query = validated(RequestsQuery, dict(request.query))
        if query.service is not None:
            self._clouds.service(query.service)
        entries = self._clouds.request_entries(service=query.service, since=query.since)
        return {"total": self._clouds.request_count(query.service), "requests": [entry.to_dict() for entry in entries]}

    def _add_fault(self, request: CloudRequest, _: Mapping[str, str]) -> Any:
        self._clouds.faults.add_spec(validated_json(FaultSpec, request.body))
        return self._clouds.faults.state()
