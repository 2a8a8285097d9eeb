"""The settings of the mock clouds in the forms that programs read: environment variables and Pulumi config."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

CloudSettings = Mapping[str, Mapping[str, str]]


def as_environment(settings: CloudSettings, profile: str | None = None) -> dict[str, str]:
    """Return settings by cloud and camelCase key as environment variables by name."""
    prefix = "NBCLOUD_" if profile is None else f"NBCLOUD_PROFILE_{_constant(profile)}_"
    return {
        f"{prefix}{_constant(cloud)}_{_constant(key)}": value
        for cloud, values in settings.items()
        for key, value in values.items()
    }


def as_pulumi_config(
    settings: CloudSettings, secret: Mapping[str, Collection[str]], profile: str | None = None
) -> list[list[str]]:
    """Return settings as argument lists for `pulumi`; the keys named in `secret` of a cloud are set with `--secret`."""
    prefix = "nbcloud:" if profile is None else f"nbcloud:profiles.{profile}."
    return [
        _config_command(f"{prefix}{cloud}.{key}", value, key in secret[cloud])
        for cloud, values in settings.items()
        for key, value in values.items()
    ]


def _config_command(path: str, value: str, is_secret: bool) -> list[str]:
    if value.startswith("-"):
        # It would look like an option, like the start of a PEM key.
        return ["config", "set-all", "--path", "--secret" if is_secret else "--plaintext", f"{path}={value}"]
    return ["config", "set", "--path", *(["--secret"] if is_secret else []), path, value]


def _constant(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|-", "_", name).upper()
