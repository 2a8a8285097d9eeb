"""The one request policy, seen from the other end of the socket."""

from __future__ import annotations

import contextlib
import email.utils
import logging
import socket
import ssl
import traceback
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import aiohttp
import anyio
import anyio.to_thread
import pytest
from nbcloud_support import (
    NOTEBOOK_ID,
    NOW,
    PROJECT_ID,
    SECRET_KEY,
    SECURITY_TOKEN,
    FakeClock,
    RawServer,
    header_of,
    http_answer,
    make_account,
    one_line,
    raw_server,
    target_of,
)

from pulumi_nbcloud import __version__
from pulumi_nbcloud.clouds.modelarts.account import ModelArtsAccount
from pulumi_nbcloud.clouds.modelarts.signature import authorization
from pulumi_nbcloud.errors import BadResponseError, NbcloudError, ThrottledError, UnreachableError
from pulumi_nbcloud.http.client import MAX_HEADER_LINE_BYTES, MAX_IN_FLIGHT, Client
from pulumi_nbcloud.http.messages import Request, Response, target
from pulumi_nbcloud.http.retry import RetryBudget

pytestmark = pytest.mark.anyio

HARD = [
    "( ) ~ ! * % + /",
    "%2F%2f%25",
    "a+b c",
    "..%2f..",
    "'\"<>[]{}|\\^`",
    ";,:@&=$#?",
    "中é😀\u00a0\u202e",
    "\x00\x01\n\r\t\x7f",
    "-_.~",
]


@contextlib.asynccontextmanager
async def client_of(**options: Any) -> Any:
    client = Client(**options)
    try:
        yield client
    finally:
        await client.aclose()


Prepare = Callable[[], Awaitable[Request]]


def request_to(server: RawServer, path: str = "/v1/p") -> Prepare:
    return preparing(Request("GET", server.origin, path))


def preparing(request: Request) -> Prepare:
    async def prepare() -> Request:
        return request

    return prepare


async def send(client: Client, prepare: Prepare) -> Response:
    return await client.send(prepare, budget=RetryBudget())


async def failure(client: Client, prepare: Prepare) -> NbcloudError:
    with pytest.raises(NbcloudError) as caught:
        await send(client, prepare)
    return caught.value


# --- what is sent


@pytest.mark.parametrize("text", HARD, ids=ascii)
async def test_the_request_line_and_host_are_what_was_signed(text: str) -> None:
    sent = target(("v1", PROJECT_ID, text, f"{text}{text}"), [("name", text), (text, ""), ("name", "b"), ("a", text)])
    with raw_server(http_answer()) as server:
        async with client_of() as client:
            account = make_account(client, endpoint=server.origin, securityToken=SECURITY_TOKEN)
            await account.get(sent)
        [head] = server.heads
    assert head.split(b"\r\n")[0] == f"GET {(await account.sign('GET', sent)).target} HTTP/1.1".encode()
    assert target_of(head) == sent
    assert header_of(head, "Host") == [server.origin.removeprefix("http://")]
    # Signed again from nothing but what came over the wire.
    [signed] = header_of(head, "Authorization")
    names = signed.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    received = {name: value for name in names for value in header_of(head, name)}
    assert signed == authorization("TESTACCESSKEY", SECRET_KEY, "GET", target_of(head), received)


async def test_exactly_these_headers_are_sent_and_no_cookie_comes_back() -> None:
    with raw_server(http_answer(headers={"Set-Cookie": "session=canary; Path=/"})) as server:
        async with client_of() as client:
            # By name: cookie jars take none from an address.
            endpoint = server.origin.replace("127.0.0.1", "localhost")
            account = make_account(client, endpoint=endpoint, securityToken=SECURITY_TOKEN)
            for _ in range(2):
                await account.get("/v1/p")
        for head in server.heads:
            names = sorted(line.partition(b":")[0].decode().lower() for line in head.split(b"\r\n")[1:] if line)
            expected = "accept accept-encoding authorization content-type host user-agent x-project-id x-sdk-date"
            assert names == [*expected.split(), "x-security-token"]
            assert header_of(head, "Content-Type") == ["application/json"]
            assert header_of(head, "Accept-Encoding") == ["identity"]
            assert header_of(head, "Accept") == ["application/json"]
            assert header_of(head, "User-Agent") == [f"pulumi-nbcloud/{__version__}"]
    assert len(server.heads) == 2


