"""HTTP in, HTTP out: the order of checks and the form of the responses; the sessions have the state and the rules."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from email.utils import formatdate

from pulumi_nbcloud.mock.aidp.accounts import Account, AccountBook
from pulumi_nbcloud.mock.aidp.exceptions import (
    InvalidRequestId,
    NotAuthenticated,
    NotAuthorizedOrNotFound,
    WireError,
)
from pulumi_nbcloud.mock.aidp.sessions import OLDER_PREFIX, ROUTES, Sessions
from pulumi_nbcloud.mock.aidp.signature import SignatureError, check_date, check_signature, parse_authorization
from pulumi_nbcloud.mock.clock import VirtualClock
from pulumi_nbcloud.mock.service import Answer
from pulumi_nbcloud.mock.wire import CloudRequest, CloudResponse, find_route, json_response

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]+")


class Responses:
    """Respond to requests to AIDP. Platforms in `older` are served only under the path of older tenancies."""

    def __init__(self, sessions: Sessions, accounts: AccountBook, clock: VirtualClock, source: random.Random) -> None:
        self._sessions = sessions
        self._accounts = accounts
        self._clock = clock
        self._random = source
        self.older: set[str] = set()

    def respond(self, request: CloudRequest, request_id: str) -> Answer:
        """Respond to `request`, always with the header opc-request-id."""
        found = find_route(ROUTES, request)
        operation = found.route.operation if found.route else ""
        try:
            # Oracle's services authenticate the caller first and look up the resource second; an unknown path is
            # assumed to respond like a missing resource (docs/vendors/aidp.md, DP-4).
            account = self._authenticate(request)
            sent = request.headers.get("opc-request-id")
            if sent is not None and not _REQUEST_ID.fullmatch(sent):
                raise InvalidRequestId
            if found.route is None:
                raise NotAuthorizedOrNotFound
            response = self._get_session(account, request, found.values)
        except WireError as error:
            response = json_response(error.status, error.body())
        headers = {
            "opc-request-id": self._joined(request, request_id),
            # The gateway's own time, so a client can see the error of its clock.
            "Date": formatdate(self._clock.gateway_now(), usegmt=True),
        }
        return Answer(operation, CloudResponse(response.status, response.body, {**response.headers, **headers}))

    def _joined(self, request: CloudRequest, request_id: str) -> str:
        # The client's id and two of Oracle's own, joined by slashes (docs/vendors/aidp.md, DP-32).
        sent = request.headers.get("opc-request-id", "")
        first = sent if _REQUEST_ID.fullmatch(sent) else f"{self._random.getrandbits(128):032X}"
        return f"{first}/{request_id.upper()}/{self._random.getrandbits(128):032X}"

    def _authenticate(self, request: CloudRequest) -> Account:
        header = request.headers.get("authorization")
        if not header:
            raise NotAuthenticated("the header Authorization is missing")
        try:
            authorization = parse_authorization(header)
            found = self._accounts.find(authorization.key_id)
            if found is None:
                raise SignatureError("the key id is unknown")
            account, key, expires_at = found
            check_date(request, self._clock.gateway_now())
            check_signature(request, authorization, key.public)
        except SignatureError as error:
            raise NotAuthenticated(str(error)) from None
        if expires_at is not None and self._clock.now() >= expires_at:
            raise NotAuthenticated("the session token has expired")
        return account

    def _get_session(self, account: Account, request: CloudRequest, values: Mapping[str, str]) -> CloudResponse:
        platform_id = values["platform_id"]
        is_older_path = request.raw_path.startswith(f"{OLDER_PREFIX}/")
        # A missing permission is hidden behind a 404 (docs/vendors/aidp.md, DP-30); older tenancies respond with 404
        # under the page's path (docs/vendors/aidp.md, DP-4), and that others do so under the older path is an
        # assumption.
        may_read = platform_id in account.platforms and not account.denied
        if not may_read or is_older_path != (platform_id in self.older):
            raise NotAuthorizedOrNotFound
        session = self._sessions.find(platform_id, values["workspace_key"], values["session_id"])
        if session is None:
            raise NotAuthorizedOrNotFound
        body = session.answer(self._clock.now())
        return json_response(200, body, {"etag": session.etag})
