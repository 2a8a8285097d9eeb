"""HPC-AI's authentication methods: an API key, an access token, or a user who logs in.

Source: docs/vendors/hpcai.md, HPC-4 to HPC-7.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone

from pydantic import SecretStr

from pulumi_nbcloud.clouds.credentials import Connection, Credentials, LoginCredentials
from pulumi_nbcloud.clouds.hpcai.responses import CREDENTIALS_HINT, classify
from pulumi_nbcloud.clouds.hpcai.schema import ACCESS_TOKEN, API_KEY, DEFAULT_ENDPOINT, LOGIN
from pulumi_nbcloud.clouds.lockouts import sign_in_hint
from pulumi_nbcloud.clouds.tokens import Token, header_safe, jwt_expiry
from pulumi_nbcloud.errors import AuthenticationError, PermissionDeniedError, RefusedError, SettingsError
from pulumi_nbcloud.http.messages import Request, Response
from pulumi_nbcloud.http.url import endpoint_url
from pulumi_nbcloud.settings.schema import Settings

LOGIN_PATH = "/api/user/login"
MAX_LOGIN_CHARACTERS = 1_024
MAX_TOKEN_SECONDS = 366 * 86_400.0

# The characters of a cookie's value (RFC 6265): a semicolon would begin another cookie.
_COOKIE = re.compile(r'[^\s",;\\]+')


def find_endpoint(settings: Settings) -> str:
    """Return the origin: the setting `endpoint`, otherwise HPC-AI's own; raise SettingsError for an invalid one."""
    # Public clients configure the base URL with /api, which all paths begin with (docs/vendors/hpcai.md,
    # HPC-2).
    base = re.sub(r"(?<=[^/])/api/?$", "", settings.values.get("endpoint", DEFAULT_ENDPOINT))
    return endpoint_url(base, settings.named("endpoint"))


class ApiKey(Credentials):
    """A key that does not expire.

    Args:
        key: a valid key.
    """

    credential_set = API_KEY

    def __init__(self, key: str) -> None:
        self._key = SecretStr(key)

    @classmethod
    def from_settings(cls, settings: Settings, connection: Connection) -> ApiKey:
        """Check the key."""
        return cls(header_safe(settings.values["apiKey"], settings.named("apiKey")))

    async def sign(self, request: Request) -> Request:
        """Add the key."""
        return replace(request, headers={**request.headers, "X-API-Key": self._key.get_secret_value()})


class AccessToken(Credentials):
    """A token from a login elsewhere; it cannot be renewed here.

    Args:
        token: a valid token.
        now: the wall clock in seconds since 1970.
    """

    credential_set = ACCESS_TOKEN

    def __init__(self, token: str, now: Callable[[], float]) -> None:
        self._token = SecretStr(token)
        self._now = now

    @classmethod
    def from_settings(cls, settings: Settings, connection: Connection) -> AccessToken:
        """Check the token."""
        name = settings.named("accessToken")
        token = header_safe(settings.values["accessToken"], name)
        if not _COOKIE.fullmatch(token) or token.casefold().startswith("accesstoken="):
            raise SettingsError(
                f"{name} must be the token alone, without the cookie's name, quotes, commas, semicolons or backslashes",
                hint="correct it; its value is not shown here",
            )
        return cls(token, connection.now)

    async def prepare(self, deadline: float) -> None:
        """Raise AuthenticationError for an expired token."""
        expiry = self.expires_at()
        if expiry is not None and self._now() >= expiry:
            raise AuthenticationError(
                f"the access token expired at {_clock(expiry)}, so it was not sent",
                hint="log in and set a new accessToken, or use an API key, which does not expire in a day",
            )

    async def sign(self, request: Request) -> Request:
        """Add the token."""
        return _with_cookie(request, self._token.get_secret_value())

    def expires_at(self) -> float | None:
        """Return when the token expires; None where it has no expiry."""
        return jwt_expiry(self._token.get_secret_value())


class Login(LoginCredentials):
    """A user's name and password: log in for a token, keep it until it expires, and renew it once.

    Args:
        settings: valid settings.
        connection: sends the login.
    """

    credential_set = LOGIN

    def __init__(self, settings: Settings, connection: Connection) -> None:
        super().__init__(connection.now)
        self._settings = settings
        self._connection = connection

    @classmethod
    def from_settings(cls, settings: Settings, connection: Connection) -> Login:
        """Check name and password."""
        for key in cls.credential_set.required:
            if len(settings.values[key]) > MAX_LOGIN_CHARACTERS:
                raise SettingsError(
                    f"{settings.named(key)} must be at most {MAX_LOGIN_CHARACTERS:,} characters",
                    hint="correct it; its value is not shown here",
                )
        return cls(settings, connection)

    async def sign(self, request: Request) -> Request:
        """Add the token of the login."""
        return _with_cookie(request, self.token)

    async def log_in(self, deadline: float) -> Token:
        """Get a token with POST /api/user/login."""
        login = {key: self._settings.values[key] for key in self.credential_set.required}
        body = json.dumps(login, ensure_ascii=False, separators=(",", ":")).encode()
        origin = find_endpoint(self._settings)

        async def prepare() -> Request:
            return Request("POST", origin, LOGIN_PATH, {"Content-Type": "application/json"}, body)

        response = await self._connection.send(prepare, deadline)
        now = self._connection.now()
        error = classify(response, now, result="accessToken")
        if isinstance(error, PermissionDeniedError) or (isinstance(error, RefusedError) and response.status != 404):
            # No page names the errors of the login: whatever the reason, sending it again would not help and
            # may lock the user.
            error = AuthenticationError.of_response(
                error, "the cloud refuses the login", hint=sign_in_hint(error.vendor_message) or CREDENTIALS_HINT
            )
        if error is not None:
            raise error
        return _token_of(response, now)


def _token_of(response: Response, now: float) -> Token:
    """Read `accessToken` and `accessExpire` (seconds) from the response to a login."""
    body = response.json()
    value = body.get("accessToken") if isinstance(body, dict) else None
    # In a token from the cloud, a blank is as wrong as no token at all.
    if not isinstance(value, str) or not _COOKIE.fullmatch(value.strip()) or not value.isascii():
        raise response.bad(
            "the answer to the login holds no accessToken that can be sent",
            hint="check endpoint; if it is right, please report this",
        )
    token = header_safe(value, "accessToken of the login")
    seconds = body.get("accessExpire") if isinstance(body, dict) else None
    ends: list[float] = []
    if isinstance(seconds, str) and re.fullmatch(r"[0-9]{1,9}", seconds):
        seconds = int(seconds)
    if isinstance(seconds, (int, float)) and not isinstance(seconds, bool) and 0 < seconds < math.inf:
        ends.append(float(min(seconds, MAX_TOKEN_SECONDS)))
    expiry = jwt_expiry(token)
    # A claim in the past only shows that the two clocks differ: the token is new.
    if expiry is not None and expiry > now:
        ends.append(expiry - now)
    return Token.lasting(token, min(ends), now) if ends else Token(token)


def _with_cookie(request: Request, token: str) -> Request:
    # In the header of this request only, never in a cookie jar.
    return replace(request, headers={**request.headers, "Cookie": f"AccessToken={token}"})


def _clock(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%dT%H:%M:%SZ}"
