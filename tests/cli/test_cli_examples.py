"""The example workflows: their structure, their shell, and each command line of ours in them."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from cli_support import invoke
from lease_support import NOTEBOOK

from pulumi_nbcloud.mock import MockClouds

FOLDER = Path(__file__).parents[2] / "examples" / "pipelines"
# What the shell puts in where a workflow runs.
VALUES = {"JOB_ID": "job-1", "NOTEBOOK_ID": NOTEBOOK, "INSTANCE_ID": "notebook-1"}


def loaded(name: str) -> dict[Any, Any]:
    pipeline = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    assert isinstance(pipeline, dict)
    return pipeline


def github() -> dict[Any, Any]:
    return loaded("github.yml")


def gitlab() -> dict[Any, Any]:
    return loaded("gitlab.yml")


def scripts() -> Iterator[str]:
    for job in github()["jobs"].values():
        yield from (step["run"] for step in job["steps"] if "run" in step)
    for name, job in gitlab().items():
        if name != "stages":
            yield from (*job.get("before_script", ()), *job["script"])


def command_lines() -> list[list[str]]:
    """What is run of ours, as the shell would hand it on."""
    found = []
    for script in scripts():
        for line in script.replace("\\\n", " ").splitlines():
            words = shlex.split(line)
            if words[:1] == ["nbcloud"]:
                words = words[1 : words.index(">")] if ">" in words else words[1:]
                for name, value in VALUES.items():
                    words = [word.replace(f"${name}", value) for word in words]
                found.append(words)
    return found


def test_the_github_workflow_holds_a_gate_before_the_deployment() -> None:
    workflow = github()
    assert workflow[True]["workflow_dispatch"]["inputs"], "YAML reads `on` as a bool"
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert job["runs-on"]
        steps = job["steps"]
        assert all(("run" in step) != ("uses" in step) for step in steps)
        gate = next(index for index, step in enumerate(steps) if step.get("id") == "gate")
        deploy = next(index for index, step in enumerate(steps) if step.get("name") == "Deploy")
        assert gate < deploy
        assert "if" not in steps[deploy], "a gate that is not met keeps it from running"
        used = [value for step in steps for value in step.get("env", {}).values() if "steps.gate.outputs." in value]
        # The names that the command writes.
        assert used == ["${{ steps.gate.outputs.outcome }}", "${{ steps.gate.outputs.elapsed_seconds }}"]


def test_no_expression_stands_in_a_script() -> None:
    """An input that is put into a script may add commands to it."""
    assert not [script for script in scripts() if "${{" in script]


def test_the_gitlab_pipeline_holds_a_gate_before_the_deployment() -> None:
    pipeline = gitlab()
    jobs = {name: job for name, job in pipeline.items() if name != "stages"}
    assert {job["stage"] for job in jobs.values()} == set(pipeline["stages"])
    assert [need["job"] for need in jobs["deploy"]["needs"]] == ["gate"]
    reports = jobs["gate"]["artifacts"]["reports"]
    assert f"--junit-xml {reports['junit']} " in jobs["gate"]["script"][0]
    assert jobs["gate"]["script"][1].endswith(f"> {reports['dotenv']}")


@pytest.mark.parametrize("number", range(len(list(scripts()))))
def test_every_script_parses(number: int) -> None:
    done = subprocess.run(["bash", "-n"], input=list(scripts())[number], text=True, capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_command_line_is_accepted(nbcloud_mock: MockClouds) -> None:
    lines = command_lines()
    assert [words[0] for words in lines] == ["doctor", "wait", "doctor", "wait"]
    nbcloud_mock.modelarts.put_lease(NOTEBOOK)
    nbcloud_mock.modelarts.put_job("job-1", status="FINISHED")
    nbcloud_mock.hpcai.put_instance("notebook-1", status="Running")
    for words in lines:
        if "--junit-xml" in words:
            at = words.index("--junit-xml")
            words = words[:at] + words[at + 2 :]
        done = invoke(*words)
        assert done.code == 0, (words, done.err)
