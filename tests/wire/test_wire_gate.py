"""The gate over the wire of the SDK's provider process: what it checks, when it waits, what it answers, how it ends."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import MessageToDict
from lease_support import LEASE, RUNNING, STATE, STOPPED, lease_target, looked_at, notebook
from nbcloud_support import LIMIT_SECONDS, eventually
from provider_process import (
    SENDS_TRACEBACKS,
    FakeEngine,
    ProviderProcess,
    check_request,
    create_request,
    delete_request,
    diff_request,
    error_text,
    gate_blob,
    read_blob,
    stored_request,
    update_request,
)
from pulumi.runtime.proto import engine_pb2, provider_pb2
from pulumi.runtime.rpc import UNKNOWN

from pulumi_nbcloud.mock import MockClouds

URN = "urn:pulumi:test::probe::pulumi-python:dynamic/nbcloud:Gate::ready"
ID = "0123456789abcdef0123456789abcdef"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
OFF = {"NBCLOUD_PROVIDER_MENDS": "off"}
LOSSES = {
    "NBCLOUD_PROVIDER_MENDS is off: errors of pulumi-nbcloud are shown with a traceback",
    (
        "NBCLOUD_PROVIDER_MENDS is off: only 4 dynamic resources of this stack are served at a time, "
        "waiting gates among them"
    ),
    "NBCLOUD_PROVIDER_MENDS is off: after Ctrl-C a waiting gate goes on to its timeout",
}


def gate(number: int = 1, **inputs: Any) -> dict[str, Any]:
    """The inputs of a gate on one notebook."""
    return {"targets": {"self": lease_target(number)}, "status_urn": URN, **inputs}


def create(process: ProviderProcess, inputs: Mapping[str, Any]) -> dict[str, Any]:
    reply = process.call("Create", create_request(inputs, gate_blob()))
    assert re.fullmatch("[0-9a-f]{32}", reply.id)
    properties: dict[str, Any] = MessageToDict(reply)["properties"]
    assert properties.pop("__provider") == gate_blob()
    return properties


def stored(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What the state holds of a gate that was met."""
    seen = {"time": "2026-01-31T12:00:00Z", "target": "self", "seen": RUNNING}
    return {
        **inputs,
        "verdict": "met",
        "met_time": "2026-01-31T12:00:00Z",
        "polls": 1,
        "elapsed_seconds": 0.5,
        "states": {"self": {**STATE, "not_running_reason": None, "endpoint": "http://cloud"}},
        "transitions": [seen],
        "transition_count": 1,
    }


def failure_of(future: Any) -> str:
    with pytest.raises(grpc.RpcError) as raised:
        future.result(LIMIT_SECONDS)
    return error_text(raised.value)


def timeless(text: str) -> str:
    """An error without what differs from run to run."""
    text = re.sub(r"request id [0-9a-f]{32}", "request id ID", text)
    text = re.sub(r"(is no int) in [^;]+;", r"\1;", text)
    return re.sub(r"after \d+s of", "after Ns of", re.sub(r"\(\d+s ago\)", "(Ns ago)", text))


# Create


def test_a_create_waits_and_answers_what_it_saw(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(), status="STOPPED", **LEASE)
    clouds.modelarts.add_transition(notebook(), status="RUNNING", after_reads=1)
    inputs = gate(interval="1s", timeout="10m", triggers=[1, 2.5, "a", {"b": True}], fail_on=False)
    with ProviderProcess(clouds.environment()) as process:
        outputs = create(process, inputs)
    assert clouds.request_count() == 2
    assert {name: outputs.pop(name) for name in inputs} == inputs
    met_time, elapsed = outputs.pop("met_time"), outputs.pop("elapsed_seconds")
    assert MOMENT.fullmatch(met_time)
    assert 0.5 < elapsed < LIMIT_SECONDS
    first, second = outputs.pop("transitions")
    assert MOMENT.fullmatch(first.pop("time"))
    assert second == {"time": met_time, "target": "self", "seen": RUNNING}
    assert first == {"target": "self", "seen": STOPPED}
    assert outputs == {
        "verdict": "met",
        "polls": 2,
        "states": {"self": {**STATE, "not_running_reason": None, "endpoint": clouds.url}},
        "transition_count": 2,
    }


