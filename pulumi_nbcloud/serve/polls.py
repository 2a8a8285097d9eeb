"""The polls of checks: equal reads share a request, and none is repeated before it is old enough."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from pulumi_nbcloud.clock import Clock
from pulumi_nbcloud.reading.reader import Reader
from pulumi_nbcloud.reading.sharing import RequestKey, SharedReads
from pulumi_nbcloud.serve.gates import NamedGate
from pulumi_nbcloud.serve.metrics import Metrics
from pulumi_nbcloud.settings.sources import ConfigReader
from pulumi_nbcloud.waiting.observation import Observation, Target, poll
from pulumi_nbcloud.waiting.runner import target_of

POLL_SECONDS = 10.0
"""The maximum wait of a check for responses; a slower read continues, for later checks."""

MOST_KEPT = 4096


class HeldError(Exception):
    """A cloud requested a pause, and there is no recent enough read, so nothing was sent.

    Args:
        seconds: the rest of the pause.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


class NoResponseError(Exception):
    """The clouds did not respond in time; the read continues."""


class Polls:
    """Send the polls of checks; bound to one event loop.

    Args:
        reader: sends reads with the accounts of this process.
        config: the reader of settings.
        metrics: counts the reads.
        clock: the clock.
    """

    def __init__(self, reader: Reader, config: ConfigReader, metrics: Metrics, clock: Clock) -> None:
        self._reader = reader
        self._config = config
        self._metrics = metrics
        self._clock = clock
        self._kept = _Kept(reader.shared, clock)
        self._running: set[asyncio.Task[dict[str, Observation]]] = set()

    def targets(self, gate: NamedGate, arguments: Mapping[str, Any]) -> dict[str, Target]:
        """Make the targets of a gate.

        Args:
            gate: the gate.
            arguments: the arguments of each target from `NamedGate.fill`.

        Raises:
            SettingsError: the settings name no account; see `Reader.account`.
        """
        return {
            name: self._counted(target_of(self._reader, self._config, name, kind, arguments[name]), kind.cloud)
            for name, kind in gate.spec.kinds.items()
        }

    async def poll(self, gate: NamedGate, targets: Mapping[str, Target]) -> dict[str, Observation]:
        """Poll once, or use recent reads within the gate's maximum age.

        Args:
            gate: the gate.
            targets: the targets of the gate.

        Returns:
            The observation of each target, by name; errors are part of it.

        Raises:
            HeldError, NoResponseError: there is nothing to evaluate.
        """
        due = self._clock.monotonic() - gate.max_age
        keys = [each.key for each in targets.values()]
        held = self._reader.shared.held_until(keys) - self._clock.monotonic()
        if held > 0 and not all(self._reader.shared.has(key, due) for key in keys):
            raise HeldError(held)
        # Until that task ends, so the current reads are not dropped before it starts.
        self._reader.shared.join(keys)
        # In a separate task: a caller may give up here, and another must not send the same read again.
        task = asyncio.ensure_future(self._poll(keys, gate.max_age, targets, due))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        done, _ = await asyncio.wait({task}, timeout=POLL_SECONDS)
        if not done:
            raise NoResponseError
        return task.result()

    async def _poll(
        self, keys: list[RequestKey], max_age: float, targets: Mapping[str, Target], due: float
    ) -> dict[str, Observation]:
        shared = self._reader.shared
        try:
            return await poll(targets, shared, due)
        finally:
            # Extend from now: the read may have been sent much later than it was due. Also keep it as long as a cloud's
            # pause lasts, because the pause is dropped with the last key of its account.
            held = shared.held_until(keys) - self._clock.monotonic()
            self._kept.keep(keys, max(max_age, held))
            shared.leave(keys)

    def _counted(self, target: Target, cloud: str) -> Target:
        return replace(target, read=_counted(target.read, cloud, self._metrics, self._clock))

    async def aclose(self) -> None:
        """Cancel the reads that nobody waits for any more."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self._kept.clear()


def _counted(
    read: Callable[[], Awaitable[Any]], cloud: str, metrics: Metrics, clock: Clock
) -> Callable[[], Awaitable[Any]]:
    async def counted() -> Any:
        started = clock.monotonic()
        try:
            return await read()
        finally:
            metrics.read(cloud, clock.monotonic() - started)

    return counted


class _Kept:
    """Keep the last read of a key for as long as a check may use it.

    Args:
        shared: the reads of this process.
        clock: the clock.
    """

    def __init__(self, shared: SharedReads, clock: Clock) -> None:
        self._shared = shared
        self._clock = clock
        self._until: OrderedDict[RequestKey, float] = OrderedDict()

    def keep(self, keys: list[RequestKey], seconds: float) -> None:
        """Keep the reads of keys for this many seconds from now; 0 keeps none."""
        if seconds <= 0:
            return
        until = self._clock.monotonic() + seconds
        for key in keys:
            if key not in self._until:
                self._shared.join((key,))
                asyncio.get_running_loop().call_later(seconds, self._expire, key)
            self._until[key] = max(until, self._until.get(key, 0.0))
            self._until.move_to_end(key)
        while len(self._until) > MOST_KEPT:
            self._drop(next(iter(self._until)))

    def _expire(self, key: RequestKey) -> None:
        until = self._until.get(key)
        if until is None:
            return
        remaining = until - self._clock.monotonic()
        if remaining > 0:
            asyncio.get_running_loop().call_later(remaining, self._expire, key)
        else:
            self._drop(key)

    def _drop(self, key: RequestKey) -> None:
        del self._until[key]
        self._shared.leave((key,))

    def clear(self) -> None:
        """Drop all reads."""
        while self._until:
            self._drop(next(iter(self._until)))
