"""The accounts of HPC-AI: API keys, users with passwords, and their login tokens.

Tokens are JSON Web Tokens with the claims of the list page's example. The cloud signs them with RS256; the mock has no
key pair and signs with HS256, which clients do not notice because they do not verify signatures. Their expiry depends
on the virtual clock, so a test can expire one instantly.

Source: docs/vendors/hpcai.md, HPC-4 to HPC-7.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from pulumi_nbcloud.mock.validation import StrictModel, UnknownThing

_SIGNING_KEY = b"made up for the mock, opens nothing"
_Secret = Annotated[str, Field(min_length=1, max_length=1_024)]


class AccountSpec(StrictModel):
    """An account: a user with a password, and an API key (visible ASCII). `denied`: known, but may not list (403)."""

    username: Annotated[str, Field(pattern=r"^[!-~]{1,128}$")]
    password: _Secret = Field(repr=False)
    api_key: Annotated[str, Field(pattern=r"^[!-~]{1,1024}$")] = Field(repr=False)
    denied: bool = False

    @property
    def owner_id(self) -> str:
        """The user's id, which rows and tokens name; made of the name."""
        digest = hashlib.sha256(self.username.encode()).hexdigest()
        return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"


@dataclass
class _Account:
    spec: AccountSpec
    issued: int = 0


class AccountBook:
    """All accounts, by user name."""

    def __init__(self, initial: tuple[AccountSpec, ...]) -> None:
        self._initial = initial
        self._accounts: dict[str, _Account] = {}
        self._revoked_before: dict[str, int] = {}
        self.reset()

    def reset(self) -> None:
        """Restore the accounts of a new mock."""
        self._accounts = {spec.username: _Account(spec) for spec in self._initial}
        self._revoked_before = {}

    def put(self, spec: AccountSpec) -> None:
        """Add an account or replace one (a rotated key, say); earlier tokens stay valid."""
        before = self._accounts.get(spec.username)
        self._accounts[spec.username] = _Account(spec, before.issued if before is not None else 0)

    def get(self, username: str) -> AccountSpec:
        """Return an account.

        Raises:
            UnknownThing: there is none.
        """
        if username not in self._accounts:
            raise UnknownThing(f"username: no account {username!r}")
        return self._accounts[username].spec

    def by_api_key(self, key: str) -> AccountSpec | None:
        """Return the account of an API key, or None."""
        for account in self._accounts.values():
            if hmac.compare_digest(account.spec.api_key.encode(), key.encode("latin-1", "replace")):
                return account.spec
        return None

    def by_password(self, username: object, password: object) -> AccountSpec | None:
        """Return the account of a login, or None."""
        account = self._accounts.get(username) if isinstance(username, str) else None
        if account is None or not isinstance(password, str):
            return None
        if not hmac.compare_digest(account.spec.password.encode(), password.encode("utf-8", "replace")):
            return None
        return account.spec

    def issue(self, username: str, now: float, seconds: float) -> str:
        """Return a token of `username` that is valid for this many virtual seconds."""
        account = self._accounts[self.get(username).username]
        account.issued += 1
        claims = {
            "aud": ["platform.colossalai.com"],
            "exp": int(now + seconds),
            "group": ["admin"],
            "iat": int(now),
            "iss": "hpcaitech.com",
            "sub": account.spec.owner_id,
            # Not in the page's example: two tokens of one second must differ.
            "jti": f"{username}-{account.issued}",
        }
        return sign_token(claims)

    def revoke(self, username: str) -> None:
        """Invalidate all tokens of `username` so far.

        Raises:
            UnknownThing: there is no such user.
        """
        account = self._accounts[self.get(username).username]
        self._revoked_before[username] = account.issued + 1

    def by_token(self, token: str, now: float | None) -> AccountSpec | None:
        """Return whose token this is, or None where its signature is wrong or it expired; `now` None: at any time."""
        claims = read_token(token)
        if claims is None or (now is not None and not now < claims.get("exp", 0)):
            return None
        username, _, login = str(claims.get("jti", "")).rpartition("-")
        account = self._accounts.get(username)
        if (
            account is None
            or claims.get("sub") != account.spec.owner_id
            or int(login) < self._revoked_before.get(username, 0)
        ):
            return None
        return account.spec

    def state(self) -> list[dict[str, Any]]:
        """Return all accounts as plain data, without secrets."""
        return [
            {"username": name, "owner_id": each.spec.owner_id, "denied": each.spec.denied, "tokens_issued": each.issued}
            for name, each in sorted(self._accounts.items())
        ]


def sign_token(claims: dict[str, Any], key: bytes = _SIGNING_KEY) -> str:
    """Return a JSON Web Token, signed with HS256."""
    head = ".".join(_encoded(json.dumps(part, separators=(",", ":")).encode()) for part in (_HEADER, claims))
    return f"{head}.{_encoded(hmac.new(key, head.encode(), hashlib.sha256).digest())}"


_HEADER = {"alg": "HS256", "typ": "JWT"}


def read_token(token: str) -> dict[str, Any] | None:
    """Return the claims of a token whose header and signature are right, else None."""
    head, _, signature = token.rpartition(".")
    expected = _encoded(hmac.new(_SIGNING_KEY, head.encode("latin-1", "replace"), hashlib.sha256).digest())
    if not hmac.compare_digest(expected.encode(), signature.encode("latin-1", "replace")):
        return None
    try:
        header, claims = (json.loads(_decoded(part)) for part in head.split("."))
    except (ValueError, binascii.Error):
        return None
    # A token must not choose its own verification.
    return claims if header == _HEADER and isinstance(claims, dict) else None


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
