"""The first request goes alone, and refused credentials are not sent again."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable
from typing import Any

import anyio
import anyio.to_thread
import pytest
from nbcloud_support import (
    NOTEBOOK_ID,
    SECRET_KEY,
    SECURITY_TOKEN,
    FakeClock,
    http_answer,
    make_account,
    make_settings,
    one_line,
    raw_server,
    read,
    timed,
)

from pulumi_nbcloud.clouds.modelarts.account import ModelArtsAccount
from pulumi_nbcloud.clouds.modelarts.notebook_lease import NOTEBOOK_LEASE
from pulumi_nbcloud.clouds.modelarts.schema import endpoint_of, iam_endpoint_of
from pulumi_nbcloud.errors import (
    AuthenticationError,
    BadResponseError,
    NbcloudError,
    NotFoundError,
    PermissionDeniedError,
    RefusedError,
    SettingsError,
    UnreachableError,
)
from pulumi_nbcloud.http.client import Client
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.settings.resolve import resolve

ARGUMENTS = NOTEBOOK_LEASE.parse({"notebook_id": NOTEBOOK_ID})


@contextlib.asynccontextmanager
async def client_of(**options: Any) -> Any:
    client = Client(**{"sleep": FakeClock().sleep, **options})
    try:
        yield client
    finally:
        await client.aclose()


def account_on(clouds: MockClouds, client: Client, **changes: str) -> ModelArtsAccount:
    values = {**clouds.settings()["modelarts"], **changes}
    return ModelArtsAccount(resolve(ModelArtsAccount.schema, None, {"nbcloud:modelarts": values}.get, {}), client)


async def outcomes(number: int, one: Callable[[], Any]) -> list[Any]:
    """Runs so many at the same time; gives each result or error."""
    results: list[Any] = []

    async def run() -> None:
        try:
            results.append(await one())
        except NbcloudError as error:
            results.append(error)

    async with anyio.create_task_group() as tasks:
        for _ in range(number):
            tasks.start_soon(run)
    return results


# --- the first request


@pytest.mark.anyio
async def test_the_first_request_goes_alone_and_the_others_follow_together() -> None:
    first_in_work: list[int] = []

    def answer(number: int, head: bytes) -> bytes:
        if number == 1:
            server.hold()
            first_in_work.append(server.in_work)
            server.released.clear()
        else:
            server.hold()
        return http_answer()

    with raw_server(answer) as server:
        async with client_of() as client, anyio.create_task_group() as tasks:
            account = make_account(client, endpoint=server.origin)
            for _ in range(100):
                tasks.start_soon(account.get, "/v1/p")
            await anyio.to_thread.run_sync(server.wait_for_requests, 1)
            await anyio.wait_all_tasks_blocked()
            assert len(server.heads) == 1
            server.released.set()
            await anyio.to_thread.run_sync(server.wait_for_requests, 32)
            server.released.set()
    assert first_in_work == [1]
    assert len(server.heads) == 100
    assert server.most_in_work == 32


@pytest.mark.parametrize(
    "first",
    [
        http_answer(503, headers={"Retry-After": "3600"}),
        http_answer(500),
        http_answer(429, headers={"Retry-After": "3600"}),
        http_answer(302, headers={"Location": "/sign-in"}),
        http_answer(404, b"<html>"),
        http_answer(404, b'{"error_code": "APIGW.0101", "error_msg": "no such API"}'),
        http_answer(400, b"<html>"),
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    ],
    ids=lambda answer: repr(answer[:16]),
)
@pytest.mark.anyio
async def test_an_answer_that_proves_nothing_leaves_the_next_to_go_alone(first: bytes) -> None:
    def answer(number: int, head: bytes) -> bytes:
        if number == 1:
            return first
        if number == 2:
            server.hold()
        return http_answer()

    with raw_server(answer) as server:
        async with client_of() as client, anyio.create_task_group() as tasks:
            account = make_account(client, endpoint=server.origin)
            with pytest.raises(NbcloudError):
                await account.get("/v1/p")
            for _ in range(50):
                tasks.start_soon(account.get, "/v1/p")
            await anyio.to_thread.run_sync(server.wait_for_requests, 1)
            await anyio.wait_all_tasks_blocked()
            assert len(server.heads) == 2
            server.released.set()
    assert len(server.heads) == 51


@pytest.mark.parametrize(
    ("first", "cls"),
    [
        (http_answer(403, b'{"error_code": "ModelArts.0108", "error_msg": "no"}'), PermissionDeniedError),
        (http_answer(400, b'{"error_code": "ModelArts.6309", "error_msg": "no"}'), RefusedError),
        (http_answer(404, b'{"error_code": "ModelArts.0404", "error_msg": "no"}'), NotFoundError),
    ],
)
@pytest.mark.anyio
async def test_an_error_of_the_cloud_itself_proves_the_credentials(first: bytes, cls: type[NbcloudError]) -> None:
    def answer(number: int, head: bytes) -> bytes:
        if number > 1:
            server.hold()
        return first if number == 1 else http_answer()

    with raw_server(answer) as server:
        async with client_of() as client, anyio.create_task_group() as tasks:
            account = make_account(client, endpoint=server.origin)
            with pytest.raises(cls):
                await account.get("/v1/p")
            for _ in range(20):
                tasks.start_soon(account.get, "/v1/p")
            await anyio.to_thread.run_sync(server.wait_for_requests, 20)
            server.released.set()


@pytest.mark.anyio
async def test_a_first_request_without_an_answer_says_what_happened() -> None:
    def answer(number: int, head: bytes) -> bytes:
        server.hold()
        return b""

    with raw_server(answer) as server:
        async with client_of(total_seconds=0.2) as client:
            with pytest.raises(UnreachableError) as caught:
                await make_account(client, endpoint=server.origin).get("/v1/p")
            server.released.set()
    assert one_line(caught.value) == (
        f"no whole answer within 0.2 s; attempts made: 1 (GET {server.origin}/v1/p)\n"
        "hint: check the network and the endpoint, then try again"
    )


@pytest.mark.anyio
async def test_later_requests_have_the_same_deadline() -> None:
    def answer(number: int, head: bytes) -> bytes:
        if number > 1:
            server.hold()
        return http_answer()

    with raw_server(answer) as server:
        async with client_of() as client:
            account = make_account(client, endpoint=server.origin)
            await account.get("/v1/p")
            client.total_seconds = 0.2
            with pytest.raises(UnreachableError, match=r"no whole answer within 0\.2 s\n  attempts made: 1"):
                await account.get("/v1/p")
            server.released.set()


@pytest.mark.anyio
async def test_who_waits_for_the_first_answer_in_vain_sends_nothing() -> None:
    def answer(number: int, head: bytes) -> bytes:
        server.hold()
        return http_answer()

    with raw_server(answer) as server:
        async with client_of() as client, anyio.create_task_group() as tasks:
            account = make_account(client, endpoint=server.origin)
            tasks.start_soon(account.get, "/v1/p")
            await anyio.to_thread.run_sync(server.wait_for_requests, 1)
            client.total_seconds = 0.05
            errors = await outcomes(5, lambda: account.get("/v1/p"))
            server.released.set()
    assert len(server.heads) == 1
    assert {type(error) for error in errors} == {UnreachableError}
    assert {str(error) for error in errors} == {
        (
            "modelarts has not answered the account's first request, so no other was sent\n"
            "hint: check the network and the endpoint, then try again"
        )
    }


# --- refused credentials


@pytest.mark.anyio
async def test_two_hundred_look_ups_with_a_bad_secret_key_reach_the_cloud_once(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK_ID)
    async with client_of() as client:
        account = account_on(nbcloud_mock, client, secretKey=SECRET_KEY)
        errors = await outcomes(100, lambda: read(NOTEBOOK_LEASE, account, ARGUMENTS))
        errors += await outcomes(100, lambda: read(NOTEBOOK_LEASE, account, ARGUMENTS))
    assert nbcloud_mock.request_count("modelarts") == 1
    assert len(errors) == 200
    assert {type(error) for error in errors} == {AuthenticationError}
    texts = Counter(timed(one_line(error)) for error in errors)
    # What was not sent says when it was that the cloud refused.
    for when, times in (("", 1), ("refused at T; ", 199)):
        [text] = [each for each, count in texts.items() if count == times]
        assert text.startswith(f'modelarts:NotebookLease {NOTEBOOK_ID}: the cloud refuses the credentials: "')
        assert text.endswith(
            f"\nhint: {when}check access key, secret key and security token; they are not sent again until they change"
        )
        assert "APIGW.0301" in text
        assert errors[0].request_id in text


@pytest.mark.anyio
async def test_a_remembered_refusal_is_told_with_each_readers_own_subject(nbcloud_mock: MockClouds) -> None:
    others = [NOTEBOOK_LEASE.parse({"notebook_id": digit * 8 + NOTEBOOK_ID[8:]}) for digit in "ef"]
    async with client_of() as client:
        account = account_on(nbcloud_mock, client, secretKey=SECRET_KEY)
        for arguments in (ARGUMENTS, *others):
            with pytest.raises(AuthenticationError) as caught:
                await read(NOTEBOOK_LEASE, account, arguments)
            assert caught.value.subject == f"modelarts:NotebookLease {arguments.notebook_id}"
    assert nbcloud_mock.request_count() == 1


@pytest.mark.anyio
async def test_credentials_that_are_refused_later_are_not_sent_again_either(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK_ID)
    async with client_of() as client:
        account = account_on(nbcloud_mock, client)
        await read(NOTEBOOK_LEASE, account, ARGUMENTS)
        nbcloud_mock.modelarts.add_account("MOCKACCESSKEY0000001", "rotated", projects=["mock-project"])
        for _ in range(3):
            with pytest.raises(AuthenticationError):
                await read(NOTEBOOK_LEASE, account, ARGUMENTS)
    assert nbcloud_mock.request_count() == 2


@pytest.mark.anyio
async def test_a_permission_error_is_told_again_each_time(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK_ID)
    nbcloud_mock.modelarts.deny("MOCKACCESSKEY0000001")
    async with client_of() as client:
        account = account_on(nbcloud_mock, client)
        results = await outcomes(3, lambda: read(NOTEBOOK_LEASE, account, ARGUMENTS))
        assert {type(error) for error in results} == {PermissionDeniedError}
        nbcloud_mock.modelarts.deny("MOCKACCESSKEY0000001", denied=False)
        assert (await read(NOTEBOOK_LEASE, account, ARGUMENTS)).running
    assert nbcloud_mock.request_count() == 4


@pytest.mark.anyio
async def test_a_redirect_never_latches(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK_ID)
    nbcloud_mock.faults.add(service="modelarts", status=307, headers={"Location": "/x"})
    async with client_of() as client:
        account = account_on(nbcloud_mock, client)
        with pytest.raises(BadResponseError):
            await read(NOTEBOOK_LEASE, account, ARGUMENTS)
        assert (await read(NOTEBOOK_LEASE, account, ARGUMENTS)).running


@pytest.mark.anyio
async def test_a_temporary_key_is_sent_with_its_token(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK_ID)
    nbcloud_mock.modelarts.add_account("TEMPORARY", "s", projects=["mock-project"], security_token=SECURITY_TOKEN)
    async with client_of() as client:
        good = account_on(nbcloud_mock, client, accessKey="TEMPORARY", secretKey="s", securityToken=SECURITY_TOKEN)
        assert (await read(NOTEBOOK_LEASE, good, ARGUMENTS)).running
        bad = account_on(nbcloud_mock, client, accessKey="TEMPORARY", secretKey="s")
        with pytest.raises(AuthenticationError):
            await read(NOTEBOOK_LEASE, bad, ARGUMENTS)


# --- what an account is made of


@pytest.mark.parametrize(
    ("region", "endpoint"),
    [
        ("cn-north-4", "https://modelarts.cn-north-4.myhuaweicloud.com"),
        ("ap-southeast-1", "https://modelarts.ap-southeast-1.myhuaweicloud.cn"),
        ("ap-southeast-3", "https://modelarts.ap-southeast-3.myhuaweicloud.com"),
        ("eu-west-101", "https://modelarts.eu-west-101.myhuaweicloud.eu"),
        ("eu-west-0", "https://modelarts.eu-west-0.myhuaweicloud.com"),
    ],
)
def test_a_region_names_its_endpoint(region: str, endpoint: str) -> None:
    assert endpoint_of(region) == endpoint
    assert make_account(region=region).endpoint == endpoint


@pytest.mark.parametrize(
    ("region", "endpoint"),
    [
        ("cn-north-4", "https://iam.cn-north-4.myhuaweicloud.com"),
        ("ap-southeast-1", "https://iam.ap-southeast-1.myhuaweicloud.com"),
        ("eu-west-101", "https://iam.eu-west-101.myhuaweicloud.eu"),
        ("eu-west-0", "https://iam.eu-west-0.myhuaweicloud.com"),
    ],
)
def test_a_region_names_its_iam(region: str, endpoint: str) -> None:
    assert iam_endpoint_of(region) == endpoint


def test_an_endpoint_overrides_the_region() -> None:
    assert make_account(endpoint="https://ModelArts.Example.com:443/").endpoint == "https://modelarts.example.com"


def account_problem(values: dict[str, str], environment: dict[str, str] | None = None) -> str:
    settings = resolve(ModelArtsAccount.schema, None, {"nbcloud:modelarts": values}.get, environment or {})
    with pytest.raises(SettingsError) as caught:
        ModelArtsAccount(settings, Client())
    return str(caught.value)


def test_a_missing_region_is_named() -> None:
    values = {"accessKey": "a", "secretKey": "s", "projectId": "p"}
    assert account_problem(values) == (
        "modelarts needs a region or an endpoint; looked in Pulumi config nbcloud:modelarts (which holds only "
        "accessKey, secretKey, projectId); the environment (NBCLOUD_MODELARTS_…); the environment (HUAWEICLOUD_SDK_…); "
        "the environment (HW_…)\nhint: set NBCLOUD_MODELARTS_REGION, for example cn-north-4"
    )


def test_a_missing_project_without_a_region_is_named_with_where_it_must_come_from() -> None:
    values = {"accessKey": "a", "secretKey": "s", "endpoint": "https://e"}
    assert account_problem(values, {"HW_PROJECT_ID": "of another account"}) == (
        "modelarts needs a projectId, or a region to look it up by\n"
        "hint: set projectId where the credentials come from (Pulumi config nbcloud:modelarts) or in a source "
        "before it; or set NBCLOUD_MODELARTS_REGION"
    )


def test_a_user_name_needs_to_know_where_iam_is() -> None:
    values = {"username": "u", "password": "s", "domainName": "d", "endpoint": "https://e", "projectId": "p"}
    assert account_problem(values) == (
        "modelarts needs a region or an iamEndpoint to sign in with a user name\n"
        "hint: set NBCLOUD_MODELARTS_REGION or NBCLOUD_MODELARTS_IAM_ENDPOINT"
    )


_PROJECT_ID = (
    "must be the project's id, 1 to 64 letters, digits and hyphens, and not its name; a name goes into projectName"
)
_PLAIN = "must be printable ASCII without blanks"
_USER = {"username": "u", "password": "s", "domainName": "d"}
# The other keys of the set that a key belongs to.
WAYS: dict[str, dict[str, str]] = {
    "accessKey": {"accessKey": "a", "secretKey": "s"},
    "authToken": {},
    **dict.fromkeys(_USER, _USER),
}


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("accessKey", "a b", f"{_PLAIN}, 128 characters at most"),
        ("accessKey", "canary\r\nX-A: b", f"{_PLAIN}, 128 characters at most"),
        ("accessKey", "é", f"{_PLAIN}, 128 characters at most"),
        ("accessKey", "a" * 129, f"{_PLAIN}, 128 characters at most"),
        ("secretKey", "canary" * 171, "must be text of at most 1,024 characters"),
        ("secretKey", "canary\udcff", "must be text of at most 1,024 characters"),
        ("securityToken", "canary\r\nX-A: b", f"{_PLAIN}, 32,768 characters at most"),
        ("securityToken", "can ary", f"{_PLAIN}, 32,768 characters at most"),
        ("securityToken", "canarý", f"{_PLAIN}, 32,768 characters at most"),
        ("securityToken", "canary\0", f"{_PLAIN}, 32,768 characters at most"),
        ("securityToken", "canary" * 5462, f"{_PLAIN}, 32,768 characters at most"),
        ("authToken", "canary\r\nX-A: b", f"{_PLAIN}, 32,768 characters at most"),
        ("authToken", "can ary", f"{_PLAIN}, 32,768 characters at most"),
        ("authToken", "canarý", f"{_PLAIN}, 32,768 characters at most"),
        ("username", "canary" * 50, "must be text of at most 256 characters"),
        ("password", "canary" * 200, "must be text of at most 1,024 characters"),
        ("password", "canary\ud800", "must be text of at most 1,024 characters"),
        ("domainName", "canary" * 50, "must be text of at most 256 characters"),
        ("projectId", "a/b", _PROJECT_ID),
        ("projectId", "..", _PROJECT_ID),
        ("projectId", "a\nb", _PROJECT_ID),
        ("projectId", "a_b", _PROJECT_ID),
        ("projectId", "cn-north-4", _PROJECT_ID),
        ("projectId", "cn-north-4_dev", _PROJECT_ID),
        ("projectName", "a/b", "must be 1 to 64 letters, digits, hyphens and underscores"),
        ("projectId", "é", _PROJECT_ID),
        ("projectId", "a" * 65, _PROJECT_ID),
        ("region", "a.b", "must be 1 to 64 lower-case letters, digits and hyphens, for example cn-north-4"),
        ("region", "CN", "must be 1 to 64 lower-case letters, digits and hyphens, for example cn-north-4"),
        ("region", "a@b", "must be 1 to 64 lower-case letters, digits and hyphens, for example cn-north-4"),
    ],
    ids=ascii,
)
def test_a_value_that_cannot_be_right_is_named_with_its_source_but_not_shown(key: str, value: str, reason: str) -> None:
    project = {} if key == "projectName" else {"projectId": "p"}
    values = {**WAYS.get(key, WAYS["accessKey"]), **project, "region": "r", key: value}
    assert account_problem(values) == (
        f"modelarts {key} (from Pulumi config nbcloud:modelarts) {reason}\n"
        "hint: correct it; its value is not shown here"
    )


@pytest.mark.parametrize("key", ["endpoint", "iamEndpoint"])
def test_a_bad_endpoint_is_named_with_its_source(key: str) -> None:
    values = {"accessKey": "a", "secretKey": "s", "projectId": "p", "region": "r", key: "http://canary@h"}
    text = account_problem(values)
    assert text.startswith(f"modelarts {key} (from Pulumi config nbcloud:modelarts) must not hold credentials\n")
    assert "canary" not in text


@pytest.mark.parametrize("token", ["x" * 16384, "a.b+c/d=="])
@pytest.mark.anyio
async def test_a_long_token_is_sent_whole(token: str) -> None:
    assert (await make_account(securityToken=token).sign("GET", "/v1")).headers["X-Security-Token"] == token


@pytest.mark.anyio
async def test_each_signature_is_of_its_moment() -> None:
    clock = FakeClock()
    account = make_account(now=clock)
    first = (await account.sign("GET", "/v1")).headers
    clock.now += 1
    second = (await account.sign("GET", "/v1")).headers
    assert (first["X-Sdk-Date"], second["X-Sdk-Date"]) == ("20211207T020825Z", "20211207T020826Z")
    assert first["Authorization"] != second["Authorization"]


@pytest.mark.anyio
async def test_no_secret_is_in_the_text_of_an_account_its_settings_or_a_request() -> None:
    account = make_account(securityToken=SECURITY_TOKEN)
    request = await account.sign("GET", "/v1/p")
    settings = make_settings(securityToken=SECURITY_TOKEN)
    signature = request.headers["Authorization"]
    for thing in (account, vars(account), vars(account.credentials), settings, request):
        for text in (str(thing), repr(thing)):
            assert SECRET_KEY not in text
            assert SECURITY_TOKEN not in text
            assert signature not in text
