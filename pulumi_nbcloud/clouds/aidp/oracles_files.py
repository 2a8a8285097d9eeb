"""Reject values in Oracle's files that no setting here can express: a mix could watch another tenancy.

Source: docs/vendors/aidp.md, DP-44 to DP-48.
"""

from __future__ import annotations

import configparser
import os
from collections.abc import Mapping
from pathlib import Path

from pulumi_nbcloud.clouds.aidp import identity
from pulumi_nbcloud.clouds.aidp.oci_config import DEFAULT_PATH, DEFAULT_PROFILE, parse_profile
from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.settings.files import read_file
from pulumi_nbcloud.settings.schema import Settings

_RC = "~/.oci/oci_cli_rc"
_DEVELOPER = "~/.oci/developer-tool-configuration.json"
_CHOOSE = "name the one that you mean: NBCLOUD_AIDP_CONFIG_FILE, or OCI_CLI_CONFIG_FILE"


def check(found: Settings, environment: Mapping[str, str]) -> None:
    """Reject them if the credentials come from Oracle's own variables or files.

    Args:
        found: the resolved settings.
        environment: the process's variables.

    Raises:
        SettingsError: names the file or variable, and the alternative.
    """
    home = environment.get("HOME") or environment.get("USERPROFILE") or ""
    theirs = found.credentials_source in (f"the environment ({identity.CLI})", DEFAULT_PATH)
    if not theirs or not home:
        return
    if {"configFile", "configProfile"} & found.values.keys():
        _check_two_files(found, environment, home)
        _check_default_profile(found, environment, home)
        _check_way(found, environment, home)
    if "endpoint" not in found.values and Path(home, *_DEVELOPER.split("/")[1:]).is_file():
        raise SettingsError(
            f"{_DEVELOPER} replaces the hosts of regions for oci, and is not honoured here", hint="set endpoint"
        )


def _check_two_files(found: Settings, environment: Mapping[str, str], home: str) -> None:
    """Reject two files: Oracle's tools read the default file if it exists, and OCI_CONFIG_FILE only otherwise."""
    default = Path(home, *DEFAULT_PATH.split("/")[1:])
    if found.variables.get("configFile") != "OCI_CONFIG_FILE" or not default.is_file():
        return
    named = Path(_expanded(found.values["configFile"], home))
    if not named.exists() or not named.samefile(default):
        raise SettingsError(
            f"OCI_CONFIG_FILE names another file than {DEFAULT_PATH}, which Oracle's tools read where it is there",
            hint=_CHOOSE,
        )


def _check_default_profile(found: Settings, environment: Mapping[str, str], home: str) -> None:
    """Reject a default profile in the command line's own file, which the SDK does not read."""
    if "configProfile" in found.values:
        return
    path = environment.get("OCI_CLI_RC_FILE", "").strip()
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read(_expanded(path, home) if path else Path(home, *_RC.split("/")[1:]), encoding="utf-8-sig")
        profile = parser.get("OCI_CLI_SETTINGS", "default_profile", fallback="").strip()
    except (OSError, UnicodeDecodeError, configparser.Error):
        return
    if profile not in ("", DEFAULT_PROFILE):
        raise SettingsError(
            f"{printable(path, 200) or _RC} names {printable(profile, 60)} as the default profile of oci-cli, while "
            f"oci takes {DEFAULT_PROFILE}",
            hint="name the one that you mean: NBCLOUD_AIDP_CONFIG_PROFILE, or OCI_CLI_PROFILE",
        )


def _check_way(found: Settings, environment: Mapping[str, str], home: str) -> None:
    """Reject a variable by which the command line and Terraform choose a key or a token; here the profile decides."""
    variable = next((each for each in ("OCI_CLI_AUTH", "OCI_AUTH") if environment.get(each, "").strip()), None)
    if variable is None:
        return
    path = found.values.get("configFile") or str(Path(home, *DEFAULT_PATH.split("/")[1:]))
    try:
        profile = parse_profile(
            read_file(_expanded(path, home), DEFAULT_PATH), found.values.get("configProfile", DEFAULT_PROFILE), path
        )
    except SettingsError:
        return  # the account reports it
    wants_token = "token" in environment[variable].casefold()
    if wants_token != (profile.token_file is not None):
        has = "a session token" if profile.token_file is not None else "no session token"
        raise SettingsError(
            f"{variable} is {printable(environment[variable].strip(), 40)}, and the profile has {has}, by which it "
            "signs here",
            hint="name a profile that has what it says, or unset it",
        )


def _expanded(path: str, home: str) -> str:
    return home + path[1:] if path == "~" or path.startswith("~/") else os.path.expanduser(path)
