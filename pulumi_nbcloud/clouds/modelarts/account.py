"""A ModelArts account: a region, a project, and one of the ways to sign in."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, ClassVar

import anyio

from pulumi_nbcloud.clouds.account import Account, CredentialState
from pulumi_nbcloud.clouds.modelarts.iam import Iam
from pulumi_nbcloud.clouds.modelarts.replies import UNKNOWN_API_CODES, classify
from pulumi_nbcloud.clouds.modelarts.schema import SCHEMA, check_values, find_endpoint, find_iam_endpoint
from pulumi_nbcloud.clouds.modelarts.sign_in import GivenToken, KeyPair, Password, SignIn
from pulumi_nbcloud.errors import NbcloudError, SettingsError, UnreachableError
from pulumi_nbcloud.http.messages import Reply, Request, encode, target
from pulumi_nbcloud.settings.schema import Schema, Settings

if TYPE_CHECKING:
    from pulumi_nbcloud.http.client import Client

__all__ = ["SCHEMA", "ModelArtsAccount", "in_project"]

# Stands for the project in a target until it is known; no encoded text can hold it, because braces are encoded.
_PROJECT = "{project_id}"


def in_project(segments: Iterable[str], query: Iterable[tuple[str, str]] = ()) -> str:
    """Build a request target below `/v1/{project_id}`; the account puts the project in when it signs.

    Args:
        segments: path segments behind the project, as plain text.
        query: names and values as plain text, in the order they are sent.

    Returns:
        A target for `ModelArtsAccount.get`.

    Raises:
        InputError: see `exchange.target`.
    """
    return f"/v1/{_PROJECT}{target(segments, query)}"


class ModelArtsAccount(Account):
    """Reads one project's things, signed in one of three ways.

    Args:
        settings: what was found for `SCHEMA`.
        client: sends the requests.
        standing: what is known of the credentials; of this account alone if not given.
        now: the wall clock in seconds since 1970; the gateway refuses a signature 15 minutes off.

    Raises:
        SettingsError: a value is missing or cannot be right.
    """

    schema: ClassVar[Schema] = SCHEMA

    def __init__(
        self,
        settings: Settings,
        client: Client,
        standing: CredentialState | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(settings, client, standing)
        self._now = now
        check_values(settings)
        self.endpoint = find_endpoint(settings)
        iam_origin = find_iam_endpoint(settings)
        self._iam = Iam(iam_origin, self._deliver, now) if iam_origin else None
        self._sign_in = self._way()
        self._project = _Project(settings.values.get("projectId"), self._find_project)

    @property
    def project_id(self) -> str:
        """The project's id; where it is not set, known once something was read."""
        return self._project.value

    async def sign(self, method: str, target: str, body: bytes = b"") -> Request:
        """Build one attempt, signed at this moment."""
        path = target.replace(_PROJECT, encode(self.project_id)) if _PROJECT in target else target
        return self._sign_in.sign(Request(method, self.endpoint, path, body=body), self.project_id)

    def error(self, reply: Reply) -> NbcloudError | None:
        """Classify a reply, by Huawei's code first and the HTTP status second."""
        error = classify(reply, self._now(), refused=self._sign_in.refused_hint)
        return None if error is None else self._redacted(error)

    def proves(self, error: NbcloudError | None) -> bool:
        """Return whether an outcome shows accepted credentials; the gateway may refuse an unknown API unseen."""
        return super().proves(error) and (error is None or error.code not in UNKNOWN_API_CODES)

    async def ready(self, deadline: float) -> None:
        """Log in and look the project up, where that is needed."""
        try:
            await self._sign_in.ready(deadline)
            await self._project.ready(deadline)
        except NbcloudError as error:
            raise self._redacted(error) from None

    @property
    def generation(self) -> int:
        """The number of tokens; always 0 for a key pair and a given token."""
        return self._sign_in.generation

    async def renew(self, generation: int, deadline: float) -> bool:
        """Log in again, where a user's token was refused."""
        try:
            return await self._sign_in.renew(generation, deadline)
        except NbcloudError as error:
            raise self._redacted(error) from None

    def _way(self) -> SignIn:
        if "password" in self.settings.credential_keys:
            assert self._iam is not None  # find_iam_endpoint() raises where a user name has none
            return Password(self.settings, self._iam, self._now)
        if "authToken" in self.settings.credential_keys:
            return GivenToken(self.settings)
        return KeyPair(self.settings, self._now)

    async def _find_project(self, deadline: float) -> str:
        if self._sign_in.project_id is not None:
            return self._sign_in.project_id
        assert self._iam is not None  # find_iam_endpoint() raises where a project is to be looked up without a region
        region = self.settings.values["region"]
        return await self._iam.project_id(region, self._sign_in.sign, self._sign_in.refused_hint, deadline)

    def _redacted(self, error: NbcloudError) -> NbcloudError:
        error.problem = self._sign_in.redact(error.problem)
        return error


class _Project:
    """The project's id: as set, or found once for all who need it.

    Args:
        known: the id that is set; None to look it up.
        find: looks it up; given the deadline, on anyio's clock.
    """

    def __init__(self, known: str | None, find: Callable[[float], Awaitable[str]]) -> None:
        self._known = known
        self._find = find
        self._lock = anyio.Lock()
        self._failure: SettingsError | None = None

    @property
    def value(self) -> str:
        """The id; `ready` has been waited for."""
        assert self._known is not None
        return self._known

    async def ready(self, deadline: float) -> None:
        """Find the id where it is not known; that there is none or several is remembered too."""
        if self._known is not None:
            return
        with anyio.CancelScope(deadline=deadline) as waiting:
            async with self._lock:
                # Its turn: the request itself keeps the deadline, because it can say what happened.
                waiting.deadline = math.inf
                if self._failure is not None:
                    raise copy.copy(self._failure)
                if self._known is None:
                    try:
                        self._known = await self._find(deadline)
                    except SettingsError as error:
                        self._failure = copy.copy(error)
                        raise
                return
        raise UnreachableError(
            "the project was not polled up within the deadline",
            hint="check the network and iamEndpoint, or set projectId",
        )