def test_several_targets_are_looked_at_together_and_kept_by_name(shared: ProviderProcess, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1), **LEASE)
    clouds.modelarts.put_lease(notebook(2), project_id="other-project", **LEASE)
    inputs = {"targets": {"one": lease_target(1), "two": lease_target(3)}, "until": "one.running", "timeout": "0"}
    outputs = create(shared, inputs)
    assert sorted(looked_at(clouds)) == [1, 3]
    assert set(outputs["states"]) == {"one"}
    assert {each["target"]: each["seen"] for each in outputs["transitions"]} == {"one": RUNNING, "two": "not found"}


def test_each_gate_has_its_own_id(shared: ProviderProcess, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook())
    ids = {shared.call("Create", create_request(gate(), gate_blob())).id for _ in range(3)}
    assert len(ids) == 3


WANTED = "wanted: self.running; last seen"
REQUEST = "(request id ID)"


@pytest.mark.parametrize(
    ("lease", "inputs", "message", "hint"),
    [
        (
            {"status": "FROZEN"},
            {},
            (
                f'failed after Ns of 30m: self.not_running_reason == "FROZEN" holds; {WANTED}: '
                f"running=false, not_running_reason=FROZEN (Ns ago); looks: 1 {REQUEST}"
            ),
            "look at the thing itself; run again once it is mended",
        ),
        (
            LEASE,
            {"until": "!self.running", "fail_on": 'self.type == "TIMING"'},
            (
                f'failed after Ns of 30m: self.type == "TIMING" holds; wanted: !self.running; last seen: {RUNNING} '
                f"(Ns ago); looks: 1 {REQUEST}"
            ),
            "look at the thing itself; run again once it is mended",
        ),
        (
            {"status": "STOPPED"},
            {"timeout": "0"},
            f"timed out after Ns of 0s; {WANTED}: {STOPPED} (Ns ago); looks: 1 {REQUEST}",
            "give a longer timeout, or look at why it does not get there; the next run waits again",
        ),
        (
            {"status": "STOPPED"},
            {"until": "self.duration > 5", "timeout": "0"},
            (
                "timed out after Ns of 0s; wanted: self.duration > 5; last seen: "
                f"{STOPPED} (Ns ago); undecided because self.duration is null; looks: 1 {REQUEST}"
            ),
            "give a longer timeout, or look at why it does not get there; the next run waits again",
        ),
        (
            None,
            {"timeout": "0"},
            f"never appeared after Ns of 0s; {WANTED}: not found (Ns ago); looks: 1 {REQUEST}",
            "check the id, the profile and the project",
        ),
        (
            LEASE,
            {"until": "int(self.type) > 3"},
            (
                "bad condition after Ns of 30m: 'TIMING' is no int; wanted: int(self.type) > 3; "
                f"last seen: {RUNNING} (Ns ago); looks: 1 {REQUEST}"
            ),
            "correct the condition; fields that may be absent can be asked for with has()",
        ),
    ],
    ids=["failed", "failed by fail_on", "timed out", "undecided", "never appeared", "bad condition"],
)
def test_how_a_wait_ended_is_said_in_two_lines(
    lease: dict[str, Any] | None,
    inputs: dict[str, Any],
    message: str,
    hint: str,
    shared: ProviderProcess,
    clouds: MockClouds,
) -> None:
    if lease is not None:
        clouds.modelarts.put_lease(notebook(), **lease)
    text = shared.failure("Create", create_request(gate(**inputs), gate_blob()))
    assert timeless(text) == f"modelarts:NotebookLease {notebook()}: {message}\nhint: {hint}"
    assert clouds.requests[-1].request_id in text
    assert clouds.request_count() == 1


def test_what_was_there_and_is_deleted_meanwhile_is_gone(shared: ProviderProcess, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(), status="STOPPED")
    clouds.modelarts.add_transition(notebook(), status="DELETED", after_reads=1)
    text = shared.failure("Create", create_request(gate(interval="1s", timeout="1s"), gate_blob()))
    # The jitter decides whether another look fits in before the last.
    assert re.sub(r"looks: [23] ", "looks: N ", timeless(text)) == (
        f"modelarts:NotebookLease {notebook()}: gone after Ns of 1s; {WANTED}: not found (Ns ago); looks: N {REQUEST}\n"
        "hint: it was there and was deleted while the wait went on; create it again or correct the id"
    )


