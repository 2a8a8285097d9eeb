"""The kinds `modelarts:DevServerJobs` and `modelarts:DevServerJob`."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import anyio
import pytest
from modelarts_support import DIAGNOSIS_ID, JOBS_BODY, UPGRADE_ID, Canned, account_of, read_canned
from nbcloud_support import PROJECT_ID, make_account, one_line, read

from pulumi_nbcloud.clouds.modelarts.dev_server_jobs import (
    DEV_SERVER_JOB,
    DEV_SERVER_JOBS,
    DevServerJobRow,
    DevServerJobsState,
    DevServerJobState,
)
from pulumi_nbcloud.condition import Evaluator, compile_conditions
from pulumi_nbcloud.condition.outcome import ConditionError
from pulumi_nbcloud.errors import (
    AuthenticationError,
    BadResponseError,
    InputError,
    NbcloudError,
    NotFoundError,
    PermissionDeniedError,
    RefusedError,
    UnreachableError,
)
from pulumi_nbcloud.http.client import Client
from pulumi_nbcloud.kinds.kind import Kind
from pulumi_nbcloud.kinds.times import MAX_MILLISECONDS
from pulumi_nbcloud.mock import MockClouds

ENDPOINT = "https://modelarts.cn-north-4.myhuaweicloud.com"
WHERE = f"GET {ENDPOINT}/v1/{PROJECT_ID}/dev-servers/jobs"
PAGE = json.loads(JOBS_BODY)
ROW = PAGE["data"][0]
UPGRADE = DevServerJobRow(
    job_id="03af7361-5cba-44d4-b29b-4dcc5d9dff51",
    name="software-upgrade-792a",
    user_name="modelarts_user",
    description=None,
    type="ASCEND_SOFTWARE_UPGRADE",
    status="FINISHED",
    abnormal_count=0,
    create_at=1749536420547,
    create_time="2025-06-10T06:20:20.547Z",
    update_at=1749536603947,
    update_time="2025-06-10T06:23:23.947Z",
)
DIAGNOSIS = DevServerJobRow(
    job_id="62c89f77-fc81-45a8-9647-d6e457e73954",
    name="diagnosis-81ef",
    user_name="modelarts_user",
    description="POC",
    type="ASCEND_DIAGNOSIS",
    status="FINISHED",
    abnormal_count=0,
    create_at=1749523685137,
    create_time="2025-06-10T02:48:05.137Z",
    update_at=1749523899848,
    update_time="2025-06-10T02:51:39.848Z",
)


def read_jobs(body: object, status: int = 200, **filters: Any) -> DevServerJobsState:
    state: DevServerJobsState = read_canned(DEV_SERVER_JOBS, filters, body, status)
    return state


def read_job(body: object, status: int = 200, job_id: str = UPGRADE_ID) -> DevServerJobState:
    state: DevServerJobState = read_canned(DEV_SERVER_JOB, {"job_id": job_id}, body, status)
    return state


def error_of(kind: Kind[Any, Any, Any], body: object, status: int = 200, **values: Any) -> NbcloudError:
    with pytest.raises(NbcloudError) as caught:
        read_canned(kind, values, body, status)
    return caught.value


def one(**changes: object) -> dict[str, object]:
    """A whole list of the page's first row, changed; None takes a field away."""
    row = {name: value for name, value in {**ROW, **changes}.items() if value != "absent"}
    return {**PAGE, "data": [row], "size": 1, "total": 1}


# --- the page's example


def test_the_pages_own_example() -> None:
    assert read_jobs(JOBS_BODY) == DevServerJobsState(
        project_id=PROJECT_ID,
        endpoint=ENDPOINT,
        current=1,
        pages=1,
        size=2,
        total=2,
        truncated=False,
        jobs=(UPGRADE, DIAGNOSIS),
    )


