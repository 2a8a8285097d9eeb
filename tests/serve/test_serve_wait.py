"""A request that waits: in virtual time how often it polls and when it ends, over the application how it is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
from lease_support import LEASE, NOTEBOOK
from nbcloud_support import eventually
from serve_support import TOKEN, bearer, document, running, simulated_checks, simulated_gate
from virtual_time import run

from pulumi_nbcloud.errors import BadResponseError, UnreachableError, lasting
from pulumi_nbcloud.mock import MockClouds

GATE = simulated_gate()


def waited(history: Any, seconds: float, gate: Any = GATE, takes: float = 0.0) -> tuple[str, float, list[float]]:
    """How a request ends that waits: its outcome, after how long, and when reads were sent."""
    checks, polls = simulated_checks(history, takes)

    async def work() -> tuple[str, float]:
        found = await checks.wait(gate, {}, seconds)
        return found.outcome, anyio.current_time()

    outcome, took = run(work)
    return outcome, round(took, 1), [round(each, 1) for each in polls.reads]


def test_it_polls_once_an_interval_until_it_is_met() -> None:
    assert waited(lambda now: "READY" if now > 12 else "STARTING", 60) == ("met", 15.0, [0.0, 5.0, 10.0, 15.0])


def test_it_ends_with_its_time_and_a_last_look() -> None:
    assert waited(lambda now: "STARTING", 12) == ("not_met", 12.0, [0.0, 5.0, 10.0])
    slow = simulated_gate(interval=40.0, max_age=1.0)
    assert waited(lambda now: "READY" if now > 2 else "STARTING", 10, slow) == ("met", 10.0, [0.0, 10.0])


def test_no_seconds_are_one_poll() -> None:
    assert waited(lambda now: "STARTING", 0) == ("not_met", 0.0, [0.0])


def evaluations(history: Any, seconds: float, gate: Any = GATE) -> int:
    """How often a request that waits is evaluated."""
    checks, _ = simulated_checks(history)
    run(lambda: checks.wait(gate, {}, seconds))
    return checks._metrics._counters["nbcloud_serve_checks_total"].total()


def test_a_read_that_would_only_be_used_again_is_waited_for() -> None:
    old = simulated_gate(max_age=20.0)
    assert waited(lambda now: "STARTING", 50, old) == ("not_met", 50.0, [0.0, 20.0, 40.0])
    assert evaluations(lambda now: "STARTING", 50, old) == 4


def test_a_failure_ends_it_at_once() -> None:
    assert waited(lambda now: "FAILED" if now > 4 else "STARTING", 60) == ("failed", 5.0, [0.0, 5.0])


def test_a_timed_failure_does_not_end_it() -> None:
    assert waited(lambda now: "STUCK", 30)[:2] == ("not_met", 30.0)


def test_a_cloud_that_is_down_for_a_while() -> None:
    down = UnreachableError("down")
    assert waited(lambda now: down if now < 12 else "READY", 60) == ("met", 15.0, [0.0, 5.0, 10.0, 15.0])
    assert waited(lambda now: down, 12)[0] == "unreachable"


def test_what_no_poll_changes_ends_it_at_once() -> None:
    moved = lasting(BadResponseError("the endpoint redirects elsewhere"))
    assert waited(lambda now: moved, 60) == ("bad_response", 0.0, [0.0])


def test_a_retry_after_is_honoured() -> None:
    held = UnreachableError("slower")
    held.retry_after = 20.0
    assert waited(lambda now: held if now < 10 else "READY", 60) == ("met", 20.0, [0.0, 20.0])
    assert evaluations(lambda now: held if now < 10 else "READY", 60) == 2


def test_a_hundred_that_wait_share_each_read() -> None:
    """They began at different moments, and still each interval costs one read."""
    checks, polls = simulated_checks(lambda now: "STARTING", takes=0.2)

    async def one(number: int) -> None:
        await anyio.sleep(number * 0.173)
        await checks.wait(GATE, {}, 30)

    async def work() -> None:
        async with anyio.create_task_group() as group:
            for number in range(100):
                group.start_soon(one, number)

    run(work)
    gaps = [later - earlier for earlier, later in zip(polls.reads, polls.reads[1:], strict=False)]
    assert min(gaps) >= 5.0
    # 100 requests of 30 s within 48 s.
    assert 9 <= len(polls.reads) <= 10


def test_the_end_of_the_service_ends_it() -> None:
    checks, polls = simulated_checks(lambda now: "STARTING")

    async def work() -> tuple[str, float]:
        async with anyio.create_task_group() as group:

            async def end() -> None:
                await anyio.sleep(7)
                checks.draining.set()

            group.start_soon(end)
            found = await checks.wait(GATE, {}, 60)
        return found.outcome, round(anyio.current_time(), 1)

    assert run(work) == ("not_met", 7.0)
    assert len(polls.reads) == 2


# --- over the application


@pytest.mark.anyio
async def test_how_it_is_asked(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    async with running(tmp_path, clouds) as service:
        met = await service.wait(seconds=60)
        missing = await service.wait()
        unknown = await service.wait(seconds=1, since=1)
    assert (met.status_code, met.json()["outcome"]) == (200, "met")
    assert missing.json()["error"]["problem"] == "seconds must be a number from 0 to 60"
    assert unknown.json()["error"]["problem"] == "since is no parameter; this gate has none"


@pytest.mark.anyio
async def test_its_status_says_the_outcome_where_it_is_asked_to(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    async with running(tmp_path, clouds) as service:
        response = await service.wait(seconds=0, status=1)
    assert (response.status_code, response.json()["outcome"]) == (409, "not_met")


@pytest.mark.anyio
async def test_who_goes_away_takes_no_place_any_more(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    async with running(tmp_path, clouds, document(limits={"concurrent_requests": 1})) as service:
        gone, came = anyio.Event(), False
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            nonlocal came
            if not came:
                came = True
                return {"type": "http.request", "body": b"", "more_body": False}
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "GET",
            "path": "/v1/gates/lease/wait",
            "raw_path": b"/v1/gates/lease/wait",
            "query_string": b"seconds=60",
            "headers": [(name.encode(), value.encode()) for name, value in bearer(TOKEN).items()],
        }
        async with anyio.create_task_group() as group:
            group.start_soon(service.app, scope, receive, send)
            await anyio.to_thread.run_sync(lambda: eventually(lambda: len(clouds.requests) > 0, "a poll"))
            assert (await service.check()).status_code == 429
            gone.set()
        assert sent[0]["status"] == 499
        assert (await service.check()).status_code == 200
