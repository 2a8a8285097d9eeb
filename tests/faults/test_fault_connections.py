"""Faults of connections: none can be made, one ends when it is used again, TLS, proxies."""

from __future__ import annotations

import contextlib
import logging
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import trustme
from fault_server import GOOD, FaultServer, Peer, answer, close_unanswered
from faults_support import CUT, LOST, account_on, gate, poll
from nbcloud_support import LEASE_BODY, FakeClock, http_answer, one_line
from tls_support import ca_file, lax_authority, server_context

from pulumi_nbcloud.errors import BadResponseError, NbcloudError, SettingsError, UnreachableError
from pulumi_nbcloud.http.client import Client, _tls
from pulumi_nbcloud.http.proxy import Route
from pulumi_nbcloud.waiting.outcome import Met, Outcome, WaitError

pytestmark = pytest.mark.anyio
PATH = "/v1/p"


def refused_origin() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


# F-1
async def test_a_connection_that_is_refused() -> None:
    found, clock = await poll(refused_origin())
    assert type(found) is UnreachableError
    assert found.problem == "could not connect: Connection refused; attempts made: 5"
    assert found.hint == LOST
    assert clock.slept == [0.25, 0.5, 1.0, 2.0]


# F-2
async def test_a_name_that_does_not_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def resolve(self: Any, host: str, *_: Any, **__: Any) -> Any:
        asked.append(host)
        raise socket.gaierror(socket.EAI_AGAIN, "canary")

    # No name leaves this machine: the resolvers themselves are replaced.
    monkeypatch.setattr(aiohttp.ThreadedResolver, "resolve", resolve)
    monkeypatch.setattr(aiohttp.AsyncResolver, "resolve", resolve, raising=False)
    found, _ = await poll("https://modelarts.nowhere.invalid")
    assert type(found) is UnreachableError
    assert found.problem == "the host name cannot be resolved; attempts made: 5"
    assert found.hint == "check the region and the endpoint"
    assert "https://modelarts.nowhere.invalid/" in str(found)
    assert asked == ["modelarts.nowhere.invalid"] * 5


# F-3
async def test_the_accept_queue_is_full() -> None:
    with FaultServer(answer(), backlog=0, accepting=False) as server, contextlib.ExitStack() as stack:
        # Fills the queue: the kernel drops what comes after.
        for _ in range(8):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", server.port))
        found, clock = await poll(server, seconds=0.2)
    assert type(found) is UnreachableError
    assert found.problem == "no whole answer within 0.2 s; attempts made: 5"
    assert found.hint == LOST
    assert len(clock.slept) == 4


# F-7
async def test_a_connection_that_was_closed_while_idle_costs_nothing() -> None:
    closed = threading.Event()

    def first(peer: Peer) -> None:
        peer.read()
        peer.send(GOOD)
        closed.set()

    clock = FakeClock()
    client = Client(sleep=clock.sleep)
    with FaultServer(first, answer()) as server:
        account = account_on(server, client, clock)
        await account.get(PATH)
        assert closed.wait(30)
        assert (await account.get(PATH)).status == 200
    await client.aclose()
    assert server.taken == 2
    assert server.connections == 2
    assert sum(clock.slept) == 0


# F-8
@pytest.mark.parametrize("requests", [2, 3])
async def test_a_kept_connection_that_closes_as_it_is_used_again_is_left_at_once(requests: int) -> None:
    clock = FakeClock()
    client = Client(sleep=clock.sleep, random=lambda: 0.5)
    with FaultServer(answer(), close_unanswered, *[close_unanswered] * (requests - 2), answer()) as server:
        account = account_on(server, client, clock)
        await account.get(PATH)
        assert (await account.get(PATH)).status == 200
    await client.aclose()
    assert server.taken == 1 + requests
    # The second time it is no such connection, so the usual pause comes.
    assert clock.slept == [0.0, 0.5][: requests - 1]


async def test_a_new_connection_that_ends_unanswered_is_not_left_at_once() -> None:
    with FaultServer(close_unanswered, answer()) as server:
        _, clock = await poll(server)
    assert clock.slept == [0.25]


OWN = "if it is your own, set caFile to a PEM file of its certificate"


