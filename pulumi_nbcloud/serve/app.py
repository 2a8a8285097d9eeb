"""The application of the service: authorization, limits and responses."""

from __future__ import annotations

import logging
import os
import time
import traceback
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from pulumi_nbcloud.clock import Clock
from pulumi_nbcloud.serve import documents, requests
from pulumi_nbcloud.serve.checks import Check, Checks
from pulumi_nbcloud.serve.errors import RequestError
from pulumi_nbcloud.serve.file import ServeFile
from pulumi_nbcloud.serve.gates import NamedGate
from pulumi_nbcloud.serve.limits import CallerLimits
from pulumi_nbcloud.serve.metrics import CONTENT_TYPE, Metrics
from pulumi_nbcloud.serve.tokens import ANYBODY, Caller, Callers

METHODS = {"check": ("POST",), "wait": ("GET",)}
PLAIN_METHODS = ("GET", "HEAD")
NOT_MET_STATUS = 409
_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
_log = logging.getLogger(__name__)

Scope = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


@dataclass
class Service:
    """The parts that the application uses.

    Args:
        file: gates, tokens and limits.
        checks: evaluates gates.
        metrics: counts requests and checks.
        clock: the clock.
        hosts: the allowed values of the Host header for a service without tokens; None if tokens are required.
    """

    file: ServeFile
    checks: Checks
    metrics: Metrics
    clock: Clock
    hosts: frozenset[str] | None = None

    def __post_init__(self) -> None:
        self.callers = Callers(
            (each.sha256, Caller(each.name, frozenset(each.gates), each.metrics)) for each in self.file.tokens
        )
        limits = self.file.limits
        self.limits = CallerLimits(limits.requests_per_second, limits.concurrent_requests, time.monotonic)


def make_app(service: Service) -> Guard:
    """Make the application of the service."""
    routes = [
        Route("/healthz", partial(_health, service)),
        Route("/readyz", partial(_ready, service)),
        Route("/metrics", partial(_metrics, service)),
        Route("/v1/gates/{name}/check", partial(_check, service), methods=["POST"]),
        Route("/v1/gates/{name}/wait", partial(_wait, service)),
    ]
    # Not a Starlette application, which would respond to errors itself and redirect paths with a slash.
    return Guard(service, Router(routes, redirect_slashes=False))


def make_metrics_app(metrics: Metrics, hosts: frozenset[str] | None) -> Router:
    """Make the application of a separate listener that serves only the metrics.

    Args:
        metrics: the metrics.
        hosts: the allowed values of the Host header on loopback; None for other addresses.
    """

    async def show(request: Request) -> Response:
        try:
            if hosts is not None:
                requests.check_local(request.scope["headers"], hosts)
        except RequestError as error:
            return _error(error)
        return _metrics_text(metrics)

    return Router([Route("/metrics", show)], redirect_slashes=False)


