"""Reads that several waits share: equal keys cost one request, and no poll is answered from before it was due."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from simulated import (
    DOWN,
    LOCKED,
    THING,
    Arguments,
    History,
    Thing,
    Throttled,
    kind,
    outcome_of,
    steady,
    target_of,
    wait_for,
)
from virtual_time import VirtualClock, run

from pulumi_nbcloud.errors import NotFoundError, UnreachableError
from pulumi_nbcloud.reading.sharing import RequestKey, SharedReads
from pulumi_nbcloud.waiting.cancellation import Cancellation
from pulumi_nbcloud.waiting.observation import Observation, Target, poll, read
from pulumi_nbcloud.waiting.outcome import Met, WaitError
from pulumi_nbcloud.waiting.schedule import Schedule


async def together(*works: tuple[float, Callable[[], Awaitable[object]]]) -> list[object]:
    """Starts each work at its moment; gives their results in order."""
    results: list[object] = [None] * len(works)

    async def one(position: int, at: float, work: Callable[[], Awaitable[object]]) -> None:
        await anyio.sleep(at)
        results[position] = await work()

    async with anyio.create_task_group() as group:
        for position, (at, work) in enumerate(works):
            group.start_soon(one, position, at, work)
    return results


def statuses(results: list[object]) -> list[str | None]:
    return [each.state.status for each in results if isinstance(each, Observation) and isinstance(each.state, Thing)]


# One read each second, answered 10 s later with the moment it was sent.
def ticking(latency: float = 10.0) -> History:
    return History([(second, f"sent {second}") for second in range(100)], latency)


@pytest.mark.parametrize(
    ("due", "sent", "got"),
    [
        # In flight and sent after the poll was due: used.
        ([0, 0], [0], ["sent 0", "sent 0"]),
        # In flight but sent before: waited for, then asked again.
        ([0, 4], [0, 10], ["sent 0", "sent 10"]),
        # Those that wait for the early one share the next.
        ([0, 4, 5, 6], [0, 10], ["sent 0", "sent 10", "sent 10", "sent 10"]),
        # One that comes while the next is in flight needs the one after it.
        ([0, 4, 12], [0, 10, 20], ["sent 0", "sent 10", "sent 20"]),
        # An answer that is there already was sent before.
        ([0, 30], [0, 30], ["sent 0", "sent 30"]),
    ],
    ids=["at once", "one early", "three early", "after the second", "answered before"],
)
def test_a_look_uses_only_reads_that_were_sent_after_it_was_due(
    due: list[float], sent: list[float], got: list[str]
) -> None:
    history = ticking()

    async def simulate() -> list[object]:
        shared, target = SharedReads(VirtualClock()), target_of(history)
        return await together(*((at, lambda at=at: read(target, shared, at)) for at in due))

    assert statuses(run(simulate)) == got
    assert history.times == sent


def test_an_answer_that_was_asked_for_after_the_look_was_due_is_used_even_where_it_is_there_already() -> None:
    history = ticking(0)

    async def simulate() -> Observation:
        shared, target = SharedReads(VirtualClock()), target_of(history)
        shared.join({target.key})
        await anyio.sleep(7)
        await read(target, shared, 7)
        await anyio.sleep(1)
        return await read(target, shared, 6)

    assert statuses([run(simulate)]) == ["sent 7"]
    assert history.times == [7]


def test_two_targets_of_one_look_that_are_one_question_cost_one_read() -> None:
    history = ticking()

    async def simulate() -> dict[str, Observation]:
        targets = {name: target_of(history, name) for name in "ab"}
        return await poll(targets, SharedReads(VirtualClock()), 0)

    seen = run(simulate)
    assert list(seen) == ["a", "b"]
    assert seen["a"].state is seen["b"].state
    assert history.times == [0]


def test_forty_waits_on_one_question_cost_one_read_a_tick() -> None:
    history = History([(0, "PENDING"), (61, "READY")], latency=0.2)
    jitters = [step / 40 for step in range(40)]

    async def simulate() -> list[object]:
        shared = SharedReads(VirtualClock())

        def wait(jitter: float) -> Callable[[], Awaitable[object]]:
            return lambda: outcome_of(wait_for(history, shared=shared, schedule=jittered(jitter)))

        return await together(*((0, wait(jitter)) for jitter in jitters))

    results = run(simulate)
    assert all(isinstance(result, Met) for result in results)
    # As many as the one with the shortest pauses would make alone.
    alone = History(history.steps, latency=0.2)
    run(lambda: outcome_of(wait_for(alone, schedule=jittered(0.0))))
    assert history.times == alone.times
    assert len(history.times) == 7
    assert {result.progress.polls for result in results if isinstance(result, Met)} == {7}


def jittered(value: float) -> Schedule:
    return Schedule(random=lambda: value)


def test_forty_waits_that_start_one_by_one_fall_into_step() -> None:
    history = History([(0, "PENDING"), (200, "READY")], latency=0.2)

    async def simulate() -> list[object]:
        shared = SharedReads(VirtualClock())
        waits = (
            (number / 10, lambda: outcome_of(wait_for(history, shared=shared, schedule=steady(20))))
            for number in range(40)
        )
        return await together(*waits)

    assert all(isinstance(result, Met) for result in run(simulate))
    # Each starts with a poll of its own, in the first 4 s; from then on all poll when the first one does.
    assert [at for at in history.times if at > 4] == pytest.approx([20.2 * tick for tick in range(1, 11)])


def test_different_questions_are_not_shared() -> None:
    histories = [History([(0, "PENDING"), (20, "READY")]) for _ in range(3)]

    async def simulate() -> list[object]:
        shared = SharedReads(VirtualClock())

        def wait(history: History) -> Callable[[], Awaitable[object]]:
            return lambda: outcome_of(wait_for(history, shared=shared, schedule=steady(20)))

        return await together(*((0, wait(each)) for each in histories))

    run(simulate)
    assert [history.times for history in histories] == [[0, 20]] * 3


def test_a_look_at_another_question_wakes_nobody() -> None:
    histories = [History([(0, "PENDING")]) for _ in range(2)]

    async def simulate() -> None:
        shared = SharedReads(VirtualClock())

        def wait(history: History) -> Callable[[], Awaitable[object]]:
            return lambda: outcome_of(wait_for(history, shared=shared, schedule=steady(20)))

        with anyio.move_on_after(45):
            await together((0, wait(histories[0])), (12, wait(histories[1])))

    run(simulate)
    assert [history.times for history in histories] == [[0, 20, 40], [12, 32]]


def test_a_question_is_the_kind_and_the_arguments_without_the_profiles_name() -> None:
    key = THING.request_key_of(Arguments("a", "one"))
    assert key == THING.request_key_of(Arguments("a", "two"))
    assert key != THING.request_key_of(Arguments("b", "one"))
    assert key != kind(token="sim:Other").request_key_of(Arguments("a", "one"))


async def _read_all(account: Any, arguments: Any) -> dict[str, str]:
    account.reads += 1
    return {"a": "READY", "b": "PENDING"}


def _pick(account: Any, answer: dict[str, str], arguments: Arguments) -> Thing:
    if arguments.thing_id not in answer:
        raise NotFoundError("it is not in the list")
    return Thing(thing_id=arguments.thing_id, status=answer[arguments.thing_id])


def test_one_answer_serves_several_targets_and_each_error_says_whose_it_is() -> None:
    listed = kind(read=_read_all, pick=_pick, request_key=lambda arguments: "sim:all")
    account = SimpleNamespace(reads=0)

    def target(name: str) -> Target:
        arguments = Arguments(name)
        return Target(
            name,
            listed.token,
            name,
            RequestKey("account", listed.request_key_of(arguments)),
            lambda: listed.read(account, arguments),
            lambda answer: listed.select(account, answer, arguments),
            lambda error: listed.about(error, arguments),
        )

    async def simulate() -> dict[str, Observation]:
        return await poll({name: target(name) for name in ("a", "b", "c", "d")}, SharedReads(VirtualClock()), 0.0)

    seen = run(simulate)
    assert account.reads == 1
    assert statuses([seen["a"], seen["b"]]) == ["READY", "PENDING"]
    assert [str(seen[name].error) for name in ("c", "d")] == [
        "sim:Thing c: it is not in the list",
        "sim:Thing d: it is not in the list",
    ]


@pytest.mark.parametrize(
    ("second_starts", "times"),
    [
        # When the second starts, the first has slept 45 % of its 20 s: it polls too, and both go on together.
        (9.0, [0, 9, 29, 49]),
        # Less than that: it does not. But when it polls again, the second has slept long enough.
        (8.9, [0, 8.9, 20, 40]),
    ],
)
def test_a_wait_falls_into_step_with_another_after_almost_half_of_its_pause(
    second_starts: float, times: list[float]
) -> None:
    history = History([(0, "PENDING")])

    async def simulate() -> None:
        shared = SharedReads(VirtualClock())

        async def one() -> object:
            return await outcome_of(wait_for(history, shared=shared, schedule=steady(20)))

        with anyio.move_on_after(59):
            await together((0, one), (second_starts, one))

    run(simulate)
    assert history.times == times


def test_a_slow_wait_is_not_made_to_look_as_often_as_a_quick_one() -> None:
    history = History([(0, "PENDING")])

    async def simulate() -> int:
        shared = SharedReads(VirtualClock())
        slow = wait_for(history, shared=shared, schedule=steady(30))
        quick = wait_for(history, shared=shared, schedule=steady(5))
        with anyio.move_on_after(91):
            await together((0, lambda: outcome_of(slow)), (0, lambda: outcome_of(quick)))
        assert quick.progress.polls == 19
        return slow.progress.polls

    # After 15 s it takes part in the quick one's next poll: one in three.
    assert run(simulate) == 7


def test_a_wait_that_was_told_to_wait_does_not_fall_into_step_before_that() -> None:
    """It shares a question with one that polls every second, and has another of its own that asks for a pause."""
    common, own = History([(0, "PENDING")]), History([(0, Throttled(60)), (50, "READY")])

    async def simulate() -> None:
        shared = SharedReads(VirtualClock())

        async def often() -> object:
            return await outcome_of(wait_for(common, shared=shared, schedule=steady(1)))

        async def told() -> object:
            return await outcome_of(wait_for({"a": common, "b": own}, shared=shared))

        with anyio.move_on_after(70):
            await together((0, often), (0.5, told))

    run(simulate)
    assert own.times[0] == 0.5
    assert own.times[1] >= 60.5


def test_a_gate_released_by_another_is_not_answered_from_before() -> None:
    """While one gate's read is on its way, another gate opens and its dependant starts the job again.

    A gate that is created after that must not hear from the read in flight that the old job has finished.
    """
    job = History([(0, "READY"), (5, "PENDING"), (40, "READY")], latency=8.0)

    async def simulate() -> list[object]:
        shared = SharedReads(VirtualClock())

        def gate() -> Awaitable[object]:
            return outcome_of(wait_for(job, shared=shared))

        return await together((0, gate), (5.1, gate))

    first, second = run(simulate)
    assert isinstance(first, Met)
    assert isinstance(second, Met)
    assert first.elapsed == 8
    assert job.times[0] == 0
    # The second asks once the first answer is there, and is released by what was so after it began.
    assert job.times[1] == 8
    assert 5.1 + second.elapsed >= 40 + 8


@pytest.mark.parametrize("sender_due", [0, 2], ids=["sent late enough for the other", "sent too early for the other"])
def test_a_sender_that_is_cancelled_does_not_hang_the_others(sender_due: float) -> None:
    history = ticking()

    async def simulate() -> list[object]:
        shared, target = SharedReads(VirtualClock()), target_of(history)

        async def sender() -> object:
            with anyio.move_on_after(4):
                return await read(target, shared, 0)
            return "cancelled"

        return await together(
            (0, sender), (1, lambda: read(target, shared, sender_due)), (1, lambda: read(target, shared, sender_due))
        )

    results = run(simulate)
    assert results[0] == "cancelled"
    assert statuses(results) == ["sent 4", "sent 4"]
    assert history.times == [0, 4]


def test_a_wait_that_is_cancelled_in_mid_read_leaves_the_others_waiting() -> None:
    history = History([(0, "READY")], latency=10.0)

    async def simulate() -> list[object]:
        shared, ended = SharedReads(VirtualClock()), Cancellation()

        async def cancel() -> None:
            ended.cancel()

        return await together(
            (0, lambda: outcome_of(wait_for(history, shared=shared, cancellation=ended))),
            (0, lambda: outcome_of(wait_for(history, shared=shared))),
            (4, cancel),
        )

    cancelled, other, _ = run(simulate)
    assert isinstance(cancelled, WaitError)
    assert isinstance(other, Met)
    assert other.elapsed == 14


def test_an_error_is_shared_like_a_state() -> None:
    history = History([(0, DOWN)], latency=10.0)

    async def simulate() -> list[object]:
        shared, target = SharedReads(VirtualClock()), target_of(history)
        return await together((0, lambda: read(target, shared, 0)), (3, lambda: read(target, shared, 0)))

    first, second = run(simulate)
    assert isinstance(first, Observation)
    assert isinstance(second, Observation)
    assert first.error is second.error is not None
    assert isinstance(first.error, UnreachableError)
    assert (first.failed, first.request_id) == (True, "req-503")
    assert history.times == [0]


def test_refused_credentials_end_all_waits_by_one_read() -> None:
    history = History([(0, "PENDING"), (10, LOCKED)])

    async def simulate() -> list[object]:
        shared = SharedReads(VirtualClock())
        return await together(*((0, lambda: outcome_of(wait_for(history, shared=shared))) for _ in range(5)))

    assert [getattr(each, "status", None) for each in run(simulate)] == [401] * 5
    assert history.times == [0, 5, 12.5]


def test_each_answer_carries_its_own_request_id_and_moment() -> None:
    history = ticking(2)

    async def simulate() -> list[object]:
        shared, target = SharedReads(VirtualClock()), target_of(history)
        return await together((0, lambda: read(target, shared, 0)), (5, lambda: read(target, shared, 5)))

    seen = [each for each in run(simulate) if isinstance(each, Observation)]
    assert [each.request_id for each in seen] == ["req-1", "req-2"]
    assert [f"{each.at:%S}" for each in seen] == ["02", "07"]


def test_an_answer_without_a_request_id_does_not_take_that_of_the_one_before() -> None:
    async def simulate() -> list[str | None]:
        shared = SharedReads(VirtualClock())
        histories = [History([(0, "READY")]), History([(0, "READY")], request_ids=None)]
        return [(await read(target_of(history), shared, 0)).request_id for history in histories]

    assert run(simulate) == ["req-1", None]


def test_an_answer_is_forgotten_when_the_last_wait_that_asks_for_it_leaves() -> None:
    history = ticking(0)

    async def simulate() -> list[list[float]]:
        shared, target = SharedReads(VirtualClock()), target_of(history)
        keys = frozenset({target.key})
        times = []
        shared.join(keys)
        shared.join(keys)
        for leaves in (False, True, True):
            if leaves:
                shared.leave(keys)
            await read(target, shared, 0)
            times.append(history.times)
            await anyio.sleep(1)
        return times

    assert run(simulate) == [[0], [0], [0, 2]]


def test_a_wait_leaves_nothing_behind_however_it_ends() -> None:
    async def simulate() -> None:
        shared = SharedReads(VirtualClock())
        for steps in ([(0, "READY")], [(0, "FAILED")], [(0, DOWN)], [(0, LOCKED)]):
            await outcome_of(wait_for(History(steps), shared=shared))
        assert [shared._reads, shared._users, shared._sleepers, shared._holds] == [{}, {}, {}, {}]

    run(simulate)
