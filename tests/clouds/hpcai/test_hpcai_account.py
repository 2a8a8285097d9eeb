"""The ways to sign in to HPC-AI, against a mock that checks them, and what is never shown."""

from __future__ import annotations

import base64
import json
import logging
import traceback
from collections.abc import Mapping
from typing import Any

import anyio
import pytest
from hpcai_support import NOW, Canned, account_of, settings_of
from nbcloud_support import NO_CONFIG, read

from pulumi_nbcloud.clouds.hpcai.account import HpcAiAccount
from pulumi_nbcloud.clouds.hpcai.credentials import LOGIN_PATH
from pulumi_nbcloud.clouds.hpcai.instances import INSTANCE, INSTANCES
from pulumi_nbcloud.clouds.hpcai.walk import walk
from pulumi_nbcloud.errors import (
    AuthenticationError,
    BadResponseError,
    NbcloudError,
    NotFoundError,
    PermissionDeniedError,
    RefusedError,
    SettingsError,
    ThrottledError,
    UnreachableError,
)
from pulumi_nbcloud.http.client import Client
from pulumi_nbcloud.http.messages import Request, Response
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.reading.reader import Reader
from pulumi_nbcloud.settings.resolve import resolve
from pulumi_nbcloud.waiting.runner import WaitRunner
from pulumi_nbcloud.waiting.spec import parse_spec

ONE = INSTANCE.parse({"instance_id": "notebook-1"})
TARGET = "/api/instance/list"


