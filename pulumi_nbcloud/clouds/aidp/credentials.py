"""Oracle's credentials: a key from the settings, or a key and an optional session token from Oracle's files."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pulumi_nbcloud.clouds.aidp.oci_config import DEFAULT_PATH, DEFAULT_PROFILE, Profile, checked, parse_profile
from pulumi_nbcloud.clouds.aidp.schema import CONFIG_FILE, KEY
from pulumi_nbcloud.clouds.aidp.signature import authorization, check_fingerprint, fingerprint_of, load_private_key
from pulumi_nbcloud.clouds.credentials import Connection, Credentials
from pulumi_nbcloud.clouds.tokens import header_safe, jwt_expiry
from pulumi_nbcloud.errors import AuthenticationError, SettingsError
from pulumi_nbcloud.http.messages import Request
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.settings.files import read_file, stamp
from pulumi_nbcloud.settings.paths import MAX_PATH_CHARACTERS, shown_path
from pulumi_nbcloud.settings.schema import Settings
from pulumi_nbcloud.settings.secret import pem_lines

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_PROFILE_NAME = re.compile(r"[^\[\]\x00-\x1f\x7f]{1,100}")


def _checked(key: RSAPrivateKey, *, fingerprint: bool = True) -> Iterator[tuple[str, str]]:
    yield "key", f"RSA, {key.key_size} bits"
    # Not where this machine cannot compute one.
    if fingerprint and fingerprint_of(key) is not None:
        yield "fingerprint", "is that of the key"


def signed(request: Request, key_id: str, key: RSAPrivateKey) -> Request:
    """Sign a request with a key; see `signature.authorization`."""
    lower = {name.lower(): value for name, value in request.headers.items()}
    value = authorization(key_id, key, request.method, request.target, lower)
    return replace(request, headers={**request.headers, "authorization": value})


class AidpCredentials(Credentials):
    """The base of Oracle's methods."""

    @property
    def region(self) -> str | None:
        """The region that the credentials themselves name, unchanged."""
        return None

    @property
    def region_name(self) -> str:
        """The name of that region in messages."""
        return "the region of the credentials"

    @property
    def rejected_hint(self) -> str:
        """The hint for rejected credentials."""
        return (
            "check tenancy, user and private key, that the user is not blocked, and that the tenancy takes API keys: "
            "some take session tokens only (oci session authenticate); they are not sent again until they change"
        )


class KeyCredentials(AidpCredentials):
    """A user's key from the settings.

    Args:
        key_id: `tenancy/user/fingerprint`.
        key: the private key.
    """

    credential_set = KEY

    def __init__(self, key_id: str, key: RSAPrivateKey) -> None:
        self._key_id = key_id
        self._key = key

    @classmethod
    def from_settings(cls, settings: Settings, connection: Connection) -> KeyCredentials:
        """Check the ids and load the key."""
        values = settings.values
        parts = [checked(key, values[key], settings.named(key)) for key in ("tenancy", "user", "fingerprint")]
        # CI systems store a single line, with its line breaks written as \n.
        pem = values["privateKey"] if "\n" in values["privateKey"] else values["privateKey"].replace("\\n", "\n")
        key = load_private_key(pem, values.get("passphrase"), settings.named("privateKey"))
        check_fingerprint(values["fingerprint"], key, settings.named("fingerprint"), settings.named("privateKey"))
        return cls("/".join(parts), key)

    def checked(self) -> Iterable[tuple[str, str]]:
        """Report that the key loads and that the fingerprint matches it."""
        yield from _checked(self._key)

    async def sign(self, request: Request) -> Request:
        """Sign one attempt with the key."""
        return signed(request, self._key_id, self._key)


@dataclass(frozen=True)
class _Loaded:
    """The content of the files at one moment; the stamps are older than the content."""

    stamps: tuple[Hashable, ...]
    paths: tuple[str, ...]
    key_id: str = field(repr=False)
    key: RSAPrivateKey = field(repr=False)
    pem: str = field(repr=False)
    expires_at: float | None
    region: str | None

    def same_secret(self, other: _Loaded) -> bool:
        return (self.key_id, self.pem) == (other.key_id, other.pem)