async def test_nothing_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login canary password canary\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with raw_server(http_answer()) as server, raw_server(http_answer()) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.origin)
        async with client_of() as client:
            await send(client, request_to(server))
        assert (len(server.heads), len(proxy.heads)) == (1, 0)
        assert header_of(server.heads[0], "Authorization") == []


async def test_a_connection_is_used_again() -> None:
    ports: list[int] = []
    with raw_server(http_answer()) as server:
        finish = server.finish_request

        def accepted(request: Any, address: Any) -> None:
            ports.append(address[1])
            finish(request, address)

        server.finish_request = accepted  # type: ignore[assignment, method-assign]
        async with client_of() as client:
            for _ in range(3):
                await send(client, request_to(server))
    assert len(server.heads) == 3
    assert len(ports) == 1


async def test_after_closing_the_next_send_opens_again() -> None:
    with raw_server(http_answer()) as server:
        async with client_of() as client:
            await send(client, request_to(server))
            await client.aclose()
            assert (await send(client, request_to(server))).status == 200


async def test_a_response_is_given_whole_with_lower_case_names_and_the_first_of_repeated_headers() -> None:
    answer = b"HTTP/1.1 299 Any\r\nX-Request-Id: r\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 4\r\n\r\nb\x00dy"
    with raw_server(answer) as server:
        async with client_of() as client:
            response = await send(client, request_to(server))
    assert (response.status, response.body, response.request_id) == (299, b"b\x00dy", "r")
    assert response.headers["x-a"] == "1"


# --- redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["/elsewhere?token=canary", "http://other.invalid/x?token=canary"])
async def test_a_redirect_is_never_followed(status: int, location: str) -> None:
    with raw_server(http_answer(status, headers={"Location": location})) as server:
        async with client_of() as client:
            with pytest.raises(BadResponseError) as caught:
                await make_account(client, endpoint=server.origin).get("/v1/p")
    assert len(server.heads) == 1
    where = "itself" if location.startswith("/") else "http://other.invalid"
    assert one_line(caught.value) == (
        f"the endpoint redirects to {where}; redirects are never followed (HTTP {status}, GET {server.origin}/v1/p)\n"
        "hint: check the setting endpoint: signed requests must reach the cloud itself"
    )


# --- retries


@pytest.mark.parametrize("status", [408, 425, 429, 502, 503, 504, None])
async def test_what_may_pass_is_tried_again_and_each_attempt_is_signed_again(status: int | None) -> None:
    clock = FakeClock()

    def answer(number: int, head: bytes) -> bytes:
        if number == 3:
            return http_answer()
        return http_answer(status) if status else b""

    with raw_server(answer) as server:
        async with client_of(sleep=clock.sleep, now=clock, random=lambda: 0.9) as client:
            await make_account(client, clock, endpoint=server.origin).get("/v1/p")
    dates = [header_of(head, "X-Sdk-Date") for head in server.heads]
    if status == 429:
        assert clock.slept == [1.8, 3.6]
        assert dates == [["20211207T020825Z"], ["20211207T020826Z"], ["20211207T020830Z"]]
    else:
        assert clock.slept == [0.45, 0.9]
        assert dates == [["20211207T020825Z"], ["20211207T020825Z"], ["20211207T020826Z"]]
    signatures = {header_of(head, "Authorization")[0] for head in server.heads}
    assert len(signatures) == len({date for [date] in dates})


@pytest.mark.parametrize("status", [200, 204, 304, 400, 401, 403, 404, 409, 500, 501, 505])
async def test_everything_else_is_an_answer_at_once(status: int) -> None:
    body = b"" if status in (204, 304) else b"{}"
    with raw_server(http_answer(status, body)) as server:
        async with client_of(sleep=FakeClock().sleep) as client:
            assert (await send(client, request_to(server))).status == status
    assert len(server.heads) == 1


async def test_a_cloud_may_name_further_statuses() -> None:
    with raw_server(lambda number, head: http_answer(500 if number == 1 else 200)) as server:
        async with client_of(sleep=FakeClock().sleep) as client:
            response = await client.send(request_to(server), budget=RetryBudget(), retry_statuses=frozenset({500}))
    assert (response.status, len(server.heads)) == (200, 2)


