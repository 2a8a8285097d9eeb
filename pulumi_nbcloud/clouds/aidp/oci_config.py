"""A profile of Oracle's configuration file, read as Oracle's SDK reads it (docs/vendors/aidp.md, DP-15 to DP-18)."""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.printable import printable

DEFAULT_PATH = "~/.oci/config"
DEFAULT_PROFILE = "DEFAULT"

_OCID = re.compile(r"[A-Za-z0-9._:-]{1,255}", re.ASCII)
_FINGERPRINT = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){15}", re.ASCII)
_RULES = {
    "tenancy": (_OCID, "must be an OCID: letters, digits and . _ : -"),
    "user": (_OCID, "must be an OCID: letters, digits and . _ : -"),
    "fingerprint": (_FINGERPRINT, "must be 16 pairs of hexadecimal digits with colons between them"),
}


def checked(key: str, value: str, name: str) -> str:
    """Check what is sent.

    Args:
        key: `tenancy`, `user` or `fingerprint`.
        value: the value.
        name: what messages call it.

    Returns:
        The value.

    Raises:
        SettingsError: it cannot be right; the value is not shown.
    """
    pattern, reason = _RULES[key]
    if not pattern.fullmatch(value):
        raise SettingsError(f"{name} {reason}", hint="correct it; its value is not shown here")
    return value


@dataclass(frozen=True)
class Profile:
    """What a profile says.

    Args:
        key_file: the path of the private key.
        passphrase: opens the key.
        key_id: `tenancy/user/fingerprint`; None where a session token takes its place.
        token_file: the path of the session token.
        region: the region's name, as it stands there.
    """

    key_file: str
    passphrase: str | None = field(repr=False)
    key_id: str | None
    token_file: str | None
    region: str | None


def parse_profile(text: str, profile: str, name: str) -> Profile:
    """Take one profile out of a configuration file.

    Args:
        text: the file's content.
        profile: the profile's name; it inherits what it does not say itself from DEFAULT.
        name: what messages call the file.

    Returns:
        The profile, paths with `~` expanded.

    Raises:
        SettingsError: the file is no such file, has no such profile, or the profile lacks something.
    """
    # Without a default section of its own: what a profile says and what it inherits must be told apart.
    parser = configparser.ConfigParser(interpolation=None, default_section="")
    try:
        parser.read_string(text)
    except configparser.Error as error:
        # The parser's own text quotes the offending line, which may be a passphrase.
        raise SettingsError(
            f"{name} is not a configuration file ({type(error).__name__})",
            hint="it needs sections such as [DEFAULT] with lines such as key_file = …",
        ) from None
    if not parser.has_section(profile):
        known = ", ".join(printable(each, 40) for each in parser.sections()[:10]) or "none"
        raise SettingsError(f"{name} has no profile {printable(profile, 60)}", hint=f"there is {known}")
    own = _said(parser[profile])
    inherited = _said(parser[DEFAULT_PROFILE]) if parser.has_section(DEFAULT_PROFILE) else {}
    return _profile(own, inherited, f"profile {printable(profile, 60)} in {name}")


def _said(section: Mapping[str, str]) -> dict[str, str]:
    return {key: value.strip() for key, value in section.items() if value.strip()}


def _profile(own: Mapping[str, str], inherited: Mapping[str, str], name: str) -> Profile:
    values = {**inherited, **own}
    if "key_content" in values:
        # Oracle's SDK takes it from programs only (docs/vendors/aidp.md, DP-15).
        raise SettingsError(f"{name} holds key_content", hint="put the key in a file of its own and name it: key_file")
    if "key_file" in own and "security_token_file" not in own:
        # DEFAULT's token belongs to DEFAULT's key.
        values.pop("security_token_file", None)
    session = "security_token_file" in values
    needed = ("key_file",) if session else ("tenancy", "user", "fingerprint", "key_file")
    missing = [key for key in needed if key not in values]
    if missing:
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
