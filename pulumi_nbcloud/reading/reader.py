"""Reads things by kind: resolves the settings, keeps the accounts of a process, and sends the reads."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import WeakKeyDictionary

import anyio

from pulumi_nbcloud.errors import NbcloudError
from pulumi_nbcloud.http.messages import last_request_id
from pulumi_nbcloud.reading import portal
from pulumi_nbcloud.reading.recent import Recent
from pulumi_nbcloud.settings.resolve import resolve
from pulumi_nbcloud.settings.sources import ConfigReader

if TYPE_CHECKING:
    from pulumi_nbcloud.clouds.account import Account, CredentialState
    from pulumi_nbcloud.http.client import Client
    from pulumi_nbcloud.kinds.kind import Kind
    from pulumi_nbcloud.reading.sharing import RequestKey, SharedReads
    from pulumi_nbcloud.settings.schema import Settings

Override = Callable[[Any], Any]
"""Replaces a read in a user's unit tests: takes the arguments and returns the state."""

KEPT_ACCOUNTS = 512
KEPT_STATES = 4096
"""More of these than accounts: once a rejection is forgotten, a bad key is tried once more."""
KEPT_SECONDS = 1.0  # a response, after the last read that takes a recent one

_overrides: dict[str, Override] = {}
_lock = threading.Lock()


def overrides() -> Mapping[str, Override]:
    """Return the overridden reads of this process, by kind; see `testing.override`."""
    with _lock:
        return dict(_overrides)


def set_override(token: str, override: Override | None) -> Override | None:
    """Replace the override of a kind, None to remove it; return the one before."""
    with _lock:
        before = _overrides.pop(token, None)
        if override is not None:
            _overrides[token] = override
        return before


_Settings: TypeAlias = "tuple[str, frozenset[tuple[str, str]]]"


class Reader:
    """Reads with the accounts of one program. It belongs to the event loop that first uses it.

    Args:
        environment: the process's variables; evaluated for every read, so that a rotated secret counts.
        client: sends the requests; made on first use if not given.
        make_client: makes it then; a client of this reader alone if not given.
        retry_rejected_seconds: after how long one request tries rejected credentials again though their source is the
            same; never if not given.
    """

    def __init__(
        self,
        environment: Mapping[str, str] | None = None,
        client: Client | None = None,
        make_client: Callable[[], Client] | None = None,
        retry_rejected_seconds: float | None = None,
    ) -> None:
        self._retry_rejected_seconds = retry_rejected_seconds
        self._environment = os.environ if environment is None else environment
        self._client = client
        self._make_client = make_client or _new_client
        self._accounts: Recent[_Settings, Account] = Recent(KEPT_ACCOUNTS)
        self._states: Recent[_Settings, CredentialState] = Recent(KEPT_STATES)
        self._shared: SharedReads | None = None

    @property
    def shared(self) -> SharedReads:
        """The shared reads of the waits and lookups of this reader."""
        if self._shared is None:
            from pulumi_nbcloud.clock import Clock
            from pulumi_nbcloud.reading.sharing import SharedReads

            self._shared = SharedReads(Clock())
        return self._shared

    async def read(
        self, kind: Kind[Any, Any, Any], arguments: Any, config: ConfigReader, *, recent: float = 0.0
    ) -> Any:
        """Read one thing; equal reads at the same time share a request.

        Args:
            kind: what to read.
            arguments: which one, as `kind.parse` returns them.
            config: reads Pulumi config.
            recent: how old a response may be that this read takes, in seconds; an old error is never taken.

        Returns:
            The state.

        Raises:
            NbcloudError: see `errors`.
        """
        due = anyio.current_time()
        account = self.account(kind, arguments.profile, config)
        key = _key(kind, account, arguments)
        if recent:
            self.shared.keep(key, KEPT_SECONDS)
        result = await self.shared.fetch(key, lambda: _fetch(kind, account, arguments), due - recent)
        if result.error is not None and result.sent < due:
            result = await self.shared.fetch(key, lambda: _fetch(kind, account, arguments), due)
        # Also if another read sent it: messages of this one name the request.
        last_request_id.set(result.request_id)
        try:
            if result.error is not None:
                raise result.error
            return kind.select(account, result.value[1], arguments)
        except NbcloudError as error:
            # Every reader raises its own copy of a shared error.
            raise kind.about(error, arguments) from None

    def key(self, kind: Kind[Any, Any, Any], arguments: Any, config: ConfigReader) -> RequestKey:
        """Return the key by which two reads are equal, for waits and lookups alike: which account, and which data."""
        return _key(kind, self.account(kind, arguments.profile, config), arguments)

    async def fetch(self, kind: Kind[Any, Any, Any], arguments: Any, config: ConfigReader) -> tuple[Account, Any]:
        """Read once; return the account and the response that `kind.select` takes.

        The account is resolved each time: with a rotated secret it is another one.
        """
        return await _fetch(kind, self.account(kind, arguments.profile, config), arguments)

    def account(self, kind: Kind[Any, Any, Any], profile: str | None, config: ConfigReader) -> Account:
        """Return the account of a cloud and profile: the same one as long as its settings are the same.

        Args:
            kind: a kind of that cloud.
            profile: a named profile, None for the default.
            config: reads Pulumi config.

        Returns:
            The account, with its memory: its budget of retries, and whether its credentials were rejected.

        Raises:
            SettingsError: see `settings.resolve`.
        """
        try:
            return self._account(kind, profile, config)
        except NbcloudError as error:
            # Without the frames below, whose local variables hold credentials: some tools print them.
            raise error.with_traceback(None) from None

    def _account(self, kind: Kind[Any, Any, Any], profile: str | None, config: ConfigReader) -> Account:
        settings = resolve(kind.account.schema, profile, config, dict(self._environment))
        # By value: two profiles with the same credentials are one account, and must not try a bad key twice.
        return self._accounts.get((kind.cloud, frozenset(settings.values.items())), lambda: self._make(kind, settings))

    def _make(self, kind: Kind[Any, Any, Any], settings: Settings) -> Account:
        from pulumi_nbcloud.clouds.account import CredentialState

        if self._client is None:
            self._client = self._make_client()
        state = self._states.get(
            (kind.cloud, settings.credentials), lambda: CredentialState(self._retry_rejected_seconds)
        )
        account: Account = kind.account(settings, self._client, state)
        return account

    async def aclose(self) -> None:
        """Close the connections; a later read opens new ones."""
        if self._client is not None:
            await self._client.aclose()


