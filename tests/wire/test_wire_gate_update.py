"""When a gate waits again: diff and update over the wire, one row a test; refresh and delete."""

from __future__ import annotations

from typing import Any

import pytest
from gate_wire import ID, gate, stored, timeless
from google.protobuf.json_format import MessageToDict
from lease_support import LEASE, lease_target, notebook
from provider_process import (
    ProviderProcess,
    delete_request,
    diff_request,
    gate_blob,
    read_blob,
    stored_request,
    update_request,
)
from pulumi.runtime.proto import provider_pb2
from pulumi.runtime.rpc import UNKNOWN

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.waiting.stored import OUTPUTS


def row(
    name: str,
    news: dict[str, Any],
    olds: dict[str, Any] | None = None,
    *,
    outcome: str = "met",
    changes: bool = True,
    waits: bool = False,
    left_out: tuple[str, ...] = (),
) -> Any:
    """What a stored gate and a program's gate that differ so come to; `left_out` is no longer given."""
    before = {**BEFORE, **(olds or {})}
    after = {name: value for name, value in {**before, **news}.items() if name not in left_out}
    return pytest.param(stored(before, outcome), after, changes, waits, id=name)


BEFORE = gate(until="self.running")
ADVISORY, DISABLED, ALWAYS = {"enforcement": "advisory"}, {"enforcement": "disabled"}, {"every_update": True}
LATE = "timed_out"
ROWS: list[Any] = [
    row("until", {"until": "self.enable"}, waits=True),
    row("until left out", {}, left_out=("until",), waits=True),
    row("fail_on", {"fail_on": "!self.enable"}, waits=True),
    row("fail_on False", {"fail_on": False}, waits=True),
    row("another target", {"targets": {"self": lease_target(2)}}, waits=True),
    row("profile", {"targets": {"self": lease_target(profile="other")}}, waits=True),
    row("not_found", {"not_found": "fail"}, waits=True),
    row("not_found, another", {"not_found": "met"}, {"not_found": "fail"}, waits=True),
    row("consecutive", {"consecutive": 1}, waits=True),
    row("holds_for left out", {}, {"holds_for": "10s"}, left_out=("holds_for",), waits=True),
    row("fail_holds_for", {"fail_holds_for": "10s"}, {"fail_holds_for": "20s"}, waits=True),
    row("appear_timeout", {"appear_timeout": "10s"}),
    row("stall_timeout", {"stall_timeout": "10s"}, {"stall_timeout": "20s"}),
    row("triggers", {"triggers": ["b"]}, waits=True),
    row("triggers, another", {"triggers": ["b"]}, {"triggers": ["a"]}, waits=True),
    row("timeout", {"timeout": "5m"}),
    row("interval", {"interval": "5s"}),
    row("max_poll_errors", {"max_poll_errors": 3}),
    row("custom_timeouts", {"custom_timeouts": {"create": "1h"}}),
    row("timeout left out", {}, {"timeout": "1h", "interval": "5s"}, left_out=("timeout", "interval")),
    row("how and what", {"timeout": "1h", "interval": "9s", "triggers": [1]}, waits=True),
    row("tightened, met", {"enforcement": "mandatory"}, ADVISORY),
    row("tightened, not met", {"enforcement": "mandatory"}, ADVISORY, outcome=LATE, waits=True),
    row("left out, not met", {}, ADVISORY, outcome=LATE, left_out=("enforcement",), waits=True),
    row("switched on", ADVISORY, DISABLED, outcome="disabled", waits=True),
    row("switched on, mandatory", {"enforcement": "mandatory"}, DISABLED, outcome="disabled", waits=True),
    row("switched on again, met before", {"enforcement": "mandatory"}, DISABLED),
    row("loosened, met", ADVISORY),
    row("loosened, not met", DISABLED, ADVISORY, outcome=LATE),
    row("loosened and asked again", {**ADVISORY, "triggers": ["b"]}, waits=True),
    row("switched off and asked again", {**DISABLED, "triggers": ["b"]}),
    row("still not met", ADVISORY, ADVISORY, outcome=LATE, changes=False),
    row("overridden", {}, outcome="overridden", waits=True),
    row("overridden, advisory", ADVISORY, ADVISORY, outcome="overridden", waits=True),
    row("overridden and loosened", ADVISORY, outcome="overridden", waits=True),
    row("overridable", {"overridable": False}, {"overridable": True}),
    row("every_update, on", ALWAYS, waits=True),
    row("every_update, as before", ALWAYS, ALWAYS, waits=True),
    row("every_update, off", {"every_update": False}, ALWAYS),
    row("every_update, left out", {}, ALWAYS, left_out=("every_update",)),
    row("every_update of a disabled gate", ALWAYS, {**ALWAYS, **DISABLED}, outcome="disabled", changes=False),
    row("nothing", {}, changes=False),
    row("status_urn", {"status_urn": "urn:renamed"}, changes=False),
]


