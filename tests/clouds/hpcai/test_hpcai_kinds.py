"""The kinds `hpcai:Instances` and `hpcai:Instance`: arguments, filters, what counts as ready and as failed."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import anyio
import pytest
from hpcai_support import DEFAULT_ENDPOINT, PAGE_ID, WHERE, Canned, account_of, listing, row, walked, with_part
from nbcloud_support import one_line, read

from pulumi_nbcloud.clouds.hpcai.instances import INSTANCE, INSTANCES
from pulumi_nbcloud.clouds.hpcai.state import InstancesState, InstanceState
from pulumi_nbcloud.condition import ConditionError, Evaluator, Moment, compile_conditions
from pulumi_nbcloud.errors import BadResponseError, InputError, NotFoundError

MOMENT = datetime(2026, 1, 31, tzinfo=timezone.utc)


def made(instance_id: str, status: str | None = "Running", name: str = "n", region: str | None = "r") -> dict[str, Any]:
    each = row(instance_id)
    each["instanceRuntimeInfo"]["status"] = status
    each["instanceSpecInfo"]["name"] = name
    each["instanceSpecInfo"]["regionInfo"] = None if region is None else {"name": region}
    return each


ROWS = [
    made("a", "Running", "one", "asia"),
    made("b", "running", "two", "asia"),
    made("c", "Stopped", "one", "europe"),
    made("d", "Odd", "ONE", None),
    {"instanceMetadata": {"instanceId": "e"}},
]


def client_of(rows: list[dict[str, Any]]) -> Canned:
    return Canned(lambda number, body: listing(rows, len(rows)))


def listed(**filters: str) -> InstancesState:
    account = account_of(client_of(ROWS))

    async def run() -> InstancesState:
        return await read(INSTANCES, account, INSTANCES.parse(filters))

    return anyio.run(run)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, "abcde"),
        ({"status": "Running"}, "ab"),
        ({"status": "rUNNING"}, "ab"),
        ({"status": "odd"}, "d"),
        ({"status": "Runnin"}, ""),
        ({"name": "one"}, "ac"),
        ({"name": "on"}, ""),
        ({"region": "asia"}, "ab"),
        ({"region": "Asia"}, ""),
        ({"status": "stopped", "name": "one", "region": "europe"}, "c"),
        ({"status": "running", "region": "europe"}, ""),
    ],
)
def test_filters_are_exact_but_for_the_case_of_a_status(filters: dict[str, str], expected: str) -> None:
    state = listed(**filters)
    assert "".join(each.instance_id for each in state.instances) == expected
    assert (state.endpoint, state.total) == (DEFAULT_ENDPOINT, 5)


def test_one_instance_and_its_absence() -> None:
    account = account_of(client_of(ROWS))

    async def run(instance_id: str) -> InstanceState:
        return await read(INSTANCE, account, INSTANCE.parse({"instance_id": instance_id}))

    assert anyio.run(run, "c").status == "Stopped"
    with pytest.raises(NotFoundError) as caught:
        anyio.run(run, "C")
    assert one_line(caught.value) == (
        "hpcai:Instance C: the account has no such instance; its whole list was read, instances in it: 5 "
        f"({WHERE}, request id r-2)\nhint: check its id, the endpoint and whose credentials these are"
    )


def test_both_kinds_and_all_arguments_ask_one_question() -> None:
    keys = {
        INSTANCE.request_key_of(INSTANCE.parse({"instance_id": "a"})),
        INSTANCE.request_key_of(INSTANCE.parse({"instance_id": "b", "profile": "other"})),
        INSTANCES.request_key_of(INSTANCES.parse({})),
        INSTANCES.request_key_of(INSTANCES.parse({"status": "Running"})),
    }
    assert len(keys) == 1


@pytest.mark.parametrize(
    ("values", "identity"),
    [
        ({}, "all"),
        ({"status": "Running"}, "status=Running"),
        ({"region": "r", "name": "n\x1b"}, "name=n?, region=r"),
    ],
)
def test_a_list_is_called_by_its_filters(values: dict[str, str], identity: str) -> None:
    assert INSTANCES.identify(INSTANCES.parse(values)) == identity


@pytest.mark.parametrize("instance_id", ["", " ", "a b", "a\n", "é", "\x7f", "x" * 257, "\ud800"])
def test_an_id_that_cannot_be_one_is_refused_unsent(instance_id: str) -> None:
    with pytest.raises(InputError) as caught:
        INSTANCE.parse({"instance_id": instance_id})
    assert str(caught.value) == (
        "hpcai:Instance: instance_id must be 1 to 256 printable ASCII characters without blanks or any of "
        "/ \\ ? # %, and not dots alone\nhint: correct the argument; nothing was sent"
    )


@pytest.mark.parametrize("instance_id", [PAGE_ID, "a", "..x", "x" * 256])
def test_an_id_is_taken_as_it_is(instance_id: str) -> None:
    assert INSTANCE.identify(INSTANCE.parse({"instance_id": instance_id})) == instance_id


@pytest.mark.parametrize(
    ("kind", "values", "problem"),
    [
        (INSTANCE, {}, "instance_id is missing"),
        (INSTANCE, {"instance_id": 7}, "instance_id Input should be a valid string"),
        (INSTANCE, {"instance_id": "a", "status": "x"}, "status is not an argument; known are instance_id, profile"),
        (INSTANCES, {"name": ""}, "name must be 1 to 1,024 characters; leave it out to take all"),
        (INSTANCES, {"region": "x" * 1025}, "region must be 1 to 1,024 characters; leave it out to take all"),
        (INSTANCES, {"status": 7}, "status Input should be a valid string"),
        (INSTANCES, {"id": "a"}, "id is not an argument; known are status, name, region, profile"),
    ],
)
def test_other_arguments_that_cannot_be_right(kind: Any, values: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError) as caught:
        kind.parse(values)
    assert caught.value.problem == f"{kind.token}: {problem}"


# --- ready and failed


def state_of(**runtime: object) -> InstanceState:
    each = row()
    each["instanceRuntimeInfo"].update({"status": "Starting", "healthy": False, **runtime})
    found, _ = walked(lambda number, body: listing([each], 1))
    return found.instances[PAGE_ID]


def outcomes(*states: InstanceState, until: str | None = None) -> list[str]:
    evaluator = Evaluator(compile_conditions({"self": INSTANCE}, until, None))
    return [evaluator.decide({"self": state}, MOMENT).outcome for state in states]


@pytest.mark.parametrize(
    ("runtime", "outcome"),
    [
        ({"status": "Running", "healthy": True}, "met"),
        ({"status": "RUNNING", "healthy": True}, "met"),
        ({"status": "Running", "healthy": False}, "not_yet"),
        ({"status": "Running", "healthy": None}, "not_yet"),
        ({"status": None, "healthy": True}, "not_yet"),
        ({"status": "", "healthy": True}, "not_yet"),
        ({"status": "Starting"}, "not_yet"),
        ({"status": "Initializing"}, "not_yet"),
        ({"status": "Restarting"}, "not_yet"),
        ({"status": "PullingImage"}, "not_yet"),
        ({"status": "Stopped"}, "not_yet"),
        ({"status": "Stopping"}, "not_yet"),
        ({"status": "Odd"}, "not_yet"),
        ({"status": "StartingFailed"}, "failed"),
        ({"status": "InitializationFailed"}, "failed"),
        ({"status": "released"}, "failed"),
        ({"status": "Archived"}, "failed"),
    ],
)
def test_what_counts_as_ready_and_as_failed(runtime: dict[str, object], outcome: str) -> None:
    assert outcomes(state_of(**runtime)) == [outcome]


def test_waiting_for_released_is_not_failing() -> None:
    assert outcomes(state_of(status="Released"), until='self.status == "Released"') == ["met"]


BACK_OFF = {"diagnosisReason": "BackOff", "phase": "DownloadImage"}


@pytest.mark.parametrize(
    "stuck",
    [
        BACK_OFF,
        {"diagnosisReason": "BackOff", "phase": "", "status": "PullingImage"},
        {"diagnosisReason": "BackOff", "phase": "Start"},
        {**BACK_OFF, "status": None},
    ],
)
def test_a_back_off_fails_after_three_minutes_in_any_phase(stuck: dict[str, object]) -> None:
    bad, good = state_of(**stuck), state_of()
    evaluator = Evaluator(compile_conditions({"self": INSTANCE}))
    seen = [(0.0, bad), (170.0, bad), (175.0, good), (180.0, bad), (270.0, bad), (359.0, bad), (360.0, bad)]
    outcomes = [evaluator.decide({"self": state}, MOMENT, Moment.at(at)).outcome for at, state in seen]
    assert outcomes == ["not_yet"] * 6 + ["failed"]


@pytest.mark.parametrize(
    "other",
    [
        {"diagnosisReason": "", "phase": "DownloadImage"},
        {"diagnosisReason": None, "phase": "DownloadImage"},
        {"diagnosisReason": "Pulling", "status": "PullingImage"},
    ],
)
def test_other_diagnoses_wait(other: dict[str, object]) -> None:
    state = state_of(**other)
    assert outcomes(state, state, state, state) == ["not_yet"] * 4


def test_a_condition_reaches_into_the_nested_objects() -> None:
    condition = (
        "self.instance_spec_info.instance_type_info.gpu.amount == 0 && size(self.instance_spec_info.node_ports) == 1"
        " && self.instance_spec_info.node_ports.exists(p, p.port == 22) && self.instance_spec_info.region_info.name =="
        ' "asia-sg-1" && self.instance_runtime_info.create_time < now'
        " && self.instance_spec_info.instance_billing_info.price < 1"
        " && self.instance_runtime_info.instance_disk_usage_info.root_disk_used_gi < 3.0"
        " && size(self.instance_spec_info.remote_storages) == 1"
    )
    each = with_part("instanceSpecInfo.remoteStorages", [{"mountPath": "/data"}])
    found, _ = walked(lambda number, body: listing([each], 1))
    assert outcomes(found.instances[PAGE_ID], until=condition) == ["met"]


def test_a_condition_cannot_look_into_a_remote_storage() -> None:
    with pytest.raises(ConditionError):
        Evaluator(
            compile_conditions(
                {"self": INSTANCE}, "self.instance_spec_info.remote_storages[0].mountPath == '/data'", None
            )
        )


ODD = with_part("instanceRuntimeInfo.status", 7, "odd")
NAMELESS = row(instanceMetadata=None)


def read_with(kind: Any, rows: list[Any], values: dict[str, str]) -> Any:
    account = account_of(client_of(rows))

    async def run() -> Any:
        return await read(kind, account, kind.parse(values))

    return anyio.run(run)


@pytest.mark.parametrize("rows", [[ODD, row("good")], [row("good"), NAMELESS], [None, ODD, 7, None, row("good")]])
def test_an_odd_row_of_another_instance_is_left_out(rows: list[Any]) -> None:
    assert read_with(INSTANCE, rows, {"instance_id": "good"}).status == "Running"


def test_an_odd_row_of_the_very_instance_is_named() -> None:
    with pytest.raises(BadResponseError) as caught:
        read_with(INSTANCE, [ODD, row("good")], {"instance_id": "odd"})
    assert caught.value.problem.startswith(
        "the instance's row is not what the vendor's page describes: instanceRuntimeInfo.status: "
    )
    assert "look at the list of instances, whose `unreadable` names the rows" in (caught.value.hint or "")


def test_where_a_row_has_no_id_nothing_is_proven_gone() -> None:
    with pytest.raises(BadResponseError, match="the list does not tell"):
        read_with(INSTANCE, [NAMELESS, row("good")], {"instance_id": "other"})
    with pytest.raises(NotFoundError):
        read_with(INSTANCE, [ODD, row("good")], {"instance_id": "other"})


def test_the_list_names_the_rows_that_cannot_be_read_and_decides_no_condition() -> None:
    state = read_with(INSTANCES, [ODD, NAMELESS, row("good")], {})
    assert [each.instance_id for each in state.instances] == ["good"]
    assert (state.total, state.truncated) == (3, True)
    assert [each.partition(": ")[0] for each in state.unreadable] == ["odd", "row 1"]
    assert state.unreadable[1] == "row 1: instanceMetadata: Input should be an object, not null"
    until = 'self.instances.all(i, i.status == "Running")'
    evaluator = Evaluator(compile_conditions({"self": INSTANCES}, until, None))
    assert evaluator.decide({"self": state}, MOMENT).outcome == "not_yet"
    whole = read_with(INSTANCES, [row("good")], {})
    assert (whole.truncated, whole.unreadable) == (False, ())
    assert evaluator.decide({"self": whole}, MOMENT).outcome == "met"


def test_a_list_needs_a_condition_and_may_have_rows() -> None:
    until = 'size(self.instances) > 0 && self.instances.all(i, i.status == "Running")'
    evaluator = Evaluator(compile_conditions({"self": INSTANCES}, until, None))
    assert evaluator.decide({"self": listed(region="asia")}, MOMENT).outcome == "met"
    assert evaluator.decide({"self": listed(region="nowhere")}, MOMENT).outcome == "not_yet"
    assert evaluator.decide({"self": listed()}, MOMENT).outcome == "not_yet"


def test_what_the_kinds_say_of_themselves() -> None:
    assert (INSTANCE.not_found_is_gone, INSTANCE.headline) == (
        True,
        ("name", "status", "phase", "diagnosis_reason", "healthy"),
    )
    assert [each.holds_for for each in INSTANCE.failed] == [0, 0, 0, 0, 180]
    assert (INSTANCES.ready, INSTANCES.failed) == (None, ())
    assert {"truncated", "unreadable"} < set(INSTANCES.state_names)
