"""The schema of a cloud's settings, and the resolved settings."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.settings.identity import Entry, Passed, variables_of
from pulumi_nbcloud.settings.secret import URL_PASSWORD, WHOLE, Secret

EVERYWHERE = {
    "proxy": "the proxy to the cloud: `http://HOST:PORT` or `http://USER:PASSWORD@HOST:PORT`, special characters "
    "percent-encoded; plain http to loopback bypasses it",
    "caFile": "a PEM file of authorities to trust besides the public ones",
}
"""Free keys of every cloud and what they mean; see `http.proxy`."""

_SECRETS_EVERYWHERE = {"proxy": URL_PASSWORD}


class NoCredentialsError(SettingsError):
    """No source has credentials for a cloud, so nothing indicates its use."""


@dataclass(frozen=True)
class CredentialSet:
    """Keys that only make sense together: all `required`, any `optional`; without required keys, one is enough."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @cached_property
    def keys(self) -> frozenset[str]:
        """All of its keys."""
        return frozenset(self.required + self.optional)

    @property
    def text(self) -> str:
        """Its keys, for messages."""
        return " + ".join(self.required) or " or ".join(self.optional)


@dataclass(frozen=True)
class Source:
    """One source of settings.

    Args:
        name: its name in messages.
        values: its values by key.
        variables: the vendor's variable of each key that came from one.
        bound: its keys that count only if the credentials come from it, or from a source after it.
        content: the keys whose value is the path of a file with the actual value.
        exact: whether it is our own source, where two equivalent keys are a mistake.
    """

    name: str
    values: Mapping[str, str] = field(repr=False)
    variables: Mapping[str, str] = field(default_factory=dict)
    bound: frozenset[str] = frozenset()
    content: frozenset[str] = frozenset()
    exact: bool = False


@dataclass(frozen=True)
class Variables:
    """A vendor's own variables that form one source.

    Args:
        name: its name in messages, within "the environment (…)".
        entries: the variables; the first one set counts among several for one key.
        order: the credential sets; the vendor's tool takes the first complete one, and the keys of others are
            then left out.
        weak: the credential keys with other uses in the vendor's tools; they mean nothing if
            no other key of their set is present.
    """

    name: str
    entries: tuple[Entry, ...]
    order: tuple[CredentialSet, ...] = ()
    weak: frozenset[str] = frozenset()

    @classmethod
    def of(cls, identity: Iterable[Entry], name: str, *order: CredentialSet, weak: Iterable[str] = ()) -> Variables:
        """Select the variables of one source from the table of a cloud."""
        return cls(name, tuple(variables_of(identity, name)), order, frozenset(weak))

    @property
    def label(self) -> str:
        """The name of the source in messages."""
        return f"the environment ({self.name})"


