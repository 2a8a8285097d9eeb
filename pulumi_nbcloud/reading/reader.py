"""Reads things by kind: finds the settings, keeps the accounts of a process, and asks."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import anyio

from pulumi_nbcloud.errors import NbcloudError
from pulumi_nbcloud.http.messages import last_request_id
from pulumi_nbcloud.reading import portal
from pulumi_nbcloud.settings.resolve import resolve
from pulumi_nbcloud.settings.sources import ConfigReader

if TYPE_CHECKING:
    from pulumi_nbcloud.clouds.account import Account, CredentialState
    from pulumi_nbcloud.http.client import Client
    from pulumi_nbcloud.kinds.kind import Kind
    from pulumi_nbcloud.reading.sharing import RequestKey, SharedReads

Override = Callable[[Any], Any]
"""Stands for a read in a user's unit tests: given the arguments, gives the state."""

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


class Reader:
    """Reads with the accounts of one process. It belongs to the event loop that first uses it.

    Args:
        environment: the process's variables; polled again for every read, so that a rotated secret is seen.
        client: sends the requests; made on first use if not given.
    """

    def __init__(self, environment: Mapping[str, str] | None = None, client: Client | None = None) -> None:
        self._environment = os.environ if environment is None else environment
        self._client = client
        self._accounts: dict[tuple[str, frozenset[tuple[str, str]]], Account] = {}
        self._standings: dict[tuple[str, frozenset[tuple[str, str]]], CredentialState] = {}
        self._shared: SharedReads | None = None

    @property
    def shared(self) -> SharedReads:
        """What the waits and lookups of this reader share."""
        if self._shared is None:
            from pulumi_nbcloud.clock import Clock
            from pulumi_nbcloud.reading.sharing import SharedReads

            self._shared = SharedReads(Clock())
        return self._shared

    async def read(self, kind: Kind[Any, Any, Any], arguments: Any, config: ConfigReader) -> Any:
        """Read one thing; equal questions that are asked meanwhile share a request.

        Args:
            kind: what to read.
            arguments: which one, as `kind.parse` gives them.
            config: reads Pulumi config.

        Returns:
            The state.

        Raises:
            NbcloudError: see `errors`.
        """
        due = anyio.current_time()
        account = self.account(kind, arguments.profile, config)
        answer = await self.shared.ask(_question(kind, account, arguments), lambda: _ask(kind, account, arguments), due)
        # Also where another asked: messages of this one name the request.
        last_request_id.set(answer.request_id)
        try:
            if answer.error is not None:
                raise answer.error
            return kind.select(account, answer.value[1], arguments)
        except NbcloudError as error:
            # Of a shared error everybody raises a copy of their own.
            raise kind.about(error, arguments) from None

    def question(self, kind: Kind[Any, Any, Any], arguments: Any, config: ConfigReader) -> RequestKey:
        """Return what makes two reads equal, of waits and lookups alike: who is asked now, and what."""
        return _question(kind, self.account(kind, arguments.profile, config), arguments)

    async def ask(self, kind: Kind[Any, Any, Any], arguments: Any, config: ConfigReader) -> tuple[Account, Any]:
        """Ask the cloud once; return the account and the answer that `kind.select` takes.

        The account is found again each time: a rotated secret is another one.
        """
        return await _ask(kind, self.account(kind, arguments.profile, config), arguments)

    def account(self, kind: Kind[Any, Any, Any], profile: str | None, config: ConfigReader) -> Account:
        """Return the account of a cloud and profile: the same one as long as the settings found are the same.

        Args:
            kind: a kind of that cloud.
            profile: a named profile, None for the default.
            config: reads Pulumi config.

        Returns:
            The account, with what it remembers: its budget of retries, and whether its credentials were refused.

        Raises:
            SettingsError: see `settings.resolve`.
        """
        try:
            return self._account(kind, profile, config)
        except NbcloudError as error:
            # Without the frames below, whose local variables hold credentials: some tools print them.
            raise error.with_traceback(None) from None

    def _account(self, kind: Kind[Any, Any, Any], profile: str | None, config: ConfigReader) -> Account:
        from pulumi_nbcloud.clouds.account import CredentialState

        settings = resolve(kind.account.schema, profile, config, dict(self._environment))
        # By value: two profiles with the same credentials are one account, and must not try a bad key twice.
        key = (kind.cloud, frozenset(settings.values.items()))
        if key not in self._accounts:
            if self._client is None:
                from pulumi_nbcloud.http.client import Client

                self._client = Client()
            standing = self._standings.setdefault((kind.cloud, settings.credentials), CredentialState())
            self._accounts[key] = kind.account(settings, self._client, standing)
        return self._accounts[key]

    async def aclose(self) -> None:
        """Close the connections; a later read opens new ones."""
        if self._client is not None:
            await self._client.aclose()


def _question(kind: Kind[Any, Any, Any], account: Account, arguments: Any) -> RequestKey:
    from pulumi_nbcloud.reading.sharing import RequestKey

    return RequestKey(id(account), kind.question(arguments))


async def _ask(kind: Kind[Any, Any, Any], account: Account, arguments: Any) -> tuple[Account, Any]:
    try:
        return account, await kind.read(account, arguments)
    except NbcloudError as error:
        # What a kind says of a response may quote it, too.
        account.redactor.error(error)
        raise


_process_reader: Reader | None = None


def process_reader() -> Reader:
    """Return the one reader of this process, used on the background loop of `portal`."""
    global _process_reader
    with _lock:
        if _process_reader is None:
            _process_reader = Reader()
            portal.at_close(_process_reader.aclose)
        return _process_reader
