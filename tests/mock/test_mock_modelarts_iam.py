"""The mock's IAM: logins, tokens and projects, and what a token opens."""

from __future__ import annotations

import copy
import json
import typing
from datetime import datetime
from email.utils import parsedate_to_datetime

import pytest
from mock_client import NOTEBOOK, Response, lease_path, send, sign

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.mock.validation import InvalidInput, UnknownThing

PASSWORD = "mock-password-not-a-real-one"
REGION = "mock-region-1"


def body(scope: typing.Any = None, **user: typing.Any) -> dict[str, typing.Any]:
    named = {"name": "mock-user", "password": PASSWORD, "domain": {"name": "mock-domain"}, **user}
    return {
        "auth": {
            "identity": {"methods": ["password"], "password": {"user": named}},
            "scope": {"project": scope or {"name": REGION}},
        }
    }


def log_in(clouds: MockClouds, content: typing.Any = None) -> Response:
    return send(clouds.url, "/v3/auth/tokens", "POST", body=body() if content is None else content)


def read_lease(clouds: MockClouds, token: str, path: str | None = None) -> Response:
    return send(clouds.url, path or lease_path(), headers={"X-Auth-Token": token})


def test_a_login_gives_a_token_that_opens_its_project(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK)
    response = log_in(clouds)
    assert response.status == 201
    token = response.headers["x-subject-token"]
    details = response.json["token"]
    assert (details["project"], details["methods"]) == ({"id": "mock-project", "name": REGION}, ["password"])
    lasts = datetime.fromisoformat(details["expires_at"].replace("Z", "+00:00")) - parsedate_to_datetime(
        response.headers["date"]
    )
    assert 86_399 < lasts.total_seconds() < 86_402
    assert read_lease(clouds, token).status == 200
    assert clouds.requests[-1].access_key == "mock-user"
    assert clouds.requests[0].operation == "KeystoneCreateUserTokenByPassword"


@pytest.mark.parametrize("scope", [{"id": "mock-project"}, {"name": REGION}, {"id": "mock-project", "name": REGION}])
def test_a_project_is_named_either_way(clouds: MockClouds, scope: dict[str, str]) -> None:
    assert log_in(clouds, body(scope)).json["token"]["project"]["id"] == "mock-project"


@pytest.mark.parametrize("user", [{"password": "wrong"}, {"name": "nobody"}, {"domain": {"name": "elsewhere"}}])
def test_a_wrong_login(clouds: MockClouds, user: dict[str, typing.Any]) -> None:
    response = log_in(clouds, body(**user))
    assert response.status == 401
    assert response.json == {
        "error": {"message": "The username or password is wrong.", "code": 401, "title": "Unauthorized"}
    }
    assert "x-subject-token" not in response.headers
    assert len(response.headers["x-request-id"]) == 32


@pytest.mark.parametrize("scope", [{"id": "other-project"}, {"name": "elsewhere"}, {}])
def test_a_scope_that_is_none_of_the_users(clouds: MockClouds, scope: dict[str, str]) -> None:
    expected = body()
    expected["auth"]["scope"]["project"] = scope
    response = log_in(clouds, expected)
    assert (response.status, response.json["error"]["title"]) == (400, "Bad Request")


def test_two_projects_of_one_name_are_no_scope(clouds: MockClouds) -> None:
    clouds.modelarts.add_user("two", "pw", projects=["a", "b"])
    user = {"name": "two", "password": "pw"}
    assert log_in(clouds, body(**user)).status == 400
    clouds.modelarts.name_project("b", "other")
    assert log_in(clouds, body(**user)).json["token"]["project"]["id"] == "a"
    assert log_in(clouds, body({"name": "other"}, **user)).json["token"]["project"]["id"] == "b"


def test_a_malformed_login(clouds: MockClouds) -> None:
    assert log_in(clouds, b"{").status == 400
    assert log_in(clouds, b"").status == 400
    for path in (
        ("auth",),
        ("auth", "identity"),
        ("auth", "scope"),
        ("auth", "identity", "password", "user", "domain"),
    ):
        wrong = copy.deepcopy(body())
        place = wrong
        for part in path[:-1]:
            place = place[part]
        del place[path[-1]]
        response = log_in(clouds, wrong)
        assert response.status == 400
        assert path[-1] in response.json["error"]["message"]
    wrong = body()
    wrong["auth"]["identity"]["methods"] = ["token"]
    assert log_in(clouds, wrong).status == 401