def jwt(claims: Mapping[str, object]) -> str:
    parts = [{"alg": "RS256", "typ": "JWT"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=").decode() for each in parts]
    return ".".join([*encoded, "c2lnbmF0dXJl"])


async def no_pause(seconds: float) -> None:
    await anyio.lowlevel.checkpoint()


class Mocked:
    """Accounts on the mock cloud, each with a client of its own."""

    def __init__(self, clouds: MockClouds) -> None:
        self.clouds = clouds
        self.clients: list[Client] = []

    def account(self, values: Mapping[str, str], **changes: Any) -> HpcAiAccount:
        self.clients.append(Client(sleep=no_pause))
        return HpcAiAccount(settings_of({**values, **changes}), self.clients[-1])

    @property
    def operations(self) -> list[str | None]:
        return [each.operation for each in self.clouds.request_entries(service="hpcai")]


@pytest.fixture
async def mocked(clouds: MockClouds) -> Any:
    clouds.hpcai.put_instance("notebook-1")
    mocked = Mocked(clouds)
    yield mocked
    for client in mocked.clients:
        await client.aclose()


async def results(number: int, account: HpcAiAccount) -> list[Any]:
    """So many lookups at the same time; each result or error."""
    found: list[Any] = []

    async def run() -> None:
        try:
            found.append(await read(INSTANCE, account, ONE))
        except NbcloudError as error:
            found.append(error)

    async with anyio.create_task_group() as tasks:
        for _ in range(number):
            tasks.start_soon(run)
    return found


async def error_of(account: HpcAiAccount) -> NbcloudError:
    (found,) = await results(1, account)
    assert isinstance(found, NbcloudError), found
    return found


# --- each way in


@pytest.mark.parametrize("way", ["settings", "token_settings", "login_settings"])
@pytest.mark.anyio
async def test_each_way_to_sign_in_reads_its_own_account(mocked: Mocked, way: str) -> None:
    mine = getattr(mocked.clouds.hpcai, way)(None)
    other = getattr(mocked.clouds.hpcai, way)("other")
    account = mocked.account(mine)
    assert (await read(INSTANCE, account, ONE)).status == "Running"
    assert account.endpoint == mocked.clouds.url
    with pytest.raises(NotFoundError):
        await read(INSTANCE, mocked.account(other), ONE)
    entries = [each for each in mocked.clouds.requests if each.operation == "ListInstances"]
    assert [each.access_key for each in entries] == ["mock-user", "other-user"]


@pytest.mark.anyio
async def test_what_each_way_sends() -> None:
    async def signed(**values: str) -> Request:
        return await account_of(Client(), **values).sign("POST", "/x", b"{}")

    key = await signed(apiKey="canary-key")
    assert key.headers == {"Content-Type": "application/json", "X-API-Key": "canary-key"}
    token = await signed(accessToken="canary-token")
    assert token.headers == {"Content-Type": "application/json", "Cookie": "AccessToken=canary-token"}
    assert (await account_of(Client()).sign("POST", "/x")).headers.keys() == {"X-API-Key"}


@pytest.mark.anyio
async def test_a_cookie_that_the_cloud_sets_is_never_sent_back(mocked: Mocked) -> None:
    account = mocked.account(mocked.clouds.hpcai.settings(None))
    headers = {"Set-Cookie": "AccessToken=stray; Path=/"}
    mocked.clouds.faults.add(service="hpcai", status=500, headers=headers, body="{}")
    assert isinstance(await error_of(account), UnreachableError)
    await read(INSTANCE, account, ONE)
    assert "cookie" not in mocked.clouds.requests[-1].header_names


def test_the_settings_of_the_cloud() -> None:
    schema = HpcAiAccount.schema
    found = resolve(schema, None, NO_CONFIG, {"HPCAI_API_KEY": "k"})
    assert (dict(found.values), found.origin["apiKey"]) == ({"apiKey": "k"}, "the environment (HPCAI_…)")
    assert account_of(Client(), apiKey="k").endpoint == "https://hpc-ai.com"
    # As public clients write it (docs/vendors/hpcai.md, HPC-2); an origin of our own form stays what it is.
    for base in ("https://www.hpc-ai.com/api", "https://www.hpc-ai.com/api/", "https://www.hpc-ai.com"):
        assert account_of(Client(), apiKey="k", endpoint=base).endpoint == "https://www.hpc-ai.com"
    assert account_of(Client(), apiKey="k", endpoint="https://api").endpoint == "https://api"
    found = resolve(schema, "p", NO_CONFIG, {"NBCLOUD_PROFILE_P_HPCAI_ACCESS_TOKEN": "t", "HPCAI_API_KEY": "k"})
    assert dict(found.values) == {"accessToken": "t"}
    with pytest.raises(SettingsError, match="two ways to sign in to hpcai: apiKey and username \\+ password"):
        settings_of({"apiKey": "k", "password": "p"})
    with pytest.raises(SettingsError, match="has credentials for hpcai without password"):
        settings_of({"username": "u"})


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"apiKey": "a\nb"}, "hpcai apiKey (from Pulumi config nbcloud:hpcai) must be printable ASCII without blanks"),
        ({"apiKey": "é"}, "hpcai apiKey (from Pulumi config nbcloud:hpcai) must be printable ASCII without blanks"),
        ({"accessToken": "a\0b"}, "hpcai accessToken (from Pulumi config nbcloud:hpcai) must be printable ASCII"),
        ({"accessToken": "x" * 40_000}, "hpcai accessToken (from Pulumi config nbcloud:hpcai) must be printable"),
        *(
            (
                {"accessToken": token},
                "hpcai accessToken (from Pulumi config nbcloud:hpcai) must be the token alone, without the cookie's",
            )
            for token in ("a;b", 'a"b', "a,b", "a\\b", "AccessToken=abc")
        ),
        (
            {"username": "u", "password": "x" * 1_025},
            "hpcai password (from Pulumi config nbcloud:hpcai) must be at most 1,024 characters",
        ),
        (
            {"apiKey": "k", "endpoint": "http://hpc-ai.com"},
            "hpcai endpoint (from Pulumi config nbcloud:hpcai) is plain",
        ),
        (
            {"apiKey": "k", "endpoint": "https://h/apis"},
            "hpcai endpoint (from Pulumi config nbcloud:hpcai) must not have",
        ),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_a_setting_that_cannot_be_right_is_refused_without_its_value(values: dict[str, str], problem: str) -> None:
    with pytest.raises(SettingsError) as caught:
        account_of(Client(), **values)
    assert caught.value.problem.startswith(problem)
    assert not [each for each in values.values() if len(each) > 3 and each in str(caught.value)]


