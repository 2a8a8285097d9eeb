"""All four endpoints on the real engine: one stack, two profiles, tokens that expire, secrets that change."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from lease_support import LEASE, NOTEBOOK
from nbcloud_support import LIMIT_SECONDS, eventually
from stack import Stack

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.mock.aidp.service import DEFAULT_PLATFORM, DEFAULT_WORKSPACE

JOB = "03af7361-5cba-44d4-b29b-4dcc5d9dff51"
INSTANCE = "notebook-5ac72ea0"
SESSION = "0f6cbb4b-5ff2-4f9e-8b0a-d5dd7f8f5a01"
TARGETS = f"""
JOB, NOTEBOOK, INSTANCE, SESSION = "{JOB}", "{NOTEBOOK}", "{INSTANCE}", "{SESSION}"
SESSION_IDS = dict(ai_data_platform_id="{DEFAULT_PLATFORM}", workspace_key="{DEFAULT_WORKSPACE}", session_id=SESSION)
"""
EVERYTHING = f"""{TARGETS}
lease = nbcloud.modelarts.NotebookLease("lease", notebook_id=NOTEBOOK)
job = nbcloud.modelarts.DevServerJob("job", job_id=JOB)
instance = nbcloud.hpcai.Instance("instance", instance_id=INSTANCE)
session = nbcloud.aidp.NotebookSession("session", **SESSION_IDS)
ready = nbcloud.Gate(
    "ready",
    targets={{
        "lease": lease,
        "job": job,
        "instance": instance,
        "session": session,
        "jobs": nbcloud.modelarts.DevServerJobsArgs(status="FINISHED"),
        "instances": nbcloud.hpcai.InstancesArgs(status="Running"),
    }},
    until=(
        'lease.running && job.status == "FINISHED" && instance.healthy && session.kernel.execution_state == "idle"'
        ' && size(jobs.jobs) > 0 && jobs.jobs.all(j, j.abnormal_count == 0)'
        ' && instances.instances.exists(i, i.instance_id == "{INSTANCE}")'
    ),
    interval="1s",
)
seen_lease = nbcloud.modelarts.get_notebook_lease(NOTEBOOK)
seen_job = nbcloud.modelarts.get_dev_server_job(JOB)
seen_jobs = nbcloud.modelarts.get_dev_server_jobs()
seen_instance = nbcloud.hpcai.get_instance(INSTANCE)
seen_instances = nbcloud.hpcai.get_instances_output()
seen_session = nbcloud.aidp.get_notebook_session_output(**SESSION_IDS)
pulumi.export("whole_job", seen_job)
pulumi.export("whole_jobs", seen_jobs)
pulumi.export("whole_instances_total", seen_instances.total)
pulumi.export("gpu", seen_instance.instance_spec_info.instance_type_info.gpu.amount)
pulumi.export("kernel", seen_session.kernel.execution_state)
pulumi.export("recorded_kernel", session.kernel)
pulumi.export("recorded_kernel_state", session.kernel.execution_state)
pulumi.export("recorded_price", instance.instance_spec_info.instance_billing_info.price)
pulumi.export("recorded_port", instance.instance_spec_info.node_ports[0].node_port)
pulumi.export("recorded_job", job.status)
pulumi.export("gate_job", ready.states["job"]["status"])
"""


@pytest.fixture
def filled(clouds: MockClouds) -> MockClouds:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    clouds.modelarts.put_job(JOB, status="FINISHED", abnormal_count=0)
    clouds.hpcai.put_instance(INSTANCE)
    clouds.aidp.put_session(SESSION)
    return clouds


def test_one_stack_looks_up_records_and_gates_all_four(stack: Stack, filled: MockClouds) -> None:
    stack.program(EVERYTHING)
    stack.up()
    outputs = stack.outputs()
    assert outputs["whole_job"]["job_id"] == JOB
    assert outputs["whole_jobs"]["jobs"][0]["status"] == "FINISHED"
    assert (outputs["whole_jobs"]["total"], outputs["whole_jobs"]["truncated"]) == (1, False)
    assert outputs["whole_instances_total"] == 1
    assert (outputs["gpu"], outputs["kernel"], outputs["recorded_kernel_state"]) == (0, "idle", "idle")
    assert outputs["recorded_kernel"]["execution_state"] == "idle"
    assert "last_activity" not in outputs["recorded_kernel"]
    assert (outputs["recorded_price"], outputs["recorded_port"]) == (0.23999999463558197, 31674)
    assert (outputs["recorded_job"], outputs["gate_job"]) == ("FINISHED", "FINISHED")
    resources = stack.resources()
    assert {
        name: (each["type"].rpartition("/")[2], each["id"]) for name, each in resources.items() if name != "ready"
    } == {
        "lease": ("modelarts:NotebookLease", NOTEBOOK),
        "job": ("modelarts:DevServerJob", JOB),
        "instance": ("hpcai:Instance", INSTANCE),
        "session": ("aidp:NotebookSession", f"{DEFAULT_PLATFORM}/{DEFAULT_WORKSPACE}/{SESSION}"),
    }
    assert resources["ready"]["outputs"]["polls"] == 1

    # What moves without anything having happened is neither a change nor drift.
    filled.aidp.add_transition(SESSION, last_activity="2026-01-31T13:00:00Z", connections=7)
    filled.hpcai.add_transition(INSTANCE, root_disk_used_gi=3.5)
    stack.up("--expect-no-changes")
    drift = stack.drift()
    assert drift.code == 0, drift.text

    filled.aidp.add_transition(SESSION, execution_state="busy")
    assert stack.drift().code != 0
    stack.up()
    assert stack.outputs()["recorded_kernel_state"] == "busy"


def test_what_moves_by_itself_is_recorded_where_asked(stack: Stack, filled: MockClouds) -> None:
    stack.program(f"""{TARGETS}