def test_a_token_ends_on_the_virtual_clock(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK)
    clouds.modelarts.set_token_seconds(60)
    first = log_in(clouds).headers["x-subject-token"]
    clouds.clock.advance(50)
    second = log_in(clouds)
    assert read_lease(clouds, first).status == 200
    clouds.clock.advance(20)
    response = read_lease(clouds, first)
    assert (response.status, response.code) == (401, "APIGW.0307")
    assert read_lease(clouds, second.headers["x-subject-token"]).status == 200
    # The response's own clock is the one that it is evaluated by.
    expires = datetime.fromisoformat(second.json["token"]["expires_at"].replace("Z", "+00:00"))
    assert 59 < (expires - parsedate_to_datetime(second.headers["date"])).total_seconds() < 62


def test_a_token_that_is_unknown_or_taken_back(clouds: MockClouds) -> None:
    token = clouds.modelarts.issue_token()
    clouds.modelarts.revoke_tokens()
    for value in (token, "canary"):
        response = read_lease(clouds, value)
        assert (response.status, response.code) == (401, "APIGW.0301")
        assert clouds.requests[-1].access_key == "(unknown)"


def test_a_new_password_ends_the_tokens(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK)
    token = clouds.modelarts.issue_token()
    clouds.modelarts.add_user("mock-user", "another", projects=["mock-project"])
    assert read_lease(clouds, token).status == 401
    assert log_in(clouds).status == 401
    assert log_in(clouds, body(password="another")).status == 201
    assert clouds.modelarts.password_settings()["password"] == "another"


def test_a_token_is_for_one_project(clouds: MockClouds) -> None:
    token = clouds.modelarts.issue_token(project_id="other-project")
    assert read_lease(clouds, token).code == "ModelArts.0210"


def test_the_projects_of_a_caller(clouds: MockClouds) -> None:
    clouds.modelarts.add_account("AK", "sk", projects=["a", "b"])
    clouds.modelarts.name_project("b", "elsewhere")

    def projects(name: str | None = None) -> list[tuple[str, str]]:
        query = [("name", name)] if name else []
        target, headers = sign(clouds.url, "/v3/projects", query, access_key="AK", secret_key="sk")
        found = send(clouds.url, target, headers=headers).json["projects"]
        return [(each["id"], each["name"]) for each in found]

    assert projects() == [("a", REGION), ("b", "elsewhere")]
    assert projects(REGION) == [("a", REGION)]
    assert projects("nowhere") == []
    response = read_lease(clouds, clouds.modelarts.issue_token(), "/v3/projects")
    assert [each["id"] for each in response.json["projects"]] == ["mock-project"]
    assert send(clouds.url, "/v3/projects").status == 401


def test_settings_of_each_way(clouds: MockClouds) -> None:
    places = {"region": REGION, "endpoint": clouds.url, "iamEndpoint": clouds.url}
    user = {"username": "mock-user", "password": PASSWORD, "domainName": "mock-domain"}
    assert clouds.modelarts.password_settings() == {**user, **places}
    assert clouds.modelarts.password_settings(project=True) == {**user, **places, "projectId": "mock-project"}
    token = clouds.modelarts.token_settings()
    assert set(token) == {"authToken", *places, "projectId"}
    assert set(clouds.modelarts.token_settings(project=False)) == {"authToken", *places}
    assert set(clouds.settings()["modelarts"]) == {"accessKey", "secretKey", "projectId", "region", "endpoint"}
    assert {"password", "authToken"} <= clouds.modelarts.secret_settings()


def test_a_reset_forgets_users_and_tokens(clouds: MockClouds) -> None:
    clouds.modelarts.add_user("more", "pw", projects=["a"])
    clouds.modelarts.set_token_seconds(1)
    token = clouds.modelarts.issue_token()
    clouds.modelarts.name_project("mock-project", "elsewhere")
    clouds.reset()
    assert read_lease(clouds, token).status == 401
    assert log_in(clouds, body(name="more", password="pw")).status == 401
    assert log_in(clouds).status == 201
    with pytest.raises(UnknownThing):
        clouds.modelarts.issue_token(username="more")


def test_no_secret_of_iam_is_shown(clouds: MockClouds) -> None:
    clouds.modelarts.add_user("mock-user", "CANARY-password", projects=["mock-project"])
    token = log_in(clouds, body(password="CANARY-password")).headers["x-subject-token"]
    with pytest.raises(InvalidInput) as caught:
        clouds.modelarts.add_user("mock-user", "CANARY-password", projects=["a/b"])
    read_lease(clouds, token)
    shown = [repr(clouds.requests), json.dumps(clouds.state()), repr(caught.value), str(caught.value)]
    shown += [repr(vars(clouds.modelarts._iam)["_users"]), repr(list(vars(clouds.modelarts._iam)["_tokens"].values()))]
    assert [text for text in shown if "CANARY" in text or token in text] == []