# F-18
@pytest.mark.parametrize(
    ("context", "trusted", "problem", "hint"),
    [
        ({}, False, "the server's certificate comes from an unknown authority", OWN),
        ({"issuer": "other"}, True, "the server's certificate comes from an unknown authority", OWN),
        (
            {"expired": True},
            True,
            "the server's certificate has expired",
            "check this machine's clock; else the server needs a new certificate",
        ),
        (
            {"name": "other.example"},
            True,
            "the server's certificate is for another host name",
            "check the endpoint's host name",
        ),
    ],
    ids=["unknown", "another authority", "expired", "another host"],
)
async def test_a_certificate_that_is_not_accepted(
    context: dict[str, Any], trusted: bool, problem: str, hint: str, tmp_path: Path
) -> None:
    if "issuer" in context:
        context = {**context, "issuer": trustme.CA()}
    settings: dict[str, Any] = {"caFile": ca_file(tmp_path)} if trusted else {}
    with FaultServer(answer(), tls=server_context(**context)) as server:
        found, clock = await poll(server, **settings)
        ended = await gate_of_one_look(server, settings)
    assert type(found) is BadResponseError
    assert (found.problem, found.hint) == (problem, hint)
    assert (server.taken, clock.slept) == (0, [])
    assert isinstance(ended, WaitError)
    assert (ended.outcome, ended.hint) == (Outcome.BAD_RESPONSE, hint)
    assert f"; last error: {problem}; polls: 1 (" in one_line(ended)


