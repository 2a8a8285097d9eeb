"""Inline programs of the Automation API on the real engine: two workspaces, two accounts, and where they can mix."""

from __future__ import annotations

import contextvars
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pulumi
import pytest
from lease_support import LEASE, NOTEBOOK
from pulumi import automation

import pulumi_nbcloud as nbcloud
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.program import stack_config

PREFIX = "NBCLOUD_MODELARTS_"
DIFFER = "modelarts: the settings of the program's process and of Pulumi's provider process differ"


@contextmanager
def cloud_of(project_id: str) -> Iterator[MockClouds]:
    """A cloud of its own for one account."""
    with MockClouds() as clouds:
        clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
        yield clouds
        clouds.check()


@pytest.fixture
def east() -> Iterator[MockClouds]:
    with cloud_of("east") as clouds:
        yield clouds


@pytest.fixture
def west() -> Iterator[MockClouds]:
    with cloud_of("west") as clouds:
        yield clouds


@pytest.fixture
def make(cli: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., automation.Stack]:
    """Makes a stack of an inline program, in a workspace and with a backend of its own."""
    path = os.pathsep.join((str(Path(sys.executable).parent), str(cli), os.environ["PATH"]))
    monkeypatch.setenv("PATH", path)

    def make(name: str, program: Callable[[], Any], variables: Mapping[str, str] | None = None) -> automation.Stack:
        backend = tmp_path / name / "state"
        backend.mkdir(parents=True)
        options = automation.LocalWorkspaceOptions(
            work_dir=str(tmp_path / name),
            pulumi_home=str(tmp_path / name / "home"),
            env_vars={
                "PULUMI_CONFIG_PASSPHRASE": "throw-away",
                "PULUMI_SKIP_UPDATE_CHECK": "1",
                "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "1",
                "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
                **(variables or {}),
            },
            project_settings=automation.ProjectSettings(
                "probe", "python", backend=automation.ProjectBackend(f"file://{backend}")
            ),
        )
        return automation.create_stack(name, project_name="probe", program=program, opts=options)

    return make


def configure(stack: automation.Stack, clouds: MockClouds) -> None:
    """Sets the account of a cloud in the stack's config."""
    for name, value in clouds.environment().items():
        if name.startswith(PREFIX):
            head, *rest = name.removeprefix(PREFIX).lower().split("_")
            key = head + "".join(each.title() for each in rest)
            is_secret = key in ("secretKey", "securityToken")
            stack.set_config(f"nbcloud:modelarts.{key}", automation.ConfigValue(value, is_secret), path=True)


def variables(clouds: MockClouds) -> dict[str, str]:
    return {name: value for name, value in clouds.environment().items() if name.startswith(PREFIX)}


def program() -> None:
    lease = nbcloud.modelarts.get_notebook_lease(NOTEBOOK)
    record = nbcloud.modelarts.NotebookLease("record", notebook_id=NOTEBOOK)
    gate = nbcloud.Gate("gate", target=nbcloud.modelarts.NotebookLeaseArgs(notebook_id=NOTEBOOK), timeout="1m")
    pulumi.export("program", lease.endpoint)
    pulumi.export("record", record.endpoint)
    pulumi.export("gate", gate.states.apply(lambda states: states["self"]["endpoint"]))


def outputs(stack: automation.Stack) -> dict[str, Any]:
    return {name: output.value for name, output in stack.outputs().items()}


def test_two_workspaces_with_two_accounts_in_their_config(
    make: Callable[..., automation.Stack], east: MockClouds, west: MockClouds
) -> None:
    stacks = {"east": (make("east", program), east), "west": (make("west", program), west)}
    for stack, clouds in stacks.values():
        configure(stack, clouds)
    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(lambda each: each[0].up(), stacks.values()))
    for done, (stack, clouds) in zip(said, stacks.values(), strict=True):
        assert outputs(stack) == dict.fromkeys(("program", "record", "gate"), clouds.url)
        assert "warning" not in done.stdout
    # What the program tells of its accounts is kept nowhere.
    deployed: Any = stacks["east"][0].export_stack().deployment
    [gate] = [each for each in deployed["resources"] if each["type"].endswith(":Gate")]
    assert not {"asked_accounts"} & {*gate["inputs"], *gate["outputs"]}


def test_a_workspaces_variables_are_not_the_programs_and_that_is_said(
    make: Callable[..., automation.Stack], east: MockClouds, west: MockClouds, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables(west).items():
        monkeypatch.setenv(name, value)
    stack = make("mixed", program, variables(east))
    done = stack.up()
    assert outputs(stack) == {"program": west.url, "record": east.url, "gate": east.url}
    assert DIFFER in done.stdout
    assert "docs/guides/automation-api.md" in done.stdout
    assert done.stdout.partition("Diagnostics:")[2].count(DIFFER) == 1
    preview = stack.preview()
    assert DIFFER in preview.stdout


def test_equal_variables_are_no_reason_for_a_word(
    make: Callable[..., automation.Stack], east: MockClouds, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables(east).items():
        monkeypatch.setenv(name, value)
    stack = make("same", program, variables(east))
    assert DIFFER not in stack.up().stdout


def test_a_thread_that_finds_an_account_in_the_environment_is_told_that_it_sees_no_config(
    make: Callable[..., automation.Stack],
    east: MockClouds,
    west: MockClouds,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(stack_config, "_warned", set())
    for name, value in variables(west).items():
        monkeypatch.setenv(name, value)
    seen: list[str] = []

    def read() -> None:
        seen.append(nbcloud.modelarts.get_notebook_lease(NOTEBOOK).endpoint)

    def in_threads() -> None:
        for target in (read, partial(contextvars.copy_context().run, read)):
            thread = threading.Thread(target=target)
            thread.start()
            thread.join()

    stack = make("threads", in_threads)
    configure(stack, east)
    stack.up()
    assert seen == [west.url, east.url]
    assert capfd.readouterr().err.count("the stack's config cannot be seen here") == 1


def test_a_thread_of_an_inline_program_is_told_that_it_sees_no_config(
    make: Callable[..., automation.Stack], east: MockClouds
) -> None:
    problems: list[str] = []

    def read() -> None:
        try:
            nbcloud.modelarts.get_notebook_lease(NOTEBOOK)
        except nbcloud.SettingsError as error:
            problems.append(error.problem)

    def in_thread() -> None:
        thread = threading.Thread(target=read)
        thread.start()
        thread.join()

    stack = make("thread", in_thread)
    configure(stack, east)
    stack.up()
    [problem] = problems
    assert "no credentials for modelarts" in problem
    assert "the stack's config cannot be seen here" in problem
    assert "contextvars.copy_context()" in problem


def test_a_gate_that_is_awaiting_is_an_exit_code_of_its_own(
    make: Callable[..., automation.Stack], east: MockClouds
) -> None:
    east.modelarts.add_transition(NOTEBOOK, status="STOPPED")

    def waiting() -> None:
        target = nbcloud.modelarts.NotebookLeaseArgs(notebook_id=NOTEBOOK)
        pulumi.export("outcome", nbcloud.Gate("gate", target=target, hold="0", timeout="40h").outcome)

    stack = make("east", waiting)
    configure(stack, east)
    with pytest.raises(automation.CommandError) as caught:
        stack.up()
    assert "code: 10" in str(caught.value)
    assert ": awaiting after " in str(caught.value)
    east.modelarts.add_transition(NOTEBOOK, status="RUNNING")
    stack.up()
    assert outputs(stack) == {"outcome": "met"}