def test_a_cloud_that_cannot_answer_is_unreachable(shared: ProviderProcess, clouds: MockClouds) -> None:
    clouds.faults.add(service="modelarts", status=500)
    text = shared.failure("Create", create_request(gate(timeout="0"), gate_blob()))
    assert timeless(text) == (
        f"modelarts:NotebookLease {notebook()}: unreachable after Ns of 0s; {WANTED}: nothing yet; "
        "last error: the cloud cannot answer now; looks: 1 "
        f"(HTTP 500, GET {clouds.url}{clouds.requests[0].target}, request id ID)\n"
        "hint: check the network, the endpoint and the vendor's status page; the next run waits again"
    )


def test_a_cloud_that_asks_to_wait_beyond_the_deadline_is_not_waited_for(
    shared: ProviderProcess, clouds: MockClouds
) -> None:
    clouds.faults.add(service="modelarts", status=429, headers={"Retry-After": "86400"})
    text = shared.failure("Create", create_request(gate(timeout="1h"), gate_blob()))
    assert "unreachable after 0s of 1h: the cloud asks to wait 86400 s, beyond the deadline; " in text
    assert clouds.request_count() == 1


def test_refused_credentials_end_it_at_once_and_are_not_sent_again(clouds: MockClouds) -> None:
    environment = {**clouds.environment(), "NBCLOUD_MODELARTS_SECRET_KEY": "wrong"}
    clouds.modelarts.put_lease(notebook())
    with ProviderProcess(environment) as process:
        texts = [process.failure("Create", create_request(gate(), gate_blob())) for _ in range(2)]
    assert clouds.request_count() == 1
    assert [timeless(text) for text in texts] == 2 * [
        (
            f"modelarts:NotebookLease {notebook()}: unauthorised after Ns of 30m; {WANTED}: nothing yet; last error: "
            'the cloud refuses the credentials: "Incorrect IAM authentication information: the signature does not '
            'match"; '
            f"looks: 1 (HTTP 401 APIGW.0301, GET {clouds.url}{clouds.requests[0].target}, request id ID)\n"
            "hint: check access key, secret key and security token; they are not sent again until they change"
        )
    ]


def test_a_missing_permission_ends_it_at_once(shared: ProviderProcess, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook())
    clouds.modelarts.deny("MOCKACCESSKEY0000001")
    text = shared.failure("Create", create_request(gate(), gate_blob()))
    assert f": unauthorised after 0s of 30m; {WANTED}: nothing yet; last error: " in text
    assert "may not read this" in text
    assert "Traceback" not in text
    assert clouds.request_count() == 1


def test_missing_settings_and_bad_inputs_are_their_message_and_hint(
    shared: ProviderProcess, clouds: MockClouds
) -> None:
    inputs = gate(targets={"self": lease_target(profile="nope")})
    message, hint = shared.failure("Create", create_request(inputs, gate_blob())).split("\n")
    assert message.startswith("no credentials for modelarts in profile nope; looked in ")
    assert hint.startswith("hint: set NBCLOUD_PROFILE_NOPE_MODELARTS_ACCESS_KEY")
    text = shared.failure("Create", create_request(gate(until="self.runing"), gate_blob()))
    assert text.startswith("until: self.runing is not a field of modelarts:NotebookLease; did you mean self.running?\n")
    assert "Traceback" not in text
    assert clouds.request_count() == 0


# The mends


def test_forty_creates_wait_at_the_same_time(clouds: MockClouds) -> None:
    numbers = range(1, 41)
    for number in numbers:
        clouds.modelarts.put_lease(notebook(number), status="STOPPED")
    with ProviderProcess(clouds.environment()) as process:
        requests = [create_request(gate(number, interval="1s", timeout="10m"), gate_blob()) for number in numbers]
        creates = [process.begin("Create", request) for request in requests]
        eventually(lambda: set(looked_at(clouds)) == set(numbers), "a look of each of 40 gates")
        assert not any(each.done() for each in creates)
        first_looks = max(
            next(entry.received_monotonic for entry in clouds.requests if notebook(number) in entry.target)
            for number in numbers
        )
        for number in numbers:
            clouds.modelarts.add_transition(notebook(number), status="RUNNING")
        for each in creates:
            assert each.result(LIMIT_SECONDS).properties["verdict"] == "met"
    released = [entry.received_monotonic for entry in clouds.requests if entry.status == 200]
    assert len(released) == 40
    assert first_looks < min(released)


