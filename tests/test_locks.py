"""A lock is waited for until a deadline; what is done with it is not cut short."""

from __future__ import annotations

import math

import anyio
import pytest

from pulumi_nbcloud.clouds.locks import acquired

pytestmark = pytest.mark.anyio


async def test_a_free_lock_is_had_and_released() -> None:
    lock = anyio.Lock()
    async with acquired(lock, anyio.current_time() + 30) as got:
        assert got
        assert lock.locked()
    assert not lock.locked()


async def test_a_lock_that_another_holds_is_not_had_after_the_deadline() -> None:
    lock = anyio.Lock()
    done: list[bool] = []

    async def want() -> None:
        async with acquired(lock, anyio.current_time()) as got:
            done.append(got)

    async with lock:
        async with anyio.create_task_group() as group:
            group.start_soon(want)
        assert lock.locked(), "it is still the other's"
    assert done == [False]


async def test_the_deadline_is_of_the_wait_alone() -> None:
    lock = anyio.Lock()
    async with acquired(lock, anyio.current_time() + 30) as got:
        assert got
        assert anyio.current_effective_deadline() == math.inf


async def test_an_error_releases_the_lock() -> None:
    lock = anyio.Lock()
    with pytest.raises(ValueError, match="mine"):
        async with acquired(lock, anyio.current_time() + 30):
            raise ValueError("mine")
    assert not lock.locked()


async def test_waiting_can_be_cancelled() -> None:
    lock = anyio.Lock()
    done: list[bool] = []

    async def want() -> None:
        async with acquired(lock, anyio.current_time() + 30) as got:
            done.append(got)

    async with lock, anyio.create_task_group() as group:
        group.start_soon(want)
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()
    assert (done, lock.locked()) == ([], False)