@pytest.mark.parametrize("row", [UPGRADE, DIAGNOSIS], ids=["without a description", "with one"])
def test_one_of_the_example_by_its_id(row: DevServerJobRow) -> None:
    state = read_job(JOBS_BODY, job_id=row.job_id)
    assert state == DevServerJobState(project_id=PROJECT_ID, endpoint=ENDPOINT, **vars(row))


def test_a_state_as_plain_data() -> None:
    plain = read_jobs(JOBS_BODY).to_dict()
    assert plain["jobs"][1] == {**vars(DIAGNOSIS)}
    assert plain["jobs"][0]["description"] is None


# --- what is asked


@pytest.mark.parametrize(
    ("filters", "query"),
    [
        ({}, ""),
        ({"job_id": UPGRADE_ID}, f"?id={UPGRADE_ID}"),
        ({"name": "a b+c/中"}, "?name=a%20b%2Bc%2F%E4%B8%AD"),
        ({"type": "COMMON"}, "?type=COMMON"),
        ({"type": "ascend_diagnosis"}, "?type=ASCEND_DIAGNOSIS"),
        ({"type": "Brand_New"}, "?type=Brand_New"),
        ({"status": "finished"}, "?status=FINISHED"),
        ({"visible": True}, "?visible=true"),
        ({"visible": False}, "?visible=false"),
        (
            {"visible": True, "status": "ACTIVE", "type": "COMMON", "name": "n", "job_id": "i", "profile": None},
            "?id=i&name=n&type=COMMON&status=ACTIVE&visible=true",
        ),
        ({"name": "{project_id}"}, "?name=%7Bproject_id%7D"),
    ],
)
def test_what_is_asked(filters: dict[str, Any], query: str) -> None:
    client = Canned(200, JOBS_BODY)

    async def run() -> None:
        await read(DEV_SERVER_JOBS, make_account(client), DEV_SERVER_JOBS.parse(filters))

    anyio.run(run)
    assert client.sent == [f"/v1/{PROJECT_ID}/dev-servers/jobs{query}"]
    assert [(request.method, request.body) for request in client.requests] == [("GET", b"")]


def test_one_job_is_asked_for_by_its_id() -> None:
    client = Canned(200, JOBS_BODY)

    async def run() -> None:
        await read(DEV_SERVER_JOB, make_account(client), DEV_SERVER_JOB.parse({"job_id": UPGRADE_ID}))

    anyio.run(run)
    assert client.sent == [f"/v1/{PROJECT_ID}/dev-servers/jobs?id={UPGRADE_ID}"]


def test_a_list_of_one_id_and_the_job_of_it_ask_the_same() -> None:
    job, jobs = DEV_SERVER_JOB.parse({"job_id": "x"}), DEV_SERVER_JOBS.parse({"job_id": "x"})
    assert DEV_SERVER_JOB.request_key_of(job) == DEV_SERVER_JOBS.request_key_of(jobs)
    others: list[dict[str, Any]] = [
        {},
        {"job_id": "y"},
        {"name": "x"},
        {"job_id": "x", "visible": True},
        {"job_id": "x", "visible": False},
    ]
    keys = [DEV_SERVER_JOBS.request_key_of(DEV_SERVER_JOBS.parse(each)) for each in others]
    assert len({*keys, DEV_SERVER_JOB.request_key_of(job)}) == 6
    # Whose it is the account says, not the profile's name.
    other = DEV_SERVER_JOB.parse({"job_id": "x", "profile": "p"})
    assert DEV_SERVER_JOB.request_key_of(other) == DEV_SERVER_JOB.request_key_of(job)


