"""An event loop whose clock jumps to the next timer once nothing else is to do: waits of hours take milliseconds."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta, timezone
from typing import Any, TypeVar

import anyio

from pulumi_nbcloud.clock import Clock

T = TypeVar("T")
START = datetime(2026, 1, 31, 9, 0, tzinfo=timezone.utc)
MAX_TURNS = 200_000


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop
        self._turns = 0

    def select(self, timeout: float | None = None) -> Any:
        assert timeout is not None, "everything waits and no timer is set: this would hang"
        self._turns += 1
        assert self._turns < MAX_TURNS, "this never ends"
        ready = super().select(0)
        if not ready and timeout > 0:
            self._loop.elapsed += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self, start: float = 0.0) -> None:
        self.elapsed = start
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        return self.elapsed


class VirtualClock(Clock):
    """The time of day follows the loop's clock, from which it may be so many seconds away."""

    def __init__(self, shift: float = 0.0) -> None:
        self.shift = shift

    def now(self) -> datetime:
        return START + timedelta(seconds=anyio.current_time() + self.shift)


def run(work: Callable[[], Awaitable[T]], start: float = 0.0) -> T:
    """Runs work on a loop of its own, whose clock begins anywhere, as those of processes do."""
    return anyio.run(work, backend="asyncio", backend_options={"loop_factory": lambda: VirtualLoop(start)})
