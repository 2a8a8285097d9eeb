"""Where a setting comes from: Pulumi config, environment, the vendors' files, in this order.

A cloud declares its keys as a `Schema`. Three rules keep a mix of sources from watching the wrong account: a
credential set is taken whole from the first source that has any of its keys; a key that is bound to the credentials (a
project id) comes from the same source or one before it; only free keys (a region) are looked up one by one.
"""

from __future__ import annotations

import contextlib
import difflib
import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pulumi_nbcloud.errors import SettingsError, printable

ConfigReader = Callable[[str], object]
"""Gives the value of a Pulumi config key such as `nbcloud:modelarts`: None, a JSON text or an object."""

EVERYWHERE = {
    "proxy": "the way to the cloud: `http://HOST:PORT` or `http://USER:PASSWORD@HOST:PORT`, special characters "
    "percent-encoded; plain http to loopback goes directly",
    "caFile": "a PEM file of authorities to trust besides the public ones",
}
"""Free keys of every cloud and what they mean; see `route`."""

_PROFILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)


@dataclass(frozen=True)
class SettingsFile:
    """Stands for Pulumi config where a face reads a file, or nothing, in its place.

    Args:
        path: as it is shown; None where there is no file.
        values: what it holds, by the keys of Pulumi config.
    """

    path: str | None
    values: Mapping[str, object] = field(repr=False)

    def __call__(self, key: str) -> object:
        """Return the value of a key of Pulumi config; None where the file has none."""
        return self.values.get(key)


def _place(config: ConfigReader, key: str) -> str:
    return f"{key} in the settings file {config.path}" if isinstance(config, SettingsFile) else f"Pulumi config {key}"


def _how(config: ConfigReader, otherwise: str) -> str:
    return "correct it in the file" if isinstance(config, SettingsFile) else otherwise


class NoCredentialsError(SettingsError):
    """No source holds credentials for a cloud, so nothing says that it is used."""


@dataclass(frozen=True)
class CredentialSet:
    """Keys that only make sense together: all `required`, and any `optional`; with none required, one is enough."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def keys(self) -> frozenset[str]:
        """All of its keys."""
        return frozenset(self.required + self.optional)

    @property
    def text(self) -> str:
        """What it takes, for messages."""
        return " + ".join(self.required) or " or ".join(self.optional)


@dataclass(frozen=True)
class Source:
    """One place that holds settings: its name for messages, and what it holds."""

    name: str
    values: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Schema:
    """The settings of one cloud.

    Args:
        cloud: its short name, also its key in Pulumi config.
        credentials: the credential sets; exactly one is used.
        bound: keys that belong to the credentials.
        free: keys that are looked up one by one.
        environment: the vendors' own variables, in order: a name for messages, then key to variable.
        files: reads the vendors' files; given the environment, because it may move them.
        about: what each key means, in one line of Markdown.
    """

    cloud: str
    credentials: tuple[CredentialSet, ...]
    bound: tuple[str, ...] = ()
    free: tuple[str, ...] = ()
    environment: tuple[tuple[str, Mapping[str, str]], ...] = ()
    files: Callable[[Mapping[str, str]], Iterator[Source]] = lambda environment: iter(())
    about: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key, once, in the order of declaration."""
        sets = [key for credentials in self.credentials for key in credentials.required + credentials.optional]
        return tuple(dict.fromkeys([*sets, *self.bound, *self.free, *EVERYWHERE]))


