"""The base of authentication methods: each is one small class, which signs the requests of an account.

A method names the credential set that selects it. Each cloud lists its methods as `METHODS` beside its account, and an
account has one of them, from `credentials_of`. For one read it calls `prepare`, then `sign` for each attempt;
after a rejection `renew`, then `sign` again.
"""

from __future__ import annotations

import copy
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import ClassVar, TypeVar

import anyio

from pulumi_nbcloud.clock import text
from pulumi_nbcloud.clouds.tokens import Token, TokenKeeper
from pulumi_nbcloud.errors import AuthenticationError
from pulumi_nbcloud.http.messages import Request, Response
from pulumi_nbcloud.settings.schema import CredentialSet, Settings

Send = Callable[[Callable[[], Awaitable[Request]], float], Awaitable[Response]]
"""Send a prepared request within a deadline on anyio's clock."""


@dataclass(frozen=True)
class Connection:
    """The needs of a method besides settings.

    Args:
        send: sends a request of its own, a login for example, with the account's budget of retries and its proxy.
        now: the wall clock in seconds since 1970.
    """

    send: Send
    now: Callable[[], float]


class Credentials(ABC):
    """One authentication method, with the credentials that it uses."""

    credential_set: ClassVar[CredentialSet]
    """The settings that select this method."""

    @property
    def rejected_hint(self) -> str | None:
        """The hint for rejected credentials; None to keep the cloud's own hint."""
        return None

    @classmethod
    @abstractmethod
    def from_settings(cls: type[CredentialsT], settings: Settings, connection: Connection) -> CredentialsT:
        """Make the method.

        Args:
            settings: contain the complete `credential_set`.
            connection: for its own requests.

        Raises:
            SettingsError: a value is invalid; the text never shows it.
        """

    async def prepare(self, deadline: float) -> None:  # noqa: B027  (a key needs nothing)
        """Prepare for `sign`, for example by logging in for a token.

        Args:
            deadline: when to give up, on anyio's clock.

        Raises:
            AuthenticationError: the credentials are known to be useless, or the cloud rejects the login.
            NbcloudError: the preparation failed.
        """

    @abstractmethod
    async def sign(self, request: Request) -> Request:
        """Sign a request at the current time; call `prepare` first.

        Args:
            request: with every header except those of the signature.

        Returns:
            The request to send.
        """

    @property
    def generation(self) -> int:
        """The number of replacements of the credentials; it distinguishes rejected ones from their successors."""
        return 0

    async def renew(self, generation: int, deadline: float) -> bool:
        """Replace rejected credentials if possible, once for all rejected requests.

        Args:
            generation: of the rejected credentials.
            deadline: when to give up, on anyio's clock.

        Returns:
            Whether they were replaced, which justifies another attempt.

        Raises:
            NbcloudError: the renewal itself failed.
        """
        return False

    def revision(self) -> Hashable:
        """Return a mark of the source's current content, None where it cannot change; a change ends a rejection."""
        return None

    def expires_at(self) -> float | None:
        """Return when credentials that cannot be renewed here expire, in seconds since 1970; None where unknown."""
        return None

    def checked(self) -> Iterable[tuple[str, str]]:
        """Return the checks that passed without a request: a name, and the result in a few words."""
        return ()

    def secrets(self) -> Iterable[str]:
        """Return the secrets outside of the settings: tokens, the content of files."""
        return ()


CredentialsT = TypeVar("CredentialsT", bound=Credentials)


def credentials_of(methods: Sequence[type[CredentialsT]], settings: Settings, connection: Connection) -> CredentialsT:
    """Make the method whose credential set the settings contain.

    Args:
        methods: all methods of the cloud, one for each credential set.
        settings: the resolved settings.
        connection: see `Connection`.

    Raises:
        SettingsError: see `Credentials.from_settings`.
    """
    method = next(each for each in methods if each.credential_set.keys == settings.credential_keys)
    return method.from_settings(settings, connection)


class LoginCredentials(Credentials):
    """The base of methods with a login: keep the token until it expires, and renew it once for all requests.

    Args:
        now: the wall clock in seconds since 1970.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._keeper = TokenKeeper(self.log_in, now)

    @abstractmethod
    async def log_in(self, deadline: float) -> Token:
        """Get a new token; see `prepare`."""

    @property
    def token(self) -> str:
        """The token to send; call `prepare` first."""
        return self._keeper.value

    async def prepare(self, deadline: float) -> None:
        """Log in unless there is a token with enough time left."""
        await self._keeper.ready(deadline)

    @property
    def generation(self) -> int:
        """The number of logins."""
        return self._keeper.generation

    async def renew(self, generation: int, deadline: float) -> bool:
        """Log in again, once for all requests with the rejected token."""
        return await self._keeper.renew(generation, deadline)

    def secrets(self) -> Iterable[str]:
        """Return the last token."""
        return (self._keeper.value,) if self._keeper.generation else ()


class CredentialState:
    """The state of one set of credentials, shared by all accounts that use them.

    Profiles may differ in project or region and still sign with one key pair: each trying a bad one once would lock it.

    Args:
        retry_seconds: how long a rejection lasts before one request tries again; for ever by default.
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, retry_seconds: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._retry_seconds = retry_seconds
        self._clock = clock
        self._rejected_at = 0.0
        self.first = anyio.Lock()
        self.accepted = False
        self.rejection: AuthenticationError | None = None
        self.revision: Hashable = None

    @property
    def unknown(self) -> bool:
        """Whether no response has accepted or rejected them yet."""
        return not self.accepted and self.rejection is None

    def reject(self, error: AuthenticationError, revision: Hashable) -> None:
        """Record that the cloud rejected them at this revision."""
        self.rejection, self.revision = copy.copy(error), revision
        self._rejected_at = self._clock()
        if error.status is not None:  # the cloud's own; an error without a request has no time
            when = f"refused at {text(datetime.now(timezone.utc))}"
            self.rejection.hint = f"{when}; {error.hint}" if error.hint else when

    def check(self, revision: Hashable) -> None:
        """Raise the rejection of this revision; drop one of an earlier revision, or one that is too old."""
        if self.rejection is None:
            return
        old = self._retry_seconds is not None and self._clock() - self._rejected_at >= self._retry_seconds
        if self.revision != revision or old:
            self.rejection, self.accepted = None, False
            return
        # A copy: each reader adds its own subject.
        raise copy.copy(self.rejection)
