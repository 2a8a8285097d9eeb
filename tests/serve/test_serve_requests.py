"""What a request may say: bodies, queries, parameters; and how much one caller may ask for."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import pytest
from lease_support import LEASE, NOTEBOOK
from serve_support import OPEN_GATE, OTHER_TOKEN, TOKEN, bearer, document, running

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.serve import requests
from pulumi_nbcloud.serve.errors import RequestError
from pulumi_nbcloud.serve.limits import Bucket, CallerLimits
from pulumi_nbcloud.serve.requests import body_of, check_framing, query_of, seconds_of

pytestmark = pytest.mark.anyio
JSON = {"content-type": "application/json"}


def error(response: Any) -> tuple[int, str, str]:
    problem = response.json()["error"]
    return response.status_code, problem["code"], problem["problem"]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "../../leases",
        NOTEBOOK + "\n",
        "\n" + NOTEBOOK,
        NOTEBOOK + "\x00",
        NOTEBOOK[:-1] + "\u0661",  # a digit of another script
        NOTEBOOK[:-1] + "\uff11",
        NOTEBOOK + "\u200b",
        NOTEBOOK + "\u202e",
        NOTEBOOK + "?x=1",
        NOTEBOOK + "%2F..",
        NOTEBOOK + "#",
        NOTEBOOK.upper(),
        "a" * 100_000,
        "\ud800",
        None,
        1,
        True,
        [NOTEBOOK],
        {"kind": "hpcai:Instances"},
    ],
    ids=lambda value: ascii(value)[:30],
)
async def test_a_parameter_that_does_not_match_whole(value: Any, clouds: MockClouds, tmp_path: Path) -> None:
    """Line breaks, NUL, invisible and look-alike characters, paths, other types: nothing is sent and nothing shown."""
    body = json.dumps({"parameters": {"notebook": value}})
    content = document(limits={"body_bytes": 1_000_000})
    async with running(tmp_path, clouds, content) as service:
        response = await service.client.post(
            "/v1/gates/open/check", headers={**bearer(OTHER_TOKEN), **JSON}, content=body
        )
    assert error(response) == (400, "bad_parameter", "the parameter notebook does not match its pattern")
    assert len(clouds.requests) == 0


@pytest.mark.parametrize("value", ["a\nb", "a\x00b", "a\u2028b", "a\u200bb", "a\x1bb", "a" * 201])
async def test_a_pattern_that_takes_anything_takes_no_control_characters(
    value: str, clouds: MockClouds, tmp_path: Path
) -> None:
    """`[^/]` matches a line break: such characters are refused whatever the pattern."""
    gate = {
        "target": {"kind": "hpcai:Instances"},
        "parameters": {"name": {"fills": "name", "pattern": "(?s)[^/]*"}},
        "until": "size(self.instances) > 0",
    }
    content = document({"lease": gate, "open": OPEN_GATE})
    async with running(tmp_path, clouds, content) as service:
        response = await service.check(params={"name": value})
        assert error(response)[:2] == (400, "bad_parameter")
        assert len(clouds.requests) == 0
        assert (await service.check(params={"name": "a b\u00e9"})).status_code == 200
    assert "name=a%20b" in clouds.requests[-1].target or clouds.requests[-1].method == "POST"


async def test_a_value_that_its_kind_refuses(clouds: MockClouds, tmp_path: Path) -> None:
    content = document()
    content["gates"]["open"]["parameters"]["notebook"]["pattern"] = ".*"
    async with running(tmp_path, clouds, content) as service:
        response = await service.check("open", OTHER_TOKEN, params={"notebook": "../canary"})
    problem = "the value of notebook cannot be right for the kind of the target"
    assert error(response) == (400, "bad_parameter", problem)
    assert len(clouds.requests) == 0


@pytest.mark.parametrize(
    ("params", "body", "problem"),
    [
        ({}, None, "the parameter notebook is missing"),
        ({"notebook": NOTEBOOK, "profile": "east"}, None, "profile is no parameter; known are notebook"),
        ({"notebook": NOTEBOOK, "until": "true"}, None, "until is no parameter; known are notebook"),
        ({}, {"parameters": {"notebook": NOTEBOOK, "endpoint": "x"}}, "endpoint is no parameter; known are notebook"),
        ({"notebook": NOTEBOOK}, {"parameters": {"notebook": NOTEBOOK}}, "a parameter is in the query and in the body"),
    ],
    ids=str,
)
async def test_parameters_that_are_not_the_gates(
    params: Mapping[str, str], body: Any, problem: str, clouds: MockClouds, tmp_path: Path
) -> None:
    async with running(tmp_path, clouds) as service:
        response = await service.check("open", OTHER_TOKEN, params=params, json=body)
    assert error(response) == (400, "bad_parameter", problem)
    assert len(clouds.requests) == 0


async def test_a_gate_without_parameters_says_so(clouds: MockClouds, tmp_path: Path) -> None:
    async with running(tmp_path, clouds) as service:
        response = await service.check(params={"x\n": "1"})
    assert error(response) == (400, "bad_parameter", "x is no parameter; this gate has none")


@pytest.mark.parametrize(
    ("content", "headers", "expected"),
    [
        (b"{", JSON, (400, "bad_body", "the body is no JSON")),
        (b"\xff\xfe{}", JSON, (400, "bad_body", "the body is no JSON")),
        (b"[" * 10_000, JSON, (400, "bad_body", "the body is no JSON")),
        (b'{"parameters": {}, "parameters": {}}', JSON, (400, "bad_body", "the body has a key twice")),
        (b'{"until": "true"}', JSON, (400, "bad_body", 'the body must be an object like {"parameters"')),
        (b'{"parameters": []}', JSON, (400, "bad_body", 'the body must be an object like {"parameters"')),
        (b"[]", JSON, (400, "bad_body", 'the body must be an object like {"parameters"')),
        (b"{}", {}, (415, "bad_body", "the body must be application/json")),
        (b"a=b", {"content-type": "application/x-www-form-urlencoded"}, (415, "bad_body", "the body must be")),
        (b"{}", {**JSON, "content-encoding": "gzip"}, (415, "bad_body", "the body is encoded")),
        (b" " * 16_385, JSON, (413, "too_large", "the body is larger than 16384 bytes")),
        (b"", {**JSON, "content-length": "9" * 30}, (413, "too_large", "the body is larger than 16384 bytes")),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_body_that_is_refused(
    content: bytes, headers: dict[str, str], expected: tuple[int, str, str], clouds: MockClouds, tmp_path: Path
) -> None:
    async with running(tmp_path, clouds) as service:
        response = await service.client.post(
            "/v1/gates/lease/check", headers={**bearer(TOKEN), **headers}, content=content
        )
    assert error(response)[:2] == expected[:2]
    assert error(response)[2].startswith(expected[2])
    assert len(clouds.requests) == 0


@pytest.mark.parametrize(
    ("version", "headers", "expected"),
    [
        ("2", [], (505, "the version of HTTP must be 1.1")),
        ("0.9", [], (505, "the version of HTTP must be 1.1")),
        ("1.1", [(b"x", b"a" * 16_384)], (431, "the headers are larger than 16384 bytes")),
        (
            "1.1",
            [(b"Content-Length", b"0"), (b"transfer-encoding", b"chunked")],
            (400, "the length of the body is given twice"),
        ),
    ],
    ids=str,
)
def test_framing_that_is_refused(version: str, headers: list[tuple[bytes, bytes]], expected: tuple[int, str]) -> None:
    with pytest.raises(RequestError) as raised:
        check_framing(version, headers)
    assert (raised.value.status, raised.value.problem) == expected
    assert raised.value.closes, "what comes after it is not to be trusted"
    check_framing("1.0", [(b"content-length", b"0")])


async def test_a_large_body_is_not_read_to_its_end() -> None:
    taken = 0

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": b"x" * 1000, "more_body": True}

    with pytest.raises(RequestError) as raised:
        await body_of(receive, [], 5000)
    assert (raised.value.status, taken) == (413, 6)


async def test_a_body_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "BODY_SECONDS", 0.01)

    async def receive() -> dict[str, Any]:
        await anyio.sleep_forever()
        raise AssertionError

    with pytest.raises(RequestError, match="the body comes too slowly") as raised:
        await body_of(receive, [], 5000)
    assert raised.value.status == 408


async def test_who_goes_away_while_sending() -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    with pytest.raises(RequestError, match="the caller went away"):
        await body_of(receive, [], 5000)


@pytest.mark.parametrize(
    "query",
    [b"a=1&a=2", b"a", b"&", b"a=%ff", b"a=\xff", b"a=" + b"1" * 9000, b"&".join(b"p%d=1" % n for n in range(30))],
    ids=lambda value: ascii(value)[:20],
)
def test_a_query_that_is_refused(query: bytes) -> None:
    with pytest.raises(RequestError) as raised:
        query_of(query)
    assert (raised.value.status, raised.value.code) == (400, "bad_query")


@pytest.mark.parametrize("seconds", ["", "-1", "61", "1e1", "nan", "inf", "0x1", "\u0661", " 1", "1.0000", "60.1"])
def test_seconds_that_are_refused(seconds: str) -> None:
    with pytest.raises(RequestError, match="seconds must be a number from 0 to 60"):
        seconds_of({"seconds": seconds})
    assert seconds_of({"seconds": "59.5"}) == 59.5


async def test_a_status_that_is_neither(clouds: MockClouds, tmp_path: Path) -> None:
    async with running(tmp_path, clouds) as service:
        assert error(await service.check(params={"status": "yes"})) == (400, "bad_query", "status must be 0 or 1")


# --- how much


def test_a_bucket_fills_again() -> None:
    now = [0.0]
    bucket = Bucket(2, lambda: now[0])
    bucket.take()
    bucket.take()
    with pytest.raises(RequestError, match="too many requests a second") as raised:
        bucket.take()
    assert (raised.value.status, raised.value.retry_after) == (429, 1)
    now[0] = 0.5
    bucket.take()
    now[0] = 1000.0
    for _ in range(2):
        bucket.take()
    with pytest.raises(RequestError):
        bucket.take()


def test_callers_do_not_take_from_each_other() -> None:
    limits = CallerLimits(1, 10, lambda: 0.0)
    with limits.one("a"), pytest.raises(RequestError), limits.one("a"):
        pass
    with limits.one("b"):
        pass
    limits.refused()
    with pytest.raises(RequestError):
        limits.refused()
    with limits.one("c"):
        pass


def test_a_place_is_free_again_whatever_happened() -> None:
    limits = CallerLimits(100, 1, lambda: 0.0)
    for _ in range(3):
        with contextlib.suppress(KeyError), limits.one("a"):
            with pytest.raises(RequestError, match="too many requests at once"), limits.one("a"):
                pass
            raise KeyError
    with limits.one("a"):
        pass


async def test_too_many_requests(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    async with running(tmp_path, clouds) as service:
        # At a moment that does not pass, however long the test takes.
        service.service.limits = CallerLimits(1, 64, lambda: 0.0)
        responses = [await service.check() for _ in range(3)]
        guesses = [await service.check(token=f"guess-{number}") for number in range(3)]
        other = await service.check("open", OTHER_TOKEN, params={"notebook": NOTEBOOK})
        health = await service.client.get("/healthz")
    assert [each.status_code for each in responses] == [200, 429, 429]
    limited = responses[1]
    assert (limited.headers["retry-after"], limited.json()["error"]["code"]) == ("1", "too_many_requests")
    assert [each.status_code for each in guesses] == [401, 429, 429]
    assert (other.status_code, health.status_code) == (200, 200)
