"""The live status of waiting gates: what goes to which row of the engine."""

from __future__ import annotations

import re

from gate_wire import URN, create, gate, timeless
from lease_support import notebook
from nbcloud_support import LIMIT_SECONDS, eventually
from provider_process import (
    FakeEngine,
    ProviderProcess,
    create_request,
    gate_blob,
)
from pulumi.runtime.proto import engine_pb2

from pulumi_nbcloud.mock import MockClouds


def test_status_goes_to_the_row_of_its_own_gate(clouds: MockClouds) -> None:
    others = f"{URN}-2"
    for number in (1, 2):
        clouds.modelarts.put_lease(notebook(number), status="STOPPED")
    with FakeEngine() as engine, ProviderProcess(clouds.environment(), engine=engine.address) as process:
        inputs = {"interval": "1s", "timeout": "10m"}
        creates = [
            process.begin("Create", create_request(gate(number, **inputs, status_urn=urn), gate_blob()))
            for number, urn in ((1, URN), (2, others))
        ]
        eventually(lambda: bool(engine.messages(URN) and engine.messages(others)), "the first status of both")
        clouds.modelarts.add_transition(notebook(1), status="STARTING")
        eventually(lambda: len(engine.messages(URN)) > 1, "the second status")
        for number in (1, 2):
            clouds.modelarts.add_transition(notebook(number), status="RUNNING")
        for each in creates:
            each.result(LIMIT_SECONDS)
        assert process.errors() == ""
    said = [re.sub(r"\d+ polls", "N polls", timeless(message)) for message in engine.messages(URN)]
    assert said == [
        "running false; not_running_reason NOT_RUNNING; Ns of 10m",
        "running false; not_running_reason STARTING; Ns of 10m",
        "met after Ns, N polls",
    ]
    assert [re.sub(r"\d+ polls", "N polls", timeless(each)) for each in engine.messages(others)] == [
        "running false; not_running_reason NOT_RUNNING; Ns of 10m",
        "met after Ns, N polls",
    ]
    assert {each.urn for each in engine.logs} == {URN, others}
    assert {(each.severity, each.ephemeral, each.streamId) for each in engine.logs} == {(engine_pb2.INFO, True, 0)}


def test_a_failed_look_is_part_of_the_status(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook())
    clouds.faults.add(service="modelarts", status=500)
    with FakeEngine() as engine, ProviderProcess(clouds.environment(), engine=engine.address) as process:
        outputs = create(process, gate(interval="1s"))
        eventually(lambda: bool(engine.logs), "the status")
    assert outputs["polls"] == 2
    assert [timeless(each) for each in engine.messages(URN)] == [
        "poll failed: the cloud cannot answer now; Ns of 30m",
        "met after Ns, 2 polls",
    ]


def test_an_engine_that_does_not_answer_keeps_nobody_waiting(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(), status="STOPPED")
    clouds.modelarts.add_transition(notebook(), status="RUNNING", after_reads=1)
    with ProviderProcess(clouds.environment(), engine="127.0.0.1:1") as process:
        outputs = create(process, gate(interval="1s"))
        assert process.errors() == ""
    assert outputs["polls"] == 2
