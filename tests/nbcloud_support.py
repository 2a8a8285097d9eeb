"""What several tests share: patience, a raw loopback server, a clock moved by hand, an account of made-up keys."""

from __future__ import annotations

import os
import re
import socketserver
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import anyio.lowlevel

from pulumi_nbcloud.clouds.modelarts.account import SCHEMA, ModelArtsAccount
from pulumi_nbcloud.errors import NbcloudError
from pulumi_nbcloud.http.client import Client
from pulumi_nbcloud.http.messages import Request, Response
from pulumi_nbcloud.kinds.kind import AccountT, ArgumentsT, Kind, StateT
from pulumi_nbcloud.settings.resolve import resolve
from pulumi_nbcloud.settings.schema import Settings
from pulumi_nbcloud.settings.sources import ConfigReader

NOTEBOOK_ID = "0b9c2f6e-4a70-4a0e-9d0e-2c6f8d1e7a55"
ACCESS_KEY = "TESTACCESSKEY"
SECRET_KEY = "canary-secret-key-5f1d"
SECURITY_TOKEN = "canary-security-token-8c3e"
PROJECT_ID = "test-project"
NOW = 1_638_842_905.0  # 2021-12-07T02:08:25Z

# The lease page's own example.
LEASE_BODY = (
    b'{"create_at" : 1638841744515, "duration" : 3600000, "enable" : true, "type" : "TIMING", '
    b'"update_at" : 1638842905925}'
)

# After this something hangs.
LIMIT_SECONDS = 120

# Pulumi config that holds nothing.
NO_CONFIG: ConfigReader = dict[str, object]().get

Answer = bytes | Iterable[bytes]


def eventually(found: Callable[[], bool], what: str) -> None:
    """Wait until something holds; a defect must not hang the run."""
    pause = threading.Event()
    for _ in range(LIMIT_SECONDS * 50):
        if found():
            return
        pause.wait(0.02)
    raise AssertionError(f"never seen: {what}")