@pytest.mark.anyio
async def test_a_cloud_that_refuses_the_page_size_is_read_all_the_same(clouds: MockClouds) -> None:
    clouds.hpcai.configure(largest_page_size=10)
    ids = clouds.hpcai.put_instances(23)
    clouds.hpcai.put_instance("odd", row={"instanceMetadata": None})
    client = Client()
    account = account_of(client, **clouds.hpcai.settings(None))
    try:
        found = await walk(account)
        assert (list(found.instances), list(found.unreadable)) == (ids, ["row 1"])
        # Refused, failed without a size as without a pager, and then read in pages of ten; from then on at once.
        assert [entry.status for entry in clouds.requests] == [400, 500, 200, 200, 200]
        await walk(account)
        assert [entry.status for entry in clouds.requests][5:] == [200, 200, 200]
    finally:
        await client.aclose()


@pytest.mark.anyio
async def test_a_token_is_trimmed() -> None:
    signed = await account_of(Client(), accessToken="  abc\t\n").sign("POST", "/x")
    assert signed.headers == {"Cookie": "AccessToken=abc"}


# --- refused credentials


def canary(values: Mapping[str, str]) -> dict[str, str]:
    return {key: value if key in ("endpoint", "username") else f"canary-{value}" for key, value in values.items()}


@pytest.mark.parametrize("status", [200, 401])
@pytest.mark.parametrize(
    ("way", "operation"),
    [("settings", "ListInstances"), ("token_settings", "ListInstances"), ("login_settings", "Login")],
)
@pytest.mark.anyio
async def test_200_look_ups_with_refused_credentials_reach_the_cloud_once(
    mocked: Mocked, way: str, operation: str, status: int
) -> None:
    mocked.clouds.hpcai.configure(auth_failure_status=status)
    account = mocked.account(canary(getattr(mocked.clouds.hpcai, way)(None)))
    found = await results(200, account)
    assert {type(each) for each in found} == {AuthenticationError}
    assert type(await error_of(account)) is AuthenticationError
    assert mocked.operations == [operation]
    assert "canary" not in str(found[0]) + str(found[-1])


@pytest.mark.anyio
async def test_a_tampered_token_is_refused(mocked: Mocked) -> None:
    head, claims, signature = mocked.clouds.hpcai.access_token().split(".")
    plain = json.loads(base64.urlsafe_b64decode(claims + "=="))
    forged = base64.urlsafe_b64encode(json.dumps({**plain, "exp": plain["exp"] + 1}).encode()).rstrip(b"=").decode()
    for token in (f"{head}.{forged}.{signature}", jwt(plain), f"{head}.{claims}."):
        account = mocked.account({"accessToken": token, "endpoint": mocked.clouds.url})
        assert type(await error_of(account)) is AuthenticationError


@pytest.mark.anyio
async def test_a_missing_permission_is_not_remembered(mocked: Mocked) -> None:
    spec = ("mock-user", "mock-password-not-a-real-one", "mock-api-key-not-a-real-one")
    mocked.clouds.hpcai.add_account(*spec, denied=True)
    account = mocked.account(mocked.clouds.hpcai.settings(None))
    assert type(await error_of(account)) is PermissionDeniedError
    mocked.clouds.hpcai.add_account(*spec)
    assert (await read(INSTANCE, account, ONE)).instance_id == "notebook-1"


# --- an access token of a user


@pytest.mark.anyio
async def test_an_expired_token_is_refused_unsent_and_says_when_it_expired() -> None:
    client = Canned(lambda number, body: {})
    account = account_of(client, accessToken=jwt({"exp": NOW - 1}))
    with pytest.raises(AuthenticationError) as caught:
        await account.send("POST", TARGET, b"{}")
    assert str(caught.value) == (
        "the access token expired at 2025-07-04T03:33:19Z, so it was not sent\n"
        "hint: log in and set a new accessToken, or use an API key, which does not expire in a day"
    )
    assert client.sent == []


@pytest.mark.parametrize(
    ("token", "expiry"),
    [
        (jwt({"exp": NOW + 60}), NOW + 60),
        (jwt({"sub": "x"}), None),
        ("opaque", None),
    ],
)
@pytest.mark.anyio
async def test_the_expiry_of_a_token_is_known_where_it_says_so(token: str, expiry: float | None) -> None:
    client = Canned(lambda number, body: {"instances": []})
    account = account_of(client, accessToken=token)
    assert account.expires_at() == expiry
    await account.send("POST", TARGET, b"{}")
    assert len(client.sent) == 1