# --- odd rows


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"description": None}, {"description": None}),
        ({"description": ""}, {"description": ""}),
        ({"create_at": "1749536420547"}, {"create_at": 1749536420547, "create_time": "2025-06-10T06:20:20.547Z"}),
        ({"update_at": "1749536603947"}, {"update_at": 1749536603947, "update_time": "2025-06-10T06:23:23.947Z"}),
        ({"create_at": None}, {"create_at": None, "create_time": None}),
        ({"update_at": None}, {"update_at": None, "update_time": None}),
        ({"create_at": "absent"}, {"create_at": None, "create_time": None}),
        ({"create_at": 0}, {"create_at": 0, "create_time": None}),
        ({"update_at": "0"}, {"update_at": 0, "update_time": None}),
        ({"create_at": MAX_MILLISECONDS}, {"create_time": "9999-12-31T23:59:59.999Z"}),
        ({"create_at": 5, "create_time": "2001-01-01T00:00:00.000Z"}, {"create_time": "1970-01-01T00:00:00.005Z"}),
        ({"status": "finished"}, {"status": "FINISHED"}),
        ({"status": "Processing"}, {"status": "PROCESSING"}),
        ({"status": "WAITING"}, {"status": "WAITING"}),
        ({"status": None}, {"status": None}),
        ({"type": "log_collect"}, {"type": "LOG_COLLECT"}),
        ({"type": "Quantum"}, {"type": "Quantum"}),
        ({"type": None}, {"type": None}),
        ({"abnormal_count": None}, {"abnormal_count": None}),
        ({"abnormal_count": "absent"}, {"abnormal_count": None}),
        ({"abnormal_count": 3}, {"abnormal_count": 3}),
        ({"abnormal_count": -1}, {"abnormal_count": -1}),
        ({"abnormal_count": "3"}, {"abnormal_count": 3}),
        ({"name": None, "user_name": None}, {"name": None, "user_name": None}),
        ({"name": "作业 \u202e"}, {"name": "作业 \u202e"}),
        ({"new_field": {"a": [1]}}, {"job_id": UPGRADE_ID}),
    ],
    ids=ascii,
)
def test_odd_rows_are_still_rows(changes: dict[str, object], expected: dict[str, object]) -> None:
    state = read_job(one(**changes))
    assert {name: getattr(state, name) for name in expected} == expected


@pytest.mark.parametrize("known", ["COMMON", "SERVICE_DEPLOY", "LOG_COLLECT", "DEVICE_LOG_COLLECT",
                                   "ASCEND_SOFTWARE_UPGRADE", "ASCEND_DIAGNOSIS", "ASCEND_SYSTEM_CONFIG"])  # fmt: skip
def test_known_types_get_the_vendors_spelling(known: str) -> None:
    assert read_job(one(type=known.lower())).type == known


@pytest.mark.parametrize("known", ["PROCESSING", "FINISHED", "DELETED", "ACTIVE"])
def test_known_states_get_the_vendors_spelling(known: str) -> None:
    assert read_job(one(status=known.lower())).status == known


def test_a_row_needs_only_its_id() -> None:
    state = read_jobs({"data": [{"id": "x"}], "total": 1})
    assert state.jobs == (DevServerJobRow(job_id="x"),)


# --- odd envelopes


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"total": 3}, {"truncated": True, "total": 3}),
        ({"total": 1}, {"truncated": False, "total": 1}),
        ({"total": None}, {"truncated": True, "total": None}),
        ({"total": 0, "data": None}, {"truncated": False, "jobs": ()}),
        ({"total": 0, "data": []}, {"truncated": False, "jobs": ()}),
        ({"total": 7, "data": []}, {"truncated": True, "jobs": ()}),
        ({"current": None, "pages": None, "size": None}, {"current": None, "pages": None, "size": None}),
        ({"current": 0, "pages": 3, "size": 10}, {"current": 0, "pages": 3, "size": 10, "truncated": False}),
        ({"total": "3", "pages": "1"}, {"truncated": True, "total": 3, "pages": 1}),
        ({"records": 5}, {"total": 2}),
    ],
)
def test_odd_lists_are_still_lists(changes: dict[str, object], expected: dict[str, object]) -> None:
    state = read_jobs({**PAGE, **changes})
    assert {name: getattr(state, name) for name in expected} == expected


