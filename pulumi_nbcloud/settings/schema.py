"""What a cloud declares of its settings, and what was found for it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

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
    """One place that holds settings.

    Args:
        name: what messages call it.
        values: what it holds.
        variables: of keys that came from a vendor's variable, which one.
        bound: those of its keys that count only where the credentials come from it, or from a source after it.
        content: the keys whose value is the path of a file that holds the value itself.
        exact: whether it is one of ours, where two names of one thing are a mistake.
    """

    name: str
    values: Mapping[str, str] = field(repr=False)
    variables: Mapping[str, str] = field(default_factory=dict)
    bound: frozenset[str] = frozenset()
    content: frozenset[str] = frozenset()
    exact: bool = False


@dataclass(frozen=True)
class Variables:
    """A vendor's own variables that make one source.

    Args:
        name: what messages call it, within "the environment (…)".
        entries: the variables; of several for one key, the first that is set counts.
        order: the credential sets of which the vendor's tool takes the first that is whole; the keys of others are
            then left out.
        weak: the keys of credentials that the vendor's tools use for other things, too; they say nothing where
            no other key of their set is there.
    """

    name: str
    entries: tuple[Entry, ...]
    order: tuple[CredentialSet, ...] = ()
    weak: frozenset[str] = frozenset()

    @classmethod
    def of(cls, identity: Iterable[Entry], name: str, *order: CredentialSet, weak: Iterable[str] = ()) -> Variables:
        """Take those of one source out of the table of a cloud."""
        return cls(name, tuple(variables_of(identity, name)), order, frozenset(weak))

    @property
    def label(self) -> str:
        """What messages call the source."""
        return f"the environment ({self.name})"


@dataclass(frozen=True)
class Schema:
    """The settings of one cloud.

    Args:
        cloud: its short name, also its key in Pulumi config.
        credentials: the credential sets; exactly one is used.
        bound: keys that belong to the credentials.
        free: keys that are looked up one by one.
        environment: the vendors' own variables, in order.
        files: reads the vendors' files; given the environment, because it may move them.
        identity: what the vendors' tools read, and what becomes of it here; see `identity`.
        check: refuses what a vendor's file says and no setting of ours can; given what was found and the environment.
        one_of: keys that name the same thing; the one of the first source counts.
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
        variables: of keys that came from a vendor's variable, which one.
        passed_over: what the vendor's tools would take, that is set, and that did not count.
        looked_in: the sources, each with the keys that it holds.
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
        """The source that the credentials came from."""
        return self.origin[next(key for key in self.origin if key in self.credential_keys)]

    @property
    def fingerprint(self) -> str:
        """Six digits that differ for settings that ask another account; far too short to give a secret away."""
        counts = sorted((key, value) for key, value in self.values.items() if key not in EVERYWHERE)
        return hashlib.sha256(repr(counts).encode("utf-8", "surrogatepass")).hexdigest()[:6]

    @property
    def credentials(self) -> frozenset[tuple[str, str]]:
        """The credential set by value: equal for settings that sign in as the same one."""
        return frozenset((key, value) for key, value in self.values.items() if key in self.credential_keys)
