"""Tokens: check, fetch and keep them, and renew one once for all requests that need it."""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import anyio

from pulumi_nbcloud.clouds.locks import acquired
from pulumi_nbcloud.errors import SettingsError, UnreachableError

MAX_TOKEN_CHARACTERS = 32_768
EARLY_SECONDS = 30 * 60.0


def header_safe(value: str, name: str) -> str:
    """Check a secret for use in a header.

    Args:
        value: the secret; surrounding blanks are removed.
        name: its name in messages; the value itself is never shown.

    Returns:
        The secret.

    Raises:
        SettingsError: it is empty or too long, or contains blanks, control or non-ASCII characters.
    """
    trimmed = value.strip()
    if not trimmed or len(trimmed) > MAX_TOKEN_CHARACTERS or not all("!" <= each <= "~" for each in trimmed):
        raise SettingsError(
            f"{name} must be printable ASCII without blanks, {MAX_TOKEN_CHARACTERS:,} characters at most",
            hint="correct it; its value is not shown here",
        )
    return trimmed


def jwt_expiry(token: str) -> float | None:
    """Read when a JSON Web Token expires, without checking its signature, which is the cloud's task.

    Args:
        token: any text.

    Returns:
        The claim `exp`, in seconds since 1970; None for any other text or without that claim.
    """
    parts = token.split(".")
    if len(parts) != 3 or len(parts[1]) > MAX_TOKEN_CHARACTERS:
        return None
    try:
        claims = json.loads(base64.b64decode(parts[1] + "=" * (-len(parts[1]) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        return None
    expiry = claims.get("exp") if isinstance(claims, dict) else None
    if isinstance(expiry, bool) or not isinstance(expiry, (int, float)) or not 0 < expiry < 1e11:
        return None
    return float(expiry)


@dataclass(frozen=True)
class Token:
    """One token.

    Args:
        value: the token on the wire; left out of the repr.
        expires_at: when it expires, in seconds since 1970 by this machine's clock; None where unknown.
        early_seconds: how long before that to fetch a new one.
    """

    value: str = field(repr=False)
    expires_at: float | None = None
    early_seconds: float = 0.0

    @staticmethod
    def lasting(value: str, seconds: float, now: float) -> Token:
        """Return a new token that lasts this many seconds; its last tenth, 30 minutes at most, is not used."""
        return Token(value, now + seconds, min(EARLY_SECONDS, seconds / 10))


class TokenKeeper:
    """Keep the token of one account: fetch it on first use and again before it expires, one request at a time.

    Args:
        fetch: gets a new token until a deadline on anyio's clock.
        now: the wall clock in seconds since 1970.
    """

    def __init__(self, fetch: Callable[[float], Awaitable[Token]], now: Callable[[], float] = time.time) -> None:
        self._fetch = fetch
        self._now = now
        self._lock = anyio.Lock()
        self._token: Token | None = None
        self.generation = 0

    @property
    def value(self) -> str:
        """The token to send; call `ready` first."""
        assert self._token is not None
        return self._token.value

    async def ready(self, deadline: float) -> None:
        """Fetch a token unless there is one with enough time left.

        Args:
            deadline: when to give up, on anyio's clock.

        Raises:
            NbcloudError: no token is available.
        """
        if not self._usable():
            await self._get(self.generation, deadline)

    async def renew(self, generation: int, deadline: float) -> bool:
        """Replace a rejected token.

        Args:
            generation: of the rejected token; if it was replaced meanwhile, nothing is sent.
            deadline: when to give up, on anyio's clock.

        Returns:
            True: there is another token now.

        Raises:
            NbcloudError: no token is available.
        """
        if generation == self.generation:
            await self._get(generation, deadline)
        return True

    def _usable(self) -> bool:
        token = self._token
        return token is not None and (token.expires_at is None or self._now() < token.expires_at - token.early_seconds)

    async def _get(self, generation: int, deadline: float) -> None:
        async with acquired(self._lock, deadline) as got:
            if not got:
                raise UnreachableError(
                    "no token was had within the deadline", hint="check the network and the endpoint, then try again"
                )
            # Another request may have fetched one while this one waited.
            if generation == self.generation:
                self._token = await self._fetch(deadline)
                self.generation += 1
