"""What the accounts of all clouds share: the first request goes alone, and rejected credentials are not sent again."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

import anyio

from pulumi_nbcloud.clouds.credentials import Connection, Credentials, CredentialState
from pulumi_nbcloud.clouds.locks import acquired
from pulumi_nbcloud.errors import (
    AuthenticationError,
    BadResponseError,
    NbcloudError,
    NotFoundError,
    PermissionDeniedError,
    UnreachableError,
)
from pulumi_nbcloud.http.messages import Request, Response
from pulumi_nbcloud.http.proxy import route_of
from pulumi_nbcloud.http.redaction import Redactor
from pulumi_nbcloud.http.retry import RETRY_STATUSES, RetryBudget
from pulumi_nbcloud.settings.quotes import check_quotes
from pulumi_nbcloud.settings.schema import Schema, Settings

if TYPE_CHECKING:
    from pulumi_nbcloud.http.client import Client

__all__ = ["Account", "CredentialState"]


class Account(ABC):
    """The settings and credentials of one cloud, and how to send a read with them.

    Args:
        settings: what `settings.resolve` found.
        client: sends the requests; shared by all accounts of a process.
        state: what is known of the credentials; of these alone if not given.
        now: the wall clock in seconds since 1970.

    Raises:
        SettingsError: a value cannot be right.
    """

    schema: ClassVar[Schema]
    retry_statuses: ClassVar[frozenset[int]] = RETRY_STATUSES

    def __init__(
        self,
        settings: Settings,
        client: Client,
        state: CredentialState | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        check_quotes(settings)
        self.settings = settings
        self._client = client
        self._state = state or CredentialState()
        self._now = now
        self._budget = RetryBudget()
        self._route = route_of(settings)
        self._secrets = Redactor(self.schema.secret_parts(settings.values))
        self._connection = Connection(self._deliver, now)

    @property
    @abstractmethod
    def credentials(self) -> Credentials:
        """What signs the requests."""

    @abstractmethod
    def request(self, method: str, target: str, body: bytes = b"") -> Request:
        """Build a request with every header but those of the signature; `ready` has been waited for."""

    @abstractmethod
    def error(self, response: Response) -> NbcloudError | None:
        """Classify a response: None where it is a success, else the error that it means."""

    @classmethod
    def confirms(cls, error: NbcloudError | None) -> bool:
        """Return whether an outcome shows that the cloud accepts the credentials: any response of its own does."""
        if error is not None and cls.anonymous(error) and error.vendor_message is None:
            return False
        return not isinstance(error, (UnreachableError, BadResponseError))

    @staticmethod
    def anonymous(error: NbcloudError | None) -> bool:
        """Return whether an outcome is a 403 or 404 without a code of the cloud's: any web server answers so."""
        if not isinstance(error, (NotFoundError, PermissionDeniedError)):
            return False
        # Without a status it was this side that found nothing, in a whole list of the cloud's.
        return error.status is not None and error.code is None

    def passes(self, response: Response) -> bool:
        """Return whether a response is worth another attempt though its status alone is not."""
        return False

    async def ready(self, deadline: float) -> None:
        """Get what a request needs, a token from a login for example.

        Args:
            deadline: when to give up, on anyio's clock.

        Raises:
            NbcloudError: it cannot be had; an AuthenticationError is remembered as a rejection.
        """
        await self.credentials.prepare(deadline)

    async def sign(self, method: str, target: str, body: bytes = b"") -> Request:
        """Build one attempt of a request, signed at this moment; `ready` has been waited for."""
        return await self.credentials.sign(self.request(method, target, body))

    def now(self) -> float:
        """Return the time by the wall clock, in seconds since 1970."""
        return self._now()

    def expires_at(self) -> float | None:
        """Return when credentials that nobody here can renew expire, in seconds since 1970; None where not known."""
        return self.credentials.expires_at()

    @property
    def redactor(self) -> Redactor:
        """Knows every secret of the settings and the credentials at this moment."""
        return self._secrets.with_secrets(self.credentials.secrets())

    async def get(self, target: str) -> Response:
        """Read one thing by GET; see `send`."""
        return await self.send("GET", target)

    async def send(self, method: str, target: str, body: bytes = b"") -> Response:
        """Send one read.

        Args:
            method: the HTTP method.
            target: path and query as `messages.target` builds them.
            body: the exact bytes; empty for none.

        Returns:
            A successful response.

        Raises:
            AuthenticationError: the cloud rejects the credentials, now or earlier in this program: five bad
                Huawei signatures lock the customer's key, so a rejection is remembered and nothing more is sent.
            NbcloudError: any other error of the tree; see `errors`.
        """
        deadline = anyio.current_time() + self._client.total_seconds
        self._state.check(self.credentials.revision())
        if self._state.unknown:
            async with acquired(self._state.first, deadline) as first:
                # While this one waited, the first may have been answered.
                if first and self._state.unknown:
                    return await self._send(method, target, body, deadline)
            if self._state.unknown:
                raise UnreachableError(
                    f"{self.schema.cloud} has not answered the account's first request, so no other was sent",
                    hint="check the network and the endpoint, then try again",
                )
        return await self._send(method, target, body, deadline)

    async def _send(self, method: str, target: str, body: bytes, deadline: float) -> Response:
        revision = self.credentials.revision()
        self._state.check(revision)
        try:
            await self.ready(deadline)
            generation = self.credentials.generation
            response, error = await self._attempt(method, target, body, deadline)
            if isinstance(error, AuthenticationError) and await self.credentials.renew(generation, deadline):
                response, error = await self._attempt(method, target, body, deadline)
            if error is not None:
                raise error
            return response
        except NbcloudError as failed:
            self.redactor.error(failed)
            if isinstance(failed, AuthenticationError):
                self._state.reject(failed, revision)
            raise

    async def _attempt(
        self, method: str, target: str, body: bytes, deadline: float
    ) -> tuple[Response, NbcloudError | None]:
        response = await self._deliver(lambda: self.sign(method, target, body), deadline)
        error = self.error(response)
        if not isinstance(error, AuthenticationError) and self.confirms(error):
            self._state.accepted = True
        return response, error

    async def _deliver(self, prepare: Callable[[], Awaitable[Request]], deadline: float) -> Response:
        """Send what is prepared, a login too, the way that the settings say."""

        async def prepared() -> Request:
            return replace(await prepare(), redactor=self.redactor, cloud=self.schema.cloud)

        return await self._client.send(
            prepared,
            budget=self._budget,
            retry_statuses=self.retry_statuses,
            retry_response=self.passes,
            deadline=deadline,
            route=self._route,
        )