class Guard:
    """Check requests before the routes: a rejected request reaches none of them.

    Args:
        service: the parts of the application.
        app: the routes.
    """

    def __init__(self, service: Service, app: Router) -> None:
        self._service = service
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one ASGI request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)  # type: ignore[arg-type]
            return
        started = time.monotonic()
        metrics = self._service.metrics
        route, gate = requests.route_of(scope.get("raw_path") or scope["path"].encode())
        statuses: list[int] = []

        async def sent(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
            await send(message)

        scope.setdefault("state", {})["caller"] = None
        metrics.in_flight += 1
        try:
            await self._respond(route, gate, scope, receive, sent)
        finally:
            metrics.in_flight -= 1
            seconds, status = time.monotonic() - started, next(iter(statuses), 0)
            metrics.request(route, status, seconds)
            # No path and no parameter: only our own words and names from the file.
            known = gate if gate in self._service.file.gates else "-"
            caller = scope["state"]["caller"]
            _log.info("%s %s %d %.0fms %s", route, known, status, seconds * 1000, caller.name if caller else "-")

    async def _respond(self, route: str, gate: str | None, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            caller = self._admit(route, gate, scope)
            scope["state"]["caller"] = caller
            with self._service.limits.one(caller.name) if caller is not None else nullcontext():
                await self._app(scope, receive, send)  # type: ignore[arg-type]
        except RequestError as error:
            await _error(error)(scope, receive, send)  # type: ignore[arg-type]
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            # Its text may contain anything, so it is not shown.
            _log.error(
                "internal error: %s in %s:%s", type(error).__name__, os.path.basename(where.filename), where.lineno
            )
            internal = RequestError(500, "internal_error", "an internal error of this service; its log says where")
            await _error(internal)(scope, receive, send)  # type: ignore[arg-type]

    def _admit(self, route: str, gate: str | None, scope: Scope) -> Caller | None:
        """Authenticate and authorize a request.

        Returns:
            The caller; None if no authentication is needed.

        Raises:
            RequestError: it is rejected; a missing gate and a gate of other callers give the same text.
        """
        service, headers = self._service, scope["headers"]
        requests.check_framing(scope.get("http_version", "1.1"), headers)
        if service.hosts is not None:
            requests.check_local(headers, service.hosts)
        if route in ("healthz", "readyz"):
            _check_method(scope, PLAIN_METHODS)
            return None
        caller = ANYBODY if service.hosts is not None else service.callers.find(_authorization(headers))
        if caller is None:
            service.limits.refused()
            raise RequestError(401, "unauthorized", "a token of this service is needed")
        if route == requests.OTHER or (route == "metrics" and not caller.metrics):
            raise RequestError(404, "not_found", "there is no such path")
        _check_method(scope, METHODS.get(route, PLAIN_METHODS))
        if gate is not None and (gate not in service.file.gates or not _may(caller, gate)):
            raise RequestError(404, "not_found", "there is no such gate")
        return caller


def _check_method(scope: Scope, methods: Sequence[str]) -> None:
    if scope["method"] not in methods:
        raise RequestError(405, "method", f"the method must be {methods[0]}")


def _may(caller: Caller, gate: str) -> bool:
    return caller.gates is None or gate in caller.gates


def _authorization(headers: Iterable[tuple[bytes, bytes]]) -> list[str]:
    return requests.values_of(tuple(headers), b"authorization")


async def _check(service: Service, request: Request) -> Response:
    headers = request.scope["headers"]
    query = requests.query_of(request.scope["query_string"])
    by_status = requests.flag_of(query)
    body = await requests.body_of(request.receive, headers, service.file.limits.body_bytes)
    given = requests.parameters_of(body, headers, query)
    return _of_check(service, await service.checks.check(_gate(service, request), given), by_status)


async def _wait(service: Service, request: Request) -> Response:
    query = requests.query_of(request.scope["query_string"])
    by_status = requests.flag_of(query)
    seconds = requests.seconds_of(query)
    gate = _gate(service, request)
    found: list[Check] = []
    problems: list[Exception] = []
    async with anyio.create_task_group() as group:
        # A disconnected caller no longer takes a place.
        group.start_soon(_cancel_if_gone, request, group.cancel_scope)
        try:
            found.append(await service.checks.wait(gate, query, seconds))
        except Exception as error:  # re-raised outside of the group, which would wrap it
            problems.append(error)
        group.cancel_scope.cancel()
    for problem in problems:
        raise problem
    if not found:
        raise RequestError(499, "gone", "the caller went away")
    return _of_check(service, found[0], by_status)


async def _cancel_if_gone(request: Request, scope: anyio.CancelScope) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    scope.cancel()


def _gate(service: Service, request: Request) -> NamedGate:
    return service.file.gates[request.path_params["name"]]


async def _health(service: Service, request: Request) -> Response:
    return _json({"status": "ok"})


async def _ready(service: Service, request: Request) -> Response:
    draining = service.checks.draining.is_set()
    return _json({"status": "draining" if draining else "ready"}, 503 if draining else 200)


async def _metrics(service: Service, request: Request) -> Response:
    return _metrics_text(service.metrics)


def _metrics_text(metrics: Metrics) -> Response:
    return Response(metrics.text(), headers={**_HEADERS, "content-type": CONTENT_TYPE})


def _of_check(service: Service, check: Check, by_status: bool) -> Response:
    document = documents.of_check(check, service.clock.monotonic())
    return _json(document, 200 if document["met"] or not by_status else NOT_MET_STATUS)


def _json(document: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    content = documents.written(document)
    return Response(content, status, {**_HEADERS, **(headers or {}), "content-type": "application/json"})


def _error(error: RequestError) -> Response:
    headers = {"www-authenticate": "Bearer"} if error.status == 401 else {}
    if error.retry_after is not None:
        headers["retry-after"] = str(error.retry_after)
    if error.closes:
        headers["connection"] = "close"
    return _json(documents.of_error(error), error.status, headers)
