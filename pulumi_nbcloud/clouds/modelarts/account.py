"""A ModelArts account: a region, a project, and one of the authentication methods."""

from __future__ import annotations

import copy
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

import anyio

from pulumi_nbcloud.clouds.account import Account
from pulumi_nbcloud.clouds.credentials import CredentialState, credentials_of
from pulumi_nbcloud.clouds.locks import acquired
from pulumi_nbcloud.clouds.modelarts.credentials import GivenToken, KeyPair, ModelArtsCredentials, Password
from pulumi_nbcloud.clouds.modelarts.iam import Iam
from pulumi_nbcloud.clouds.modelarts.responses import UNKNOWN_API_CODES, classify
from pulumi_nbcloud.clouds.modelarts.schema import SCHEMA, check_values, find_endpoint, find_iam_endpoint
from pulumi_nbcloud.errors import NbcloudError, SettingsError, UnreachableError
from pulumi_nbcloud.http.messages import Request, Response, encode, target
from pulumi_nbcloud.settings.schema import Schema, Settings

if TYPE_CHECKING:
    from pulumi_nbcloud.http.client import Client

__all__ = ["METHODS", "SCHEMA", "ModelArtsAccount", "in_project"]

METHODS: tuple[type[ModelArtsCredentials], ...] = (KeyPair, Password, GivenToken)

# A placeholder for a project that is not known yet; encoded text cannot contain it, because braces are encoded.
_PROJECT = "{project_id}"


def in_project(segments: Iterable[str], query: Iterable[tuple[str, str]] = ()) -> str:
    """Build a request target below `/v1/{project_id}`; the account puts the project in when it signs.

    Args:
        segments: path segments after the project, as plain text.
        query: names and values as plain text, in the order they are sent.

    Returns:
        A target for `ModelArtsAccount.get`.

    Raises:
        InputError: see `messages.target`.
    """
    return f"/v1/{_PROJECT}{target(segments, query)}"


class ModelArtsAccount(Account):
    """Send the reads of one project, signed by one of ModelArts' authentication methods.

    Args:
        settings: the resolved settings of `SCHEMA`.
        client: sends the requests.
        state: the state of the credentials; a state of its own by default.
        now: the wall clock in seconds since 1970; the gateway rejects a signature that is 15 minutes off.

    Raises:
        SettingsError: a value is missing or invalid.
    """

    schema: ClassVar[Schema] = SCHEMA

    def __init__(
        self,
        settings: Settings,
        client: Client,
        state: CredentialState | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(settings, client, state, now)
        check_values(settings)
        self.endpoint = find_endpoint(settings)
        iam_origin = find_iam_endpoint(settings)
        self._iam = Iam(iam_origin, self._connection) if iam_origin else None
        self._credentials = credentials_of(METHODS, settings, self._connection)
        self._project = _Project(settings.values.get("projectId"), self._find_project)

    @property
    def credentials(self) -> ModelArtsCredentials:
        """The credentials that sign the requests."""
        return self._credentials

    @property
    def project_id(self) -> str:
        """The project's id; without the setting, available after `ready`."""
        return self._project.value

    def request(self, method: str, target: str, body: bytes = b"") -> Request:
        """Build a request, with the project in its place."""
        path = target.replace(_PROJECT, encode(self.project_id)) if _PROJECT in target else target
        bare = Request(method, self.endpoint, path, body=body)
        project = {"X-Project-Id": self.project_id} if self._credentials.names_project else {}
        # Reads carry it too, signed with the rest: the pages call it mandatory (docs/vendors/modelarts.md, MA-58).
        return replace(bare, headers={"Host": bare.host, "Content-Type": "application/json", **project})

    def error(self, response: Response) -> NbcloudError | None:
        """Classify a response, first by Huawei's code, then by HTTP status."""
        return classify(response, self._now(), refused=self._credentials.rejected_hint)

    @classmethod
    def confirms(cls, error: NbcloudError | None) -> bool:
        """Return whether an outcome shows accepted credentials; the gateway may reject an unknown API first."""
        known = error is None or error.code not in UNKNOWN_API_CODES
        return super().confirms(error) and known and not cls.anonymous(error)

    async def ready(self, deadline: float) -> None:
        """Log in and look up the project, if needed."""
        await super().ready(deadline)
        await self._project.ready(deadline)

    async def _find_project(self, deadline: float) -> str:
        if self._credentials.project_id is not None:
            return self._credentials.project_id
        assert self._iam is not None  # find_iam_endpoint() raises if a project lookup has no region
        values = self.settings.values
        return await self._iam.project_id(values.get("projectName") or values["region"], self._credentials, deadline)


class _Project:
    """The project's id: from the settings, or from one lookup for all requests.

    Args:
        known: the id in the settings; None to look it up.
        find: looks it up until a deadline on anyio's clock.
    """

    def __init__(self, known: str | None, find: Callable[[float], Awaitable[str]]) -> None:
        self._known = known
        self._find = find
        self._lock = anyio.Lock()
        self._failure: SettingsError | None = None

    @property
    def value(self) -> str:
        """The id; call `ready` first."""
        assert self._known is not None
        return self._known

    async def ready(self, deadline: float) -> None:
        """Look up the id if it is unknown; the error for none or several is kept too."""
        if self._known is not None:
            return
        async with acquired(self._lock, deadline) as got:
            if not got:
                raise UnreachableError(
                    "the project was not looked up within the deadline",
                    hint="check the network and iamEndpoint, or set projectId",
                )
            if self._failure is not None:
                raise copy.copy(self._failure)
            if self._known is None:
                try:
                    self._known = await self._find(deadline)
                except SettingsError as error:
                    self._failure = copy.copy(error)
                    raise
