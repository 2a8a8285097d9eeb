"""What a cloud declares of its settings, and what was found for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.settings.secret import URL_PASSWORD, WHOLE, Secret

EVERYWHERE = {
    "proxy": "the way to the cloud: `http://HOST:PORT` or `http://USER:PASSWORD@HOST:PORT`, special characters "
    "percent-encoded; plain http to loopback goes directly",
    "caFile": "a PEM file of authorities to trust besides the public ones",
}
"""Free keys of every cloud and what they mean; see `http.proxy`."""

_SECRETS_EVERYWHERE = {"proxy": URL_PASSWORD}


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
        public: the credential keys that name somebody or something and open nothing. Every other one is secret, so that
            a key nobody thought of is hidden.
        secrets: the keys that are secret in a way of their own, or that are secret outside of the credentials.

    Raises:
        ValueError: a mark is of a key that the cloud does not have, or of one that is marked both ways.
    """

    cloud: str
    credentials: tuple[CredentialSet, ...]
    bound: tuple[str, ...] = ()
    free: tuple[str, ...] = ()
    environment: tuple[tuple[str, Mapping[str, str]], ...] = ()
    files: Callable[[Mapping[str, str]], Iterator[Source]] = lambda environment: iter(())
    about: Mapping[str, str] = field(default_factory=dict, compare=False)
    public: frozenset[str] = frozenset()
    secrets: Mapping[str, Secret] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        """Check the marks of secrets."""
        wrong = (self.public - self.credential_keys) | (self.secrets.keys() - set(self.keys))
        wrong |= self.public & self.secrets.keys()
        if wrong:
            raise ValueError(f"{self.cloud}: {', '.join(sorted(wrong))} cannot be marked so")

    @property
    def credential_keys(self) -> frozenset[str]:
        """The keys of all credential sets."""
        return frozenset(key for each in self.credentials for key in each.keys)

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key, once, in the order of declaration."""
        sets = [key for credentials in self.credentials for key in credentials.required + credentials.optional]
        return tuple(dict.fromkeys([*sets, *self.bound, *self.free, *EVERYWHERE]))

    def secret(self, key: str) -> Secret | None:
        """Return how the value of a key is secret; None where it may be shown."""
        if key in self.secrets:
            return self.secrets[key]
        if key in self.credential_keys:
            return None if key in self.public else WHOLE
        return _SECRETS_EVERYWHERE.get(key)

    def secret_parts(self, values: Mapping[str, str]) -> Iterator[str]:
        """Give everything within settings that nothing may show."""
        for key, value in values.items():
            if (secret := self.secret(key)) is not None:
                yield from secret.parts(value)

    def shown(self, key: str, value: str) -> str:
        """Return what may be shown of a setting: its value, or what stands in the place of a secret one."""
        secret = self.secret(key)
        return value if secret is None else secret.shown(value)


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

    def named(self, key: str) -> str:
        """Name a setting and its source, for messages."""
        return f"{self.cloud} {key}" + (f" (from {self.origin[key]})" if key in self.origin else "")

    @property
    def credentials(self) -> frozenset[tuple[str, str]]:
        """The credential set by value: equal for settings that sign in as the same one."""
        return frozenset((key, value) for key, value in self.values.items() if key in self.credential_keys)
