"""What users' states hold of us: it must not change from 0.1.0 on."""

from __future__ import annotations

import asyncio
import base64
import importlib
import json
import pickle
import runpy
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import dill
import pulumi
import pulumi.dynamic
import pytest
from google.protobuf.json_format import MessageToDict
from lease_support import NOTEBOOK, lease_target
from provider_process import (
    ProviderProcess,
    blob_of,
    create_request,
    diff_request,
    gate_blob,
    get_request,
    read_blob,
    refresh_request,
    stored_request,
)
from pulumi.runtime.proto import provider_pb2
from pulumi.runtime.settings import reset_options

from pulumi_nbcloud.clock import text
from pulumi_nbcloud.gate import Gate
from pulumi_nbcloud.kinds.registry import KINDS, load
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.program.stored import StoredResource, serialized
from pulumi_nbcloud.program.wait_start import WaitStart
from pulumi_nbcloud.provider.gate import GateProvider
from pulumi_nbcloud.provider.read import ReadProvider
from pulumi_nbcloud.provider.wait_start import WaitStartProvider
from pulumi_nbcloud.waiting.outcome import Outcome

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = json.loads((ROOT / "tests" / "golden" / "frozen.json").read_text())
GATE = GOLDEN.pop("nbcloud:Gate")
START = GOLDEN.pop("nbcloud:WaitStart")
BLOBS: dict[str, str] = {
    "nbcloud:Gate": GATE["blob"],
    "nbcloud:WaitStart": START["blob"],
    **{token: GOLDEN[token]["blob"] for token in GOLDEN},
}


class Foreign(pulumi.dynamic.ResourceProvider):
    """A provider of another package."""

    serialize_as_secret_always = False


class ForeignResource(pulumi.dynamic.Resource, module="other", name="Thing"):
    """A resource of another package."""

    def __init__(self) -> None:
        super().__init__(Foreign(), "other", {})


class SecretProvider(ReadProvider):
    """One that the SDK is told to keep secret."""

    serialize_as_secret_always = True


class SecretResource(StoredResource, module="nbcloud", name="Secret"):
    """A resource with such a provider."""


@pytest.fixture(params=[4, 5])
def protocol(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """The default protocol of Python up to 3.13, and from 3.14 on; what the SDK pickles with."""
    protocol: int = request.param
    monkeypatch.setattr(pickle, "DEFAULT_PROTOCOL", protocol)
    return protocol


def in_form(protocol: int, blob: str) -> str:
    """A golden blob as the SDK itself would make it with this default protocol."""
    written = base64.b64decode(blob)
    assert written[:2] == b"\x80\x04"
    return base64.b64encode(bytes([0x80, protocol]) + written[2:]).decode()


def handed(monkeypatch: pytest.MonkeyPatch, make: Callable[[], object]) -> tuple[bytes, bool]:
    """The pickle that a resource hands to the SDK to be registered, and whether it is a secret."""
    found: list[Any] = []

    def take(_self: Any, _type: str, _name: str, props: dict[str, Any], *_others: Any) -> None:
        found.append(props["__provider"])

    monkeypatch.setattr(pulumi.CustomResource, "__init__", take)

    async def program() -> tuple[bytes, bool]:
        # Settings of its own: the SDK keeps unfinished Outputs there, and the next program would wait for them.
        reset_options("probe", "test")
        make()
        (provider,) = found
        output = pulumi.Output.from_input(provider)
        result = base64.b64decode(await output.future() or ""), await output.is_secret()
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others)
        return result

    return asyncio.run(program())


def resource_of(token: str) -> Callable[[], object]:
    """Makes a resource as a program of a user does."""
    if token == "nbcloud:Gate":
        target: Any = lease_target(1)
        return lambda: Gate("ready", target=target)
    if token == "nbcloud:WaitStart":
        return lambda: WaitStart("ready", {"targets": {"self": lease_target(1)}}, None)
    module, _, name = GOLDEN[token]["class"].rpartition(".")
    return lambda: getattr(importlib.import_module(module), name)("read", **GOLDEN[token]["sample_arguments"])


