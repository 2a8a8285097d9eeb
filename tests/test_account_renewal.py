"""What accounts that log in share: getting ready, renewing once, and remembering a refusal until its source changes."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import Any, ClassVar

import anyio
import anyio.lowlevel
import pytest

from pulumi_nbcloud.clouds.account import Account
from pulumi_nbcloud.clouds.credentials import Connection, Credentials, CredentialState, credentials_of
from pulumi_nbcloud.errors import AuthenticationError, NbcloudError, RefusedError, UnreachableError
from pulumi_nbcloud.http.client import Client
from pulumi_nbcloud.http.messages import Request, Response
from pulumi_nbcloud.settings.schema import CredentialSet, Schema, Settings

pytestmark = pytest.mark.anyio

SCHEMA = Schema(cloud="made-up", credentials=(CredentialSet(("password",)),))
SETTINGS = Settings("made-up", None, {"password": "p"}, {"password": "here"}, frozenset({"password"}))


class Cloud(Client):
    """Accepts one token; gives tokens by number."""

    def __init__(self) -> None:
        super().__init__()
        self.valid = 1
        self.sent: list[str] = []
        self.down = False

    async def send(self, prepare: Any, **_: Any) -> Response:
        request = await prepare()
        await anyio.lowlevel.checkpoint()
        if self.down:
            raise UnreachableError("the cloud cannot be reached")
        self.sent.append(request.headers["Token"])
        return Response(request, 200 if request.headers["Token"] == f"t{self.valid}" else 401, {}, request.body)


class Token(Credentials):
    """Tokens by number: the first is got when it is needed, the next when one is rejected."""

    credential_set = SCHEMA.credentials[0]

    def __init__(self, *, renewable: bool = True) -> None:
        self.number, self.logins, self.source = 0, 0, "a"
        self.renewable, self.wrong = renewable, False

    @classmethod
    def from_settings(cls, settings: Settings, connection: Connection) -> Token:
        return cls()

    async def prepare(self, deadline: float) -> None:
        if self.wrong:
            raise AuthenticationError("the password is wrong")
        if self.number == 0:
            self.number, self.logins = 1, self.logins + 1

    async def sign(self, request: Request) -> Request:
        return replace(request, headers={"Token": f"t{self.number}"})

    @property
    def generation(self) -> int:
        return self.number

    async def renew(self, generation: int, deadline: float) -> bool:
        if self.renewable and generation == self.number:
            self.number, self.logins = self.number + 1, self.logins + 1
        return self.renewable

    def revision(self) -> Hashable:
        return self.source


class Login(Account):
    schema: ClassVar[Schema] = SCHEMA

    def __init__(self, cloud: Cloud, state: CredentialState | None = None, *, renewable: bool = True) -> None:
        super().__init__(SETTINGS, cloud, state)
        self.token = Token(renewable=renewable)

    @property
    def credentials(self) -> Token:
        return self.token

    def request(self, method: str, target: str, body: bytes = b"") -> Request:
        return Request(method, "https://made-up.example", target, {}, body)

    def error(self, response: Response) -> NbcloudError | None:
        return None if response.status == 200 else AuthenticationError("refused", status=401)


async def outcomes(account: Account, count: int) -> list[str]:
    found: list[str] = []

    async def one() -> None:
        try:
            found.append(str((await account.send("POST", "/v1", b"body")).status))
        except NbcloudError as error:
            found.append(error.problem)

    async with anyio.create_task_group() as group:
        for _ in range(count):
            group.start_soon(one)
    return found


async def test_a_read_logs_in_first_and_sends_its_body() -> None:
    cloud = Cloud()
    response = await Login(cloud).send("POST", "/v1", b"body")
    assert (response.request.method, response.body, cloud.sent) == ("POST", b"body", ["t1"])


async def test_a_token_that_is_refused_in_mid_run_is_renewed_once_for_all() -> None:
    cloud = Cloud()
    account = Login(cloud)
    await account.get("/v1")
    cloud.valid = 2
    assert await outcomes(account, 20) == ["200"] * 20
    assert account.token.logins == 2
    assert sorted(cloud.sent[1:]) == ["t1"] * 20 + ["t2"] * 20


async def test_a_token_that_is_refused_even_when_new_is_not_sent_again() -> None:
    cloud = Cloud()
    cloud.valid = 9
    account = Login(cloud)
    assert await outcomes(account, 20) == ["refused"] * 20
    assert (cloud.sent, account.token.logins) == (["t1", "t2"], 2)


async def test_a_refused_login_is_remembered_and_sends_nothing() -> None:
    cloud = Cloud()
    account = Login(cloud)
    account.token.wrong = True
    assert await outcomes(account, 3) == ["the password is wrong"] * 3
    account.token.wrong = False
    assert await outcomes(account, 3) == ["the password is wrong"] * 3
    assert cloud.sent == []


async def test_a_refusal_is_forgotten_when_the_source_of_the_credentials_changes() -> None:
    cloud = Cloud()
    cloud.valid = 2
    account = Login(cloud, renewable=False)
    assert await outcomes(account, 3) == ["refused"] * 3
    account.token.source, account.token.number = "b", 2
    assert await outcomes(account, 3) == ["200"] * 3
    assert cloud.sent == ["t1", "t2", "t2", "t2"]


async def test_a_renewal_that_fails_for_the_network_is_no_refusal() -> None:
    cloud = Cloud()
    account = Login(cloud)
    await account.get("/v1")
    cloud.valid, cloud.down = 2, True
    assert await outcomes(account, 1) == ["the cloud cannot be reached"]
    cloud.down = False
    assert await outcomes(account, 1) == ["200"]


async def test_an_account_without_a_login_needs_nothing_and_renews_nothing() -> None:
    class Plain(Token):
        prepare = Credentials.prepare
        renew = Credentials.renew
        revision = Credentials.revision
        generation = Credentials.generation

    account = Login(Cloud())
    account.token = Plain()
    account.token.number = 1
    assert (await account.get("/v1")).status == 200
    found = account.credentials
    assert (found.generation, found.revision(), account.expires_at()) == (0, None, None)
    account.token.number = 5
    assert await outcomes(account, 2) == ["refused"] * 2


async def test_credentials_are_of_the_method_whose_set_the_settings_hold() -> None:
    class Key(Token):
        credential_set = CredentialSet(("key",), ("label",))

    methods: tuple[type[Token], ...] = (Key, Token)
    connection = Login(Cloud())._connection
    assert type(credentials_of(methods, SETTINGS, connection)) is Token
    keyed = replace(SETTINGS, values={"key": "k"}, credential_keys=frozenset({"key", "label"}))
    assert type(credentials_of(methods, keyed, connection)) is Key


async def test_another_answer_of_the_cloud_is_raised_as_it_is() -> None:
    class Odd(Login):
        def error(self, response: Response) -> NbcloudError | None:
            return RefusedError("odd")

    assert await outcomes(Odd(Cloud()), 2) == ["odd"] * 2
