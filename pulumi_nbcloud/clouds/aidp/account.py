"""An Oracle AI Data Platform account: a region or an endpoint, and what signs each request."""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pulumi_nbcloud.clouds.account import Account, CredentialState
from pulumi_nbcloud.clouds.aidp.credentials import Credentials, FileCredentials, KeyCredentials
from pulumi_nbcloud.clouds.aidp.oci_config import DEFAULT_PATH, DEFAULT_PROFILE, checked
from pulumi_nbcloud.clouds.aidp.replies import classify
from pulumi_nbcloud.clouds.aidp.signature import body_headers, http_date, load_private_key
from pulumi_nbcloud.errors import NbcloudError, NotFoundError, SettingsError
from pulumi_nbcloud.http.messages import Reply, Request
from pulumi_nbcloud.http.retry import RETRY_STATUSES
from pulumi_nbcloud.http.url import endpoint_url
from pulumi_nbcloud.settings.schema import CredentialSet, Schema, Settings, Source
from pulumi_nbcloud.settings.sources import variable

if TYPE_CHECKING:
    from pulumi_nbcloud.http.client import Client

# The path of the page; older tenancies and Oracle's guide know others (docs/vendors/aidp.md, DP-2 to DP-4).
DEFAULT_PATH_PREFIX = "/20260430/aiDataPlatforms"

_ORACLES_VARIABLES = "OCI_…"
_PATH_PREFIX = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*){1,10}", re.ASCII)
_PROFILE_NAME = re.compile(r"[^\[\]\x00-\x1f\x7f]{1,100}")


def _config_file(environment: Mapping[str, str]) -> Iterator[Source]:
    """Name `~/.oci/config` where it exists; what it holds is read by the account, each time it changes."""
    home = environment.get("HOME") or environment.get("USERPROFILE")
    path = Path(home, ".oci", "config") if home else None
    if path is not None and path.is_file():
        yield Source(DEFAULT_PATH, {"configFile": str(path)})


SCHEMA = Schema(
    cloud="aidp",
    credentials=(
        CredentialSet((), ("configFile", "configProfile")),
        CredentialSet(("tenancy", "user", "fingerprint", "privateKey"), ("passphrase",)),
        CredentialSet(("signer",)),
    ),
    free=("region", "endpoint", "pathPrefix"),
    environment=(
        (
            _ORACLES_VARIABLES,
            {"configFile": "OCI_CONFIG_FILE", "configProfile": "OCI_CLI_PROFILE", "region": "OCI_REGION"},
        ),
    ),
    files=_config_file,
    about={
        "configFile": "Oracle's configuration file; `~/.oci/config` if only the profile is set",
        "configProfile": "a profile of that file, with an API key or a session token; else `DEFAULT`",
        "tenancy": "the tenancy's OCID",
        "user": "the user's OCID",
        "fingerprint": "the fingerprint of the API key",
        "privateKey": "the PEM text of the API key itself, its line breaks as `\\n` if need be",
        "passphrase": "opens the private key, where it is encrypted",
        "signer": "a function of your own, `module:factory`, that makes what signs",
        "region": "the full name, `us-ashburn-1`; names the gateway",
        "endpoint": "scheme and host, instead of the region's gateway; needed outside of the commercial realm",
        "pathPrefix": "`/20260430/aiDataPlatforms` if not set; older tenancies need `/20240831/dataLakes`",
    },
)


def endpoint_of(region: str) -> str:
    """Name the gateway of a region of Oracle's commercial realm (docs/vendors/aidp.md, DP-1)."""
    return f"https://aidp.{region}.oci.oraclecloud.com"


def _request_id() -> str:
    # Letters and digits only, and as long as Oracle's SDK makes it (docs/vendors/aidp.md, DP-7).
    return secrets.token_hex(16).upper()


