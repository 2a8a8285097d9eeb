"""A gate of the dynamic shell becomes one of the plugin by an alias: the states that there are, as they are stored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from gate_shell import ADVISORY, DISABLED, gate, stored
from lease_support import LEASE, NOTEBOOK, lease_target
from native_shell import GATE_URN
from plugin_process import Plugin, plain, secret
from pulumi.runtime.proto import provider_pb2

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.native.names import camel

GOLDEN = json.loads((Path(__file__).resolve().parents[1] / "golden" / "frozen.json").read_text())["nbcloud:Gate"]
SOME, NONE = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE
TARGET = {"kind": "modelarts:NotebookLease", "notebookId": NOTEBOOK}
# What the dynamic shell adds to what the program gives.
OWN = {
    "__provider": GOLDEN["blob"],
    "status_urn": "urn:pulumi:test::probe::pulumi-python:dynamic/nbcloud:Gate::ready",
}
HOLD = {"started": "2026-01-31T09:00:00Z", "digest": "0" * 64, "urn": "urn:pulumi:test::probe::x::ready"}


def dynamic(outcome: str = "met", **inputs: Any) -> dict[str, Any]:
    """A state as the dynamic shell left it."""
    return {**stored(gate(**inputs), outcome), **OWN}


def updated(plugin: Plugin, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
    """What an update makes of it, as the engine does it; another finds no difference then."""
    checked = plugin.check(GATE_URN, news, olds)
    assert list(checked.failures) == []
    inputs = plain(checked.inputs)
    found = plugin.diff(GATE_URN, olds, olds, inputs)
    assert (found.changes, list(found.replaces)) == (SOME, [])
    outputs = plain(plugin.update(GATE_URN, olds, inputs).properties)
    assert plugin.diff(GATE_URN, outputs, inputs, inputs).changes == NONE
    return outputs


@pytest.mark.parametrize("target", [{"target": TARGET}, {"targets": {"self": TARGET}}], ids=["one", "by name"])
@pytest.mark.parametrize(
    ("outcome", "given"),
    [("met", {}), ("timed_out", ADVISORY), ("disabled", DISABLED)],
    ids=["met", "advisory", "disabled"],
)
def test_one_update_gives_the_outputs_their_new_names_without_a_wait(
    outcome: str, given: dict[str, Any], target: dict[str, Any], plugin: Plugin, clouds: MockClouds
) -> None:
    olds = dynamic(outcome, until="self.running", **given)
    outputs = updated(plugin, olds, {**target, "until": "self.running", **given})
    kept = {camel(name): olds[name] for name in GOLDEN["outputs"] if name in olds}
    assert outputs == {**kept, **target, "until": "self.running", **given}
    assert clouds.request_count() == 0


def test_everything_that_a_state_can_hold_goes_over(plugin: Plugin, clouds: MockClouds) -> None:
    given: dict[str, Any] = {
        "until": "self.running",
        "fail_on": False,
        "timeout": "1m",
        "hold": "1m",
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
        "triggers": ["a", 1, {"b_c": True}],
    }
    own = {"custom_timeouts": {"create": "1m"}, "secret_inputs": ["targets.self.notebook_id"], "wait_start": HOLD}
    assert {"targets", *given, *own, "status_urn"} == {*GOLDEN["inputs"], "secret_inputs"}
    olds = {**dynamic(**given), **own, "states": secret(stored(gate())["states"])}
    start = plain(plugin.create(GATE_URN.replace("Gate", "WaitStart"), plain(_start(plugin, given))).properties)
    news = {camel(name): value for name, value in given.items() if name != "fail_on"} | {
        "target": {**TARGET, "notebookId": secret(NOTEBOOK)},
        "ownFailures": False,
        "waitStart": start["waitStart"],
    }
    outputs = updated(plugin, olds, news)
    assert {name: outputs[name] for name in news} == news
    assert set(outputs) - set(news) == {camel(name) for name in GOLDEN["outputs"] if name in olds}
    assert outputs["states"].keys() == secret("").keys()
    assert clouds.request_count() == 0


def _start(plugin: Plugin, given: Mapping[str, Any]) -> Any:
    names = ("until", "consecutive", "holds_for", "fail_holds_for", "not_found", "allow_absent", "triggers", "timeout")
    inputs = {camel(name): given[name] for name in names}
    news = {"target": TARGET, "ownFailures": False, **inputs}
    return plugin.check(GATE_URN.replace("Gate", "WaitStart"), news).inputs


@pytest.mark.parametrize(
    ("olds", "news"),
    [
        (dynamic(until="self.running"), {"until": "self.enable"}),
        (dynamic(until="self.running"), {}),
        (dynamic("timed_out", **ADVISORY), {}),
        (dynamic("overridden"), {}),
        (dynamic(triggers=["a"]), {"triggers": ["b"]}),
        ({**dynamic(fail_on=False), "targets": {"self": lease_target(2)}}, {"ownFailures": False}),
    ],
    ids=["until", "until left out", "tightened", "overridden", "triggers", "another target"],
)
def test_what_waits_again_waits_then_too(
    olds: dict[str, Any], news: dict[str, Any], plugin: Plugin, clouds: MockClouds
) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    outputs = updated(plugin, olds, {"target": TARGET, **news})
    assert (outputs["outcome"], clouds.request_count()) == ("met", 1)
    assert not {name for name in outputs if "_" in name}


@pytest.mark.parametrize(("words", "requests"), [("met", 0), ("timed out", 1)])
def test_a_state_from_before_0_1_0_goes_over_too(words: str, requests: int, plugin: Plugin, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    olds = dynamic(**ADVISORY)
    olds["verdict"] = olds.pop("outcome").replace("met", words)
    outputs = updated(plugin, olds, {"target": TARGET})
    assert (outputs["outcome"], clouds.request_count()) == ("met", requests)
    assert "verdict" not in outputs