def test_neither_a_key_nor_a_login_expires_for_good() -> None:
    assert account_of(Client(), apiKey="k").expires_at() is None
    assert account_of(Client(), username="u", password="p").expires_at() is None


@pytest.mark.anyio
async def test_a_token_that_expires_in_mid_run_ends_it_there() -> None:
    now = [NOW]
    client = Canned(lambda number, body: {"instances": []})
    account = account_of(client, lambda: now[0], accessToken=jwt({"exp": NOW + 60}))
    await account.send("POST", TARGET, b"{}")
    now[0] = NOW + 60
    for _ in range(2):
        with pytest.raises(AuthenticationError, match="expired at 2025-07-04T03:34:20Z"):
            await account.send("POST", TARGET, b"{}")
    assert len(client.sent) == 1


@pytest.mark.anyio
async def test_a_token_that_the_cloud_lets_expire_is_not_renewed(mocked: Mocked) -> None:
    # The machine's clock says that the token is fresh, the cloud's that it is not.
    account = mocked.account(mocked.clouds.hpcai.token_settings())
    await read(INSTANCE, account, ONE)
    mocked.clouds.clock.advance(86_401)
    assert type(await error_of(account)) is AuthenticationError
    assert type(await error_of(account)) is AuthenticationError
    assert mocked.operations == ["ListInstances"] * 2


# --- user name and password


@pytest.mark.anyio
async def test_one_login_serves_all_look_ups(mocked: Mocked) -> None:
    account = mocked.account(mocked.clouds.hpcai.login_settings())
    found = await results(50, account)
    assert {each.status for each in found} == {"Running"}
    assert mocked.operations.count("Login") == 1
    assert mocked.operations[0] == "Login"
    assert account.credentials.generation == 1


@pytest.mark.parametrize("status", [200, 401])
@pytest.mark.anyio
async def test_a_token_that_is_refused_in_mid_run_is_renewed_once_for_all(mocked: Mocked, status: int) -> None:
    mocked.clouds.hpcai.configure(auth_failure_status=status)
    account = mocked.account(mocked.clouds.hpcai.login_settings())
    await read(INSTANCE, account, ONE)
    mocked.clouds.clock.advance(86_401)
    found = await results(20, account)
    assert {each.status for each in found} == {"Running"}
    assert mocked.operations.count("Login") == 2


@pytest.mark.anyio
async def test_a_walk_whose_token_expires_between_two_pages_goes_on(mocked: Mocked) -> None:
    mocked.clouds.hpcai.put_instances(5)
    mocked.clouds.hpcai.configure(page_size=2, token_seconds=100)
    account = mocked.account(mocked.clouds.hpcai.login_settings())
    send, walked = mocked.clients[-1].send, []

    async def slow(prepare: Any, **options: Any) -> Response:
        response = await send(prepare, **options)
        walked.append(response.request.target)
        if len(walked) == 2:
            mocked.clouds.clock.advance(101)
        return response

    mocked.clients[-1].send = slow  # type: ignore[method-assign]
    state = await read(INSTANCES, account, INSTANCES.parse({}))
    assert (state.total, len(state.instances)) == (6, 6)
    lists, login = "ListInstances", "Login"
    assert mocked.operations == [login, lists, lists, login, lists, lists]


@pytest.mark.anyio
async def test_a_renewed_token_that_is_refused_too_ends_it(mocked: Mocked) -> None:
    account = mocked.account(mocked.clouds.hpcai.login_settings())
    body = json.dumps({"code": -1, "message": "not logged in"})
    mocked.clouds.faults.add(service="hpcai", status=200, body=body, match="/instance/list", count=10)
    found = await results(20, account)
    assert {type(each) for each in found} == {AuthenticationError}
    assert mocked.operations.count("Login") == 2
    assert mocked.clouds.request_count("hpcai") == 4


def login(answer: object) -> Canned:
    """Answers logins from a script, the list with nothing."""

    def respond(number: int, body: dict[str, Any]) -> object:
        return answer if "password" in body else {"instances": []}

    return Canned(respond)


USER = {"username": "u\u00e9", "password": 'canary-p\u00e4ss "word"'}