class FileCredentials(AidpCredentials):
    """A profile of Oracle's configuration file; reads its files again when they change.

    Args:
        path: the configuration file, `~` expanded.
        profile: the profile's name.
        name: the name of the file in messages.
        now: the wall clock in seconds since 1970.

    Raises:
        SettingsError: see `oci_config` and `signature`.
    """

    credential_set = CONFIG_FILE

    def __init__(self, path: str, profile: str, name: str, now: Callable[[], float]) -> None:
        self._path = path
        self._profile = profile
        self._name = name
        self._now = now
        self._generation = 0
        self._loaded = self._load()

    @classmethod
    def from_settings(cls, settings: Settings, connection: Connection) -> FileCredentials:
        """Locate the file and read the profile."""
        profile = settings.values.get("configProfile", DEFAULT_PROFILE)
        if not _PROFILE_NAME.fullmatch(profile):
            raise SettingsError(
                f"{settings.named('configProfile')} cannot be the name of a profile",
                hint="give 1 to 100 characters without brackets",
            )
        path = settings.values.get("configFile", DEFAULT_PATH)
        is_default = settings.origin.get("configFile", DEFAULT_PATH) == DEFAULT_PATH
        name = DEFAULT_PATH if is_default else settings.named("configFile")
        return cls(os.path.expanduser(path), profile, name, connection.now)

    @property
    def region(self) -> str | None:
        """The profile's region."""
        return self._loaded.region

    @property
    def region_name(self) -> str:
        """The name of that region in messages."""
        return f"region of profile {printable(self._profile, 60)} in {self._name}"

    @property
    def rejected_hint(self) -> str:
        """The hint for rejected credentials."""
        if self._loaded.expires_at is None and not self._loaded.key_id.startswith("ST$"):
            return super().rejected_hint
        return self._refresh_hint()

    async def prepare(self, deadline: float) -> None:
        """Read changed files again; raise AuthenticationError for an expired session token."""
        if self.revision() != self._loaded.stamps:
            self._reload()
        expires_at = self._loaded.expires_at
        if expires_at is not None and expires_at <= self._now():
            raise AuthenticationError(
                f"the session token of profile {printable(self._profile, 60)} has expired; nothing was sent",
                hint=self._refresh_hint(),
            )

    async def sign(self, request: Request) -> Request:
        """Sign one attempt with the key that was last read from the files."""
        return signed(request, self._loaded.key_id, self._loaded.key)

    @property
    def generation(self) -> int:
        """The number of changes of the key or token in the files."""
        return self._generation

    async def renew(self, generation: int, deadline: float) -> bool:
        """Read the files again, and return whether the key or token changed."""
        # Read regardless of the stamps: a file can be rewritten within one tick of its file system's clock.
        if generation == self._generation:
            self._reload()
        return generation != self._generation

    def revision(self) -> Hashable:
        """Return the current stamps of the files."""
        return tuple(stamp(path) for path in self._loaded.paths)

    def checked(self) -> Iterable[tuple[str, str]]:
        """Report that the key loads, and that the fingerprint matches it or a token replaces it."""
        has_token = self._loaded.key_id.startswith("ST$")
        yield from _checked(self._loaded.key, fingerprint=not has_token)
        if has_token:
            yield "token", "is there, in the place of a fingerprint"

    def expires_at(self) -> float | None:
        """Return when the session token expires, in seconds since 1970; None for a key."""
        return self._loaded.expires_at

    def secrets(self) -> Iterable[str]:
        """Return the secrets in the files: the lines of the key, and the session token."""
        token = self._loaded.key_id[len("ST$") :] if self._loaded.key_id.startswith("ST$") else ""
        return *pem_lines(self._loaded.pem), token

    def _refresh_hint(self) -> str:
        profile = shlex.quote(printable(self._profile, 60))
        refresh, again = f"--profile {profile}", f"--profile-name {profile}"
        if os.path.abspath(self._path) != os.path.expanduser(DEFAULT_PATH):
            # The command line reads its default file unless another is configured, under one of two names.
            path = shlex.quote(printable(os.path.abspath(self._path), MAX_PATH_CHARACTERS))
            refresh, again = f"{refresh} --config-file {path}", f"{again} --config-location {path}"
        return f"run: oci session refresh {refresh}; if that is too late: oci session authenticate {again}"

    def _reload(self) -> None:
        try:
            loaded = self._load()
        except SettingsError:
            # Perhaps half written: keep the previous content, and let the next request read again.
            return
        if not loaded.same_secret(self._loaded):
            self._generation += 1
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
        if profile.key_id is not None:
            fingerprint = profile.key_id.rpartition("/")[2]
            check_fingerprint(fingerprint, key, f"fingerprint of {owner}", f"its key_file{_in(profile.key_file)}")
        return _Loaded(stamps, (self._path, *files), key_id, key, pem, expires_at, profile.region)


def _in(path: str) -> str:
    shown = shown_path(path)
    return f" {shown}" if shown else ""


def _identity(profile: Profile, owner: str) -> tuple[str, float | None]:
    if profile.token_file is None:
        assert profile.key_id is not None
        return profile.key_id, None
    name = f"security_token_file of {owner}"
    token = header_safe(read_file(profile.token_file, name), f"the token in {name}")
    if '"' in token:
        raise SettingsError(f"the token in {name} holds a quotation mark", hint="get a new one")
    return f"ST${token}", jwt_expiry(token)
