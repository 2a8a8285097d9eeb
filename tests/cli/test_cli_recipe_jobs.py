"""The recipe of a job that waits and a job that deploys after it: every step of each, against the mock clouds."""

from __future__ import annotations

from pathlib import Path

import pytest
from docs_support import recipe, shell_environment
from runner_support import Job, Runner, loaded

from pulumi_nbcloud.mock import MockClouds

JOB = "job-1"
WORKFLOW = recipe("github_jobs") / "github.yml"


@pytest.fixture
def runner(clouds: MockClouds, tmp_path: Path) -> Runner:
    settings = clouds.environment()
    secrets = {
        name.removeprefix("NBCLOUD_"): settings[name]
        for name in ("NBCLOUD_MODELARTS_PROJECT_ID", "NBCLOUD_MODELARTS_ACCESS_KEY", "NBCLOUD_MODELARTS_SECRET_KEY")
    }
    places = ("NBCLOUD_MODELARTS_ENDPOINT", "NBCLOUD_MODELARTS_REGION")
    return Runner(
        tmp_path,
        shell_environment(),
        {"deploy.sh": "#!/bin/sh\necho deployed\n"},
        {"job-id": JOB, **secrets},
        # The mock's, in the place of the region's.
        {name: settings[name] for name in places if name in settings},
    )


def jobs_of(runner: Runner) -> tuple[Job, Job | None, Job | None]:
    jobs = runner.github_jobs(WORKFLOW)
    gate = jobs["gate"]
    assert gate is not None
    return gate, jobs["deploy"], jobs["report"]


def test_a_gate_that_is_met_lets_the_next_job_deploy(runner: Runner, clouds: MockClouds) -> None:
    clouds.modelarts.put_job(JOB, status="FINISHED")
    gate, deploy, report = jobs_of(runner)
    assert gate.passed, gate.text
    assert gate.outputs["outcome"] == "met"
    assert deploy is not None
    assert deploy.passed, deploy.text
    assert deploy.text == f"The gate was met after {gate.outputs['elapsed-seconds']} s\ndeployed\n"
    assert report is None


def test_a_gate_that_fails_deploys_nothing_and_says_how_it_ended(runner: Runner, clouds: MockClouds) -> None:
    clouds.modelarts.put_job(JOB, status="FINISHED", abnormal_count=1)
    gate, deploy, report = jobs_of(runner)
    assert not gate.passed
    assert gate.summary.startswith("### nbcloud wait: failed\n")
    assert deploy is None
    assert report is not None
    assert report.text == "::warning title=gate::The gate ended as failed; nothing was deployed.\n"


def test_the_job_that_deploys_has_no_credentials_of_the_notebook_cloud() -> None:
    deploy = loaded(WORKFLOW)["jobs"]["deploy"]
    assert "secrets." not in str(deploy)
    assert deploy["environment"]
