"""50 waits on 50 leases that run 5 s after they were first asked for: gates, and a sleep loop in a thread each.

Gates wait in the SDK's real provider process, with the patches of this package and without them. The lag is from the
moment when a lease ran to the end of its wait. `--quick` only shows that it runs: its figures mean nothing.
"""

from __future__ import annotations

import statistics
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "wire")]

from lease_support import NOTEBOOKS, lease_target, notebook  # noqa: E402
from nbcloud_support import LEASE_BODY, LIMIT_SECONDS, RawServer, http_answer, raw_server, target_of  # noqa: E402
from provider_process import FakeEngine, ProviderProcess, create_request, gate_blob  # noqa: E402

WAITS, FLIP_SECONDS, INTERVAL_SECONDS = (5, 1.0, 1.0) if "--quick" in sys.argv[1:] else (50, 5.0, 2.0)
STARTING = http_answer(400, b'{"error_code": "ModelArts.6306", "error_msg": "The instance is starting."}')
RUNNING = http_answer(200, LEASE_BODY, {"Content-Type": "application/json"})


class Leases:
    """Leases with clocks of their own: each begins to run a while after it was first asked for."""

    def __init__(self) -> None:
        self.flips: dict[int, float] = {}
        self.requests = 0
        self._lock = threading.Lock()

    def answer(self, _: int, head: bytes) -> bytes:
        number = int(target_of(head).split("/")[4].removeprefix(NOTEBOOKS))
        now = time.monotonic()
        with self._lock:
            self.requests += 1
            flip = self.flips.setdefault(number, now + FLIP_SECONDS)
        return STARTING if now < flip else RUNNING


def all_at_once(wait: Callable[[int], None]) -> dict[int, float]:
    """Wait for all leases, each in a thread; gives when each wait ended."""

    def timed(number: int) -> float:
        wait(number)
        return time.monotonic()

    with ThreadPoolExecutor(WAITS) as pool:
        return dict(enumerate(pool.map(timed, range(1, WAITS + 1)), start=1))


def gates(patches: str) -> Callable[[RawServer], dict[int, float]]:
    """Wait with gates; gives when each ended."""

    def wait(server: RawServer) -> dict[int, float]:
        account = {"ENDPOINT": server.origin, "PROJECT_ID": "p", "ACCESS_KEY": "a", "SECRET_KEY": "b"}
        environment = {f"NBCLOUD_MODELARTS_{name}": value for name, value in account.items()}
        environment["NBCLOUD_PROVIDER_PATCHES"] = patches

        with FakeEngine() as engine, ProviderProcess(environment, engine=engine.address) as process:

            def create(number: int) -> None:
                inputs = {"targets": {"self": lease_target(number)}, "interval": f"{INTERVAL_SECONDS:g}s"}
                process.call("Create", create_request(inputs, gate_blob()))

            return all_at_once(create)

    return wait


def loops(server: RawServer) -> dict[int, float]:
    """Wait as one writes it by hand: a thread each, that asks and sleeps."""

    def ask(number: int) -> None:
        url = f"{server.origin}/v1/p/notebooks/{notebook(number)}/lease"
        with requests.Session() as session:
            while session.get(url, timeout=LIMIT_SECONDS).status_code != 200:
                time.sleep(INTERVAL_SECONDS)

    return all_at_once(ask)


def main() -> None:
    ways = {"gates": gates("on"), "gates, patches off": gates("off"), "a sleep loop in a thread each": loops}
    print(f"{WAITS} waits, {FLIP_SECONDS:g} s each, interval {INTERVAL_SECONDS:g} s")
    print(f"{'':30} {'wall':>8} {'requests':>9} {'lag, median':>12} {'longest':>8}")
    for name, wait in ways.items():
        leases = Leases()
        with raw_server(leases.answer) as server:
            ended = wait(server)
        lags = [ended[number] - flip for number, flip in leases.flips.items()]
        wall = max(ended.values()) - min(leases.flips.values()) + FLIP_SECONDS
        print(f"{name:30} {wall:6.1f} s {leases.requests:9} {statistics.median(lags):10.1f} s {max(lags):6.1f} s")


if __name__ == "__main__":
    main()
