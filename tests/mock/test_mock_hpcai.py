"""The HPC-AI mock over HTTP: who is let in, what a page shows, and how ugly it can be."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from mock_client import Response, admin, send

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.mock.hpcai.accounts import read_token, sign_token
from pulumi_nbcloud.mock.validation import InvalidInput, UnknownThing

KEY = "mock-api-key-not-a-real-one"
PASSWORD = "mock-password-not-a-real-one"
ID = "notebook-1"
ERROR = {"code": -1, "message": "Not logged in or login expired, please log in again"}


def post(
    clouds: MockClouds, path: str = "/api/instance/list", body: Any = None, headers: dict[str, str] | None = None
) -> Response:
    asked = {"pager": {"currentPage": 1, "pageSize": 10}} if body is None else body
    return send(clouds.url, path, "POST", headers={"Content-Type": "application/json", **(headers or {})}, body=asked)


def listed(clouds: MockClouds, page: int = 1, size: int = 10, /, **headers: str) -> Response:
    body = {"pager": {"currentPage": page, "pageSize": size}}
    return post(clouds, body=body, headers=headers or {"X-API-Key": KEY})


def cookie(token: str, **more: str) -> dict[str, str]:
    return {"Cookie": f"AccessToken={token}", **more}


def ids(response: Response) -> list[str]:
    return [each["instanceMetadata"]["instanceId"] for each in response.json["instances"] or []]


# --- rows


def test_a_row_has_every_field_of_the_page_in_its_order(clouds: MockClouds) -> None:
    clouds.hpcai.put_instance(ID, create_at_unix_ms=1751527726179)
    response = listed(clouds)
    assert (response.status, response.headers["content-type"]) == (200, "application/json")
    assert list(response.json) == ["instances", "pager"]
    (row,) = response.json["instances"]
    metadata, spec, runtime = row["instanceMetadata"], row["instanceSpecInfo"], row["instanceRuntimeInfo"]
    assert list(row) == ["instanceMetadata", "instanceSpecInfo", "instanceRuntimeInfo"]
    assert list(metadata) == ["instanceAuth", "instanceId", "instanceUsername"]
    assert list(spec) == [
        *("name", "instanceBillingInfo", "imageInfo", "instanceConfiguration", "instanceTypeInfo", "regionInfo"),
        *("remoteStorages", "nodePorts", "isSpotInstance"),
    ]
    assert spec["imageInfo"] == {"architecture": "", "isPublic": "", "name": "", "tags": None, "type": ""}
    assert spec["instanceConfiguration"]["InstanceDiskAmountRequest"] == {
        "rootDiskAmountGiReq": 0,
        "dataDiskAmountGiReq": 0,
    }
    assert (spec["name"], spec["regionInfo"]["name"], spec["instanceBillingInfo"]["price"]) == (
        "example-instance",
        "asia-sg-1",
        0.23999999463558197,
    )
    assert runtime == {
        "createAtUnixMs": 1751527726179,
        "status": "Running",
        "phase": "",
        "message": "",
        "diagnosisReason": "",
        "diagnosisMessage": "",
        "healthy": True,
        "subUrl": f"/notebook/{ID}/{ID}-0",
        "instanceDiskUsageInfo": {"rootDiskUsedGi": 2.48, "dataDiskUsedGi": 0},
        "instanceDiskAmountInfo": {"rootDiskAmountGi": 50, "dataDiskAmountGi": 50},
        "stopTimestamp": 0,
        "scheduledStopTimestamp": 0,
    }
    assert response.json["pager"] == {"currentPage": 1, "pageSize": 10, "totalEntries": 1}


def test_every_part_of_a_row_can_be_something_else(clouds: MockClouds) -> None:
    over = {"instanceSpecInfo": {"nodePorts": None, "imageInfo": None, "regionInfo": {"value": "v"}}, "new": [1]}
    clouds.hpcai.put_instance(ID, name="n", region="r", status="Odd", healthy=False, stop_timestamp=7, row=over)
    (row,) = listed(clouds).json["instances"]
    spec, runtime = row["instanceSpecInfo"], row["instanceRuntimeInfo"]
    assert (spec["nodePorts"], spec["imageInfo"], spec["regionInfo"]["value"], row["new"]) == (None, None, "v", [1])
    assert (spec["name"], spec["regionInfo"]["name"], runtime["status"]) == ("n", "r", "Odd")
    assert (runtime["healthy"], runtime["stopTimestamp"]) == (False, 7)


def test_an_instance_is_created_at_the_virtual_now(clouds: MockClouds) -> None:
    clouds.clock.advance(1_000)
    clouds.hpcai.put_instance(ID)
    created = clouds.hpcai.get_instance(ID)["row"]["instanceRuntimeInfo"]["createAtUnixMs"]
    assert abs(created - clouds.clock.now_ms()) < 60_000


# --- pages


@pytest.mark.parametrize(
    ("cap", "page", "size", "expected", "shown_size"),
    [
        (1_000, 1, 10, "0123456", 10),
        (1_000, 1, 3, "012", 3),
        (1_000, 3, 3, "6", 3),
        (1_000, 4, 3, "", 3),
        (3, 1, 10, "012", 3),
        (3, 2, 10, "345", 3),
        (3, 1, 2, "01", 2),
    ],
)
def test_pages_have_a_size_of_the_clouds_own(
    clouds: MockClouds, cap: int, page: int, size: int, expected: str, shown_size: int
) -> None:
    clouds.hpcai.put_instances(7)
    clouds.hpcai.configure(page_size=cap)
    response = listed(clouds, page, size)
    assert "".join(each[-1] for each in ids(response)) == expected
    assert response.json["pager"] == {"currentPage": page, "pageSize": shown_size, "totalEntries": 7}


def test_a_page_without_rows_is_null_and_the_pager_can_be(clouds: MockClouds) -> None:
    assert listed(clouds).json == {
        "instances": None,
        "pager": {"currentPage": 1, "pageSize": 10, "totalEntries": 0},
    }
    clouds.hpcai.configure(null_pager=True)
    assert listed(clouds).json == {"instances": None, "pager": None}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"pager": None},
        {"pager": []},
        {"pager": {}},
        {"pager": {"currentPage": 0, "pageSize": 1}},
        {"pager": {"currentPage": 1, "pageSize": 0}},
        {"pager": {"currentPage": True, "pageSize": 1}},
        {"pager": {"currentPage": "1", "pageSize": 1}},
        [],
        b"no json",
        b"",
    ],
)
def test_without_a_pager_it_answers_500(clouds: MockClouds, body: Any) -> None:
    response = send(
        clouds.url,
        "/api/instance/list",
        "POST",
        headers={"X-API-Key": KEY, "Content-Type": "application/json"},
        body=body,
    )
    assert (response.status, response.json) == (500, {"message": "internal server error"})


def test_without_a_content_type_it_answers_500(clouds: MockClouds) -> None:
    body = {"pager": {"currentPage": 1, "pageSize": 1}}
    response = send(clouds.url, "/api/instance/list", "POST", headers={"X-API-Key": KEY}, body=body)
    assert response.status == 500


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/instance/list", 404),
        ("POST", "/api/instance/delete", 404),
        ("POST", "/api/user/logout", 404),
    ],
)
def test_another_path_or_method(clouds: MockClouds, method: str, path: str, status: int) -> None:
    assert send(clouds.url, path, method).status == status
    assert clouds.requests[-1].service == "hpcai"


def test_other_paths_below_api_belong_to_others(clouds: MockClouds) -> None:
    send(clouds.url, "/api/20260430/aiDataPlatforms/x", "GET")
    assert clouds.request_count("hpcai") == 0


# --- transitions


def test_transitions_count_the_pages_that_show_the_instance(clouds: MockClouds) -> None:
    clouds.hpcai.put_instance(ID, status="PullingImage", healthy=False)
    clouds.hpcai.put_instance("second")
    clouds.hpcai.add_transition(ID, after_reads=2, status="Running", healthy=True)
    listed(clouds, 2, 1)
    seen = [listed(clouds, 1, 1).json["instances"][0]["instanceRuntimeInfo"]["status"] for _ in range(3)]
    assert seen == ["PullingImage", "PullingImage", "Running"]
    assert clouds.hpcai.get_instance(ID)["reads"] == 3


def test_transitions_by_time_and_at_once(clouds: MockClouds) -> None:
    clouds.hpcai.put_instance(ID)
    clouds.hpcai.add_transition(ID, after_seconds=60, status="Stopped", row={"instanceSpecInfo": {"nodePorts": []}})
    assert clouds.hpcai.get_instance(ID)["pending"][0]["mode"] == "seconds"
    clouds.clock.advance(59)
    assert listed(clouds).json["instances"][0]["instanceRuntimeInfo"]["status"] == "Running"
    clouds.clock.advance(1)
    (row,) = listed(clouds).json["instances"]
    assert (row["instanceRuntimeInfo"]["status"], row["instanceSpecInfo"]["nodePorts"]) == ("Stopped", [])
    clouds.hpcai.add_transition(ID, name="now")
    assert listed(clouds).json["instances"][0]["instanceSpecInfo"]["name"] == "now"


def test_a_deleted_instance_is_not_shown(clouds: MockClouds) -> None:
    assert clouds.hpcai.put_instances(2, prefix="x-") == ["x-000000", "x-000001"]
    clouds.hpcai.delete_instance("x-000000")
    assert ids(listed(clouds)) == ["x-000001"]
    with pytest.raises(UnknownThing, match="no instance x-000000 of mock-user"):
        clouds.hpcai.delete_instance("x-000000")


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda mock: mock.put_instance(ID, status=7), "status: "),
        (lambda mock: mock.put_instance(ID, odd=7), "odd: "),
        (lambda mock: mock.put_instance("a b"), "instance_id: must be 1 to 256 visible ASCII characters"),
        (lambda mock: mock.put_instances(0), "count: "),
        (lambda mock: mock.add_transition(ID), "status: give at least one field to change"),
        (lambda mock: mock.add_transition(ID, after_reads=1, after_seconds=1, name="x"), "after_seconds: "),
        (lambda mock: mock.configure(page_size=0), "page_size: "),
        (lambda mock: mock.configure(auth_failure_status=403), "auth_failure_status: "),
        (lambda mock: mock.add_account("a b", "p", "k"), "username: "),
    ],
)
def test_bad_input_is_refused_by_name(clouds: MockClouds, call: Any, text: str) -> None:
    clouds.hpcai.put_instance(ID)
    with pytest.raises(InvalidInput) as caught:
        call(clouds.hpcai)
    assert str(caught.value).startswith(text)


@pytest.mark.parametrize(
    "call",
    [
        lambda mock: mock.put_instance(ID, username="nobody"),
        lambda mock: mock.get_instance("nothing"),
        lambda mock: mock.add_transition("nothing", name="x"),
        lambda mock: mock.access_token("nobody"),
        lambda mock: mock.revoke_tokens("nobody"),
        lambda mock: mock.settings("nobody"),
    ],
)
def test_what_is_not_there(clouds: MockClouds, call: Any) -> None:
    with pytest.raises(UnknownThing):
        call(clouds.hpcai)


# --- who is let in


def test_each_account_sees_its_own(clouds: MockClouds) -> None:
    clouds.hpcai.put_instance("mine")
    clouds.hpcai.put_instance("theirs", username="other-user")
    assert ids(listed(clouds)) == ["mine"]
    assert ids(listed(clouds, **{"X-API-Key": "other-mock-api-key-not-a-real-one"})) == ["theirs"]
    assert ids(listed(clouds, **cookie(clouds.hpcai.access_token("other-user")))) == ["theirs"]
    assert [each.access_key for each in clouds.requests] == ["mock-user", "other-user", "other-user"]


@pytest.mark.parametrize("status", [200, 401])
@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Key": "wrong"},
        {"X-API-Key": ""},
        {"X-API-Key": KEY + " x"},
        {"Cookie": "AccessToken="},
        {"Cookie": "AccessToken=a.b.c"},
        {"Cookie": "Other=x"},
        {"Authorization": f"Bearer {KEY}"},
    ],
)
def test_others_are_not_and_the_status_can_be_either(clouds: MockClouds, headers: dict[str, str], status: int) -> None:
    clouds.hpcai.configure(auth_failure_status=status)
    response = listed(clouds, **headers)
    assert (response.status, response.json) == (status, ERROR)


def test_a_wrong_key_does_not_fall_back_to_the_cookie(clouds: MockClouds) -> None:
    assert listed(clouds, **cookie(clouds.hpcai.access_token(), **{"X-API-Key": "wrong"})).json == ERROR
    assert clouds.requests[-1].access_key == "(unknown)"


def test_a_cookie_among_others(clouds: MockClouds) -> None:
    token = clouds.hpcai.access_token()
    assert listed(clouds, Cookie=f"a=b; AccessToken={token}; c=d").status == 200
    assert "pager" in listed(clouds, Cookie=f"a=b; AccessToken={token}; c=d").json


def test_a_denied_account(clouds: MockClouds) -> None:
    clouds.hpcai.add_account("mock-user", PASSWORD, KEY, denied=True)
    response = listed(clouds)
    assert (response.status, response.json) == (403, {"message": "permission denied"})


def test_a_rotated_key(clouds: MockClouds) -> None:
    clouds.hpcai.add_account("mock-user", PASSWORD, "new-key")
    assert listed(clouds).json == ERROR
    assert "pager" in listed(clouds, **{"X-API-Key": "new-key"}).json
    assert clouds.hpcai.settings(None)["apiKey"] == "new-key"


# --- tokens


def log_in(clouds: MockClouds, **login: str) -> Response:
    return post(clouds, "/api/user/login", {"username": "mock-user", "password": PASSWORD, **login})


def test_a_login_gives_a_token_for_a_day(clouds: MockClouds) -> None:
    response = log_in(clouds)
    assert (response.status, list(response.json)) == (200, ["accessToken", "accessExpire"])
    assert response.json["accessExpire"] == 86_400
    claims = read_token(response.json["accessToken"])
    assert claims is not None
    # The claims of the list page's own token.
    assert {"aud", "exp", "group", "iat", "iss", "sub"} <= set(claims)
    assert claims["exp"] == claims["iat"] + 86_400
    assert "pager" in listed(clouds, **cookie(response.json["accessToken"])).json
    assert clouds.requests[0].operation == "Login"


@pytest.mark.parametrize("status", [200, 401])
@pytest.mark.parametrize("login", [{"password": "wrong"}, {"username": "nobody"}, {"password": ""}])
def test_a_login_that_is_refused(clouds: MockClouds, login: dict[str, str], status: int) -> None:
    clouds.hpcai.configure(auth_failure_status=status)
    response = log_in(clouds, **login)
    assert (response.status, response.json) == (status, {"code": -1, "message": "incorrect username or password"})


def test_a_login_without_its_fields(clouds: MockClouds) -> None:
    bodies: tuple[object, ...] = ({}, [], {"username": 7, "password": []})
    for body in bodies:
        assert post(clouds, "/api/user/login", body).json["code"] == -1


def test_a_token_expires_on_the_virtual_clock(clouds: MockClouds) -> None:
    clouds.hpcai.configure(token_seconds=100)
    token = log_in(clouds).json["accessToken"]
    clouds.clock.advance(98)
    assert "pager" in listed(clouds, **cookie(token)).json
    clouds.clock.advance(3)
    assert listed(clouds, **cookie(token)).json == ERROR
    # The log still knows whose it was.
    assert clouds.requests[-1].access_key == "mock-user"


def test_revoked_tokens(clouds: MockClouds) -> None:
    before = clouds.hpcai.access_token()
    clouds.hpcai.revoke_tokens()
    assert listed(clouds, **cookie(before)).json == ERROR
    assert "pager" in listed(clouds, **cookie(clouds.hpcai.access_token())).json


def encoded(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def test_a_token_that_was_not_made_here_is_worth_nothing(clouds: MockClouds) -> None:
    head, claims, signature = clouds.hpcai.access_token().split(".")
    plain = read_token(f"{head}.{claims}.{signature}")
    assert plain is not None
    later = {**plain, "exp": plain["exp"] + 1}
    forged = [
        f"{head}.{encoded(later)}.{signature}",
        f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{claims}.",
        f"{head}.{claims}.",
        f"{head}.{claims}.{signature[:-2]}",
        f"{head}.{claims}",
        sign_token(plain, key=b"another key"),
        sign_token({**plain, "sub": "somebody else"}),
        sign_token({**plain, "jti": "nobody-1"}),
    ]
    assert [listed(clouds, **cookie(token)).json for token in forged] == [ERROR] * len(forged)
    assert "pager" in listed(clouds, **cookie(sign_token(later))).json


# --- settings, reset, admin


def test_the_settings_of_each_way_in(clouds: MockClouds) -> None:
    mock = clouds.hpcai
    assert mock.settings(None) == {"apiKey": KEY, "endpoint": clouds.url}
    assert mock.settings("other")["apiKey"] != KEY
    assert mock.login_settings() == {"username": "mock-user", "password": PASSWORD, "endpoint": clouds.url}
    assert set(mock.token_settings("other")) == {"accessToken", "endpoint"}
    token = read_token(mock.token_settings(seconds=7)["accessToken"])
    assert token is not None
    assert token["exp"] == token["iat"] + 7
    assert clouds.environment()["NBCLOUD_HPCAI_API_KEY"] == KEY
    assert clouds.environment("other")["NBCLOUD_PROFILE_OTHER_HPCAI_ENDPOINT"] == clouds.url
    assert ["config", "set", "--path", "--secret", "nbcloud:hpcai.apiKey", KEY] in clouds.pulumi_config()


def test_reset_and_no_secret_in_the_state(clouds: MockClouds) -> None:
    before = clouds.hpcai.state()
    clouds.hpcai.put_instance(ID)
    clouds.hpcai.configure(page_size=3, null_pager=True, auth_failure_status=401, token_seconds=5)
    clouds.hpcai.add_account("third", "canary-password", "canary-key")
    clouds.hpcai.revoke_tokens()
    token = clouds.hpcai.access_token("third")
    shown = json.dumps(clouds.state()) + repr(vars(clouds.hpcai)) + repr(clouds.hpcai._accounts.get("third"))
    assert not [each for each in ("canary", token, PASSWORD, KEY) if each in shown]
    clouds.reset()
    assert clouds.hpcai.state() == before


def test_the_admin_api(clouds: MockClouds) -> None:
    path = f"hpcai/instances/mock-user/{ID}"
    assert admin(clouds.url, "PUT", path, {"status": "Starting"}).status == 200
    planned = admin(clouds.url, "POST", f"{path}/transitions", {"status": "Running", "after_reads": 1})
    assert planned.json["pending"][0]["reads_left"] == 1
    assert admin(clouds.url, "GET", path).json == clouds.hpcai.get_instance(ID)
    many = admin(clouds.url, "POST", "hpcai/instances/mock-user", {"count": 2, "prefix": "x-", "name": "many"})
    assert many.json == {"instance_ids": ["x-000000", "x-000001"]}
    assert admin(clouds.url, "PUT", "hpcai/options", {"page_size": 1}).json["page_size"] == 1
    assert admin(clouds.url, "PUT", "hpcai/options", {"null_pager": True}).json["page_size"] == 1
    assert ids(listed(clouds)) == [ID]
    assert admin(clouds.url, "DELETE", path).status == 200
    assert admin(clouds.url, "GET", path).status == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("PUT", f"hpcai/instances/mock-user/{ID}", {"status": 7}, "status"),
        ("PUT", "hpcai/instances/mock-user/a%20b", {}, "instance_id"),
        ("POST", "hpcai/instances/mock-user", {}, "count"),
        ("PUT", "hpcai/options", {"odd": 1}, "odd"),
    ],
)
def test_the_admin_api_names_bad_fields(clouds: MockClouds, method: str, path: str, body: Any, field: str) -> None:
    response = admin(clouds.url, method, path, body)
    assert response.status == 400
    assert response.json["error"].startswith(f"{field}: ")
