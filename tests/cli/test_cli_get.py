"""`nbcloud get`: one thing or a list, as text and as JSON."""

from __future__ import annotations

import json

import pytest
from aidp_support import PLATFORM, SESSION, WORKSPACE
from cli_support import WaitResult, invoke, repeatable, same_as_golden
from lease_support import CREATED, KIND, LEASE, NOTEBOOK, notebook

from pulumi_nbcloud.clouds.modelarts.dev_server_jobs import DEV_SERVER_JOB, DEV_SERVER_JOBS
from pulumi_nbcloud.clouds.modelarts.notebook_lease import NOTEBOOK_LEASE
from pulumi_nbcloud.mock import MockClouds

JOBS = "modelarts:DevServerJobs"


@pytest.fixture
def mock(nbcloud_mock: MockClouds) -> MockClouds:
    """A notebook that runs and two jobs, at times that stay."""
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, **LEASE)
    for number, status in enumerate(("PROCESSING", "FINISHED")):
        nbcloud_mock.modelarts.put_job(
            f"job-{number}", name=f"name-{number}", status=status, create_at=CREATED, update_at=CREATED
        )
    return nbcloud_mock


def printed(done: WaitResult) -> str:
    assert (done.code, done.err) == (0, "")
    return done.out


def test_one_as_json(mock: MockClouds) -> None:
    text = printed(invoke("get", f"{KIND}/{NOTEBOOK}", "--output", "json"))
    same_as_golden("get-one.json", repeatable(text, mock.url))


def test_a_list_as_json(mock: MockClouds) -> None:
    text = printed(invoke("get", f"{JOBS}?status=FINISHED", "--output", "json"))
    same_as_golden("get-list.json", repeatable(text, mock.url))


def test_a_list_as_lines(mock: MockClouds) -> None:
    text = printed(invoke("get", JOBS, "--output", "jsonl"))
    same_as_golden("get-list.jsonl", repeatable(text, mock.url))


def test_one_as_a_line(mock: MockClouds) -> None:
    line = json.loads(printed(invoke("get", f"{KIND}/{NOTEBOOK}", "--output", "jsonl")))
    assert line == json.loads(printed(invoke("get", f"{KIND}/{NOTEBOOK}", "--output", "json")))


def test_one_as_text(mock: MockClouds) -> None:
    lines = printed(invoke("get", f"{KIND}/{NOTEBOOK}")).splitlines()
    found = dict(line.split() for line in lines)
    assert list(found) == list(NOTEBOOK_LEASE.state_names)
    assert found["notebook_id"] == NOTEBOOK
    assert found["running"] == "true"
    assert found["not_running_reason"] == "-", "null"
    assert len({line.index(line.split()[1]) for line in lines}) == 1, "one column"


