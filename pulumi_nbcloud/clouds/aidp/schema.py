"""The settings of Oracle AI Data Platform: which there are, which are secret, and the hosts that a region names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from pulumi_nbcloud.clouds.aidp import identity
from pulumi_nbcloud.clouds.aidp.oci_config import DEFAULT_PATH
from pulumi_nbcloud.clouds.aidp.oracles_files import check
from pulumi_nbcloud.clouds.aidp.regions import REALMS
from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.settings.schema import CredentialSet, Schema, Settings, Source, Variables
from pulumi_nbcloud.settings.secret import PEM

# The path of the page; older tenancies and Oracle's guide know others (docs/vendors/aidp.md, DP-2 to DP-4).
DEFAULT_PATH_PREFIX = "/20260430/aiDataPlatforms"

FALLBACK_PATH = "~/.oraclebmc/config"
_PATH_PREFIX = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*){1,10}", re.ASCII)


def _config_file(environment: Mapping[str, str]) -> Iterator[Source]:
    """Name Oracle's file where it exists; what it holds is read by the account, each time it changes."""
    home = environment.get("HOME") or environment.get("USERPROFILE")
    for name in (DEFAULT_PATH, FALLBACK_PATH):
        path = Path(home, *name.split("/")[1:]) if home else None
        if path is not None and path.is_file():
            yield Source(name, {"configFile": str(path)})
            return


CONFIG_FILE = CredentialSet((), ("configFile", "configProfile"))
KEY = CredentialSet(("tenancy", "user", "fingerprint", "privateKey"), ("passphrase",))
SIGNER = CredentialSet(("signer",))

SCHEMA = Schema(
    cloud="aidp",
    credentials=(CONFIG_FILE, KEY, SIGNER),
    free=("region", "endpoint", "pathPrefix"),
    environment=(
        # A key that is whole needs no file, as for the command line.
        Variables.of(identity.IDENTITY, identity.CLI, KEY, weak=KEY.optional),
        Variables.of(identity.IDENTITY, identity.TERRAFORM, weak=KEY.optional),
        Variables.of(identity.IDENTITY, identity.LAST),
    ),
    files=_config_file,
    identity=identity.IDENTITY,
    check=check,
    about={
        "configFile": "Oracle's configuration file; `~/.oci/config` if only the profile is set",
        "configProfile": "a profile of that file, with an API key or a session token; `DEFAULT` if not set",
        "tenancy": "the tenancy's OCID",
        "user": "the user's OCID",
        "fingerprint": "the fingerprint of the API key",
        "privateKey": "the PEM text of the API key itself, its line breaks as `\\n` if need be",
        "passphrase": "the passphrase of the private key, where it is encrypted",
        "signer": "a function of your own, `module:factory`, that returns a signer",
        "region": "the region, `us-ashburn-1` or its short name `iad`, in any case; it names the gateway and realm",
        "endpoint": "scheme and host, instead of the region's gateway; needed for regions that Oracle's SDK lacks",
        "pathPrefix": "the path in front of the ids, `/20260430/aiDataPlatforms` if not set; older tenancies need "
        "`/20240831/dataLakes`",
    },
    public=frozenset({"configFile", "configProfile", "tenancy", "user", "fingerprint", "signer"}),
    secrets={"privateKey": PEM},
)


def endpoint_of(region: str) -> str:
    """Name the gateway of a region, by its full name (docs/vendors/aidp.md, DP-1, DP-6)."""
    return f"https://aidp.{region}.oci.{REALMS[region][1]}"


def find_path_prefix(settings: Settings) -> str:
    """Find the path in front of the platform's id; raise SettingsError where it cannot be one."""
    prefix = settings.values.get("pathPrefix", DEFAULT_PATH_PREFIX)
    if not _PATH_PREFIX.fullmatch(prefix):
        raise SettingsError(
            f"{settings.named('pathPrefix')} must be plain segments, each after a slash",
            hint=f"for example {DEFAULT_PATH_PREFIX} or /20240831/dataLakes",
        )
    return prefix
