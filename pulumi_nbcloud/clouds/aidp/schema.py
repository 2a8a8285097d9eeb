"""The settings of Oracle AI Data Platform: which there are, which are secret, and the hosts that a region names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from pulumi_nbcloud.clouds.aidp.oci_config import DEFAULT_PATH
from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.settings.schema import CredentialSet, Schema, Settings, Source
from pulumi_nbcloud.settings.secret import PEM

# The path of the page; older tenancies and Oracle's guide know others (docs/vendors/aidp.md, DP-2 to DP-4).
DEFAULT_PATH_PREFIX = "/20260430/aiDataPlatforms"

ORACLES_VARIABLES = "OCI_…"
_PATH_PREFIX = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*){1,10}", re.ASCII)


def _config_file(environment: Mapping[str, str]) -> Iterator[Source]:
    """Name `~/.oci/config` where it exists; what it holds is read by the account, each time it changes."""
    home = environment.get("HOME") or environment.get("USERPROFILE")
    path = Path(home, ".oci", "config") if home else None
    if path is not None and path.is_file():
        yield Source(DEFAULT_PATH, {"configFile": str(path)})


CONFIG_FILE = CredentialSet((), ("configFile", "configProfile"))
KEY = CredentialSet(("tenancy", "user", "fingerprint", "privateKey"), ("passphrase",))
SIGNER = CredentialSet(("signer",))

SCHEMA = Schema(
    cloud="aidp",
    credentials=(CONFIG_FILE, KEY, SIGNER),
    free=("region", "endpoint", "pathPrefix"),
    environment=(
        (
            ORACLES_VARIABLES,
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
    public=frozenset({"configFile", "configProfile", "tenancy", "user", "fingerprint", "signer"}),
    secrets={"privateKey": PEM},
)


def endpoint_of(region: str) -> str:
    """Name the gateway of a region of Oracle's commercial realm (docs/vendors/aidp.md, DP-1)."""
    return f"https://aidp.{region}.oci.oraclecloud.com"


def find_path_prefix(settings: Settings) -> str:
    """Find the path in front of the platform's id; raise SettingsError where it cannot be one."""
    prefix = settings.values.get("pathPrefix", DEFAULT_PATH_PREFIX)
    if not _PATH_PREFIX.fullmatch(prefix):
        raise SettingsError(
            f"{settings.named('pathPrefix')} must be plain segments, each after a slash",
            hint=f"for example {DEFAULT_PATH_PREFIX} or /20240831/dataLakes",
        )
    return prefix
