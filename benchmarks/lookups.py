"""Two hundred lookups beside other ways to make them, in one run, against a fast server on this machine.

The server and each contestant are processes of their own. A contestant makes all lookups once to warm its client, then
again, timed from the first request to the last parsed result. Contestants take turns; the median of the rounds counts.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from support import show

LOOK_UPS = 200
IN_FLIGHT = 32
THREADS = 16
ROUNDS = 9
PROJECT = "mock-project"
BODY = b'{"create_at":1638841744515,"duration":3600000,"enable":true,"type":"TIMING","update_at":1638842905925}'
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
IDS = [f"aaaaaaaa-0000-4000-8000-{number:012d}" for number in range(LOOK_UPS)]


class _Protocol(asyncio.Protocol):
    """Answers each request after a delay; nothing is parsed but where a request ends."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._rest = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *heads, self._rest = (self._rest + data).split(b"\r\n\r\n")
        for _ in heads:
            if self._delay:
                asyncio.get_running_loop().call_later(self._delay, self._answer)
            else:
                self._answer()

    def _answer(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(RESPONSE)


async def _serve(delay: float) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: _Protocol(delay), "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def ours(url: str) -> Callable[[], object]:
    from pulumi_nbcloud.modelarts import get_notebook_lease_output

    async def look_up() -> list[Any]:
        return await asyncio.gather(*(get_notebook_lease_output(notebook_id=each).future() for each in IDS))

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return lambda: loop.run_until_complete(look_up())


def httpx_gather(url: str) -> Callable[[], object]:
    import httpx

    loop = asyncio.new_event_loop()
    client = httpx.AsyncClient(timeout=60)

    async def one(each: str) -> Any:
        return (await client.get(f"{url}/v1/{PROJECT}/notebooks/{each}/lease")).json()

    async def look_up() -> list[Any]:
        return await asyncio.gather(*map(one, IDS))

    return lambda: loop.run_until_complete(look_up())


def requests_threads(url: str) -> Callable[[], object]:
    import requests

    local = threading.local()

    def one(each: str) -> Any:
        if not hasattr(local, "session"):
            local.session = requests.Session()
        return local.session.get(f"{url}/v1/{PROJECT}/notebooks/{each}/lease", timeout=60).json()

    pool = ThreadPoolExecutor(THREADS)
    return lambda: list(pool.map(one, IDS))


def modelarts_sdk(url: str) -> Callable[[], object]:
    from huaweicloudsdkcore.auth.credentials import BasicCredentials
    from huaweicloudsdkcore.http.http_config import HttpConfig
    from huaweicloudsdkmodelarts.v1 import ModelArtsClient, ShowLeaseRequest

    config = HttpConfig(pool_connections=THREADS, pool_maxsize=THREADS)
    credentials = BasicCredentials("ACCESSKEY", "secret", PROJECT)
    client = ModelArtsClient.new_builder().with_http_config(config).with_credentials(credentials)
    built = client.with_endpoints([url]).build()
    pool = ThreadPoolExecutor(THREADS)
    return lambda: list(pool.map(lambda each: built.show_lease(ShowLeaseRequest(id=each)), IDS))


def one_by_one(url: str) -> Callable[[], object]:
    from pulumi_nbcloud.modelarts import get_notebook_lease

    return lambda: [get_notebook_lease(notebook_id=each) for each in IDS]


MINE = "get_notebook_lease_output"
CONTESTANTS = {
    MINE: ours,
    "httpx gather, default limits": httpx_gather,
    f"requests, {THREADS} threads": requests_threads,
    f"ModelArts' SDK, {THREADS} threads": modelarts_sdk,
    "get_notebook_lease, one by one": one_by_one,
}


def _contest(name: str, url: str) -> None:
    """Runs in a process of its own: a round for each line of input."""
    look_up = CONTESTANTS[name](url)
    look_up()
    print("warm", flush=True)
    for _ in sys.stdin:
        started, worked = time.perf_counter(), time.process_time()
        found: Any = look_up()
        taken, cpu = time.perf_counter() - started, time.process_time() - worked
        assert len(found) == LOOK_UPS
        print(taken, cpu, flush=True)


@contextlib.contextmanager
def process(*arguments: str, environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, __file__, *arguments]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True, env=environment) as started:
        try:
            yield started
        finally:
            started.kill()


def line_of(started: subprocess.Popen[str], say: str | None = None) -> str:
    assert started.stdin is not None
    assert started.stdout is not None
    if say is not None:
        started.stdin.write(say)
        started.stdin.flush()
    return started.stdout.readline().strip()


def measure(delay: float) -> tuple[dict[str, float], dict[str, float]]:
    """The median seconds of each contestant against one server, on the clock and of the CPU."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NBCLOUD_", "PULUMI_"))}
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(process("--serve", str(delay), environment=kept))
        url = f"http://127.0.0.1:{line_of(server)}"
        settings = {"ACCESS_KEY": "ACCESSKEY", "SECRET_KEY": "secret", "PROJECT_ID": PROJECT, "ENDPOINT": url}
        environment = {**kept, **{f"NBCLOUD_MODELARTS_{name}": value for name, value in settings.items()}}
        contestants = {
            name: stack.enter_context(process("--contest", name, url, environment=environment)) for name in CONTESTANTS
        }
        for each in contestants.values():
            assert line_of(each) == "warm"
        rounds: dict[str, list[tuple[float, ...]]] = {name: [] for name in contestants}
        for _ in range(ROUNDS):
            for name, each in contestants.items():
                rounds[name].append(tuple(map(float, line_of(each, "again\n").split())))
    taken, cpu = (
        {name: statistics.median(each[place] for each in rounds[name]) for name in rounds} for place in (0, 1)
    )
    return taken, cpu


def main() -> None:
    found = {delay: measure(delay) for delay in (0.05, 0.0)}
    print(f"{LOOK_UPS} lookups, median of {ROUNDS} rounds; in brackets times ours")
    for name in CONTESTANTS:
        shown = [
            f"{taken[name] * 1000:6.0f} ms ({taken[name] / taken[MINE]:.2f}), CPU {cpu[name] * 1000:4.0f} ms"
            for taken, cpu in found.values()
        ]
        print(f"{name:36} at 50 ms {shown[0]:>32}   at 0 ms {shown[1]:>32}")
    slow, fast = found[0.05][0], found[0.0][0]
    ratio = slow[MINE] / slow[f"requests, {THREADS} threads"]
    show("ours / requests with 16 threads, at 50 ms", f"{ratio:.2f}", "aim: 0.7 at most", ratio <= 0.7)
    plain = f"requests, {THREADS} threads"
    ratio, cpu_ratio = fast[MINE] / fast[plain], found[0.0][1][MINE] / found[0.0][1][plain]
    show(f"ours / {plain}, at 0 ms", f"{ratio:.2f}, CPU {cpu_ratio:.2f}", "aim: 1 at most", ratio <= 1)
    ratio = fast[MINE] / fast["httpx gather, default limits"]
    show("ours / bare httpx, at 0 ms", f"{ratio:.2f}", "aim: 0.5 at most", ratio <= 0.5)
    floor = LOOK_UPS / IN_FLIGHT * 0.05
    ratio = slow[MINE] / floor
    show(f"ours / the floor of {floor * 1000:.0f} ms, at 50 ms", f"{ratio:.2f}", "aim: 1.6 at most", ratio <= 1.6)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        asyncio.run(_serve(float(sys.argv[2])))
    elif sys.argv[1:2] == ["--contest"]:
        _contest(sys.argv[2], sys.argv[3])
    else:
        main()