def test_no_jobs_may_have_no_data_at_all() -> None:
    assert read_jobs({"total": 0}).jobs == ()


NO_LIST = "the answer has no list of jobs: data is missing or null, and total is not 0"
NOT_DESCRIBED = "the answer is not what the vendor's page describes: "


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, NO_LIST),
        ({"canary": 1}, NO_LIST),
        ({"total": 2}, NO_LIST),
        ({"total": 2, "data": None}, NO_LIST),
        ({"total": None, "data": None}, NO_LIST),
        ({**PAGE, "total": "2.0"}, NOT_DESCRIBED + "total: "),
        ({**PAGE, "total": -1}, NOT_DESCRIBED + "total: "),
        ({**PAGE, "total": True}, NOT_DESCRIBED + "total: "),
        ({**PAGE, "total": 2.0}, NOT_DESCRIBED + "total: "),
        ({**PAGE, "pages": "one"}, NOT_DESCRIBED + "pages: "),
        ({**PAGE, "data": {}}, NOT_DESCRIBED + "data: "),
        ({**PAGE, "data": "canary"}, NOT_DESCRIBED + "data: "),
        ({**PAGE, "data": [None]}, NOT_DESCRIBED + "data.0: "),
        ({**PAGE, "data": ["canary"]}, NOT_DESCRIBED + "data.0: "),
        ({**PAGE, "data": [ROW, {"name": "canary"}]}, NOT_DESCRIBED + "data.1.id: "),
        (one(id=""), NOT_DESCRIBED + "data.0.id: "),
        (one(id=7), NOT_DESCRIBED + "data.0.id: "),
        (one(id=None), NOT_DESCRIBED + "data.0.id: "),
        (one(name=7), NOT_DESCRIBED + "data.0.name: "),
        (one(status=1), NOT_DESCRIBED + "data.0.status: "),
        (one(abnormal_count="0.0"), NOT_DESCRIBED + "data.0.abnormal_count: "),
        (one(abnormal_count=False), NOT_DESCRIBED + "data.0.abnormal_count: "),
        (one(abnormal_count=0.0), NOT_DESCRIBED + "data.0.abnormal_count: "),
        (one(create_at="canary"), NOT_DESCRIBED + "data.0.create_at: "),
        (one(create_at=""), NOT_DESCRIBED + "data.0.create_at: "),
        (one(create_at=-1), NOT_DESCRIBED + "data.0.create_at: "),
        (one(update_at=MAX_MILLISECONDS + 1), NOT_DESCRIBED + "data.0.update_at: "),
        (one(update_at=1.5), NOT_DESCRIBED + "data.0.update_at: "),
        (one(update_at=True), NOT_DESCRIBED + "data.0.update_at: "),
        ([], NOT_DESCRIBED + "Input should be "),
        ([ROW], NOT_DESCRIBED + "Input should be "),
        (None, NOT_DESCRIBED + "Input should be "),
        (b"<html>canary</html>", "the answer is not JSON but 19 bytes of no content type"),
        (b'{"total": 1, "data": [{"id": "\\ud800"}]}', "the answer is not JSON but "),
    ],
    ids=lambda value: ascii(value)[:60],
)
@pytest.mark.parametrize("kind", [DEV_SERVER_JOBS, DEV_SERVER_JOB], ids=lambda kind: kind.token)
def test_what_is_no_list_is_refused_without_its_content(kind: Kind[Any, Any, Any], body: object, problem: str) -> None:
    error = error_of(kind, body, job_id=UPGRADE_ID)
    assert type(error) is BadResponseError
    assert error.problem.startswith(problem)
    assert f"(HTTP 200, {WHERE}, request id r-1)\nhint: check the endpoint" in one_line(error)
    assert "canary" not in one_line(error)


# --- one job by its id


