"""The ModelArts mock over HTTP: who is let in, and what a notebook answers."""

from __future__ import annotations

import time
import typing

import pytest
from mock_client import ACCESS_KEY, NOTEBOOK, SECRET_KEY, Response, get_lease, lease_path, send, sign

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.mock.modelarts.notebooks import Status
from pulumi_nbcloud.mock.validation import InvalidInput, UnknownThing


def failures(clouds: MockClouds, access_key: str = ACCESS_KEY) -> int:
    accounts = clouds.modelarts.state()["accounts"]
    found: int = next(account["failures"] for account in accounts if account["access_key"] == access_key)
    return found


def refused(response: Response, text: str) -> None:
    assert response.status == 401, response.body
    assert response.code == "APIGW.0301"
    assert text in response.json["error_msg"]
    assert response.json["request_id"] == response.headers["x-request-id"]
    assert response.headers["content-type"] == "application/json"


def test_a_running_notebook_answers_the_five_fields_of_the_page(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, create_at=1638841744515, update_at=1638842905925)
    response = get_lease(clouds.url)
    assert response.status == 200
    assert response.headers["content-type"] == "application/json"
    assert len(response.headers["x-request-id"]) == 32
    assert list(response.json.items()) == [
        ("create_at", 1638841744515),
        ("duration", 3600000),
        ("enable", True),
        ("type", "TIMING"),
        ("update_at", 1638842905925),
    ]


def test_lease_fields_may_be_absent_null_or_odd(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, duration=-1, enable=False, type=None, absent=["create_at", "update_at"])
    assert get_lease(clouds.url).json == {"duration": -1, "enable": False, "type": None}
    clouds.modelarts.put_lease(NOTEBOOK, absent=["type"])
    assert "type" not in get_lease(clouds.url).json


def test_unsigned(clouds: MockClouds) -> None:
    refused(send(clouds.url, lease_path()), "Authorization is missing")
    refused(send(clouds.url, lease_path(), headers={"Authorization": "Bearer x"}), "malformed")


def test_unknown_access_key(clouds: MockClouds) -> None:
    refused(get_lease(clouds.url, access_key="NOBODY"), "unknown")
    assert clouds.requests[-1].access_key == "(unknown)"


def test_wrong_secret_key(clouds: MockClouds) -> None:
    refused(get_lease(clouds.url, secret_key="wrong"), "does not match")
    assert failures(clouds) == 1


def test_the_date_must_be_there_signed_and_well_formed(clouds: MockClouds) -> None:
    target, headers = sign(clouds.url, lease_path())
    without = {name: value for name, value in headers.items() if name != "X-Sdk-Date"}
    refused(send(clouds.url, target, headers=without), "X-Sdk-Date is missing")
    unsigned = {**headers, "Authorization": headers["Authorization"].replace("host;x-sdk-date", "host")}
    refused(send(clouds.url, target, headers=unsigned), "not among SignedHeaders")
    refused(send(clouds.url, target, headers={**headers, "X-Sdk-Date": "20261340T000000Z"}), "malformed")


def test_a_signed_header_must_be_sent(clouds: MockClouds) -> None:
    target, headers = sign(clouds.url, lease_path(), headers={"X-Project-Id": "mock-project"})
    del headers["X-Project-Id"]
    refused(send(clouds.url, target, headers=headers), "was not sent")


def test_only_the_date_must_be_signed(clouds: MockClouds) -> None:
    from pulumi_nbcloud.mock.modelarts import signature
    from pulumi_nbcloud.mock.wire import CloudRequest

    clouds.modelarts.put_lease(NOTEBOOK)
    date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    canonical = signature.canonical_request(CloudRequest("GET", lease_path(), {"x-sdk-date": date}), ("x-sdk-date",))
    signed = signature.signature_of(canonical, date, SECRET_KEY)
    authorization = f"SDK-HMAC-SHA256 Access={ACCESS_KEY}, SignedHeaders=x-sdk-date, Signature={signed}"
    headers = {"X-Sdk-Date": date, "Authorization": authorization}
    assert send(clouds.url, lease_path(), headers=headers).status == 200


@pytest.mark.parametrize(("difference", "status"), [(900, 200), (-900, 200), (901, 401), (-901, 401)])
def test_fifteen_minutes(frozen: typing.Any, difference: int, status: int) -> None:
    with MockClouds(time=frozen) as clouds:
        clouds.modelarts.put_lease(NOTEBOOK)
        assert get_lease(clouds.url, date=frozen.now + difference).status == status


def test_the_gateway_clock_is_not_the_virtual_one(frozen: typing.Any) -> None:
    with MockClouds(time=frozen) as clouds:
        clouds.modelarts.put_lease(NOTEBOOK)
        clouds.clock.advance(86_400)
        assert get_lease(clouds.url, date=frozen.now).status == 200
        clouds.clock.skew = 1_000
        refused(get_lease(clouds.url, date=frozen.now), "expired")
        assert get_lease(clouds.url, date=frozen.now + 1_000).status == 200


