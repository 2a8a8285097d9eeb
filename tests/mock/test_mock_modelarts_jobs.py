"""The ModelArts mock's list of DevServer jobs."""

from __future__ import annotations

import typing

import pytest
from mock_client import PROJECT, Response, admin, send, sign

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.mock.validation import InvalidInput, UnknownThing

JOB = "03af7361-5cba-44d4-b29b-4dcc5d9dff51"
OTHER = "62c89f77-fc81-45a8-9647-d6e457e73954"
ADMIN = f"modelarts/jobs/{PROJECT}/{JOB}"


def list_jobs(url: str, project_id: str = PROJECT, date: float | None = None, /, **query: str) -> Response:
    target, headers = sign(url, f"/v1/{project_id}/dev-servers/jobs", list(query.items()), date=date)
    return send(url, target, headers=headers)


def ids(clouds: MockClouds, **query: str) -> list[str]:
    response = list_jobs(clouds.url, **query)
    assert response.status == 200, response.body
    return [row["id"] for row in response.json["data"]]


def test_the_pages_own_example(clouds: MockClouds) -> None:
    both: dict[str, typing.Any] = {"status": "FINISHED", "abnormal_count": 0}
    clouds.modelarts.put_job(
        OTHER,
        **both,
        name="diagnosis-81ef",
        description="POC",
        type="ASCEND_DIAGNOSIS",
        create_at=1749523685137,
        update_at=1749523899848,
    )
    clouds.modelarts.put_job(
        JOB,
        **both,
        name="software-upgrade-792a",
        type="ASCEND_SOFTWARE_UPGRADE",
        create_at=1749536420547,
        update_at=1749536603947,
    )
    assert list_jobs(clouds.url).json == {
        "current": 1,
        "data": [
            {
                "create_at": 1749536420547,
                "update_at": 1749536603947,
                "id": JOB,
                "name": "software-upgrade-792a",
                "user_name": "modelarts_user",
                "type": "ASCEND_SOFTWARE_UPGRADE",
                "status": "FINISHED",
                "abnormal_count": 0,
            },
            {
                "create_at": 1749523685137,
                "update_at": 1749523899848,
                "id": OTHER,
                "name": "diagnosis-81ef",
                "user_name": "modelarts_user",
                "description": "POC",
                "type": "ASCEND_DIAGNOSIS",
                "status": "FINISHED",
                "abnormal_count": 0,
            },
        ],
        "pages": 1,
        "size": 2,
        "total": 2,
    }


def test_no_jobs(clouds: MockClouds) -> None:
    assert list_jobs(clouds.url).json == {"current": 1, "data": [], "pages": 0, "size": 0, "total": 0}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["a", "b", "c"]),
        ({"id": "a"}, ["a"]),
        ({"id": "A"}, []),
        ({"name": "n"}, ["a", "b"]),
        ({"type": "Odd"}, ["b"]),
        ({"status": "FINISHED"}, ["a"]),
        ({"status": "finished"}, []),
        ({"visible": "false"}, ["c"]),
        ({"visible": "true", "name": "n"}, ["a", "b"]),
        ({"limit": "1", "offset": "1"}, ["a", "b", "c"]),
    ],
)
def test_filters_are_applied(clouds: MockClouds, query: dict[str, str], found: list[str]) -> None:
    clouds.modelarts.put_job("a", name="n", status="FINISHED")
    clouds.modelarts.put_job("b", name="n", type="Odd")
    clouds.modelarts.put_job("c", name="m", visible=False)
    clouds.modelarts.put_job("d", project_id="other-project")
    assert sorted(ids(clouds, **query)) == found


@pytest.mark.parametrize("query", [{"visible": "True"}, {"visible": ""}, {"id": ""}, {"id": "x" * 65}])
def test_a_bad_filter(clouds: MockClouds, query: dict[str, str]) -> None:
    response = list_jobs(clouds.url, **query)
    assert (response.status, response.code) == (400, "ModelArts.0104")
    assert next(iter(query)) in response.json["error_msg"]