@dataclass(frozen=True)
class Settings:
    """What was found for one cloud and profile.

    Args:
        cloud: the cloud's short name.
        profile: the named profile, None for the default.
        values: the settings; left out of the repr because they hold credentials.
        origin: for each key the source that it came from.
        credential_keys: the keys of the credential set.
    """

    cloud: str
    profile: str | None
    values: Mapping[str, str] = field(repr=False)
    origin: Mapping[str, str] = field(compare=False)
    credential_keys: frozenset[str]

    @property
    def credentials(self) -> frozenset[tuple[str, str]]:
        """The credential set by value: equal for settings that sign in as the same one."""
        return frozenset((key, value) for key, value in self.values.items() if key in self.credential_keys)


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
        SettingsError: nothing found, a set incomplete or doubled, a value of the wrong type, or an unknown key.
    """
    if profile is not None and not _PROFILE.fullmatch(profile):
        raise SettingsError(
            f"{printable(profile, 70)!r} cannot be the name of a profile",
            hint="use 1 to 64 letters, digits, hyphens and underscores, starting with a letter or digit",
        )
    sources = list(_sources(schema, profile, config, environment))
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


def config_keys(cloud: str) -> tuple[str, str]:
    """Name the Pulumi config keys that `resolve` may ask for."""
    return f"nbcloud:{cloud}", "nbcloud:profiles"


def variable(cloud: str, profile: str | None, key: str) -> str:
    """Name our own environment variable of a key, for example `NBCLOUD_MODELARTS_ACCESS_KEY`."""
    return _prefix(cloud, profile) + re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).upper()


def _prefix(cloud: str, profile: str | None) -> str:
    named = f"PROFILE_{re.sub('[^A-Za-z0-9]', '_', profile).upper()}_" if profile else ""
    return f"NBCLOUD_{named}{cloud.upper()}_"


def _sources(
    schema: Schema, profile: str | None, config: ConfigReader, environment: Mapping[str, str]
) -> Iterator[Source]:
    if not isinstance(config, SettingsFile) or config.path is not None:
        yield _from_config(schema, profile, config)
    yield _from_own_variables(schema, profile, environment)
    if profile is None:
        for name, variables in schema.environment:
            found = {
                key: environment[each].strip() for key, each in variables.items() if environment.get(each, "").strip()
            }
            yield Source(f"the environment ({name})", found)


def _from_config(schema: Schema, profile: str | None, config: ConfigReader) -> Source:
    if profile is None:
        key = f"nbcloud:{schema.cloud}"
        found = _object(config, key, config(key))
    else:
        key = f"nbcloud:profiles.{profile}.{schema.cloud}"
        profiles = _object(config, "nbcloud:profiles", config("nbcloud:profiles"))
        own = _object(config, f"nbcloud:profiles.{profile}", profiles.get(profile))
        found = _object(config, key, own.get(schema.cloud))
    values: dict[str, str] = {}
    for name, value in found.items():
        shown = _place(config, f"{key}.{printable(str(name), 60)}")
        _known(schema, str(name), shown, lambda near: f"{key}.{near}")
        # `pulumi config set --path` turns digits into a number; a bool or a list is no setting of ours.
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise SettingsError(
                f"{shown} must be a text, not {_json_type(value)}",
                hint=_how(config, f"set it with: pulumi config set --path {key}.{name} VALUE"),
            )
        if not str(value).strip():
            raise SettingsError(f"{shown} is empty", hint="give it a value or remove it")
        values[str(name)] = str(value).strip()
    return Source(_place(config, key), values)


def _object(config: ConfigReader, key: str, value: object) -> Mapping[str, object]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = False
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise SettingsError(
            f"{_place(config, key)} must be an object",
            hint=_how(config, f"set its parts with: pulumi config set --path {key}.KEY VALUE"),
        )
    return value


def _json_type(value: object) -> str:
    names = {bool: "a bool", type(None): "null", list: "a list", float: "a number with a fraction"}
    return names.get(type(value), "an object")


def _from_own_variables(schema: Schema, profile: str | None, environment: Mapping[str, str]) -> Source:
    prefix = _prefix(schema.cloud, profile)
    by_variable = {variable(schema.cloud, profile, key): key for key in schema.keys}
    values = {}
    for name, value in environment.items():
        if not name.startswith(prefix):
            continue
        if name not in by_variable:
            # Without the prefix, which makes any two names look alike.
            ends = {each.removeprefix(prefix): each for each in by_variable}
            near = difflib.get_close_matches(name.removeprefix(prefix), ends, 1)
            raise SettingsError(
                f"the environment variable {printable(name, 80)} is not a setting of {schema.cloud}",
                hint=f"did you mean {ends[near[0]]}?" if near else f"known are {', '.join(by_variable)}",
            )
        # CI systems pass an unset secret on as an empty variable: that is no value.
        if value.strip():
            values[by_variable[name]] = value.strip()
    return Source(f"the environment ({prefix}…)", values)


def _known(schema: Schema, key: str, shown: str, show: Callable[[str], str]) -> None:
    if key in schema.keys:
        return
    near = difflib.get_close_matches(key, schema.keys, 1)
    raise SettingsError(
        f"{shown} is not a setting of {schema.cloud}",
        hint=f"did you mean {show(near[0])}?" if near else f"known are {', '.join(schema.keys)}",
    )


def _holder(schema: Schema, sources: list[Source]) -> int | None:
    """Return the position of the first source with any credential key."""
    keys = frozenset(key for each in schema.credentials for key in each.keys)
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


def origin_url(text: str, key: str) -> str:
    """Check an endpoint and bring it into the one form that is signed and sent.

    Args:
        text: a URL such as `https://modelarts.example.com` or `http://127.0.0.1:8080`.
        key: the setting's name, for messages.

    Returns:
        Scheme, host in lower case, and the port where it is not the scheme's own.

    Raises:
        SettingsError: not http or https, plain http to anything but loopback, credentials, a path, a query, a bad port.
    """

    def refuse(reason: str) -> SettingsError:
        # The value itself may hold a password.
        return SettingsError(f"{key} {reason}", hint="give scheme and host, for example https://modelarts.example.com")

    if not text.isascii() or any(character <= " " or character == "\x7f" for character in text):
        raise refuse("holds blanks, control or non-ASCII characters")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise refuse("is not a URL") from None
    if parts.scheme not in ("https", "http") or not host:
        raise refuse("must start with https:// and name a host")
    if parts.username is not None or parts.password is not None:
        raise refuse("must not hold credentials")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise refuse("must not have a path, a query or a fragment")
    if port == 0:
        raise refuse("has port 0")
    if not re.fullmatch(r"[a-z0-9.:_-]+", host):
        raise refuse("has a host name with characters that none may have")
    if parts.scheme == "http" and not _is_loopback(host):
        raise refuse("is plain http, which would send what it signs in clear; only loopback may")
    shown = f"[{host}]" if ":" in host else host
    own_port = port is None or port == {"https": 443, "http": 80}[parts.scheme]
    return f"{parts.scheme}://{shown}" if own_port else f"{parts.scheme}://{shown}:{port}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
