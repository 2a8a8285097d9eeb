"""The recipes for long waits: every step of each file in order, on a new runner each time, against the mock clouds."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from docs_support import shell_environment
from nbcloud_support import LIMIT_SECONDS
from record_support import make_due
from runner_support import FOLDER, Job, Runner, loaded

from pulumi_nbcloud.mock import MockClouds

JOB = "job-1"
DEPLOY = "#!/bin/sh\necho deployed >> {log}\nexit {code}\n"
RECIPES = sorted(each.name for each in FOLDER.glob("*.yml"))
SCRIPTS = sorted(each.name for each in FOLDER.glob("*.sh"))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """What a deployment adds a line to."""
    made = tmp_path / "deployments"
    made.touch()
    return made


@pytest.fixture
def runner(clouds: MockClouds, tmp_path: Path, log: Path) -> Runner:
    clouds.modelarts.put_job(JOB, status="PROCESSING")
    settings = clouds.environment()
    names = {
        "MODELARTS_PROJECT_ID": settings["NBCLOUD_MODELARTS_PROJECT_ID"],
        "MODELARTS_ACCESS_KEY": settings["NBCLOUD_MODELARTS_ACCESS_KEY"],
        "MODELARTS_SECRET_KEY": settings["NBCLOUD_MODELARTS_SECRET_KEY"],
    }
    # The mock's, in the place of the region's; and no time to wait in.
    changed = {"NBCLOUD_MODELARTS_ENDPOINT": settings["NBCLOUD_MODELARTS_ENDPOINT"], "HOLD": "0"}
    if "NBCLOUD_MODELARTS_REGION" in settings:
        changed["NBCLOUD_MODELARTS_REGION"] = settings["NBCLOUD_MODELARTS_REGION"]
    return Runner(
        tmp_path,
        shell_environment(),
        {"deploy.sh": DEPLOY.format(log=log, code=0)},
        {"JOB_ID": JOB, **names},
        changed,
    )


def runs_of(runner: Runner, recipe: str) -> Callable[[], Job | None]:
    """Runs a recipe once more."""
    service = runner.github if recipe.startswith("github") else runner.gitlab
    if service == runner.gitlab:
        runner.named = {**runner.named, **{f"NBCLOUD_{name}": value for name, value in runner.named.items()}}
    return lambda: service(recipe)


WAITS = ("github-long-wait.yml", "gitlab-long-wait.yml")


@pytest.mark.parametrize("recipe", WAITS)
def test_runs_go_on_until_the_job_has_ended_and_then_deploy_once(
    recipe: str, runner: Runner, clouds: MockClouds, log: Path
) -> None:
    run = runs_of(runner, recipe)
    for count in (1, 1):  # the second comes before the next poll is due, and sends nothing
        job = run()
        assert job is not None
        assert job.passed, job.text
        assert "awaiting" in job.text
        assert clouds.request_count() == count
    assert log.read_text() == ""
    _make_due(runner)
    clouds.modelarts.put_job(JOB, status="FINISHED")
    job = run()
    assert job is not None
    assert job.passed, job.text
    assert re.search(r"met after \d+s, 2 polls", job.text), job.text
    assert log.read_text() == "deployed\n"
    job = run()
    assert job is not None
    assert job.passed
    assert log.read_text() == "deployed\n"
    assert clouds.request_count() == 2, "what has ended is not waited for again"


@pytest.mark.parametrize("recipe", WAITS)
def test_a_job_that_failed_fails_one_run(recipe: str, runner: Runner, clouds: MockClouds, log: Path) -> None:
    run = runs_of(runner, recipe)
    run()
    _make_due(runner)
    clouds.modelarts.put_job(JOB, status="FINISHED", abnormal_count=1)
    found = [run(), run()]
    assert [each is not None and each.passed for each in found] == [False, True]
    assert log.read_text() == ""
    assert clouds.request_count() == 2


@pytest.mark.parametrize("recipe", WAITS)
def test_a_deployment_that_failed_is_tried_again(recipe: str, runner: Runner, clouds: MockClouds, log: Path) -> None:
    run = runs_of(runner, recipe)
    run()
    _make_due(runner)
    clouds.modelarts.put_job(JOB, status="FINISHED")
    good = dict(runner.repository)
    runner.repository = {"deploy.sh": DEPLOY.format(log=log, code=1)}
    failed = run()
    runner.repository = good
    again = run()
    assert [each is not None and each.passed for each in (failed, again)] == [False, True]
    assert log.read_text() == "deployed\n" * 2


@pytest.mark.parametrize("recipe", WAITS)
def test_without_a_job_there_is_nothing_to_do(recipe: str, runner: Runner, clouds: MockClouds) -> None:
    runner.named = {}
    assert runs_of(runner, recipe)() is None
    assert clouds.requests == []


def test_what_is_not_run_of_them_is_known(runner: Runner) -> None:
    """What the services and registries do by themselves."""
    runner.github("github-long-wait.yml")
    runner.gitlab("gitlab-long-wait.yml")
    assert runner.played == [
        "actions/checkout@v4",
        "actions/setup-python@v5",
        "python -m pip install pulumi-nbcloud",
        "actions/cache/restore@v4",
        "actions/cache/save@v4",
        "python -m pip install pulumi-nbcloud",
    ]


def _make_due(runner: Runner) -> None:
    """Lets the pause before the next poll be over, in every entry of the cache; nothing else is changed."""
    for path in runner.folder.glob("caches/*/record.json"):
        make_due(path)


def script(name: str, folder: Path, clouds: MockClouds, **variables: str) -> subprocess.CompletedProcess[str]:
    copy = folder / name
    copy.write_bytes((FOLDER / name).read_bytes())
    copy.chmod(0o755)
    return subprocess.run(
        [str(copy)],
        cwd=folder,
        env={**shell_environment(), **clouds.environment(), "JOB_ID": JOB, **variables},
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
    )


def test_the_loop_goes_on_until_the_wait_ends(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_job(JOB, status="PROCESSING")
    clouds.modelarts.add_job_transition(JOB, after_reads=1, status="FINISHED")
    done = script("long-wait.sh", tmp_path, clouds, HOLD="0", PAUSE="0.2")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("awaiting\n")
    assert done.stdout.splitlines()[-1].startswith("met after ")
    assert clouds.request_count() == 2
    assert script("long-wait.sh", tmp_path, clouds, JOB_ID="").returncode == 2


def test_cron_runs_it_until_the_wait_ends(clouds: MockClouds, tmp_path: Path, log: Path) -> None:
    clouds.modelarts.put_job(JOB, status="PROCESSING")
    (tmp_path / "deploy.sh").write_text(DEPLOY.format(log=log, code=0))
    (tmp_path / "deploy.sh").chmod(0o755)
    assert script("long-wait-cron.sh", tmp_path, clouds, HOLD="0").returncode == 0
    assert log.read_text() == ""
    clouds.modelarts.put_job(JOB, status="FINISHED")
    (record,) = tmp_path.glob("long-wait-*.json")
    make_due(record)
    for _ in range(2):
        assert script("long-wait-cron.sh", tmp_path, clouds, HOLD="0").returncode == 0
    assert log.read_text() == "deployed\n"
    assert clouds.request_count() == 2


def test_the_line_for_cron_is_one() -> None:
    text = (FOLDER / "long-wait-cron.sh").read_text(encoding="utf-8")
    (line,) = re.findall(r"^# +(\*/\d.*)$", text, re.MULTILINE)
    fields = line.split(None, 5)
    assert len(fields) == 6
    assert [bool(re.fullmatch(r"\*(/\d+)?", each)) for each in fields[:5]] == [True] * 5
    assert "%" not in fields[5], "cron takes it for the end of the command"
    assert shlex.split(fields[5])[:2] == ["JOB_ID=...", "/srv/deploy/long-wait-cron.sh"]


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_one_of_a_plain_shell(name: str) -> None:
    path = FOLDER / name
    assert path.read_text(encoding="utf-8").startswith("#!/bin/sh\n")
    assert os.access(path, os.X_OK)
    assert subprocess.run(["sh", "-n", str(path)], capture_output=True, timeout=LIMIT_SECONDS).returncode == 0


@pytest.mark.parametrize("recipe", [each for each in RECIPES if "long" in each])
def test_no_two_runs_of_a_recipe_at_once(recipe: str) -> None:
    pipeline = loaded(recipe)
    if recipe.startswith("github"):
        assert pipeline["concurrency"] == {
            "group": recipe.removeprefix("github-").removesuffix(".yml"),
            "cancel-in-progress": False,
        }
        assert pipeline[True]["schedule"], "YAML reads `on` as a bool"
    else:
        (job,) = [each for name, each in pipeline.items() if name != "stages"]
        assert job["resource_group"] == recipe.removeprefix("gitlab-").removesuffix(".yml")
