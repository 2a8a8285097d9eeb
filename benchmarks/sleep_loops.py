"""50 waits on 50 leases that run 5 s after they were first asked for: gates, and a sleep loop in a thread each.

Gates wait in the SDK's real provider process, with the patches of this package and without them. The lag is from the
moment when a lease ran to the end of its wait. `--quick` only shows that it runs: its figures mean nothing.
"""

from __future__ import annotations

import functools
import statistics
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import requests
from support import Spent

# After support, which finds the helpers of the tests.
from lease_support import NOTEBOOKS, lease_target, notebook  # isort: skip
from nbcloud_support import LEASE_BODY, LIMIT_SECONDS, RawServer, http_answer, raw_server, target_of  # isort: skip
from provider_process import FakeEngine, ProviderProcess, create_request, gate_blob  # isort: skip

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


def all_at_once(wait: Callable[[int], None]) -> tuple[dict[int, float], float]:
    """Wait for all leases, each in a thread; gives when each wait ended, and the CPU time of the threads."""

    def timed(number: int) -> tuple[float, float]:
        begun = time.thread_time()
        wait(number)
        return time.monotonic(), time.thread_time() - begun

    with ThreadPoolExecutor(WAITS) as pool:
        done = list(pool.map(timed, range(1, WAITS + 1)))
    return dict(enumerate((ended for ended, _ in done), start=1)), sum(cpu for _, cpu in done)


def gates(patches: str) -> Callable[[RawServer], tuple[dict[int, float], float]]:
    """Wait with gates; gives when each ended, and the CPU time of the provider process."""

    def wait(server: RawServer) -> tuple[dict[int, float], float]:
        account = {"ENDPOINT": server.origin, "PROJECT_ID": "p", "ACCESS_KEY": "a", "SECRET_KEY": "b"}
        environment = {f"NBCLOUD_MODELARTS_{name}": value for name, value in account.items()}
        environment["NBCLOUD_PROVIDER_PATCHES"] = patches

        def create(process: ProviderProcess, number: int) -> None:
            inputs = {"targets": {"self": lease_target(number)}, "interval": f"{INTERVAL_SECONDS:g}s"}
            process.call("Create", create_request(inputs, gate_blob()))

        with Spent() as spent, FakeEngine() as engine, ProviderProcess(environment, engine=engine.address) as process:
            ended, _ = all_at_once(functools.partial(create, process))
        return ended, spent.cpu

    return wait


def loops(server: RawServer) -> tuple[dict[int, float], float]:
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
    print(f"{'':30} {'wall':>8} {'CPU':>8} {'requests':>9} {'lag, median':>12} {'longest':>8}")
    for name, wait in ways.items():
        leases = Leases()
        with raw_server(leases.answer) as server:
            ended, cpu = wait(server)
        lags = [ended[number] - flip for number, flip in leases.flips.items()]
        wall = max(ended.values()) - min(leases.flips.values()) + FLIP_SECONDS
        cost = f"{wall:6.1f} s {cpu:6.2f} s {leases.requests:9}"
        print(f"{name:30} {cost} {statistics.median(lags):10.1f} s {max(lags):6.1f} s")


if __name__ == "__main__":
    main()
