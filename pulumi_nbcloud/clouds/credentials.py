"""What signs the requests of an account: one small class for each authentication method.

A method names the credential set that chooses it. Each cloud lists its methods as `METHODS` beside its account, and an
account holds one of them, made by `credentials_of`. For one read it calls `prepare`, then `sign` for each attempt;
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
"""Sends what is prepared, within a deadline on anyio's clock."""


@dataclass(frozen=True)
class Connection:
    """What a method needs besides settings.

    Args:
        send: sends a request of its own, a login for example, with the account's budget of retries and its proxy.
        now: the wall clock in seconds since 1970.
    """

    send: Send
    now: Callable[[], float]


class Credentials(ABC):
    """One authentication method, with the credentials that it uses."""

    credential_set: ClassVar[CredentialSet]
    """The settings that choose this method."""

    @property
    def rejected_hint(self) -> str | None:
        """What to do where the cloud rejects the credentials; None where the cloud's own hint says it."""
        return None

    @classmethod
    @abstractmethod
    def from_settings(cls: type[CredentialsT], settings: Settings, connection: Connection) -> CredentialsT:
        """Make the method.

        Args:
            settings: hold `credential_set` whole.
            connection: for what it sends itself.

        Raises:
            SettingsError: a value cannot be right; the text never shows it.
        """

    async def prepare(self, deadline: float) -> None:  # noqa: B027  (a key needs nothing)
        """Get what `sign` needs, a token from a login for example.

        Args:
            deadline: when to give up, on anyio's clock.

        Raises:
            AuthenticationError: the credentials are known to be of no use, or the cloud rejects the login.
            NbcloudError: what is needed cannot be had.
        """

    @abstractmethod
    async def sign(self, request: Request) -> Request:
        """Sign a request at this moment; `prepare` has been waited for.

        Args:
            request: with every header but those of the signature.

        Returns:
            The request as it is sent.
        """

    @property
    def generation(self) -> int:
        """The number of times that the credentials were replaced, so that a rejected one is told from its successor."""
        return 0

    async def renew(self, generation: int, deadline: float) -> bool:
        """Replace what the cloud rejected, where it can be replaced; once for all requests that were rejected.

        Args:
            generation: of the rejected one.
            deadline: when to give up, on anyio's clock.

        Returns:
            Whether there is another one now, so that the request is worth sending once more.

        Raises:
            NbcloudError: the renewal itself failed.
        """
        return False

    def revision(self) -> Hashable:
        """Return what the credentials' source holds now, None where it cannot change; a change ends a rejection."""
        return None

    def expires_at(self) -> float | None:
        """Return when credentials that nobody here can renew expire, in seconds since 1970; None where not known."""
        return None

    def checked(self) -> Iterable[tuple[str, str]]:
        """Return what making them has checked without a request: a name, and what holds, in a few words."""
        return ()

    def secrets(self) -> Iterable[str]:
        """Return what no message may show and no setting holds: tokens, the content of files."""
        return ()


CredentialsT = TypeVar("CredentialsT", bound=Credentials)


def credentials_of(methods: Sequence[type[CredentialsT]], settings: Settings, connection: Connection) -> CredentialsT:
    """Make the method whose credential set the settings hold.

    Args:
        methods: all methods of the cloud, one for each credential set.
        settings: what was found.
        connection: see `Connection`.

    Raises:
        SettingsError: see `Credentials.from_settings`.
    """
    method = next(each for each in methods if each.credential_set.keys == settings.credential_keys)
    return method.from_settings(settings, connection)


class LoginCredentials(Credentials):
    """The base of methods that get a token by a login: kept until it expires, renewed once for all who need it.

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
        """The token to send; `prepare` has been waited for."""
        return self._keeper.value

    async def prepare(self, deadline: float) -> None:
        """Log in where there is no token that will last."""
        await self._keeper.ready(deadline)

    @property
    def generation(self) -> int:
        """The number of logins."""
        return self._keeper.generation

    async def renew(self, generation: int, deadline: float) -> bool:
        """Log in again, once for all whose token was rejected."""
        return await self._keeper.renew(generation, deadline)

    def secrets(self) -> Iterable[str]:
        """Return the last token."""
        return (self._keeper.value,) if self._keeper.generation else ()


class CredentialState:
    """What a program knows of one set of credentials; shared by all accounts that use them.

    Profiles may differ in project or region and still sign with one key pair: each trying a bad one once would lock it.

    Args:
        retry_seconds: after how long a rejection is forgotten, so that one request tries again; never if not given.
        clock: only goes forward, in seconds.
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
        """Whether the cloud has not said yet if it accepts them."""
        return not self.accepted and self.rejection is None

    def reject(self, error: AuthenticationError, revision: Hashable) -> None:
        """Remember that the cloud rejected them, as they were at this revision."""
        self.rejection, self.revision = copy.copy(error), revision
        self._rejected_at = self._clock()
        if error.status is not None:  # the cloud's own; what was not sent at all has no time
            when = f"refused at {text(datetime.now(timezone.utc))}"
            self.rejection.hint = f"{when}; {error.hint}" if error.hint else when

    def check(self, revision: Hashable) -> None:
        """Raise the rejection of this revision; one of an earlier revision is forgotten, and one that is too old."""
        if self.rejection is None:
            return
        old = self._retry_seconds is not None and self._clock() - self._rejected_at >= self._retry_seconds
        if self.revision != revision or old:
            self.rejection, self.accepted = None, False
            return
        # A copy: each reader adds its own subject.
        raise copy.copy(self.rejection)