def test_a_job_that_is_not_in_a_whole_list_is_not_there() -> None:
    for body in ({"total": 0}, {"total": 0, "data": []}, PAGE):
        error = error_of(DEV_SERVER_JOB, body, job_id="nothing-like-it")
        assert type(error) is NotFoundError
        assert str(error) == (
            "modelarts:DevServerJob nothing-like-it: the project has no such job\n"
            "hint: check its id, the project and the region"
        )


@pytest.mark.parametrize(("total", "shown"), [(3, "3"), (None, "an unknown number")])
def test_a_job_that_is_not_in_a_list_with_rows_missing_is_not_said_to_be_gone(total: int | None, shown: str) -> None:
    error = error_of(DEV_SERVER_JOB, {**PAGE, "total": total}, job_id="x")
    assert type(error) is BadResponseError
    assert str(error) == (
        f"modelarts:DevServerJob x: the job is not among the 2 rows of a list that is not whole (total: {shown})\n"
        "hint: that does not say that the job is gone: the cloud did not honour the id; please report this"
    )


def test_a_job_that_is_in_a_list_with_rows_missing_is_read() -> None:
    assert read_job({**PAGE, "total": 9}).name == "software-upgrade-792a"


def test_two_jobs_of_one_id_are_ambiguous() -> None:
    error = error_of(DEV_SERVER_JOB, {**PAGE, "data": [ROW, {**ROW, "name": "other"}]}, job_id=UPGRADE_ID)
    assert type(error) is BadResponseError
    assert str(error) == (
        f"modelarts:DevServerJob {UPGRADE_ID}: ambiguous: 2 jobs have this id\n"
        "hint: look at both in the list of jobs, filtered by this id"
    )


@pytest.mark.parametrize("near", [UPGRADE_ID[:-1], UPGRADE_ID.upper(), f"{UPGRADE_ID}0"])
def test_an_id_is_matched_exactly_whatever_the_cloud_gives(near: str) -> None:
    assert isinstance(error_of(DEV_SERVER_JOB, PAGE, job_id=near), NotFoundError)


@pytest.mark.parametrize("kind", [DEV_SERVER_JOBS, DEV_SERVER_JOB], ids=lambda kind: kind.token)
@pytest.mark.parametrize(
    ("status", "body", "cls"),
    [
        # Of the list: as NotFoundError it would drop a job from a stack's state.
        (404, b"", RefusedError),
        (404, {"error_code": "ModelArts.6404", "error_msg": "no"}, RefusedError),
        (404, {"error_code": "APIGW.0101", "error_msg": "no"}, RefusedError),
        (404, b"<html>", BadResponseError),
        (401, {"error_code": "APIGW.0301", "error_msg": "no"}, AuthenticationError),
        (403, {"error_code": "ModelArts.0210", "error_msg": "no"}, PermissionDeniedError),
        (500, b"", UnreachableError),
        (200, {"error_code": "ModelArts.0010", "error_msg": "no"}, RefusedError),
    ],
)
def test_errors_of_the_cloud(kind: Kind[Any, Any, Any], status: int, body: object, cls: type[NbcloudError]) -> None:
    error = error_of(kind, body, status, job_id=UPGRADE_ID)
    assert type(error) is cls
    assert (error.where, error.status, error.request_id) == (WHERE, status, "r-1")


def test_a_list_that_is_not_there_is_named_so() -> None:
    assert one_line(error_of(DEV_SERVER_JOBS, b"", 404)) == (
        f"modelarts:DevServerJobs all: the cloud knows no list of DevServer jobs here (HTTP 404, {WHERE}, "
        "request id r-1)\nhint: check the endpoint, the region and the project"
    )


# --- arguments


