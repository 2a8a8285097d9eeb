"""Which settings count: the rules that keep a mix of sources from watching the wrong account."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping

from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.settings.schema import EVERYWHERE, CredentialSet, NoCredentialsError, Schema, Settings, Source
from pulumi_nbcloud.settings.sources import ConfigReader, SettingsFile, sources_of, variable

_PROFILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)


def resolve(schema: Schema, profile: str | None, config: ConfigReader, environment: Mapping[str, str]) -> Settings:
    """Find the settings of one cloud.

    Args:
        schema: what the cloud needs.
        profile: a named profile (letters, digits, `_` and `-`, up to 64); None for the default.
        config: reads Pulumi config.
        environment: the process's variables.

    Returns:
        The settings and where each came from.

    Raises:
        SettingsError: nothing found, a set incomplete or duplicate, a value of the wrong type, or an unknown key.
    """
    if profile is not None and not _PROFILE.fullmatch(profile):
        raise SettingsError(
            f"{printable(profile, 70)!r} cannot be the name of a profile",
            hint="use 1 to 64 letters, digits, hyphens and underscores, starting with a letter or digit",
        )
    sources = list(sources_of(schema, profile, config, environment))
    if _holder(schema, sources) is None:
        sources.extend(schema.files(environment) if profile is None else ())
    else:
        # The credentials are known: a file that cannot be read could at most add a region.
        with contextlib.suppress(SettingsError):
            sources.extend(schema.files(environment) if profile is None else ())
    other = "a settings file" if isinstance(config, SettingsFile) else "the Pulumi config"
    position, credentials = _credentials(schema, profile, sources, other)
    values: dict[str, str] = {}
    origin: dict[str, str] = {}
    allowed = dict.fromkeys(credentials.keys, sources[position : position + 1])
    allowed |= dict.fromkeys(schema.bound, sources[: position + 1])
    allowed |= dict.fromkeys((*schema.free, *EVERYWHERE), sources)
    for key, places in allowed.items():
        for source in places:
            if key in source.values:
                values[key], origin[key] = source.values[key], source.name
                break
    return Settings(schema.cloud, profile, values, origin, credentials.keys)


def _holder(schema: Schema, sources: list[Source]) -> int | None:
    """Return the position of the first source with any credential key."""
    keys = schema.credential_keys
    return next((position for position, source in enumerate(sources) if keys & source.values.keys()), None)


def _credentials(schema: Schema, profile: str | None, sources: list[Source], other: str) -> tuple[int, CredentialSet]:
    """Find the first source with any credential key, and the one set that it holds whole."""
    position = _holder(schema, sources)
    if position is not None:
        source = sources[position]
        present = [each for each in schema.credentials if each.keys & source.values.keys()]
        if len(present) > 1:
            raise SettingsError(
                f"{source.name} holds two ways to sign in to {schema.cloud}: "
                + " and ".join(each.text for each in present),
                hint="keep one of them: a mix could watch the wrong account",
            )
        missing = [key for key in present[0].required if key not in source.values]
        if missing:
            raise SettingsError(
                f"{source.name} has credentials for {schema.cloud} without {', '.join(missing)}",
                hint=f"add {', '.join(missing)} there, or remove the others: two sources are never mixed",
            )
        return position, present[0]
    looked = "; ".join(source.name for source in sources)
    first = schema.credentials[0].required or schema.credentials[0].optional[-1:]
    hint = "set " + " and ".join(variable(schema.cloud, profile, key) for key in first) + f", or {other}"
    others = "; ".join(each.text for each in schema.credentials[1:])
    raise NoCredentialsError(
        f"no credentials for {schema.cloud}{f' in profile {profile}' if profile else ''}; looked in {looked}",
        hint=f"{hint}; other ways to sign in: {others}" if others else hint,
    )
