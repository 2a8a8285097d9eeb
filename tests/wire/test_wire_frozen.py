"""What users' states hold of us: it must not change from 0.1.0 on."""

from __future__ import annotations

import base64
import importlib
import json
from pathlib import Path
from typing import Any

import dill
import pytest
from google.protobuf.json_format import MessageToDict
from lease_support import NOTEBOOK
from provider_process import (
    ProviderProcess,
    create_request,
    gate_blob,
    get_request,
    read_blob,
    refresh_request,
)

from pulumi_nbcloud.gate import Gate
from pulumi_nbcloud.kind import Kind
from pulumi_nbcloud.lookup import ReadResource
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.provider.gate import GateProvider
from pulumi_nbcloud.provider.read import ReadProvider
from pulumi_nbcloud.registry import KINDS, load
from pulumi_nbcloud.waiting.outcome import Outcome

GOLDEN = json.loads((Path(__file__).resolve().parents[1] / "golden" / "frozen.json").read_text())
GATE = GOLDEN.pop("nbcloud:Gate")
SAMPLES = {
    "modelarts:NotebookLease": {"notebook_id": NOTEBOOK},
    "modelarts:DevServerJob": {"job_id": "62c89f77-fc81-45a8-9647-d6e457e73954"},
    "hpcai:Instance": {"instance_id": "notebook-5ac72ea0"},
    "aidp:NotebookSession": {"ai_data_platform_id": "ocid1.platform", "workspace_key": "etl", "session_id": "s-1"},
}


def described(token: str, face: str) -> dict[str, Any]:
    """Everything of a kind that a state or a program of a user holds."""
    kind: Kind[Any, Any, Any] = load(token)
    module, _, name = face.rpartition(".")
    resource: type[ReadResource] = getattr(importlib.import_module(module), name)
    return {
        "face": face,
        "type": f"pulumi-python:{resource._resource_type_name}",
        "provider": f"{ReadProvider.__module__}.{ReadProvider.__qualname__}",
        "blob": read_blob(token),
        "sample_arguments": SAMPLES[token],
        "sample_id": kind.identify(kind.parse(SAMPLES[token])),
        "arguments": list(kind.argument_names),
        "state": list(kind.state_names),
    }


def test_every_kind_has_a_golden_entry() -> None:
    # A list has no read resource.
    assert set(GOLDEN) == {token for token in KINDS if load(token).ready is not None}


@pytest.mark.parametrize("token", sorted(GOLDEN))
def test_what_states_hold_is_unchanged(token: str) -> None:
    # To change it on purpose before 0.1.0, change tests/golden/frozen.json by hand; afterwards states break.
    assert described(token, GOLDEN[token]["face"]) == GOLDEN[token]


@pytest.mark.parametrize("token", sorted(GOLDEN))
def test_the_pickle_is_small_and_byte_for_byte_the_golden_one(token: str) -> None:
    blob = base64.b64decode(read_blob(token))
    assert len(blob) < 200
    assert blob == base64.b64decode(GOLDEN[token]["blob"])


@pytest.mark.parametrize("token", sorted(GOLDEN))
def test_the_golden_pickle_loads(token: str) -> None:
    provider = dill.loads(base64.b64decode(GOLDEN[token]["blob"]))
    assert type(provider) is ReadProvider
    assert vars(provider) == {"token": token}


def test_the_golden_pickle_still_reads(clouds: MockClouds) -> None:
    blob = GOLDEN["modelarts:NotebookLease"]["blob"]
    clouds.modelarts.put_lease(NOTEBOOK)
    with ProviderProcess(clouds.environment()) as process:
        id_, properties = process.read(get_request({"notebook_id": NOTEBOOK}, blob=blob))
    assert id_ == NOTEBOOK
    assert properties["__provider"] == blob


def test_replies_hold_the_golden_names_and_no_others(clouds: MockClouds) -> None:
    golden = GOLDEN["modelarts:NotebookLease"]
    clouds.modelarts.put_lease(NOTEBOOK)
    inputs = {"notebook_id": NOTEBOOK}
    with ProviderProcess({**clouds.environment()}) as process:
        _, running = process.read(get_request(inputs))
        clouds.modelarts.add_transition(NOTEBOOK, status="FROZEN")
        _, stopped = process.read(refresh_request({name: running[name] for name in running if name != "__provider"}))
    assert set(running) | set(stopped) == {*golden["state"], "__provider"}


def test_what_states_hold_of_a_gate_is_unchanged() -> None:
    assert f"{Gate.__module__}.{Gate.__qualname__}" == GATE["face"]
    assert f"pulumi-python:{Gate._resource_type_name}" == GATE["type"]
    assert f"{GateProvider.__module__}.{GateProvider.__qualname__}" == GATE["provider"]
    assert gate_blob() == GATE["blob"]
    provider = dill.loads(base64.b64decode(GATE["blob"]))
    assert type(provider) is GateProvider
    assert vars(provider) == {}
    # Programs compare with these. A gate that was cancelled is not in state.
    assert GATE["verdicts"] == [*(each.value for each in Outcome if each is not Outcome.CANCELLED), "disabled"]
    # What users write; the URN and what stands in for a resource option are ours.
    assert set(Gate.__annotations__) == {*GATE["inputs"], *GATE["outputs"]} - {"status_urn", "custom_timeouts"}


def test_a_gate_answers_the_golden_names_and_no_others(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK)
    given: dict[str, Any] = {
        "targets": {"self": {"kind": "modelarts:NotebookLease", "notebook_id": NOTEBOOK}},
        "until": "self.running",
        "fail_on": False,
        "timeout": "1m",
        "interval": "5s",
        "consecutive": 1,
        "not_found": "wait",
        "max_poll_errors": 10,
        "enforcement": "mandatory",
        "every_update": False,
        "triggers": ["a"],
        "custom_timeouts": {"create": "1m"},
        "status_urn": "urn:pulumi:test::probe::pulumi-python:dynamic/nbcloud:Gate::ready",
    }
    with ProviderProcess(clouds.environment()) as process:
        reply = process.call("Create", create_request(given, GATE["blob"]))
    properties = MessageToDict(reply)["properties"]
    assert list(given) == GATE["inputs"]
    # The SDK sends no nulls, and there is a message only where the condition was not met.
    assert set(properties) == {*GATE["inputs"], *GATE["outputs"], "__provider"} - {"message"}
    assert properties["__provider"] == GATE["blob"]
    assert set(properties["states"]["self"]) == set(GOLDEN["modelarts:NotebookLease"]["state"])
    assert [sorted(each) for each in properties["transitions"]] == [sorted(GATE["transition"])]
