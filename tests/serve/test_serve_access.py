"""Who may ask what: tokens, gates that are nobody's business, paths, and a service without tokens."""

from __future__ import annotations

import hmac
import logging
import re
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from lease_support import LEASE, NOTEBOOK
from serve_support import LEASE_GATE, OTHER_TOKEN, TOKEN, bearer, document, running

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.serve import tokens
from pulumi_nbcloud.serve.app import make_metrics_app
from pulumi_nbcloud.serve.metrics import Metrics
from pulumi_nbcloud.serve.requests import route_of
from pulumi_nbcloud.serve.server import is_loopback, local_hosts
from pulumi_nbcloud.serve.tokens import Caller, Callers, digest, new_token

pytestmark = pytest.mark.anyio
LOCAL = {"gates": {"lease": LEASE_GATE}}


def test_a_token_has_256_random_bits_and_only_its_hash_is_kept() -> None:
    made = [new_token() for _ in range(50)]
    assert len({token for token, _ in made}) == 50
    for token, sha256 in made:
        assert re.fullmatch(r"nbcloud_[A-Za-z0-9_-]{43}", token)
        assert sha256 == digest(token)
        assert re.fullmatch(r"[0-9a-f]{64}", sha256)


@pytest.mark.parametrize(
    "authorization",
    [
        [],
        [f"Bearer {OTHER_TOKEN}x"],
        [f"Bearer  {TOKEN}"],
        [f"Bearer {TOKEN} "],
        [f"Basic {TOKEN}"],
        [TOKEN],
        ["Bearer"],
        ["Bearer "],
        [f"Bearer {TOKEN}", f"Bearer {TOKEN}"],
        [f"Bearer {digest(TOKEN)}"],
        [f"Bearer {TOKEN[:-1]}"],
        ["Bearer " + "a" * 100_000],
        ["Bearer \udcff"],
        [f"Bearer {TOKEN}\x00"],
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_no_token_of_the_file(authorization: Sequence[str]) -> None:
    callers = Callers([(digest(TOKEN), Caller("argo", frozenset({"lease"}), metrics=False))])
    assert callers.find(authorization) is None
    found = callers.find([f"bearer {TOKEN}"])
    assert found is not None
    assert found.name == "argo"


def test_every_token_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them, whichever fits, by the function that looks at every byte: so no time tells which."""
    compared: list[tuple[str, str]] = []

    def counted(one: str, other: str) -> bool:
        compared.append((one, other))
        return hmac.compare_digest(one, other)

    monkeypatch.setattr(tokens, "hmac", SimpleNamespace(compare_digest=counted))
    known = [f"nbcloud_{letter * 43}" for letter in "abcd"]
    callers = Callers([(digest(each), Caller(each, None, metrics=False)) for each in known])
    for token in (*known, "nbcloud_none"):
        compared.clear()
        callers.find([f"Bearer {token}"])
        assert [one for one, _ in compared] == [digest(each) for each in known]
        assert {other for _, other in compared} == {digest(token)}


async def test_without_a_token_of_the_file_nothing_is_said(clouds: MockClouds, tmp_path: Path) -> None:
    async with running(tmp_path, clouds) as service:
        bad = [
            await service.check(token=None),
            await service.check(token="wrong"),
            await service.check("no-such-gate", token=None),
            await service.client.get("/v1/anything"),
            await service.client.get("/"),
            await service.client.get("/metrics"),
            await service.client.delete("/v1/gates/lease/check"),
        ]
    assert {(each.status_code, each.text, each.headers["www-authenticate"]) for each in bad} == {
        (
            401,
            '{"schema_version": 1, "error": {"code": "unauthorized", "problem": "a token of this service is needed"}}',
            "Bearer",
        )
    }
    assert len(clouds.requests) == 0


async def test_an_unknown_gate_and_one_of_others_look_the_same(clouds: MockClouds, tmp_path: Path) -> None:
    async with running(tmp_path, clouds) as service:
        found = [
            (each.status_code, each.text, {name: value for name, value in each.headers.items() if name != "date"})
            for each in (
                await service.check("open", TOKEN),
                await service.check("nope", TOKEN),
                await service.check("lease", OTHER_TOKEN),
                await service.check("open", TOKEN, json={"parameters": {"notebook": 1}}),
                await service.wait("open", TOKEN, seconds=1),
                await service.wait("nope", TOKEN, seconds="x"),
            )
        ]
    assert found == [found[0]] * 6
    assert found[0][0] == 404
    assert "there is no such gate" in found[0][1]
    assert len(clouds.requests) == 0


async def test_a_token_is_for_its_gates(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    async with running(tmp_path, clouds) as service:
        assert (await service.check("lease", TOKEN)).status_code == 200
        response = await service.check("open", OTHER_TOKEN, params={"notebook": NOTEBOOK})
    assert response.json()["met"]


async def test_the_metrics_are_for_tokens_that_may_see_them(clouds: MockClouds, tmp_path: Path) -> None:
    async with running(tmp_path, clouds) as service:
        refused = await service.client.get("/metrics", headers=bearer(TOKEN))
        shown = await service.client.get("/metrics", headers=bearer(OTHER_TOKEN))
    assert (refused.status_code, shown.status_code) == (404, 200)


async def test_health_needs_no_token_and_sends_nothing(clouds: MockClouds, tmp_path: Path) -> None:
    async with running(tmp_path, clouds) as service:
        health, ready = await service.client.get("/healthz"), await service.client.get("/readyz")
        service.service.checks.draining.set()
        draining = await service.client.get("/readyz")
    assert (health.status_code, health.json()["status"]) == (200, "ok")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    assert (draining.status_code, draining.json()["status"]) == (503, "draining")
    assert len(clouds.requests) == 0


@pytest.mark.parametrize(
    ("method", "path", "must"),
    [
        ("GET", "/v1/gates/lease/check", "POST"),
        ("HEAD", "/v1/gates/lease/wait", "GET"),
        ("POST", "/v1/gates/lease/wait", "GET"),
        ("POST", "/healthz", "GET"),
        ("TRACE", "/readyz", "GET"),
    ],
)
async def test_the_method_of_a_path(method: str, path: str, must: str, clouds: MockClouds, tmp_path: Path) -> None:
    async with running(tmp_path, clouds) as service:
        response = await service.client.request(method, path, headers=bearer(TOKEN))
        assert response.status_code == 405
        if method != "HEAD":
            assert response.json()["error"] == {"code": "method", "problem": f"the method must be {must}"}


@pytest.mark.parametrize(
    "path",
    [
        b"/v1/gates/lease/check/",
        b"/v1/gates//lease/check",
        b"//v1/gates/lease/check",
        b"/v1/gates/open/../lease/check",
        b"/v1/gates/lease/./check",
        b"/v1/gates/le%61se/check",
        b"/v1/gates/lease%2Fcheck",
        b"/v1/gates/lease%00/check",
        b"/v1/gates/lease;x=1/check",
        b"/V1/gates/lease/check",
        b"/v1/gates/LEASE/check",
        b"/v1/gates/lease/check%0d%0a",
        b"/v1/gates/lease/check\n",
        b"/v1/gates/-lease/check",
        b"http://127.0.0.1/v1/gates/lease/check",
        b"/v1/gates/" + b"a" * 64 + b"/check",
        b"*",
        b"",
    ],
)
def test_a_path_counts_as_it_was_sent(path: bytes) -> None:
    assert route_of(path) == ("other", None)
    assert route_of(b"/v1/gates/lease/check") == ("check", "lease")


async def test_a_path_with_an_escape_reaches_no_gate(clouds: MockClouds, tmp_path: Path) -> None:
    async with running(tmp_path, clouds) as service:
        url = httpx.URL("http://127.0.0.1:8080", raw_path=b"/v1/gates/le%61se/check")
        response = await service.client.post(url, headers=bearer(TOKEN))
    assert response.status_code == 404
    assert len(clouds.requests) == 0


async def test_without_tokens_only_this_machine_is_served(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    async with running(tmp_path, clouds, LOCAL, local=True) as service:
        assert (await service.check(token=None)).json()["met"]
        for host in ("127.0.0.1:8080", "localhost:8080", "LOCALHOST:8080", "[::1]:8080"):
            assert (await service.client.get("/healthz", headers={"host": host})).status_code == 200
        assert (await service.client.get("/metrics")).status_code == 200


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ([("host", "evil.example:8080")], "foreign_host"),
        ([("host", "127.0.0.1:8081")], "foreign_host"),
        ([("host", "127.0.0.1")], "foreign_host"),
        ([("host", "127.0.0.1:8080.evil.example")], "foreign_host"),
        ([("host", "127.0.0.1:8080"), ("host", "127.0.0.1:8080")], "foreign_host"),
        ([("host", "127.0.0.1:8080"), ("origin", "https://evil.example")], "foreign_origin"),
        ([("host", "127.0.0.1:8080"), ("origin", "null")], "foreign_origin"),
        ([("host", "127.0.0.1:8080"), ("origin", "http://127.0.0.1:8080")], "foreign_origin"),
        ([("host", "127.0.0.1:8080"), ("sec-fetch-site", "cross-site")], "foreign_origin"),
        ([("host", "127.0.0.1:8080"), ("sec-fetch-site", "same-site")], "foreign_origin"),
        ([("host", "127.0.0.1:8080"), ("forwarded", "for=1.2.3.4")], "forwarded"),
        ([("host", "127.0.0.1:8080"), ("x-forwarded-for", "1.2.3.4")], "forwarded"),
        ([("host", "127.0.0.1:8080"), ("X-Forwarded-Host", "127.0.0.1:8080")], "forwarded"),
        ([("host", "127.0.0.1:8080"), ("x-real-ip", "127.0.0.1")], "forwarded"),
        ([("host", "127.0.0.1:8080"), ("via", "1.1 proxy")], "forwarded"),
    ],
    ids=str,
)
async def test_without_tokens_what_browsers_and_proxies_send_is_refused(
    headers: list[tuple[str, str]], code: str, clouds: MockClouds, tmp_path: Path
) -> None:
    """A page that points its own name at loopback (DNS rebinding), one that sends across sites, a proxy."""
    async with running(tmp_path, clouds, LOCAL, local=True) as service:
        for path in ("/healthz", "/metrics"):
            refused = await service.client.get(path, headers=headers)
            assert (refused.status_code, refused.json()["error"]["code"]) == (403, code)
        response = await service.client.post("/v1/gates/lease/check", headers=headers)
    assert (response.status_code, response.json()["error"]["code"]) == (403, code)
    assert len(clouds.requests) == 0


async def test_the_metrics_listener_serves_this_machine_alone_on_loopback() -> None:
    for hosts, status in ((local_hosts(9464), 403), (None, 200)):
        transport = httpx.ASGITransport(app=make_metrics_app(Metrics(), hosts))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:9464") as client:
            assert (await client.get("/metrics")).status_code == 200
            assert (await client.get("/metrics", headers={"host": "evil.example:9464"})).status_code == status
            assert (await client.get("/metrics", headers={"origin": "http://evil.example"})).status_code == status


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("0.0.0.0", False)]
    + [(name, False) for name in ("::", "127.evil.example", "localhost.evil.example", "10.0.0.1", "", "127.1")],
)
def test_what_is_loopback(host: str, local: bool) -> None:
    assert is_loopback(host) is local


async def test_with_tokens_a_proxy_may_stand_before(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    headers = {**bearer(TOKEN), "host": "gates.example", "x-forwarded-for": "1.2.3.4"}
    async with running(tmp_path, clouds) as service:
        assert (await service.client.post("/v1/gates/lease/check", headers=headers)).status_code == 200


async def test_the_log_says_nothing_that_a_caller_chooses(
    clouds: MockClouds, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pulumi_nbcloud.serve")
    async with running(tmp_path, clouds) as service:
        await service.check("open", OTHER_TOKEN, params={"notebook": "canary\r\n2026 info forged"})
        await service.client.get("/canary%0a", headers={**bearer(TOKEN), "user-agent": "canary"})
        await service.check("canary-gate", TOKEN)
        await service.check(token="canary-token")
    lines = [re.sub(r"\d+ms", "MS", each.getMessage()) for each in caplog.records if each.name.endswith("serve.app")]
    assert lines == ["check open 400 MS other", "other - 404 MS -", "check - 404 MS -", "check lease 401 MS -"]
    assert "canary" not in caplog.text
    assert TOKEN not in caplog.text


async def test_an_internal_error_tells_nothing(
    clouds: MockClouds, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*arguments: object) -> None:
        raise ValueError("canary-in-an-internal-error")

    async with running(tmp_path, clouds) as service:
        monkeypatch.setattr(service.service.checks, "check", broken)
        response = await service.check()
        monkeypatch.setattr(service.service.checks, "wait", broken)
        waited = await service.wait(seconds=1)
    for each in (response, waited):
        assert (each.status_code, each.json()["error"]["code"]) == (500, "internal_error")
        assert "canary" not in each.text
    assert "internal error: ValueError in test_serve_access.py:" in caplog.text
    assert "canary" not in caplog.text


def test_a_document_for_tests_has_two_callers() -> None:
    assert [each["name"] for each in document()["tokens"]] == ["argo", "other"]
