"""The users of the AIDP mock, and its session tokens."""

from __future__ import annotations

import base64
import json
import random
from dataclasses import dataclass
from typing import Any

from pulumi_nbcloud.mock.aidp.keys import Key
from pulumi_nbcloud.mock.clock import rfc3339
from pulumi_nbcloud.mock.validation import UnknownThing

TOKEN_MARK = "ST$"  # noqa: S105 - the beginning of a key id, no secret


@dataclass
class Account:
    """A user of a tenancy with one API key, and the platforms that the user may read."""

    tenancy: str
    user: str
    platforms: tuple[str, ...]
    key: Key
    denied: bool = False

    @property
    def key_id(self) -> str:
        """The key id in the user's requests."""
        return f"{self.tenancy}/{self.user}/{self.key.fingerprint}"

    def state(self) -> dict[str, Any]:
        """Return the account as plain data, without its key."""
        return {
            "tenancy": self.tenancy,
            "user": self.user,
            "platforms": list(self.platforms),
            "denied": self.denied,
        }


@dataclass(frozen=True)
class SessionToken:
    """A token: its user, the key that it is bound to, and the virtual time of its expiry."""

    user: str
    key: Key
    expires_at: float


class AccountBook:
    """All users, by OCID, and all session tokens."""

    def __init__(self, initial: tuple[Account, ...]) -> None:
        self._initial = initial
        self._accounts: dict[str, Account] = {}
        self._tokens: dict[str, SessionToken] = {}
        self.reset()

    def reset(self) -> None:
        """Restore the users of a new mock, without tokens."""
        self._accounts = {each.user: Account(**vars(each)) for each in self._initial}
        self._tokens = {}

    def put(self, account: Account) -> None:
        """Add a user or replace one."""
        self._accounts[account.user] = account

    def get(self, user: str) -> Account:
        """Return a user's account.

        Raises:
            UnknownThing: it is unknown.
        """
        if user not in self._accounts:
            raise UnknownThing("user: no account of this user")
        return self._accounts[user]

    def issue(self, user: str, now: float, seconds: float, source: random.Random) -> str:
        """Issue a session token, bound to the user's current key.

        Raises:
            UnknownThing: there is no such user.
        """
        account = self.get(user)
        claims = {"sub": user, "tenant": account.tenancy, "iat": int(now), "exp": int(now + seconds)}
        # The last part replaces the cloud's signature; the mock stores its tokens instead.
        parts = ({"alg": "RS256", "kid": "mock"}, claims, f"{source.getrandbits(256):064x}")
        token = ".".join(_encoded(json.dumps(part)) for part in parts)
        self._tokens[token] = SessionToken(user, account.key, int(now + seconds))
        return token

    def revoke(self, token: str) -> None:
        """Revoke a session token.

        Raises:
            UnknownThing: it is unknown.
        """
        if self._tokens.pop(token, None) is None:
            raise UnknownThing("token: no such session token")

    def find(self, key_id: str) -> tuple[Account, Key, float | None] | None:
        """Return the user of a key id, the key to verify with, and a session token's expiry; None for an unknown id."""
        if key_id.startswith(TOKEN_MARK):
            token = self._tokens.get(key_id.removeprefix(TOKEN_MARK))
            if token is None or token.user not in self._accounts:
                return None
            return self._accounts[token.user], token.key, token.expires_at
        account = self._accounts.get(key_id.split("/")[1]) if key_id.count("/") == 2 else None
        if account is None or account.key_id != key_id:
            return None
        return account, account.key, None

    def state(self) -> dict[str, Any]:
        """Return the users and the expiries of the tokens as plain data, without secrets."""
        tokens = sorted((each.user, each.expires_at) for each in self._tokens.values())
        return {
            "accounts": [account.state() for _, account in sorted(self._accounts.items())],
            "tokens": [{"user": user, "expires_at": rfc3339(expires_at)} for user, expires_at in tokens],
        }


def _encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