async def test_the_fifth_attempt_is_the_last_and_its_response_is_given() -> None:
    clock = FakeClock()
    with raw_server(lambda number, head: http_answer(503, b"%d" % number)) as server:
        async with client_of(sleep=clock.sleep, random=lambda: 0.5) as client:
            response = await send(client, request_to(server))
    assert (response.status, response.body, len(server.heads)) == (503, b"5", 5)
    assert clock.slept == [0.25, 0.5, 1.0, 2.0]


async def test_the_number_of_attempts_is_told() -> None:
    with raw_server(b"") as server:
        async with client_of(sleep=FakeClock().sleep) as client:
            error = await failure(client, request_to(server))
    assert len(server.heads) == 5
    assert isinstance(error, UnreachableError)
    assert one_line(error) == (
        "the connection ended before the answer was whole; attempts made: 5 "
        f"(GET {server.origin}/v1/p)\nhint: check the network and the endpoint, then try again"
    )


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("0", 0.0), ("1.5", 1.5), (email.utils.formatdate(NOW + 9, usegmt=True), 9.0), ("soon", 0.25)],
)
async def test_a_retry_after_is_honoured(value: str, seconds: float) -> None:
    clock = FakeClock()

    def answer(number: int, head: bytes) -> bytes:
        return http_answer(503, headers={"Retry-After": value}) if number == 1 else http_answer()

    with raw_server(answer) as server:
        async with client_of(sleep=clock.sleep, now=clock, random=lambda: 0.5) as client:
            await send(client, request_to(server))
    assert clock.slept == [seconds]
    assert len(server.heads) == 2


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("60", 60.0),
        ("3600", 3600.0),
        ("99999999999", 1e9),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799.0 - NOW),
    ],
)
async def test_a_retry_after_beyond_the_deadline_ends_it_at_once(value: str, seconds: float) -> None:
    clock = FakeClock()
    with raw_server(http_answer(429, headers={"Retry-After": value})) as server:
        async with client_of(sleep=clock.sleep, now=clock) as client:
            with pytest.raises(ThrottledError) as caught:
                await make_account(client, clock, endpoint=server.origin).get("/v1/p")
    assert (len(server.heads), clock.slept) == (1, [])
    assert caught.value.retry_after == seconds


async def test_an_empty_budget_makes_the_first_attempt_the_last() -> None:
    budget = RetryBudget()
    with raw_server(http_answer(503)) as server:
        async with client_of(sleep=FakeClock().sleep) as client:
            for _ in range(10):
                await client.send(request_to(server), budget=budget)
    # 10 sends, and the 20 retries that a full budget pays for.
    assert len(server.heads) == 30


async def test_a_success_pays_back() -> None:
    budget = RetryBudget()
    while budget.spend():
        pass
    with raw_server(lambda number, head: http_answer(200 if number <= 5 else 503)) as server:
        async with client_of(sleep=FakeClock().sleep) as client:
            for _ in range(6):
                await client.send(request_to(server), budget=budget)
    assert len(server.heads) == 7


# --- caps and deadlines


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_over_the_cap_is_not_read_to_its_end(chunked: bool) -> None:
    def answer(number: int, head: bytes) -> Iterator[bytes]:
        length = "Transfer-Encoding: chunked" if chunked else "Content-Length: 1000000000"
        yield f"HTTP/1.1 200 OK\r\nX-Request-Id: r-1\r\n{length}\r\n\r\n".encode()
        while server.pace():
            yield b"3E8\r\n" + b"x" * 1000 + b"\r\n" if chunked else b"x" * 1000

    with raw_server(answer) as server:
        async with client_of(max_body_bytes=5000) as client:
            error = await failure(client, request_to(server))
            server.released.set()
    assert isinstance(error, BadResponseError)
    assert one_line(error) == (
        f"the answer is larger than 5000 bytes (HTTP 200, GET {server.origin}/v1/p, request id r-1)\n"
        "hint: ask for less: narrow the filters"
    )


async def test_a_body_of_the_cap_itself_is_read() -> None:
    with raw_server(http_answer(body=b"x" * 5000)) as server:
        async with client_of(max_body_bytes=5000) as client:
            assert len((await send(client, request_to(server))).body) == 5000


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "GZIP", "identity, gzip"])
async def test_a_compressed_answer_is_refused_unread(encoding: str) -> None:
    with raw_server(http_answer(headers={"Content-Encoding": encoding, "X-Request-Id": "r-1"})) as server:
        async with client_of() as client:
            error = await failure(client, request_to(server))
    assert isinstance(error, BadResponseError)
    assert len(server.heads) == 1
    assert one_line(error) == (
        "the answer is compressed although none was asked for "
        f"(HTTP 200, GET {server.origin}/v1/p, request id r-1)\nhint: check the endpoint and any proxy before it"
    )