def test_parts_of_a_thing_by_their_paths(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.aidp.put_session(SESSION, lifecycle_state="ACTIVE", kernel=True)
    found = dict(
        line.split(maxsplit=1)
        for line in printed(invoke("get", f"aidp:NotebookSession/{PLATFORM}/{WORKSPACE}/{SESSION}")).splitlines()
    )
    assert found["session_id"] == SESSION
    assert found["kernel.execution_state"] == "idle"


def test_a_list_as_text(mock: MockClouds) -> None:
    head, *rows = printed(invoke("get", JOBS)).splitlines()
    assert head.split()[:3] == ["job_id", "name", "user_name"]
    assert sorted(row.split()[0] for row in rows) == ["job-0", "job-1"]
    for row in rows:
        assert row[head.index("status") :].split()[0] in ("PROCESSING", "FINISHED"), "below its head"


def test_all_of_a_list_as_text(mock: MockClouds) -> None:
    lines = printed(invoke("get", f"{JOBS}?job_id=job-1", "--wide")).splitlines()
    found = dict(line.split(maxsplit=1) for line in lines)
    assert (found["total"], found["truncated"], found["jobs"]) == ("1", "false", "1 item")
    assert found["jobs[0].job_id"] == "job-1"
    assert len(found) == len(DEV_SERVER_JOBS.state_names) + len(DEV_SERVER_JOB.state_names) - 2, "no account in a row"


def test_lists_in_a_thing_as_text(nbcloud_mock: MockClouds) -> None:
    tags = {"instanceSpecInfo": {"imageInfo": {"tags": ["one", "two words"]}, "nodePorts": [{"port": 22}]}}
    nbcloud_mock.hpcai.put_instance("notebook-1", row=tags, diagnosis_message="")
    lines = printed(invoke("get", "hpcai:Instance/notebook-1")).splitlines()
    found = dict(line.split(maxsplit=1) for line in lines)
    assert found["instance_spec_info.image_info.tags"] == "2 items"
    assert found["instance_spec_info.image_info.tags[1]"] == "two words"
    assert found["instance_spec_info.node_ports[0].port"] == "22"
    assert found["instance_spec_info.node_ports[0].address"] == "-"
    assert found["instance_spec_info.remote_storages"] == "0 items"
    assert found["instance_runtime_info.diagnosis_message"] == '""', "something stands there, for awk"
    short = [line for line in lines if len(line.split()[0]) <= 40]
    starts = {len(line) - len(line.split(maxsplit=1)[1]) for line in short}
    assert len(starts) == 1
    assert max(starts) <= 42, "a few very long paths do not move all values to the right"


def test_nothing_is_cut_off_without_a_terminal(mock: MockClouds) -> None:
    long = "x" * 900
    mock.modelarts.put_job("job-2", name=long)
    assert long in printed(invoke("get", JOBS))
    assert long in printed(invoke("get", "modelarts:DevServerJob/job-2"))


def test_instances_are_listed(nbcloud_mock: MockClouds) -> None:
    """And not the rows that cannot be read, which are a list too."""
    nbcloud_mock.hpcai.put_instance("notebook-1", name="first")
    head, row = printed(invoke("get", "hpcai:Instances")).splitlines()
    assert head.split()[0] == "instance_id"
    assert row.split()[0] == "notebook-1"
    document = json.loads(printed(invoke("get", "hpcai:Instances", "--output", "jsonl")))
    assert document["state"]["instance_id"] == "notebook-1"


def test_an_empty_list(mock: MockClouds) -> None:
    done = invoke("get", f"{JOBS}?status=ACTIVE")
    assert done.out.splitlines()[1:] == [], "heads alone, for a program"
    assert done.err == "0 items\n"
    assert printed(invoke("get", f"{JOBS}?status=ACTIVE", "--output", "jsonl")) == ""


def test_a_list_that_lacks_rows_says_so(mock: MockClouds) -> None:
    mock.modelarts.limit_job_rows(1)
    for shape in ("text", "jsonl"):
        done = invoke("get", JOBS, "--output", shape)
        assert done.code == 0
        assert done.err == "warning: the cloud sent only 1 of 2 jobs: narrow the filters\n"
    assert '"truncated": true' in printed(invoke("get", JOBS, "--output", "json"))


def test_rows_that_cannot_be_read_are_named(nbcloud_mock: MockClouds) -> None:
    for number in range(6):
        row = {"instanceRuntimeInfo": {"status": 7}} if number else {}
        nbcloud_mock.hpcai.put_instance(f"notebook-{number}", row=row)
    done = invoke("get", "hpcai:Instances")
    assert [line.split()[0] for line in done.out.splitlines()] == ["instance_id", "notebook-0"]
    assert done.err.startswith("warning: 5 rows of the list cannot be read: notebook-")
    assert done.err.count(": instanceRuntimeInfo") == 3
    assert done.err.endswith("; and 2 more; please report this\n")


def test_what_a_cloud_says_cannot_act(mock: MockClouds) -> None:
    """Neither on a terminal nor on the runner of a pipeline; as JSON it comes back as it was."""
    hostile = "::error::x\n\x1b[31m##[error]y##vso[task.complete]z"
    mock.modelarts.put_job("::stop", name=hostile)
    text = printed(invoke("get", JOBS))
    lines = text.splitlines()
    assert len(lines) == 4, "a row a line"
    assert not [line for line in lines if line.lstrip().startswith("::")]
    for sign in ("\x1b", "##[", "##vso["):
        assert sign not in text
    document = printed(invoke("get", JOBS, "--output", "json"))
    assert "##" not in document
    assert hostile in [row["name"] for row in json.loads(document)["state"]["jobs"]]


@pytest.mark.parametrize(
    ("arguments", "code", "lines"),
    [
        (("nothing",), 2, ["error: there is no kind 'nothing'"]),
        ((f"a={KIND}/{NOTEBOOK}",), 2, ["error: target a=...: what is read needs no name"]),
        ((f"{KIND}/not-a-uuid",), 2, [f"error: {KIND}: notebook_id must be a UUID such as"]),
        ((f"{KIND}/{notebook(2)}",), 3, [f"error: {KIND} {notebook(2)}: the notebook does not exist"]),
    ],
)
def test_errors_are_a_problem_and_a_hint(
    mock: MockClouds, arguments: tuple[str, ...], code: int, lines: list[str]
) -> None:
    done = invoke("get", *arguments)
    assert (done.code, done.out) == (code, "")
    problem, hint = done.error
    assert problem.startswith(lines[0])
    assert hint.startswith("hint: ")


def test_the_request_id_is_shown(mock: MockClouds) -> None:
    done = invoke("get", f"{KIND}/{notebook(2)}")
    assert f"\n  request id: {mock.requests[-1].request_id}\n" in done.err


def test_output_that_there_is_not(mock: MockClouds) -> None:
    done = invoke("get", f"{KIND}/{NOTEBOOK}", "--output", "xml")
    assert done.code == 2
    assert "xml" in done.err
    assert mock.requests == []