def test_a_key_is_locked_after_more_than_five_failures_in_a_row(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK)
    for count in range(1, 6):
        refused(get_lease(clouds.url, secret_key="wrong"), "does not match")
        assert failures(clouds) == count
    assert get_lease(clouds.url).status == 200, "five are allowed, and a success forgets them"
    assert failures(clouds) == 0
    for _ in range(6):
        refused(get_lease(clouds.url, secret_key="wrong"), "does not match")
    refused(get_lease(clouds.url), "locked")
    assert clouds.modelarts.state()["accounts"][0]["locked_until"] is not None
    clouds.clock.advance(295)
    refused(get_lease(clouds.url), "locked")
    clouds.clock.advance(5)
    refused(get_lease(clouds.url, secret_key="wrong"), "does not match")
    assert failures(clouds) == 1, "a lock that is over starts a new count"
    assert get_lease(clouds.url).status == 200


def test_the_lock_is_of_one_key(clouds: MockClouds) -> None:
    for _ in range(7):
        get_lease(clouds.url, secret_key="wrong")
    other = clouds.settings("other")["modelarts"]
    clouds.modelarts.put_lease(NOTEBOOK, project_id=other["projectId"])
    keys = {"access_key": other["accessKey"], "secret_key": other["secretKey"]}
    assert get_lease(clouds.url, project_id=other["projectId"], **keys).status == 200


def test_a_temporary_key_needs_its_token(clouds: MockClouds) -> None:
    clouds.modelarts.add_account("TEMP", "secret", projects=["mock-project"], security_token="right-token")
    clouds.modelarts.put_lease(NOTEBOOK)
    keys = {"access_key": "TEMP", "secret_key": "secret"}
    refused(get_lease(clouds.url, **keys), "X-Security-Token is missing")
    refused(get_lease(clouds.url, **keys, headers={"X-Security-Token": "wrong"}), "not that of the access key")
    assert get_lease(clouds.url, **keys, headers={"X-Security-Token": "right-token"}).status == 200


def test_a_rotated_secret_key(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK)
    clouds.modelarts.add_account(ACCESS_KEY, "new-secret", projects=["mock-project"])
    assert get_lease(clouds.url).status == 401
    assert get_lease(clouds.url, secret_key="new-secret").status == 200
    assert clouds.settings()["modelarts"]["secretKey"] == "new-secret"


def test_the_project_must_be_the_callers(clouds: MockClouds) -> None:
    response = get_lease(clouds.url, project_id="other-project")
    assert (response.status, response.code) == (403, "ModelArts.0210")
    assert "request_id" not in response.json


def test_a_denied_account(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK)
    clouds.modelarts.deny(ACCESS_KEY)
    response = get_lease(clouds.url)
    assert (response.status, response.code) == (403, "ModelArts.0108")
    clouds.modelarts.deny(ACCESS_KEY, False)
    assert get_lease(clouds.url).status == 200


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/v1/mock-project/nothing"),
        ("PATCH", lease_path()),
        ("GET", lease_path() + "/"),
        ("GET", lease_path().replace("/notebooks", "%2Fnotebooks")),
        ("GET", "/v1/mock-project/notebooks//lease"),
    ],
)
def test_the_gateway_knows_no_such_api(clouds: MockClouds, method: str, target: str) -> None:
    response = send(clouds.url, target, method)
    assert (response.status, response.code) == (404, "APIGW.0101")
    assert response.json["request_id"] == response.headers["x-request-id"]


def test_paths_of_no_cloud(clouds: MockClouds) -> None:
    response = send(clouds.url, "/elsewhere")
    assert response.status == 404
    assert response.json == {"error": "path: no mock cloud serves it"}
    assert clouds.request_count() == 0


def test_an_id_that_is_no_uuid(clouds: MockClouds) -> None:
    response = get_lease(clouds.url, "not-a-uuid")
    assert (response.status, response.code) == (400, "ModelArts.0104")


NOT_RUNNING = {
    "INIT": "6355", "CREATING": "6355", "STARTING": "6306", "STOPPING": "6308", "DELETING": "6357", "STOPPED": "6327",
    "SNAPSHOTTING": "6357", "CREATE_FAILED": "6327", "START_FAILED": "6327", "DELETE_FAILED": "6327", "ERROR": "6327",
    "DELETED": "6309", "FROZEN": "6326", "RESTORING": "6333", "BUSY": "6357",
}  # fmt: skip


def test_the_table_of_statuses_is_whole() -> None:
    assert set(NOT_RUNNING) | {"RUNNING"} == set(typing.get_args(Status))


@pytest.mark.parametrize(("status", "code"), NOT_RUNNING.items())
def test_a_notebook_that_does_not_run(clouds: MockClouds, status: str, code: str) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status=status)
    response = get_lease(clouds.url)
    assert (response.status, response.code) == (400, f"ModelArts.{code}")
    assert set(response.json) == {"error_code", "error_msg"}


