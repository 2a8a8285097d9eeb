"""What signs a request: a key from the settings, or a key and perhaps a session token from Oracle's files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pulumi_nbcloud.clouds.aidp.files import read_file, stamp
from pulumi_nbcloud.clouds.aidp.oci_config import Profile, parse_profile
from pulumi_nbcloud.clouds.aidp.signature import authorization, load_private_key
from pulumi_nbcloud.clouds.tokens import header_safe, jwt_expiry
from pulumi_nbcloud.errors import AuthenticationError, SettingsError
from pulumi_nbcloud.printable import printable

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


class Credentials(ABC):
    """One way to sign in; the base of them all."""

    generation = 0
    region: str | None = None
    hint = "check tenancy, user, fingerprint and private key; they are not sent again until they change"

    @abstractmethod
    async def sign(self, method: str, url: str, target: str, headers: Mapping[str, str]) -> dict[str, str]:
        """Sign one attempt.

        Args:
            method: the HTTP method.
            url: the whole URL as sent.
            target: its path and query.
            headers: every header so far, names in lower case, `date` and `host` among them.

        Returns:
            The headers to add.
        """

    def check(self) -> None:  # noqa: B027  (a key from the settings does not change)
        """Look whether the credentials can be used now; raise AuthenticationError where they cannot."""

    async def renew(self, generation: int) -> bool:
        """Replace refused credentials, and return whether there are others now; see `Account.renew`."""
        return False

    def revision(self) -> Hashable:
        """Return what the source holds now; None where it cannot change."""
        return None

    def expires_at(self) -> float | None:
        """Return when they expire, in seconds since 1970; None where they do not."""
        return None


class KeyCredentials(Credentials):
    """A user's key from the settings.

    Args:
        key_id: `tenancy/user/fingerprint`.
        key: the private key.
    """

    def __init__(self, key_id: str, key: RSAPrivateKey) -> None:
        self._key_id = key_id
        self._key = key

    async def sign(self, method: str, url: str, target: str, headers: Mapping[str, str]) -> dict[str, str]:
        """Sign one attempt with the key."""
        return {"authorization": authorization(self._key_id, self._key, method, target, headers)}


@dataclass(frozen=True)
class _Loaded:
    """What the files held at one moment; the stamps were taken before they were read."""

    stamps: tuple[Hashable, ...]
    paths: tuple[str, ...]
    key_id: str = field(repr=False)
    key: RSAPrivateKey = field(repr=False)
    pem: str = field(repr=False)
    expires_at: float | None
    region: str | None

    def same_secret(self, other: _Loaded) -> bool:
        return (self.key_id, self.pem) == (other.key_id, other.pem)


class FileCredentials(Credentials):
    """A profile of Oracle's configuration file; its files are read again when they change.

    Args:
        path: the configuration file, `~` expanded.
        profile: the profile's name.
        name: what messages call the file.
        now: the wall clock in seconds since 1970.

    Raises:
        SettingsError: see `oci_config` and `signature`.
    """

    def __init__(self, path: str, profile: str, name: str, now: Callable[[], float]) -> None:
        self._path = path
        self._profile = profile
        self._name = name
        self._now = now
        self._loaded = self._load()

    @property
    def region(self) -> str | None:  # type: ignore[override]
        """The profile's region."""
        return self._loaded.region

    @property
    def hint(self) -> str:  # type: ignore[override]
        """What to do after a refusal."""
        if self._loaded.expires_at is None and not self._loaded.key_id.startswith("ST$"):
            return super().hint
        return self._refresh_hint()

    async def sign(self, method: str, url: str, target: str, headers: Mapping[str, str]) -> dict[str, str]:
        """Sign one attempt with the key that the files held last."""
        loaded = self._loaded
        return {"authorization": authorization(loaded.key_id, loaded.key, method, target, headers)}

    def check(self) -> None:
        """Read changed files again; raise AuthenticationError for a session token that has expired."""
        if self.revision() != self._loaded.stamps:
            self._reload()
        expires_at = self._loaded.expires_at
        if expires_at is not None and expires_at <= self._now():
            raise AuthenticationError(
                f"the session token of profile {printable(self._profile, 60)} has expired; nothing was sent",
                hint=self._refresh_hint(),
            )

    async def renew(self, generation: int) -> bool:
        """Read the files again, and return whether that gave others; see `Account.renew`."""
        # Read whatever the stamps say: a file can be rewritten within one tick of its file system's clock.
        if generation == self.generation:
            self._reload()
        return generation != self.generation

    def revision(self) -> Hashable:
        """Return the stamps of the files as they are now."""
        return tuple(stamp(path) for path in self._loaded.paths)

    def expires_at(self) -> float | None:
        """Return when the session token expires, in seconds since 1970; None for a key."""
        return self._loaded.expires_at

    def _refresh_hint(self) -> str:
        profile = printable(self._profile, 60)
        return f"run: oci session refresh --profile {profile}; if that is too late: oci session authenticate"

    def _reload(self) -> None:
        try:
            loaded = self._load()
        except SettingsError:
            # Perhaps half written: what was read before stands, and the next request reads again.
            return
        if not loaded.same_secret(self._loaded):
            self.generation += 1
        self._loaded = loaded

    def _load(self) -> _Loaded:
        config_stamp = stamp(self._path)
        profile = parse_profile(read_file(self._path, self._name), self._profile, self._name)
        owner = f"profile {printable(self._profile, 60)} in {self._name}"
        files = [profile.key_file] + ([profile.token_file] if profile.token_file else [])
        stamps = (config_stamp, *(stamp(path) for path in files))
        pem = read_file(profile.key_file, f"key_file of {owner}")
        key = load_private_key(pem, profile.passphrase, f"key_file of {owner}")
        key_id, expires_at = _identity(profile, owner)
        return _Loaded(stamps, (self._path, *files), key_id, key, pem, expires_at, profile.region)


def _identity(profile: Profile, owner: str) -> tuple[str, float | None]:
    if profile.token_file is None:
        assert profile.key_id is not None
        return profile.key_id, None
    name = f"security_token_file of {owner}"
    token = header_safe(read_file(profile.token_file, name), f"the token in {name}")
    if '"' in token:
        raise SettingsError(f"the token in {name} holds a quotation mark", hint="get a new one")
    return f"ST${token}", jwt_expiry(token)