@pytest.mark.parametrize(
    ("kind", "values", "problem"),
    [
        (DEV_SERVER_JOB, {}, "job_id is missing"),
        (
            DEV_SERVER_JOB,
            {"job_id": ""},
            "job_id must be 1 to 64 printable ASCII characters without blanks or any of / \\ ? # %, and not dots alone",
        ),
        (
            DEV_SERVER_JOB,
            {"job_id": "x" * 65},
            "job_id must be 1 to 64 printable ASCII characters without blanks or any of / \\ ? # %, and not dots alone",
        ),
        (DEV_SERVER_JOB, {"job_id": 7}, "job_id Input should be a valid string"),
        (DEV_SERVER_JOB, {"id": "x"}, "id is not an argument; known are job_id, profile"),
        (DEV_SERVER_JOB, {"job_id": "x", "name": "y"}, "name is not an argument; known are job_id, profile"),
        (
            DEV_SERVER_JOBS,
            {"job_id": ""},
            "job_id must be 1 to 64 printable ASCII characters without blanks or any of / \\ ? # %, and not dots alone",
        ),
        (
            DEV_SERVER_JOBS,
            {"job_id": "x" * 65},
            "job_id must be 1 to 64 printable ASCII characters without blanks or any of / \\ ? # %, and not dots alone",
        ),
        (DEV_SERVER_JOBS, {"name": ""}, "name String should have at least 1 character"),
        (DEV_SERVER_JOBS, {"name": "x" * 1001}, "name String should have at most 1000 characters"),
        (DEV_SERVER_JOBS, {"type": ""}, "type String should have at least 1 character"),
        (DEV_SERVER_JOBS, {"status": ""}, "status String should have at least 1 character"),
        (DEV_SERVER_JOBS, {"status": 1}, "status Input should be a valid string"),
        (DEV_SERVER_JOBS, {"visible": "true"}, "visible Input should be a valid boolean"),
        (DEV_SERVER_JOBS, {"visible": 1}, "visible Input should be a valid boolean"),
        (
            DEV_SERVER_JOBS,
            {"id": "x"},
            "id is not an argument; known are job_id, name, type, status, visible, profile",
        ),
    ],
    ids=lambda value: ascii(value)[:40] if not isinstance(value, Kind) else value.token,
)
def test_arguments_that_cannot_be_right_are_named(
    kind: Kind[Any, Any, Any], values: dict[str, Any], problem: str
) -> None:
    with pytest.raises(InputError) as caught:
        kind.parse(values)
    assert caught.value.problem == f"{kind.token}: {problem}"


@pytest.mark.parametrize("job_id", ["x", "x" * 64, "a.b", "..x", "A_b:1"])
def test_an_id_has_no_form_of_its_own(job_id: str) -> None:
    arguments = DEV_SERVER_JOB.parse({"job_id": job_id})
    assert (arguments.job_id, DEV_SERVER_JOB.identify(arguments)) == (job_id, job_id)


def test_a_list_is_named_by_its_filters() -> None:
    names = [DEV_SERVER_JOBS.identify(DEV_SERVER_JOBS.parse(each)) for each in ({}, {"name": "a\n", "visible": True})]
    assert names == ["all", "name=a , visible=true"]


def test_what_the_kinds_say_of_themselves() -> None:
    assert DEV_SERVER_JOB.ready == 'self.status == "FINISHED" && self.abnormal_count == 0'
    assert [(each.condition, each.holds_for) for each in DEV_SERVER_JOB.failed] == [
        ('self.status == "FINISHED" && self.abnormal_count > 0', 0),
        ('self.status == "DELETED"', 0),
    ]
    assert DEV_SERVER_JOB.not_found_is_gone
    assert (DEV_SERVER_JOBS.ready, DEV_SERVER_JOBS.failed, DEV_SERVER_JOBS.not_found_is_gone) == (None, (), False)


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, "met"),
        ({"status": "finished"}, "met"),
        ({"abnormal_count": 1}, "failed"),
        ({"abnormal_count": None}, "not_yet"),
        ({"abnormal_count": -1}, "not_yet"),
        ({"status": "DELETED"}, "failed"),
        ({"status": "deleted", "abnormal_count": None}, "failed"),
        ({"status": "PROCESSING"}, "not_yet"),
        ({"status": "PROCESSING", "abnormal_count": 2}, "not_yet"),
        ({"status": "ACTIVE"}, "not_yet"),
        ({"status": "BRAND_NEW"}, "not_yet"),
        ({"status": None}, "not_yet"),
    ],
)
def test_when_a_job_is_ready_and_when_it_has_failed(changes: dict[str, object], outcome: str) -> None:
    evaluator = Evaluator(compile_conditions({"self": DEV_SERVER_JOB}))
    assert evaluator.decide({"self": read_job(one(**changes))}, datetime.now(timezone.utc)).outcome == outcome


