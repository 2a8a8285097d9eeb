"""An HPC-AI account: the host, and one of the authentication methods."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from pulumi_nbcloud.clouds.account import Account
from pulumi_nbcloud.clouds.credentials import Credentials, CredentialState, credentials_of
from pulumi_nbcloud.clouds.hpcai.credentials import AccessToken, ApiKey, Login, find_endpoint
from pulumi_nbcloud.clouds.hpcai.responses import classify
from pulumi_nbcloud.clouds.hpcai.schema import SCHEMA
from pulumi_nbcloud.errors import NbcloudError
from pulumi_nbcloud.http.messages import Request, Response
from pulumi_nbcloud.settings.schema import Schema, Settings

if TYPE_CHECKING:
    from pulumi_nbcloud.http.client import Client

__all__ = ["METHODS", "SCHEMA", "HpcAiAccount"]

# The size of a public client; `walk` notices if the cloud rejects it (docs/vendors/hpcai.md, HPC-10).
FIRST_PAGE_SIZE = 50

METHODS: tuple[type[Credentials], ...] = (ApiKey, AccessToken, Login)


class HpcAiAccount(Account):
    """Send an API key, an access token, or the token of a login.

    Args:
        settings: the resolved settings of `SCHEMA`.
        client: sends the requests.
        state: the state of the credentials; a state of its own by default.
        now: the wall clock in seconds since 1970.

    Raises:
        SettingsError: a value is invalid.
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
        self.endpoint = find_endpoint(settings)
        self.page_size: int | None = FIRST_PAGE_SIZE
        self._credentials = credentials_of(METHODS, settings, self._connection)

    @property
    def credentials(self) -> Credentials:
        """The credentials that sign the requests."""
        return self._credentials

    def request(self, method: str, target: str, body: bytes = b"") -> Request:
        """Build a request."""
        return Request(method, self.endpoint, target, {"Content-Type": "application/json"} if body else {}, body)

    def error(self, response: Response) -> NbcloudError | None:
        """Classify a response, first by the text of its body, then by HTTP status."""
        return classify(response, self._now())
