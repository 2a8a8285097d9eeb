"""A cloud that asks to wait is not asked by the other waits of that account either: for a while, and not for longer."""

from __future__ import annotations

import anyio
import pytest
from simulated import ABSENT, DOWN, FORBIDDEN, THING, History, Throttled, outcome_of, steady, target_of, wait_for
from virtual_time import VirtualClock, run

from pulumi_nbcloud.errors import BadResponseError, NbcloudError, UnreachableError
from pulumi_nbcloud.reading.sharing import RequestKey, SharedReads
from pulumi_nbcloud.waiting.observation import read


def busy(seconds: float | None) -> UnreachableError:
    """A 503 with a Retry-After."""
    error = UnreachableError("the cloud cannot answer now", status=503)
    error.retry_after = seconds
    return error


BROKEN = BadResponseError("the answer is not JSON")


def looks(*waits: tuple[float, History, float, float], until: float = 100.0, apart: bool = False) -> None:
    """Runs waits on one account, each from its start with its interval and timeout; or on an account each."""

    async def simulate() -> None:
        shared = SharedReads(VirtualClock())

        async def one(start: float, history: History, interval: float, limit: float) -> None:
            await anyio.sleep(start)
            wait = wait_for(history, shared=shared, schedule=steady(interval), timeout=limit)
            if apart:
                asked = RequestKey(id(history), THING.token)
                wait._targets = {"self": target_of(history, key=asked)}
                wait._keys = frozenset((asked,))
            await outcome_of(wait)

        with anyio.move_on_after(until):
            async with anyio.create_task_group() as group:
                for each in waits:
                    group.start_soon(one, *each)

    run(simulate)


@pytest.mark.parametrize(
    ("told", "next_look"),
    [
        (Throttled(40), 42),
        (busy(40), 42),
        # At most 60 s: the others may be asked of more generously than the one that was told.
        (Throttled(300), 62),
        (Throttled(1e9), 62),
        # No hold: nothing was asked for, or less than they wait anyway.
        (Throttled(None), 5),
        (Throttled(0), 5),
        (Throttled(1), 5),
        (busy(None), 5),
        (BROKEN, 5),
    ],
    ids=str,
)
def test_a_retry_after_holds_the_other_waits_of_the_account_back(
    told: NbcloudError | Throttled, next_look: float
) -> None:
    one, other = History([(0, told), (3, "PENDING")]), History([(0, "PENDING")])
    looks((2, one, 30, 1e10), (0, other, 5, 600), until=80)
    assert other.times[:2] == [0, next_look]
    # What it polls for is its own again.
    assert other.times[2] == next_look + 5


def test_a_wait_of_another_account_is_not_held_back() -> None:
    one, other = History([(0, Throttled(40))]), History([(0, "PENDING")])
    looks((2, one, 30, 600), (0, other, 5, 600), until=13, apart=True)
    assert other.times == [0, 5, 10]


def test_a_first_look_is_sent_although_the_account_is_held_back() -> None:
    one, other = History([(0, Throttled(40))]), History([(0, DOWN)])
    looks((2, one, 30, 600), (10, other, 5, 600), until=60)
    assert other.times[:2] == [10, 42]


@pytest.mark.parametrize(
    ("answer", "ends"), [("PENDING", True), (ABSENT, True), (FORBIDDEN, True), (DOWN, False), (BROKEN, False)], ids=str
)
def test_the_next_answer_of_the_cloud_ends_it(answer: str | NbcloudError, ends: bool) -> None:
    one, held, later = History([(0, Throttled(40))]), History([(0, "PENDING")]), History([(0, answer)])
    looks((2, one, 30, 600), (0, held, 5, 600), (10, later, 50, 600), until=43)
    assert held.times[1] == (10 if ends else 42)
    # The one that was told does as it was told.
    assert one.times == [2, 42]


def test_the_last_look_at_the_deadline_is_kept() -> None:
    one, other = History([(0, Throttled(40))]), History([(0, "PENDING"), (19, "READY")])
    looks((2, one, 30, 600), (0, other, 5, 20))
    assert other.times == [0, 20]


def test_a_wait_that_pauses_for_longer_anyway_is_not_made_to_look_earlier() -> None:
    one, other = History([(0, Throttled(10)), (3, "PENDING")]), History([(0, "PENDING")])
    looks((2, one, 20, 600), (0, other, 30, 600), until=40)
    assert other.times == [0, 30]


def test_waits_that_are_held_back_are_not_woken_by_the_first_look_of_another() -> None:
    one, common, alone = History([(0, Throttled(40))]), History([(0, DOWN)]), History([(0, "PENDING")])

    async def simulate() -> None:
        shared = SharedReads(VirtualClock())

        async def begin(start: float, histories: dict[str, History]) -> None:
            await anyio.sleep(start)
            await outcome_of(wait_for(histories, shared=shared, schedule=steady(20)))

        with anyio.move_on_after(50):
            async with anyio.create_task_group() as group:
                group.start_soon(begin, 0, {"common": common, "alone": alone})
                group.start_soon(begin, 2, {"self": one})
                group.start_soon(begin, 15, {"self": common})

    run(simulate)
    assert common.times[:2] == [0, 15]
    assert alone.times == [0, 42]


@pytest.mark.parametrize("others", [0, 1])
def test_it_is_forgotten_when_nobody_asks_that_account_any_more(others: int) -> None:
    async def simulate() -> float:
        shared = SharedReads(VirtualClock())
        history = History([(0, Throttled(40))])
        target = target_of(history)
        stays = RequestKey("account", "another question")
        shared.join([target.key, *[stays] * others])
        await read(target, shared, 0)
        assert shared.held_until([stays]) == 40
        shared.leave([target.key])
        return shared.held_until([stays])

    assert run(simulate) == (40 if others else 0)
