"""A response of 200 MB costs next to no memory: measured in a process of its own, whose peak nothing else raises."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from fault_server import FaultServer, Peer, answer
from nbcloud_support import read

from pulumi_nbcloud.clouds.modelarts.dev_server_jobs import DEV_SERVER_JOBS

ROOT = Path(__file__).resolve().parents[2]
BOMB_BYTES = 200_000_000
MOST_BYTES = 20_000_000

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")

# Says how much the peak of its memory rose over what it was after a first, small lookup.
PROBE = """
import sys
import anyio
sys.path.insert(0, sys.argv[2])
from nbcloud_support import FakeClock, NOTEBOOK_ID, make_account
from pulumi_nbcloud.clouds.modelarts.notebook_lease import NOTEBOOK_LEASE
from pulumi_nbcloud.errors import BadResponseError
from nbcloud_support import read
from pulumi_nbcloud.http.client import Client

def peak():
    [line] = [each for each in open("/proc/self/status") if each.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024

async def main():
    client = Client(sleep=FakeClock().sleep)
    account = make_account(client, endpoint=sys.argv[1])
    arguments = NOTEBOOK_LEASE.parse({"notebook_id": NOTEBOOK_ID})
    await read(NOTEBOOK_LEASE, account, arguments)
    idle = peak()
    try:
        await read(NOTEBOOK_LEASE, account, arguments)
    except BadResponseError as error:
        print(peak() - idle, error.problem)
    await client.aclose()

anyio.run(main)
"""


def flood(head: bytes, part: bytes) -> object:
    def step(peer: Peer) -> None:
        peer.read()
        peer.send(head)
        for _ in range(BOMB_BYTES // len(part)):
            peer.send(part)

    return step


def plain(length: bytes) -> object:
    return flood(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n\r\n", b"x" * 1_000_000)


CHUNK = b"F4240\r\n" + b"x" * 1_000_000 + b"\r\n"


@pytest.mark.parametrize(
    ("bomb", "problem"),
    [
        (plain(b"Content-Length: 200000000"), "the answer is larger than 8388608 bytes"),
        (
            flood(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", CHUNK),
            "the answer is larger than 8388608 bytes",
        ),
        (
            plain(b"Content-Encoding: gzip\r\nContent-Length: 200000000"),
            "the answer is compressed although none was asked for",
        ),
        (flood(b"HTTP/1.1 200 OK\r\nX-A: ", b"x" * 1_000_000), "the answer breaks the HTTP protocol"),
        (
            flood(b"HTTP/1.1 200 OK\r\n", b"".join(b"X-%d: x\r\n" % n for n in range(80_000))),
            "the answer breaks the HTTP protocol",
        ),
    ],
    ids=["body", "chunks", "gzip", "one header", "headers"],
)
def test_a_bomb_costs_less_than_20_mb(bomb: object, problem: str) -> None:
    with FaultServer(answer(), bomb) as server:  # type: ignore[arg-type]
        done = subprocess.run(
            [sys.executable, "-c", PROBE, server.origin, str(ROOT / "tests")],
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr
    cost, _, said = done.stdout.strip().partition(" ")
    assert said == problem
    assert int(cost) < MOST_BYTES


@pytest.mark.anyio
async def test_ten_thousand_jobs_pass_below_the_cap() -> None:
    from fault_server import FaultServer
    from faults_support import account_on
    from nbcloud_support import FakeClock, http_answer

    from pulumi_nbcloud.http.client import MAX_BODY_BYTES, Client

    row = {
        "create_at": 1749536420547,
        "update_at": 1749536603947,
        "name": "software-upgrade-of-the-training-cluster",
        "user_name": "modelarts_user",
        "description": "x" * 400,
        "type": "ASCEND_SOFTWARE_UPGRADE",
        "status": "FINISHED",
        "abnormal_count": 0,
    }
    rows = [{"id": f"03af7361-5cba-44d4-b29b-{number:012d}", **row} for number in range(10_000)]
    body = json.dumps({"total": len(rows), "data": rows}).encode()
    assert len(body) < MAX_BODY_BYTES
    client = Client(sleep=FakeClock().sleep)
    with FaultServer(answer(http_answer(200, body))) as server:
        state = await read(DEV_SERVER_JOBS, account_on(server, client, FakeClock()), DEV_SERVER_JOBS.parse({}))
    await client.aclose()
    assert len(state.jobs) == 10_000
    assert state.truncated is False