def test_who_may_ask(clouds: MockClouds) -> None:
    assert send(clouds.url, f"/v1/{PROJECT}/dev-servers/jobs").status == 401
    assert list_jobs(clouds.url, "other-project").code == "ModelArts.0210"
    clouds.modelarts.deny("MOCKACCESSKEY0000001")
    assert list_jobs(clouds.url).code == "ModelArts.0108"


def row_of(clouds: MockClouds, **fields: typing.Any) -> dict[str, typing.Any]:
    clouds.modelarts.put_job(JOB, **{"create_at": 5, "update_at": 6, **fields})
    [row] = list_jobs(clouds.url).json["data"]
    return dict(row)


def test_ugly_rows(clouds: MockClouds) -> None:
    assert "description" not in row_of(clouds)
    assert row_of(clouds, description="")["description"] == ""
    texts = row_of(clouds, times="text")
    assert (texts["create_at"], texts["update_at"]) == ("5", "6")
    nulls = row_of(clouds, times="null", name=None, user_name=None, type=None, status=None, abnormal_count=None)
    assert [name for name, value in nulls.items() if value is None] == [
        "create_at", "update_at", "name", "user_name", "type", "status", "abnormal_count",
    ]  # fmt: skip
    assert row_of(clouds, status="Whatever", type="Else")["status"] == "Whatever"
    assert list(row_of(clouds, absent=["create_at", "status", "id"])) == [
        "update_at", "name", "user_name", "type", "abnormal_count",
    ]  # fmt: skip


@pytest.mark.parametrize(("limit", "size", "pages"), [(2, 2, 2), (1, 1, 3), (3, 3, 1), (10, 10, 1), (0, 0, 0)])
def test_a_list_with_rows_missing(clouds: MockClouds, limit: int, size: int, pages: int) -> None:
    for number in range(3):
        clouds.modelarts.put_job(str(number), create_at=number)
    clouds.modelarts.limit_job_rows(limit)
    body = list_jobs(clouds.url).json
    assert [row["id"] for row in body["data"]] == ["2", "1", "0"][:limit]
    assert (body["current"], body["size"], body["pages"], body["total"]) == (1, size, pages, 3)
    clouds.modelarts.limit_job_rows(None)
    assert len(ids(clouds)) == 3


def test_a_transition_after_reads_of_that_job(clouds: MockClouds) -> None:
    clouds.modelarts.put_job(JOB)
    clouds.modelarts.put_job(OTHER)
    clouds.modelarts.add_job_transition(JOB, after_reads=3, status="FINISHED", abnormal_count=1)
    statuses = []
    for query in ({"id": JOB}, {"id": OTHER}, {}, {"status": "FINISHED"}, {"id": JOB}):
        rows = {row["id"]: row for row in list_jobs(clouds.url, **query).json["data"]}
        statuses.append(rows[JOB]["status"] if JOB in rows else None)
    # The second does not concern it; the fourth reads it, though it lets it not through.
    assert statuses == ["PROCESSING", None, "PROCESSING", None, "FINISHED"]
    assert clouds.modelarts.get_job(JOB)["abnormal_count"] == 1


def test_a_transition_after_seconds(frozen: typing.Any) -> None:
    with MockClouds(time=frozen) as clouds:
        clouds.modelarts.put_job(JOB)
        clouds.modelarts.add_job_transition(JOB, after_seconds=60, status="FINISHED", update_at=None)
        clouds.clock.advance(59)
        assert clouds.modelarts.get_job(JOB)["status"] == "PROCESSING"
        clouds.clock.advance(10)
        [row] = list_jobs(clouds.url, PROJECT, frozen.now).json["data"]
        assert (row["status"], row["update_at"]) == ("FINISHED", int((frozen.now + 60) * 1000))


