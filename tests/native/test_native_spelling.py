"""What the plugin says to programs: names of properties as they write them, values as JSON has them.

Which messages there are stands in `tests/waiting/test_waiting_spelling.py`; here that each of the places where the
plugin says something is in these words. The fixture `plugin` looks for others in whatever its tests have it say.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from lease_support import LEASE, NOTEBOOK
from native_shell import GATE_URN, NativeShell
from nbcloud_support import eventually
from plugin_process import Plugin, details_of, urn_of

from pulumi_nbcloud.mock import MockClouds

TARGET = {"kind": "modelarts:NotebookLease", "notebookId": NOTEBOOK}
LOOKUP = "nbcloud:modelarts:getNotebookLease"
RECORD = urn_of("nbcloud:modelarts:NotebookLease")
UUID = "must be a UUID such as 0b9c2f6e-4a70-4a0e-9d0e-2c6f8d1e7a55"
FIELDS = "hint: fields of modelarts:NotebookLease are notebook_id, "


def reasons(plugin: Plugin, **inputs: Any) -> list[str]:
    return [each.reason for each in plugin.check(GATE_URN, {"target": TARGET, **inputs}).failures]


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        (
            {"notFound": "ok"},
            "notFound 'ok' is none of wait, fail, met\nhint: write it like notFound: \"met\"",
        ),
        (
            {"everyUpdate": 1},
            "everyUpdate must be true or false\nhint: write everyUpdate: true, or leave it out",
        ),
        (
            {"maxPollErrors": 0},
            "maxPollErrors must be a whole number from 1 to 1000\nhint: write it like maxPollErrors: 3",
        ),
        ({"holdsFor": 90}, 'holdsFor must be a text\nhint: give it a unit: holdsFor: "90s"'),
        (
            {"target": {"kind": "modelarts:NotebookLease", "notebookId": "nope"}},
            f"target self: modelarts:NotebookLease: notebookId {UUID}\nhint: correct the argument; nothing was sent",
        ),
        (
            {"target": {**TARGET, "NotebookId": NOTEBOOK}},
            (
                "target self: modelarts:NotebookLease: NotebookId is not an argument; did you mean notebookId?\n"
                "hint: correct the argument; nothing was sent"
            ),
        ),
    ],
)
def test_what_a_gate_refuses(inputs: dict[str, Any], reason: str, plugin: Plugin) -> None:
    assert reasons(plugin, **inputs) == [reason]


@pytest.mark.parametrize("name", ["until", "failOn"])
def test_a_condition_in_camel_case_is_told_in_snake_case(name: str, plugin: Plugin) -> None:
    for condition, meant in (
        ('self.notRunningReason == "FROZEN"', "self.not_running_reason"),
        ("self.expireTime < now", "self.expire_time"),
        ("expireTime", "self.expire_time"),
    ):
        (reason,) = reasons(plugin, **{name: condition})
        assert reason.startswith(f"{name}: ")
        assert f"; did you mean {meant}?" in reason


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"fail_on": "true"}, "fail_on is not an argument; did you mean failOn?"),
        ({"max_poll_errors": 3}, "max_poll_errors is not an argument; did you mean maxPollErrors?"),
        (
            {"target": {"kind": "modelarts:NotebookLease", "notebook_id": NOTEBOOK}},
            "notebook_id is not an argument; did you mean notebookId?",
        ),
    ],
)
def test_an_input_in_snake_case_is_told_in_camel_case(inputs: dict[str, Any], reason: str, plugin: Plugin) -> None:
    (found,) = reasons(plugin, **inputs)
    assert found.split("\n")[0] == reason


def test_a_preview_and_its_warnings(plugin: Plugin, clouds: MockClouds) -> None:
    plugin.create(GATE_URN, {"target": TARGET, "notFound": "fail", "failOn": "1 == 2"}, preview=True)
    plugin.create(GATE_URN, {"target": TARGET, "enforcement": "disabled"}, preview=True)
    shown = plugin.engine.texts(GATE_URN)
    assert shown[0].startswith('now: not found; it counts as failed: notFound is "fail" (')
    assert shown[1] == "failOn: 1 == 2 reads neither a target nor now, so it is the same at every poll"
    assert shown[2] == 'now: not polled, because enforcement is "disabled"'


def test_how_a_wait_ends(plugin: Plugin, clouds: MockClouds) -> None:
    absent = {"target": TARGET, "notFound": "fail", "timeout": "0"}
    assert '\n  reason: notFound is "fail"\n' in details_of(lambda: plugin.create(GATE_URN, absent))
    gone = {"target": TARGET, "until": "deleted", "timeout": "0"}
    assert details_of(lambda: plugin.create(GATE_URN, gone)).endswith("; if it may be gone already, give allowAbsent")
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    stalled = {"target": TARGET, "stallTimeout": "1s", "interval": "1s"}
    assert "; or give a longer stallTimeout; " in details_of(lambda: plugin.create(GATE_URN, stalled))


def test_a_deadline_that_is_over(plugin: Plugin, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    targets = {"self": {"kind": "modelarts:NotebookLease", "notebook_id": NOTEBOOK}}
    shown = NativeShell(plugin).create({"targets": targets, "timeout": "40h", "hold": "10m"}, began=41 * 3600).error
    assert 'to wait longer, write timeout: "80h"; to begin again, write triggers: ["20' in shown


def test_a_gate_that_is_not_polled(plugin: Plugin) -> None:
    response = plugin.create(GATE_URN, {"target": TARGET, "enforcement": "disabled"})
    message = response.properties.fields["message"].string_value
    assert message == 'not polled, because enforcement is "disabled"'


def test_an_override_that_is_not_allowed(make_plugin: Any, clouds: MockClouds) -> None:
    from datetime import datetime, timedelta, timezone

    end = (datetime.now(timezone.utc) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    entry = json.dumps({GATE_URN: {"reason": "down", "until": end}})
    plugin = make_plugin({**clouds.environment(), "NBCLOUD_OVERRIDES": entry})
    plugin.configure()
    (reason,) = reasons(plugin)
    assert reason.endswith("\nhint: set it in the stack's config, or give the gate overridable: true")
    (reason,) = reasons(plugin, overridable=False)
    assert reason.split("\n")[0].endswith(", whose overridable is false")


def test_a_function_and_a_record(plugin: Plugin, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    refused = f"modelarts:NotebookLease: notebookId {UUID}\nhint: correct the argument; nothing was sent"
    assert details_of(lambda: plugin.invoke(LOOKUP, notebookId="nope")) == refused
    assert [each.reason for each in plugin.check(RECORD, {"notebookId": "nope"}).failures] == [refused]
    text = details_of(lambda: plugin.invoke(LOOKUP, notebookId=NOTEBOOK, expect="self.expireTime > now"))
    problem, hint = text.split("\n")
    assert problem.endswith(
        "expect: self.expireTime is not a field of modelarts:NotebookLease; did you mean self.expire_time?"
    )
    assert hint.startswith(FIELDS)
    volatile = urn_of("nbcloud:aidp:NotebookSession")
    (reason,) = [each.reason for each in plugin.check(volatile, {"includeVolatile": "yes"}).failures]
    assert reason.startswith("aidp:NotebookSession: includeVolatile must be true or false")


def test_what_is_not_there(plugin: Plugin) -> None:
    text = details_of(lambda: plugin.invoke(LOOKUP, notebookId=NOTEBOOK))
    assert text.endswith("hint: check its id, the project and the region")


def test_a_filter_that_no_cloud_has(plugin: Plugin, clouds: MockClouds) -> None:
    plugin.invoke("nbcloud:modelarts:getDevServerJobs", type="COMON")
    warning = "modelarts:DevServerJobs: 'COMON' is not a known value of type; did you mean COMMON?"
    eventually(lambda: warning in plugin.engine.texts(), "the warning")
