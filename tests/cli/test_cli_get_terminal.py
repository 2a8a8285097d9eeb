"""`nbcloud get` on a terminal: what matters most, in the width that there is; `--wide` has all of it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

import pytest
from aidp_support import PLATFORM, SESSION, WORKSPACE
from cli_support import WaitResult, invoke, invoke_on_terminal
from lease_support import CREATED, KIND, NOTEBOOK
from made_up_cloud import THING, Thing

from pulumi_nbcloud.cli.layout import width
from pulumi_nbcloud.cli.state_view import View, how_far
from pulumi_nbcloud.cli.terminal import Terminal
from pulumi_nbcloud.clouds.modelarts.dev_server_jobs import DEV_SERVER_JOBS, DevServerJobRow, DevServerJobsState
from pulumi_nbcloud.kinds.registry import KINDS, load
from pulumi_nbcloud.mock import MockClouds

JOBS = "modelarts:DevServerJobs"
JOB = "4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e0{}"
INSTANCE = "notebook-4f1c6d5e"
WIDTHS = (80, 100, 120, 160)
TARGETS = {
    "modelarts:NotebookLease": f"{KIND}/{NOTEBOOK}",
    "modelarts:DevServerJob": f"modelarts:DevServerJob/{JOB.format(1)}",
    "modelarts:DevServerJobs": JOBS,
    "hpcai:Instance": f"hpcai:Instance/{INSTANCE}",
    "hpcai:Instances": "hpcai:Instances",
    "aidp:NotebookSession": f"aidp:NotebookSession/{PLATFORM}/{WORKSPACE}/{SESSION}",
}


@pytest.fixture
def mock(nbcloud_mock: MockClouds) -> MockClouds:
    """One thing of each kind, and a few jobs with names of all sorts."""
    nbcloud_mock.modelarts.put_lease(NOTEBOOK)
    names = (
        "software-upgrade-792a",
        "训练任务-大模型微调-第三轮-很长的名字",
        "diagnosis of a machine that is far away",
        "",
    )
    for number, name in enumerate(names):
        # The cloud lists the newest first.
        created = CREATED - number
        nbcloud_mock.modelarts.put_job(JOB.format(number), name=name, type="ASCEND_SOFTWARE_UPGRADE", create_at=created)
    message = "it is being pulled, which takes its time " * 4
    nbcloud_mock.hpcai.put_instance(INSTANCE, name="training", message=message, create_at_unix_ms=CREATED)
    nbcloud_mock.aidp.put_session(SESSION, lifecycle_state="ACTIVE", kernel=True)
    return nbcloud_mock


def lines(done: WaitResult) -> list[str]:
    assert (done.code, done.err) == (0, "")
    return done.out.splitlines()


def test_there_is_a_target_of_each_kind() -> None:
    assert list(TARGETS) == list(KINDS)


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("token", KINDS)
@pytest.mark.parametrize("wide", [(), ("--wide",)], ids=["", "wide"])
def test_it_fits(mock: MockClouds, token: str, columns: int, wide: tuple[str, ...]) -> None:
    found = lines(invoke_on_terminal(columns, "get", TARGETS[token], *wide))
    # Only an id may be wider: a person copies it.
    assert [line for line in found if width(line) > columns and PLATFORM not in line] == []


@pytest.mark.parametrize("token", KINDS)
def test_wide_has_every_field_and_value(mock: MockClouds, token: str) -> None:
    found = lines(invoke_on_terminal(80, "get", TARGETS[token], "--wide"))
    words = "".join("".join(found).split())
    names = [line.split()[0] if line.split()[0] != "-" else line.split()[1] for line in found]
    for line in lines(invoke("get", TARGETS[token], "--wide")):
        path, _, value = line.partition("  ")
        assert re.sub(r"\[\d+\]$", "", path).rpartition(".")[2] in names
        if not path.endswith("last_activity"):  # another one at each read
            assert "".join(value.split()) in words


def test_one(mock: MockClouds) -> None:
    mock.modelarts.put_job(JOB.format(1), name="x", type="COMMON", create_at=CREATED, update_at=CREATED)
    *found, created, updated, more = lines(invoke_on_terminal(80, "get", TARGETS["modelarts:DevServerJob"]))
    assert found == [
        f"job_id          {JOB.format(1)}",
        "name            x",
        "type            COMMON",
        "status          PROCESSING",
        "abnormal_count  0",
    ]
    assert created.startswith("create_time     2023-11-14T22:13:20.123Z (")
    assert updated.startswith("update_time     2023-11-14T22:13:20.123Z (")
    assert more == "6 more fields with --wide"


def test_the_headline_where_a_kind_names_nothing_else(mock: MockClouds) -> None:
    found = lines(invoke_on_terminal(80, "get", TARGETS["hpcai:Instance"]))
    assert [line.split()[0] for line in found[:-1]] == ["instance_id", *load("hpcai:Instance").headline]
    assert re.fullmatch(r"\d+ more fields with --wide", found[-1])


def test_every_part_of_an_id_is_shown_and_parts_of_a_thing_by_their_paths(mock: MockClouds) -> None:
    found = lines(invoke_on_terminal(160, "get", TARGETS["aidp:NotebookSession"]))
    shown = dict(line.split(maxsplit=1) for line in found)
    assert (shown["ai_data_platform_id"], shown["workspace_key"], shown["session_id"]) == (PLATFORM, WORKSPACE, SESSION)
    assert shown["kernel.execution_state"] == "idle"


def test_why_something_is_null(mock: MockClouds) -> None:
    mock.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    found = lines(invoke_on_terminal(80, "get", TARGETS["modelarts:NotebookLease"]))
    assert "expire_time         - (the notebook does not run)" in found
    assert "type                -" in found
    mock.aidp.put_session(SESSION, lifecycle_state="ACTIVE", kernel=False)
    found = lines(invoke_on_terminal(80, "get", TARGETS["aidp:NotebookSession"]))
    assert "kernel.execution_state  - (the session is new, or its cluster starts)" in found


def test_a_row_for_each_item_and_their_count(mock: MockClouds) -> None:
    head, *rows, count = lines(invoke_on_terminal(120, "get", JOBS))
    assert head.split() == ["job_id", *DEV_SERVER_JOBS.summary]
    assert [row.split()[0] for row in rows] == [JOB.format(number) for number in range(4)]
    assert count == "4 items; all fields with --wide"


def test_columns_stay_straight_beside_wide_characters(mock: MockClouds) -> None:
    head, *rows, _ = lines(invoke_on_terminal(120, "get", JOBS))
    for row in rows:
        before, _, _ = row.partition("PROCESSING")
        assert width(before) == head.index("status")


def test_on_a_narrow_terminal_items_stand_below_each_other(mock: MockClouds) -> None:
    found = lines(invoke_on_terminal(45, "get", f"{JOBS}?job_id={JOB.format(0)}"))
    assert found == [
        "- job_id",
        f"      {JOB.format(0)}",
        "  name            software-upgrade-792a",
        "  status          PROCESSING",
        "  abnormal_count  0",
        "1 item; all fields with --wide",
    ]


def test_an_empty_list(mock: MockClouds) -> None:
    assert lines(invoke_on_terminal(80, "get", f"{JOBS}?status=ACTIVE")) == ["0 items"]
    assert lines(invoke_on_terminal(80, "get", f"{JOBS}?status=ACTIVE", "--wide"))[-1] == "jobs        0 items"


def test_a_list_that_lacks_rows(mock: MockClouds) -> None:
    mock.modelarts.limit_job_rows(2)
    done = invoke_on_terminal(80, "get", JOBS)
    assert done.out.splitlines()[-1] == "2 items (total 4, truncated); all fields with --wide"
    assert done.err.startswith("warning: the cloud sent only 2 of 4 jobs")


def test_filters_of_ours_leave_the_total_as_it_is(mock: MockClouds) -> None:
    found = lines(invoke_on_terminal(80, "get", "hpcai:Instances?name=other"))
    assert found == ["0 items (total 1)"]


def test_ten_thousand_items_are_a_row_each() -> None:
    jobs = tuple(DevServerJobRow(job_id=f"job-{number:05}", name="n" * (number % 40)) for number in range(10_000))
    state = DevServerJobsState(project_id="p", endpoint="e", total=10_000, jobs=jobs)
    _, *rows, count = View(DEV_SERVER_JOBS, state, Terminal(80)).summary()
    assert [row.split()[0] for row in rows] == [job.job_id for job in jobs]
    assert count == "10000 items; all fields with --wide"


def test_text_of_a_cloud_cannot_act(mock: MockClouds) -> None:
    mock.modelarts.put_job(JOB.format(0), name="[b]n[/b]\x1b[2J\x1b]0;t\x07\u202e\nx")
    for target in (JOBS, f"modelarts:DevServerJob/{JOB.format(0)}"):
        for wide in ((), ("--wide",)):
            done = invoke_on_terminal(160, "get", target, *wide)
            assert "[b]n[/b]?[2J?]0;t?? x" in done.out
            assert not re.search("[\x1b\x07\u202e]", done.out)


def test_styles(mock: MockClouds) -> None:
    """Heads and names are bold, and what is no value is faint; a value has no style, or it could not be copied."""
    for target, wide in ((JOBS, ()), (TARGETS["hpcai:Instance"], ()), (TARGETS["hpcai:Instance"], ("--wide",))):
        plain = lines(invoke_on_terminal(80, "get", target, *wide))
        styled = lines(invoke_on_terminal(80, "get", target, *wide, styles=True))
        assert [re.sub(r"\x1b\[[012]m", "", line) for line in styled] == plain
        assert any(line.lstrip().startswith("\x1b[1m") for line in styled)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s ago"),
        (-119, "1m59s ago"),
        (120, "in 2m"),
        (-7_199, "1h59m ago"),
        (7_200, "in 2h"),
        (172_800, "in 2d"),
        (7_800, "in 2h10m"),
        (9 * 86_400 + 7_200, "in 9d2h"),
        (-400 * 86_400 - 7_200, "400d ago"),
    ],
)
def test_how_far_a_time_is(seconds: int, text: str) -> None:
    now = datetime(2026, 1, 31, 9, 5, tzinfo=timezone.utc)
    moment = now + timedelta(seconds=seconds)
    assert how_far(f"{moment:%Y-%m-%dT%H:%M:%S}.000Z", now) == text


def test_a_text_that_is_no_time_has_no_distance() -> None:
    assert how_far("soon", datetime.now(timezone.utc)) is None


def test_times_have_their_distance(mock: MockClouds) -> None:
    mock.modelarts.put_lease(NOTEBOOK)
    found = lines(invoke_on_terminal(80, "get", TARGETS["modelarts:NotebookLease"], "--wide"))
    (created,) = [line for line in found if line.startswith("create_time ")]
    assert re.search(r"Z \((\d+[smhd])+ ago\)$", created)
    (milliseconds,) = [line for line in found if line.startswith("create_at ")]
    assert re.search(r" \d+$", milliseconds)


def test_a_kind_whose_state_holds_no_id() -> None:
    assert list(View(THING, Thing("READY"), Terminal()).summary()) == ["status  READY"]