@pytest.mark.parametrize("encoding", ["identity", "Identity"])
async def test_an_answer_that_says_it_is_plain_is_read(encoding: str) -> None:
    with raw_server(http_answer(headers={"Content-Encoding": encoding})) as server:
        async with client_of() as client:
            assert (await send(client, request_to(server))).body == b"{}"


BROKEN = "the answer breaks the HTTP protocol (GET {where})\nhint: check the endpoint and any proxy before it"


@pytest.mark.parametrize(
    "answer",
    [
        http_answer(headers={"X-Long": "x" * (MAX_HEADER_LINE_BYTES + 1)}),
        http_answer(headers={f"X-{number}": "x" for number in range(1000)}),
        b"HTTP/1.1 200 " + b"x" * (MAX_HEADER_LINE_BYTES + 1) + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=lambda answer: repr(answer[:40]),
)
async def test_an_answer_that_breaks_http_is_said_so_once(answer: bytes) -> None:
    with raw_server(answer) as server:
        async with client_of(sleep=FakeClock().sleep) as client:
            error = await failure(client, request_to(server))
    assert isinstance(error, BadResponseError), error
    assert one_line(error) == BROKEN.format(where=f"{server.origin}/v1/p")
    assert len(server.heads) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"<html>canary</html>\r\n\r\n",
        b"HTTP/1.1 abc Any\r\n\r\n",
        b"\x00\x01\x02\x03\r\n\r\n",
    ],
    ids=lambda answer: repr(answer[:40]),
)
async def test_what_does_not_begin_like_an_answer_is_asked_for_once_more(answer: bytes) -> None:
    with raw_server(answer) as server:
        async with client_of(sleep=FakeClock().sleep) as client:
            error = await failure(client, request_to(server))
    assert isinstance(error, BadResponseError), error
    assert one_line(error) == BROKEN.format(where=f"{server.origin}/v1/p")
    assert len(server.heads) == 2


async def test_an_answer_that_ends_early_is_tried_again() -> None:
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nxx"
    with raw_server(lambda number, head: cut if number == 1 else http_answer()) as server:
        async with client_of(sleep=FakeClock().sleep) as client:
            assert (await send(client, request_to(server))).body == b"{}"
    assert len(server.heads) == 2


async def test_a_long_header_below_the_cap_is_read() -> None:
    # Longer than the HTTP library's own cap.
    value = "x" * (MAX_HEADER_LINE_BYTES - 1000)
    with raw_server(http_answer(headers={"X-Long": value})) as server:
        async with client_of() as client:
            assert (await send(client, request_to(server))).headers["x-long"] == value


def never(server: RawServer) -> Iterator[bytes]:
    server.hold()
    yield b""


def drip_head(server: RawServer) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nX-Drip: "
    while server.pace():
        yield b"x"


def drip_body(server: RawServer) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
    while server.pace():
        yield b"x"


def interim(server: RawServer) -> Iterator[bytes]:
    while server.pace():
        yield b"HTTP/1.1 102 Processing\r\n\r\n"


@pytest.mark.parametrize("behave", [never, drip_head, drip_body, interim])
@pytest.mark.parametrize(("total", "attempt", "requests"), [(60.0, 0.2, 5), (0.2, 60.0, 1)])
async def test_a_server_that_never_ends_its_answer_meets_a_deadline(
    behave: Callable[[RawServer], Iterator[bytes]], total: float, attempt: float, requests: int
) -> None:
    prepared: list[Request] = []

    async def prepare() -> Request:
        prepared.append(Request("GET", server.origin, "/v1/p"))
        return prepared[-1]

    with raw_server(lambda number, head: behave(server)) as server:
        async with client_of(total_seconds=total, attempt_seconds=attempt, sleep=FakeClock().sleep) as client:
            error = await failure(client, prepare)
            server.released.set()
    assert isinstance(error, UnreachableError)
    assert one_line(error) == (
        f"no whole answer within 0.2 s; attempts made: {requests} (GET {server.origin}/v1/p)\n"
        "hint: check the network and the endpoint, then try again"
    )
    # On a busy machine an attempt may end before the server has seen it.
    assert len(server.heads) <= len(prepared) == requests


