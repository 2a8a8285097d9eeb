"""The ways to sign in to ModelArts, against the mock cloud and its IAM, and against odd answers of IAM."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from email.utils import formatdate
from typing import Any

import anyio
import anyio.to_thread
import pytest
from modelarts_support import Canned, account_of
from nbcloud_support import (
    NO_CONFIG,
    NOTEBOOK_ID,
    FakeClock,
    RawServer,
    header_of,
    http_answer,
    one_line,
    raw_server,
    read,
    target_of,
    timed,
)

from pulumi_nbcloud.clouds.modelarts.account import ModelArtsAccount
from pulumi_nbcloud.clouds.modelarts.dev_server_jobs import DEV_SERVER_JOBS
from pulumi_nbcloud.clouds.modelarts.notebook_lease import NOTEBOOK_LEASE
from pulumi_nbcloud.errors import (
    AuthenticationError,
    BadResponseError,
    NbcloudError,
    PermissionDeniedError,
    RefusedError,
    SettingsError,
    ThrottledError,
    UnreachableError,
)
from pulumi_nbcloud.http.client import Client
from pulumi_nbcloud.http.messages import Request
from pulumi_nbcloud.kinds.kind import Kind
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.reading.reader import Reader

LEASE = NOTEBOOK_LEASE.parse({"notebook_id": NOTEBOOK_ID})
LOGIN = "KeystoneCreateUserTokenByPassword"
PROJECTS = "KeystoneListProjects"
SHOW = "ShowLease"
USER = {"username": "u", "password": "canary-password-1", "domainName": "d", "region": "r"}
USER_HINT = (
    "hint: check username, password and domainName (the account's name); an IAM user can sign in so, a HUAWEI ID "
    "or a user with MFA (login protection) cannot; they are not sent again until they change"
)
NOW = 1_767_225_600.0


@pytest.fixture
def clouds(nbcloud_mock: MockClouds) -> MockClouds:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK_ID)
    return nbcloud_mock


@contextlib.asynccontextmanager
async def account_with(values: Mapping[str, str], **options: Any) -> Any:
    client = Client(sleep=FakeClock().sleep)
    try:
        yield account_of(dict(values), client, **options)
    finally:
        await client.aclose()


def operations(clouds: MockClouds) -> list[str]:
    """What was asked, in order; `operation` is None only while a request is in work."""
    return [entry.operation or "" for entry in clouds.requests]


async def outcomes(number: int, account: ModelArtsAccount, kind: Kind[Any, Any, Any] = NOTEBOOK_LEASE) -> list[Any]:
    """So many reads at the same time; each result or error."""
    arguments = LEASE if kind is NOTEBOOK_LEASE else kind.parse({})
    results: list[Any] = []

    async def run() -> None:
        try:
            results.append(await read(kind, account, arguments))
        except NbcloudError as error:
            results.append(error)

    async with anyio.create_task_group() as tasks:
        for _ in range(number):
            tasks.start_soon(run)
    return results


def key_pair(clouds: MockClouds, **changes: str) -> dict[str, str]:
    """The key pair's settings without a project, with IAM's place."""
    settings = {**clouds.settings()["modelarts"], "iamEndpoint": clouds.url, **changes}
    return {name: value for name, value in settings.items() if name != "projectId"}


# --- user name and password


@pytest.mark.parametrize("project", [True, False])
@pytest.mark.anyio
async def test_a_user_logs_in_once_and_is_read_for(clouds: MockClouds, project: bool) -> None:
    async with account_with(clouds.modelarts.password_settings(project=project)) as account:
        states = await outcomes(20, account)
    assert {(state.running, state.project_id) for state in states} == {(True, "mock-project")}
    assert operations(clouds) == [LOGIN] + [SHOW] * 20
    assert clouds.requests[-1].access_key == "mock-user"


@pytest.mark.anyio
async def test_what_a_login_asks() -> None:
    for settings, scope in (({}, {"name": "r"}), ({"projectId": "p"}, {"id": "p"})):
        bodies: list[Request] = []

        class Asked(Canned):
            async def send(self, prepare: Any, **options: Any) -> Any:
                bodies.append(await prepare())  # noqa: B023  (used within the turn)
                raise UnreachableError("enough")

        account = account_of({**USER, **settings}, Asked(201, {}))
        with pytest.raises(UnreachableError):
            await read(NOTEBOOK_LEASE, account, LEASE)
        (request,) = bodies
        assert (request.method, request.origin) == ("POST", "https://iam.myhuaweicloud.com")
        assert (request.target, request.headers["Content-Type"]) == ("/v3/auth/tokens", "application/json")
        assert json.loads(request.body) == {
            "auth": {
                "identity": {
                    "methods": ["password"],
                    "password": {"user": {"name": "u", "password": "canary-password-1", "domain": {"name": "d"}}},
                },
                "scope": {"project": scope},
            }
        }
        assert "canary" not in repr(request)


@pytest.mark.anyio
async def test_a_token_that_expires_in_mid_run_is_renewed_once_for_all(clouds: MockClouds) -> None:
    async with account_with(clouds.modelarts.password_settings()) as account:
        assert (await outcomes(1, account))[0].running
        # On the cloud's clock alone: this side finds out by the refusal.
        clouds.clock.advance(86_400)
        clouds.clear_requests()
        states = await outcomes(20, account)
    assert {state.running for state in states} == {True}
    asked = operations(clouds)
    assert asked.count(LOGIN) == 1
    assert clouds.requests[0].status == 401
    assert [entry.status for entry in clouds.requests if entry.operation == SHOW].count(200) == 20


@pytest.mark.anyio
async def test_a_token_is_replaced_before_it_expires(clouds: MockClouds) -> None:
    clock = FakeClock(NOW)
    clouds.modelarts.set_token_seconds(3_600)
    async with account_with(clouds.modelarts.password_settings(), now=clock) as account:
        await outcomes(1, account)
        # The last tenth is not used; the clocks of the two sides need not agree.
        for seconds, logins in ((3_200, 1), (50, 2)):
            clock.now += seconds
            assert (await outcomes(1, account))[0].running
            assert operations(clouds).count(LOGIN) == logins
    assert [entry.status for entry in clouds.requests] == [201, 200, 200, 201, 200]


@pytest.mark.anyio
async def test_a_token_that_was_taken_back_is_renewed(clouds: MockClouds) -> None:
    async with account_with(clouds.modelarts.password_settings()) as account:
        await outcomes(1, account)
        clouds.modelarts.revoke_tokens()
        assert (await outcomes(1, account))[0].running
    assert operations(clouds) == [LOGIN, SHOW, SHOW, LOGIN, SHOW]


@pytest.mark.anyio
async def test_an_expired_token_that_comes_with_400_is_renewed_once(clouds: MockClouds) -> None:
    # docs/vendors/modelarts.md, MA-60
    body = json.dumps({"error_code": "ModelArts.6401", "error_msg": "the token has expired"})
    async with account_with(clouds.modelarts.password_settings()) as account:
        await outcomes(1, account)
        clouds.clear_requests()
        clouds.faults.add(service="modelarts", status=400, body=body, match="/v1/")
        assert (await outcomes(1, account))[0].running
    assert operations(clouds)[1:] == [LOGIN, SHOW]
    assert [entry.status for entry in clouds.requests] == [400, 201, 200]


@pytest.mark.parametrize(
    ("code", "status"),
    [("APIGW.0307", 401), ("APIG.0307", 401), ("ModelArts.0203", 403), ("ModelArts.6401", 400)],
)
@pytest.mark.anyio
async def test_a_new_token_that_is_refused_too_ends_it(clouds: MockClouds, code: str, status: int) -> None:
    body = json.dumps({"error_code": code, "error_msg": "canary-free"})
    clouds.faults.add(service="modelarts", status=status, body=body, match="/v1/", count=1_000)
    async with account_with(clouds.modelarts.password_settings()) as account:
        errors = await outcomes(50, account)
    assert {type(error) for error in errors} == {AuthenticationError}
    # The refused one, its successor, and nothing more for the other 49.
    assert len(clouds.requests) == 4
    assert str(errors[0]).endswith(
        "\nhint: ModelArts refuses the token that IAM has just given: check the region, projectId and endpoint; "
        "nothing is sent again until username or password change"
    )


@pytest.mark.anyio
async def test_a_wrong_password_reaches_iam_once_and_modelarts_never(clouds: MockClouds) -> None:
    values = {**clouds.modelarts.password_settings(), "password": "canary-password-2"}
    async with account_with(values) as account:
        errors = await outcomes(100, account) + await outcomes(100, account)
    assert operations(clouds) == [LOGIN]
    assert len(errors) == 200
    assert {type(error) for error in errors} == {AuthenticationError}
    [text] = {timed(one_line(error)).replace("refused at T; ", "") for error in errors}
    assert text == (
        f"modelarts:NotebookLease {NOTEBOOK_ID}: the cloud refuses the credentials: "
        f'"The username or password is wrong." (HTTP 401, POST {clouds.url}/v3/auth/tokens, '
        f"request id {clouds.requests[0].request_id})\n{USER_HINT}"
    )


@pytest.mark.anyio
async def test_two_projects_of_one_user_try_a_wrong_password_once(clouds: MockClouds) -> None:
    values = {**clouds.modelarts.password_settings(), "password": "wrong"}
    client = Client(sleep=FakeClock().sleep)
    reader = Reader({}, client)
    config = {
        "nbcloud:profiles": {"a": {"modelarts": values}, "b": {"modelarts": {**values, "projectId": "other"}}},
    }
    try:
        for profile in ("a", "b", "a"):
            arguments = NOTEBOOK_LEASE.parse({"notebook_id": NOTEBOOK_ID, "profile": profile})
            with pytest.raises(AuthenticationError):
                await reader.read(NOTEBOOK_LEASE, arguments, config.get)
    finally:
        await client.aclose()
    assert operations(clouds) == [LOGIN]


@pytest.mark.anyio
async def test_a_new_password_is_tried(clouds: MockClouds) -> None:
    client = Client(sleep=FakeClock().sleep)
    environment = {
        "NBCLOUD_MODELARTS_USERNAME": "mock-user",
        "NBCLOUD_MODELARTS_PASSWORD": "wrong",
        "NBCLOUD_MODELARTS_DOMAIN_NAME": "mock-domain",
        "NBCLOUD_MODELARTS_REGION": "mock-region-1",
        "NBCLOUD_MODELARTS_ENDPOINT": clouds.url,
        "NBCLOUD_MODELARTS_IAM_ENDPOINT": clouds.url,
    }
    reader = Reader(environment, client)
    try:
        with pytest.raises(AuthenticationError):
            await reader.read(NOTEBOOK_LEASE, LEASE, NO_CONFIG)
        environment["NBCLOUD_MODELARTS_PASSWORD"] = clouds.modelarts.password_settings()["password"]
        assert (await reader.read(NOTEBOOK_LEASE, LEASE, NO_CONFIG)).running
    finally:
        await client.aclose()


@pytest.mark.anyio
async def test_a_project_that_is_not_the_users_is_refused_by_iam(clouds: MockClouds) -> None:
    values = {**clouds.modelarts.password_settings(), "projectId": "not-mine"}
    async with account_with(values) as account:
        (error,) = await outcomes(1, account)
    assert type(error) is RefusedError
    assert one_line(error) == (
        f'modelarts:NotebookLease {NOTEBOOK_ID}: IAM refuses the request: "The scope names no project of the user." '
        f"(HTTP 400, POST {clouds.url}/v3/auth/tokens, request id {clouds.requests[0].request_id})\n"
        "hint: check the region, projectId and iamEndpoint"
    )


# --- a given token


@pytest.mark.parametrize("project", [True, False])
@pytest.mark.anyio
async def test_a_given_token_is_sent(clouds: MockClouds, project: bool) -> None:
    values = clouds.modelarts.token_settings(project=project)
    async with account_with({**values, "authToken": f"  {values['authToken']}\n"}) as account:
        states = await outcomes(3, account)
    assert {state.project_id for state in states} == {"mock-project"}
    assert operations(clouds) == ([] if project else [PROJECTS]) + [SHOW] * 3


@pytest.mark.anyio
async def test_a_given_token_that_expires_is_not_sent_again(clouds: MockClouds) -> None:
    async with account_with(clouds.modelarts.token_settings()) as account:
        clouds.clock.advance(86_400)
        errors = await outcomes(20, account)
    assert operations(clouds) == [SHOW]
    assert {type(error) for error in errors} == {AuthenticationError}
    assert {error.code for error in errors} == {"APIGW.0307"}
    hint = "get a new token from IAM: this one is not valid, or no longer; it is not sent again until changed"
    assert {timed(error.hint) for error in errors} == {hint, f"refused at T; {hint}"}


@pytest.mark.anyio
async def test_a_token_of_another_project_is_a_matter_of_permission(clouds: MockClouds) -> None:
    async with account_with({**clouds.modelarts.token_settings(), "projectId": "other-project"}) as account:
        (error,) = await outcomes(1, account)
    assert (type(error), error.code) == (PermissionDeniedError, "ModelArts.0210")


# --- the project


@pytest.mark.anyio
async def test_the_project_of_a_key_pair_is_looked_up_once_for_all(clouds: MockClouds) -> None:
    async with account_with(key_pair(clouds)) as account:
        first = await outcomes(20, account) + await outcomes(5, account, DEV_SERVER_JOBS)
    assert {state.project_id for state in first} == {"mock-project"}
    assert operations(clouds).count(PROJECTS) == 1
    assert clouds.requests[0].target == "/v3/projects?name=mock-region-1"
    assert "x-project-id" not in clouds.requests[0].header_names
    assert "x-project-id" in clouds.requests[1].header_names


@pytest.mark.anyio
async def test_a_sub_project_is_looked_up_by_its_name(clouds: MockClouds) -> None:
    clouds.modelarts.add_account("KEY", "s" * 20, projects=["parent", "sub"])
    clouds.modelarts.name_project("sub", "mock-region-1_dev")
    values = key_pair(clouds, accessKey="KEY", secretKey="s" * 20, projectName="mock-region-1_dev")
    async with account_with(values) as account:
        await outcomes(1, account)
        assert account.project_id == "sub"
    assert clouds.requests[0].target == "/v3/projects?name=mock-region-1_dev"


@pytest.mark.anyio
async def test_a_user_signs_in_for_the_project_of_that_name() -> None:
    for settings, scope in (
        ({"projectName": "r_dev"}, {"name": "r_dev"}),
        # Of another source than the id: see test_settings.
        ({}, {"name": "r"}),
    ):
        bodies: list[Request] = []

        class Asked(Canned):
            async def send(self, prepare: Any, **options: Any) -> Any:
                bodies.append(await prepare())  # noqa: B023  (used within the turn)
                raise UnreachableError("enough")

        account = account_of({**USER, **settings}, Asked(201, {}))
        with pytest.raises(UnreachableError):
            await read(NOTEBOOK_LEASE, account, LEASE)
        assert json.loads(bodies[0].body)["auth"]["scope"]["project"] == scope


@pytest.mark.anyio
async def test_a_temporary_key_pair_looks_its_project_up_with_its_token(clouds: MockClouds) -> None:
    clouds.modelarts.add_account("TEMP", "s" * 20, projects=["mock-project"], security_token="t" * 20)
    values = key_pair(clouds, accessKey="TEMP", secretKey="s" * 20, securityToken="t" * 20)
    async with account_with(values) as account:
        assert (await outcomes(1, account))[0].running


@pytest.mark.parametrize(
    ("projects", "names", "problem", "hint"),
    [
        (["a"], {"a": "elsewhere"}, "no project", "check the region or projectName, or set projectId"),
        (["a", "b"], {}, "2 projects", "set projectId"),
    ],
)
@pytest.mark.anyio
async def test_no_project_or_several_are_an_error_that_is_not_asked_for_again(
    clouds: MockClouds, projects: list[str], names: dict[str, str], problem: str, hint: str
) -> None:
    clouds.modelarts.add_account("KEY", "s" * 20, projects=projects)
    for project, name in names.items():
        clouds.modelarts.name_project(project, name)
    async with account_with(key_pair(clouds, accessKey="KEY", secretKey="s" * 20)) as account:
        errors = await outcomes(50, account)
    assert operations(clouds) == [PROJECTS]
    assert {type(error) for error in errors} == {SettingsError}
    [text] = {one_line(error) for error in errors}
    assert text == (
        f"modelarts:NotebookLease {NOTEBOOK_ID}: IAM knows {problem} called mock-region-1 for these credentials "
        f"(HTTP 200, GET {clouds.url}/v3/projects, request id {clouds.requests[0].request_id})\nhint: {hint}"
    )


@pytest.mark.anyio
async def test_a_bad_secret_key_is_refused_by_iam_once(clouds: MockClouds) -> None:
    async with account_with(key_pair(clouds, secretKey="canary-secret")) as account:
        errors = await outcomes(200, account)
    assert operations(clouds) == [PROJECTS]
    assert {(type(error), error.code) for error in errors} == {(AuthenticationError, "APIGW.0301")}
    assert {error.where for error in errors} == {f"GET {clouds.url}/v3/projects"}
    hint = "check access key, secret key and security token; they are not sent again until they change"
    assert {timed(error.hint) for error in errors} == {hint, f"refused at T; {hint}"}


@pytest.mark.anyio
async def test_a_clock_that_is_off_is_told_at_iam_too(clouds: MockClouds) -> None:
    async with account_with(key_pair(clouds), now=lambda: NOW) as account:
        (error,) = await outcomes(1, account)
    assert type(error) is AuthenticationError
    assert "minutes off the cloud's; signatures need it within 15" in (error.hint or "")


@pytest.mark.anyio
async def test_who_may_not_list_projects_is_told_to_set_one(clouds: MockClouds) -> None:
    clouds.modelarts.deny("MOCKACCESSKEY0000001")
    async with account_with(key_pair(clouds)) as account:
        (error,) = await outcomes(1, account)
    assert type(error) is PermissionDeniedError
    assert error.problem.startswith("IAM does not allow this: ")
    assert error.hint == "set projectId, so that it need not be looked up"


@pytest.mark.anyio
async def test_a_look_up_that_failed_for_the_network_is_made_again(clouds: MockClouds) -> None:
    clouds.faults.add(service="modelarts", status=503, match="/v3/", count=5)
    async with account_with(key_pair(clouds)) as account:
        (error,) = await outcomes(1, account)
        assert type(error) is UnreachableError
        assert (await outcomes(1, account))[0].running


@pytest.mark.anyio
async def test_who_waits_for_the_project_in_vain_says_so() -> None:
    def answer(number: int, head: bytes) -> bytes:
        server.hold()
        return http_answer()

    with raw_server(answer) as server:
        client = Client(sleep=FakeClock().sleep)
        account = account_of(
            {
                "accessKey": "a",
                "secretKey": "s",
                "region": "r",
                "endpoint": server.origin,
                "iamEndpoint": server.origin,
            },
            client,
        )
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(account.ready, anyio.current_time() + 60)
            await anyio.to_thread.run_sync(server.wait_for_requests, 1)
            with pytest.raises(UnreachableError) as caught:
                await account.ready(anyio.current_time() + 0.05)
            tasks.cancel_scope.cancel()
        server.released.set()
        await client.aclose()
    assert str(caught.value) == (
        "the project was not looked up within the deadline\nhint: check the network and iamEndpoint, or set projectId"
    )


# --- odd answers of IAM

TOKEN = {"token": {"expires_at": "2026-01-02T00:00:00.123000Z", "project": {"id": "p", "name": "r"}}}
GIVEN = {"X-Subject-Token": "canary-token-1", "Date": formatdate(NOW, usegmt=True)}


@contextlib.contextmanager
def odd_iam(login: bytes, *others: bytes) -> Iterator[RawServer]:
    """A cloud whose IAM answers a login so, and a lookup of projects, if there is one, so; leases are always well."""

    def answer(number: int, head: bytes) -> bytes:
        if b"/v3/auth/tokens" in head.split(b"\r\n")[0]:
            return login
        return others[0] if b"/v3/projects" in head.split(b"\r\n")[0] else http_answer(body=b'{"duration": 1}')

    with raw_server(answer) as server:
        yield server


def log_in(
    login: bytes, *others: bytes, reads: int = 1, now: Callable[[], float] = lambda: NOW
) -> tuple[Any, list[str], list[bytes]]:
    """Reads with a user name; gives the last result or error, what was asked for, and the heads."""
    result: Any = None

    async def run() -> None:
        nonlocal result
        values = {**USER, "endpoint": server.origin, "iamEndpoint": server.origin}
        async with account_with(values, now=now) as account:
            for _ in range(reads):
                (result,) = await outcomes(1, account)

    # One head is without its body, so a login must close its connection.
    with odd_iam(login, *others) as server:
        anyio.run(run)
    return result, [target_of(head) for head in server.heads], server.heads


def login_answer(
    status: int = 201, body: object = TOKEN, headers: Mapping[str, str] | None = None, taken: str = ""
) -> bytes:
    sent = {name: value for name, value in {**GIVEN, **(headers or {})}.items() if name != taken}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return http_answer(status, content, {**sent, "Connection": "close", "X-Request-Id": "r-7"})


def test_the_token_and_its_project_are_used() -> None:
    state, targets, heads = log_in(login_answer())
    assert (state.running, state.project_id) == (True, "p")
    assert targets == ["/v3/auth/tokens", f"/v1/p/notebooks/{NOTEBOOK_ID}/lease"]
    assert header_of(heads[1], "X-Auth-Token") == ["canary-token-1"]
    assert header_of(heads[1], "Authorization") == []


def test_a_token_without_a_project_has_it_looked_up() -> None:
    body = {"token": {"expires_at": "2026-01-02T00:00:00Z"}}
    projects = http_answer(body=b'{"projects": [{"id": "q", "name": "r"}, {"id": "other", "name": "r_sub"}]}')
    state, targets, heads = log_in(login_answer(body=body), projects)
    assert state.project_id == "q"
    assert targets[1] == "/v3/projects?name=r"
    assert header_of(heads[1], "X-Auth-Token") == ["canary-token-1"]


@pytest.mark.parametrize(
    ("expires_at", "date", "after", "logins"),
    [
        # A day by the server's own clock, whatever this machine's says.
        ("2026-01-02T00:00:00.000000Z", formatdate(NOW, usegmt=True), 86_400 - 1_801, 1),
        ("2026-01-02T00:00:00.000000Z", formatdate(NOW, usegmt=True), 86_400 - 1_799, 2),
        ("2031-01-02T00:00:00+00:00", "Wed, 01 Jan 2031 00:00:00 GMT", 86_400 - 1_801, 1),
        ("2031-01-02T00:00:00+00:00", "Wed, 01 Jan 2031 00:00:00 GMT", 86_400 - 1_799, 2),
        # Without the server's clock nothing is known: it is used until it is refused.
        ("2026-01-02T00:00:00Z", "", 10 * 86_400, 1),
        ("2026-01-02T00:00:00Z", "yesterday", 10 * 86_400, 1),
    ],
)
def test_a_token_lasts_by_the_servers_clock(expires_at: str, date: str, after: float, logins: int) -> None:
    body = {"token": {**TOKEN["token"], "expires_at": expires_at}}
    answer = login_answer(body=body, headers={"Date": date}, taken="" if date else "Date")
    clock = FakeClock(NOW)

    async def run() -> list[str]:
        values = {**USER, "endpoint": server.origin, "iamEndpoint": server.origin}
        async with account_with(values, now=clock) as account:
            await outcomes(1, account)
            clock.now += after
            await outcomes(1, account)
        return [target_of(head) for head in server.heads]

    with odd_iam(answer) as server:
        targets = anyio.run(run)
    assert targets.count("/v3/auth/tokens") == logins
    assert len(targets) == logins + 2


NOT_SENDABLE = "IAM gave no token that can be sent: the header X-Subject-Token must be printable ASCII without blanks, "
NOT_DESCRIBED = "the answer is not what the vendor's page describes: token"
REDIRECT = {"Location": "https://sign-in.example.com/?canary"}


def expiring(when: str) -> dict[str, Any]:
    return {"token": {"expires_at": when}}


def keystone(code: int, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "title": "any"}}


@pytest.mark.parametrize(
    ("answer", "cls", "problem"),
    [
        (login_answer(taken="X-Subject-Token"), BadResponseError, NOT_SENDABLE),
        (login_answer(headers={"X-Subject-Token": "can ary"}), BadResponseError, NOT_SENDABLE),
        (login_answer(headers={"X-Subject-Token": "canarý"}), BadResponseError, NOT_SENDABLE),
        (login_answer(body=expiring("2025-12-31T00:00:00Z")), BadResponseError, "IAM gave a token that has expired"),
        (login_answer(body={}), BadResponseError, NOT_DESCRIBED),
        (login_answer(body=expiring("canary")), BadResponseError, f"{NOT_DESCRIBED}.expires_at: "),
        (login_answer(body=expiring("2026-01-02T00:00:00")), BadResponseError, f"{NOT_DESCRIBED}.expires_at: "),
        (
            login_answer(body={"token": {**TOKEN["token"], "project": {"id": "../canary"}}}),
            BadResponseError,
            f"{NOT_DESCRIBED}.project.id: ",
        ),
        (login_answer(body=b"<html>canary"), BadResponseError, "the answer is not JSON but "),
        (login_answer(200), BadResponseError, "the answer is neither a result nor one of ModelArts' errors"),
        (login_answer(302, b"", REDIRECT), BadResponseError, "the endpoint redirects to https://sign-in.example.com; "),
        (login_answer(404, b""), RefusedError, "the cloud does not know it"),
        (login_answer(404, keystone(404, "no domain")), RefusedError, 'IAM refuses the request: "no domain"'),
        (login_answer(400, keystone(400, "bad")), RefusedError, 'IAM refuses the request: "bad"'),
        (
            login_answer(400, {"error_code": "IAM.0007", "error_msg": "bad"}),
            RefusedError,
            'the cloud refuses the request: "bad"',
        ),
        (login_answer(403, keystone(403, "no")), PermissionDeniedError, 'IAM does not allow this: "no"'),
        (login_answer(401, keystone(401, "no")), AuthenticationError, 'the cloud refuses the credentials: "no"'),
        (login_answer(401, b""), AuthenticationError, "the cloud refuses the credentials"),
        (login_answer(429, b"", {"Retry-After": "3600"}), ThrottledError, "the cloud asks for fewer requests"),
        (login_answer(500, b""), UnreachableError, "the cloud cannot answer now"),
    ],
)
def test_odd_answers_of_iam_are_told_with_their_place(answer: bytes, cls: type[NbcloudError], problem: str) -> None:
    error, targets, _ = log_in(answer)
    assert type(error) is cls
    assert error.problem.startswith(problem)
    assert error.where is not None
    assert error.where.startswith("POST http://127.0.0.1:")
    assert error.where.endswith("/v3/auth/tokens")
    assert error.request_id == "r-7"
    assert error.hint
    assert set(targets) == {"/v3/auth/tokens"}
    assert "canary" not in str(error)


MFA = (
    "a user with a second factor (MFA, login protection) cannot sign in by a password alone: use a key instead, or a "
    "user without it"
)
LOCKED = (
    "the user, key or account is locked, usually for minutes after wrong sign-ins: find what sends wrong ones, wait "
    "until the lock ends, or have an administrator lift it; nothing is sent again in this run"
)


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("The user has enabled MFA and must authenticate with password and totp.", MFA),
        ("Virtual MFA-based login protection is enabled", MFA),
        ("A verification code is required", MFA),
        ("The account is locked.", LOCKED),
        ("Too many incorrect attempts", LOCKED),
    ],
)
def test_a_second_factor_and_a_lock_are_told(status: int, text: str, hint: str) -> None:
    error, targets, _ = log_in(login_answer(status, keystone(status, text)))
    # Whatever the status: the next login would be as vain, and may prolong the lock.
    assert type(error) is AuthenticationError
    assert error.problem == f'IAM refuses the login: "{text}"'
    assert error.hint == hint
    assert set(targets) == {"/v3/auth/tokens"}


def test_a_refusal_without_a_reason_names_mfa_too() -> None:
    error, _, _ = log_in(login_answer(401, keystone(401, "The username or password is wrong.")))
    assert error.hint == (
        "check username, password and domainName (the account's name); an IAM user can sign in so, a HUAWEI ID or a "
        "user with MFA (login protection) cannot; they are not sent again until they change"
    )


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"projects": null}',
        b'{"projects": [{"name": "r"}]}',
        b'{"projects": [{"id": "a/b", "name": "r"}]}',
        b'{"projects": [{"id": 7, "name": "r"}]}',
    ],
)
def test_odd_lists_of_projects_are_refused(body: bytes) -> None:
    error, targets, _ = log_in(
        login_answer(body={"token": {"expires_at": "2026-01-02T00:00:00Z"}}), http_answer(body=body)
    )
    assert type(error) is BadResponseError
    assert error.problem.startswith("the answer is not what the vendor's page describes: projects")
    assert targets == ["/v3/auth/tokens", "/v3/projects?name=r"]


# --- secrets


@pytest.mark.parametrize("way", ["key pair", "user", "token"])
@pytest.mark.anyio
async def test_what_the_cloud_repeats_of_our_secrets_is_not_shown(clouds: MockClouds, way: str) -> None:
    """A gateway repeats the access key it does not know, and that may be a secret key in the wrong place."""
    secret = "CANARY" + "secret" * 100
    values = {
        "key pair": {**clouds.settings()["modelarts"], "accessKey": secret[:100], "secretKey": secret},
        "user": {**clouds.modelarts.password_settings(project=True), "password": secret},
        "token": {**clouds.modelarts.token_settings(), "authToken": secret},
    }[way]
    match = "/v3/" if way == "user" else "/v1/"
    body = json.dumps({"error_code": "APIGW.0301", "error_msg": f"ak {secret} not exist"})
    clouds.faults.add(service="modelarts", status=401, body=body, match=match, count=9)
    async with account_with(values) as account:
        (error,) = await outcomes(1, account)
    assert type(error) is AuthenticationError
    assert error.problem.startswith('the cloud refuses the credentials: "ak …')
    assert "CANARY" not in str(error)


@pytest.mark.anyio
async def test_no_secret_is_in_any_text_or_log(clouds: MockClouds, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    given = clouds.modelarts.token_settings()
    user = clouds.modelarts.password_settings()
    pair = key_pair(clouds)
    shown: list[str] = []
    secrets = {given["authToken"], user["password"], pair["secretKey"]}
    for values in (given, user, pair, {**user, "password": "canary-wrong"}, {**pair, "secretKey": "canary-wrong"}):
        async with account_with(values) as account:
            (result,) = await outcomes(1, account)
            request = Request("GET", clouds.url, "/v1/x")
            if not isinstance(result, NbcloudError):
                request = await account.sign("GET", "/v1/x")
                secrets |= {
                    value for name, value in request.headers.items() if name in ("X-Auth-Token", "Authorization")
                }
            things = (
                account,
                vars(account),
                vars(account.credentials),
                vars(account._project),
                request,
                result,
                account.settings,
            )
            shown += [text for thing in things for text in (str(thing), repr(thing))]
    everything = "\n".join([*shown, caplog.text])
    assert len(secrets) > 4
    assert [secret for secret in (*secrets, "canary-wrong") if secret in everything] == []