@pytest.mark.anyio
async def test_what_a_login_sends() -> None:
    client = login({"accessToken": "t-1", "accessExpire": 86_400})
    await account_of(client, **USER).send("POST", TARGET, b"{}")
    first, second = client.sent
    assert (first.method, first.origin, first.target) == ("POST", "https://hpc-ai.com", LOGIN_PATH)
    assert first.headers == {"Content-Type": "application/json"}
    assert json.loads(first.body) == USER
    assert second.headers["Cookie"] == "AccessToken=t-1"


@pytest.mark.parametrize(
    ("answer", "usable"),
    [
        # A tenth of a short life is not used, of a long one its last half hour.
        ({"accessToken": "t", "accessExpire": 100}, 90),
        ({"accessToken": "t", "accessExpire": 86_400}, 84_600),
        ({"accessToken": jwt({"exp": NOW + 100}), "accessExpire": 86_400}, 90),
        ({"accessToken": jwt({"exp": NOW + 100})}, 90),
        # By the other clock it has expired already; it was made this moment.
        ({"accessToken": jwt({"exp": NOW - 5}), "accessExpire": 100}, 90),
        ({"accessToken": "t", "accessExpire": "86400"}, 84_600),
        ({"accessToken": "t", "accessExpire": "soon"}, None),
        ({"accessToken": "t", "accessExpire": 0}, None),
        ({"accessToken": "t", "accessExpire": True}, None),
        ({"accessToken": jwt({"exp": NOW - 5})}, None),
        ({"accessToken": "t"}, None),
    ],
)
@pytest.mark.anyio
async def test_a_login_is_renewed_before_its_token_expires(answer: dict[str, Any], usable: float | None) -> None:
    now = [NOW]
    client = login(answer)
    account = account_of(client, lambda: now[0], **USER)

    async def logins_at(seconds: float) -> int:
        now[0] = NOW + seconds
        await account.send("POST", TARGET, b"{}")
        return account.credentials.generation

    assert await logins_at(0) == 1
    if usable is None:
        assert await logins_at(1e9) == 1
    else:
        assert await logins_at(usable - 1) == 1
        assert await logins_at(usable) == 2


@pytest.mark.parametrize(
    ("answer", "cls", "problem", "logins"),
    [
        (
            {"code": -1, "message": "wrong password"},
            AuthenticationError,
            'the cloud refuses the login: "wrong password"',
            1,
        ),
        ((400, {"message": "ent: user not found"}), AuthenticationError, "the cloud refuses the login: ", 1),
        ((401, b""), AuthenticationError, "the cloud refuses the credentials", 1),
        ((403, b""), AuthenticationError, "the cloud refuses the login", 1),
        ((500, {"code": -1, "message": "database"}), UnreachableError, 'the cloud cannot answer now: "database"', 2),
        ((503, b""), UnreachableError, "the cloud cannot answer now", 2),
        ((429, b""), ThrottledError, "the cloud asks for fewer requests", 2),
        ((404, {"message": "page not found"}), RefusedError, "the cloud refuses the request: ", 2),
        ((404, b"<html>"), BadResponseError, "the answer is neither a result", 2),
        ((302, b""), BadResponseError, "the endpoint redirects to itself", 2),
        ({}, BadResponseError, "the answer to the login holds no accessToken that can be sent", 2),
        ([], BadResponseError, "the answer to the login holds no accessToken that can be sent", 2),
        ({"accessToken": ""}, BadResponseError, "the answer to the login holds no accessToken that can be sent", 2),
        ({"accessToken": 7}, BadResponseError, "the answer to the login holds no accessToken that can be sent", 2),
        ({"accessToken": "a;b"}, BadResponseError, "the answer to the login holds no accessToken that can be", 2),
        ({"accessToken": "é"}, BadResponseError, "the answer to the login holds no accessToken that can be", 2),
        (b"<html>canary</html>", BadResponseError, "the answer is not JSON", 2),
    ],
)
@pytest.mark.anyio
async def test_how_a_login_can_fail(answer: object, cls: type[NbcloudError], problem: str, logins: int) -> None:
    client = login(answer)
    account = account_of(client, **USER)
    for _ in range(2):
        with pytest.raises(NbcloudError) as caught:
            await account.send("POST", TARGET, b"{}")
        assert type(caught.value) is cls
        assert caught.value.problem.startswith(problem)
        assert caught.value.where == f"POST https://hpc-ai.com{LOGIN_PATH}"
        assert "canary" not in str(caught.value)
    assert len(client.sent) == logins