def test_an_unmended_process_serves_four_at_a_time_and_says_so_once(clouds: MockClouds) -> None:
    numbers = range(1, 7)
    for number in numbers:
        clouds.modelarts.put_lease(notebook(number), status="STOPPED")
    with FakeEngine() as engine, ProviderProcess({**clouds.environment(), **OFF}, engine=engine.address) as process:
        requests = [create_request(gate(number, interval="1s", timeout="10m"), gate_blob()) for number in numbers]
        creates = [process.begin("Create", request) for request in requests]
        # Three looks of one gate are two pauses, time enough for a fifth to begin if it could.
        eventually(lambda: any(looked_at(clouds).count(number) > 2 for number in numbers), "three looks of a gate")
        assert len(set(looked_at(clouds))) == 4
        for number in numbers:
            clouds.modelarts.add_transition(notebook(number), status="RUNNING")
        for each in creates:
            assert each.result(LIMIT_SECONDS).properties["verdict"] == "met"
        text = process.failure("Create", create_request(gate(7, timeout="0"), gate_blob()))
        eventually(lambda: set(engine.messages(URN)) >= LOSSES, "the warnings")
        assert process.errors() == ""
    assert text.startswith("Traceback (most recent call last):") == SENDS_TRACEBACKS
    assert f"modelarts:NotebookLease {notebook(7)}: never appeared after " in text
    warnings = [each for each in engine.logs if each.severity == engine_pb2.WARNING]
    assert sorted(each.message for each in warnings) == sorted(LOSSES)
    assert {(each.urn, each.ephemeral) for each in warnings} == {(URN, False)}


def test_an_unmended_process_without_an_engine_says_so_on_stderr(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(), status="STOPPED")
    clouds.modelarts.add_transition(notebook(), status="RUNNING", after_reads=1)
    with ProviderProcess({**clouds.environment(), **OFF}, engine="no-engine") as process:
        for _ in range(2):
            create(process, gate(interval="1s"))
        lines = process.errors().splitlines()
    assert sorted(lines[:3]) == sorted(f"warning: {each}" for each in LOSSES)
    assert lines[3:] == [f"waiting: {STOPPED}; wanted: self.running; 0s of 30m"]


def test_a_mended_process_warns_of_nothing(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook())
    with FakeEngine() as engine, ProviderProcess(clouds.environment(), engine=engine.address) as process:
        create(process, gate())
        assert process.interrupt() == 0
        assert process.errors() == ""
    assert engine.logs == []


def test_cancel_ends_a_wait_long_before_its_timeout_and_those_that_start_later(clouds: MockClouds) -> None:
    for number in (1, 2):
        clouds.modelarts.put_lease(notebook(number), status="STOPPED")
    with ProviderProcess(clouds.environment()) as process:
        requests = [create_request(gate(number, timeout="10m"), gate_blob()) for number in (1, 2)]
        creates = [process.begin("Create", request) for request in requests]
        eventually(lambda: set(looked_at(clouds)) == {1, 2}, "a look of both gates")
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
            f"modelarts:NotebookLease {notebook(number)}: cancelled after Ns of 10m; {WANTED}: "
            rf"({STOPPED} \(Ns ago\); looks: 1 \(request id ID\)|nothing yet; looks: 0)"
            "\nhint: nothing was changed; the next run waits again",
            timeless(text),
        )
    assert late == (
        f"modelarts:NotebookLease {notebook()}: cancelled after 0s of 10m; {WANTED}: nothing yet; looks: 0\n"
        "hint: nothing was changed; the next run waits again"
    )
    assert ": cancelled after 0s of 30m; " in later


