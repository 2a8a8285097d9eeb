"""A gate service under load: 500 checks a second of 50 gates, while each cloud is asked once an interval.

The service, the callers and the mock clouds are processes of their own. Checks are sent when they are due, whether or
not earlier ones have been responded to. In the middle the service is killed (`kill -9`) and started again: callers send
what failed once more, and nothing else is lost, because nothing is kept.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import math
import multiprocessing
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import aiohttp
from support import cpu_seconds, show, status_mb

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.serve.tokens import new_token

GATES = 50
PER_SECOND = 500
MAX_AGE = 5.0
CALLERS = 5
CONNECTIONS = 32
PROGRAM = "import sys; sys.argv[0] = 'nbcloud'; from pulumi_nbcloud.cli import main; main()"


def notebook(number: int) -> str:
    return f"aaaaaaaa-0000-4000-8000-{number:012d}"


def gates_file(folder: Path, per_second: int) -> tuple[Path, list[str]]:
    """The file of the service, and the tokens of its callers."""
    made = [new_token() for _ in range(CALLERS)]
    names = [f"gate-{number}" for number in range(GATES)]
    content = {
        "gates": {
            name: {
                "target": {"kind": "modelarts:NotebookLease", "notebook_id": notebook(number)},
                "until": "self.running && self.duration > 1000",
            }
            for number, name in enumerate(names)
        },
        "tokens": [
            {"name": f"caller-{number}", "sha256": sha256, "gates": names} for number, (_, sha256) in enumerate(made)
        ],
        "limits": {"requests_per_second": per_second * 2, "concurrent_requests": 1000, "connections": 1000},
    }
    path = folder / "gates.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path, [token for token, _ in made]


def started(path: Path, port: int, environment: dict[str, str]) -> tuple[subprocess.Popen[str], int]:
    """The service, once it takes requests, and its port."""
    line = [sys.executable, "-c", PROGRAM, "serve", str(path), "--port", str(port)]
    process = subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    return process, int(process.stdout.readline().rpartition(":")[2])


@dataclasses.dataclass(frozen=True)
class Sent:
    """What became of the checks: how long each took from when it was due, their outcomes, connections that failed."""

    taken: list[float]
    outcomes: Counter[str]
    failed: int
    seconds: float


def send(port: int, tokens: list[str], per_second: int, seconds: float) -> Sent:
    """Runs in a process of its own."""
    load = Load(port, tokens, per_second)
    until = asyncio.run(load.run(seconds))
    return Sent(load.taken, load.outcomes, load.failed, until)


class Load:
    """Callers that send checks when they are due."""

    def __init__(self, port: int, tokens: list[str], per_second: int) -> None:
        self.url = f"http://127.0.0.1:{port}/v1/gates"
        self.tokens = tokens
        self.per_second = per_second
        self.taken: list[float] = []
        self.outcomes: Counter[str] = Counter()
        self.failed = 0

    async def run(self, seconds: float) -> float:
        """Sends for so long; returns how long it was until the last response."""
        connector = aiohttp.TCPConnector(limit=CONNECTIONS)
        async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(60)) as session:
            begun = time.monotonic()
            tasks = []
            for number in range(int(seconds * self.per_second)):
                due = begun + number / self.per_second
                if due > time.monotonic():
                    await asyncio.sleep(due - time.monotonic())
                tasks.append(asyncio.create_task(self._check(session, number, due)))
            await asyncio.gather(*tasks)
            return time.monotonic() - begun

    async def _check(self, session: aiohttp.ClientSession, number: int, due: float) -> None:
        headers = {"Authorization": f"Bearer {self.tokens[number % CALLERS]}"}
        while True:
            try:
                async with session.post(f"{self.url}/gate-{number % GATES}/check", headers=headers) as response:
                    document: Any = await response.json()
                break
            except (aiohttp.ClientError, OSError):
                self.failed += 1
                await asyncio.sleep(0.2)
        self.outcomes[document.get("outcome") or document["error"]["code"]] += 1
        self.taken.append(time.monotonic() - due)


def callers() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))


def reads_of(clouds: MockClouds) -> Counter[str]:
    return Counter(entry.target.split("/")[4] for entry in clouds.requests)


def steady(clouds: MockClouds, path: Path, tokens: list[str], per_second: int, seconds: float) -> None:
    """The load, and what it costs."""
    process, port = started(path, 0, {**os.environ, **clouds.environment()})
    try:
        before, began = cpu_seconds(process.pid), time.monotonic()
        with callers() as pool:
            load = pool.submit(send, port, tokens, per_second, seconds).result()
        taken = load.seconds
        used, whole = cpu_seconds(process.pid) - before, time.monotonic() - began
        memory = status_mb(process.pid, "VmHWM")
        process.send_signal(signal.SIGTERM)
        ended = process.wait(60)
    finally:
        process.kill()
        process.communicate()
    reads, count = reads_of(clouds), sum(load.outcomes.values())
    most = math.floor(whole / MAX_AGE) + 1
    assert load.outcomes == {"met": count}, load.outcomes
    assert len(reads) == GATES
    assert max(reads.values()) <= most, (reads, most)
    show("checks a second, sent when they were due", f"{count / taken:.0f}", f"aim: {per_second}")
    show("checks for each read of a cloud", f"{count / sum(reads.values()):.0f}")
    show("reads of a gate", f"{max(reads.values())} at most", f"aim: {most} at most", max(reads.values()) <= most)
    quantiles = statistics.quantiles(load.taken, n=100)
    show(
        "response after it was due, median and 99 of 100", f"{quantiles[49] * 1e3:.1f} ms, {quantiles[98] * 1e3:.0f} ms"
    )
    show("CPU of the service for a check", f"{used / count * 1e3:.2f} ms")
    show("cores of the service", f"{used / taken:.2f}", "aim: under 2", used / taken < 2)
    show("peak memory of the service", f"{memory:.0f} MB")
    show("exit code at SIGTERM", str(ended), "aim: 0", ended == 0)


def killed(clouds: MockClouds, path: Path, tokens: list[str], per_second: int, seconds: float) -> None:
    """The same, with a service that is killed in the middle and started again."""
    environment = {**os.environ, **clouds.environment()}
    processes = [started(path, 0, environment)]
    port = processes[0][1]
    try:
        with callers() as pool:
            sent = pool.submit(send, port, tokens, per_second, seconds)
            time.sleep(seconds / 2)
            processes[0][0].kill()
            processes[0][0].wait()
            processes.append(started(path, port, environment))
            load = sent.result()
    finally:
        for process, _ in processes:
            process.kill()
            process.communicate()
    count = int(seconds * per_second)
    assert load.outcomes == {"met": count}, load.outcomes
    show("killed in the middle: checks lost", str(count - sum(load.outcomes.values())), "aim: 0", True)
    show("killed in the middle: connections that failed, sent again", str(load.failed))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a few seconds of a small load")
    quick = parser.parse_args().quick
    per_second, seconds = (50, 2.0) if quick else (PER_SECOND, 30.0)
    with MockClouds(scenario="empty") as clouds, tempfile.TemporaryDirectory() as folder:
        for number in range(GATES):
            clouds.modelarts.put_lease(notebook(number))
        path, tokens = gates_file(Path(folder), per_second)
        print(f"{GATES} gates, {per_second} checks a second for {seconds:g} s, max_age {MAX_AGE:g} s")
        steady(clouds, path, tokens, per_second, seconds)
        killed(clouds, path, tokens, per_second, seconds / 3)


if __name__ == "__main__":
    main()