@pytest.mark.anyio
@pytest.mark.parametrize("answer", [{"code": -1, "message": "The account is locked"}, (401, {"message": "locked"})])
async def test_a_login_of_a_locked_account_says_so(answer: object) -> None:
    with pytest.raises(AuthenticationError) as caught:
        await account_of(login(answer), **USER).send("POST", TARGET, b"{}")
    assert (caught.value.hint or "").startswith("the user, key or account is locked, usually for minutes ")


@pytest.mark.anyio
async def test_a_login_that_cannot_be_reached_is_tried_again_by_the_next_look(mocked: Mocked) -> None:
    account = mocked.account(mocked.clouds.hpcai.login_settings())
    mocked.clouds.faults.add(service="hpcai", status=500, match="/user/login")
    assert type(await error_of(account)) is UnreachableError
    assert (await read(INSTANCE, account, ONE)).status == "Running"


# --- the mock's ugliness over the wire


@pytest.mark.anyio
async def test_a_page_size_of_the_clouds_own_and_a_null_pager(mocked: Mocked) -> None:
    mocked.clouds.hpcai.put_instances(10)
    mocked.clouds.hpcai.configure(page_size=3)
    account = mocked.account(mocked.clouds.hpcai.settings(None))
    assert (await read(INSTANCES, account, INSTANCES.parse({}))).total == 11
    assert len(mocked.operations) == 4
    mocked.clouds.hpcai.configure(null_pager=True)
    assert (await read(INSTANCES, account, INSTANCES.parse({}))).total == 11
    assert len(mocked.operations) == 4 + 5


@pytest.mark.anyio
async def test_a_500_is_not_sent_again_and_a_503_is(mocked: Mocked) -> None:
    account = mocked.account(mocked.clouds.hpcai.settings(None))
    mocked.clouds.faults.add(service="hpcai", status=500)
    assert type(await error_of(account)) is UnreachableError
    assert len(mocked.operations) == 1
    mocked.clouds.faults.add(service="hpcai", status=503, count=2)
    assert (await read(INSTANCE, account, ONE)).status == "Running"
    assert len(mocked.operations) == 4


@pytest.mark.anyio
async def test_a_rotated_key_is_another_account(mocked: Mocked) -> None:
    environment = {"NBCLOUD_HPCAI_API_KEY": "mock-api-key-not-a-real-one", "NBCLOUD_HPCAI_ENDPOINT": mocked.clouds.url}
    mocked.clients.append(Client(sleep=no_pause))
    reader = Reader(environment, mocked.clients[-1])
    mocked.clouds.hpcai.add_account("mock-user", "p", "rotated")
    for _ in range(3):
        with pytest.raises(AuthenticationError):
            await reader.read(INSTANCE, ONE, NO_CONFIG)
    environment["NBCLOUD_HPCAI_API_KEY"] = "rotated"
    assert (await reader.read(INSTANCE, ONE, NO_CONFIG)).status == "Running"
    assert len(mocked.operations) == 2


# --- nothing is shown

SECRETS = ("canary-key-1", "canary-token-2", "canary-password-3", "canary-login-token-4")
WAYS = [
    {"apiKey": SECRETS[0]},
    {"accessToken": SECRETS[1]},
    {"username": "user", "password": SECRETS[2]},
]


