"""ModelArts on the real engine: its example, signed in as an IAM user without a project id; a job that is gone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from stack import ROOT, Stack

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.mock.scenarios import PROCESSING_JOB
from pulumi_nbcloud.mock.settings import as_pulumi_config

EXAMPLE = (ROOT / "examples" / "modelarts" / "__main__.py").read_text(encoding="utf-8")
# Looks each second: whether the first look is the one that still finds it under way is up to the engine, and the next
# would come 5 s and more later. As it stands in the repository the example runs in test_engine_docs.
QUICK = EXAMPLE.replace('timeout="1h"', 'timeout="1h", interval="1s"')
assert QUICK != EXAMPLE


@pytest.fixture
def stack(make_stack: Callable[..., Stack], clouds: MockClouds) -> Stack:
    """The example's stack, signed in by Pulumi config alone, without a project."""
    stack = make_stack()
    settings = {"modelarts": clouds.modelarts.password_settings()}
    for arguments in as_pulumi_config(settings, {"modelarts": clouds.modelarts.secret_settings()}):
        stack.run(*arguments, expect=0)
    stack.config(["jobId", PROCESSING_JOB])
    (stack.folder / "__main__.py").write_text(QUICK)
    return stack


def test_the_example_signed_in_as_a_user(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_job(PROCESSING_JOB)
    clouds.modelarts.put_job("other", name="other-job")
    clouds.modelarts.add_job_transition(PROCESSING_JOB, after_reads=2, status="FINISHED")
    stack.up()
    assert stack.outputs() == {"startedBy": "modelarts_user", "stillRunning": ["other-job"], "listIsWhole": True}
    # Two processes, the program's and the provider's, and neither logs in twice.
    operations = [entry.operation for entry in clouds.requests]
    assert operations.count("KeystoneCreateUserTokenByPassword") == 2
    assert "KeystoneListProjects" not in operations
    stack.up("--expect-no-changes")
    kept = stack.files()
    assert "nbcloud:modelarts" in kept
    assert clouds.modelarts.password_settings()["password"] not in kept


def test_a_job_is_dropped_only_if_the_list_is_whole(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_job(PROCESSING_JOB, status="FINISHED")
    stack.up()
    clouds.modelarts.limit_job_rows(0)
    refreshed = stack.refresh(expect=None)
    assert refreshed.code != 0
    assert "a list that is not whole (total: 1)" in refreshed.text
    assert "upgrade" in stack.resources()
    clouds.modelarts.limit_job_rows(None)
    clouds.modelarts.delete_job(PROCESSING_JOB)
    stack.refresh()
    assert "upgrade" not in stack.resources()
