"""The recipes for Airflow and Argo Rollouts with the real ones: Airflow's sensor in an environment of its own, and the
web metric of Argo Rollouts, which is built with Go. Both ask a service that runs, over the mock clouds."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from locked_environment import python_of
from nbcloud_support import LIMIT_SECONDS
from process_support import Process
from recipe_support import JOB, RECIPES, SERVICE, STATES, recipe_service

from pulumi_nbcloud.mock import MockClouds

ROOT = Path(__file__).resolve().parents[2]
GO_MODULE = ROOT / "tools" / "argo-rollouts"
PHASES = {"met": "Successful", "not_met": "Inconclusive", "failed": "Failed"}


@pytest.fixture(scope="module")
def service(nbcloud_mock_server: MockClouds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Process, str]]:
    with recipe_service(tmp_path_factory.mktemp("callers"), nbcloud_mock_server) as started:
        yield started


@pytest.fixture(scope="module")
def airflow() -> Path:
    return python_of("airflow")


def poke(python: Path, service: tuple[Process, str], folder: Path, token: str | None = None) -> dict[str, Any]:
    process, right = service
    connection = {
        "conn_type": "http",
        "schema": "http",
        "host": "127.0.0.1",
        "port": process.port,
        "extra": {"Authorization": f"Bearer {token or right}"},
    }
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW_CONN_NBCLOUD": json.dumps(connection),
    }
    line = [str(python), str(Path(__file__).with_name("airflow_probe.py")), str(RECIPES / "airflow_dag.py"), JOB]
    done = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=5 * LIMIT_SECONDS)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize(("state", "outcome"), STATES, ids=[outcome for _, outcome in STATES])
def test_airflow(
    state: dict[str, Any],
    outcome: str,
    airflow: Path,
    service: tuple[Process, str],
    clouds: MockClouds,
    tmp_path: Path,
) -> None:
    clouds.modelarts.put_job(JOB, **state)
    found = poke(airflow, service, tmp_path)
    assert (found["mode"], found["order"]) == ("reschedule", ["publish"])
    if outcome == "failed":
        assert found["error"] == "AirflowFailException"
        assert found["text"].startswith("the gate ended as failed: ")
    else:
        assert found["met"] == (outcome == "met")


def test_airflow_without_the_right_token(
    airflow: Path, service: tuple[Process, str], clouds: MockClouds, tmp_path: Path
) -> None:
    found = poke(airflow, service, tmp_path, "wrong")
    assert "401" in found["text"]


@pytest.fixture(scope="module")
def web_metric(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The web metric of Argo Rollouts as a program, of the module that is pinned under tools/."""
    go = shutil.which("go")
    assert go is not None, "the extended tests need Go"
    program = tmp_path_factory.mktemp("argo") / "web-metric"
    environment = {**os.environ, "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "HOME": str(Path.home())}
    subprocess.run([go, "build", "-o", str(program), "."], cwd=GO_MODULE, env=environment, check=True)
    return program


def measured(program: Path, service: tuple[Process, str], token: str | None = None) -> dict[str, str]:
    """One measurement, with the arguments that the controller puts into the template."""
    process, right = service
    template = yaml.safe_load((RECIPES / "argo-rollouts.yaml").read_text(encoding="utf-8"))
    (metric,) = template["spec"]["metrics"]
    text = json.dumps(metric).replace(SERVICE, process.origin)
    for name, value in {"job-id": JOB, "token": token or right}.items():
        text = text.replace(f"{{{{args.{name}}}}}", value)
    done = subprocess.run([str(program)], input=text, capture_output=True, text=True, timeout=LIMIT_SECONDS)
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(("state", "outcome"), STATES, ids=[outcome for _, outcome in STATES])
def test_argo_rollouts(
    state: dict[str, Any], outcome: str, service: tuple[Process, str], clouds: MockClouds, web_metric: Path
) -> None:
    clouds.modelarts.put_job(JOB, **state)
    found = measured(web_metric, service)
    assert (found["phase"], found["value"]) == (PHASES[outcome], f'"{outcome}"')


def test_argo_rollouts_without_the_right_token(service: tuple[Process, str], web_metric: Path) -> None:
    found = measured(web_metric, service, "wrong")
    assert found["phase"] == "Error"
    assert "401" in found["message"]