def test_a_job_can_be_taken_away(clouds: MockClouds) -> None:
    clouds.modelarts.put_job(JOB)
    clouds.modelarts.delete_job(JOB)
    assert ids(clouds) == []
    with pytest.raises(UnknownThing, match=JOB):
        clouds.modelarts.delete_job(JOB)
    with pytest.raises(UnknownThing, match=JOB):
        clouds.modelarts.get_job(JOB)
    with pytest.raises(UnknownThing, match=JOB):
        clouds.modelarts.add_job_transition(JOB, status="FINISHED")


@pytest.mark.parametrize(
    ("fields", "bad"),
    [
        ({"status": 1}, "status"),
        ({"abnormal_count": "0"}, "abnormal_count"),
        ({"create_at": "5"}, "create_at"),
        ({"visible": 1}, "visible"),
        ({"times": "seconds"}, "times"),
        ({"absent": ["job_id"]}, "absent.0"),
        ({"project_id": "a/b"}, "project_id"),
        ({"job_id": ""}, "job_id"),
        ({"job_id": "x" * 65}, "job_id"),
    ],
)
def test_put_job_names_the_bad_field(clouds: MockClouds, fields: dict[str, typing.Any], bad: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        clouds.modelarts.put_job(**{"job_id": JOB, **fields})
    assert caught.value.field == bad


def test_the_admin_api_does_the_same(clouds: MockClouds) -> None:
    stored = admin(clouds.url, "PUT", ADMIN, {"status": "PROCESSING", "create_at": 5, "update_at": 5}).json
    assert stored == clouds.modelarts.get_job(JOB) == admin(clouds.url, "GET", ADMIN).json
    assert admin(clouds.url, "POST", f"{ADMIN}/transitions", {"status": "FINISHED"}).json["status"] == "FINISHED"
    assert ids(clouds) == [JOB]
    assert admin(clouds.url, "PUT", "modelarts/job-rows", {"rows": 0}).status == 200
    assert ids(clouds) == []
    assert admin(clouds.url, "DELETE", ADMIN).status == 200
    assert list_jobs(clouds.url).json["total"] == 0


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("PUT", ADMIN, {"colour": 1}, "colour"),
        ("PUT", ADMIN, {"abnormal_count": 1.5}, "abnormal_count"),
        ("PUT", f"modelarts/jobs/a%2Fb/{JOB}", {}, "project_id"),
        ("POST", f"{ADMIN}/transitions", {}, "status"),
        ("POST", f"{ADMIN}/transitions", {"status": "x", "after_reads": -1}, "after_reads"),
        ("PUT", "modelarts/job-rows", {"rows": -1}, "rows"),
        ("PUT", "modelarts/job-rows", {"lines": 1}, "lines"),
    ],
)
def test_the_admin_api_names_the_bad_field(
    clouds: MockClouds, method: str, path: str, body: typing.Any, field: str
) -> None:
    clouds.modelarts.put_job(JOB)
    response = admin(clouds.url, method, path, body)
    assert response.status == 400
    assert response.json["error"].startswith(f"{field}: ")


def test_a_reset_forgets_jobs(clouds: MockClouds) -> None:
    clouds.modelarts.put_job(JOB)
    clouds.modelarts.limit_job_rows(0)
    clouds.reset()
    assert list_jobs(clouds.url).json["total"] == 0
    clouds.modelarts.put_job(JOB)
    assert ids(clouds) == [JOB]


def test_the_demo_has_a_job_that_finishes() -> None:
    from pulumi_nbcloud.mock.scenarios import PROCESSING_JOB, STARTING_SECONDS

    with MockClouds(scenario="demo") as clouds:
        assert clouds.modelarts.get_job(PROCESSING_JOB)["status"] == "PROCESSING"
        clouds.clock.advance(STARTING_SECONDS)
        job = clouds.modelarts.get_job(PROCESSING_JOB)
        assert (job["status"], job["abnormal_count"]) == ("FINISHED", 0)
