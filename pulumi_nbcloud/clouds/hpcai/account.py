"""An HPC-AI account: an API key, an access token, or a user who logs in.

Source: docs/vendors/hpcai.md, HPC-2 (hosts), HPC-4 to HPC-7.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import TYPE_CHECKING, ClassVar

from pulumi_nbcloud.clouds.account import Account, CredentialState
from pulumi_nbcloud.clouds.hpcai.replies import CREDENTIALS_HINT, classify
from pulumi_nbcloud.clouds.tokens import Token, TokenKeeper, header_safe, jwt_expiry
from pulumi_nbcloud.errors import (
    AuthenticationError,
    NbcloudError,
    PermissionDeniedError,
    RefusedError,
    SettingsError,
)
from pulumi_nbcloud.http.messages import Reply, Request
from pulumi_nbcloud.http.url import endpoint_url
from pulumi_nbcloud.settings.schema import CredentialSet, Schema, Settings

if TYPE_CHECKING:
    from pulumi_nbcloud.http.client import Client

SCHEMA = Schema(
    cloud="hpcai",
    credentials=(
        CredentialSet(("apiKey",)),
        CredentialSet(("accessToken",)),
        CredentialSet(("username", "password")),
    ),
    free=("endpoint",),
    environment=(("HPCAI_…", {"apiKey": "HPCAI_API_KEY"}),),
    about={
        "apiKey": "a key, sent in the header `X-API-Key`",
        "accessToken": "a token, sent in the cookie `AccessToken`; lasts a day",
        "username": "who logs in",
        "password": "the password of the login",
        "endpoint": "scheme and host of the cloud; `https://hpc-ai.com` if not set",
    },
)

DEFAULT_ENDPOINT = "https://hpc-ai.com"
LOGIN_PATH = "/api/user/login"
MAX_LOGIN_CHARACTERS = 1_024
MAX_TOKEN_SECONDS = 366 * 86_400.0

# What a cookie's value may hold (RFC 6265): a semicolon would begin another cookie.
_COOKIE = re.compile(r'[^\s",;\\]+')


class HpcAiAccount(Account):
    """Sends an API key, an access token, or the token of a login.

    Args:
        settings: what was found for `SCHEMA`.
        client: sends the requests.
        standing: what is known of the credentials; of this account alone if not given.
        now: the wall clock in seconds since 1970.

    Raises:
        SettingsError: a value cannot be right.
    """

    schema: ClassVar[Schema] = SCHEMA

    def __init__(
        self,
        settings: Settings,
        client: Client,
        standing: CredentialState | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(settings, client, standing)
        self._now = now
        values = settings.values
        self.endpoint = endpoint_url(values.get("endpoint", DEFAULT_ENDPOINT), _named(settings, "endpoint"))
        self._api_key = header_safe(values["apiKey"], _named(settings, "apiKey")) if "apiKey" in values else None
        self._access_token = _cookie(settings) if "accessToken" in values else None
        self._keeper = TokenKeeper(self._log_in, now) if "password" in values else None
        for key in ("username", "password"):
            if len(values.get(key, "")) > MAX_LOGIN_CHARACTERS:
                raise SettingsError(
                    f"{_named(settings, key)} must be at most {MAX_LOGIN_CHARACTERS:,} characters",
                    hint="correct it; its value is not shown here",
                )

    async def sign(self, method: str, target: str, body: bytes = b"") -> Request:
        """Build one attempt with the credentials of this moment, in headers and never in a cookie jar."""
        headers = {"Content-Type": "application/json"} if body else {}
        if self._api_key is not None:
            headers["X-API-Key"] = self._api_key
        else:
            headers["Cookie"] = f"AccessToken={self._token()}"
        return Request(method, self.endpoint, target, headers, body)

    def error(self, reply: Reply) -> NbcloudError | None:
        """Classify a reply, by the text of its body first and the HTTP status second."""
        return classify(reply, self._now(), secrets=self._secrets())

    async def ready(self, deadline: float) -> None:
        """Log in where there is no token that will last; refuse an access token that has expired."""
        if self._keeper is not None:
            await self._keeper.ready(deadline)
        expiry = self.expires_at()
        if expiry is not None and self._now() >= expiry:
            raise AuthenticationError(
                f"the access token expired at {_clock(expiry)}, so it was not sent",
                hint="log in and set a new accessToken, or use an API key, which does not expire in a day",
            )

    @property
    def generation(self) -> int:
        """The number of logins."""
        return 0 if self._keeper is None else self._keeper.generation

    async def renew(self, generation: int, deadline: float) -> bool:
        """Log in again; an API key or a given token cannot be replaced here."""
        return False if self._keeper is None else await self._keeper.renew(generation, deadline)

    def expires_at(self) -> float | None:
        """Return when a given access token expires; None for an API key, a login, and a token that does not say."""
        return jwt_expiry(self._access_token) if self._access_token is not None else None

    def _token(self) -> str:
        if self._keeper is not None:
            return self._keeper.value
        assert self._access_token is not None
        return self._access_token

    def _secrets(self) -> list[str]:
        held = [self._api_key, self._access_token, self.settings.values.get("password")]
        if self._keeper is not None and self._keeper.generation:
            held.append(self._keeper.value)
        return [each for each in held if each]

    async def _log_in(self, deadline: float) -> Token:
        values = self.settings.values
        login = {"username": values["username"], "password": values["password"]}
        body = json.dumps(login, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json"}

        async def prepare() -> Request:
            return Request("POST", self.endpoint, LOGIN_PATH, headers, body)

        reply = await self._deliver(prepare, deadline)
        error = classify(reply, self._now(), result="accessToken", secrets=self._secrets())
        if isinstance(error, PermissionDeniedError) or (isinstance(error, RefusedError) and reply.status != 404):
            # No page names the errors of the login: whatever it says against one, sending it again would not help and
            # may lock the user.
            error = _login_refused(error)
        if error is not None:
            raise error
        return _token_of(reply, self._now())


def _login_refused(error: NbcloudError) -> AuthenticationError:
    quoted = error.problem.partition(": ")[2]
    return AuthenticationError(
        f"the cloud refuses the login: {quoted}" if quoted else "the cloud refuses the login",
        hint=CREDENTIALS_HINT,
        where=error.where,
        status=error.status,
        code=error.code,
        request_id=error.request_id,
    )


def _token_of(reply: Reply, now: float) -> Token:
    """Read `accessToken` and `accessExpire` (seconds) out of the answer to a login."""
    body = reply.json()
    value = body.get("accessToken") if isinstance(body, dict) else None
    # Of a token that the cloud made up, a blank is as wrong as none at all.
    if not isinstance(value, str) or not _COOKIE.fullmatch(value.strip()) or not value.isascii():
        raise reply.bad(
            "the answer to the login holds no accessToken that can be sent",
            hint="check endpoint; if it is right, please report this",
        )
    token = header_safe(value, "accessToken of the login")
    seconds = body.get("accessExpire") if isinstance(body, dict) else None
    ends: list[float] = []
    if isinstance(seconds, (int, float)) and not isinstance(seconds, bool) and 0 < seconds < math.inf:
        ends.append(float(min(seconds, MAX_TOKEN_SECONDS)))
    expiry = jwt_expiry(token)
    # A claim in the past only shows that the two clocks differ: the token was made this moment.
    if expiry is not None and expiry > now:
        ends.append(expiry - now)
    return Token.lasting(token, min(ends), now) if ends else Token(token)


def _cookie(settings: Settings) -> str:
    name = _named(settings, "accessToken")
    token = header_safe(settings.values["accessToken"], name)
    if not _COOKIE.fullmatch(token) or token.casefold().startswith("accesstoken="):
        raise SettingsError(
            f"{name} must be the token alone, without the cookie's name, quotes, commas, semicolons or backslashes",
            hint="correct it; its value is not shown here",
        )
    return token


def _named(settings: Settings, key: str) -> str:
    return f"hpcai {key} (from {settings.origin[key]})" if key in settings.origin else f"hpcai {key}"


def _clock(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%dT%H:%M:%SZ}"