# F-18
async def test_an_authority_that_python_313_does_not_accept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Corporate authorities often lack what RFC 5280 asks for; Python checks it since 3.13."""

    def strict(route: Route) -> ssl.SSLContext:
        context = _tls(route)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    monkeypatch.setattr("pulumi_nbcloud.http.client._tls", strict)
    context, path = lax_authority(tmp_path)
    with FaultServer(answer(), tls=context) as server:
        found, _ = await poll(server, caFile=path)
    assert type(found) is BadResponseError
    assert found.problem == (
        "the server's certificate is not accepted: Basic Constraints of CA cert not marked critical (OpenSSL's number "
        "89)"
    )
    assert (found.hint or "").startswith("Python 3.13 and newer check certificates more strictly (RFC 5280)")


async def gate_of_one_look(server: FaultServer, settings: dict[str, Any]) -> object:
    ended = await gate(server, **settings)
    assert not isinstance(ended, Met)
    return ended


# F-18
async def test_an_authority_of_ones_own_is_trusted_besides_the_public_ones(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "pulumi_nbcloud")
    path = ca_file(tmp_path)
    with FaultServer(answer(), tls=server_context()) as server:
        found, _ = await poll(server, caFile=path)
        ended = await gate(server, caFile=path)
    assert found.running is True
    assert isinstance(ended, Met)
    assert caplog.messages[0] == (
        "requests go directly, proxies in the environment are not honoured; trusted: public authorities and those in "
        + path
    )


# --- proxies


class Proxy(FaultServer):
    """An HTTP proxy: connects where it is asked to, or answers what it is told."""

    def __init__(self, refusal: bytes | None = None) -> None:
        super().__init__(self._step)
        self._refusal = refusal

    def _step(self, peer: Peer) -> None:
        head = peer.read()
        if self._refusal is not None:
            peer.send(self._refusal)
            return
        host, _, port = head.split(b" ")[1].decode().partition(":")
        with socket.create_connection((host, int(port)), 30) as upstream:
            peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self._pump(peer._connection, upstream)

    def _pump(self, client: socket.socket, upstream: socket.socket) -> None:
        while not self.ended.is_set():
            for each in select.select([client, upstream], [], [], 0.01)[0]:
                data = each.recv(65_536)
                if not data:
                    return
                (upstream if each is client else client).sendall(data)


def tunnel_heads(proxy: Proxy) -> Iterator[str]:
    for head in proxy.heads:
        yield head.decode("latin-1")


# F-19
async def test_a_proxy_is_used_where_the_settings_name_one(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Proxy() as proxy, FaultServer(answer(), tls=server_context()) as server:
        url = f"http://user:canary%3Apass@127.0.0.1:{proxy.port}"
        found, _ = await poll(server, caFile=ca_file(tmp_path), proxy=url)
    assert found.running is True
    [head] = tunnel_heads(proxy)
    assert head.startswith(f"CONNECT localhost:{server.port} HTTP/1.1\r\n")
    # user:canary:pass
    assert "Proxy-Authorization: Basic dXNlcjpjYW5hcnk6cGFzcw==" in head
    # What is for the cloud is not for the proxy, nor the other way round.
    assert "X-Sdk-Date" not in head
    assert b"proxy-authorization" not in server.heads[0].lower()
    assert f"requests go through the proxy http://127.0.0.1:{proxy.port}, proxies in" in caplog.text
    assert "canary" not in caplog.text


async def test_plain_http_to_loopback_never_goes_through_a_proxy() -> None:
    with Proxy() as proxy, FaultServer(answer()) as server:
        found, _ = await poll(server, proxy=f"http://127.0.0.1:{proxy.port}")
    assert found.running is True
    assert (proxy.taken, server.taken) == (0, 1)


async def test_a_proxy_of_the_environment_is_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with Proxy() as proxy, FaultServer(answer(), tls=server_context()) as server:
        for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        found, _ = await poll(server, caFile=ca_file(tmp_path))
    assert found.running is True
    assert proxy.taken == 0


# F-19
@pytest.mark.parametrize(
    ("status", "error", "problem", "hint", "requests"),
    [
        (
            407,
            SettingsError,
            "the proxy asks for a user and password, or does not accept those given",
            "correct the setting proxy: http://USER:PASSWORD@HOST:PORT",
            1,
        ),
        (
            403,
            BadResponseError,
            "the proxy does not let the request through",
            "have the proxy allow this host",
            1,
        ),
        (
            502,
            UnreachableError,
            "the proxy cannot reach the cloud; attempts made: 5",
            "check the endpoint and the proxy",
            5,
        ),
    ],
)
async def test_a_proxy_that_refuses(
    status: int, error: type[NbcloudError], problem: str, hint: str, requests: int
) -> None:
    refusal = http_answer(status, b"canary", {"Proxy-Authenticate": 'Basic realm="canary"', "Connection": "close"})
    with Proxy(refusal) as proxy:
        url = f"http://user:canary-pass@127.0.0.1:{proxy.port}"
        found, _ = await poll("https://cloud.invalid", proxy=url)
    assert type(found) is error
    assert (found.problem, found.hint, found.status) == (problem, hint, status)
    assert found.where == f"CONNECT cloud.invalid through http://127.0.0.1:{proxy.port}"
    assert "canary" not in str(found)
    assert proxy.taken == requests


# F-19
async def test_a_proxy_that_is_not_there() -> None:
    proxy = refused_origin()
    found, _ = await poll("https://cloud.invalid", proxy=proxy)
    assert type(found) is UnreachableError
    assert found.problem == f"could not connect to the proxy {proxy}: Connection refused; attempts made: 5"


# F-19
async def test_a_proxy_that_hangs_up() -> None:
    with FaultServer(close_unanswered) as proxy:
        found, _ = await poll("https://cloud.invalid", proxy=proxy.origin)
    assert type(found) is UnreachableError
    assert found.problem == f"{CUT}; attempts made: 5"
    assert proxy.taken == 5


async def test_a_gate_ends_at_once_where_the_proxy_wants_other_credentials() -> None:
    with Proxy(http_answer(407, headers={"Connection": "close"})) as proxy, FaultServer(answer()) as server:
        server_origin = server.origin.replace("http://", "https://")
        ended = await gate_through(proxy, server_origin)
    assert type(ended) is SettingsError
    assert proxy.taken == 1


async def gate_through(proxy: Proxy, origin: str) -> object:
    class At:
        pass

    place: Any = At()
    place.origin = origin
    return await gate(place, proxy=proxy.origin)


async def test_a_connection_is_not_shared_between_routes(tmp_path: Path) -> None:
    """An account with an authority of its own must not lend its connection to one that does not trust it."""
    clock = FakeClock()
    client = Client(sleep=clock.sleep)
    with FaultServer(answer(), tls=server_context()) as server:
        await account_on(server, client, clock, caFile=ca_file(tmp_path)).get(PATH)
        with pytest.raises(BadResponseError, match="unknown authority"):
            await account_on(server, client, clock).get(PATH)
    await client.aclose()
    assert len(server.heads) == 1


def test_the_body_of_these_tests_is_a_lease() -> None:
    assert LEASE_BODY in GOOD