class AidpAccount(Account):
    """Signs with an API key, a session token, or what the setting `signer` names.

    Args:
        settings: what was found for `SCHEMA`.
        client: sends the requests.
        standing: what is known of the credentials; of this account alone if not given.
        now: the wall clock in seconds since 1970; the gateway refuses a signature 5 minutes off.
        request_id: makes the id of a request: letters, digits, `_` and `-`.

    Raises:
        SettingsError: a value or a file is missing or cannot be right.
    """

    schema: ClassVar[Schema] = SCHEMA
    # Oracle's SDK retries 500 too (docs/vendors/aidp.md, DP-33).
    retry_statuses = RETRY_STATUSES | {500}

    def __init__(
        self,
        settings: Settings,
        client: Client,
        standing: CredentialState | None = None,
        now: Callable[[], float] = time.time,
        request_id: Callable[[], str] = _request_id,
    ) -> None:
        super().__init__(settings, client, standing)
        self._now = now
        self._request_id = request_id
        values = settings.values
        self._endpoint = (
            endpoint_url(values["endpoint"], _named(settings, "endpoint")) if "endpoint" in values else None
        )
        self._region = checked("region", values["region"], _named(settings, "region")) if "region" in values else None
        self.path_prefix = _path_prefix(settings)
        self._credentials = _credentials(settings, now)
        self.endpoint  # noqa: B018  (raises here where there is none)

    @property
    def endpoint(self) -> str:
        """The origin that is asked: the setting, or the gateway of the region of the settings or of the profile."""
        if self._endpoint is not None:
            return self._endpoint
        # As in Oracle's SDK, its variable is asked last (docs/vendors/aidp.md, DP-16).
        last = self.settings.origin.get("region") == f"the environment ({_ORACLES_VARIABLES})"
        regions = [self._credentials.region, self._region] if last else [self._region, self._credentials.region]
        for region in regions:
            if region is not None:
                return endpoint_of(region)
        raise SettingsError(
            "aidp needs a region or an endpoint",
            hint=f"set {variable('aidp', self.settings.profile, 'region')}, for example us-ashburn-1",
        )

    async def sign(self, method: str, target: str, body: bytes = b"") -> Request:
        """Build one attempt, signed at this moment."""
        unsigned = Request(method, self.endpoint, target)
        headers = {"date": http_date(self._now()), "host": unsigned.host, **body_headers(method, body)}
        headers["opc-request-id"] = self._request_id()
        signed = await self._credentials.sign(method, unsigned.origin + target, target, headers)
        # Sent as the transport spells it, so that it stands there once.
        sent = {**headers, **signed, "Host": unsigned.host}
        del sent["host"]
        return Request(method, unsigned.origin, target, sent, body)

    def error(self, reply: Reply) -> NbcloudError | None:
        """Classify a reply, by the HTTP status and Oracle's code."""
        return classify(reply, self._now(), self._credentials.hint)

    def proves(self, error: NbcloudError | None) -> bool:
        """Return whether an outcome shows accepted credentials; a 404 without a code may come from before."""
        return super().proves(error) and not (isinstance(error, NotFoundError) and error.code is None)

    async def ready(self, deadline: float) -> None:
        """Read changed files again; raise AuthenticationError for a session token that has expired."""
        self._credentials.check()

    @property
    def generation(self) -> int:
        """The number of times that the credentials were replaced."""
        return self._credentials.generation

    async def renew(self, generation: int, deadline: float) -> bool:
        """Read the files again, or have the signer made again; return whether there is something else to try."""
        return await self._credentials.renew(generation)

    def revision(self) -> Hashable:
        """Return what the files hold now, by their stamps."""
        return self._credentials.revision()

    def expires_at(self) -> float | None:
        """Return when the session token expires, in seconds since 1970; None for other credentials."""
        return self._credentials.expires_at()


def _named(settings: Settings, key: str) -> str:
    return f"aidp {key} (from {settings.origin[key]})"


def _path_prefix(settings: Settings) -> str:
    prefix = settings.values.get("pathPrefix", DEFAULT_PATH_PREFIX)
    if not _PATH_PREFIX.fullmatch(prefix):
        raise SettingsError(
            f"{_named(settings, 'pathPrefix')} must be plain segments, each after a slash",
            hint=f"for example {DEFAULT_PATH_PREFIX} or /20240831/dataLakes",
        )
    return prefix


def _credentials(settings: Settings, now: Callable[[], float]) -> Credentials:
    if "signer" in settings.credential_keys:
        # Imported here: most accounts have none.
        from pulumi_nbcloud.clouds.aidp.signer import SignerCredentials

        return SignerCredentials(settings.values["signer"], _named(settings, "signer"))
    if "privateKey" in settings.credential_keys:
        return _key(settings)
    profile = settings.values.get("configProfile", DEFAULT_PROFILE)
    if not _PROFILE_NAME.fullmatch(profile):
        raise SettingsError(
            f"{_named(settings, 'configProfile')} cannot be the name of a profile",
            hint="give 1 to 100 characters without brackets",
        )
    path = settings.values.get("configFile", DEFAULT_PATH)
    is_default = settings.origin.get("configFile", DEFAULT_PATH) == DEFAULT_PATH
    name = DEFAULT_PATH if is_default else _named(settings, "configFile")
    return FileCredentials(os.path.expanduser(path), profile, name, now)


def _key(settings: Settings) -> Credentials:
    values = settings.values
    parts = [checked(key, values[key], _named(settings, key)) for key in ("tenancy", "user", "fingerprint")]
    # CI systems hold one line: its breaks are written \n then.
    pem = values["privateKey"] if "\n" in values["privateKey"] else values["privateKey"].replace("\\n", "\n")
    key = load_private_key(pem, values.get("passphrase"), _named(settings, "privateKey"))
    return KeyCredentials("/".join(parts), key)