def test_cancel_ends_a_wait_whose_request_is_not_answered(clouds: MockClouds) -> None:
    clouds.faults.add(service="modelarts", status=500, delay=30)
    with ProviderProcess(clouds.environment()) as process:
        waiting = process.begin("Create", create_request(gate(timeout="10m"), gate_blob()))
        eventually(lambda: clouds.request_count() == 1, "the request")
        process.call("Cancel", empty())
        text = failure_of(waiting)
        assert clouds.requests[0].status is None
    assert "cancelled after " in text
    assert "; last seen: nothing yet; looks: 0\n" in text


def test_a_killed_engine_ends_its_waits(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(), status="STOPPED")
    # Something new at every look, so that there is a message to lose however late the engine goes.
    for reads in range(1, 60):
        status = "STARTING" if reads % 2 else "STOPPED"
        clouds.modelarts.add_transition(notebook(), status=status, after_reads=reads)
    with FakeEngine() as engine, ProviderProcess(clouds.environment(), engine=engine.address) as process:
        waiting = process.begin("Create", create_request(gate(timeout="10m", interval="1s"), gate_blob()))
        # The third is sent a look after the first, whose answer has arrived by then: an engine that stops while it
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
    assert loaded.isdisjoint({"celpy", "httpx", "aiohttp", "anyio", "pydantic", "pulumi_nbcloud.portal"})
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


def test_without_the_mend_a_cancel_is_not_heard(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(), status="STOPPED")
    with ProviderProcess({**clouds.environment(), **OFF}) as process:
        waiting = process.begin("Create", create_request(gate(interval="1s", timeout="10m"), gate_blob()))
        eventually(lambda: clouds.request_count() == 1, "the first look")
        process.call("Cancel", empty())
        eventually(lambda: clouds.request_count() == 2, "a look after Cancel")
        assert not waiting.done()
        clouds.modelarts.add_transition(notebook(), status="RUNNING")
        assert waiting.result(LIMIT_SECONDS).properties["verdict"] == "met"


def empty() -> Any:
    from google.protobuf import empty_pb2

    return empty_pb2.Empty()


def imported(process: ProviderProcess) -> set[str]:
    return {line.rpartition("|")[2].strip() for line in process.errors().splitlines()}


# Live status


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
    said = [re.sub(r"\d+s of", "Ns of", message) for message in engine.messages(URN)]
    assert said == [
        f"waiting: {STOPPED}; wanted: self.running; Ns of 10m",
        "waiting: running=false, not_running_reason=STARTING; wanted: self.running; Ns of 10m",
    ]
    assert engine.messages(others) == [f"waiting: {STOPPED}; wanted: self.running; 0s of 10m"]
    assert {each.urn for each in engine.logs} == {URN, others}
    assert {(each.severity, each.ephemeral, each.streamId) for each in engine.logs} == {(engine_pb2.INFO, True, 0)}


def test_a_failed_look_is_part_of_the_status(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook())
    clouds.faults.add(service="modelarts", status=500)
    with FakeEngine() as engine, ProviderProcess(clouds.environment(), engine=engine.address) as process:
        outputs = create(process, gate(interval="1s"))
        eventually(lambda: bool(engine.logs), "the status")
    assert outputs["polls"] == 2
    assert engine.messages(URN) == [
        "waiting: nothing yet (look failed: the cloud cannot answer now; 1 in a row); wanted: self.running; 0s of 30m"
    ]


def test_an_engine_that_does_not_answer_keeps_nobody_waiting(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(), status="STOPPED")
    clouds.modelarts.add_transition(notebook(), status="RUNNING", after_reads=1)
    with ProviderProcess(clouds.environment(), engine="127.0.0.1:1") as process:
        outputs = create(process, gate(interval="1s"))
        assert process.errors() == ""
    assert outputs["polls"] == 2


# Check


def failures(process: ProviderProcess, inputs: Mapping[str, Any]) -> list[str]:
    reply = process.call("Check", check_request(inputs, gate_blob()))
    # The engine would print the value of a property that is named.
    assert {each.property for each in reply.failures} <= {""}
    return [each.reason for each in reply.failures]