def timed(text: str | None) -> str:
    """A text of a refusal that is remembered, with T for the time of it."""
    return re.sub(r"refused at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "refused at T", text or "")


async def read(kind: Kind[AccountT, ArgumentsT, StateT], account: AccountT, arguments: ArgumentsT) -> StateT:
    """Read one thing with an account of the test, and say in every error which one it was, as `Reader.read` does."""
    try:
        return kind.select(account, await kind.read(account, arguments), arguments)
    except NbcloudError as error:
        raise kind.about(error, arguments) from None


def http_answer(status: int = 200, body: bytes = b"{}", headers: Mapping[str, str] | None = None) -> bytes:
    """One whole HTTP answer, written by hand."""
    lines = [f"HTTP/1.1 {status} Any", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


class RawServer(socketserver.ThreadingTCPServer):
    """Keeps the head of each request byte for byte and answers what it is told.

    Args:
        answer: from the number of the request (from 1) and its head to the bytes of the answer; no bytes close the
            connection without one. What it yields one by one is sent one by one.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, answer: Callable[[int, bytes], Answer]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.heads: list[bytes] = []
        self.in_work = 0
        self.most_in_work = 0
        self.changed = threading.Condition()
        self.released = threading.Event()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def wait_for_requests(self, number: int) -> None:
        """Wait until so many requests are in work; gives up after 30 s so that a defect cannot hang the run."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.in_work >= number, timeout=30), f"{self.in_work} in work"

    def hold(self) -> None:
        """Keeps an answer back until `released` is set."""
        assert self.released.wait(30)

    def pace(self) -> bool:
        """A short pause between the parts of a dripping answer; false once the server ends."""
        return not self.released.wait(0.01)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of these tests."""


class _Handler(socketserver.StreamRequestHandler):
    server: RawServer

    def handle(self) -> None:
        while head := self._head():
            server = self.server
            with server.changed:
                server.heads.append(head)
                number = len(server.heads)
                server.in_work += 1
                server.most_in_work = max(server.most_in_work, server.in_work)
                server.changed.notify_all()
            answer = server.answer(number, head)
            parts = iter([answer] if isinstance(answer, bytes) else answer)
            first = next(parts, b"")
            with server.changed:
                server.in_work -= 1
            if not first:
                return
            self.wfile.write(first)
            for part in parts:
                self.wfile.write(part)
            if b"Connection: close" in first:
                return

    def _head(self) -> bytes:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            try:
                line = self.rfile.readline()
            except OSError:
                return b""
            if not line:
                return b""
            head += line
        return head


@contextmanager
def raw_server(answer: Callable[[int, bytes], Answer] | bytes) -> Iterator[RawServer]:
    """Serves until the block ends."""
    respond = (lambda number, head: answer) if isinstance(answer, bytes) else answer
    with RawServer(respond) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.released.set()
            server.shutdown()
            thread.join()


def header_of(head: bytes, name: str) -> list[str]:
    """All values of a header, in the order sent."""
    lines = [line.partition(b":") for line in head.split(b"\r\n")[1:] if line]
    return [value.strip().decode("latin-1") for key, _, value in lines if key.lower() == name.lower().encode()]


def target_of(head: bytes) -> str:
    """The request target, byte for byte."""
    return head.split(b"\r\n")[0].split(b" ")[1].decode("latin-1")


class FakeClock:
    """A wall clock that moves only when something sleeps on it."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await anyio.lowlevel.checkpoint()


def make_settings(**changes: str) -> Settings:
    """Settings of the test account; keys in camelCase."""
    values = {"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY, "projectId": PROJECT_ID, "region": "cn-north-4"}
    return resolve(SCHEMA, None, {"nbcloud:modelarts": {**values, **changes}}.get, {})


def make_account(
    client: Client | None = None, now: Callable[[], float] = lambda: NOW, **changes: str
) -> ModelArtsAccount:
    """An account of the test settings."""
    return ModelArtsAccount(make_settings(**changes), client or Client(), now=now)


def make_response(
    status: int = 200, body: bytes = LEASE_BODY, headers: Mapping[str, str] | None = None, target: str = "/v1/p"
) -> Response:
    """A response as the transport gives it."""
    return Response(Request("GET", "https://modelarts.example.com", target), status, headers or {}, body)


def examples(count: int) -> int:
    """Return how many examples a property is tried with: all of them in `make soak`, a fifth in `make test`.

    On the other Pythons (scripts/test-versions) few do: each property has held on the main one.
    """
    return {"many": count, "quick": 20}.get(os.environ.get("NBCLOUD_EXAMPLES", ""), count // 5)


def one_line(error: NbcloudError) -> str:
    """The text of an error as logs have it, and its hint; a person sees the same in lines."""
    facts = [f"  {name}: {value}" for name, value in error.all_facts()]
    hint = [f"hint: {error.hint}"] if error.hint else []
    assert str(error).split("\n") == [*error.headline.split("\n"), *facts, *hint]
    return "\n".join((error.line, *hint))


_FACT = re.compile(
    r" +(target|reason|expected|not met|actual|so far|undecided|last error|override|overrode|deadline|polls|"
    r"vendor message|attempts made|response|request|request id): (.*)"
)


def folded(text: str) -> str:
    """Fold the facts of messages into their headlines, so that a test needs no line for each.

    What a message says of its request stands in brackets at the end, as in its one line for logs.
    """
    lines: list[str] = []
    request: list[str] = []
    for line in [*text.split("\n"), ""]:
        fact = _FACT.fullmatch(line)
        if fact is None:
            if request:
                lines[-1] += f" ({', '.join(request)})"
                request = []
            lines.append(line)
        elif fact[1] in ("response", "request", "request id"):
            request.append(f"request id {fact[2]}" if fact[1] == "request id" else fact[2])
        elif fact[1] == "vendor message":
            lines[-1] += f': "{fact[2]}"'
        else:
            lines[-1] += f"; {fact[1]}: {fact[2]}"
    return "\n".join(lines[:-1])


def line_of(process: subprocess.Popen[str], start: str) -> str:
    """The next line of stderr that starts so; ends with the process where there is none."""
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(start):
            return line
    raise AssertionError(f"never said: {start}")
