"""The ways to sign in to ModelArts: a key pair that signs, a user whose token IAM gives, a token that is given."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone

from pydantic import SecretStr

from pulumi_nbcloud.clouds.modelarts.iam import Iam, User
from pulumi_nbcloud.clouds.modelarts.signature import authorization, sdk_date
from pulumi_nbcloud.clouds.tokens import Token, TokenKeeper
from pulumi_nbcloud.http.messages import Request
from pulumi_nbcloud.settings.schema import Settings

# Remote text is cut to a length before it is searched, so a long secret is known by its beginning.
_BEGINNING = 12
_SHORTEST = 6  # anything shorter may be part of an ordinary word


class SignIn(ABC):
    """One way to sign in."""

    refused_hint: str | None = None
    """What to do where ModelArts refuses the credentials; None for the hint of a signature."""

    @abstractmethod
    def sign(self, request: Request, project_id: str | None = None) -> Request:
        """Sign a request at this moment; `ready` has been waited for.

        Args:
            request: without headers, or with some to keep.
            project_id: names the project; None for a request that is for none, such as IAM's own.
        """

    async def ready(self, deadline: float) -> None:  # noqa: B027  (only a login needs anything)
        """Get what `sign` needs; see `Account.ready`."""

    @property
    def generation(self) -> int:
        """The number of tokens that `ready` and `renew` got; see `Account.generation`."""
        return 0

    async def renew(self, generation: int, deadline: float) -> bool:
        """Replace what was refused; see `Account.renew`."""
        return False

    @property
    def project_id(self) -> str | None:
        """The project that the sign-in itself is for, where it says so."""
        return None

    @property
    @abstractmethod
    def secrets(self) -> tuple[SecretStr, ...]:
        """What no message may show, whatever the cloud answers."""

    def redact(self, text: str) -> str:
        """Take our own secrets out of a text: a gateway repeats an access key, which may be a secret one misplaced."""
        values = (each.get_secret_value() for each in self.secrets)
        known = [re.escape(value[:_BEGINNING]) for value in values if len(value) >= _SHORTEST]
        return re.sub(rf"(?:{'|'.join(known)})[^\s\"]*", "…", text) if known else text


class KeyPair(SignIn):
    """An access key and a secret key, with a security token where they are temporary.

    Args:
        settings: checked already.
        now: the wall clock in seconds since 1970; the gateway refuses a signature 15 minutes off.
    """

    def __init__(self, settings: Settings, now: Callable[[], float]) -> None:
        values = settings.values
        self._access_key = SecretStr(values["accessKey"])
        self._secret_key = SecretStr(values["secretKey"])
        self._security_token = SecretStr(values.get("securityToken", ""))
        self._now = now

    @property
    def secrets(self) -> tuple[SecretStr, ...]:
        """The key pair, the access key too, and the security token."""
        return self._access_key, self._secret_key, self._security_token

    def sign(self, request: Request, project_id: str | None = None) -> Request:
        """Add the signature of this moment."""
        headers = {
            "Host": request.host,
            **({"X-Project-Id": project_id} if project_id else {}),
            "X-Sdk-Date": sdk_date(datetime.fromtimestamp(self._now(), timezone.utc)),
        }
        if token := self._security_token.get_secret_value():
            headers["X-Security-Token"] = token
        headers["Authorization"] = authorization(
            self._access_key.get_secret_value(),
            self._secret_key.get_secret_value(),
            request.method,
            request.target,
            headers,
            request.body,
        )
        return replace(request, headers={**request.headers, **headers})


class GivenToken(SignIn):
    """A token that somebody else got from IAM; nobody here can renew it.

    Args:
        settings: checked already.
    """

    refused_hint = "get a new token from IAM: this one is not valid, or no longer; it is not sent again until changed"

    def __init__(self, settings: Settings) -> None:
        self._token = SecretStr(settings.values["authToken"].strip())

    @property
    def secrets(self) -> tuple[SecretStr, ...]:
        """The token."""
        return (self._token,)

    def sign(self, request: Request, project_id: str | None = None) -> Request:
        """Add the token."""
        return _with_token(request, self._token.get_secret_value())


class Password(SignIn):
    """An IAM user's name and password: IAM gives a token for one project, kept until it expires, and renewed once.

    Args:
        settings: checked already.
        iam: gives the token.
        now: the wall clock in seconds since 1970.
    """

    refused_hint = (
        "ModelArts refuses the token that IAM has just given: check the region, projectId and endpoint; nothing is "
        "sent again until username or password change"
    )

    def __init__(self, settings: Settings, iam: Iam, now: Callable[[], float]) -> None:
        values = settings.values
        self._user = User(
            values["username"], values["password"], values["domainName"], values.get("projectId"), values.get("region")
        )
        self._iam = iam
        self._project_id: str | None = None
        self._keeper = TokenKeeper(self._fetch, now)
        self._password = SecretStr(values["password"])
        self._given = SecretStr("")

    @property
    def secrets(self) -> tuple[SecretStr, ...]:
        """The password, and the last token."""
        return self._password, self._given

    async def ready(self, deadline: float) -> None:
        """Log in where there is no token that will last."""
        await self._keeper.ready(deadline)

    @property
    def generation(self) -> int:
        """The number of tokens."""
        return self._keeper.generation

    async def renew(self, generation: int, deadline: float) -> bool:
        """Log in again, once for all whose token was refused."""
        return await self._keeper.renew(generation, deadline)

    @property
    def project_id(self) -> str | None:
        """The project that the token is for."""
        return self._project_id

    def sign(self, request: Request, project_id: str | None = None) -> Request:
        """Add the token."""
        return _with_token(request, self._keeper.value)

    async def _fetch(self, deadline: float) -> Token:
        token, self._project_id = await self._iam.token(self._user, deadline)
        self._given = SecretStr(token.value)
        return token


def _with_token(request: Request, token: str) -> Request:
    return replace(request, headers={**request.headers, "Host": request.host, "X-Auth-Token": token})
