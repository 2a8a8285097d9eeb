"""Connections that mean no good: slow ones, many, malformed requests, two requests that look like one."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest
from lease_support import LEASE, NOTEBOOK
from nbcloud_support import LIMIT_SECONDS, eventually
from process_support import Process, received, serving
from serve_support import TOKEN, bearer, document

from pulumi_nbcloud.mock import MockClouds

# Shorter than a person would wait for a test; what happens then is the same.
IMPATIENT = """
import pulumi_nbcloud.serve.server as server, pulumi_nbcloud.serve.requests as requests
server.HEADER_SECONDS = requests.BODY_SECONDS = server.KEEP_ALIVE_SECONDS = 1.0
"""
HEAD = f"POST /v1/gates/lease/check HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n".encode()
SMUGGLED = b"POST /v1/gates/lease/check HTTP/1.1\r\nHost: smuggled\r\n\r\n"


@pytest.fixture(scope="module")
def service(nbcloud_mock_server: MockClouds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    content = document(limits={"connections": 12})
    folder = tmp_path_factory.mktemp("serve")
    environment = {**nbcloud_mock_server.environment(), "HOME": str(folder)}
    with serving(folder, content, env=environment, before=IMPATIENT) as process:
        yield process


@pytest.fixture(autouse=True)
def lease(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)


def statuses(answer: bytes) -> list[int]:
    return [int(each) for each in re.findall(rb"HTTP/1\.1 (\d{3})", answer)]


def test_a_request_in_one_piece(service: Process) -> None:
    assert statuses(service.raw(HEAD + b"Connection: close\r\n\r\n")) == [200]


def test_headers_that_come_slowly_are_not_waited_for(service: Process) -> None:
    """And who sends whole requests is served meanwhile."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=LIMIT_SECONDS) as slow:
        slow.sendall(HEAD)
        assert service.post("/v1/gates/lease/check", headers=bearer(TOKEN)).status_code == 200
        assert received(slow) == b""


def test_a_connection_that_says_nothing_is_closed(service: Process) -> None:
    assert service.raw() == b""


def test_a_second_request_may_not_be_slow_either(service: Process) -> None:
    assert statuses(service.raw(HEAD + b"\r\n", HEAD[:20])) == [200]


def test_a_body_that_comes_slowly(service: Process) -> None:
    answer = service.raw(HEAD + b"Content-Type: application/json\r\nContent-Length: 10\r\n\r\n{")
    assert statuses(answer) == [408]


def test_headers_that_are_too_long(service: Process) -> None:
    assert statuses(service.raw(HEAD + b"X: " + b"a" * 20_000 + b"\r\n\r\n")) == [431]


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" % (len(SMUGGLED) + 5),
        b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(SMUGGLED),
        b"Content-Length: 0, %d\r\n\r\n" % len(SMUGGLED),
        b"Content-Length: +0\r\n\r\n",
        b"Content-Length: 0x0\r\n\r\n",
        b"Transfer-Encoding: xchunked\r\n\r\n",
        b"Transfer-Encoding: chunked, identity\r\n\r\n",
        b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n",
        b"X: a\x00b\r\n\r\n",
        b"X: a\nHost: y\r\n\r\n",
        b"Host: y\r\n\r\n",
    ],
    ids=lambda value: repr(value)[:50],
)
def test_a_request_that_two_readers_could_read_differently(
    headers: bytes, service: Process, clouds: MockClouds
) -> None:
    """What stands behind it is never taken for a request: the connection is closed, or it is its body."""
    answer = service.raw(HEAD + headers + SMUGGLED)
    assert statuses(answer) in ([400], [413], [415])


def test_two_requests_behind_each_other(service: Process) -> None:
    """Allowed, and each needs its own token."""
    answer = service.raw(HEAD + b"\r\n" + SMUGGLED + HEAD + b"Connection: close\r\n\r\n")
    assert statuses(answer) == [200, 401, 200]


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /healthz HTTP/0.9",
        b"GET http://evil.example/healthz HTTP/1.1",
        b"CONNECT evil.example:443 HTTP/1.1",
        b"PRI * HTTP/2.0",
        b"GET /v1/gates/\xc3\xa4/check HTTP/1.1",
        b"GET  /healthz  HTTP/1.1",
        b"\x16\x03\x01",
    ],
    ids=repr,
)
def test_request_lines_of_other_protocols(request_line: bytes, service: Process) -> None:
    answer = service.raw(request_line + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert set(statuses(answer)) <= {400, 401, 404, 505}
    assert b'"ok"' not in answer


def test_a_web_socket_is_not_spoken(service: Process) -> None:
    upgrade = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: upgrade, close\r\nUpgrade: websocket\r\n\r\n"
    assert statuses(service.raw(upgrade)) == [200]


def test_too_many_connections(service: Process) -> None:
    """One too many is told so and closed; the others are served."""

    def attempt() -> bool:
        """On a busy machine the first may be closed again, for saying nothing, before the last is open."""
        opened = [socket.create_connection(("127.0.0.1", service.port), timeout=LIMIT_SECONDS) for _ in range(12)]
        try:
            opened[0].sendall(HEAD + b"\r\n")
            served = statuses(opened[0].recv(65_536))
            return served == [200] and statuses(service.raw()) == [503]
        finally:
            for each in opened:
                each.close()

    eventually(attempt, "a connection that is refused while others are served")
    assert service.get("/healthz").status_code == 200