@pytest.mark.parametrize(("olds", "news", "changes", "_waits"), ROWS)
def test_diff_finds_what_the_gate_is_asked_differently(
    olds: dict[str, Any],
    news: dict[str, Any],
    changes: bool,
    _waits: bool,
    shared: ProviderProcess,
    clouds: MockClouds,
) -> None:
    response = shared.call("Diff", diff_request(olds, news, gate_blob()))
    expected = provider_pb2.DiffResponse.DIFF_SOME if changes else provider_pb2.DiffResponse.DIFF_NONE
    assert response.changes == expected
    assert not response.replaces
    assert not response.deleteBeforeReplace
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
        {"not_found": UNKNOWN},
        {"consecutive": UNKNOWN},
        {"enforcement": UNKNOWN},
        {"every_update": UNKNOWN},
    ],
)
def test_what_is_unknown_may_change(unknown: dict[str, Any], shared: ProviderProcess) -> None:
    olds = stored({**BEFORE, "triggers": ["a", "b"]})
    news = {**BEFORE, "triggers": ["a", "b"], **unknown}
    assert shared.call("Diff", diff_request(olds, news, gate_blob())).changes == provider_pb2.DiffResponse.DIFF_SOME


def test_numbers_are_no_change_for_having_travelled(shared: ProviderProcess) -> None:
    olds, news = {**BEFORE, "triggers": [1, {"a": 2.0}]}, {**BEFORE, "triggers": [1.0, {"a": 2}]}
    response = shared.call("Diff", diff_request(stored(olds), news, gate_blob()))
    assert response.changes == provider_pb2.DiffResponse.DIFF_NONE


@pytest.mark.parametrize(("olds", "news", "_changes", "waits"), ROWS)
def test_an_update_waits_where_the_gate_is_asked_something_else(
    olds: dict[str, Any],
    news: dict[str, Any],
    _changes: bool,
    waits: bool,
    shared: ProviderProcess,
    clouds: MockClouds,
) -> None:
    for number in (1, 2):
        clouds.modelarts.put_lease(notebook(number), **LEASE)
        clouds.modelarts.put_lease(notebook(number), project_id="other-project", **LEASE)
    response = shared.call("Update", update_request(olds, news, gate_blob(), ID))
    assert clouds.request_count() == int(waits)
    outputs = MessageToDict(response)["properties"]
    absent = "message" if outputs["outcome"] == "met" else "met_time"
    assert set(outputs) == {*OUTPUTS, *news, "__provider"} - {absent}
    assert {name: outputs[name] for name in news if name != "status_urn"} == {
        name: value for name, value in news.items() if name != "status_urn"
    }
    if not waits:
        # A gate that is asked something else while it is disabled has no answer to it.
        outcome = "disabled" if news.get("triggers") and news.get("enforcement") == "disabled" else olds["outcome"]
        assert outputs["outcome"] == outcome
        return
    assert outputs["outcome"] == "met"
    assert outputs["met_time"] != olds.get("met_time")
    asked = news["targets"]["self"]
    seen = {name: outputs["states"]["self"][name] for name in ("notebook_id", "project_id")}
    project = "other-project" if asked.get("profile") == "other" else "mock-project"
    assert seen == {"notebook_id": asked["notebook_id"], "project_id": project}


def test_what_was_seen_stays_where_an_update_does_not_wait(shared: ProviderProcess) -> None:
    olds = stored({**BEFORE, **ADVISORY}, LATE)
    response = shared.call("Update", update_request(olds, {**BEFORE, **DISABLED}, gate_blob(), ID))
    outputs = MessageToDict(response)["properties"]
    del olds["states"], olds["enforcement"]
    assert {name: outputs[name] for name in olds} == olds


@pytest.mark.parametrize(("verdict", "waits"), [("met", False), ("timed out", True), ("unauthorised", True)])
def test_a_state_from_before_0_1_0_calls_the_outcome_a_verdict(  # the word is what such a state holds
    verdict: str, waits: bool, shared: ProviderProcess, clouds: MockClouds
) -> None:
    clouds.modelarts.put_lease(notebook(), **LEASE)
    olds = stored({**BEFORE, **ADVISORY})
    del olds["outcome"]
    request = update_request({**olds, "verdict": verdict}, BEFORE, gate_blob(), ID)
    outputs = MessageToDict(shared.call("Update", request))["properties"]
    # Tightened: a gate that was not met must wait now; one that was met must not.
    assert clouds.request_count() == int(waits)
    assert outputs["outcome"] == "met"
    assert "verdict" not in outputs


def test_an_update_that_is_not_met_fails(shared: ProviderProcess, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(), status="STOPPED")
    news = gate(until="self.enable", timeout="0")
    text = shared.failure("Update", update_request(stored(BEFORE), news, gate_blob(), ID))
    start = f"modelarts:NotebookLease {notebook()}: timed out after Ns; expected: self.enable; "
    assert timeless(text).startswith(start)


# Read and delete


def test_a_refresh_keeps_what_was_seen_and_asks_nothing(shared: ProviderProcess, clouds: MockClouds) -> None:
    kept = stored({**BEFORE, "triggers": [1, "a"]})
    response = shared.call("Read", stored_request(kept, gate_blob(), ID))
    assert response.id == ID
    # The SDK drops nulls on the way in; they are missing, not changed, to the engine.
    del kept["states"]["self"]["not_running_reason"]
    assert MessageToDict(response)["properties"] == {**kept, "__provider": gate_blob()}
    assert clouds.request_count() == 0


def test_a_delete_does_nothing(shared: ProviderProcess, clouds: MockClouds) -> None:
    shared.call("Delete", delete_request(stored(BEFORE), gate_blob(), ID))
    assert clouds.request_count() == 0
