"""The accounts of the ModelArts mock, and the lock on a key after too many failures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field

from pulumi_nbcloud.mock.clock import rfc3339
from pulumi_nbcloud.mock.validation import StrictModel, UnknownThing

# More than five failures in a row lock a key for five minutes (docs/vendors/modelarts.md, MA-16). That rejected tries
# during the lock do not prolong it is an assumption.
ALLOWED_FAILURES = 5
LOCK_SECONDS = 300.0

_Word = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[!-~]+$")]
_Token = Annotated[str, Field(min_length=1, max_length=8_192, pattern=r"^[!-~]+$")]


class AccountSpec(StrictModel):
    """An account: keys of 1 to 256 visible ASCII characters (a token: up to 8,192), the projects it may name."""

    access_key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,128}$")]
    secret_key: _Word = Field(repr=False)
    projects: Annotated[tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")], ...], Field(min_length=1)]
    security_token: _Token | None = Field(default=None, repr=False)
    denied: bool = False


@dataclass
class Account:
    """A stored account, with its failures in a row and the virtual time at which its lock ends."""

    spec: AccountSpec
    denied: bool
    failures: int = 0
    locked_until: float | None = field(default=None)

    def locked(self, now: float) -> bool:
        """Return whether the key is locked at virtual time `now`."""
        return self.locked_until is not None and now < self.locked_until

    def record_failure(self, now: float) -> None:
        """Count one rejected signature; the sixth in a row locks the key. After a lock a new count starts."""
        if self.locked_until is not None:
            self.failures, self.locked_until = 0, None
        self.failures += 1
        if self.failures > ALLOWED_FAILURES:
            self.locked_until = now + LOCK_SECONDS

    def record_success(self) -> None:
        """Reset the failures."""
        self.failures, self.locked_until = 0, None

    def state(self, now: float) -> dict[str, Any]:
        """Return the account as plain data, without its secret key and token."""
        return {
            "access_key": self.spec.access_key,
            "projects": list(self.spec.projects),
            "needs_security_token": self.spec.security_token is not None,
            "denied": self.denied,
            "failures": self.failures,
            "locked_until": rfc3339(self.locked_until) if self.locked(now) and self.locked_until else None,
        }


class AccountBook:
    """All accounts, by access key."""

    def __init__(self, initial: tuple[AccountSpec, ...]) -> None:
        self._initial = initial
        self._accounts: dict[str, Account] = {}
        self.reset()

    def reset(self) -> None:
        """Restore the accounts of a new mock, without failures."""
        self._accounts = {spec.access_key: Account(spec, spec.denied) for spec in self._initial}

    def put(self, spec: AccountSpec) -> None:
        """Add an account or replace one; this resets its failures."""
        self._accounts[spec.access_key] = Account(spec, spec.denied)

    def find(self, access_key: str) -> Account | None:
        """Return the account of `access_key`, or None."""
        return self._accounts.get(access_key)

    def get(self, access_key: str) -> Account:
        """Return the account of `access_key`.

        Raises:
            UnknownThing: there is none.
        """
        account = self._accounts.get(access_key)
        if account is None:
            raise UnknownThing("access_key: no account with this access key")
        return account

    def state(self, now: float) -> list[dict[str, Any]]:
        """Return all accounts as plain data, without secrets."""
        return [account.state(now) for _, account in sorted(self._accounts.items())]
