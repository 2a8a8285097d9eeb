"""A lease on the real engine: looked up, recorded, drifting, gone, and in two profiles."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from lease_support import CREATED, LEASE, NOTEBOOK, STATE, STATE_STOPPED
from stack import ROOT, Stack, changed_fields

from pulumi_nbcloud.mock import MockClouds

LOOKED_UP = {**STATE, "not_running_reason": None, "earliest_stop_time": None}


def recorded(stack: Stack, name: str = "training") -> dict[str, Any]:
    """The outputs in state, without what differs from run to run."""
    outputs: dict[str, Any] = stack.resources()[name]["outputs"]
    return {name: value for name, value in outputs.items() if name not in ("__provider", "endpoint")}


@pytest.mark.usefixtures("ordinary_python")
def test_whole_and_part_are_exported_and_a_second_update_changes_nothing(stack: Stack, clouds: MockClouds) -> None:
    stack.keep_pip()
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    stack.program(f"""
        now = nbcloud.modelarts.get_notebook_lease("{NOTEBOOK}")
        later = nbcloud.modelarts.get_notebook_lease_output(pulumi.Output.from_input("{NOTEBOOK}"))
        lease = nbcloud.modelarts.NotebookLease("training", notebook_id="{NOTEBOOK}")
        pulumi.export("now", now)
        pulumi.export("now_dict", now.to_dict())
        pulumi.export("now_duration", now.duration)
        pulumi.export("later", later)
        pulumi.export("later_create_at", later.create_at)
        pulumi.export("later_expires", later.expire_time)
        pulumi.export("lease_create_at", lease.create_at)
        pulumi.export("lease_expires", lease.expire_time)
        pulumi.export("lease_running", lease.running)
        pulumi.export("lease_reason", lease.not_running_reason)
        pulumi.export("lease_id", lease.id)
        pulumi.export("types", pulumi.Output.all(later.create_at, lease.create_at, lease.duration).apply(
            lambda values: [type(value).__name__ for value in values]))
    """)
    stack.up()
    whole = {**LOOKED_UP, "endpoint": clouds.url}
    outputs = stack.outputs()
    assert outputs == {
        "now": whole,
        "now_dict": whole,
        "now_duration": 3_600_000,
        "later": whole,
        "later_create_at": CREATED,
        "later_expires": STATE["expire_time"],
        "lease_create_at": CREATED,
        "lease_expires": STATE["expire_time"],
        "lease_running": True,
        "lease_id": NOTEBOOK,
        "types": ["int", "int", "int"],
    }
    assert recorded(stack) == STATE
    resource = stack.resources()["training"]
    assert resource["type"] == "pulumi-python:dynamic/nbcloud/modelarts:NotebookLease"
    assert (resource["id"], resource["external"]) == (NOTEBOOK, True)
    assert set(resource["inputs"]) == {"__provider", "notebook_id"}
    golden = json.loads((ROOT / "tests" / "golden" / "frozen.json").read_text())
    # In plain: a text of 140 characters that holds no secret.
    assert resource["inputs"]["__provider"] == golden["modelarts:NotebookLease"]["blob"]
    assert resource["outputs"]["__provider"] == golden["modelarts:NotebookLease"]["blob"]
    again = stack.up("--expect-no-changes")
    assert "Diagnostics:" not in again.output
    assert stack.outputs() == outputs
    assert stack.drift().code == 0

    before = clouds.request_count()
    stack.destroy()
    assert stack.resources() == {}
    assert clouds.request_count() == before
    assert clouds.modelarts.get_lease(NOTEBOOK)["status"] == "RUNNING"


def test_drift_shows_what_changed_and_a_gone_notebook_leaves_the_state(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    stack.program(f"""
        lease = nbcloud.modelarts.NotebookLease("training", notebook_id="{NOTEBOOK}")
        pulumi.export("running", lease.running)
        pulumi.export("reason", lease.not_running_reason)
    """)
    stack.up()

    clouds.modelarts.add_transition(NOTEBOOK, duration=7_200_000)
    drift = stack.drift()
    assert drift.code != 0
    assert changed_fields(drift.output) == {"duration", "expire_time"}
    assert recorded(stack) == STATE  # a preview records nothing

    clouds.modelarts.add_transition(NOTEBOOK, status="STOPPED")
    stack.refresh()
    assert recorded(stack) == STATE_STOPPED
    stack.up("--expect-no-changes")
    assert stack.outputs() == {"running": False, "reason": "NOT_RUNNING"}

    clouds.modelarts.delete_lease(NOTEBOOK)
    assert "training" in stack.resources()
    stack.refresh()
    assert stack.resources() == {}


def assert_read_by_both_processes(clouds: MockClouds) -> None:
    """Each account was asked by the provider's process and by the program's, which share nothing.

    Of its own account the program looks the notebook up twice, which may be one request.
    """
    asked = Counter(entry.target.split("/")[2] for entry in clouds.requests)
    assert set(asked) == {"mock-project", "other-project"}
    assert asked["other-project"] == 2
    assert asked["mock-project"] in (2, 3)


def test_what_is_unknown_in_preview_is_read_in_the_update(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    clouds.modelarts.put_lease(NOTEBOOK, project_id="other-project", **{**LEASE, "duration": 60_000})
    stack.environment.update(clouds.environment("other"))
    stack.program(f"""
        seed = Seed("seed", "{NOTEBOOK}", "other")
        modelarts = nbcloud.modelarts
        by_id = modelarts.NotebookLease("by-id", notebook_id=seed.notebook_id)
        by_profile = modelarts.NotebookLease("by-profile", notebook_id="{NOTEBOOK}", profile=seed.profile)
        looked_up = modelarts.get_notebook_lease_output(seed.notebook_id)
        looked_up_profile = modelarts.get_notebook_lease_output("{NOTEBOOK}", profile=seed.profile)
        behind = modelarts.get_notebook_lease_output(
            "{NOTEBOOK}", opts=pulumi.InvokeOutputOptions(depends_on=[seed]))
        pulumi.export("by_id", by_id.duration)
        pulumi.export("by_profile", by_profile.duration)
        pulumi.export("looked_up", looked_up)
        pulumi.export("looked_up_part", looked_up.duration)
        pulumi.export("looked_up_profile", looked_up_profile.duration)
        pulumi.export("behind", behind.duration)
    """)
    preview = stack.preview()
    outputs = preview.output.partition("Outputs:\n")[2].partition("\n\n")[0]
    shown = dict(line.replace(" ", "").split(":") for line in outputs.splitlines())
    names = ["behind", "by_id", "by_profile", "looked_up", "looked_up_part", "looked_up_profile"]
    assert shown == dict.fromkeys(names, "[unknown]")
    assert clouds.request_count() == 0

    stack.up()
    assert stack.outputs() == {
        "by_id": 3_600_000,
        "by_profile": 60_000,
        "looked_up": {**LOOKED_UP, "endpoint": clouds.url},
        "looked_up_part": 3_600_000,
        "looked_up_profile": 60_000,
        "behind": 3_600_000,
    }
    assert_read_by_both_processes(clouds)
    # What exists already is known in preview.
    clouds.clear_requests()
    stack.preview("--expect-no-changes")
    assert_read_by_both_processes(clouds)


def test_two_profiles_in_one_stack_see_their_own_projects(make_stack: Callable[..., Stack], clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    clouds.modelarts.put_lease(NOTEBOOK, project_id="other-project", **{**LEASE, "duration": 60_000})
    stack = make_stack()
    own, other = clouds.settings()["modelarts"], clouds.settings("other")["modelarts"]
    stack.configure({"nbcloud:modelarts": own, "nbcloud:profiles.other.modelarts": other})
    stack.program(f"""
        modelarts = nbcloud.modelarts
        pulumi.export("own", modelarts.get_notebook_lease("{NOTEBOOK}").project_id)
        pulumi.export("other", modelarts.get_notebook_lease("{NOTEBOOK}", profile="other").project_id)
        pulumi.export("later", modelarts.get_notebook_lease_output("{NOTEBOOK}", profile="other").project_id)
        modelarts.NotebookLease("training", notebook_id="{NOTEBOOK}")
        modelarts.NotebookLease("serving", notebook_id="{NOTEBOOK}", profile="other")
    """)
    stack.up()
    assert stack.outputs() == {"own": "mock-project", "other": "other-project", "later": "other-project"}
    assert recorded(stack) == STATE
    assert recorded(stack, "serving") == {
        **STATE,
        "project_id": "other-project",
        "profile": "other",
        "duration": 60_000,
        "expire_time": "2023-11-14T22:14:20.123Z",
    }
    clouds.modelarts.add_transition(NOTEBOOK, project_id="other-project", enable=False)
    stack.refresh()
    assert recorded(stack) == STATE
    assert recorded(stack, "serving")["project_id"] == "other-project"
    assert recorded(stack, "serving")["enable"] is False
    asked = {(entry.access_key, entry.target.split("/")[2]) for entry in clouds.requests}
    assert asked == {(own["accessKey"], "mock-project"), (other["accessKey"], "other-project")}


def test_a_secret_notebook_id_can_be_recorded(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    stack.program(f"""
        hidden = pulumi.Output.secret("{NOTEBOOK}")
        lease = nbcloud.modelarts.NotebookLease("training", notebook_id=hidden)
        pulumi.export("duration", lease.duration)
        pulumi.export("looked_up", nbcloud.modelarts.get_notebook_lease_output(hidden).duration)
    """)
    stack.up()
    assert stack.outputs() == {"duration": 3_600_000, "looked_up": 3_600_000}
    assert "[secret]" in stack.run("stack", "output", "looked_up", expect=0).output
    assert stack.resources()["training"]["id"] == NOTEBOOK
