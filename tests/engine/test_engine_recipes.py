"""Each page of docs/recipes/ as a reader follows it: its program, then its commands in one shell."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from docs_support import RECIPES, Example, blocks, check, commands_in, commands_of, page_of, recipe
from kubernetes_stand_in import kubernetes_stand_in
from locked_environment import python_of
from nbcloud_support import LIMIT_SECONDS
from runner_support import Runner
from stack import PYTHON_VARIABLES, Stack

from pulumi_nbcloud.mock import MockClouds, scenarios

# The test of this one brings the SDK of Kubernetes, and what stands in for its plugin.
KUBERNETES = recipe("kubernetes")
GATE_DONE = re.compile(r"dynamic/nbcloud:Gate \S+ (created|updated)")
DEPENDENT = re.compile(r"pulumi:index:Stash \S+ creating")
# For a whole page, which has a few updates.
SECONDS = 3 * LIMIT_SECONDS


@pytest.fixture
def clouds() -> Iterator[MockClouds]:
    """What `nbcloud mock` serves."""
    with MockClouds(scenario="demo") as clouds:
        yield clouds
        clouds.check()


def session_of(folder: Path) -> Example:
    """All commands of a recipe's page."""
    page = page_of(folder)
    return Example(page, 0, tuple(each for text in blocks(page, "console") for each in commands_in(text)))


def take(stack: Stack, folder: Path) -> None:
    """Copy the project of a recipe into the folder of a stack, which has a name already."""
    for path in (each for each in folder.iterdir() if each.is_file()):
        text = path.read_text(encoding="utf-8")
        (stack.folder / path.name).write_text(text.replace(f"name: {folder.name}\n", "name: probe\n"))


def assert_gate_first(printed: list[str]) -> None:
    """In each update that creates what depends on the gate, the gate was met before; and there is such an update."""
    pairs = [(GATE_DONE.search(each), DEPENDENT.search(each)) for each in printed]
    ends = [(gate and gate.start(), dependent.start()) for gate, dependent in pairs if dependent]
    assert ends
    assert all(gate is not None and gate < dependent for gate, dependent in ends)


@pytest.mark.parametrize("folder", [each for each in RECIPES if each != KUBERNETES], ids=lambda folder: folder.name)
def test_a_recipe_does_what_its_page_shows(make_stack: Callable[..., Stack], clouds: MockClouds, folder: Path) -> None:
    stack = make_stack({**clouds.environment(), "MOCK": f"{clouds.url}/_mock"})
    take(stack, folder)
    printed = check(session_of(folder), stack.folder, stack.environment, SECONDS)
    program = folder / "__main__.py"
    if program.is_file() and "nbcloud.Gate(" in program.read_text(encoding="utf-8"):
        assert_gate_first(printed)


@pytest.fixture(scope="module")
def kubernetes_packages() -> str:
    """The folder of the SDK of Kubernetes and what it needs, in the versions that this environment has."""
    command = [str(python_of("kubernetes")), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.mark.usefixtures("ordinary_python")
def test_kubernetes_creates_the_deployment_after_the_job(
    kubernetes_packages: str, make_stack: Callable[..., Stack], clouds: MockClouds
) -> None:
    with kubernetes_stand_in(clouds.request_count) as (stand_in, attached):
        path = os.pathsep.join(filter(None, (PYTHON_VARIABLES.get("PYTHONPATH"), kubernetes_packages)))
        stack = make_stack({**clouds.environment(), **attached, "MOCK": f"{clouds.url}/_mock", "PYTHONPATH": path})
        take(stack, KUBERNETES)
        check(session_of(KUBERNETES), stack.folder, stack.environment, SECONDS)
    # When the Deployment came, the gate had polled the first job twice, and the second once.
    assert stand_in.observed == [2, 3]
    assert [(operation, kind) for operation, kind, _ in stand_in.calls] == [
        ("create", "kubernetes:apps/v1:Deployment"),
        ("update", "kubernetes:apps/v1:Deployment"),
    ]
    templates = [inputs["spec"]["template"] for _, _, inputs in stand_in.calls]
    assert [each["metadata"]["annotations"]["example.com/trained-by"] for each in templates] == ["first", "second"]
    assert [each["spec"]["containers"][0]["image"] for each in templates] == [
        "registry.example.com/model:1",
        "registry.example.com/model:2",
    ]
    assert stack.outputs()["deployment"] == "model"


@pytest.mark.parametrize("pipeline", ["github.yml", "gitlab.yml"])
def test_a_nightly_job_fails_where_something_has_changed(
    make_stack: Callable[..., Stack], clouds: MockClouds, tmp_path: Path, pipeline: str
) -> None:
    folder = recipe("drift")
    stack = make_stack(clouds.environment())
    take(stack, folder)
    (configured,) = [each for each in commands_of((folder / "__main__.py").read_text()) if each[1] == "config"]
    stack.run(*configured[1:], expect=0)
    clouds.clock.advance(scenarios.STARTING_SECONDS)
    stack.up()
    # What a checkout gives; the backend is elsewhere, as a service would keep it.
    names = ("Pulumi.yaml", f"Pulumi.{stack.name}.yaml", "__main__.py", "pip.py")
    repository = {name: (stack.folder / name).read_text() for name in names}
    settings = {name: value for name, value in clouds.environment().items() if name.startswith("NBCLOUD_")}
    named = {"CI_PIPELINE_SOURCE": "schedule"}
    runner = Runner(tmp_path, stack.environment, repository, named, changed={"STACK": stack.name, **settings})
    service = runner.github if pipeline.startswith("github") else runner.gitlab

    quiet = service(folder / pipeline)
    assert quiet is not None
    assert quiet.passed, quiet.text
    clouds.modelarts.add_transition(scenarios.RUNNING_NOTEBOOK, duration=1_800_000)
    drifted = service(folder / pipeline)
    assert drifted is not None
    assert {each.code for each in drifted.steps.values() if each.outcome == "failure"} == {7}
    change = "duration          : 3600000 => 1800000"
    assert change in drifted.text
    if service == runner.github:
        assert "::error title=drift::" in drifted.text
        assert change in drifted.summary
    clouds.faults.add(service="modelarts", status=403, count=1_000)
    unread = service(folder / pipeline)
    assert unread is not None
    assert {each.code for each in unread.steps.values() if each.outcome == "failure"} not in ({0}, {7})


def test_a_push_does_not_start_the_nightly_job(tmp_path: Path) -> None:
    folder = recipe("drift")
    assert Runner(tmp_path, {}, {}, {"CI_PIPELINE_SOURCE": "push"}).gitlab(folder / "gitlab.yml") is None