@dataclass(frozen=True)
class Schema:
    """The settings of one cloud.

    Args:
        cloud: its short name, also its key in Pulumi config.
        credentials: the credential sets; exactly one is used.
        bound: keys that belong to the credentials.
        free: keys that are resolved one by one.
        environment: the vendors' own variables, in order.
        files: reads the vendors' files; takes the environment, which may relocate them.
        identity: the entries that the vendors' tools read, and their treatment; see `identity`.
        check: rejects values in vendors' files without a setting of ours; takes the settings and the environment.
        one_of: equivalent keys; the one of the first source counts.
        about: the meaning of each key, in one line of Markdown.
        public: the credential keys that only name something and grant no access. Every other one is secret, so
            an unforeseen key is hidden.
        secrets: the keys with their own form of secrecy, or that are secret outside of the credentials.

    Raises:
        ValueError: a mark names an unknown key, or a key is marked both ways.
    """

    cloud: str
    credentials: tuple[CredentialSet, ...]
    bound: tuple[str, ...] = ()
    free: tuple[str, ...] = ()
    environment: tuple[Variables, ...] = ()
    files: Callable[[Mapping[str, str]], Iterator[Source]] = lambda environment: iter(())
    identity: tuple[Entry, ...] = ()
    check: Callable[[Settings, Mapping[str, str]], None] = lambda settings, environment: None
    one_of: tuple[str, ...] = ()
    about: Mapping[str, str] = field(default_factory=dict, compare=False)
    public: frozenset[str] = frozenset()
    secrets: Mapping[str, Secret] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        """Check the marks of secrets."""
        wrong = (self.public - self.credential_keys) | (self.secrets.keys() - set(self.keys))
        wrong |= self.public & self.secrets.keys()
        if wrong:
            raise ValueError(f"{self.cloud}: {', '.join(sorted(wrong))} cannot be marked so")

    @cached_property
    def credential_keys(self) -> frozenset[str]:
        """The keys of all credential sets."""
        return frozenset(key for each in self.credentials for key in each.keys)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Every key, once, in the order of declaration."""
        sets = [key for credentials in self.credentials for key in credentials.required + credentials.optional]
        return tuple(dict.fromkeys([*sets, *self.bound, *self.free, *EVERYWHERE]))

    def variables_in(self, environment: Mapping[str, str], region: str | None) -> Iterator[Entry]:
        """Yield the entries of `identity` that are variables of this environment with a value."""
        for entry in self._variables:
            # Most names are plain and not there, and every read looks for all of them.
            if (entry.name in environment or entry.is_regional) and environment.get(entry.variable(region), "").strip():
                yield entry

    @cached_property
    def _variables(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.identity if entry.is_variable)

    def secret(self, key: str) -> Secret | None:
        """Return how the value of a key is secret; None where it may be shown."""
        if key in self.secrets:
            return self.secrets[key]
        if key in self.credential_keys:
            return None if key in self.public else WHOLE
        return _SECRETS_EVERYWHERE.get(key)

    def secret_parts(self, values: Mapping[str, str]) -> Iterator[str]:
        """Yield all secrets in settings."""
        for key, value in values.items():
            if (secret := self.secret(key)) is not None:
                yield from secret.parts(value)

    def shown(self, key: str, value: str) -> str:
        """Return the displayable form of a setting: its value, or the replacement of a secret."""
        secret = self.secret(key)
        return value if secret is None else secret.shown(value)


@dataclass(frozen=True)
class Settings:
    """The resolved settings of one cloud and profile.

    Args:
        cloud: the cloud's short name.
        profile: the named profile, None for the default.
        values: the settings; left out of the repr because they contain credentials.
        origin: the source of each key.
        credential_keys: the keys of the credential set.
        variables: the vendor's variable of each key that came from one.
        passed_over: the ignored values that the vendor's tools would use.
        looked_in: the sources, each with its keys.
    """

    cloud: str
    profile: str | None
    values: Mapping[str, str] = field(repr=False)
    origin: Mapping[str, str] = field(compare=False)
    credential_keys: frozenset[str]
    variables: Mapping[str, str] = field(default_factory=dict, compare=False)
    passed_over: tuple[Passed, ...] = field(default=(), compare=False)
    looked_in: tuple[str, ...] = field(default=(), compare=False)

    def named(self, key: str) -> str:
        """Name a setting and its source, for messages."""
        return f"{self.cloud} {key}" + (f" (from {self.origin[key]})" if key in self.origin else "")

    @property
    def credentials_source(self) -> str:
        """The source of the credentials."""
        return self.origin[next(key for key in self.origin if key in self.credential_keys)]

    @property
    def fingerprint(self) -> str:
        """Six digits that differ between accounts; far too short to reveal a secret."""
        counts = sorted((key, value) for key, value in self.values.items() if key not in EVERYWHERE)
        return hashlib.sha256(repr(counts).encode("utf-8", "surrogatepass")).hexdigest()[:6]

    @property
    def credentials(self) -> frozenset[tuple[str, str]]:
        """The credential set by value: equal for settings that sign in as the same one."""
        return frozenset((key, value) for key, value in self.values.items() if key in self.credential_keys)
