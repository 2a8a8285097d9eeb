"""Looking at the targets of a wait: each look reads all of them, and equal reads of several waits are one request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import anyio

from pulumi_nbcloud.errors import NbcloudError, NotFoundError
from pulumi_nbcloud.exchange import last_request_id
from pulumi_nbcloud.fields import State
from pulumi_nbcloud.waiting.clock import Clock


@dataclass(frozen=True)
class Target:
    """One thing that a wait looks at.

    Args:
        name: what conditions call it.
        token: its kind.
        identity: its id, for messages.
        question: equal for reads that may share an answer.
        read: asks it once.
        select: takes this target's state out of the answer; raises NotFoundError where it holds none. By default the
            answer is the state.
        about: says in a copy of an error that it is this target's.
    """

    name: str
    token: str
    identity: str
    question: Hashable
    read: Callable[[], Awaitable[Any]] = field(repr=False, compare=False)
    select: Callable[[Any], State] = field(default=lambda answer: answer, repr=False, compare=False)
    about: Callable[[NbcloudError], NbcloudError] = field(default=lambda error: error, repr=False, compare=False)


@dataclass(frozen=True)
class Seen:
    """What one look gave for one target: a state, or an error; neither where it was not found.

    Args:
        state: None where there is none.
        error: why there is no state, NotFoundError included.
        at: when the answer came.
        request_id: the vendor's id of the request, if it is known.
    """

    state: State | None
    error: NbcloudError | None
    at: datetime
    request_id: str | None

    @property
    def failed(self) -> bool:
        """Whether the look failed: not finding a thing is an answer, not a failure."""
        return self.error is not None and not isinstance(self.error, NotFoundError)


@dataclass(frozen=True)
class _Answer:
    value: Any
    error: NbcloudError | None
    at: datetime
    request_id: str | None

    def seen_by(self, target: Target) -> Seen:
        state, error = None, self.error
        if error is None:
            try:
                state = target.select(self.value)
            except NbcloudError as raised:
                error = raised
        return Seen(state, target.about(error) if error is not None else None, self.at, self.request_id)


class _Read:
    def __init__(self, sent: float) -> None:
        self.sent = sent
        self.done = anyio.Event()
        self.answer: _Answer | None = None


class _Sleeper:
    def __init__(self, questions: frozenset[Hashable], ready: float) -> None:
        self.questions = questions
        self.ready = ready
        self.woken = anyio.Event()
        self.due: float | None = None


class SharedReads:
    """What the waits of one process share, so that equal questions cost one request.

    A look may use a read that was sent after the look was due, never one from before: what another wait learned a
    moment ago may be what this one is to wait for the end of. Waits with a question in common fall into step: when one
    looks, those that have slept at least half of their pause look too.

    Args:
        clock: passes time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._reads: dict[Hashable, _Read] = {}
        self._users: dict[Hashable, int] = {}
        self._sleepers: list[_Sleeper] = []

    def join(self, questions: frozenset[Hashable]) -> None:
        """Says that a wait will ask these questions; `leave` when it ends, so that old answers are forgotten."""
        for question in questions:
            self._users[question] = self._users.get(question, 0) + 1

    def leave(self, questions: frozenset[Hashable]) -> None:
        """Takes a `join` back."""
        for question in questions:
            self._users[question] -= 1
            if not self._users[question]:
                del self._users[question]
                self._reads.pop(question, None)

    async def sleep(self, questions: frozenset[Hashable], seconds: float, ready: float) -> float | None:
        """Waits for the next look.

        Args:
            questions: what the look will ask.
            seconds: how long to wait at most.
            ready: from when on another wait may make the look due, on the monotonic clock.

        Returns:
            When another wait with a question in common made the look due; None where the time has passed.
        """
        sleeper = _Sleeper(questions, ready)
        self._sleepers.append(sleeper)
        try:
            with anyio.move_on_after(seconds):
                await sleeper.woken.wait()
        finally:
            self._sleepers.remove(sleeper)
        return sleeper.due

    def wake(self, questions: frozenset[Hashable]) -> None:
        """Makes the looks of sleeping waits due now, where they share a question and have slept long enough."""
        now = self._clock.monotonic()
        for sleeper in self._sleepers:
            if sleeper.due is None and sleeper.ready <= now and not questions.isdisjoint(sleeper.questions):
                sleeper.due = now
                sleeper.woken.set()

    async def read(self, target: Target, due: float) -> Seen:
        """Reads one target, or takes the answer of an equal read that was sent after the look was due.

        Args:
            target: what to read.
            due: when the look was due, on the monotonic clock.

        Returns:
            What was seen; errors are part of it.
        """
        while True:
            shared = self._reads.get(target.question)
            if shared is None or (shared.sent < due and shared.done.is_set()):
                return (await self._send(target)).seen_by(target)
            # One that was sent too early is waited for as well: those that wait here then share the next one.
            await shared.done.wait()
            if shared.sent < due:
                continue
            if shared.answer is not None:
                return shared.answer.seen_by(target)
            # The wait that sent it was cancelled; ask for ourselves.
            if self._reads.get(target.question) is shared:
                del self._reads[target.question]

    async def _send(self, target: Target) -> _Answer:
        read = _Read(self._clock.monotonic())
        self._reads[target.question] = read
        last_request_id.set(None)
        try:
            value, error = await target.read(), None
        except NbcloudError as raised:
            value, error = None, raised
        finally:
            # Also where this wait is cancelled: others must not wait for it.
            read.done.set()
        request_id = error.request_id if error is not None else last_request_id.get()
        read.answer = _Answer(value, error, self._clock.now(), request_id)
        return read.answer


async def look(targets: Mapping[str, Target], shared: SharedReads, due: float) -> dict[str, Seen]:
    """Looks at all targets at once.

    Args:
        targets: by name.
        shared: the reads of this process.
        due: when the look was due, on the monotonic clock.

    Returns:
        What was seen of each, by name.
    """
    seen: dict[str, Seen] = {}
    shared.wake(frozenset(target.question for target in targets.values()))

    async def one(name: str, target: Target) -> None:
        seen[name] = await shared.read(target, due)

    async with anyio.create_task_group() as group:
        for name, target in targets.items():
            group.start_soon(one, name, target)
    return {name: seen[name] for name in targets}
