"""Polls the targets of a wait: each poll reads all of them, and equal reads of several waits are one request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import anyio

from pulumi_nbcloud.condition import Moment
from pulumi_nbcloud.errors import NbcloudError, NotFoundError, UnreachableError
from pulumi_nbcloud.kinds.fields import State
from pulumi_nbcloud.reading.sharing import RequestKey, SharedReads
from pulumi_nbcloud.waiting.schedule import JITTER


@dataclass(frozen=True)
class Target:
    """One thing that a wait polls.

    Args:
        name: what conditions call it.
        token: its kind.
        identity: its id, for messages.
        key: equal for reads that may share a response.
        read: sends it once.
        select: takes this target's state out of the response; raises NotFoundError where it holds none. By default the
            response is the state.
        about: makes a copy of an error that names this target.
    """

    name: str
    token: str
    identity: str
    key: RequestKey
    read: Callable[[], Awaitable[Any]] = field(repr=False, compare=False)
    select: Callable[[Any], State] = field(default=lambda response: response, repr=False, compare=False)
    about: Callable[[NbcloudError], NbcloudError] = field(default=lambda error: error, repr=False, compare=False)


@dataclass(frozen=True)
class Observation:
    """The result of one poll for one target: a state or an error.

    Args:
        state: None where there is none.
        error: why there is no state, NotFoundError included.
        at: when the response came.
        request_id: the vendor's id of the request, if it is known.
        sent: when the read was sent, on the monotonic clock.
        arrived: when its response was complete, on the monotonic clock.
    """

    state: State | None
    error: NbcloudError | None
    at: datetime
    request_id: str | None
    sent: float = 0.0
    arrived: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether the poll failed: not finding a thing is a result, not a failure."""
        return self.error is not None and not isinstance(self.error, NotFoundError)


def retry_after(errors: Iterable[NbcloudError]) -> float:
    """Return how long the clouds of a failed poll ask to wait, in seconds; 0 if none does."""
    return max((each.retry_after or 0.0 for each in errors if isinstance(each, UnreachableError)), default=0.0)


async def read(target: Target, shared: SharedReads, due: float) -> Observation:
    """Read one target, or take the result of an equal read that was sent after the poll was due.

    Args:
        target: what to read.
        shared: the reads of this process.
        due: when the poll was due, on the monotonic clock.

    Returns:
        The observation; errors are part of it.
    """
    result = await shared.fetch(target.key, target.read, due)
    state, error = None, result.error
    if error is None:
        try:
            state = target.select(result.value)
        except NbcloudError as raised:
            error = raised
    about = target.about(error) if error is not None else None
    return Observation(state, about, result.at, result.request_id, result.sent, result.arrived)


def joins_from(observations: Mapping[str, Observation], pause: float) -> float:
    """Return from when on a wait takes part in the polls of others, after a poll of its own.

    A bit less than half of the way from one poll to the next, both counted from when they are sent: whatever the jitter
    and however slow the responses, of two waits one then always comes late enough for the other, so they never take
    turns, which would double the requests.

    Args:
        observations: the results of the poll.
        pause: the one that follows, in seconds, before jitter.

    Returns:
        A moment on the monotonic clock, not before all responses of the poll were there.
    """
    sent = min(each.sent for each in observations.values())
    arrived = max(each.arrived for each in observations.values())
    return max(arrived, sent + (1 - JITTER) / 2 * (arrived - sent + pause))


def moment_of(observations: Mapping[str, Observation]) -> Moment:
    """Return when a poll was made, as spans count it."""
    sent = [each.sent for each in observations.values()]
    return Moment(min(sent), max(sent), max(each.arrived for each in observations.values()))


async def poll(targets: Mapping[str, Target], shared: SharedReads, due: float) -> dict[str, Observation]:
    """Poll all targets at once.

    Args:
        targets: by name.
        shared: the reads of this process.
        due: when the poll was due, on the monotonic clock.

    Returns:
        The observation of each, by name.
    """
    observations: dict[str, Observation] = {}

    async def one(name: str, target: Target) -> None:
        observations[name] = await read(target, shared, due)

    keys = [target.key for target in targets.values()]
    shared.join(keys)
    try:
        async with anyio.create_task_group() as group:
            for name, target in targets.items():
                group.start_soon(one, name, target)
    finally:
        shared.leave(keys)
    return {name: observations[name] for name in targets}
