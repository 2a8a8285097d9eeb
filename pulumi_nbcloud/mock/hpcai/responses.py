"""HTTP in, HTTP out: the order of checks and the form of the responses; the instances have the state and the rules."""

from __future__ import annotations

import json
from typing import Any

from pulumi_nbcloud.mock.clock import VirtualClock
from pulumi_nbcloud.mock.hpcai.accounts import AccountBook, AccountSpec
from pulumi_nbcloud.mock.hpcai.exceptions import (
    LoginRefused,
    NoSuchPath,
    NotAllowed,
    NotLoggedIn,
    ServerPanic,
    WireError,
)
from pulumi_nbcloud.mock.hpcai.instances import Instances, OptionsSpec, page_of
from pulumi_nbcloud.mock.service import Answer
from pulumi_nbcloud.mock.wire import CloudRequest, Route, find_route, json_response

LIST_INSTANCES = Route("POST", "/api/instance/list", "ListInstances")
LOGIN = Route("POST", "/api/user/login", "Login")
COOKIE = "AccessToken"


class Responses:
    """Respond to requests to HPC-AI."""

    def __init__(self, instances: Instances, accounts: AccountBook, clock: VirtualClock) -> None:
        self._instances = instances
        self._accounts = accounts
        self._clock = clock
        self.options = OptionsSpec()

    def respond(self, request: CloudRequest, request_id: str) -> Answer:
        """Respond to `request`. The cloud documents no request id; the mock sends X-Request-Id anyway."""
        found = find_route((LIST_INSTANCES, LOGIN), request)
        operation = found.route.operation if found.route else ""
        try:
            if found.route is None:
                raise NoSuchPath
            payload = self._log_in(request) if found.route == LOGIN else self._list(request)
            response = json_response(200, payload, {"X-Request-Id": request_id})
        except WireError as error:
            response = json_response(error.status, error.body(), {"X-Request-Id": request_id})
        return Answer(operation, response)

    def account_of(self, request: CloudRequest, now: float | None) -> AccountSpec | None:
        """Return the sender of `request`; tokens expire at virtual time `now` unless it is None."""
        key = request.headers.get("x-api-key")
        if key is not None:
            return self._accounts.by_api_key(key)
        for each in request.headers.get("cookie", "").split(";"):
            name, _, value = each.strip().partition("=")
            if name == COOKIE:
                return self._accounts.by_token(value, now)
        return None

    def _log_in(self, request: CloudRequest) -> dict[str, Any]:
        body = _json(request)
        login = body if isinstance(body, dict) else {}
        account = self._accounts.by_password(login.get("username"), login.get("password"))
        if account is None:
            raise LoginRefused(self.options.auth_failure_status)
        seconds = self.options.token_seconds
        token = self._accounts.issue(account.username, self._clock.now(), seconds)
        # accessExpire is in seconds (docs/vendors/hpcai.md, HPC-6).
        return {"accessToken": token, "accessExpire": seconds}

    def _list(self, request: CloudRequest) -> dict[str, Any]:
        account = self.account_of(request, self._clock.now())
        if account is None:
            raise NotLoggedIn(self.options.auth_failure_status)
        if account.denied:
            raise NotAllowed
        page = page_of(_json(request))
        return self._instances.read_page(account.username, page, self.options)


def _json(request: CloudRequest) -> Any:
    if not request.headers.get("content-type", "").startswith("application/json"):
        # The cloud's behaviour without the type is unknown (docs/vendors/hpcai.md, HPC-1), so the mock is strict.
        raise ServerPanic
    try:
        return json.loads(request.body)
    except ValueError:
        raise ServerPanic from None
