"""The admin API: it does what the Python methods do, and says which field is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from mock_client import NOTEBOOK, PROJECT, admin, get_lease, send

from pulumi_nbcloud.mock import MockClouds

LEASE = f"modelarts/leases/{PROJECT}/{NOTEBOOK}"
FAULT = {"service": "modelarts", "status": 503}


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "reset", {"all": True}, "all"),
        ("POST", "reset", b"[]", "body"),
        ("POST", "clock", None, "body"),
        ("POST", "clock", b"{", "body"),
        ("POST", "clock", b"\xff", "body"),
        ("POST", "clock", {}, "body"),
        ("POST", "clock", {"advance": 1, "skew": 1}, "body"),
        ("POST", "clock", {"advance": -1}, "advance"),
        ("POST", "clock", {"advance": "1"}, "advance"),
        ("POST", "clock", {"advance": True}, "advance"),
        ("POST", "clock", b'{"advance": NaN}', "advance"),
        ("POST", "clock", {"advance": 1e300}, "advance"),
        ("POST", "clock", {"set": "2026-01-01"}, "set"),
        ("POST", "clock", {"set": "2099-01-01T00:00:00"}, "set"),
        ("POST", "clock", {"set": "2099-13-01T00:00:00Z"}, "set"),
        ("POST", "clock", {"set": 4_070_908_800}, "set"),
        ("POST", "clock", {"set": "2001-01-01T00:00:00Z"}, "set"),
        ("POST", "clock", {"skew": 1e12}, "skew"),
        ("POST", "clock", {"speed": 2}, "speed"),
        ("PUT", LEASE, {"status": "Runing"}, "status"),
        ("PUT", LEASE, {"duration": 1.5}, "duration"),
        ("PUT", LEASE, {"enable": "yes"}, "enable"),
        ("PUT", LEASE, {"absent": ["id"]}, "absent.0"),
        ("PUT", LEASE, {"colour": 1}, "colour"),
        ("PUT", f"modelarts/leases/{PROJECT}/x", {}, "notebook_id"),
        ("PUT", f"modelarts/leases/a%2Fb/{NOTEBOOK}", {}, "project_id"),
        ("POST", LEASE + "/transitions", {}, "status"),
        ("POST", LEASE + "/transitions", None, "body"),
        ("POST", LEASE + "/transitions", {"status": "STOPPED", "after_reads": -1}, "after_reads"),
        ("POST", LEASE + "/transitions", {"status": "STOPPED", "after_reads": 1.5}, "after_reads"),
        ("POST", LEASE + "/transitions", {"status": "STOPPED", "after_reads": 1, "after_seconds": 1}, "after_seconds"),
        ("POST", LEASE + "/transitions", {"progression": "waiter"}, "progression"),
        ("GET", "requests?since=x", None, "since"),
        ("GET", "requests?since=-1", None, "since"),
        ("GET", "requests?service=nothing", None, "service"),
        ("GET", "requests?page=1", None, "page"),
        ("GET", "requests?since=1&since=2", None, "query"),
        ("GET", "state?x=1", None, "query"),
        ("POST", "faults", {**FAULT, "service": "x"}, "service"),
        ("POST", "faults", {**FAULT, "status": 99}, "status"),
        ("POST", "faults", {"service": "modelarts"}, "status"),
        ("POST", "faults", {**FAULT, "delay": 31}, "delay"),
        ("POST", "faults", {**FAULT, "count": 0}, "count"),
        ("POST", "faults", {**FAULT, "headers": {"a": "b\n"}}, "headers"),
        ("POST", "faults", {**FAULT, "mode": "x"}, "mode"),
    ],
)
def test_bad_input_is_named(clouds: MockClouds, method: str, path: str, body: Any, field: str) -> None:
    clouds.modelarts.put_lease(NOTEBOOK)
    before = clouds.state()
    response = admin(clouds.url, method, path, body)
    assert response.status == 400, response.body
    assert list(response.json) == ["error"]
    assert response.json["error"].startswith(f"{field}: ")
    assert "\n" not in response.json["error"]
    after = clouds.state()
    assert {**after, "clock": 0} == {**before, "clock": 0}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "reset", "POST"),
        ("DELETE", "clock", "GET, POST"),
        ("POST", "state", "GET"),
        ("PATCH", LEASE, "PUT, GET, DELETE"),
        ("GET", LEASE + "/transitions", "POST"),
        ("POST", "requests", "GET, DELETE"),
    ],
)
def test_a_wrong_method(clouds: MockClouds, method: str, path: str, allowed: str) -> None:
    response = admin(clouds.url, method, path)
    assert (response.status, response.headers["allow"]) == (405, allowed)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "nothing"),
        ("POST", "reset/"),
        ("GET", LEASE),
        ("DELETE", LEASE),
        ("PUT", "modelarts/leases/" + NOTEBOOK),
    ],
)
def test_unknown_paths_and_things(clouds: MockClouds, method: str, path: str) -> None:
    response = admin(clouds.url, method, path)
    assert response.status == 404
    assert ": " in response.json["error"]


def test_a_lease_over_the_admin_api(clouds: MockClouds) -> None:
    assert admin(clouds.url, "PUT", LEASE, {"status": "STARTING", "duration": -1, "enable": False}).status == 200
    stored = admin(clouds.url, "GET", LEASE).json
    assert (stored["status"], stored["duration"], stored["type"], stored["reads"]) == ("STARTING", -1, "TIMING", 0)
    assert stored == clouds.modelarts.get_lease(NOTEBOOK)
    planned = admin(clouds.url, "POST", LEASE + "/transitions", {"after_reads": 1, "status": "RUNNING"}).json
    assert planned["pending"] == [{"change": {"status": "RUNNING"}, "mode": "reads", "reads_left": 1}]
    assert [get_lease(clouds.url).status for _ in range(2)] == [400, 200]
    assert admin(clouds.url, "DELETE", LEASE).json == {}
    assert get_lease(clouds.url).code == "ModelArts.6309"
    assert admin(clouds.url, "POST", LEASE + "/transitions", {"status": "RUNNING"}).status == 404
    assert admin(clouds.url, "PUT", LEASE).json["status"] == "RUNNING", "everything has a default"


def test_the_clock_over_the_admin_api(frozen: Any) -> None:
    with MockClouds(time=frozen) as clouds:
        assert admin(clouds.url, "POST", "clock", {"advance": 90}).json["offset"] == 90
        assert admin(clouds.url, "POST", "clock", {"skew": -2.5}).json["skew"] == -2.5
        moved = admin(clouds.url, "POST", "clock", {"set": "2030-01-01T02:00:00+02:00"}).json
        assert moved["now"] == "2030-01-01T00:00:00.000Z"
        assert admin(clouds.url, "GET", "clock").json == moved == clouds.clock.state()


def test_the_request_log_over_the_admin_api(clouds: MockClouds) -> None:
    for number in range(3):
        send(clouds.url, f"/v1/{number}")
    shown = admin(clouds.url, "GET", "requests?service=modelarts&since=1").json
    assert shown["total"] == 3
    assert [entry["target"] for entry in shown["requests"]] == ["/v1/1", "/v1/2"]
    assert shown["requests"] == [entry.to_dict() for entry in clouds.requests[1:]]
    assert admin(clouds.url, "DELETE", "requests").status == 200
    assert admin(clouds.url, "GET", "requests").json == {"total": 0, "requests": []}


def test_faults_over_the_admin_api(clouds: MockClouds) -> None:
    added = admin(clouds.url, "POST", "faults", {**FAULT, "body": "x", "match": "lease", "count": 2}).json
    assert added == admin(clouds.url, "GET", "faults").json == clouds.faults.state()
    assert get_lease(clouds.url).status == 503
    assert clouds.faults.state()[0]["left"] == 1
    assert admin(clouds.url, "DELETE", "faults").status == 200
    assert get_lease(clouds.url).status == 400
