"""What `nbcloud get` and `nbcloud kinds` show: at four widths, and in a log. In this process, but for one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aidp_support import PLATFORM, SESSION, WORKSPACE
from cli_support import WaitResult, invoke, invoke_on_terminal, shots
from lease_support import CREATED, KIND, LEASE, NOTEBOOK
from picture_support import WIDTHS, Shot
from test_cli_pictures import line_of

from pulumi_nbcloud.mock import MockClouds

Same = Callable[..., None]

JOBS = "modelarts:DevServerJobs"
JOB = "03af7361-5cba-44d4-b29b-4dcc5d9dff5{}"
NAMES = ("software-upgrade-792a", "diagnosis-81ef", "训练任务-大模型微调-第三轮", "firmware of the machines in rack 7")
INSTANCE = "notebook-5ac72ea0-8c1b"
SESSION_TARGET = f"aidp:NotebookSession/{PLATFORM}/{WORKSPACE}/{SESSION}"


@pytest.fixture
def mock(clouds: MockClouds, monkeypatch: pytest.MonkeyPatch) -> MockClouds:
    """Some of everything, with texts that are long, wide or hostile, and times that stay."""
    for name, value in clouds.environment().items():
        monkeypatch.setenv(name, value)
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    times: dict[str, Any] = {"create_at": CREATED, "update_at": CREATED}
    for number, name in enumerate(NAMES):
        status = ("PROCESSING", "FINISHED")[number % 2]
        clouds.modelarts.put_job(
            JOB.format(number), name=name, status=status, type="ASCEND_SOFTWARE_UPGRADE", abnormal_count=number, **times
        )
    clouds.hpcai.put_instance("notebook-4f1c6d5e", name="training", create_at_unix_ms=CREATED)
    clouds.hpcai.put_instance(
        INSTANCE,
        name="\x1b[31mred",
        status="InitializationFailed",
        diagnosis_reason="ImagePullBackOff",
        message="Back-off pulling image registry.example.com/team/a-long-name:latest, which was tried 17 times",
        healthy=False,
        create_at_unix_ms=CREATED,
    )
    clouds.aidp.put_session(SESSION, lifecycle_state="CREATING", kernel=False)
    return clouds


def shown(columns: int | None, done: WaitResult) -> Shot:
    text = done.out + done.err
    return Shot(text if columns is None else text.replace("\n", "\r\n"), columns, f"exit code {done.code}")


def each_width(*arguments: str, styles: bool = True) -> Iterator[Shot]:
    for columns in WIDTHS:
        yield shown(columns, invoke_on_terminal(columns, *arguments, styles=styles))
    yield shown(None, invoke(*arguments))


COMMANDS = {
    "a lease": ("get", f"{KIND}/{NOTEBOOK}"),
    "all of a lease": ("get", f"{KIND}/{NOTEBOOK}", "--wide"),
    "a job": ("get", f"modelarts:DevServerJob/{JOB.format(2)}"),
    "all of a job": ("get", f"modelarts:DevServerJob/{JOB.format(2)}", "--wide"),
    "no jobs": ("get", f"{JOBS}?status=ACTIVE"),
    "all of a list": ("get", f"{JOBS}?name={NAMES[1]}", "--wide"),
    "an instance": ("get", f"hpcai:Instance/{INSTANCE}"),
    "all of an instance": ("get", f"hpcai:Instance/{INSTANCE}", "--wide"),
    "instances": ("get", "hpcai:Instances"),
    "a session": ("get", SESSION_TARGET),
    "all of a session": ("get", SESSION_TARGET, "--wide"),
}
KINDS = {"all": (), "one": (KIND,), "one with parts": ("aidp:NotebookSession",)}


@pytest.mark.parametrize("name", COMMANDS)
def test_get(mock: MockClouds, same_as_picture: Same, name: str) -> None:
    # Where every second line would only say that a name is bold, it is not.
    shots_of_it = each_width(*COMMANDS[name], styles="--wide" not in COMMANDS[name])
    same_as_picture(line_of(*COMMANDS[name]), list(shots_of_it))


@pytest.mark.parametrize("name", KINDS)
def test_kinds(same_as_picture: Same, name: str) -> None:
    arguments = ("kinds", *KINDS[name])
    same_as_picture(line_of(*arguments), list(each_width(*arguments, styles=not KINDS[name])))


def test_get_a_list_that_lacks_rows(mock: MockClouds, same_as_picture: Same) -> None:
    mock.modelarts.limit_job_rows(2)
    same_as_picture(line_of("get", JOBS), list(each_width("get", JOBS)))


def test_get_jobs(mock: MockClouds, same_as_picture: Same) -> None:
    """The command as a process, on a terminal."""
    same_as_picture(line_of("get", JOBS), list(shots(mock, "get", JOBS)))
