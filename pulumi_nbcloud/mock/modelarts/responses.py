"""HTTP in, HTTP out: the order of checks and the form of the responses; the things have the state and the rules."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any

from pulumi_nbcloud.mock.clock import VirtualClock, rfc3339
from pulumi_nbcloud.mock.modelarts.accounts import Account, AccountBook
from pulumi_nbcloud.mock.modelarts.exceptions import (
    ApiNotFound,
    MalformedLogin,
    NotAuthorized,
    ProjectMismatch,
    TokenExpired,
    Unauthenticated,
    WireError,
)
from pulumi_nbcloud.mock.modelarts.iam import IamBook, LoginSpec
from pulumi_nbcloud.mock.modelarts.signature import (
    Authorization,
    SignatureError,
    check_date,
    check_signature,
    parse_authorization,
)
from pulumi_nbcloud.mock.service import Answer
from pulumi_nbcloud.mock.things import Operation, Store
from pulumi_nbcloud.mock.validation import InvalidInput, validated_json
from pulumi_nbcloud.mock.wire import CloudRequest, CloudResponse, Route, find_route, json_response

# IAM's, which the real cloud has on a host of its own.
CREATE_TOKEN = Route("POST", "/v3/auth/tokens", "KeystoneCreateUserTokenByPassword")
LIST_PROJECTS = Route("GET", "/v3/projects", "KeystoneListProjects")


@dataclass(frozen=True)
class Caller:
    """The sender of a request: the projects that it may read, and those that IAM lists for it."""

    projects: tuple[str, ...]
    listed: tuple[str, ...]
    denied: bool = False


class Responses:
    """Respond to requests to ModelArts and IAM."""

    def __init__(self, stores: Iterable[Store[Any]], accounts: AccountBook, iam: IamBook, clock: VirtualClock) -> None:
        self._accounts = accounts
        self._iam = iam
        self._clock = clock
        self._operations: dict[Route, Callable[[CloudRequest, Mapping[str, str]], CloudResponse]] = {
            CREATE_TOKEN: self._create_token,
            LIST_PROJECTS: self._list_projects,
        }
        for store in stores:
            self._operations.update({route: self._in_project(read) for route, read in store.operations.items()})

    def respond(self, request: CloudRequest, request_id: str) -> Answer:
        """Respond to `request`, always with the header X-Request-Id."""
        found = find_route(tuple(self._operations), request)
        operation = found.route.operation if found.route else ""
        try:
            # The gateway matches the API first and authenticates second; the service checks project and permission.
            if found.route is None:
                raise ApiNotFound(request.method)
            response = self._operations[found.route](request, found.values)
        except WireError as error:
            response = json_response(error.status, error.body(request_id))
        return Answer(
            operation, CloudResponse(response.status, response.body, {**response.headers, "X-Request-Id": request_id})
        )

    def _caller(self, request: CloudRequest) -> Caller:
        value = request.headers.get("x-auth-token")
        if value is None or "authorization" in request.headers:
            account = self._authenticate(request)
            return Caller(account.spec.projects, account.spec.projects, account.denied)
        token = self._iam.find_token(value)
        if token is None:
            raise Unauthenticated("the token is unknown or was taken back")
        if self._clock.now() >= token.expires_at:
            raise TokenExpired
        return Caller((token.project_id,), token.user.projects)

    def _in_project(self, operation: Operation) -> Callable[[CloudRequest, Mapping[str, str]], CloudResponse]:
        """Restrict an operation to callers that may read its project."""

        def respond(request: CloudRequest, values: Mapping[str, str]) -> CloudResponse:
            caller = self._caller(request)
            if values["project_id"] not in caller.projects:
                raise ProjectMismatch
            if caller.denied:
                raise NotAuthorized
            return json_response(200, operation(request, values))

        return respond

    def _authenticate(self, request: CloudRequest) -> Account:
        header = request.headers.get("authorization")
        if not header:
            raise Unauthenticated("the header Authorization is missing")
        try:
            authorization = parse_authorization(header)
        except SignatureError as error:
            raise Unauthenticated(str(error)) from None
        account = self._accounts.find(authorization.access_key)
        if account is None:
            raise Unauthenticated("the access key is unknown")
        now = self._clock.now()
        if account.locked(now):
            # A valid signature does not help during the lock (docs/vendors/modelarts.md, MA-16).
            raise Unauthenticated("the access key is locked after too many failures")
        try:
            self._verify(request, authorization, account)
        except SignatureError as error:
            account.record_failure(now)
            raise Unauthenticated(str(error)) from None
        account.record_success()
        return account

    def _verify(self, request: CloudRequest, authorization: Authorization, account: Account) -> None:
        check_date(request, authorization, self._clock.gateway_now())
        check_signature(request, authorization, account.spec.secret_key)
        if account.spec.security_token is not None:
            # Temporary credentials are invalid without their token (docs/vendors/modelarts.md, MA-18).
            sent = request.headers.get("x-security-token")
            if sent is None:
                raise SignatureError("the header X-Security-Token is missing")
            if not hmac.compare_digest(sent.encode("latin-1"), account.spec.security_token.encode()):
                raise SignatureError("the security token is not that of the access key")

    def _create_token(self, request: CloudRequest, values: Mapping[str, str]) -> CloudResponse:
        try:
            login = validated_json(LoginSpec, request.body)
        except InvalidInput as error:
            raise MalformedLogin(error.field) from None
        token = self._iam.log_in(login)
        name = self._iam.projects((token.project_id,), None)[0]["name"]
        body = {
            "expires_at": rfc3339(token.expires_at).replace("Z", "000Z"),  # six digits, as IAM has them
            "methods": ["password"],
            "project": {"id": token.project_id, "name": name},
            "user": {"name": token.user.username, "domain": {"name": token.user.domain}},
        }
        # Both times are from the virtual clock, so a client sees the token's real lifetime.
        headers = {"X-Subject-Token": token.value, "Date": formatdate(self._clock.now(), usegmt=True)}
        return json_response(201, {"token": body}, headers)

    def _list_projects(self, request: CloudRequest, values: Mapping[str, str]) -> CloudResponse:
        caller = self._caller(request)
        if caller.denied:
            raise NotAuthorized
        name = dict(request.query).get("name")
        return json_response(200, {"projects": self._iam.projects(caller.listed, name), "links": {}})
