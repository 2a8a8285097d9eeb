"""Diff and update over the wire where the dynamic shell has its own; refresh and delete. The rest: `gate_changes`."""

from __future__ import annotations

from typing import Any

import pytest
from gate_wire import ID, gate, stored, timeless
from google.protobuf.json_format import MessageToDict
from lease_support import LEASE, notebook
from provider_process import (
    ProviderProcess,
    delete_request,
    diff_request,
    gate_blob,
    read_blob,
    update_request,
)
from pulumi.runtime.proto import provider_pb2

from pulumi_nbcloud.mock import MockClouds

BEFORE = gate(until="self.running")
ADVISORY, DISABLED = {"enforcement": "advisory"}, {"enforcement": "disabled"}
LATE = "timed_out"


@pytest.mark.parametrize(
    ("own", "changes"),
    [({"custom_timeouts": {"create": "1h"}}, True), ({"status_urn": "urn:renamed"}, False)],
    ids=["custom_timeouts", "status_urn"],
)
def test_what_the_class_adds_makes_no_gate_wait_again(
    own: dict[str, Any], changes: bool, shared: ProviderProcess, clouds: MockClouds
) -> None:
    news = {**BEFORE, **own}
    expected = provider_pb2.DiffResponse.DIFF_SOME if changes else provider_pb2.DiffResponse.DIFF_NONE
    assert shared.call("Diff", diff_request(stored(BEFORE), news, gate_blob())).changes == expected
    outputs = MessageToDict(shared.call("Update", update_request(stored(BEFORE), news, gate_blob(), ID)))["properties"]
    assert {name: outputs[name] for name in own} == own
    assert clouds.request_count() == 0


def test_a_new_provider_blob_is_no_change(shared: ProviderProcess) -> None:
    request = diff_request(stored(BEFORE), BEFORE, gate_blob())
    request.olds["__provider"] = read_blob()
    assert shared.call("Diff", request).changes == provider_pb2.DiffResponse.DIFF_NONE


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


def test_a_delete_does_nothing(shared: ProviderProcess, clouds: MockClouds) -> None:
    shared.call("Delete", delete_request(stored(BEFORE), gate_blob(), ID))
    assert clouds.request_count() == 0
