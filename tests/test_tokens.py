"""Tokens: what may be sent, when one expires, and how one is got once for all who need it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_nbcloud.clouds.tokens import MAX_TOKEN_CHARACTERS, Token, TokenKeeper, header_safe, jwt_expiry
from pulumi_nbcloud.errors import AuthenticationError, NbcloudError, SettingsError, UnreachableError

pytestmark = pytest.mark.anyio


def jwt(claims: object) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.c2lnbmF0dXJl"


@pytest.mark.parametrize("value", ["abc", "  abc\n", "a" * MAX_TOKEN_CHARACTERS, "!~"])
def test_a_token_is_trimmed(value: str) -> None:
    assert header_safe(value, "the token") == value.strip()


@pytest.mark.parametrize(
    "value",
    [
        "",
        "  ",
        "canary\ncanary",
        "canary canary",
        "canary\0",
        "canary\x7f",
        "canaryé",
        "a" * (MAX_TOKEN_CHARACTERS + 1),
    ],
    ids=ascii,
)
def test_a_token_that_cannot_be_sent_is_refused_and_not_shown(value: str) -> None:
    with pytest.raises(SettingsError) as raised:
        header_safe(value, "hpcai accessToken (from the environment)")
    assert str(raised.value) == (
        "hpcai accessToken (from the environment) must be printable ASCII without blanks, 32,768 characters at most\n"
        "hint: correct it; its value is not shown here"
    )
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    ("token", "expiry"),
    [
        (jwt({"exp": 1751611916, "iat": 1751525516}), 1751611916.0),
        (jwt({"exp": 1751611916.5}), 1751611916.5),
        (jwt({"iat": 1}), None),
        (jwt({"exp": "1751611916"}), None),
        (jwt({"exp": True}), None),
        (jwt({"exp": 0}), None),
        (jwt({"exp": 1e300}), None),
        (jwt([1]), None),
        ("a.b", None),
        ("a.b.c.d", None),
        ("a.!!!.c", None),
        ("a.é.c", None),
        ("", None),
        (f"a.{base64.urlsafe_b64encode(b'[' * 9000).decode().rstrip('=')}.c", None),
        (f"a.{'A' * (MAX_TOKEN_CHARACTERS + 4)}.c", None),
    ],
)
def test_when_a_json_web_token_expires(token: str, expiry: float | None) -> None:
    assert jwt_expiry(token) == expiry


@given(st.text())
def test_no_text_breaks_the_reading_of_a_token(text: str) -> None:
    expiry = jwt_expiry(f"a.{text}.c")
    assert expiry is None or expiry > 0


def test_a_token_is_not_in_its_repr() -> None:
    assert "canary" not in repr(Token("canary", 5.0))


class Source:
    """Gives tokens that last 100 s; fails where it is to."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.fetched = 0
        self.error: NbcloudError | None = None
        self.gate: anyio.Event | None = None
        self.keeper = TokenKeeper(self.fetch, lambda: self.now)

    async def fetch(self, deadline: float) -> Token:
        self.fetched += 1
        number = self.fetched
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        return Token.lasting(f"token-{number}", 100.0, self.now)


def soon() -> float:
    return anyio.current_time() + 30


async def test_a_token_is_got_once_and_again_before_it_expires() -> None:
    source = Source()
    values = []
    # Its last tenth is not used.
    for now in (1000, 1089, 1090, 1100, 1179):
        source.now = now
        await source.keeper.ready(soon())
        values.append(source.keeper.value)
    assert values == ["token-1", "token-1", "token-2", "token-2", "token-2"]
    assert source.keeper.generation == source.fetched == 2


async def test_a_long_token_is_renewed_half_an_hour_early() -> None:
    assert Token.lasting("t", 86_400.0, 1000.0) == Token("t", 87_400.0, 1800.0)


async def test_a_token_without_a_known_expiry_is_kept() -> None:
    async def fetch(deadline: float) -> Token:
        return Token("t")

    keeper = TokenKeeper(fetch)
    for _ in range(2):
        await keeper.ready(soon())
    assert (keeper.value, keeper.generation) == ("t", 1)


async def gather(count: int, work: Callable[[], object]) -> list[object]:
    results: list[object] = []

    async def one() -> None:
        try:
            results.append(await work())  # type: ignore[misc]
        except NbcloudError as error:
            results.append(type(error))

    async with anyio.create_task_group() as group:
        for _ in range(count):
            group.start_soon(one)
    return results


async def test_many_who_need_a_token_get_it_once() -> None:
    source = Source()
    await gather(50, lambda: source.keeper.ready(soon()))
    assert source.fetched == 1


async def test_many_whose_token_was_refused_renew_it_once() -> None:
    source = Source()
    await source.keeper.ready(soon())
    assert await gather(50, lambda: source.keeper.renew(1, soon())) == [True] * 50
    assert source.fetched == 2
    # One that comes late with the first token has a newer one already.
    assert await source.keeper.renew(1, soon())
    assert source.fetched == 2


async def test_a_failed_login_is_tried_again_by_the_next_who_needs_it() -> None:
    source = Source()
    source.error = AuthenticationError("the password is wrong")
    assert await gather(2, lambda: source.keeper.ready(soon())) == [AuthenticationError] * 2
    source.error = None
    await source.keeper.ready(soon())
    assert (source.keeper.value, source.keeper.generation) == ("token-3", 1)


async def test_waiting_for_anothers_login_ends_at_the_deadline() -> None:
    source = Source()
    source.gate = anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(source.keeper.ready, soon())
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(UnreachableError) as raised:
            await source.keeper.ready(anyio.current_time())
        source.gate.set()
    assert str(raised.value) == (
        "no token was had within the deadline\nhint: check the network and the endpoint, then try again"
    )
    assert source.fetched == 1


async def test_a_cancelled_login_leaves_the_next_one_to_try() -> None:
    source = Source()
    source.gate = anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(source.keeper.ready, soon())
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()
    source.gate.set()
    await source.keeper.ready(soon())
    assert source.keeper.value == "token-2"
