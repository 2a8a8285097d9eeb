"""An Oracle AI Data Platform account: a region or an endpoint, and its credentials."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from pulumi_nbcloud.clouds.account import Account
from pulumi_nbcloud.clouds.aidp.credentials import AidpCredentials, FileCredentials, KeyCredentials
from pulumi_nbcloud.clouds.aidp.identity import LAST
from pulumi_nbcloud.clouds.aidp.regions import REALMS, full_name, realm_of
from pulumi_nbcloud.clouds.aidp.responses import classify, is_passing
from pulumi_nbcloud.clouds.aidp.schema import SCHEMA, endpoint_of, find_path_prefix
from pulumi_nbcloud.clouds.aidp.signature import body_headers, http_date
from pulumi_nbcloud.clouds.aidp.signer import SignerCredentials
from pulumi_nbcloud.clouds.credentials import CredentialState, credentials_of
from pulumi_nbcloud.errors import NbcloudError, SettingsError
from pulumi_nbcloud.http.messages import Request, Response
from pulumi_nbcloud.http.retry import RETRY_STATUSES
from pulumi_nbcloud.http.url import endpoint_url
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.settings.schema import Schema, Settings
from pulumi_nbcloud.settings.sources import variable

if TYPE_CHECKING:
    from pulumi_nbcloud.http.client import Client

__all__ = ["METHODS", "SCHEMA", "AidpAccount", "endpoint_of"]

METHODS: tuple[type[AidpCredentials], ...] = (FileCredentials, KeyCredentials, SignerCredentials)


def _request_id() -> str:
    # Letters and digits only, and as long as Oracle's SDK makes it (docs/vendors/aidp.md, DP-7).
    return secrets.token_hex(16).upper()


class AidpAccount(Account):
    """Sign with an API key, a session token, or the function that the setting `signer` names.

    Args:
        settings: the resolved settings of `SCHEMA`.
        client: sends the requests.
        state: the state of the credentials; a state of its own by default.
        now: the wall clock in seconds since 1970; the gateway rejects a signature that is 5 minutes off.
        request_id: makes the id of a request: letters, digits, `_` and `-`.

    Raises:
        SettingsError: a value or a file is missing or invalid.
    """

    schema: ClassVar[Schema] = SCHEMA
    # Oracle's SDK retries 500 too (docs/vendors/aidp.md, DP-33).
    retry_statuses = RETRY_STATUSES | {500}

    def __init__(
        self,
        settings: Settings,
        client: Client,
        state: CredentialState | None = None,
        now: Callable[[], float] = time.time,
        request_id: Callable[[], str] = _request_id,
    ) -> None:
        super().__init__(settings, client, state, now)
        self._request_id = request_id
        values = settings.values
        self._endpoint = endpoint_url(values["endpoint"], settings.named("endpoint")) if "endpoint" in values else None
        self.path_prefix = find_path_prefix(settings)
        self._credentials = credentials_of(METHODS, settings, self._connection)
        self.endpoint  # noqa: B018  (raises here if there is none)

    @property
    def credentials(self) -> AidpCredentials:
        """The credentials that sign the requests."""
        return self._credentials

    @property
    def endpoint(self) -> str:
        """The origin: the setting, or the gateway of the region in the settings or the profile."""
        if self._endpoint is not None:
            return self._endpoint
        return endpoint_of(self.region)

    @property
    def region(self) -> str:
        """The region's full name, from the settings or the profile; checked on access only."""
        given = self.settings.values.get("region"), self.settings.named("region")
        profiles = self._credentials.region, self._credentials.region_name
        # As in Oracle's SDK, its variable is read last (docs/vendors/aidp.md, DP-16).
        last = self.settings.origin.get("region") == f"the environment ({LAST})"
        for region, name in [profiles, given] if last else [given, profiles]:
            if region is not None:
                return full_name(region, name)
        raise SettingsError(
            f"aidp needs a region or an endpoint; looked in {'; '.join(self.settings.looked_in)}",
            hint=f"set {variable('aidp', self.settings.profile, 'region')}, for example us-ashburn-1",
        )

    def check_realm(self, ocid: str) -> None:
        """Reject an OCID of another realm than the region's, whose host would only respond with "not found".

        Args:
            ocid: the OCID of the platform.

        Raises:
            SettingsError: the two realms differ.
        """
        realm = realm_of(ocid)
        if self._endpoint is None and realm is not None and realm != REALMS[self.region][0]:
            raise SettingsError(
                f"the platform's OCID is of realm {printable(realm, 20)}, the region {self.region} of realm "
                f"{REALMS[self.region][0]}",
                hint="correct the region or the id, or set endpoint",
            )

    def request(self, method: str, target: str, body: bytes = b"") -> Request:
        """Build a request with the date and the id of this attempt."""
        bare = Request(method, self.endpoint, target, body=body)
        # Reads carry it too, unsigned, as Oracle's client sends it (docs/vendors/aidp.md, DP-38).
        headers = {"Host": bare.host, "date": http_date(self._now()), "content-type": "application/json"}
        return replace(bare, headers={**headers, **body_headers(method, body), "opc-request-id": self._request_id()})

    def error(self, response: Response) -> NbcloudError | None:
        """Classify a response, by HTTP status and Oracle's code."""
        return classify(response, self._now(), self._credentials.rejected_hint)

    @classmethod
    def confirms(cls, error: NbcloudError | None) -> bool:
        """Return whether an outcome shows accepted credentials.

        A 404 or 403 without a code may come from any web server, or from the Jupyter behind the cloud's path.
        """
        return super().confirms(error) and not cls.anonymous(error)

    def passes(self, response: Response) -> bool:
        """Return whether to try again: after a 409 for a resource in transition, as Oracle's SDK does."""
        return is_passing(response)