def test_a_missing_notebook(clouds: MockClouds) -> None:
    assert get_lease(clouds.url).code == "ModelArts.6309"
    clouds.modelarts.put_lease(NOTEBOOK)
    assert get_lease(clouds.url).status == 200
    clouds.modelarts.delete_lease(NOTEBOOK)
    assert get_lease(clouds.url).code == "ModelArts.6309"
    with pytest.raises(UnknownThing, match=NOTEBOOK):
        clouds.modelarts.delete_lease(NOTEBOOK)


def test_a_transition_after_reads(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STARTING")
    clouds.modelarts.add_transition(NOTEBOOK, after_reads=2, status="RUNNING")
    get_lease(clouds.url, secret_key="wrong")  # never reaches the notebook, so it is no read
    assert clouds.modelarts.get_lease(NOTEBOOK)["pending"][0]["reads_left"] == 2, "looking is no read"
    assert [get_lease(clouds.url).status for _ in range(4)] == [400, 400, 200, 200]


def test_a_transition_after_seconds(frozen: typing.Any) -> None:
    with MockClouds(time=frozen) as clouds:
        clouds.modelarts.put_lease(NOTEBOOK, status="STARTING")
        clouds.clock.advance(100)
        clouds.modelarts.add_transition(NOTEBOOK, after_seconds=60, status="RUNNING", update_at=None)
        clouds.clock.advance(59.5)
        assert get_lease(clouds.url, date=frozen.now).code == "ModelArts.6306"
        clouds.clock.advance(40)
        response = get_lease(clouds.url, date=frozen.now)
        assert response.json["update_at"] == int((frozen.now + 160) * 1000), "its time is when it fell due"
        assert response.json["create_at"] == int(frozen.now * 1000)


def test_an_immediate_transition(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, duration=1)
    clouds.modelarts.add_transition(NOTEBOOK, duration=2, absent=["type"])
    response = get_lease(clouds.url)
    assert response.json["duration"] == 2
    assert "type" not in response.json


def test_transitions_apply_in_order(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STARTING")
    clouds.modelarts.add_transition(NOTEBOOK, after_reads=2, status="RUNNING")
    clouds.modelarts.add_transition(NOTEBOOK, status="STOPPING")  # due at once, but waits for the one before
    clouds.modelarts.add_transition(NOTEBOOK, after_reads=3, status="STOPPED")
    clouds.modelarts.add_transition(NOTEBOOK, after_seconds=10, status="DELETED")
    clouds.clock.advance(5)
    codes = [get_lease(clouds.url).code for _ in range(5)]
    assert codes == [f"ModelArts.{code}" for code in (6306, 6306, 6308, 6327, 6327)]
    clouds.clock.advance(5)
    assert get_lease(clouds.url).code == "ModelArts.6309"


def test_a_replaced_notebook_forgets_its_plan(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK)
    clouds.modelarts.add_transition(NOTEBOOK, after_reads=1, status="STOPPED")
    clouds.modelarts.put_lease(NOTEBOOK)
    assert [get_lease(clouds.url).status for _ in range(3)] == [200, 200, 200]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"status": "Running"}, "status"),
        ({"duration": "1"}, "duration"),
        ({"duration": 2**63}, "duration"),
        ({"enable": 1}, "enable"),
        ({"absent": ["status"]}, "absent.0"),
        ({"project_id": "a/b"}, "project_id"),
        ({"notebook_id": "x"}, "notebook_id"),
    ],
)
def test_put_lease_names_the_bad_field(clouds: MockClouds, arguments: dict[str, typing.Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        clouds.modelarts.put_lease(**{"notebook_id": NOTEBOOK, **arguments})
    assert str(caught.value).startswith(f"{field}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({}, "status"),
        ({"after_reads": 1}, "status"),
        ({"after_reads": -1, "status": "STOPPED"}, "after_reads"),
        ({"after_reads": True, "status": "STOPPED"}, "after_reads"),
        ({"after_seconds": -0.1, "status": "STOPPED"}, "after_seconds"),
        ({"after_seconds": float("nan"), "status": "STOPPED"}, "after_seconds"),
        ({"after_seconds": 1, "after_reads": 1, "status": "STOPPED"}, "after_seconds"),
        ({"waiter": 1}, "waiter"),
    ],
)
def test_add_transition_names_the_bad_field(clouds: MockClouds, arguments: dict[str, typing.Any], field: str) -> None:
    clouds.modelarts.put_lease(NOTEBOOK)
    with pytest.raises(InvalidInput) as caught:
        clouds.modelarts.add_transition(NOTEBOOK, **arguments)
    assert caught.value.field == field
    with pytest.raises(UnknownThing):
        clouds.modelarts.add_transition(NOTEBOOK.replace("a", "b"), status="STOPPED")


def test_add_account_keeps_secrets_out_of_its_error(clouds: MockClouds) -> None:
    with pytest.raises(InvalidInput) as caught:
        clouds.modelarts.add_account("AK", "canary secret", projects=["p"])
    assert caught.value.field == "secret_key"
    assert "canary" not in repr(caught.value)
    assert caught.value.__cause__ is None
