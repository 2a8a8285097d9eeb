"""A gate that is awaiting, over the wire: what it answers the engine, and what keeps when its wait began."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

import grpc
import pytest
from gate_wire import LOSSES, OFF, URN, gate, stored, timeless
from google.protobuf.json_format import MessageToDict
from lease_support import STOPPED, notebook
from nbcloud_support import LIMIT_SECONDS, eventually
from provider_process import (
    FakeEngine,
    ProviderProcess,
    check_request,
    create_request,
    delete_request,
    diff_request,
    error_text,
    gate_blob,
    stored_request,
    update_request,
)
from pulumi.runtime import rpc
from pulumi.runtime.proto import engine_pb2

from pulumi_nbcloud.clock import text
from pulumi_nbcloud.engine.values import plain
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.program.stored import serialized
from pulumi_nbcloud.provider.wait_start import WaitStartProvider
from pulumi_nbcloud.waiting.again import WAIT_AGAIN
from pulumi_nbcloud.waiting.start import digest_of

BLOB = serialized(WaitStartProvider())
PASTED = URN.replace("nbcloud:Gate", "nbcloud:WaitStart").replace("::", ":'':")
START = URN.replace("nbcloud:Gate", "nbcloud:WaitStart")
# A google.rpc.Status: code 2, a message, one detail without a content.
AWAITING = b"\x08\x02\x12\x08awaiting\x1a\x38\x0a\x36type.googleapis.com/pulumirpc.ErrorResourceAwaitFailed"
GOES_ON = "hint: run `pulumi up` again: the gate goes on, and its deadline stays"
LOST = "NBCLOUD_PROVIDER_PATCHES is off: a gate that is awaiting fails the update"
SOMETHING_ELSE = {
    "targets": {"self": {"kind": "hpcai:Instance", "instance_id": "i"}},
    "until": "self.running == false",
    "fail_on": False,
    "not_found": "met",
    "allow_absent": True,
    "consecutive": 2.0,
    "holds_for": "2s",
    "fail_holds_for": "2s",
    "triggers": ["b"],
}


def ago(seconds: float) -> str:
    return text(datetime.now(timezone.utc) - timedelta(seconds=seconds))


def held(started: str | None, **inputs: Any) -> dict[str, Any]:
    """The inputs of a gate with `hold` whose wait began at some time."""
    given = gate(**{"hold": "0", "timeout": "40h", **inputs})
    start = {"started": started or rpc.UNKNOWN, "digest": digest_of(given), "urn": START}
    return {**given, "wait_start": start}


def failed(process: ProviderProcess, method: str, request: Any) -> tuple[str, dict[str, Any]]:
    """The text of an error, and the metadata at its end."""
    with pytest.raises(grpc.RpcError) as raised:
        process.begin(method, request).result(LIMIT_SECONDS)
    error: Any = raised.value
    assert error.code() is grpc.StatusCode.UNKNOWN
    return error_text(error), dict(error.trailing_metadata())


@pytest.fixture
def stopped(clouds: MockClouds) -> MockClouds:
    clouds.modelarts.put_lease(notebook(), status="STOPPED")
    return clouds


def messages(engine: FakeEngine) -> list[Any]:
    """What stays of what an engine was sent."""
    return [each for each in engine.logs if not each.ephemeral]


def ends(engine: FakeEngine) -> list[Any]:
    """What a row shows of a gate that is awaiting."""
    return [each for each in engine.logs if each.ephemeral and each.message.startswith("awaiting until ")]


@pytest.mark.parametrize("enforcement", ["mandatory", "advisory"])
def test_a_gate_that_is_awaiting_says_so_to_the_engine_and_what_is_awaited_on_its_row(
    stopped: MockClouds, enforcement: str
) -> None:
    started = ago(3610)
    inputs = held(started, enforcement=enforcement, until="self.running && self.duration > 1")
    with FakeEngine() as engine, ProviderProcess(stopped.environment(), engine=engine.address) as process:
        ended, metadata = failed(process, "Create", create_request(inputs, gate_blob()))
        again, more = failed(process, "Update", update_request(stored(gate()), inputs, gate_blob()))
        # Each is sent on its way at once, so they may come late and in any order.
        eventually(lambda: len(messages(engine)) == len(ends(engine)) == 2, "a message and the end of a row for each")
        assert process.errors() == ""
    assert metadata["grpc-status-details-bin"] == more["grpc-status-details-bin"] == AWAITING
    # What an engine shows that does not know it.
    expected = re.escape(
        f"modelarts:NotebookLease {notebook()}: awaiting after 1hNs of 40h\n"
        "  reason: Pulumi before 3.272.0 takes this for a failure\n" + GOES_ON
    )
    for each in (ended, again):
        assert re.fullmatch(expected, re.sub(r"1h\d+s", "1hNs", each))
    (message, also), (line, _) = messages(engine), ends(engine)
    assert also.message.startswith(f"modelarts:NotebookLease {notebook()}: awaiting after ")
    assert (message.severity, message.urn) == (engine_pb2.INFO, URN)
    deadline = text(datetime.strptime(started, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc) + timedelta(hours=40))
    lines = re.sub(r"[0-9a-f]{32}", "ID", re.sub(r"1h\d+s", "1hNs", message.message)).splitlines()
    lines = [re.sub(r"\(\d+s ago\)", "(Ns ago)", each) for each in lines]
    assert lines == [
        f"modelarts:NotebookLease {notebook()}: awaiting after 1hNs of 40h",
        "  expected: self.running && self.duration > 1",
        "  not met: self.running: running is false",
        "  not met: self.duration > 1: duration is null",
        f"  actual: {STOPPED} (Ns ago)",
        f"  deadline: {deadline}",
        "  polls: 1",
        "  request id: ID",
        GOES_ON,
    ]
    assert line.message.startswith(f"awaiting until {deadline}; running false; not_running_reason NOT_RUNNING; ")


def test_nothing_of_a_secret_is_in_what_is_said_of_a_gate_that_is_awaiting(stopped: MockClouds) -> None:
    inputs = held(ago(5), secret_inputs=["targets.self.notebook_id", "until"], until="self.running && !self.running")
    with FakeEngine() as engine, ProviderProcess(stopped.environment(), engine=engine.address) as process:
        ended, _ = failed(process, "Create", create_request(inputs, gate_blob()))
    shown = "\n".join((ended, *(each.message for each in engine.logs)))
    assert notebook() not in shown
    assert "!self.running" not in shown
    assert "modelarts:NotebookLease [secret]: awaiting after " in shown


def test_without_the_patch_the_update_fails_and_the_loss_is_told_to_gates_with_hold_alone(stopped: MockClouds) -> None:
    with FakeEngine() as engine, ProviderProcess({**stopped.environment(), **OFF}, engine=engine.address) as process:
        failed(process, "Create", create_request(gate(timeout="0"), gate_blob()))
        eventually(lambda: set(engine.messages(URN)) >= LOSSES, "the losses of every gate")
        assert LOST not in engine.messages(URN)
        ended, metadata = failed(process, "Create", create_request(held(ago(5)), gate_blob()))
        eventually(lambda: LOST in engine.messages(URN), "the loss")
    assert "grpc-status-details-bin" not in metadata
    assert re.search(
        r": awaiting after \d+s of 40h\n  reason: the engine could not be told, so the update fails\n"
        + re.escape(GOES_ON),
        ended,
    )


def test_once_the_deadline_is_over_one_poll_ends_it_and_the_hint_says_how_to_begin_again(stopped: MockClouds) -> None:
    started = ago(41 * 3600)
    with ProviderProcess(stopped.environment()) as process:
        ended, metadata = failed(process, "Create", create_request(held(started, hold="10m"), gate_blob()))
        failing = held(started, fail_on="!self.running")
        for_good, _ = failed(process, "Create", create_request(failing, gate_blob()))
        # Most of a month cannot be made twice as long.
        longest = held(ago(29 * 86400), timeout="500h")
        last, _ = failed(process, "Create", create_request(longest, gate_blob()))
        stopped.modelarts.add_transition(notebook(), status="RUNNING")
        met = process.call("Create", create_request(held(started), gate_blob()))
    assert "grpc-status-details-bin" not in metadata
    assert len(stopped.requests) == 4
    headline, _, hint = ended.partition("\n")
    assert re.sub(r"41h\d*s?", "41h", headline) == f"modelarts:NotebookLease {notebook()}: timed out after 41h of 40h"
    deadline = text(datetime.strptime(started, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc) + timedelta(hours=40))
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    how = (
        re.escape(f"; the deadline was {deadline}, so the next update polls once: to wait longer, write ")
        + 'timeout="80h"'
        + rf'; to begin again, write triggers=\["{moment}"\], or run:\n  pulumi up --replace {re.escape(PASTED)}'
    )
    assert re.search(f"; or give a longer timeout{how}$", hint)
    assert re.search(f"; run again once it is fixed{how}$", for_good)
    assert 'write timeout="720h"; ' in last
    assert met.properties["outcome"] == "met"
    assert met.properties["elapsed_seconds"] > 41 * 3600 - 1


def test_what_overrides_a_cloud_that_is_down_stands_below_what_begins_again(clouds: MockClouds) -> None:
    clouds.faults.add(service="modelarts", status=503, count=50)
    with ProviderProcess(clouds.environment()) as process:
        ended, _ = failed(process, "Create", create_request(held(ago(41 * 3600)), gate_blob()))
    *_, begin_again, go_on, override = ended.splitlines()
    assert begin_again == f"  pulumi up --replace {PASTED}"
    assert go_on == "hint: to go on without a response, for an hour:"
    assert override.startswith("  pulumi config set-all ")


def test_a_name_that_a_shell_would_read_is_quoted(stopped: MockClouds) -> None:
    inputs = held(ago(41 * 3600))
    inputs["wait_start"]["urn"] = "urn:pulumi:test::probe::my:Part$pulumi-python:dynamic/nbcloud:WaitStart::it's ready"
    with ProviderProcess(stopped.environment()) as process:
        ended, _ = failed(process, "Create", create_request(inputs, gate_blob()))
    assert ended.endswith(
        "--replace 'urn:pulumi:test:'':probe:'':my:Part$pulumi-python:dynamic/nbcloud:WaitStart:'':it'\"'\"'s ready'"
    )


@pytest.mark.parametrize(
    ("inputs", "ended"),
    [
        ({"hold": "1h", "timeout": "0"}, "timed out after "),
        ({"hold": "0", "timeout": "0"}, "timed out after "),
        ({"timeout": "0"}, "timed out after "),
    ],
)
def test_hold_that_is_not_shorter_than_the_timeout_knows_no_deadline_of_before(
    stopped: MockClouds, inputs: dict[str, Any], ended: str
) -> None:
    with ProviderProcess(stopped.environment()) as process:
        found, _ = failed(process, "Create", create_request({**held(ago(3600)), **inputs}, gate_blob()))
    assert f": {ended}" in found
    assert " polls once" not in found
    assert "after 1h" not in found


def test_a_clock_that_is_behind_is_warned_of_and_a_start_that_is_missing_refused(stopped: MockClouds) -> None:
    with FakeEngine() as engine, ProviderProcess(stopped.environment(), engine=engine.address) as process:
        failed(process, "Create", create_request(held(ago(-30)), gate_blob()))
        late, _ = failed(process, "Create", create_request(held(ago(-7200)), gate_blob()))
        without = {name: value for name, value in held(ago(5)).items() if name != "wait_start"}
        before = stopped.request_count()
        refused, _ = failed(process, "Create", create_request(without, gate_blob()))
        assert stopped.request_count() == before
    assert re.search(r": awaiting after \d+s of 40h\n", late)
    (warning,) = [each.message for each in engine.logs if each.severity == engine_pb2.WARNING]
    assert re.fullmatch(
        r"this wait began at \S+Z, but the clock of this machine is (2h|1h59m\d+s) behind that\n"
        "hint: set the clock; until then the deadline is that much later",
        warning,
    )
    assert refused == (
        "hold: when the wait of this gate began is not known\n"
        "hint: leave the input wait_start of a gate as it is; transformations must not take it out"
    )


def test_a_gate_that_is_in_state_and_awaiting_is_told_of_as_the_engine_compares_it(clouds: MockClouds) -> None:
    started = ago(3600)
    other = held(started, until="!self.running")
    with FakeEngine() as engine, ProviderProcess(clouds.environment(), engine=engine.address) as process:
        for news in (
            # Neither where its outcome stands, nor where its wait is only about to begin.
            {**held(started, interval="9s")},
            held(None, until="!self.running"),
            held(ago(-1), until="!self.running"),
            held(started, until="!self.running", hold="40h"),
            held(started, until="!self.runing"),
            gate(until="!self.running"),
            other,
        ):
            process.call("Diff", diff_request(stored(gate()), news, gate_blob()))
        eventually(lambda: engine.logs != [], "the line")
    until = text(datetime.strptime(started, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc) + timedelta(hours=40))
    assert [(each.message, each.ephemeral) for each in engine.logs] == [
        (f"awaiting since {started}, until {until}", False)
    ]
    assert clouds.requests == []


def test_a_gate_refuses_the_start_of_another_wait(clouds: MockClouds) -> None:
    inputs = held(ago(5))
    other = {**inputs, "until": "!self.running"}
    with ProviderProcess(clouds.environment()) as process:
        good = process.call("Check", check_request(inputs, gate_blob()))
        unknown = {**other, "wait_start": {**other["wait_start"], "digest": rpc.UNKNOWN}}
        not_yet = process.call("Check", check_request(unknown, gate_blob()))
        bad = process.call("Check", check_request(other, gate_blob()))
    assert (list(good.failures), list(not_yet.failures)) == ([], [])
    assert [each.reason for each in bad.failures] == [
        "hold: the WaitStart of this gate began for something else than the gate waits for\n"  # noqa: ISC004
        "hint: what changes the inputs of one must change those of the other; with --target, name both: "
        f"--target {PASTED}"
    ]
    assert clouds.requests == []


# The resource that keeps when a wait began.


def beginning(given: dict[str, Any], **inputs: Any) -> dict[str, Any]:
    """Its inputs as a program declares it for a gate."""
    return {"digest": {name: given[name] for name in WAIT_AGAIN if name in given}, "status_urn": START, **inputs}


def checked(process: ProviderProcess, inputs: dict[str, Any]) -> dict[str, Any]:
    response = process.call("Check", check_request(inputs, BLOB))
    assert list(response.failures) == []
    found: dict[str, Any] = MessageToDict(response.inputs)
    assert found.pop("__provider") == BLOB
    return found


def test_what_is_kept_is_a_moment_and_no_more_of_the_wait_than_a_digest(clouds: MockClouds) -> None:
    inputs = gate(until="self.running", triggers=[1, 2.5, {"a": ["b"]}], consecutive=3)
    with ProviderProcess(clouds.environment()) as process:
        kept = checked(process, beginning(inputs))
        created = process.call("Create", create_request(kept, BLOB))
        properties = MessageToDict(created)["properties"]
        refreshed = process.call("Read", stored_request(properties, BLOB, created.id))
        process.call("Delete", delete_request(properties, BLOB, created.id))
        unknown = checked(process, beginning({**inputs, "triggers": rpc.UNKNOWN}, timeout=rpc.UNKNOWN))
        assert process.errors() == ""
    assert kept == {"digest": digest_of(inputs), "timeout": "30m", "enforcement": "mandatory", "status_urn": START}
    assert re.fullmatch("[0-9a-f]{32}", created.id)
    assert set(properties) == {*kept, "started", "__provider"}
    age = datetime.now(timezone.utc) - datetime.strptime(properties["started"], "%Y-%m-%dT%H:%M:%S%z")
    assert timedelta() <= age < timedelta(seconds=LIMIT_SECONDS)
    assert MessageToDict(refreshed.properties) == properties
    assert unknown["timeout"] == rpc.UNKNOWN
    assert rpc.UNKNOWN in str(unknown["digest"])


def test_the_digest_changes_with_what_the_gate_waits_for_and_with_nothing_else() -> None:
    inputs = gate(until="self.running", timeout="1m")
    assert set(SOMETHING_ELSE) == set(WAIT_AGAIN)
    others = {name: digest_of({**inputs, name: value}) for name, value in SOMETHING_ELSE.items()}
    assert len({digest_of(inputs), *others.values()}) == len(WAIT_AGAIN) + 1
    # Numbers arrive as floats, nulls not at all, and targets in any order.
    assert digest_of(plain({**inputs, "consecutive": 2.0})) == digest_of({**inputs, "consecutive": 2, "fail_on": None})
    pair = {"a": inputs["targets"]["self"], "b": SOMETHING_ELSE["targets"]}
    assert digest_of({"targets": pair}) == digest_of({"targets": dict(reversed(pair.items()))})
    changed = {"timeout": "2m", "hold": "1s", "interval": "3s", "enforcement": "advisory", "wait_start": {"urn": "x"}}
    assert digest_of({**inputs, **changed}) == digest_of(inputs)


@pytest.mark.parametrize(
    ("old", "new", "changes", "replaces"),
    [
        ({}, {}, False, []),
        ({}, {"digest": "b"}, True, ["digest"]),
        ({"enforcement": "advisory"}, {"enforcement": "mandatory"}, True, ["enforcement"]),
        ({"enforcement": "disabled"}, {"enforcement": "advisory", "digest": "b"}, True, ["digest", "enforcement"]),
        # What holds up less goes on with its deadline.
        ({"enforcement": "mandatory"}, {"enforcement": "advisory"}, True, []),
        ({}, {"timeout": "60h"}, True, []),
    ],
)
def test_a_wait_begins_again_exactly_where_its_gate_waits_again(
    old: dict[str, str], new: dict[str, str], changes: bool, replaces: list[str]
) -> None:
    before = {"digest": "a", "enforcement": "mandatory", "timeout": "40h", "started": "2026-01-31T09:00:00Z", **old}
    after = {**before, **new}
    del after["started"]
    with ProviderProcess() as process:
        response = process.call("Diff", diff_request(before, after, BLOB))
        some = response.changes == response.DIFF_SOME
        assert (some, list(response.replaces), response.deleteBeforeReplace) == (changes, replaces, True)
        updated = MessageToDict(process.call("Update", update_request(before, after, BLOB)))["properties"]
    assert updated == {**after, "started": before["started"], "__provider": BLOB}


def test_a_deadline_that_moves_is_told() -> None:
    before = {"digest": "a", "enforcement": "mandatory", "timeout": "40h", "started": "2026-01-31T09:00:00Z"}
    with FakeEngine() as engine, ProviderProcess(engine=engine.address) as process:
        for news in (
            {"timeout": "40h"},
            {"timeout": "2400m"},
            {"timeout": rpc.UNKNOWN},
            {"timeout": "soon"},
            {"timeout": "60h", "digest": "b"},
            {"timeout": "60h"},
            {"timeout": "10h"},
        ):
            given = {"digest": "a", "enforcement": "mandatory", "status_urn": START, **news}
            process.call("Diff", diff_request(before, given, BLOB))
        eventually(lambda: len(engine.logs) == 2, "two lines")
    since = "the deadline moves: awaiting since 2026-01-31T09:00:00Z, until "
    assert sorted((each.urn, each.message, each.ephemeral) for each in engine.logs) == [
        (START, f"{since}2026-01-31T19:00:00Z, not 2026-02-02T01:00:00Z", False),
        (START, f"{since}2026-02-02T21:00:00Z, not 2026-02-02T01:00:00Z", False),
    ]


def test_what_the_gate_refuses_is_no_matter_of_its_start() -> None:
    with ProviderProcess() as process:
        kept = checked(process, beginning(gate(until=1), timeout="soon"))
        assert checked(process, beginning(gate(), timeout="2400m"))["timeout"] == "40h"
    assert kept["timeout"] == "soon"
    assert timeless("") == ""
