"""The two requests to Huawei's IAM: a token for a user, and the project id of a region.

Source: docs/vendors/modelarts.md, MA-4, MA-6 to MA-11.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from pulumi_nbcloud.clouds.credentials import Connection, Credentials
from pulumi_nbcloud.clouds.lockouts import sign_in_hint
from pulumi_nbcloud.clouds.modelarts.responses import classify
from pulumi_nbcloud.clouds.tokens import Token, header_safe
from pulumi_nbcloud.clouds.wire import parse_response
from pulumi_nbcloud.errors import (
    AuthenticationError,
    BadResponseError,
    NbcloudError,
    NotFoundError,
    PermissionDeniedError,
    RefusedError,
    SettingsError,
)
from pulumi_nbcloud.http.messages import Request, Response, target

_USER_HINT = (
    "check username, password and domainName (the account's name); an IAM user can sign in so, a HUAWEI ID or a user "
    "with MFA (login protection) cannot; they are not sent again until they change"
)
_LOOK_UP_HINT = "set projectId, so that it need not be looked up"


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class _Project(_Wire):
    id: Annotated[str, Field(strict=True, pattern=r"^[A-Za-z0-9-]{1,64}$")]
    name: Annotated[str, Field(strict=True)] = ""


class _TokenDetails(_Wire):
    expires_at: AwareDatetime
    project: _Project | None = None


class _TokenBody(_Wire):
    token: _TokenDetails


class _ProjectsBody(_Wire):
    projects: list[_Project]


@dataclass(frozen=True)
class User:
    """An IAM user, and the project of its token: by id if known, otherwise by name."""

    name: str
    password: str
    domain: str
    project_id: str | None
    project_name: str | None

    def __repr__(self) -> str:
        return "User(…)"

    def body(self) -> bytes:
        """Return the body of the login."""
        user = {"name": self.name, "password": self.password, "domain": {"name": self.domain}}
        project = {"id": self.project_id} if self.project_id else {"name": self.project_name}
        identity = {"methods": ["password"], "password": {"user": user}}
        return json.dumps({"auth": {"identity": identity, "scope": {"project": project}}}).encode()


class Iam:
    """Send requests to IAM.

    Args:
        origin: scheme and host.
        connection: sends the requests.
    """

    def __init__(self, origin: str, connection: Connection) -> None:
        self.origin = origin
        self._send = connection.send
        self._now = connection.now

    async def token(self, user: User, deadline: float) -> tuple[Token, str | None]:
        """Log in a user with POST /v3/auth/tokens.

        Args:
            user: the user and the project of the token.
            deadline: when to give up, on anyio's clock.

        Returns:
            The token, and the id of its project, if IAM names it.

        Raises:
            AuthenticationError: IAM rejects the user.
            NbcloudError: any other error of the tree.
        """

        async def prepare() -> Request:
            bare = Request("POST", self.origin, target(("v3", "auth", "tokens")))
            headers = {"Host": bare.host, "Content-Type": "application/json"}
            return Request(bare.method, bare.origin, bare.target, headers, user.body())

        response = await self._send(prepare, deadline)
        error = _classify(response, self._now(), success=201, refused=_USER_HINT, denied="ask who manages the IAM user")
        if error is not None:
            raise _login_error(error)
        details = parse_response(response, _TokenBody).token
        try:
            value = header_safe(response.headers.get("x-subject-token", ""), "the header X-Subject-Token")
        except SettingsError as unsafe:
            raise _bad(response, f"IAM gave no token that can be sent: {unsafe.problem}") from None
        project_id = details.project.id if details.project else None
        sent = _date(response.headers)
        if sent is None:
            # Without the server's time, its expiry means nothing on this clock; a rejected token is renewed anyway.
            return Token(value), project_id
        seconds = details.expires_at.timestamp() - sent
        if seconds <= 0:
            raise _bad(response, "IAM gave a token that has expired already")
        return Token.lasting(value, seconds, self._now()), project_id

    async def project_id(self, name: str, credentials: Credentials, deadline: float) -> str:
        """Look up a project with GET /v3/projects?name=….

        Args:
            name: the project's name; that of a region's own project is the region's.
            credentials: sign the request.
            deadline: when to give up, on anyio's clock.

        Returns:
            The project's id.

        Raises:
            SettingsError: no project or several have this name.
            NbcloudError: any other error of the tree.
        """

        async def prepare() -> Request:
            bare = Request("GET", self.origin, target(("v3", "projects"), [("name", name)]))
            return await credentials.sign(
                replace(bare, headers={"Host": bare.host, "Content-Type": "application/json"})
            )

        response = await self._send(prepare, deadline)
        hint = credentials.rejected_hint
        error = _classify(response, self._now(), success=200, refused=hint, denied=_LOOK_UP_HINT)
        if error is not None:
            raise error
        # Match the name on this side too: a project of another region would go unnoticed.
        found = [each.id for each in parse_response(response, _ProjectsBody).projects if each.name == name]
        if len(found) != 1:
            count = "no project" if not found else f"{len(found)} projects"
            raise SettingsError(
                f"IAM knows {count} called {name} for these credentials",
                hint="set projectId" if found else "check the region or projectName, or set projectId",
                where=response.request.where,
                status=response.status,
                request_id=response.request_id,
            )
        return found[0]


def _classify(response: Response, now: float, *, success: int, refused: str | None, denied: str) -> NbcloudError | None:
    """Classify a response of IAM; never as NotFoundError, which would mean a missing ModelArts resource."""
    error = classify(response, now, success=success, refused=refused)
    if error is None:
        return None
    message = _message(response) if error.code is None else None
    if message:
        error.vendor_message = message
    if isinstance(error, PermissionDeniedError):
        return PermissionDeniedError.of_response(error, "IAM does not allow this", hint=denied)
    if isinstance(error, (NotFoundError, RefusedError)) or (isinstance(error, BadResponseError) and message):
        return RefusedError.of_response(
            error,
            "IAM refuses the request" if message else error.summary,
            hint="check the region, projectId and iamEndpoint",
        )
    return error


def _login_error(error: NbcloudError) -> NbcloudError:
    """Add the reason of a rejected login: a locked user must not try again, whatever the status."""
    hint = sign_in_hint(error.vendor_message)
    refusal = isinstance(error, (AuthenticationError, PermissionDeniedError, RefusedError))
    if hint is None or not refusal:
        return error
    return AuthenticationError.of_response(error, "IAM refuses the login", hint=hint)


def _message(response: Response) -> str | None:
    """Return the message of an error in IAM's own form (docs/vendors/modelarts.md, MA-10)."""
    try:
        body = response.json()
    except BadResponseError:
        return None
    error = body.get("error") if isinstance(body, Mapping) else None
    message = error.get("message") if isinstance(error, Mapping) else None
    return response.text(message) if isinstance(message, str) and message else None


def _date(headers: Mapping[str, str]) -> float | None:
    try:
        return parsedate_to_datetime(headers.get("date", "")).timestamp()
    except (ValueError, TypeError):
        return None


def _bad(response: Response, problem: str) -> BadResponseError:
    return response.bad(
        problem,
        hint="check iamEndpoint; if it is right, please report this",
    )
