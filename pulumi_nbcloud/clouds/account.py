"""What the accounts of all clouds share: the first request goes alone, and refused credentials are not sent again."""

from __future__ import annotations

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime, timezone
from typing import TYPE_CHECKING, ClassVar

import anyio

from pulumi_nbcloud.clock import text
from pulumi_nbcloud.errors import AuthenticationError, BadResponseError, NbcloudError, UnreachableError
from pulumi_nbcloud.http.messages import Reply, Request
from pulumi_nbcloud.http.proxy import route_of
from pulumi_nbcloud.http.redaction import redact
from pulumi_nbcloud.http.retry import RETRY_STATUSES, RetryBudget
from pulumi_nbcloud.settings.schema import Schema, Settings

if TYPE_CHECKING:
    from pulumi_nbcloud.http.client import Client


class CredentialState:
    """What a program knows of one set of credentials; shared by all accounts that use them.

    Profiles may differ in project or region and still sign with one key pair: each trying a bad one once would lock it.
    """

    def __init__(self) -> None:
        self.first = anyio.Lock()
        self.accepted = False
        self.refusal: AuthenticationError | None = None
        self.revision: Hashable = None

    @property
    def open(self) -> bool:
        """Whether the cloud has not said yet if it accepts them."""
        return not self.accepted and self.refusal is None

    def refuse(self, error: AuthenticationError, revision: Hashable) -> None:
        """Remember that the cloud refused them, as they were at this revision."""
        self.refusal, self.revision = copy.copy(error), revision
        if error.status is not None:  # the cloud's own; what was not sent at all has no time
            when = f"refused at {text(datetime.now(timezone.utc))}"
            self.refusal.hint = f"{when}; {error.hint}" if error.hint else when

    def check(self, revision: Hashable) -> None:
        """Raise the refusal of this revision; one of an earlier revision is forgotten."""
        if self.refusal is None:
            return
        if self.revision != revision:
            self.refusal, self.accepted = None, False
            return
        # A copy: each reader adds its own subject.
        raise copy.copy(self.refusal)


class Account(ABC):
    """The credentials of one cloud, and how to send a read with them.

    Args:
        settings: what `settings.resolve` found.
        client: sends the requests; shared by all accounts of a process.
        standing: what is known of the credentials; of these alone if not given.

    Raises:
        SettingsError: a value cannot be right.
    """

    schema: ClassVar[Schema]
    retry_statuses: ClassVar[frozenset[int]] = RETRY_STATUSES

    def __init__(self, settings: Settings, client: Client, standing: CredentialState | None = None) -> None:
        self.settings = settings
        self._client = client
        self._budget = RetryBudget()
        self._standing = standing or CredentialState()
        self._route = route_of(settings)

    @abstractmethod
    async def sign(self, method: str, target: str, body: bytes = b"") -> Request:
        """Build one attempt of a request, signed at this moment; `ready` has been waited for."""

    @abstractmethod
    def error(self, reply: Reply) -> NbcloudError | None:
        """Classify a reply: None where it is a success, else the error that it means."""

    def proves(self, error: NbcloudError | None) -> bool:
        """Return whether an outcome shows that the cloud accepts the credentials: any answer of its own does."""
        return not isinstance(error, (UnreachableError, BadResponseError))

    async def ready(self, deadline: float) -> None:  # noqa: B027  (a key pair needs nothing)
        """Get what `sign` needs, a token from a login for example.

        Args:
            deadline: when to give up, on anyio's clock.

        Raises:
            NbcloudError: it cannot be had; an AuthenticationError is remembered as a refusal.
        """

    @property
    def generation(self) -> int:
        """The number of credentials that `ready` and `renew` got, so that a refused one is told from its successor."""
        return 0

    async def renew(self, generation: int, deadline: float) -> bool:
        """Replace a credential that the cloud refused, where it can be replaced; once for all that were refused.

        Args:
            generation: of the refused one.
            deadline: when to give up, on anyio's clock.

        Returns:
            Whether there is another one now, so that the request is worth sending once more.

        Raises:
            NbcloudError: the renewal itself failed.
        """
        return False

    def revision(self) -> Hashable:
        """Return what the credentials' source holds now, None where it cannot change; a change ends a refusal."""
        return None

    def expires_at(self) -> float | None:
        """Return when credentials that nobody here can renew expire, in seconds since 1970; None where not known."""
        return None

    async def get(self, target: str) -> Reply:
        """Read one thing by GET; see `send`."""
        return await self.send("GET", target)

    async def send(self, method: str, target: str, body: bytes = b"") -> Reply:
        """Send one read.

        Args:
            method: the HTTP method.
            target: path and query as `exchange.target` builds them.
            body: the exact bytes; empty for none.

        Returns:
            A successful reply.

        Raises:
            AuthenticationError: the cloud refuses the credentials, now or earlier in this program: five bad
                Huawei signatures lock the customer's key, so a refusal is remembered and nothing more is sent.
            NbcloudError: any other error of the tree; see `errors`.
        """
        deadline = anyio.current_time() + self._client.total_seconds
        self._standing.check(self.revision())
        if self._standing.open:
            with anyio.CancelScope(deadline=deadline) as waiting:
                async with self._standing.first:
                    # Its turn: from here on `_send` keeps the deadline, because it can say what happened.
                    waiting.deadline = math.inf
                    # While this one waited, the first may have been answered.
                    if self._standing.open:
                        return await self._send(method, target, body, deadline)
            if self._standing.open:
                raise UnreachableError(
                    f"{self.schema.cloud} has not answered the account's first request, so no other was sent",
                    hint="check the network and the endpoint, then try again",
                )
        return await self._send(method, target, body, deadline)

    async def _send(self, method: str, target: str, body: bytes, deadline: float) -> Reply:
        revision = self.revision()
        self._standing.check(revision)
        try:
            await self.ready(deadline)
            generation = self.generation
            reply, error = await self._ask(method, target, body, deadline)
            if isinstance(error, AuthenticationError) and await self.renew(generation, deadline):
                reply, error = await self._ask(method, target, body, deadline)
            if error is not None:
                raise error
            return reply
        except NbcloudError as failed:
            # What answers a login may repeat it, too.
            redact(failed, self.settings.values, {})
            if isinstance(failed, AuthenticationError):
                self._standing.refuse(failed, revision)
            raise

    async def _ask(self, method: str, target: str, body: bytes, deadline: float) -> tuple[Reply, NbcloudError | None]:
        reply = await self._deliver(lambda: self.sign(method, target, body), deadline)
        error = self.error(reply)
        if error is not None:
            redact(error, self.settings.values, reply.request.headers)
        if not isinstance(error, AuthenticationError) and self.proves(error):
            self._standing.accepted = True
        return reply, error

    async def _deliver(self, prepare: Callable[[], Awaitable[Request]], deadline: float) -> Reply:
        """Send what is prepared, a login too, the way that the settings say."""
        return await self._client.send(
            prepare, budget=self._budget, retry_statuses=self.retry_statuses, deadline=deadline, route=self._route
        )
