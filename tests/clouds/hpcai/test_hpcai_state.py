"""An HPC-AI instance as a typed state: every field of the page, and what the wild adds to it."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hpcai_support import DEFAULT_ENDPOINT, PAGE, PAGE_ID, ROW, listing, row, walked, with_part

from pulumi_nbcloud.clouds.hpcai import state as states
from pulumi_nbcloud.clouds.hpcai.state import (
    STATUSES,
    ImageInfo,
    InstanceAuth,
    InstanceBillingInfo,
    InstanceCapacity,
    InstanceConfiguration,
    InstanceDiskAmountInfo,
    InstanceDiskAmountRequest,
    InstanceDiskUsageInfo,
    InstanceMetadata,
    InstanceRuntimeInfo,
    InstanceSpecInfo,
    InstanceState,
    InstanceTypeInfo,
    NodePort,
    RegionInfo,
)
from pulumi_nbcloud.kinds.fields import stable, volatile_fields


def state_of(made: dict[str, Any]) -> InstanceState:
    found, _ = walked(lambda number, body: listing([made], 1))
    (state,) = found.instances.values()
    return state


def test_every_value_of_the_pages_example() -> None:
    # The example counts 92 and shows one; the rest of the list follows in pages of its own size.
    state = state_of(PAGE["instances"][0])
    assert state == InstanceState(
        instance_id=PAGE_ID,
        endpoint=DEFAULT_ENDPOINT,
        name="example-instance",
        status="Running",
        phase=None,
        diagnosis_reason=None,
        healthy=True,
        instance_metadata=InstanceMetadata(
            instance_auth=InstanceAuth(owner_user_name="08f6f261-xxxx-xxxx-xxxx-85e6ae32f492"),
            instance_id=PAGE_ID,
            instance_username="username",
            instance_name=None,
        ),
        instance_spec_info=InstanceSpecInfo(
            name="example-instance",
            instance_billing_info=InstanceBillingInfo(
                charge_mode="perHour", duration=1, price=0.23999999463558197, unit="$", type="On-Demand"
            ),
            image_info=ImageInfo(architecture="", is_public="", name="", tags=(), type=""),
            instance_configuration=InstanceConfiguration(
                enable_common_data=False,
                enable_docker=False,
                instance_disk_amount_request=InstanceDiskAmountRequest(
                    root_disk_amount_gi_req=0, data_disk_amount_gi_req=0
                ),
                docker_storage_size=0,
            ),
            instance_type_info=InstanceTypeInfo(
                instance_id="ee90dd8f-xxxx-xxxx-xxxx-c3ff72915722",
                instance_type_name="",
                cpu=InstanceCapacity(amount=8, type="INTEL(R) XEON(R) PLATINUM 8558", unit=""),
                memory=InstanceCapacity(amount=16, type="", unit="GB"),
                gpu=InstanceCapacity(amount=0, type="", unit=""),
                disk=InstanceCapacity(amount=50, type="nvme", unit="GB"),
            ),
            region_info=RegionInfo(
                domain="asia-sg-1.hpc-ai.com",
                location="Asia,Singapore",
                name="asia-sg-1",
                ssh_address="122.xx.xx.202",
                value="",
                region_id="fce31a0c-xxxx-xxxx-xxxx-41caa1bdd251",
            ),
            remote_storages=(),
            node_ports=(NodePort(port=22, address="122.xx.xx.202", node_port=31674),),
            is_spot_instance=False,
        ),
        instance_runtime_info=InstanceRuntimeInfo(
            create_at_unix_ms=1751527726179,
            create_time="2025-07-03T07:28:46.179Z",
            status="Running",
            phase="",
            message="",
            diagnosis_reason="",
            diagnosis_message="",
            healthy=True,
            sub_url=f"/notebook/{PAGE_ID}/{PAGE_ID}-0",
            instance_disk_usage_info=InstanceDiskUsageInfo(root_disk_used_gi=2.48, data_disk_used_gi=0),
            instance_disk_amount_info=InstanceDiskAmountInfo(root_disk_amount_gi=50, data_disk_amount_gi=50),
            stop_timestamp=None,
            scheduled_stop_timestamp=None,
        ),
    )
    assert state.instance_runtime_info is not None
    # Twins are made of their field, so equality above says nothing of this one.
    assert state.instance_runtime_info.create_time == "2025-07-03T07:28:46.179Z"


def leaves(value: object, path: str = "") -> dict[str, object]:
    if isinstance(value, dict) and value:
        return {name: each for key in value for name, each in leaves(value[key], f"{path}.{key}".strip(".")).items()}
    if isinstance(value, list) and value:
        return leaves(value[0], f"{path}[0]")
    return {path: value}


def snake(name: str) -> str:
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name).lstrip("_")


@pytest.mark.parametrize("path", sorted(leaves(ROW)))
def test_every_leaf_of_the_example_has_its_field_under_the_vendors_name(path: str) -> None:
    place: Any = state_of(ROW)
    for part in path.split("."):
        name, _, listed = part.partition("[")
        place = getattr(place, snake(name))
        place = place[0] if listed else place
    value = leaves(ROW)[path]
    expected = {"null": (), "[]": ()}.get(json.dumps(value), value)
    if path.endswith("opTimestamp"):
        expected = None
    assert place == expected


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("instanceRuntimeInfo.status", "RUNNING", "Running"),
        ("instanceRuntimeInfo.status", "pullingimage", "PullingImage"),
        ("instanceRuntimeInfo.status", "Hibernating", "Hibernating"),
        ("instanceRuntimeInfo.status", "", ""),
        ("instanceRuntimeInfo.status", None, None),
        ("instanceRuntimeInfo.stopTimestamp", 1751527726, 1751527726),
        ("instanceRuntimeInfo.stopTimestamp", 1751527726179, 1751527726179),
        ("instanceRuntimeInfo.stopTimestamp", "1751527726", 1751527726),
        ("instanceRuntimeInfo.stopTimestamp", "0", None),
        ("instanceRuntimeInfo.stopTimestamp", 0.0, None),
        ("instanceRuntimeInfo.stopTimestamp", None, None),
        ("instanceRuntimeInfo.scheduledStopTimestamp", -62135596800, -62135596800),
        ("instanceRuntimeInfo.createAtUnixMs", "1751527726179", 1751527726179),
        ("instanceRuntimeInfo.createAtUnixMs", None, None),
        ("instanceRuntimeInfo.healthy", None, None),
        ("instanceRuntimeInfo.instanceDiskUsageInfo", None, None),
        ("instanceSpecInfo.imageInfo.isPublic", "true", "true"),
        ("instanceSpecInfo.imageInfo.isPublic", True, "true"),
        ("instanceSpecInfo.imageInfo.isPublic", False, "false"),
        ("instanceSpecInfo.imageInfo.tags", ["a", "b"], ("a", "b")),
        ("instanceSpecInfo.imageInfo", None, None),
        ("instanceSpecInfo.instanceBillingInfo.chargeMode", "PERHOUR", "perHour"),
        ("instanceSpecInfo.instanceBillingInfo.chargeMode", "perYear", "perYear"),
        ("instanceSpecInfo.instanceBillingInfo.price", 1, 1.0),
        ("instanceSpecInfo.instanceTypeInfo.cpu.amount", 0.5, 0.5),
        ("instanceSpecInfo.nodePorts", None, ()),
        ("instanceSpecInfo.remoteStorages", None, ()),
        ("instanceMetadata.instanceAuth", None, None),
    ],
)
def test_odd_values(path: str, value: object, expected: object) -> None:
    place: Any = state_of(with_part(path, value))
    for part in path.split("."):
        place = getattr(place, snake(part))
    assert place == expected
    assert type(place) is type(expected)


def test_a_time_of_zero_has_no_text() -> None:
    runtime = state_of(with_part("instanceRuntimeInfo.createAtUnixMs", 0)).instance_runtime_info
    assert runtime is not None
    assert (runtime.create_at_unix_ms, runtime.create_time) == (0, None)


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_of_the_page_has_the_vendors_spelling(status: str) -> None:
    state = state_of(with_part("instanceRuntimeInfo.status", status.upper()))
    assert (state.status, getattr(state.instance_runtime_info, "status", None)) == (status, status)


def test_only_the_id_is_needed() -> None:
    assert state_of({"instanceMetadata": {"instanceId": "a"}, "isNew": [1]}) == InstanceState(
        instance_id="a", endpoint=DEFAULT_ENDPOINT, instance_metadata=InstanceMetadata(instance_id="a")
    )
    assert state_of(row("a", instanceSpecInfo=None, instanceRuntimeInfo=None)).status is None


def test_the_name_may_come_from_the_metadata() -> None:
    made = with_part("instanceMetadata.instanceName", "from metadata")
    assert state_of(made).name == "example-instance"
    made["instanceSpecInfo"]["name"] = ""
    assert state_of(made).name == "from metadata"


def test_conveniences_leave_out_empty_texts() -> None:
    made = with_part("instanceRuntimeInfo.phase", "DownloadImage")
    made["instanceRuntimeInfo"]["diagnosisReason"] = "BackOff"
    state = state_of(made)
    assert (state.phase, state.diagnosis_reason) == ("DownloadImage", "BackOff")


def test_remote_storages_keep_the_wires_keys_but_nothing_that_could_be_a_secret() -> None:
    storage = {
        "mountPath": "/data",
        "quota": {"amount": 5, "accessKey": "canary", "list": [{"secret_key": "canary", "ok": None}]},
        "password": "canary",
        "AuthToken": "canary",
        "credentials": {"a": "canary"},
    }
    state = state_of(with_part("instanceSpecInfo.remoteStorages", [storage, "plain"]))
    assert state.instance_spec_info is not None
    assert state.instance_spec_info.remote_storages == (
        {"mountPath": "/data", "quota": {"amount": 5, "list": [{"ok": None}]}},
        {"value": "plain"},
    )
    assert "canary" not in json.dumps(state.to_dict())


def test_disk_usage_is_volatile_and_nothing_else() -> None:
    records = [each for each in vars(states).values() if dataclasses.is_dataclass(each) and isinstance(each, type)]
    found = {each.__name__: volatile_fields(each) for each in records if volatile_fields(each)}
    assert found == {"InstanceRuntimeInfo": {"instance_disk_usage_info"}}
    state = state_of(ROW)
    kept, whole = stable(state), state.to_dict()
    assert whole["instance_runtime_info"].pop("instance_disk_usage_info") == {
        "root_disk_used_gi": 2.48,
        "data_disk_used_gi": 0,
    }
    assert kept == whole


@pytest.mark.parametrize(
    ("made", "field"),
    [
        ({}, "instanceMetadata"),
        (row(instanceMetadata=None), "instanceMetadata"),
        ({"instanceMetadata": {}}, "instanceMetadata.instanceId"),
        (with_part("instanceMetadata.instanceId", None), "instanceMetadata.instanceId"),
        (with_part("instanceMetadata.instanceId", ""), "instanceMetadata.instanceId"),
        (with_part("instanceMetadata.instanceId", 7), "instanceMetadata.instanceId"),
        (with_part("instanceRuntimeInfo.healthy", "canary"), "instanceRuntimeInfo.healthy"),
        (with_part("instanceRuntimeInfo.createAtUnixMs", -1), "instanceRuntimeInfo.createAtUnixMs"),
        (with_part("instanceRuntimeInfo.stopTimestamp", True), "instanceRuntimeInfo.stopTimestamp"),
        (with_part("instanceRuntimeInfo.stopTimestamp", 1.5), "instanceRuntimeInfo.stopTimestamp"),
        (with_part("instanceSpecInfo.nodePorts", {}), "instanceSpecInfo.nodePorts"),
        (with_part("instanceSpecInfo.remoteStorages", "x"), "instanceSpecInfo.remoteStorages"),
        (
            with_part("instanceSpecInfo.instanceBillingInfo.price", "canary"),
            "instanceSpecInfo.instanceBillingInfo.price",
        ),
        (
            with_part("instanceSpecInfo.instanceConfiguration.InstanceDiskAmountRequest", 7),
            "instanceSpecInfo.instanceConfiguration.InstanceDiskAmountRequest",
        ),
        (7, ""),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_row_that_does_not_fit_is_named_without_its_value(made: object, field: str) -> None:
    found, _ = walked(lambda number, body: listing([made, row("good")], 2))
    assert list(found.instances) == ["good"]
    ((name, what),) = found.unreadable.items()
    assert what.startswith(f"{field}: " if field else "Input should be an object, not a number")
    named = field.startswith(("instanceRuntime", "instanceSpec"))
    assert (name, found.nameless) == ((PAGE_ID, False) if named else ("row 1", True))
    assert "canary" not in what


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ("canary", None),
        ([], None),
        ({"rootDiskUsedGi": "much"}, None),
        ({"rootDiskUsedGi": "2.48"}, InstanceDiskUsageInfo(root_disk_used_gi=2.48)),
        ({"rootDiskUsedGi": 3}, InstanceDiskUsageInfo(root_disk_used_gi=3.0)),
    ],
)
def test_a_disk_usage_that_makes_no_sense_is_left_out(usage: object, expected: InstanceDiskUsageInfo | None) -> None:
    runtime = state_of(with_part("instanceRuntimeInfo.instanceDiskUsageInfo", usage)).instance_runtime_info
    assert runtime is not None
    assert (runtime.instance_disk_usage_info, runtime.status) == (expected, "Running")


@pytest.mark.parametrize("price", ["0.24", 0.24])
def test_a_number_written_as_text_is_read(price: object) -> None:
    spec = state_of(with_part("instanceSpecInfo.instanceBillingInfo.price", price)).instance_spec_info
    assert spec is not None
    assert spec.instance_billing_info is not None
    assert spec.instance_billing_info.price == 0.24