def _key(kind: Kind[Any, Any, Any], account: Account, arguments: Any) -> RequestKey:
    from pulumi_nbcloud.reading.sharing import RequestKey

    # The account itself: a wait keeps it alive, so that its tokens exist for the next poll.
    return RequestKey(account, kind.request_key_of(arguments))


async def _fetch(kind: Kind[Any, Any, Any], account: Account, arguments: Any) -> tuple[Account, Any]:
    try:
        return account, await kind.read(account, arguments)
    except NbcloudError as error:
        # The error of a kind may quote the response, too.
        account.redactor.error(error)
        raise


def _new_client() -> Client:
    from pulumi_nbcloud.http.client import Client

    return Client()


class _Process:
    """Represents a process that runs no Pulumi program of its own."""


_PROCESS = _Process()
_readers: WeakKeyDictionary[object, Reader] = WeakKeyDictionary()
_client: Client | None = None


def process_reader(program: object | None = None) -> Reader:
    """Return the reader of a program, used on the background loop of `portal`; all of them share their connections.

    The memory of accounts, rejections above all, belongs to one program: in a process that runs one program after the
    other, the next may try once more.

    Args:
        program: an object that exists once for each Pulumi program of this process; None if there is only one.
    """
    key = _PROCESS if program is None else program
    with _lock:
        reader = _readers.get(key)
        if reader is None:
            reader = _readers[key] = Reader(make_client=_process_client)
        return reader


def _process_client() -> Client:
    """Return the one client of this process; called on the background loop."""
    global _client
    if _client is None:
        _client = _new_client()
        portal.at_close(_client.aclose)
    return _client


def forget() -> None:
    """Forget every account of this process, and whether its credentials were rejected; reads under way go on."""
    with _lock:
        _readers.clear()


def _forget_parent() -> None:
    global _lock, _client
    _lock = threading.Lock()
    portal.keep_for_ever((list(_readers.values()), _client))
    _readers.clear()
    _client = None


portal.in_child(_forget_parent)
