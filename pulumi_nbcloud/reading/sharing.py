"""Shared reads of the waits and lookups of one process: equal reads of one account cost one request.

A read may be shared by those that were due before it was sent, and never by later ones: a response from before may show
exactly the state whose end a later poll waits for. Only a record that depends on nothing may take a recent response.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import anyio

from pulumi_nbcloud.clock import Clock
from pulumi_nbcloud.errors import BadResponseError, NbcloudError, UnreachableError
from pulumi_nbcloud.http.messages import last_request_id

MAX_HOLD_SECONDS = 60.0


class RequestKey(NamedTuple):
    """Identifies a read; equal for reads that may share a response.

    Args:
        account: which is read.
        request: everything that the response depends on besides the account.
    """

    account: Hashable
    request: Hashable


@dataclass(frozen=True)
class ReadResult:
    """The result of one read.

    Args:
        value: None if there is an error.
        error: None if there is a value.
        sent: when the read was sent, on the monotonic clock; of one that takes several requests the first.
        arrived: when its response was complete, on the monotonic clock.
        at: the same as a time of day.
        request_id: the vendor's id of the request, if it is known.
    """

    value: Any
    error: NbcloudError | None
    sent: float
    arrived: float
    at: datetime
    request_id: str | None


class _Read:
    def __init__(self, sent: float) -> None:
        self.sent = sent
        self.done = anyio.Event()
        self.result: ReadResult | None = None


class _Sleeper:
    def __init__(self, keys: frozenset[RequestKey], ready: float) -> None:
        self.keys = keys
        self.ready = ready
        self.woken = anyio.Event()
        self.due: float | None = None


class SharedReads:
    """The shared reads of the waits and lookups of one process; it belongs to one event loop.

    Waits with a request key in common fall into step: when one sends a read, others poll too if their last poll is long
    enough ago. If a cloud asks one wait for a pause, the others of its account are held back as well.

    Args:
        clock: passes time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._reads: dict[RequestKey, _Read] = {}
        self._users: dict[RequestKey, int] = {}
        self._sleepers: dict[RequestKey, list[_Sleeper]] = {}
        self._holds: dict[Hashable, float] = {}

    def join(self, keys: Iterable[RequestKey]) -> None:
        """Register a reader of these keys; call `leave` afterwards, so that old responses are forgotten."""
        for key in keys:
            self._users[key] = self._users.get(key, 0) + 1

    def leave(self, keys: Iterable[RequestKey]) -> None:
        """Undo a `join`."""
        for key in keys:
            self._users[key] -= 1
            if self._users[key]:
                continue
            del self._users[key]
            self._reads.pop(key, None)
            # A hold is for those that go on reading: it must not affect a wait of tomorrow.
            if key.account in self._holds and all(each.account != key.account for each in self._users):
                del self._holds[key.account]

    def keep(self, key: RequestKey, seconds: float) -> None:
        """Keep the response of a key a little longer than it has readers, for those that take a recent one."""
        self.join((key,))
        asyncio.get_running_loop().call_later(seconds, self.leave, (key,))

    def has(self, key: RequestKey, due: float) -> bool:
        """Return whether a read that was sent since then exists or is under way, so that `fetch` would send none."""
        found = self._reads.get(key)
        return found is not None and found.sent >= due

    async def fetch(self, key: RequestKey, read: Callable[[], Awaitable[Any]], due: float) -> ReadResult:
        """Read once, or take the response of an equal read that was sent after this one was due.

        Args:
            key: identifies the read.
            read: reads it once.
            due: from when on a read may have been sent, on the monotonic clock.

        Returns:
            The result; errors of the tree in `errors` are part of it.
        """
        self.join((key,))
        try:
            while True:
                shared = self._reads.get(key)
                if shared is None or (shared.sent < due and shared.done.is_set()):
                    return await self._send(key, read)
                # One that was sent too early is waited for as well: those that wait here then share the next one.
                await shared.done.wait()
                if shared.sent < due:
                    continue
                if shared.result is not None:
                    return shared.result
                # The sender was cancelled; send it again.
                if self._reads.get(key) is shared:
                    del self._reads[key]
        finally:
            self.leave((key,))

    async def _send(self, key: RequestKey, read: Callable[[], Awaitable[Any]]) -> ReadResult:
        ours = self._reads[key] = _Read(self._clock.monotonic())
        self._wake(key, ours.sent)
        last_request_id.set(None)
        try:
            value, error = await read(), None
        except NbcloudError as raised:
            value, error = None, raised
        finally:
            # Also if this one is cancelled: others must not wait for it.
            ours.done.set()
        request_id = error.request_id if error is not None else last_request_id.get()
        arrived = self._clock.monotonic()
        ours.result = ReadResult(value, error, ours.sent, arrived, self._clock.now(), request_id)
        self._hold_or_release(key.account, error)
        return ours.result

    def held_until(self, keys: Iterable[RequestKey]) -> float:
        """Return until when the cloud asked for a pause, on the monotonic clock; 0 if it did not.

        A pause is 60 s at most, ends with the next response, and is known only while somebody reads that account.
        """
        return max((self._holds.get(each.account, 0.0) for each in keys), default=0.0)

    def _hold_or_release(self, account: Hashable, error: NbcloudError | None) -> None:
        """Hold the waits of an account back if the cloud asks for it, and release them when it responds again."""
        if isinstance(error, UnreachableError):
            if error.retry_after is not None:
                self._holds[account] = self._clock.monotonic() + min(error.retry_after, MAX_HOLD_SECONDS)
        elif not isinstance(error, BadResponseError) and self._holds.pop(account, None) is not None:
            for key, sleepers in self._sleepers.items():
                if key.account == account:
                    for sleeper in sleepers:
                        sleeper.woken.set()

    async def sleep(self, keys: frozenset[RequestKey], seconds: float, ready: float) -> float | None:
        """Wait for the next poll.

        Args:
            keys: what the poll will read.
            seconds: how long to wait at most.
            ready: from when on the read of another may make the poll due, on the monotonic clock.

        Returns:
            When a read of one of these keys made the poll due: the moment when it was sent. None if the time has
            passed, or if a hold has ended.
        """
        sleeper = _Sleeper(keys, ready)
        for key in keys:
            # One that was sent since then, while the last poll was evaluated, is as good.
            found = self._reads.get(key)
            if found is not None:
                self._offer(sleeper, found.sent)
        if sleeper.due is not None:
            return sleeper.due
        for key in keys:
            self._sleepers.setdefault(key, []).append(sleeper)
        try:
            with anyio.move_on_after(seconds):
                await sleeper.woken.wait()
        finally:
            for key in keys:
                self._sleepers[key].remove(sleeper)
                if not self._sleepers[key]:
                    del self._sleepers[key]
        return sleeper.due

    def _wake(self, key: RequestKey, sent: float) -> None:
        for sleeper in self._sleepers.get(key, ()):
            self._offer(sleeper, sent)

    def _offer(self, sleeper: _Sleeper, sent: float) -> None:
        """Make a poll due at the moment that a read was sent, unless that is too soon after the poll before."""
        if sent < max(sleeper.ready, self.held_until(sleeper.keys)):
            return
        sleeper.due = sent if sleeper.due is None else min(sleeper.due, sent)
        sleeper.woken.set()
