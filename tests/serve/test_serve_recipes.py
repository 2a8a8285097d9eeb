"""The recipes for callers. `curl` is the real one; Azure's check and Terraform's `http` are small callers of our own.

Those two do what the vendors' pages say: there is no Azure Pipelines to run, and no registry here has the provider.
Argo Rollouts and Airflow are in `tests/vendor_callers`, the real ones.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from nbcloud_support import LIMIT_SECONDS
from process_support import Process
from recipe_support import JOB, RECIPES, SERVICE, STATES, recipe_service

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.serve.checks import OUTCOMES
from pulumi_nbcloud.serve.file import read_file

Asked = tuple[Process, str]
ENDS = {"failed", "never_appeared", "bad_condition", "unauthorized"}


@pytest.fixture(scope="module")
def service(nbcloud_mock_server: MockClouds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    with recipe_service(tmp_path_factory.mktemp("recipes"), nbcloud_mock_server) as started:
        yield started


def test_the_gates_file_of_the_recipes_is_right() -> None:
    file = read_file(RECIPES / "gates.json")
    assert list(file.gates) == ["training-done"]
    assert list(file.gates["training-done"].parameters) == ["job_id"]


# --- curl, the real one


def run_script(service: Asked, **more: str) -> subprocess.CompletedProcess[str]:
    process, token = service
    environment = {"PATH": "/usr/bin:/bin", "SERVICE": process.origin, "TOKEN": token, "JOB_ID": JOB, **more}
    line = [str(RECIPES / "wait.sh")]
    return subprocess.run(line, env=environment, capture_output=True, text=True, timeout=LIMIT_SECONDS)


@pytest.mark.parametrize(("state", "code"), [(STATES[1][0], 0), (STATES[2][0], 1)], ids=["met", "failed"])
def test_curl(state: dict[str, Any], code: int, service: Asked, clouds: MockClouds) -> None:
    clouds.modelarts.put_job(JOB, **state)
    done = run_script(service)
    assert done.returncode == code, done.stderr
    assert ('"outcome": "failed"' in done.stderr) == (code == 1)


def test_curl_goes_on_until_it_is_met(service: Asked, clouds: MockClouds) -> None:
    clouds.modelarts.put_job(JOB, status="PROCESSING")
    clouds.modelarts.add_job_transition(JOB, after_reads=2, status="FINISHED")
    assert run_script(service).returncode == 0
    assert len(clouds.requests) >= 2


def test_curl_gives_up_after_its_tries(service: Asked, clouds: MockClouds, tmp_path: Path) -> None:
    """With a second in the place of half a minute."""
    clouds.modelarts.put_job(JOB, status="PROCESSING")
    script = (RECIPES / "wait.sh").read_text(encoding="utf-8").replace("seconds=30", "seconds=1")
    (tmp_path / "wait.sh").write_text(script, encoding="utf-8")
    process, token = service
    environment = {"PATH": "/usr/bin:/bin", "SERVICE": process.origin, "TOKEN": token, "JOB_ID": JOB, "TRIES": "2"}
    line = ["sh", str(tmp_path / "wait.sh")]
    done = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=LIMIT_SECONDS)
    assert done.returncode == 2
    assert '"outcome": "not_met"' in done.stderr


def test_curl_is_told_what_is_wrong(service: Asked) -> None:
    done = run_script(service, TOKEN="wrong")
    assert done.returncode == 1
    assert "a token of this service is needed" in done.stderr
    done = run_script(service, JOB_ID="no-uuid")
    assert done.returncode == 1
    assert "the parameter job_id does not match its pattern" in done.stderr


def test_the_script_is_plain_shell() -> None:
    checker = shutil.which("dash") or "sh"
    assert subprocess.run([checker, "-n", str(RECIPES / "wait.sh")], timeout=60).returncode == 0
    ends = set(re.findall(r'"outcome": "(\w+)"', (RECIPES / "wait.sh").read_text(encoding="utf-8")))
    assert ends == ENDS | {"met"}
    assert ends <= set(OUTCOMES)


# --- Azure Pipelines: a small caller that does what the page of the check says


def azure_check(service: Asked, variables: dict[str, str]) -> bool:
    """One evaluation: sends what the check holds, then applies its success criteria to the response."""
    process, token = service
    settings = json.loads((RECIPES / "azure-pipelines-check.json").read_text(encoding="utf-8"))["settings"]
    inputs = settings["inputs"]
    assert inputs["waitForCompletion"] == "false", "the response completes it, no call back"

    def filled(text: str) -> str:
        for name, value in {**variables, "nbcloud-token": token}.items():
            text = text.replace(f"$({name})", value)
        assert "$(" not in text
        return text

    response = process.post(
        inputs["urlSuffix"], headers=json.loads(filled(inputs["headers"])), content=filled(inputs["body"])
    )
    criteria = re.fullmatch(r"eq\(root\['(\w+)'\], '(\w+)'\)", inputs["successCriteria"])
    assert criteria is not None
    return response.status_code == 200 and bool(response.json()[criteria[1]] == criteria[2])


@pytest.mark.parametrize(("state", "outcome"), STATES, ids=[outcome for _, outcome in STATES])
def test_azure_pipelines_check(state: dict[str, Any], outcome: str, service: Asked, clouds: MockClouds) -> None:
    clouds.modelarts.put_job(JOB, **state)
    assert azure_check(service, {"job-id": JOB}) == (outcome == "met")


# --- Terraform: a small caller that does what the page of the data source says


def terraform_apply(service: Asked) -> str | None:
    """What the data source asks, and the message of the first postcondition that does not hold; None for none."""
    process, token = service
    text = (RECIPES / "terraform" / "main.tf").read_text(encoding="utf-8")
    url = re.search(r'^ +url += "(.*)"$', text, re.MULTILINE)
    authorization = re.search(r'^ +Authorization = "(.*)"$', text, re.MULTILINE)
    assert url is not None
    assert authorization is not None
    values = {"service": process.origin, "job_id": JOB, "token": token}

    def filled(template: str, **more: str) -> str:
        found = re.sub(r"\$\{var\.(\w+)\}", lambda name: values[name[1]], template)
        return re.sub(r"\$\{self\.(\w+)\}", lambda name: more[name[1]], found)

    response = process.get(
        filled(url[1]).replace(process.origin, ""), headers={"Authorization": filled(authorization[1])}
    )
    rules = re.findall(r'condition +=(.*)\n +error_message = "(.*)"', text)
    assert [rule.strip() for rule, _ in rules] == [
        "self.status_code == 200",
        'jsondecode(self.response_body).outcome == "met"',
    ]
    holds = (response.status_code == 200, response.json().get("outcome") == "met")
    told = {"status_code": str(response.status_code), "response_body": response.text}
    messages = [filled(message, **told) for (_, message), right in zip(rules, holds, strict=True) if not right]
    return next(iter(messages), None)


@pytest.mark.parametrize(("state", "outcome"), STATES[1:], ids=[outcome for _, outcome in STATES[1:]])
def test_terraform_http(state: dict[str, Any], outcome: str, service: Asked, clouds: MockClouds) -> None:
    clouds.modelarts.put_job(JOB, **state)
    message = terraform_apply(service)
    if outcome == "met":
        assert message is None
    else:
        assert message is not None
        assert message.startswith("The gate is not met: {")
        assert f'"outcome": "{outcome}"' in message
    process, token = service
    message = terraform_apply((process, f"{token}x"))
    assert message is not None
    assert message.startswith("The gate could not be asked: 401 {")


def test_terraform_waits_no_longer_than_its_request_lasts() -> None:
    text = (RECIPES / "terraform" / "main.tf").read_text(encoding="utf-8")
    waits, lasts = re.search(r"seconds=(\d+)", text), re.search(r"request_timeout_ms = (\d+)", text)
    assert waits is not None
    assert lasts is not None
    assert int(waits[1]) <= 60
    assert int(lasts[1]) > int(waits[1]) * 1000


# --- what holds of the others without their engines


def test_argo_rollouts_knows_every_outcome() -> None:
    template = yaml.safe_load((RECIPES / "argo-rollouts.yaml").read_text(encoding="utf-8"))
    (metric,) = template["spec"]["metrics"]
    assert set(re.findall(r'"(\w+)"', metric["failureCondition"])) == ENDS
    assert metric["provider"]["web"]["url"].startswith(f"{SERVICE}/v1/gates/training-done/check?")


def recipe_files() -> list[Path]:
    return [path for path in sorted(RECIPES.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]


def test_nothing_here_is_a_secret() -> None:
    for path in recipe_files():
        assert not re.search(r"nbcloud_[A-Za-z0-9_-]{43}", path.read_text(encoding="utf-8")), path


def test_the_page_names_each_recipe() -> None:
    page = (RECIPES.parents[1] / "docs" / "guides" / "serve.md").read_text(encoding="utf-8")
    files = [path.relative_to(RECIPES) for path in recipe_files()]
    assert len(files) == 6
    assert [str(path) for path in files if f"../examples/serve/{path})" not in page] == []
