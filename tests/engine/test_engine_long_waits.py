"""A gate with `hold` over days: the page and the recipes that update a stack again, on a job that takes 40 hours."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from docs_support import LONG_WAITS, ROOT, Example, blocks, check, commands_in
from nbcloud_support import LIMIT_SECONDS
from runner_support import Job, Runner
from stack import Stack

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.mock.scenarios import PROCESSING_JOB

HOURS = 40
RECIPES = ("github-long-gate.yml", "gitlab-long-gate.yml")


@pytest.fixture
def long_stack(make_stack: Callable[..., Stack], clouds: MockClouds) -> Stack:
    """The program of the page, whose updates poll once, and a job that takes 40 hours on the mock's clock."""
    stack = make_stack(clouds.environment())
    (stack.folder / "__main__.py").write_text(blocks(LONG_WAITS, "python")[0])
    stack.run("config", "set-all", f"--plaintext=jobId={PROCESSING_JOB}", "--plaintext=hold=0", expect=0)
    clouds.modelarts.put_job(PROCESSING_JOB, status="PROCESSING")
    clouds.modelarts.add_job_transition(PROCESSING_JOB, after_seconds=HOURS * 3600, status="FINISHED")
    return stack


def test_the_gate_of_the_page_goes_on(long_stack: Stack, clouds: MockClouds) -> None:
    first, later = [text for text in blocks(LONG_WAITS, "console") if "$ pulumi " in text]
    check(Example(LONG_WAITS, 0, tuple(commands_in(first))), long_stack.folder, long_stack.environment)
    assert long_stack.outputs()["trained"] != "met", "it is not known yet"
    clouds.clock.advance(HOURS * 3600)
    check(Example(LONG_WAITS, 1, tuple(commands_in(later))), long_stack.folder, long_stack.environment)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_updates_the_stack_until_it_is_met(
    recipe: str, long_stack: Stack, clouds: MockClouds, tmp_path: Path
) -> None:
    # What a checkout gives; the backend is elsewhere, as a service would keep it.
    names = ("Pulumi.yaml", f"Pulumi.{long_stack.name}.yaml", "__main__.py", "pip.py")
    repository = {name: (long_stack.folder / name).read_text() for name in names}
    settings = {name: value for name, value in clouds.environment().items() if name.startswith("NBCLOUD_")}
    runner = Runner(tmp_path, long_stack.environment, repository, changed={"STACK": long_stack.name, **settings})

    def run() -> Job:
        job = runner.github(recipe) if recipe.startswith("github") else runner.gitlab(recipe)
        assert job is not None
        assert job.passed, job.text
        return job

    awaiting = run()
    assert "1 awaiting" in awaiting.text
    assert awaiting.warned or "::notice title=long gate::The stack is awaiting. The next run goes on." in awaiting.text
    assert long_stack.outputs()["trained"] != "met", "it is not known yet"
    clouds.clock.advance(HOURS * 3600)
    assert not run().warned
    assert long_stack.outputs()["trained"] == "met"


def test_the_loop_updates_the_stack_until_it_is_met(long_stack: Stack, clouds: MockClouds) -> None:
    script = ROOT / "examples" / "pipelines" / "long-gate.sh"
    process = subprocess.Popen(
        ["sh", str(script)],
        cwd=long_stack.folder,
        env={**long_stack.environment, "STACK": long_stack.name, "PAUSE": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    with process:
        for line in process.stdout:
            if "1 awaiting" in line:
                clouds.clock.advance(HOURS * 3600)
                break
        process.communicate(timeout=LIMIT_SECONDS)
    assert process.returncode == 0
    assert long_stack.outputs()["trained"] == "met"


def test_the_line_for_cron_needs_no_script(long_stack: Stack, clouds: MockClouds) -> None:
    """As the page says of it."""
    codes = []
    for _ in range(2):
        done = long_stack.up(expect=None)
        codes.append(done.code)
        clouds.clock.advance(HOURS * 3600)
    assert codes == [10, 0]
