"""The sources of settings: Pulumi config, our environment variables, the vendors' own."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.settings.objects import DuplicateKeyError, once
from pulumi_nbcloud.settings.schema import Schema, Source
from pulumi_nbcloud.settings.vendors import source_of

ConfigReader = Callable[[str], object]
"""Return the value of a Pulumi config key such as `nbcloud:modelarts`: None, a JSON text or an object."""


@dataclass(frozen=True)
class SettingsFile:
    """A replacement for Pulumi config in programs that read a file, or nothing, instead.

    Args:
        path: its displayable form; None without a file.
        values: its content, by the keys of Pulumi config.
    """

    path: str | None
    values: Mapping[str, object] = field(repr=False)

    def __call__(self, key: str) -> object:
        """Return the value of a key of Pulumi config; None if the file has no such key."""
        return self.values.get(key)


@dataclass(frozen=True)
class StackConfig:
    """Pulumi config in a Pulumi process: all keys of our namespace, which reveals unknown ones.

    Args:
        values: by key, `nbcloud:modelarts` for example; those of other namespaces are left out.
        unseen: why the stack's config is not available in this process; None if it is.
    """

    values: Mapping[str, object] = field(repr=False)
    unseen: str | None = None

    def __call__(self, key: str) -> object:
        """Return the value of a key; None where there is none."""
        return self.values.get(key)


NAMESPACE = "nbcloud:"
_OURS = "NBCLOUD_"
CLOUDS = ("modelarts", "hpcai", "aidp")
OVERRIDES_KEY = f"{NAMESPACE}overrides"
"""The key of the overrides, which let single gates pass while their cloud is down: see `overrides`."""

# Besides the clouds; the last two are the engine's own.
_OTHER_KEYS = ("profiles", "overrides", "previewPoll", "version", "pluginDownloadURL")
_REPLACED = "an object in the stack's file, or of --config, replaces that of Pulumi.yaml whole: nothing is merged"


def why_unseen(config: ConfigReader, some: bool) -> str | None:
    """Explain why Pulumi config can look empty, or emptier than it is.

    Args:
        config: the reader of Pulumi config.
        some: whether it has any value for the cloud.
    """
    if not isinstance(config, StackConfig):
        return None
    if config.unseen:
        return config.unseen
    return _REPLACED if some else None


def check_keys(config: ConfigReader) -> None:
    """Reject an unknown key of Pulumi config in our namespace: Pulumi itself would ignore it.

    Args:
        config: the reader of Pulumi config.

    Raises:
        SettingsError: names the key, with the command that sets the probable one.
    """
    if not isinstance(config, StackConfig):
        return
    for key in config.values:
        name = key.removeprefix(NAMESPACE)
        if name in CLOUDS or name in _OTHER_KEYS:
            continue
        first, _, rest = name.partition(".")
        shown = printable(name, 80)
        if rest and first in (*CLOUDS, "profiles", "overrides"):
            hint = (
                f"a path needs --path: pulumi config set --path {NAMESPACE}{shown} VALUE, "
                f"after pulumi config rm {NAMESPACE}{shown}"
            )
        else:
            near = difflib.get_close_matches(first, (*CLOUDS, *_OTHER_KEYS), 1, 0.8)
            meant = f"did you mean {NAMESPACE}{near[0]}{'.' + printable(rest, 60) if rest else ''}?" if near else None
            hint = meant or f"settings are below a cloud: pulumi config set --path {NAMESPACE}{CLOUDS[0]}.{shown} VALUE"
        raise SettingsError(
            f"Pulumi config {NAMESPACE}{shown} is none of our keys, and would have no effect", hint=hint
        )


def check_variables(schema: Schema, environment: Mapping[str, str]) -> None:
    """Reject a variable of ours whose cloud is misspelt: it would have no effect.

    Args:
        schema: the schema of the cloud.
        environment: the process's variables.

    Raises:
        SettingsError: names the variable, and the probable one.
    """
    clouds = {each.upper() for each in (*CLOUDS, schema.cloud)}
    marks = [f"{cloud}_" for cloud in clouds]
    for name, value in environment.items():
        if not name.startswith(_OURS) or not value.strip():
            continue
        rest = name.removeprefix(_OURS)
        if any(mark in rest for mark in marks):
            continue
        ends = {variable(schema.cloud, None, key).removeprefix(_prefix(schema.cloud, None)) for key in schema.keys}
        end = max((each for each in ends if rest == each or rest.endswith(f"_{each}")), key=len, default=None)
        if end is not None:
            profile, cloud = _split(rest.removesuffix(end).rstrip("_"), clouds)
            meant = "_".join(each for each in ("NBCLOUD", *profile, cloud or schema.cloud.upper(), end) if each)
            raise SettingsError(
                f"the environment variable {printable(name, 80)} names no cloud of ours, and would have no effect",
                hint=f"did you mean {meant}?",
            )


def _split(middle: str, clouds: set[str]) -> tuple[list[str], str | None]:
    """Split the text between our prefix and a key into the words of a profile and the probable cloud."""
    words = middle.split("_")
    start = 2 if words[0] == "PROFILE" else 0
    for count in (1, 2):
        near = difflib.get_close_matches("".join(words[start:][-count:]), sorted(clouds), 1, 0.7)
        if near:
            return words[:-count] if start else [], near[0]
    return words if start else [], None


def _place(config: ConfigReader, key: str) -> str:
    return f"{key} in the settings file {config.path}" if isinstance(config, SettingsFile) else f"Pulumi config {key}"


def _how(config: ConfigReader, otherwise: str) -> str:
    return "correct it in the file" if isinstance(config, SettingsFile) else otherwise


def config_keys(cloud: str) -> tuple[str, str]:
    """Return the Pulumi config keys that `resolve` may read."""
    return f"nbcloud:{cloud}", "nbcloud:profiles"


def all_config_keys() -> set[str]:
    """Return all our Pulumi config keys that may be read separately."""
    return {OVERRIDES_KEY, *(key for cloud in CLOUDS for key in config_keys(cloud))}


@lru_cache(maxsize=1024)  # every read needs all variables of a cloud
def variable(cloud: str, profile: str | None, key: str) -> str:
    """Return our own environment variable of a key, for example `NBCLOUD_MODELARTS_ACCESS_KEY`."""
    return _prefix(cloud, profile) + re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).upper()


def _prefix(cloud: str, profile: str | None) -> str:
    named = f"PROFILE_{re.sub('[^A-Za-z0-9]', '_', profile).upper()}_" if profile else ""
    return f"NBCLOUD_{named}{cloud.upper()}_"


def sources_of(
    schema: Schema, profile: str | None, config: ConfigReader, environment: Mapping[str, str]
) -> Iterator[Source]:
    """Read the sources of one cloud and profile in their order, except the vendors' files.

    Args:
        schema: the schema of the cloud.
        profile: a named profile; None for the default.
        config: the reader of Pulumi config.
        environment: the process's variables.

    Raises:
        SettingsError: an unknown key, or a value of the wrong type.
    """
    check_keys(config)
    check_variables(schema, environment)
    if not isinstance(config, SettingsFile) or config.path is not None:
        yield _from_config(schema, profile, config)
    yield _from_own_variables(schema, profile, environment)
    if profile is None:
        for variables in schema.environment:
            yield source_of(variables, schema, environment)


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
        # `pulumi config set --path` turns digits into a number; none of our settings is a bool or a list.
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise SettingsError(
                f"{shown} must be a text, not {_json_type(value)}",
                hint=_how(config, f"set it with: pulumi config set --path {key}.{name} VALUE"),
            )
        if not str(value).strip():
            raise SettingsError(f"{shown} is empty", hint="give it a value or remove it")
        values[str(name)] = str(value).strip()
    return Source(_place(config, key), values, exact=True)


def _object(config: ConfigReader, key: str, value: object) -> Mapping[str, object]:
    if isinstance(value, str):
        try:
            value = json.loads(value, object_pairs_hook=once)
        except DuplicateKeyError as error:
            raise SettingsError(
                f"{_place(config, key)} has the key {error.key} twice in one object", hint="keep one of them"
            ) from None
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
            # Without the prefix, which makes any two names similar.
            ends = {each.removeprefix(prefix): each for each in by_variable}
            near = difflib.get_close_matches(name.removeprefix(prefix), ends, 1)
            raise SettingsError(
                f"the environment variable {printable(name, 80)} is not a setting of {schema.cloud}",
                hint=f"did you mean {ends[near[0]]}?" if near else f"known are {', '.join(by_variable)}",
            )
        # CI systems pass an unset secret as an empty variable, which is no value.
        if value.strip():
            values[by_variable[name]] = value.strip()
    return Source(f"the environment ({prefix}…)", values, exact=True)


def _known(schema: Schema, key: str, shown: str, show: Callable[[str], str]) -> None:
    if key in schema.keys:
        return
    near = difflib.get_close_matches(key, schema.keys, 1)
    raise SettingsError(
        f"{shown} is not a setting of {schema.cloud}",
        hint=f"did you mean {show(near[0])}?" if near else f"known are {', '.join(schema.keys)}",
    )
