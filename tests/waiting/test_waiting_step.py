"""Waits with a request key in common fall into step, whenever they begin and however slow the answers are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import anyio
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nbcloud_support import examples
from simulated import History, Thing, outcome_of, steady, wait_for
from virtual_time import VirtualClock, run

from pulumi_nbcloud.reading.sharing import SharedReads
from pulumi_nbcloud.waiting.schedule import JITTER, Schedule

EPSILON = 0.001


class Numbered(History):
    """Each answer says which read gave it, in a field that counts as no change."""

    async def read(self) -> Thing:
        number = len(self.reads)
        await super().read()
        return Thing(status="PENDING", touched=number)


@dataclass
class Step:
    """Several waits on one thing that never gets there.

    Args:
        starts: when each begins.
        latency: of each read.
        interval: between polls; None for the pause that grows.
        jitter: taken in turn.
    """

    starts: Sequence[float]
    latency: float
    interval: float | None
    jitter: Sequence[float]
    polls: list[list[int]] = field(default_factory=list)
    """Of each wait, the reads that answered its polls."""

    def schedule(self) -> Schedule:
        position = iter(range(10**9))

        def random() -> float:
            return self.jitter[next(position) % len(self.jitter)]

        return Schedule(random=random) if self.interval is None else Schedule.fixed(self.interval, random)

    @property
    def longest(self) -> float:
        """The longest that one poll and the pause after it can take, where no read is waited for."""
        return self.schedule().longest + self.latency

    @property
    def settled(self) -> float:
        """When all have made their first polls, and pauses no longer grow."""
        return max(self.starts) + 8 * (self.longest + self.latency)

    def run(self) -> list[float]:
        """Gives when each read was sent."""
        thing = Numbered([(0, "PENDING")], self.latency)
        self.polls = [[] for _ in self.starts]

        async def simulate() -> None:
            shared = SharedReads(VirtualClock())

            async def one(number: int, start: float) -> None:
                await anyio.sleep(start)
                wait = wait_for(thing, shared=shared, schedule=self.schedule(), timeout=1e6)
                (target,) = wait._targets.values()
                object.__setattr__(target, "select", self._noting(number))
                await outcome_of(wait)

            with anyio.move_on_after(self.settled + 5 * self.longest):
                async with anyio.create_task_group() as group:
                    for number, start in enumerate(self.starts):
                        group.start_soon(one, number, start)

        run(simulate)
        return [at for at, _ in thing.reads]

    def _noting(self, number: int) -> Callable[[Thing], Thing]:
        def select(answer: Thing) -> Thing:
            assert answer.touched is not None
            self.polls[number].append(answer.touched)
            return answer

        return select


steps = st.builds(
    Step,
    st.lists(st.floats(0.0, 40.0), min_size=2, max_size=5),
    st.sampled_from([0.0, 0.2, 0.9, 3.0, 12.0]),
    st.sampled_from([None, None, 1.0, 5.0, 20.0]),
    st.lists(st.floats(0.0, 1.0, exclude_max=True), min_size=1, max_size=7),
)


@settings(max_examples=examples(60), deadline=None)
@given(steps)
# Answers that take longer than half of the pause, and longer than the pause.
@example(Step([0.0, 0.1], 0.6, 1.0, [0.5]))
@example(Step([0.0, 0.7, 1.4], 3.0, 1.0, [0.0, 0.99, 0.3]))
@example(Step([0.0, 13.0, 13.4], 0.2, None, [0.0, 0.99]))
def test_however_they_begin_waits_on_one_thing_soon_cost_one_read_a_tick(step: Step) -> None:
    sent = step.run()
    # Of the last read the answer may still be on its way.
    after = [number for number, at in enumerate(sent[:-1]) if at > step.settled]
    assert len(after) >= 3
    for polls in step.polls:
        assert [number for number in polls if number in after] == after

    least = (1 - JITTER) / 2 * (step.latency + step.schedule().start)
    for polls in step.polls:
        pauses = [sent[later] - sent[earlier] for earlier, later in pairwise(polls)]
        assert min(pauses) >= least - EPSILON
        # Before they are in step, a poll may have to wait for the end of a read that was sent too early for it.
        assert max(pauses) <= step.longest + step.latency + EPSILON
    # Afterwards none is later than its own schedule says.
    assert max(sent[number + 1] - sent[number] for number in after) <= step.longest + EPSILON


def test_a_read_that_is_sent_while_the_poll_before_is_evaluated_is_joined() -> None:
    """Evaluation takes a while, off the loop; a wait that does so must not miss what wakes the others."""
    history = History([(0, "PENDING")], latency=2.0)

    async def simulate() -> None:
        shared = SharedReads(VirtualClock())

        async def slowly(evaluation: Callable[[], object]) -> object:
            await anyio.sleep(8)
            return evaluation()

        async def one(start: float, evaluates_slowly: bool) -> None:
            await anyio.sleep(start)
            wait = wait_for(history, shared=shared, schedule=steady(10))
            if evaluates_slowly:
                wait._offload = slowly  # type: ignore[assignment]
            await outcome_of(wait)

        with anyio.move_on_after(13):
            async with anyio.create_task_group() as group:
                group.start_soon(one, 0, True)
                group.start_soon(one, 6, False)
                group.start_soon(one, 9.5, False)

    run(simulate)
    # The first has its answer at 2 and evaluates until 10. The read of 9.5 is long enough after its own of 0.
    assert history.times == [0, 6, 9.5]


@pytest.mark.parametrize("count", [2, 40])
def test_waits_on_different_things_of_one_list_are_one_question(count: int) -> None:
    history = Numbered([(0, "PENDING")], latency=0.5)

    async def simulate() -> None:
        shared = SharedReads(VirtualClock())

        async def one(start: float) -> None:
            await anyio.sleep(start)
            await outcome_of(wait_for(history, shared=shared, schedule=Schedule.fixed(10)))

        with anyio.move_on_after(200):
            async with anyio.create_task_group() as group:
                for number in range(count):
                    group.start_soon(one, number * 9 / count)

    run(simulate)
    ticks = [at for at in history.times if at > 50]
    assert len(ticks) in range(13, 18)
    assert all(later - earlier >= 9 for earlier, later in pairwise(ticks))
