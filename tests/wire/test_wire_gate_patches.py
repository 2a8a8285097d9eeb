"""The patches of the provider process, as gates feel them: many at a time, clean errors, Cancel."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from gate_wire import EXPECTED, LOSSES, OFF, URN, create, failure_of, gate, stored, timeless
from lease_support import STOPPED, answered, looked_at, notebook
from nbcloud_support import LIMIT_SECONDS, eventually
from provider_process import (
    SENDS_TRACEBACKS,
    FakeEngine,
    ProviderProcess,
    check_request,
    create_request,
    diff_request,
    gate_blob,
    update_request,
)
from pulumi.runtime.proto import engine_pb2

from pulumi_nbcloud.mock import MockClouds


def test_forty_creates_wait_at_the_same_time(clouds: MockClouds) -> None:
    numbers = range(1, 41)
    for number in numbers:
        clouds.modelarts.put_lease(notebook(number), status="STOPPED")
    with ProviderProcess(clouds.environment()) as process:
        requests = [create_request(gate(number, interval="1s", timeout="10m"), gate_blob()) for number in numbers]
        creates = [process.begin("Create", request) for request in requests]
        eventually(lambda: answered(clouds) == set(numbers), "a poll of each of 40 gates")
        assert not any(each.done() for each in creates)
        first_looks = max(
            next(entry.received_monotonic for entry in clouds.requests if notebook(number) in entry.target)
            for number in numbers
        )
        for number in numbers:
            clouds.modelarts.add_transition(notebook(number), status="RUNNING")
        for each in creates:
            assert each.result(LIMIT_SECONDS).properties["outcome"] == "met"
    released = [entry.received_monotonic for entry in clouds.requests if entry.status == 200]
    assert len(released) == 40
    assert first_looks < min(released)


def test_an_unpatched_process_serves_four_at_a_time_and_says_so_once(clouds: MockClouds) -> None:
    numbers = range(1, 7)
    for number in numbers:
        clouds.modelarts.put_lease(notebook(number), status="STOPPED")
    with FakeEngine() as engine, ProviderProcess({**clouds.environment(), **OFF}, engine=engine.address) as process:
        requests = [create_request(gate(number, interval="1s", timeout="10m"), gate_blob()) for number in numbers]
        creates = [process.begin("Create", request) for request in requests]
        # Three polls of each gate that is served are two pauses, time enough for a fifth to begin if it could.
        eventually(lambda: sum(polls > 2 for polls in Counter(looked_at(clouds)).values()) > 3, "polls of four gates")
        assert len(set(looked_at(clouds))) == 4
        for number in numbers:
            clouds.modelarts.add_transition(notebook(number), status="RUNNING")
        for each in creates:
            assert each.result(LIMIT_SECONDS).properties["outcome"] == "met"
        text = process.failure("Create", create_request(gate(7, timeout="0"), gate_blob()))
        eventually(lambda: set(engine.messages(URN)) >= LOSSES, "the warnings")
        assert process.errors() == ""
    assert text.startswith("Traceback (most recent call last):") == SENDS_TRACEBACKS
    assert f"modelarts:NotebookLease {notebook(7)}: never appeared after " in text
    warnings = [each for each in engine.logs if each.severity == engine_pb2.WARNING]
    assert sorted(each.message for each in warnings) == sorted(LOSSES)
    assert {(each.urn, each.ephemeral) for each in warnings} == {(URN, False)}


def test_an_unpatched_process_without_an_engine_says_so_on_stderr(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(), status="STOPPED")
    clouds.modelarts.add_transition(notebook(), status="RUNNING", after_reads=1)
    with ProviderProcess({**clouds.environment(), **OFF}, engine="no-engine") as process:
        for _ in range(2):
            create(process, gate(interval="1s"))
        lines = process.errors().splitlines()
    assert sorted(lines[:4]) == sorted(f"warning: {each}" for each in LOSSES)
    assert [timeless(line) for line in lines[4:]] == [
        "running false; not_running_reason NOT_RUNNING; Ns of 30m",
        "met after Ns, 2 polls",
        "met after Ns, 1 poll",
    ]


def test_a_patched_process_warns_of_nothing(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook())
    with FakeEngine() as engine, ProviderProcess(clouds.environment(), engine=engine.address) as process:
        create(process, gate())
        assert process.interrupt() == 0
        assert process.errors() == ""
    assert [timeless(each.message) for each in engine.logs] == ["met after Ns, 1 poll"]


def test_cancel_ends_a_wait_long_before_its_timeout_and_those_that_start_later(clouds: MockClouds) -> None:
    for number in (1, 2):
        clouds.modelarts.put_lease(notebook(number), status="STOPPED")
    with ProviderProcess(clouds.environment()) as process:
        requests = [create_request(gate(number, timeout="10m"), gate_blob()) for number in (1, 2)]
        creates = [process.begin("Create", request) for request in requests]
        eventually(lambda: set(looked_at(clouds)) == {1, 2}, "a poll of both gates")
        process.call("Cancel", empty())
        texts = [failure_of(each) for each in creates]
        before = clouds.request_count()
        late = process.failure("Create", create_request(gate(timeout="10m"), gate_blob()))
        later = process.failure("Update", update_request(stored(gate()), gate(triggers=[1]), gate_blob()))
        assert process.interrupt() == 0
        assert process.errors() == ""
    assert clouds.request_count() == before
    for number, text in zip((1, 2), texts, strict=True):
        assert re.fullmatch(
            f"modelarts:NotebookLease {notebook(number)}: cancelled after Ns of 10m; {EXPECTED}: "
            rf"({STOPPED} \(Ns ago\); polls: 1 \(request id ID\)|nothing yet; polls: 0)"
            "\nhint: nothing was changed; the next run waits again",
            timeless(text),
        )
    assert timeless(late) == (
        f"modelarts:NotebookLease {notebook()}: cancelled after Ns of 10m; {EXPECTED}: nothing yet; polls: 0\n"
        "hint: nothing was changed; the next run waits again"
    )
    assert ": cancelled after Ns of 30m; " in timeless(later)


def test_cancel_ends_a_wait_whose_request_is_not_answered(clouds: MockClouds) -> None:
    clouds.faults.add(service="modelarts", status=500, delay=30)
    with ProviderProcess(clouds.environment()) as process:
        waiting = process.begin("Create", create_request(gate(timeout="10m"), gate_blob()))
        eventually(lambda: clouds.request_count() > 0, "the request")
        process.call("Cancel", empty())
        text = failure_of(waiting)
        assert clouds.requests[0].status is None
    assert "cancelled after " in text
    assert "\n  actual: nothing yet\n  polls: 0\n" in text


def test_a_killed_engine_ends_its_waits(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(), status="STOPPED")
    # Something new at every poll, so that there is a message to lose however late the engine goes.
    for reads in range(1, 60):
        status = "STARTING" if reads % 2 else "STOPPED"
        clouds.modelarts.add_transition(notebook(), status=status, after_reads=reads)
    with FakeEngine() as engine, ProviderProcess(clouds.environment(), engine=engine.address) as process:
        waiting = process.begin("Create", create_request(gate(timeout="10m", interval="1s"), gate_blob()))
        # The third is sent a poll after the first, whose answer has arrived by then: an engine that stops while it
        # answers its first message was never known to be there.
        eventually(lambda: len(engine.messages(URN)) > 2, "three messages")
        engine.stop()
        text = failure_of(waiting)
    assert "cancelled after " in text


def test_cancel_at_a_normal_end_loads_nothing(clouds: MockClouds) -> None:
    inputs = gate(until="self.running")
    with ProviderProcess(clouds.environment(), flags=["-X", "importtime"]) as process:
        process.call("Diff", diff_request(stored(inputs), inputs, gate_blob()))
        process.call("Cancel", empty())
        process.call("Cancel", empty())
        assert process.interrupt() == 0
        loaded = imported(process)
    assert "pulumi_nbcloud.provider.gate" in loaded
    assert loaded.isdisjoint({"celpy", "httpx", "aiohttp", "anyio", "pydantic", "pulumi_nbcloud.reading.portal"})
    # So that the list above is not empty for another reason.
    with ProviderProcess(clouds.environment(), flags=["-X", "importtime"]) as process:
        process.call("Check", check_request(inputs, gate_blob()))
        assert "celpy" in imported(process)


def test_cancel_after_reads_and_gates_that_ended_is_quiet(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook())
    with ProviderProcess(clouds.environment()) as process:
        create(process, gate())
        process.call("Cancel", empty())
        assert process.interrupt() == 0
        assert process.errors() == ""


def test_without_the_patch_a_cancel_is_ignored(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(), status="STOPPED")
    with ProviderProcess({**clouds.environment(), **OFF}) as process:
        waiting = process.begin("Create", create_request(gate(interval="1s", timeout="10m"), gate_blob()))
        eventually(lambda: clouds.request_count() > 0, "the first poll")
        process.call("Cancel", empty())
        before = clouds.request_count()
        eventually(lambda: clouds.request_count() > before, "a poll after Cancel")
        assert not waiting.done()
        clouds.modelarts.add_transition(notebook(), status="RUNNING")
        assert waiting.result(LIMIT_SECONDS).properties["outcome"] == "met"


def empty() -> Any:
    from google.protobuf import empty_pb2

    return empty_pb2.Empty()


def imported(process: ProviderProcess) -> set[str]:
    return {line.rpartition("|")[2].strip() for line in process.errors().splitlines()}
