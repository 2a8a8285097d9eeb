"""A profile of Oracle's configuration file, read as Oracle's SDK reads it (docs/vendors/aidp.md, DP-15 to DP-18)."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.settings.ini import parse_ini
from pulumi_nbcloud.settings.quotes import refuse_comment, refuse_quotes

DEFAULT_PATH = "~/.oci/config"
DEFAULT_PROFILE = "DEFAULT"

_OCID = re.compile(r"[A-Za-z0-9._:-]{1,255}", re.ASCII)
_FINGERPRINT = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){15}", re.ASCII)
_RULES = {
    "tenancy": (_OCID, "must be an OCID: letters, digits and . _ : -"),
    "user": (_OCID, "must be an OCID: letters, digits and . _ : -"),
    "fingerprint": (_FINGERPRINT, "must be 16 pairs of hexadecimal digits with colons between them"),
}


# The SDK's alternatives to a key (docs/vendors/aidp.md, DP-15, DP-19).
_PRINCIPAL_KEYS = ("authentication_type", "delegation_token_file")
_CLOUD_SHELL = ("OCI_CLI_CLOUD_SHELL", "OCI_CLI_AUTH", "OCI_CLI_DELEGATION_TOKEN_FILE", "OCI_obo_token_path")
_NO_PRINCIPAL = ("", "false", "api_key", "security_token")
_SIGNER_HINT = "set signer to a function that signs as the principal, or name a profile with a key or a session token"


def checked(key: str, value: str, name: str) -> str:
    """Check a value before it is sent.

    Args:
        key: `tenancy`, `user` or `fingerprint`.
        value: the value.
        name: its name in messages.

    Returns:
        The value.

    Raises:
        SettingsError: it is invalid; the value is not shown.
    """
    pattern, reason = _RULES[key]
    if not pattern.fullmatch(value):
        refuse_quotes(value, name)
        refuse_comment(value, name)
        raise SettingsError(f"{name} {reason}", hint="correct it; its value is not shown here")
    return value


@dataclass(frozen=True)
class Profile:
    """The content of a profile.

    Args:
        key_file: the path of the private key.
        passphrase: decrypts the key.
        key_id: `tenancy/user/fingerprint`; None where a session token takes its place.
        token_file: the path of the session token.
        region: the region's name, unchanged.
    """

    key_file: str
    passphrase: str | None = field(repr=False)
    key_id: str | None
    token_file: str | None
    region: str | None


def parse_profile(text: str, profile: str, name: str) -> Profile:
    """Parse one profile of a configuration file.

    Args:
        text: the file's content.
        profile: the profile's name; it inherits missing keys from DEFAULT.
        name: the name of the file in messages.

    Returns:
        The profile, paths with `~` expanded.

    Raises:
        SettingsError: the file has another format or no such profile, or the profile lacks a key.
    """
    sections = parse_ini(text, name, "it needs sections such as [DEFAULT] with lines such as key_file = …")
    if profile not in sections:
        known = ", ".join(printable(each, 40) for each in list(sections)[:10]) or "none"
        raise SettingsError(f"{name} has no profile {printable(profile, 60)}", hint=f"there is {known}")
    own, inherited = _values(sections[profile]), _values(sections.get(DEFAULT_PROFILE, {}))
    return _profile(own, inherited, f"profile {printable(profile, 60)} in {name}")


def _values(section: Mapping[str, str]) -> dict[str, str]:
    return {key: value.strip() for key, value in section.items() if value.strip()}


def _refuse_principals(values: Mapping[str, str], name: str) -> None:
    """Reject a profile that makes Oracle's tools sign in as a principal: they prefer that over any other key."""
    found = [key for key in _PRINCIPAL_KEYS if key in values]
    if found:
        raise SettingsError(
            f"{name} signs in as a principal ({' and '.join(found)}), which no key of this package does",
            hint=_SIGNER_HINT,
        )


def _refuse_cloud_shell(name: str, environment: Mapping[str, str]) -> None:
    """Reject a profile without a key in Oracle's Cloud Shell, which signs in with a token."""
    found = [each for each in _CLOUD_SHELL if environment.get(each, "").strip().casefold() not in _NO_PRINCIPAL]
    if found:
        raise SettingsError(
            f"{name} holds no key; by {' and '.join(found)} Oracle's tools sign in as a principal, as in Cloud Shell",
            hint=_SIGNER_HINT,
        )


def _profile(own: Mapping[str, str], inherited: Mapping[str, str], name: str) -> Profile:
    values = {**inherited, **own}
    _refuse_principals(values, name)
    if "key_content" in values:
        # Oracle's SDK accepts it from programs only (docs/vendors/aidp.md, DP-15).
        raise SettingsError(f"{name} holds key_content", hint="put the key in a file of its own and name it: key_file")
    if "key_file" in own and "security_token_file" not in own:
        # DEFAULT's token belongs to DEFAULT's key.
        values.pop("security_token_file", None)
    session = "security_token_file" in values
    needed = ("key_file",) if session else ("tenancy", "user", "fingerprint", "key_file")
    missing = [key for key in needed if key not in values]
    if missing:
        _refuse_cloud_shell(name, os.environ)
        raise SettingsError(f"{name} lacks {', '.join(missing)}", hint="add it there, or name another profile")
    for key in () if session else ("tenancy", "user", "fingerprint"):
        if key in values:
            checked(key, values[key], f"{key} of {name}")
    return Profile(
        key_file=os.path.expanduser(values["key_file"]),
        passphrase=values.get("pass_phrase"),
        key_id=None if session else "/".join(values[key] for key in ("tenancy", "user", "fingerprint")),
        token_file=os.path.expanduser(values["security_token_file"]) if session else None,
        region=values.get("region"),
    )