async def test_a_deadline_of_ones_own_is_kept() -> None:
    with raw_server(lambda number, head: never(server)) as server:
        async with client_of() as client:
            with pytest.raises(UnreachableError, match="no whole answer"):
                await client.send(request_to(server), budget=RetryBudget(), deadline=anyio.current_time() + 0.2)
            server.released.set()


async def test_being_cancelled_is_not_turned_into_an_error() -> None:
    with raw_server(lambda number, head: never(server)) as server:
        async with client_of() as client, anyio.create_task_group() as tasks:
            tasks.start_soon(send, client, request_to(server))
            await anyio.to_thread.run_sync(server.wait_for_requests, 1)
            tasks.cancel_scope.cancel()
            server.released.set()
    assert len(server.heads) == 1


# --- connections that cannot be


def refused_origin() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


async def test_a_refused_connection() -> None:
    origin = refused_origin()
    async with client_of(sleep=FakeClock().sleep) as client:
        error = await failure(client, preparing(Request("GET", origin, "/v1/p")))
    assert type(error) is UnreachableError
    assert one_line(error) == (
        f"could not connect: Connection refused; attempts made: 5 (GET {origin}/v1/p)\n"
        "hint: check the network and the endpoint, then try again"
    )


async def test_a_host_name_that_does_not_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "canary")

    # No name leaves this machine: the resolver itself is replaced.
    monkeypatch.setattr(aiohttp.ThreadedResolver, "resolve", resolve)
    if hasattr(aiohttp, "AsyncResolver"):
        monkeypatch.setattr(aiohttp.AsyncResolver, "resolve", resolve)
    async with client_of(sleep=FakeClock().sleep) as client:
        error = await failure(client, preparing(Request("GET", "https://modelarts.nowhere.invalid", "/v1/p")))
        monkeypatch.setenv("HTTPS_PROXY", "http://user:canary@proxy.example:3128")
        behind_a_proxy = await failure(client, preparing(Request("GET", "https://modelarts.nowhere.invalid", "/v1/p")))
    assert type(error) is UnreachableError
    assert one_line(error) == (
        "the host name cannot be resolved; attempts made: 5 (GET https://modelarts.nowhere.invalid/v1/p)\n"
        "hint: check the region and the endpoint"
    )
    assert one_line(behind_a_proxy) == (
        "the host name cannot be resolved; attempts made: 5 (GET https://modelarts.nowhere.invalid/v1/p)\n"
        "hint: HTTPS_PROXY is set, and is not used here: if a proxy is the only way out, set proxy; else check the "
        "region and the endpoint"
    )


async def test_a_firewall_that_drops_everything_but_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async def connect(*_: Any, **__: Any) -> Any:
        await anyio.sleep_forever()

    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setattr("pulumi_nbcloud.http.client.CONNECT_SECONDS", 0.05)
    monkeypatch.setattr(aiohttp.TCPConnector, "_resolve_host", connect_at_once)
    monkeypatch.setattr("aiohttp.connector.aiohappyeyeballs.start_connection", connect)
    async with client_of(sleep=FakeClock().sleep) as client:
        error = await failure(client, preparing(Request("GET", "https://modelarts.nowhere.invalid", "/v1/p")))
    assert error.hint == (
        "https_proxy is set, and is not used here: if a proxy is the only way out, set proxy; else check the network "
        "and the endpoint, then try again"
    )


async def test_a_connection_that_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    async def connect(*_: Any, **__: Any) -> Any:
        await anyio.sleep_forever()

    monkeypatch.setattr("pulumi_nbcloud.http.client.CONNECT_SECONDS", 0.05)
    monkeypatch.setattr(aiohttp.TCPConnector, "_resolve_host", connect_at_once)
    monkeypatch.setattr("aiohttp.connector.aiohappyeyeballs.start_connection", connect)
    async with client_of(sleep=FakeClock().sleep) as client:
        error = await failure(client, preparing(Request("GET", "http://127.0.0.1:9", "/v1/p")))
    assert type(error) is UnreachableError
    assert one_line(error) == (
        "could not connect within 0.05 s; attempts made: 5 (GET http://127.0.0.1:9/v1/p)\n"
        "hint: check the network and the endpoint, then try again"
    )