@pytest.mark.parametrize(
    ("until", "total", "outcome"),
    [
        ('size(self.jobs) > 0 && self.jobs.all(j, j.status == "FINISHED")', 2, "met"),
        ('size(self.jobs) > 0 && self.jobs.all(j, j.status == "FINISHED")', 3, "not_yet"),
        ('!self.truncated && self.jobs.exists(j, j.type == "ASCEND_DIAGNOSIS")', 2, "met"),
        ('self.truncated && self.jobs.exists(j, j.description == "POC")', 3, "met"),
        ('self.jobs.all(j, j.update_time > timestamp("2025-06-10T00:00:00Z"))', 2, "met"),
        ("self.total > 2", 2, "not_yet"),
    ],
)
def test_conditions_over_a_list(until: str, total: int, outcome: str) -> None:
    state = read_jobs({**PAGE, "total": total})
    decision = Evaluator(compile_conditions({"self": DEV_SERVER_JOBS}, until)).decide(
        {"self": state}, datetime.now(timezone.utc)
    )
    assert decision.outcome == outcome


def test_a_list_has_no_condition_of_its_own() -> None:
    with pytest.raises(ConditionError, match="until: is needed, modelarts:DevServerJobs has no default"):
        Evaluator(compile_conditions({"self": DEV_SERVER_JOBS}))


# --- over the wire


@pytest.mark.anyio
async def test_jobs_read_from_the_mock_cloud(nbcloud_mock: MockClouds) -> None:
    clouds = nbcloud_mock.modelarts
    client = Client()
    account = account_of(nbcloud_mock.settings()["modelarts"], client)
    expected = DEV_SERVER_JOB.parse({"job_id": DIAGNOSIS_ID})
    try:
        with pytest.raises(NotFoundError):
            await read(DEV_SERVER_JOB, account, expected)
        for fields in (ROW, PAGE["data"][1]):
            clouds.put_job(fields["id"], **{name: value for name, value in fields.items() if name != "id"})
        state = await read(DEV_SERVER_JOBS, account, DEV_SERVER_JOBS.parse({}))
        assert (state.jobs, state.total, state.pages, state.size, state.current) == ((UPGRADE, DIAGNOSIS), 2, 1, 2, 1)
        job = await read(DEV_SERVER_JOB, account, expected)
        assert {name: getattr(job, name) for name in vars(DIAGNOSIS)} == vars(DIAGNOSIS)
        few = await read(DEV_SERVER_JOBS, account, DEV_SERVER_JOBS.parse({"type": "ascend_diagnosis"}))
        assert few.jobs == (DIAGNOSIS,)
        clouds.put_job(DIAGNOSIS_ID, times="text", create_at=5, update_at=5, status="odd", type="Odd")
        odd = await read(DEV_SERVER_JOB, account, expected)
        assert (odd.create_at, odd.update_time, odd.status, odd.type) == (5, "1970-01-01T00:00:00.005Z", "odd", "Odd")
        clouds.put_job(DIAGNOSIS_ID, times="null")
        assert (await read(DEV_SERVER_JOB, account, expected)).create_at is None
        clouds.limit_job_rows(1)
        cut = await read(DEV_SERVER_JOBS, account, DEV_SERVER_JOBS.parse({}))
        assert (len(cut.jobs), cut.total, cut.truncated) == (1, 2, True)
    finally:
        await client.aclose()
