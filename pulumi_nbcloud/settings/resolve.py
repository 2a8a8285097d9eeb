"""Resolve settings, with rules that prevent a mix of sources from watching the wrong account."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.settings import vendors
from pulumi_nbcloud.settings.files import read_file
from pulumi_nbcloud.settings.schema import EVERYWHERE, CredentialSet, NoCredentialsError, Schema, Settings, Source
from pulumi_nbcloud.settings.sources import ConfigReader, SettingsFile, sources_of, variable, why_unseen

_PROFILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)


def resolve(schema: Schema, profile: str | None, config: ConfigReader, environment: Mapping[str, str]) -> Settings:
    """Resolve the settings of one cloud.

    Args:
        schema: the schema of the cloud.
        profile: a named profile (letters, digits, `_` and `-`, up to 64); None for the default.
        config: the reader of Pulumi config.
        environment: the process's variables.

    Returns:
        The settings and their sources.

    Raises:
        SettingsError: no credentials, an incomplete or duplicate set, a value of the wrong type, or an unknown key.
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
        # The credentials are known: an unreadable file could only add a region.
        with contextlib.suppress(SettingsError):
            sources.extend(schema.files(environment) if profile is None else ())
    names = [each.name for each in sources]
    if profile is None:
        vendors.refuse(schema, names, _holder(schema, sources), environment)
    position, credentials = _credentials(schema, profile, sources, config)
    found = _chosen(schema, profile, sources, position, credentials)
    found = replace(found, looked_in=tuple(_looked(sources, config)))
    if profile is None:
        vendors.refuse(schema, names, position, environment, found)
        schema.check(found, environment)
    return replace(found, passed_over=tuple(vendors.passed_over(schema, found, environment)))


def _chosen(
    schema: Schema, profile: str | None, sources: list[Source], position: int, credentials: CredentialSet
) -> Settings:
    """Take each key from the first source that may provide it."""
    # In the order of declaration, as `nbcloud explain` shows them.
    allowed = dict.fromkeys((*credentials.required, *credentials.optional), sources[position : position + 1])
    allowed |= dict.fromkeys(schema.bound, sources[: position + 1])
    allowed |= dict.fromkeys((*schema.free, *EVERYWHERE), sources)
    chosen: dict[str, Source] = {}
    for key, places in allowed.items():
        for source in places:
            if key in source.values and (key not in source.bound or sources.index(source) <= position):
                chosen[key] = source
                break
    _keep_one(schema.one_of, chosen, sources)
    return Settings(
        schema.cloud,
        profile,
        values={key: _value(source, key) for key, source in chosen.items()},
        origin={key: source.name for key, source in chosen.items()},
        credential_keys=credentials.keys,
        variables={key: source.variables[key] for key, source in chosen.items() if key in source.variables},
    )


def _value(source: Source, key: str) -> str:
    value = source.values[key]
    return read_file(os.path.expanduser(value), source.variables[key]) if key in source.content else value


def _keep_one(one_of: tuple[str, ...], chosen: dict[str, Source], sources: list[Source]) -> None:
    """Keep the key of the first source among equivalent keys; within one source, follow the vendor's tools."""
    there = [key for key in one_of if key in chosen]
    if len(there) < 2:
        return
    first = min((chosen[key] for key in there), key=sources.index)
    of_first = [key for key in there if chosen[key] is first]
    if first.exact and len(of_first) > 1:
        raise SettingsError(
            f"{first.name} holds {' and '.join(of_first)}, which name the same thing", hint="keep one of them"
        )
    for key in there:
        if key != of_first[0]:
            del chosen[key]


def _looked(sources: list[Source], config: ConfigReader) -> Iterator[str]:
    """Yield the sources with their keys: an empty one may not be the intended one."""
    for each in sources:
        yield each.name + (f" (which holds only {', '.join(each.values)})" if each.values else "")
    unseen = why_unseen(config, bool(sources[0].values))
    if unseen:
        yield unseen


def _holder(schema: Schema, sources: list[Source]) -> int | None:
    """Return the position of the first source with any credential key."""
    keys = schema.credential_keys
    return next((position for position, source in enumerate(sources) if keys & source.values.keys()), None)


def _credentials(
    schema: Schema, profile: str | None, sources: list[Source], config: ConfigReader
) -> tuple[int, CredentialSet]:
    """Find the first source with any credential key, and its one complete set."""
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
    raise _none(schema, profile, sources, config)


def _none(schema: Schema, profile: str | None, sources: list[Source], config: ConfigReader) -> NoCredentialsError:
    other = "a settings file" if isinstance(config, SettingsFile) else "the Pulumi config"
    first = schema.credentials[0].required or schema.credentials[0].optional[-1:]
    hint = "set " + " and ".join(variable(schema.cloud, profile, key) for key in first) + f", or {other}"
    others = "; ".join(each.text for each in schema.credentials[1:])
    return NoCredentialsError(
        f"no credentials for {schema.cloud}{f' in profile {profile}' if profile else ''}; looked in "
        + "; ".join(_looked(sources, config)),
        hint=f"{hint}; other ways to sign in: {others}" if others else hint,
    )
