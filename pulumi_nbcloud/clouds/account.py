"""The base of all accounts: it sends the first request alone, and never sends rejected credentials again."""

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
    """Send reads to one cloud with its settings and credentials.

    Args:
        settings: the result of `settings.resolve`.
        client: sends the requests; shared by all accounts of a process.
        state: the state of the credentials; a state of its own by default.
        now: the wall clock in seconds since 1970.

    Raises:
        SettingsError: a value is invalid.
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
        """The credentials that sign the requests."""

    @abstractmethod
    def request(self, method: str, target: str, body: bytes = b"") -> Request:
        """Build a request with every header except those of the signature; call `ready` first."""

    @abstractmethod
    def error(self, response: Response) -> NbcloudError | None:
        """Classify a response: None for a success, otherwise the matching error."""

    @classmethod
    def confirms(cls, error: NbcloudError | None) -> bool:
        """Return whether an outcome shows that the cloud accepts the credentials: any of its own responses."""
        if error is not None and cls.anonymous(error) and error.vendor_message is None:
            return False
        return not isinstance(error, (UnreachableError, BadResponseError))

    @staticmethod
    def anonymous(error: NbcloudError | None) -> bool:
        """Return whether an outcome is a 403 or 404 without a code of the cloud's: any web server may send one."""
        if not isinstance(error, (NotFoundError, PermissionDeniedError)):
            return False
        # Without a status, the lookup failed on this side, in a complete list from the cloud.
        return error.status is not None and error.code is None

    def passes(self, response: Response) -> bool:
        """Return whether a response justifies another attempt although its status alone does not."""
        return False

    async def ready(self, deadline: float) -> None:
        """Prepare for a request, for example by logging in for a token.

        Args:
            deadline: when to give up, on anyio's clock.

        Raises:
            NbcloudError: the preparation failed; an AuthenticationError counts as a rejection from then on.
        """
        await self.credentials.prepare(deadline)

    async def sign(self, method: str, target: str, body: bytes = b"") -> Request:
        """Build one attempt of a request, signed at the current time; call `ready` first."""
        return await self.credentials.sign(self.request(method, target, body))

    def now(self) -> float:
        """Return the time by the wall clock, in seconds since 1970."""
        return self._now()

    def expires_at(self) -> float | None:
        """Return when credentials that cannot be renewed here expire, in seconds since 1970; None where unknown."""
        return self.credentials.expires_at()

    @property
    def redactor(self) -> Redactor:
        """The redactor of all current secrets in the settings and the credentials."""
        return self._secrets.with_secrets(self.credentials.secrets())

    async def get(self, target: str) -> Response:
        """Send one read with GET; see `send`."""
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
                Huawei signatures lock the customer's key, so a rejection is stored and nothing more is sent.
            NbcloudError: any other error of the tree; see `errors`.
        """
        deadline = anyio.current_time() + self._client.total_seconds
        self._state.check(self.credentials.revision())
        if self._state.unknown:
            async with acquired(self._state.first, deadline) as first:
                # The first request may have got its response while this one waited.
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
        async def signed() -> Request:
            return replace(await self.sign(method, target, body), is_read=True)

        response = await self._deliver(signed, deadline)
        error = self.error(response)
        if not isinstance(error, AuthenticationError) and self.confirms(error):
            self._state.accepted = True
        return response, error

    async def _deliver(self, prepare: Callable[[], Awaitable[Request]], deadline: float) -> Response:
        """Send a prepared request, including a login, through the proxy that the settings name."""

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