def freeze(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs scripts/freeze on the golden file of another folder."""
    script = folder / "scripts" / "freeze"
    script.parent.mkdir(exist_ok=True)
    script.write_text((ROOT / "scripts" / "freeze").read_text(encoding="utf-8"), encoding="utf-8")
    return subprocess.run([sys.executable, str(script), *arguments], capture_output=True, text=True)


def entry_of(token: str) -> dict[str, Any]:
    """Everything of a kind that a state or a program of a user holds."""
    script: dict[str, Any] = runpy.run_path(str(ROOT / "scripts" / "freeze"))
    entry: dict[str, Any] = script["entry"](token, GOLDEN[token]["sample_arguments"])
    return entry


def test_every_kind_has_a_golden_entry() -> None:
    # A list has no read resource. A new kind gets its entry from scripts/freeze.
    assert set(GOLDEN) == {token for token in KINDS if load(token).ready is not None}


@pytest.mark.parametrize("token", sorted(GOLDEN))
def test_what_states_hold_is_unchanged(token: str) -> None:
    # To change it on purpose before 0.1.0, change tests/golden/frozen.json by hand; afterwards states break.
    assert entry_of(token) == GOLDEN[token]


def test_a_new_kind_is_frozen_and_what_stands_is_not_changed(tmp_path: Path) -> None:
    golden = ROOT / "tests" / "golden" / "frozen.json"
    copy = tmp_path / "tests" / "golden" / "frozen.json"
    copy.parent.mkdir(parents=True)
    entries = json.loads(golden.read_text(encoding="utf-8"))
    entry = entries.pop("hpcai:Instance")
    copy.write_text(json.dumps(entries), encoding="utf-8")
    assert "hint: give its arguments as NAME=VALUE" in freeze(tmp_path, "hpcai:Instance").stdout
    assert freeze(tmp_path, "hpcai:Instance", "instance_id=notebook-5ac72ea0").returncode == 0
    assert copy.read_bytes() == golden.read_bytes()
    shorter = {**entry, "state": entry["state"][:-1]}
    copy.write_text(json.dumps({**entries, "hpcai:Instance": shorter}), encoding="utf-8")
    assert freeze(tmp_path, "hpcai:Instance").returncode == 0
    assert copy.read_bytes() == golden.read_bytes()
    other = {**entry, "blob": "gAQu", "state": [*entry["state"], "gone"]}
    copy.write_text(json.dumps({**entries, "hpcai:Instance": other}), encoding="utf-8")
    refused = freeze(tmp_path, "hpcai:Instance")
    assert refused.returncode == 1
    assert refused.stdout.startswith("error: what states hold of hpcai:Instance would change: blob, state\n")
    assert "a list, of which states hold nothing" in freeze(tmp_path, "hpcai:Instances").stdout


@pytest.mark.parametrize("token", sorted(GOLDEN))
def test_the_pickle_is_small_and_byte_for_byte_the_golden_one(token: str) -> None:
    blob = base64.b64decode(read_blob(token))
    assert len(blob) < 200
    assert blob == base64.b64decode(GOLDEN[token]["blob"])


@pytest.mark.parametrize("token", sorted(BLOBS))
def test_a_resource_hands_on_the_golden_pickle_whatever_the_protocol_of_the_others(
    token: str, protocol: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, is_secret = handed(monkeypatch, resource_of(token))
    assert ours == base64.b64decode(BLOBS[token])
    assert ours[:2] == b"\x80\x04"
    assert not is_secret
    # The SDK goes on pickling others as it does.
    others, _ = handed(monkeypatch, ForeignResource)
    assert others[:2] == {4: b"\x80\x04", 5: b"\x80\x05"}[protocol]


def test_the_other_form_is_what_the_sdk_would_make_of_ours(protocol: int) -> None:
    assert blob_of(GateProvider()) == in_form(protocol, GATE["blob"])
    for token, golden in GOLDEN.items():
        assert blob_of(ReadProvider(token)) == in_form(protocol, golden["blob"])


@pytest.mark.usefixtures("protocol")
def test_what_the_sdk_makes_a_secret_stays_one(monkeypatch: pytest.MonkeyPatch) -> None:
    provider = SecretProvider("modelarts:NotebookLease")
    ours, is_secret = handed(monkeypatch, lambda: SecretResource(provider, "secret", {}))
    assert ours[:2] == b"\x80\x04"
    assert is_secret


@pytest.mark.parametrize("form", [4, 5])
@pytest.mark.parametrize("token", sorted(BLOBS))
def test_both_forms_of_the_golden_pickle_load(token: str, form: int) -> None:
    provider = dill.loads(base64.b64decode(in_form(form, BLOBS[token])))
    if token in ("nbcloud:Gate", "nbcloud:WaitStart"):
        of = GateProvider if token == "nbcloud:Gate" else WaitStartProvider
        assert (type(provider), vars(provider)) == (of, {})
    else:
        assert (type(provider), vars(provider)) == (ReadProvider, {"token": token})


@pytest.mark.parametrize("form", [4, 5])
def test_both_forms_of_the_golden_pickle_still_read(form: int, clouds: MockClouds) -> None:
    blob = in_form(form, GOLDEN["modelarts:NotebookLease"]["blob"])
    clouds.modelarts.put_lease(NOTEBOOK)
    with ProviderProcess(clouds.environment()) as process:
        id_, properties = process.read(get_request({"notebook_id": NOTEBOOK}, blob=blob))
    assert id_ == NOTEBOOK
    assert properties["__provider"] == blob


@pytest.mark.parametrize(("old", "new"), [(4, 5), (5, 4)])
def test_the_other_form_is_no_difference_of_a_gate(old: int, new: int, clouds: MockClouds) -> None:
    inputs = {"targets": {"self": lease_target(1)}}
    before, after = in_form(old, GATE["blob"]), in_form(new, GATE["blob"])
    with ProviderProcess(clouds.environment()) as process:
        request = diff_request(inputs, inputs, after, id_="a")
        request.olds["__provider"] = before
        assert process.call("Diff", request).changes == provider_pb2.DiffResponse.DIFF_NONE
        # A refresh loads what is stored.
        _, properties = process.read(stored_request(inputs, before, "a"))
    assert properties["__provider"] == before
    assert clouds.request_count() == 0


def test_responses_hold_the_golden_names_and_no_others(clouds: MockClouds) -> None:
    golden = GOLDEN["modelarts:NotebookLease"]
    clouds.modelarts.put_lease(NOTEBOOK)
    inputs = {"notebook_id": NOTEBOOK}
    with ProviderProcess({**clouds.environment()}) as process:
        _, running = process.read(get_request(inputs))
        clouds.modelarts.add_transition(NOTEBOOK, status="FROZEN")
        _, stopped = process.read(refresh_request({name: running[name] for name in running if name != "__provider"}))
    assert set(running) | set(stopped) == {*golden["state"], "__provider"}


def test_what_states_hold_of_a_gate_is_unchanged() -> None:
    assert f"{Gate.__module__}.{Gate.__qualname__}" == GATE["class"]
    assert f"pulumi-python:{Gate._resource_type_name}" == GATE["type"]
    assert f"{GateProvider.__module__}.{GateProvider.__qualname__}" == GATE["provider"]
    assert gate_blob() == GATE["blob"]
    provider = dill.loads(base64.b64decode(GATE["blob"]))
    assert type(provider) is GateProvider
    assert vars(provider) == {}
    # Programs compare with these. A gate that was cancelled, or is awaiting, is not in state.
    unstored = (Outcome.CANCELLED, Outcome.AWAITING)
    assert GATE["outcomes"] == [*(each.value for each in Outcome if each not in unstored), "disabled"]
    # What users write; the URN and what stands in for a resource option are ours.
    assert set(Gate.__annotations__) == {*GATE["inputs"], *GATE["outputs"]} - {
        "status_urn",
        "custom_timeouts",
        "wait_start",
    }


def test_what_states_hold_of_the_start_of_a_wait_is_unchanged() -> None:
    assert f"{WaitStart.__module__}.{WaitStart.__qualname__}" == START["class"]
    assert f"pulumi-python:{WaitStart._resource_type_name}" == START["type"]
    assert f"{WaitStartProvider.__module__}.{WaitStartProvider.__qualname__}" == START["provider"]
    assert serialized(WaitStartProvider()) == START["blob"]
    with ProviderProcess() as process:
        response = process.call("Create", create_request(dict.fromkeys(START["inputs"], "a"), START["blob"]))
    assert set(MessageToDict(response)["properties"]) == {*START["inputs"], *START["outputs"], "__provider"}


def test_a_gate_answers_the_golden_names_and_no_others(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK)
    given: dict[str, Any] = {
        "targets": {"self": {"kind": "modelarts:NotebookLease", "notebook_id": NOTEBOOK}},
        "until": "self.running",
        "fail_on": False,
        "timeout": "1m",
        "hold": "50s",
        "interval": "5s",
        "consecutive": 1,
        "holds_for": "1s",
        "fail_holds_for": "1s",
        "not_found": "wait",
        "allow_absent": False,
        "appear_timeout": "30s",
        "stall_timeout": "30s",
        "max_poll_errors": 10,
        "enforcement": "mandatory",
        "overridable": True,
        "every_update": False,
        "triggers": ["a"],
        "custom_timeouts": {"create": "1m"},
        "status_urn": "urn:pulumi:test::probe::pulumi-python:dynamic/nbcloud:Gate::ready",
        "wait_start": {"started": text(datetime.now(timezone.utc)), "digest": "0" * 64, "urn": "urn:pulumi:a::b::c::d"},
    }
    with ProviderProcess(clouds.environment()) as process:
        response = process.call("Create", create_request(given, GATE["blob"]))
    properties = MessageToDict(response)["properties"]
    assert list(given) == GATE["inputs"]
    # The SDK sends no nulls, and there is a message only where the condition was not met.
    assert set(properties) == {*GATE["inputs"], *GATE["outputs"], "__provider"} - {"message"}
    assert properties["__provider"] == GATE["blob"]
    assert set(properties["states"]["self"]) == set(GOLDEN["modelarts:NotebookLease"]["state"])
    assert [sorted(each) for each in properties["transitions"]] == [sorted(GATE["transition"])]