def test_check_names_every_problem_at_once(shared: ProviderProcess, clouds: MockClouds) -> None:
    inputs = {
        "targets": {"a": lease_target(1), "b": {**lease_target(2), "notebook_id": "nope"}},
        "until": "a.runing && b.type",
        "fail_on": "b.type == FINISHED",
        "timeout": "soon",
        "interval": "10ms",
    }
    fields = (
        "notebook_id, project_id, endpoint, running, create_at, create_time, duration, update_at, update_time, enable, "
        "type, expire_time, not_running_reason"
    )
    assert failures(shared, inputs) == [
        "timeout 'soon' is not a duration\nhint: write it like 90s, 30m or 1h30m; 0 is allowed",
        "interval '10ms' is out of range\nhint: give 1s to 720h",
        (
            "target b: modelarts:NotebookLease: notebook_id must be a UUID "
            "such as 0b9c2f6e-4a70-4a0e-9d0e-2c6f8d1e7a55\nhint: correct the argument; nothing was sent"
        ),
        "until: a.runing is not a field of modelarts:NotebookLease; did you mean a.running?",
        "until: b.type is a string, not a bool",
        (
            f'fail_on: FINISHED is not a variable; write "FINISHED" in quotes\n'
            f"hint: fields of modelarts:NotebookLease are {fields}"
        ),
    ]
    assert clouds.request_count() == 0


@pytest.mark.parametrize(
    ("inputs", "problem"),
    [
        ({"targets": {}}, "targets must be 1 to 100 things by name"),
        ({"targets": None}, "targets must be 1 to 100 things by name"),
        ({"targets": {"self": {"notebook_id": "x"}}}, "target self says no kind"),
        ({"targets": {"self": {"kind": "modelarts:Lease"}}}, "target self: there is no kind 'modelarts:Lease'"),
        ({"targets": {"self": {"kind": "modelarts:NotebookLease"}}}, "target self: modelarts:NotebookLease: notebook_"),
        ({"targets": {"self": lease_target(surplus=1)}}, "target self: modelarts:NotebookLease: surplus is not"),
        ({"targets": {"now": lease_target()}}, "targets: 'now' is the time of the judgement; choose another name"),
        ({"until": "self.type"}, "until: self.type is a string, not a bool; compare it, as in self.type == "),
        ({"until": "self.type == TIMING"}, 'until: TIMING is not a variable; write "TIMING" in quotes'),
        ({"until": "self.duration == null"}, "until: self.duration == null cannot be asked, null fields are absent; "),
        ({"until": "lenght(self.type) == 1"}, "until: lenght"),
        ({"until": "self.running &&"}, "until: "),
        ({"until": ""}, "until: is empty; leave it out for the default"),
        ({"until": 5}, "until: must be text"),
        ({"fail_on": True}, "fail_on: True is no condition; write one, or False to drop the defaults"),
        ({"timeout": "-1s"}, "timeout '-1s' is not a duration"),
        ({"timeout": "721h"}, "timeout '721h' is out of range"),
        ({"timeout": 90}, "timeout must be a text"),
        ({"interval": "0"}, "interval '0' is out of range"),
    ],
)
def test_check_refuses(inputs: dict[str, Any], problem: str, shared: ProviderProcess, clouds: MockClouds) -> None:
    (reason,) = failures(shared, gate(**inputs))
    assert reason.startswith(problem)
    assert "\nhint: " in reason
    assert clouds.request_count() == 0


@pytest.mark.parametrize(
    "inputs",
    [
        gate(),
        gate(until="self.running", fail_on='self.type == "IDLE"', timeout="1h30m", interval="90s", triggers=["a"]),
        gate(fail_on=False, timeout="0"),
        # Only the program's row warns of these.
        gate(until='self.type == "TIMNG"'),
        gate(targets=UNKNOWN, until="nothing can be said of this"),
        gate(targets={"self": UNKNOWN}, until="nor of this"),
        gate(targets={"self": {**lease_target(), "kind": UNKNOWN}}, until="nor of this"),
        gate(targets={"self": {**lease_target(), "notebook_id": UNKNOWN}}, until="self.running"),
        gate(targets={"self": lease_target(profile=UNKNOWN)}),
        gate(until=UNKNOWN, fail_on=UNKNOWN, timeout=UNKNOWN, interval=UNKNOWN, triggers=UNKNOWN, status_urn=UNKNOWN),
        gate(triggers=[UNKNOWN, {"a": [UNKNOWN]}]),
        {},
    ],
)
def test_check_gives_the_inputs_back_as_they_are(
    inputs: dict[str, Any], shared: ProviderProcess, clouds: MockClouds
) -> None:
    reply = shared.call("Check", check_request(inputs, gate_blob()))
    # What has no target at all is refused, and given back too.
    assert bool(reply.failures) is (not inputs)
    assert MessageToDict(reply)["inputs"] == {**inputs, "__provider": gate_blob()}
    assert clouds.request_count() == 0


