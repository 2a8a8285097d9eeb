"""ModelArts' authentication methods: a key pair, a user with a token from IAM, or a token from elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from typing import ClassVar

from pulumi_nbcloud.clouds.credentials import Connection, Credentials, LoginCredentials
from pulumi_nbcloud.clouds.modelarts.iam import Iam, User
from pulumi_nbcloud.clouds.modelarts.schema import AUTH_TOKEN, KEY_PAIR, PASSWORD, find_iam_endpoint
from pulumi_nbcloud.clouds.modelarts.signature import authorization, sdk_date
from pulumi_nbcloud.clouds.tokens import Token
from pulumi_nbcloud.http.messages import Request
from pulumi_nbcloud.settings.schema import Settings


class ModelArtsCredentials(Credentials):
    """The base of ModelArts' methods; `schema.check_values` has checked the settings."""

    names_project: ClassVar[bool] = False
    """Whether a request names its project in a header that is signed."""

    @property
    def project_id(self) -> str | None:
        """The project of the credentials themselves, if they name one; call `prepare` first."""
        return None


class KeyPair(ModelArtsCredentials):
    """An access key and a secret key, with a security token if they are temporary.

    Args:
        settings: valid settings.
        now: the wall clock in seconds since 1970; the gateway rejects a signature that is 15 minutes off.
    """

    credential_set = KEY_PAIR
    names_project = True

    def __init__(self, settings: Settings, now: Callable[[], float]) -> None:
        self._settings = settings
        self._now = now

    @classmethod
    def from_settings(cls, settings: Settings, connection: Connection) -> KeyPair:
        """Make the method."""
        return cls(settings, connection.now)

    async def sign(self, request: Request) -> Request:
        """Add a signature with the current time."""
        values = self._settings.values
        headers = {**request.headers, "X-Sdk-Date": sdk_date(datetime.fromtimestamp(self._now(), timezone.utc))}
        if "securityToken" in values:
            headers["X-Security-Token"] = values["securityToken"]
        headers["Authorization"] = authorization(
            values["accessKey"], values["secretKey"], request.method, request.target, headers, request.body
        )
        return replace(request, headers=headers)


class GivenToken(ModelArtsCredentials):
    """A token from elsewhere; it cannot be renewed here.

    Args:
        settings: valid settings.
    """

    credential_set = AUTH_TOKEN

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @classmethod
    def from_settings(cls, settings: Settings, connection: Connection) -> GivenToken:
        """Make the method."""
        return cls(settings)

    @property
    def rejected_hint(self) -> str | None:
        """The hint for a rejected token."""
        return "get a new token from IAM: this one is not valid, or no longer; it is not sent again until changed"

    async def sign(self, request: Request) -> Request:
        """Add the token."""
        return _with_token(request, self._settings.values["authToken"].strip())


class Password(LoginCredentials, ModelArtsCredentials):
    """An IAM user's name and password: IAM issues a token for one project, kept until it expires and renewed once.

    Args:
        settings: valid settings.
        iam: issues the token.
        now: the wall clock in seconds since 1970.
    """

    credential_set = PASSWORD

    def __init__(self, settings: Settings, iam: Iam, now: Callable[[], float]) -> None:
        super().__init__(now)
        values = settings.values
        project = values.get("projectName") or values.get("region")
        self._user = User(
            values["username"], values["password"], values["domainName"], values.get("projectId"), project
        )
        self._iam = iam
        self._project_id: str | None = None

    @classmethod
    def from_settings(cls, settings: Settings, connection: Connection) -> Password:
        """Locate IAM."""
        origin = find_iam_endpoint(settings)
        assert origin is not None  # find_iam_endpoint() raises if a user name has none
        return cls(settings, Iam(origin, connection), connection.now)

    @property
    def rejected_hint(self) -> str | None:
        """The hint for a rejected token."""
        return (
            "ModelArts refuses the token that IAM has just given: check the region, projectId and endpoint; nothing is "
            "sent again until username or password change"
        )

    @property
    def project_id(self) -> str | None:
        """The project that the token is for."""
        return self._project_id

    async def sign(self, request: Request) -> Request:
        """Add the token."""
        return _with_token(request, self.token)

    async def log_in(self, deadline: float) -> Token:
        """Get a token from IAM."""
        token, self._project_id = await self._iam.token(self._user, deadline)
        return token


def _with_token(request: Request, token: str) -> Request:
    return replace(request, headers={**request.headers, "X-Auth-Token": token})
