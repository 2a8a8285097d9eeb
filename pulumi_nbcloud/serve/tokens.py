"""Bearer tokens of callers: made here, the file contains only their SHA-256."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

PREFIX = "nbcloud_"
TOKEN_BYTES = 32
MAX_TOKEN_CHARACTERS = 256


@dataclass(frozen=True)
class Caller:
    """The sender of a request.

    Args:
        name: its name in the file.
        gates: the gates that it may check; None for all.
        metrics: whether it may read the metrics.
    """

    name: str
    gates: frozenset[str] | None
    metrics: bool


ANYBODY = Caller("anybody", None, metrics=True)
"""The caller of a service without tokens, which is on loopback."""


def new_token() -> tuple[str, str]:
    """Make a token of 256 random bits; return it and its SHA-256 for the file."""
    token = f"{PREFIX}{secrets.token_urlsafe(TOKEN_BYTES)}"
    return token, digest(token)


def digest(token: str) -> str:
    """Return the SHA-256 of a token in hex digits. A random token needs no salt and no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


class Callers:
    """Identify callers by their tokens.

    Args:
        callers: each with the SHA-256 of its token.
    """

    def __init__(self, callers: Iterable[tuple[str, Caller]]) -> None:
        self._callers: Sequence[tuple[str, Caller]] = tuple(callers)

    def find(self, authorization: Sequence[str]) -> Caller | None:
        """Identify the sender of a request.

        Args:
            authorization: the values of the Authorization headers.

        Returns:
            The caller; None unless there is exactly one header with a token in the file.
        """
        scheme, _, token = authorization[0].partition(" ") if len(authorization) == 1 else ("", "", "")
        if scheme.lower() != "bearer" or len(token) > MAX_TOKEN_CHARACTERS:
            return None
        given = digest(token)
        # Compare all of them, each in constant time: the duration reveals nothing about any.
        found: Caller | None = None
        for expected, caller in self._callers:
            if hmac.compare_digest(expected, given):
                found = caller
        return found