@pytest.fixture
def all_logs(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    for name in ("", "aiohttp", "httpx", "httpcore", "asyncio", "anyio"):
        caplog.set_level(logging.DEBUG, name or None)
    return caplog


@pytest.mark.parametrize("values", WAYS, ids=["key", "token", "login"])
@pytest.mark.parametrize(
    "listed",
    [
        (200, {"code": -1, "message": " ".join(SECRETS)}),
        (401, {"message": "not logged in: " + " ".join(SECRETS)}),
        (500, " ".join(SECRETS).encode()),
        (404, {"message": "no", "code": SECRETS[0] + SECRETS[1] + SECRETS[2] + SECRETS[3]}),
        (200, {"instances": [{"instanceMetadata": {"instanceId": "a", "token": " ".join(SECRETS)}}]}),
        (302, b""),
    ],
    ids=lambda value: str(value[0]),
)
@pytest.mark.anyio
async def test_no_credential_is_shown(
    values: dict[str, str], listed: object, all_logs: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    def answer(number: int, body: dict[str, Any]) -> object:
        if "password" in body:
            return {"accessToken": SECRETS[3], "accessExpire": 60}
        return listed if number < 5 else (200, {"instances": None})

    client = Canned(answer)
    account = account_of(client, **values)
    shown = [repr(account), repr(account.settings), repr(account.credentials), repr(vars(account.credentials))]
    try:
        shown.append(repr(await read(INSTANCES, account, INSTANCES.parse({}))))
    except NbcloudError as error:
        shown += [str(error), repr(error), repr(vars(error)), "".join(traceback.format_exception(error))]
    shown += [repr(each) for each in client.sent]
    shown += [all_logs.text, *capfd.readouterr()]
    assert client.sent
    # A cloud can repeat what it was sent; of the secrets of other accounts this one knows nothing.
    own = {*values.values(), *account.credentials.secrets()} & {*SECRETS}
    assert len(own) == (2 if "password" in values else 1)
    assert not [each for each in own if each in "\n".join(shown)]


@pytest.mark.parametrize("way", ["settings", "token_settings", "login_settings"])
@pytest.mark.anyio
async def test_no_credential_is_shown_by_the_wire_either(
    mocked: Mocked, way: str, all_logs: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    values = getattr(mocked.clouds.hpcai, way)(None)
    secret = next(iter(values.values()))
    account = mocked.account(values)
    shown = [repr(await read(INSTANCE, account, ONE))]
    mocked.clouds.faults.add(service="hpcai", status=302, headers={"Location": f"/x?token={secret}"})
    shown += [str(await error_of(account)), all_logs.text, *capfd.readouterr(), json.dumps(mocked.clouds.state())]
    secrets = [value for key, value in values.items() if key in mocked.clouds.hpcai.secret_settings()]
    secrets += account.credentials.secrets()
    assert secrets
    assert not [each for each in secrets if each in "\n".join(shown)]


@pytest.mark.parametrize("repeated", [*SECRETS[2:], "nothing"])
@pytest.mark.anyio
async def test_a_text_that_repeats_one_secret_of_a_login_is_left_out(repeated: str) -> None:
    def answer(number: int, body: dict[str, Any]) -> object:
        if "password" in body and repeated != SECRETS[2]:
            return {"accessToken": SECRETS[3], "accessExpire": 60}
        return 400, {"code": 7, "message": f"bad {repeated} given"}

    account = account_of(Canned(answer), **WAYS[2])
    with pytest.raises(NbcloudError) as caught:
        await account.send("POST", TARGET, b"{}")
    # The rest of the error stays, and a harmless text does too.
    assert caught.value.code == "7"
    assert ("bad nothing given" in str(caught.value)) == (repeated == "nothing")
    assert "canary" not in str(caught.value)


# --- one walk serves a whole poll


@pytest.mark.anyio
async def test_many_targets_of_one_account_cost_one_walk(mocked: Mocked) -> None:
    mocked.clouds.hpcai.put_instances(4)
    mocked.clouds.hpcai.configure(page_size=2)
    targets: dict[str, Any] = {f"i{n}": {"kind": "hpcai:Instance", "instance_id": f"notebook-00000{n}"} for n in (0, 1)}
    targets |= {"gone": {"kind": "hpcai:Instance", "instance_id": "gone"}, "fleet": {"kind": "hpcai:Instances"}}
    targets |= {"theirs": {"kind": "hpcai:Instances", "profile": "other"}}
    spec, problems = parse_spec({"targets": targets, "until": "size(fleet.instances) == 5"})
    assert spec is not None, problems
    mocked.clients.append(Client(sleep=no_pause))
    environment = {**mocked.clouds.environment(), **mocked.clouds.environment("other")}
    seen, meaning = await WaitRunner(Reader(environment, mocked.clients[-1]), NO_CONFIG).poll(spec)
    assert "i0: name=example-instance, status=Running, healthy=true" in seen
    assert "gone: not found" in seen
    assert meaning == "the condition holds"
    callers = [each.access_key for each in mocked.clouds.request_entries(service="hpcai")]
    assert sorted(str(each) for each in callers) == ["mock-user"] * 3 + ["other-user"]
