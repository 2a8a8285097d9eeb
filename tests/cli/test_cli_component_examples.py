"""The examples that use the action, the component, the task and the template: each waits, and only then deploys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from component_support import SERVICES, Azure, GitLab, Service, stand_in_python
from docs_support import shell_environment
from expression_support import filled
from runner_support import Runner, loaded

from pulumi_nbcloud.mock import MockClouds

JOB = "4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e04"
INSTANCE = "notebook-1"
DEPLOY = "#!/bin/sh\necho deployed\n"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Of a machine whose pip installs the nbcloud of this checkout."""
    found = shell_environment()
    (tmp_path / "bin").mkdir()
    stand_in_python(tmp_path / "bin", found["PATH"])
    return {**found, "PATH": f"{tmp_path / 'bin'}:{found['PATH']}"}


def prepared(service: str, environment: dict[str, str], clouds: MockClouds, folder: Path) -> Service:
    (folder / "service").mkdir()
    return SERVICES[service](folder / "service", environment, clouds.environment())


@pytest.mark.parametrize(("count", "outcome"), [(0, "met"), (1, "failed")])
def test_the_workflow_waits_and_deploys(
    count: int, outcome: str, environment: dict[str, str], clouds: MockClouds, tmp_path: Path
) -> None:
    clouds.modelarts.put_job(JOB, status="FINISHED", abnormal_count=count)
    settings = clouds.environment()
    runner = Runner(
        tmp_path, environment, {"deploy.sh": DEPLOY}, {"job-id": JOB, "MODELARTS_PROJECT_ID": "any"}, settings
    )
    job = runner.github("github-action.yml")
    assert job is not None
    assert job.passed is (outcome == "met"), job.text
    assert ("deployed\n" in job.text) is (outcome == "met")
    assert f"The gate ended as {outcome} after " in job.text
    assert runner.played == ["actions/checkout@v4", "actions/cache/restore@v4", "actions/cache/save@v4"]


def test_the_pipeline_of_gitlab_waits_and_deploys(
    environment: dict[str, str], clouds: MockClouds, tmp_path: Path
) -> None:
    clouds.hpcai.put_instance(INSTANCE, status="Running")
    pipeline = loaded("gitlab-component.yml")
    (include,) = pipeline["include"]
    service = prepared("gitlab", environment, clouds, tmp_path)
    assert isinstance(service, GitLab)
    service.settings["INSTANCE_ID"] = INSTANCE
    assert include["local"] == "templates/nbcloud-wait.yml"
    names = {name.replace("-", "_"): value for name, value in include["inputs"].items()}
    end = service.run(**names)
    assert (end.passed, end.outcome) == (True, "met"), end.text
    assert [each["job"] for each in pipeline["deploy"]["needs"]] == [include["inputs"]["job-name"]]
    # As GitLab hands on what stands in the report of a job.
    variables = {"NBCLOUD_WAIT_OUTCOME": end.outcome, "NBCLOUD_WAIT_ELAPSED_SECONDS": end.elapsed}
    deployment = Runner(tmp_path, environment, {"deploy.sh": DEPLOY}, variables).gitlab_job(pipeline["deploy"])
    assert deployment is not None
    assert deployment.text == f"The gate ended as met after {end.elapsed} s\ndeployed\n"


def test_the_pipeline_of_azure_waits(environment: dict[str, str], clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_job(JOB, status="FINISHED")
    (job,) = loaded("azure-wait.yml")["jobs"]
    _, wait, deploy = job["steps"]
    assert wait["template"] == "nbcloud-wait.yml"
    contexts: dict[str, Any] = {"parameters": {"jobId": JOB}}
    parameters = {name: filled(value, contexts, str) for name, value in wait["parameters"].items()}
    # The settings of the mock stand for those of the pipeline's variables.
    given = parameters.pop("env")
    assert {"NBCLOUD_MODELARTS_ACCESS_KEY", "NBCLOUD_MODELARTS_SECRET_KEY"} < set(given)
    service = prepared("azure", environment, clouds, tmp_path)
    assert isinstance(service, Azure)
    end = service.run(**parameters)
    assert (end.passed, end.outcome) == (True, "met"), end.text
    assert deploy["env"] == {"OUTCOME": "$(nbcloud.outcome)", "SECONDS_WAITED": "$(nbcloud.elapsed_seconds)"}
    assert "condition" not in deploy, "a gate that is not met keeps it from running"


def test_the_pipeline_of_tekton_waits(environment: dict[str, str], clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_job(JOB, status="FINISHED")
    spec = loaded("tekton-wait.yaml")["spec"]
    gate, deploy = spec["pipelineSpec"]["tasks"]
    (job,) = spec["params"]
    named = {
        each["name"].replace("-", "_"): each["value"].replace(f"$(params.{job['name']})", job["value"])
        for each in gate["params"]
    }
    del named["secret"]
    end = prepared("tekton", environment, clouds, tmp_path).run(**named)
    assert (end.passed, end.outcome) == (True, "met"), end.text
    assert deploy["when"] == [{"input": "$(tasks.gate.results.outcome)", "operator": "in", "values": ["met"]}]
    assert spec["taskRunTemplate"]["podTemplate"]["securityContext"] == {"fsGroup": 65532}