def test_what_is_known_beside_an_unknown_id_is_checked(shared: ProviderProcess) -> None:
    targets = {"self": {**lease_target(), "notebook_id": UNKNOWN}}
    (reason,) = failures(shared, {"targets": targets, "until": "self.runing", "triggers": [UNKNOWN]})
    assert reason.startswith("until: self.runing is not a field of modelarts:NotebookLease; did you mean self.running?")


ASSET = {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", "hash": "a", "path": "x.txt"}


@pytest.mark.parametrize("triggers", [[ASSET], {"file": [ASSET]}], ids=["in a list", "deeper"])
def test_check_refuses_a_file_that_the_sdk_could_not_read_again(triggers: Any, shared: ProviderProcess) -> None:
    assert failures(shared, gate(triggers=triggers)) == [
        "triggers cannot hold an asset or archive\nhint: give a hash of its content instead"
    ]


# Diff and update


ROWS: list[Any] = [
    pytest.param(gate(until="self.enable"), True, True, id="until"),
    pytest.param(gate(), True, True, id="until left out"),
    pytest.param(gate(until="self.running", fail_on="!self.enable"), True, True, id="fail_on"),
    pytest.param(gate(until="self.running", fail_on=False), True, True, id="fail_on False"),
    pytest.param(gate(2, until="self.running"), True, True, id="another target"),
    pytest.param(gate(until="self.running", targets={"self": lease_target(profile="other")}), True, True, id="profile"),
    pytest.param(gate(until="self.running", triggers=["b"]), True, True, id="triggers"),
    pytest.param(gate(until="self.running", timeout="5m"), True, False, id="timeout"),
    pytest.param(gate(until="self.running", interval="5s"), True, False, id="interval"),
    pytest.param(gate(until="self.running", timeout="1h", interval="9s", triggers=[1]), True, True, id="all of them"),
    pytest.param(gate(until="self.running"), False, False, id="nothing"),
    pytest.param(gate(until="self.running", status_urn="urn:renamed"), False, False, id="status_urn"),
]
BEFORE = gate(until="self.running")


@pytest.mark.parametrize(("news", "changes", "_waits"), ROWS)
def test_diff_finds_what_the_gate_is_asked_differently(
    news: dict[str, Any], changes: bool, _waits: bool, shared: ProviderProcess, clouds: MockClouds
) -> None:
    reply = shared.call("Diff", diff_request(stored(BEFORE), news, gate_blob()))
    expected = provider_pb2.DiffResponse.DIFF_SOME if changes else provider_pb2.DiffResponse.DIFF_NONE
    assert reply.changes == expected
    assert not reply.replaces
    assert not reply.deleteBeforeReplace
    assert clouds.request_count() == 0


def test_a_trigger_that_turns_from_one_to_true_is_a_change(shared: ProviderProcess) -> None:
    request = diff_request(stored({**BEFORE, "triggers": [1]}), {**BEFORE, "triggers": [True]}, gate_blob())
    assert shared.call("Diff", request).changes == provider_pb2.DiffResponse.DIFF_SOME


def test_a_new_provider_blob_is_no_change(shared: ProviderProcess) -> None:
    request = diff_request(stored(BEFORE), BEFORE, gate_blob())
    request.olds["__provider"] = read_blob()
    assert shared.call("Diff", request).changes == provider_pb2.DiffResponse.DIFF_NONE


@pytest.mark.parametrize(
    "unknown",
    [
        {"targets": UNKNOWN},
        {"targets": {"self": UNKNOWN}},
        {"targets": {"self": {**lease_target(), "notebook_id": UNKNOWN}}},
        {"until": UNKNOWN},
        {"fail_on": UNKNOWN},
        {"triggers": UNKNOWN},
        {"triggers": ["a", UNKNOWN]},
        {"timeout": UNKNOWN},
    ],
)
def test_what_is_unknown_may_change(unknown: dict[str, Any], shared: ProviderProcess) -> None:
    olds = stored({**BEFORE, "triggers": ["a", "b"]})
    news = {**BEFORE, "triggers": ["a", "b"], **unknown}
    assert shared.call("Diff", diff_request(olds, news, gate_blob())).changes == provider_pb2.DiffResponse.DIFF_SOME


def test_numbers_are_no_change_for_having_travelled(shared: ProviderProcess) -> None:
    olds, news = {**BEFORE, "triggers": [1, {"a": 2.0}]}, {**BEFORE, "triggers": [1.0, {"a": 2}]}
    reply = shared.call("Diff", diff_request(stored(olds), news, gate_blob()))
    assert reply.changes == provider_pb2.DiffResponse.DIFF_NONE


@pytest.mark.parametrize(("news", "_changes", "waits"), ROWS)
def test_an_update_waits_where_the_gate_is_asked_something_else(
    news: dict[str, Any], _changes: bool, waits: bool, shared: ProviderProcess, clouds: MockClouds
) -> None:
    for number in (1, 2):
        clouds.modelarts.put_lease(notebook(number), **LEASE)
        clouds.modelarts.put_lease(notebook(number), project_id="other-project", **LEASE)
    olds = stored(BEFORE)
    reply = shared.call("Update", update_request(olds, news, gate_blob(), ID))
    assert clouds.request_count() == int(waits)
    outputs = MessageToDict(reply)["properties"]
    given = {name: outputs.get(name) for name in ("targets", "until", "fail_on", "timeout", "interval", "triggers")}
    assert {name: value for name, value in given.items() if value is not None} == {
        name: value for name, value in news.items() if name != "status_urn"
    }
    assert (outputs["met_time"] == olds["met_time"]) is not waits
    assert set(outputs) == {*olds, *news, "__provider"} - ({"until"} - set(news))
    asked = news["targets"]["self"]
    seen = {name: outputs["states"]["self"][name] for name in ("notebook_id", "project_id")}
    project = "other-project" if asked.get("profile") == "other" else "mock-project"
    assert seen == {"notebook_id": asked["notebook_id"], "project_id": project}


def test_an_update_that_is_not_met_fails(shared: ProviderProcess, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(), status="STOPPED")
    news = gate(until="self.enable", timeout="0")
    text = shared.failure("Update", update_request(stored(BEFORE), news, gate_blob(), ID))
    assert text.startswith(f"modelarts:NotebookLease {notebook()}: timed out after 0s of 0s; wanted: self.enable; ")


def test_a_timeout_that_is_taken_back_leaves_the_state(shared: ProviderProcess, clouds: MockClouds) -> None:
    olds = stored({**BEFORE, "timeout": "1h", "interval": "5s"})
    reply = shared.call("Update", update_request(olds, BEFORE, gate_blob(), ID))
    assert set(MessageToDict(reply)["properties"]) == {*olds, "__provider"} - {"timeout", "interval"}
    assert clouds.request_count() == 0


# Read and delete


def test_a_refresh_keeps_what_was_seen_and_asks_nothing(shared: ProviderProcess, clouds: MockClouds) -> None:
    kept = stored({**BEFORE, "triggers": [1, "a"]})
    reply = shared.call("Read", stored_request(kept, gate_blob(), ID))
    assert reply.id == ID
    # The SDK drops nulls on the way in; they are missing, not changed, to the engine.
    del kept["states"]["self"]["not_running_reason"]
    assert MessageToDict(reply)["properties"] == {**kept, "__provider": gate_blob()}
    assert clouds.request_count() == 0


def test_a_delete_does_nothing(shared: ProviderProcess, clouds: MockClouds) -> None:
    shared.call("Delete", delete_request(stored(BEFORE), gate_blob(), ID))
    assert clouds.request_count() == 0
