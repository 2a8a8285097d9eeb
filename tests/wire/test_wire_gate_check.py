"""What Check says of a gate's inputs, without a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from gate_wire import gate
from google.protobuf.json_format import MessageToDict
from lease_support import lease_target
from provider_process import (
    ProviderProcess,
    check_request,
    gate_blob,
)
from pulumi.runtime.rpc import UNKNOWN

from pulumi_nbcloud.mock import MockClouds

SESSION = {
    "kind": "aidp:NotebookSession",
    "ai_data_platform_id": "ocid1.platform",
    "workspace_key": "w",
    "session_id": "s",
}


def failures(process: ProviderProcess, inputs: Mapping[str, Any]) -> list[str]:
    response = process.call("Check", check_request(inputs, gate_blob()))
    # The engine would print the value of a property that is named.
    assert {each.property for each in response.failures} <= {""}
    return [each.reason for each in response.failures]


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
        "type, expire_time, stops_itself, earliest_stop_time, not_running_reason"
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
        ({"targets": {"now": lease_target()}}, "targets: 'now' is the time of the evaluation; choose another name"),
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
        ({"consecutive": 0}, "consecutive must be a whole number from 1 to 1000"),
        ({"max_poll_errors": 1.5}, "max_poll_errors must be a whole number from 1 to 1000"),
        ({"not_found": "ok"}, "not_found 'ok' is none of wait, fail, met"),
        ({"enforcement": "off"}, "enforcement 'off' is none of disabled, advisory, mandatory"),
        ({"every_update": 1}, "every_update must be True or False"),
        ({"custom_timeouts": {"create": "soon"}}, "custom_timeouts.create 'soon' is not a duration"),
        ({"consecutive": 2, "timeout": "0"}, "consecutive 2 cannot be reached with timeout 0"),
        ({"holds_for": "31m"}, "holds_for 31m is longer than the timeout of 30m"),
        ({"fail_holds_for": "2m", "timeout": "1m"}, "fail_holds_for 2m is longer than the timeout of 1m"),
        ({"appear_timeout": "2m", "timeout": "1m"}, "appear_timeout 2m is longer than the timeout of 1m"),
        ({"stall_timeout": "2m", "timeout": "0"}, "stall_timeout 2m is longer than the timeout of 0s"),
        ({"appear_timeout": "2m", "not_found": "fail"}, "appear_timeout is not for not_found 'fail', which"),
        ({"targets": {"self": SESSION}, "not_found": "met"}, "not_found 'met' is not for aidp:NotebookSession: that"),
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
        gate(consecutive=2, not_found="met", max_poll_errors=1, enforcement="advisory", every_update=True),
        gate(
            consecutive=UNKNOWN, not_found=UNKNOWN, max_poll_errors=UNKNOWN, enforcement=UNKNOWN, every_update=UNKNOWN
        ),
        gate(custom_timeouts={"create": "1h", "update": "0"}),
        gate(holds_for="1m", fail_holds_for="1m", appear_timeout="1m", stall_timeout="1m", timeout="1m"),
        gate(holds_for=UNKNOWN, fail_holds_for=UNKNOWN, appear_timeout=UNKNOWN, stall_timeout=UNKNOWN, timeout="0"),
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
    response = shared.call("Check", check_request(inputs, gate_blob()))
    # What has no target at all is refused, and given back too.
    assert bool(response.failures) is (not inputs)
    assert MessageToDict(response)["inputs"] == {**inputs, "__provider": gate_blob()}
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
