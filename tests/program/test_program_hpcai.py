"""HPC-AI in a user's unit tests: under `set_mocks`, with and without an override."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterator
from typing import Any, get_args, get_type_hints

import program_support
import pulumi
import pytest
from program_support import Program, run, soon, unknown

import pulumi_nbcloud as nbcloud
from pulumi_nbcloud import hpcai
from pulumi_nbcloud.clouds.hpcai import state as states
from pulumi_nbcloud.hpcai import (
    Instance,
    InstanceArgs,
    InstanceMetadata,
    InstanceRuntimeInfo,
    InstancesArgs,
    InstanceSpecInfo,
    InstancesState,
    InstanceState,
    get_instance,
    get_instance_output,
    get_instances,
    get_instances_output,
)
from pulumi_nbcloud.kinds.fields import stable
from pulumi_nbcloud.kinds.kind import Kind
from pulumi_nbcloud.kinds.registry import load
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.program.output_types import output_hint
from pulumi_nbcloud.waiting.spec import parse_spec

ONE, ALL = "hpcai:Instance", "hpcai:Instances"
ID = "notebook-1"
STATE = InstanceState(
    instance_id=ID,
    endpoint="https://hpc-ai.com",
    name="training",
    status="Running",
    healthy=True,
    instance_metadata=InstanceMetadata(
        instance_id=ID, instance_auth=hpcai.InstanceAuth(owner_user_name="owner"), instance_username="user"
    ),
    instance_spec_info=InstanceSpecInfo(
        name="training",
        instance_billing_info=hpcai.InstanceBillingInfo(price=0.24),
        image_info=hpcai.ImageInfo(tags=("a", "b")),
        instance_configuration=hpcai.InstanceConfiguration(
            instance_disk_amount_request=hpcai.InstanceDiskAmountRequest(root_disk_amount_gi_req=50)
        ),
        instance_type_info=hpcai.InstanceTypeInfo(gpu=hpcai.InstanceCapacity(amount=8, type="H200")),
        region_info=hpcai.RegionInfo(name="asia-sg-1"),
        remote_storages=({"mountPath": "/data"},),
        node_ports=(hpcai.NodePort(port=22, node_port=31674),),
    ),
    instance_runtime_info=InstanceRuntimeInfo(
        create_at_unix_ms=1751527726179,
        status="Running",
        healthy=True,
        instance_disk_usage_info=hpcai.InstanceDiskUsageInfo(root_disk_used_gi=2.5),
        instance_disk_amount_info=hpcai.InstanceDiskAmountInfo(root_disk_amount_gi=50),
    ),
)


@pytest.fixture
def override() -> Iterator[list[Any]]:
    """Overrides one instance, and gives the arguments that were read."""
    with nbcloud.testing.override(ONE, STATE) as reads:
        yield reads


@pytest.fixture(autouse=True)
def cloud(nbcloud_mock: MockClouds) -> Iterator[MockClouds]:
    """A cloud in reach, with settings that work: what must not call it could, and is seen."""
    nbcloud_mock.hpcai.put_instance(ID)
    yield nbcloud_mock
    assert nbcloud_mock.request_count() == 0


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize(
    ("look_up", "token"),
    [
        (lambda: get_instance(ID), ONE),
        (lambda: get_instance_output(ID), ONE),
        (lambda: get_instances(), ALL),
        (lambda: get_instances_output(), ALL),
    ],
    ids=["get_instance", "get_instance_output", "get_instances", "get_instances_output"],
)
def test_a_look_up_under_mocks_without_an_override_raises(look_up: Program, token: str, preview: bool) -> None:
    with pytest.raises(nbcloud.InputError, match="a unit test under set_mocks must not call a cloud") as caught:
        run(look_up, preview=preview)
    assert f'nbcloud.testing.override("{token}"' in str(caught.value)
    assert isinstance(caught.value, pulumi.RunError)


def test_get_gives_the_overridden_state(override: list[Any]) -> None:
    def program() -> Any:
        instance = get_instance(ID, profile="other")
        assert instance is STATE
        assert instance.instance_spec_info is not None
        pulumi.export("whole", instance)
        pulumi.export("part", instance.instance_spec_info.region_info)

    run(program)
    assert [(read.instance_id, read.profile) for read in override] == [(ID, "other")]


def test_an_override_by_fields_takes_nested_ones_by_our_names_too() -> None:
    given = {"status": "RUNNING", "instance_spec_info": {"region_info": {"ssh_address": "a"}, "node_ports": None}}
    with nbcloud.testing.override(ONE, given):

        def program() -> Any:
            instance = get_instance(ID)
            spec = instance.instance_spec_info
            assert isinstance(instance, InstanceState)
            assert spec is not None
            assert spec.region_info is not None
            assert (instance.instance_id, instance.status, instance.healthy) == (ID, "Running", None)
            assert (spec.region_info.ssh_address, spec.node_ports) == ("a", ())

        run(program)


def test_get_output_lifts_nested_attributes(override: list[Any]) -> None:
    def program() -> Any:
        instance = get_instance_output(pulumi.Output.from_input(ID), profile=soon("other"))
        spec: Any = instance.instance_spec_info
        return [
            instance,
            instance.status,
            spec.instance_type_info.gpu.amount,
            spec.node_ports[0].node_port,
            spec.remote_storages[0]["mountPath"],
            spec.image_info.is_public,
        ]

    state, *parts = run(program).value
    assert state is STATE
    assert parts == ["Running", 8, 31674, "/data", None]
    assert {(read.instance_id, read.profile) for read in override} == {(ID, "other")}


def test_get_instances_hands_its_filters_on() -> None:
    given = {"total": 3, "instances": [STATE]}
    with nbcloud.testing.override(ALL, given) as reads:

        def program() -> Any:
            found = get_instances(status="running", name="n", region="r", profile="other")
            assert isinstance(found, InstancesState)
            assert (found.total, found.instances) == (3, (STATE,))
            later = get_instances_output(
                status=pulumi.Output.from_input("running"), name=soon("n"), region="r", profile="other"
            )
            return [later.total, later.instances[0].name]

        assert run(program).value == [3, "training"]
    assert [(read.status, read.name, read.region, read.profile) for read in reads[:1]] == [
        ("running", "n", "r", "other")
    ]
    assert len(set(reads)) == 1


@pytest.mark.parametrize("argument", ["instance_id", "profile"])
def test_an_unknown_input_in_preview_reads_nothing(argument: str, override: list[Any]) -> None:
    def program() -> Any:
        inputs: dict[str, Any] = {"instance_id": ID, argument: unknown()}
        return get_instance_output(**inputs).status

    result = run(program, preview=True)
    assert (result.is_known, result.value, override) == (False, None, [])


@pytest.mark.parametrize("argument", ["status", "name", "region", "profile"])
def test_an_unknown_filter_in_preview_reads_nothing(argument: str) -> None:
    with nbcloud.testing.override(ALL, {"total": 0}) as reads:

        def program() -> Any:
            inputs: dict[str, Any] = {argument: unknown()}
            return get_instances_output(**inputs).total

        result = run(program, preview=True)
    assert (result.is_known, reads) == (False, [])


@pytest.mark.parametrize(
    ("look_up", "text"),
    [
        (lambda: get_instance("a b"), "instance_id must be 1 to 256 printable ASCII characters"),
        (lambda: get_instance_output("a b"), "instance_id must be 1 to 256 printable ASCII characters"),
        (lambda: Instance("x", instance_id="a b"), "instance_id must be 1 to 256 printable ASCII characters"),
        (lambda: get_instances(status=""), "status must be 1 to 1,024 characters"),
        (lambda: get_instances_output(region=""), "region must be 1 to 1,024 characters"),
    ],
)
def test_bad_input_ends_the_program_in_its_message(look_up: Program, text: str, override: list[Any]) -> None:
    with pytest.raises(nbcloud.InputError, match=text) as caught:
        run(look_up)
    assert isinstance(caught.value, pulumi.RunError)
    assert override == []


# --- the read resource


def recorded(monkeypatch: pytest.MonkeyPatch, outputs: dict[str, Any]) -> None:
    """Lets the engine answer these for an instance."""
    monkeypatch.setattr(program_support, "_OUTPUTS", {**program_support._OUTPUTS, "Instance": outputs})


def test_the_resource_is_external_and_of_the_frozen_type(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded(monkeypatch, STATE.to_dict())
    result = run(lambda: Instance("training", instance_id=ID, profile="other").status)
    (asked,) = result.asked
    assert asked.typ == "pulumi-python:dynamic/nbcloud/hpcai:Instance"
    assert (asked.resource_id, asked.name, result.value) == (ID, "training", "Running")
    assert {name: asked.inputs[name] for name in asked.inputs if name != "__provider"} == {
        "instance_id": ID,
        "profile": "other",
        "include_volatile": False,
    }


@pytest.mark.parametrize(
    ("make", "given"),
    [(lambda: True, True), (lambda: None, False), (lambda: pulumi.Output.from_input(True), True)],
    ids=["plain", "None", "an Output"],
)
def test_include_volatile_is_handed_on_and_is_not_an_argument_of_the_kind(make: Callable[[], Any], given: bool) -> None:
    (asked,) = run(lambda: Instance("x", instance_id=ID, include_volatile=make()).id).asked
    assert asked.inputs["include_volatile"] is given
    assert asked.resource_id == ID


def test_nested_outputs_are_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded(monkeypatch, stable(STATE))

    def program() -> Any:
        instance = Instance("training", instance_id=ID)
        spec, runtime = instance.instance_spec_info, instance.instance_runtime_info
        gpu: Any = spec.apply(lambda each: each and each.instance_type_info and each.instance_type_info.gpu)
        nested: Any = spec
        moving: Any = runtime
        return [
            gpu.amount,
            nested.node_ports[0].port,
            nested.instance_configuration.instance_disk_amount_request.root_disk_amount_gi_req,
            nested.image_info.tags,
            nested.remote_storages[0]["mountPath"],
            moving.create_time,
            moving.instance_disk_usage_info,
            moving.instance_disk_amount_info.root_disk_amount_gi,
        ]

    assert run(program).value == [8, 22, 50, ["a", "b"], "/data", "2025-07-03T07:28:46.179Z", None, 50]


@pytest.mark.parametrize(
    "make", [pulumi.Output.from_input, pulumi.Output.secret, soon], ids=["Output", "secret", "awaitable"]
)
def test_the_resource_takes_every_form_of_input(make: Callable[[str], Any]) -> None:
    result = run(lambda: Instance("training", instance_id=make(ID), profile=make("other")).id)
    assert result.value == ID


def test_the_class_has_an_annotation_for_every_field_and_argument() -> None:
    kind: Kind[Any, Any, Any] = load(ONE)
    annotations = {name: each for name, each in vars(Instance)["__annotations__"].items() if not name.startswith("_")}
    assert set(annotations) == {*kind.state_names, *kind.argument_names}
    for name, hint in get_type_hints(kind.state).items():
        (given,) = get_args(annotations[name])
        assert given == output_hint(hint), name


# --- gates


def test_an_instance_is_a_gates_target_in_each_form() -> None:
    def program() -> None:
        instance = Instance("training", instance_id=ID)
        nbcloud.Gate("by-args", target=InstanceArgs(instance_id=ID, profile="other"))
        nbcloud.Gate("by-resource", target=instance)
        nbcloud.Gate("by-dict", target={"kind": "hpcai:Instance", "instance_id": ID})

    gates = run(program).gates
    assert {name: each.inputs["targets"]["self"] for name, each in gates.items()} == {
        "by-args": {"kind": ONE, "instance_id": ID, "profile": "other"},
        "by-resource": {"kind": ONE, "instance_id": ID},
        "by-dict": {"kind": ONE, "instance_id": ID},
    }


def test_a_list_is_a_gates_target() -> None:
    def program() -> None:
        nbcloud.Gate(
            "fleet",
            targets={"fleet": InstancesArgs(status="Running", name="n", region="r", profile="other")},
            until='size(fleet.instances) > 0 && fleet.instances.all(i, i.status == "Running")',
        )

    assert run(program).inputs["targets"] == {
        "fleet": {"kind": ALL, "status": "Running", "name": "n", "region": "r", "profile": "other"}
    }


def test_a_list_as_a_target_needs_a_condition() -> None:
    _, problems = parse_spec({"targets": {"self": {"kind": ALL}}})
    assert [each for each in problems if "until" in each.text], problems
    _, problems = parse_spec({"targets": {"self": {"kind": ALL}}, "until": "size(self.instances) > 0"})
    assert problems == []
    _, problems = parse_spec({"targets": {"self": {"kind": ONE, "instance_id": "a b"}}})
    assert [each for each in problems if "instance_id must be" in each.text], problems


def test_every_class_of_a_state_is_exported() -> None:
    classes = {
        name
        for name, each in vars(states).items()
        if inspect.isclass(each) and dataclasses.is_dataclass(each) and each.__module__ == states.__name__
    }
    assert classes <= set(hpcai.__all__)
    assert all(hasattr(hpcai, name) for name in hpcai.__all__)
