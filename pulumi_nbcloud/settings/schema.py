"""What a cloud declares of its settings, and what was found for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from pulumi_nbcloud.errors import SettingsError

EVERYWHERE = {
    "proxy": "the way to the cloud: `http://HOST:PORT` or `http://USER:PASSWORD@HOST:PORT`, special characters "
    "percent-encoded; plain http to loopback goes directly",
    "caFile": "a PEM file of authorities to trust besides the public ones",
}
"""Free keys of every cloud and what they mean; see `http.proxy`."""


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