async def connect_at_once(self: Any, host: str, port: int, traces: Any = None) -> list[dict[str, Any]]:
    return [{"hostname": host, "host": host, "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}]


async def test_tls_to_a_plain_port_is_named_and_not_tried_again() -> None:
    accepted = 0

    def plain(request: socket.socket, address: Any) -> None:
        nonlocal accepted
        accepted += 1
        request.recv(65536)
        request.sendall(http_answer(400))

    with raw_server(b"") as server:
        server.finish_request = plain  # type: ignore[assignment, method-assign]
        origin = server.origin.replace("http:", "https:")
        async with client_of(sleep=FakeClock().sleep) as client:
            error = await failure(client, preparing(Request("GET", origin, "/v1/p")))
    assert accepted == 1
    assert isinstance(error, BadResponseError)
    assert one_line(error) == (
        f"the TLS handshake failed: wrong version number (GET {origin}/v1/p)\n"
        "hint: the port speaks no TLS: check the endpoint's port, and any proxy before it"
    )


async def test_an_old_tls_is_never_spoken() -> None:
    async with client_of() as client:
        exact = client._open().client
        context = exact._context
    assert isinstance(context, ssl.SSLContext)
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


async def test_what_the_library_refuses_to_send_is_our_defect() -> None:
    with raw_server(http_answer()) as server:
        async with client_of() as client:
            error = await failure(
                client, preparing(Request("GET", server.origin, "/v1/p", {"X-A": "a\r\nX-B: canary"}))
            )
    assert isinstance(error, BadResponseError)
    assert one_line(error) == (
        f"the request could not be sent (ValueError) (GET {server.origin}/v1/p)\n"
        "hint: this is a defect of pulumi-nbcloud, please report it"
    )
    assert "canary" not in "".join(traceback.format_exception(error))
    assert server.heads == []


# --- secrets


FAULTS: dict[str, Any] = {
    "closed": b"",
    "garbage": b"canary\r\n\r\n",
    "long header": http_answer(headers={"X-Long": "x" * (MAX_HEADER_LINE_BYTES + 1)}),
    "early end": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nxx",
    "compressed": http_answer(headers={"Content-Encoding": "gzip"}),
    "refused": http_answer(401, b'{"error_code": "APIGW.0301", "error_msg": "no"}'),
    "redirect": http_answer(302, headers={"Location": "http://127.0.0.1:1/?t=t"}),
    "not json": http_answer(200, b"<html>"),
    "busy": http_answer(503),
}


@pytest.mark.parametrize("fault", [*FAULTS, "no server"])
async def test_no_secret_is_in_an_error_or_a_log(fault: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with raw_server(FAULTS.get(fault, b"")) as server:
        origin = refused_origin() if fault == "no server" else server.origin
        async with client_of(sleep=FakeClock().sleep) as client:
            account: ModelArtsAccount = make_account(client, endpoint=origin, securityToken=SECURITY_TOKEN)
            try:
                (await account.get(f"/v1/{NOTEBOOK_ID}")).json()
                pytest.fail("no error")
            except NbcloudError as error:
                shown = [str(error), repr(error), "".join(traceback.format_exception(error)), repr(vars(error))]
        if fault != "no server":
            assert SECURITY_TOKEN.encode() in server.heads[0]
    signature = (await account.sign("GET", "/v1")).headers["Authorization"].partition("Signature=")[2]
    for text in [*shown, caplog.text, *map(repr, caplog.records)]:
        for secret in (SECRET_KEY, SECURITY_TOKEN, signature, "canary"):
            assert secret not in text


# --- how many at a time


async def test_at_most_32_requests_are_in_flight() -> None:
    def answer(number: int, head: bytes) -> bytes:
        server.hold()
        return http_answer()

    with raw_server(answer) as server:
        async with client_of() as client, anyio.create_task_group() as tasks:
            for _ in range(100):
                tasks.start_soon(send, client, request_to(server))
            await anyio.to_thread.run_sync(server.wait_for_requests, MAX_IN_FLIGHT)
            await anyio.wait_all_tasks_blocked()
            assert server.in_work == MAX_IN_FLIGHT == 32
            server.released.set()
    assert server.most_in_work == 32
    assert len(server.heads) == 100