session = nbcloud.aidp.NotebookSession("session", **SESSION_IDS, include_volatile=True)
pulumi.export("connections", session.kernel.connections)
""")
    filled.aidp.add_transition(SESSION, connections=3)
    stack.up()
    assert stack.outputs() == {"connections": 3}
    stack.up("--expect-no-changes")
    filled.aidp.add_transition(SESSION, connections=7)
    assert stack.drift().code != 0


def test_two_profiles_of_each_cloud_meet_in_one_gate(stack: Stack, filled: MockClouds) -> None:
    stack.environment.update(filled.environment("other"))
    filled.hpcai.put_instance("of-other", username="other-user")
    filled.modelarts.put_lease(NOTEBOOK, project_id="other-project", **LEASE)
    stack.program(f"""{TARGETS}
pulumi.export("states", nbcloud.Gate("both", targets={{
    "a": nbcloud.hpcai.InstanceArgs(instance_id=INSTANCE),
    "b": nbcloud.hpcai.InstanceArgs(instance_id="of-other", profile="other"),
    "c": nbcloud.modelarts.NotebookLeaseArgs(notebook_id=NOTEBOOK, profile="other"),
}}).states)
""")
    stack.up()
    states = stack.outputs()["states"]
    assert (states["a"]["instance_id"], states["b"]["instance_id"]) == (INSTANCE, "of-other")
    assert states["c"]["project_id"] == "other-project"


def password_accounts(clouds: MockClouds) -> dict[str, dict[str, str]]:
    return {"nbcloud:hpcai": clouds.hpcai.login_settings(), "nbcloud:modelarts": clouds.modelarts.password_settings()}


def test_tokens_that_expire_in_mid_wait_are_renewed_and_the_gate_goes_on(
    make_stack: Callable[..., Stack], clouds: MockClouds
) -> None:
    clouds.hpcai.put_instance(INSTANCE, status="Starting")
    clouds.modelarts.put_lease(NOTEBOOK, status="STARTING")
    stack = make_stack()
    stack.configure(password_accounts(clouds))
    stack.program(f"""{TARGETS}
nbcloud.Gate("ready", interval="1s", timeout="10m", targets={{
    "instance": nbcloud.hpcai.InstanceArgs(instance_id=INSTANCE),
    "lease": nbcloud.modelarts.NotebookLeaseArgs(notebook_id=NOTEBOOK),
}})
""")

    def logins(service: str) -> int:
        return sum(
            entry.target in ("/api/user/login", "/v3/auth/tokens") for entry in clouds.request_entries(service=service)
        )

    with stack.begin("up", "--yes", "--skip-preview") as running:
        eventually(lambda: clouds.request_count("modelarts") > 2 and clouds.request_count("hpcai") > 2, "polls")
        assert (logins("hpcai"), logins("modelarts")) == (1, 1)
        # A day and an hour: by the clouds' clock both tokens are over, by this machine's they are not.
        clouds.clock.advance(25 * 3600)
        eventually(lambda: logins("hpcai") == 2 and logins("modelarts") == 2, "second logins")
        clouds.hpcai.add_transition(INSTANCE, status="Running")
        clouds.modelarts.add_transition(NOTEBOOK, status="RUNNING")
        done = running.end(LIMIT_SECONDS)
    assert done.code == 0, done.text
    assert (logins("hpcai"), logins("modelarts")) == (2, 2)
    for account in password_accounts(clouds).values():
        assert account["password"] not in done.text


def test_a_rotated_secret_needs_no_diff(make_stack: Callable[..., Stack], filled: MockClouds) -> None:
    stack = make_stack()
    stack.configure({f"nbcloud:{cloud}": settings for cloud, settings in filled.settings().items()})
    stack.program(EVERYTHING)
    stack.up()
    filled.hpcai.add_account("mock-user", "rotated-password-canary", "rotated-api-key-canary")
    filled.modelarts.add_account("MOCKACCESSKEY0000001", "rotated-secret-key-canary", projects=["mock-project"])
    stack.configure({f"nbcloud:{cloud}": settings for cloud, settings in filled.settings().items()})
    again = stack.up("--expect-no-changes", "--diff")
    assert "canary" not in again.text
    assert "canary" not in stack.files()
