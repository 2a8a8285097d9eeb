"""Many gates at once: their requests, how soon they are released, and what the provider process costs.

Each part is a real provider process against the mock clouds; the last part is a real `pulumi up`.
"""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from support import ROOT, Peaks, Spent, cpu_seconds, show, spread, status_mb, ticks

# After support, which finds the helpers of the tests.
from google.protobuf.json_format import MessageToDict  # isort: skip
from lease_support import lease_target, notebook  # isort: skip
from provider_process import ProviderProcess, create_request, gate_blob  # isort: skip
from simulated import History, outcome_of, steady, wait_for  # isort: skip
from stack import Stack  # isort: skip
from virtual_time import run  # isort: skip

from pulumi_nbcloud.http.client import MAX_IN_FLIGHT
from pulumi_nbcloud.mock import MockClouds

GATES = 200
PAGES = 4
INTERVAL = 3.0
OBSERVED_TICKS = 4
AIM_MB = 150
POLLS = 10_000


class Instances:
    """Gates on instances of one account, whose list has four pages."""

    name = "instances"

    def __init__(self, clouds: MockClouds) -> None:
        self.clouds = clouds
        for number in range(GATES):
            clouds.hpcai.put_instance(self.id_of(number), status="PullingImage", healthy=False)

    @staticmethod
    def id_of(number: int) -> str:
        return f"notebook-{number:08d}"

    def target(self, number: int) -> dict[str, Any]:
        return {"kind": "hpcai:Instance", "instance_id": self.id_of(number)}

    def flip(self, number: int) -> None:
        self.clouds.hpcai.add_transition(self.id_of(number), status="Running", healthy=True)

    def requests_a_tick(self, gates: int) -> int:
        return PAGES


class Leases:
    """Gates on notebooks, each with a request of its own."""

    name = "leases"

    def __init__(self, clouds: MockClouds) -> None:
        self.clouds = clouds
        for number in range(GATES):
            clouds.modelarts.put_lease(notebook(number), status="STOPPED")

    def target(self, number: int) -> dict[str, Any]:
        return lease_target(number)

    def flip(self, number: int) -> None:
        self.clouds.modelarts.add_transition(notebook(number), status="RUNNING")

    def requests_a_tick(self, gates: int) -> int:
        return gates


Things = Instances | Leases


def over_the_wire(things: Callable[[MockClouds], Things], gates: int) -> None:
    """Some gates in one provider process: requests a tick, then how soon all are released."""
    with MockClouds() as clouds, ProviderProcess(clouds.environment()) as process:
        asked = things(clouds)
        how = {"interval": f"{INTERVAL:g}s", "timeout": "1h"}
        creates = [
            process.begin("Create", create_request({"targets": {"self": asked.target(number)}, **how}, gate_blob()))
            for number in range(gates)
        ]
        # First polls are everybody's own; after two more intervals all are in step.
        wait_for_quiet(clouds)
        time.sleep(2 * INTERVAL)
        begun = time.time()
        time.sleep(OBSERVED_TICKS * INTERVAL)
        seen = [entry for entry in clouds.requests if entry.received_epoch >= begun]
        flipped = time.time()
        for number in range(gates):
            asked.flip(number)
        outputs = [MessageToDict(each.result(120))["properties"] for each in creates]
        report(asked, gates, [entry.received_epoch for entry in seen])
        lag(asked, clouds, outputs, flipped)
        show("  most requests in work at once", str(clouds.max_in_flight()), f"aim: {MAX_IN_FLIGHT} at most")
        show("  peak memory of the provider process", f"{status_mb(process._process.pid, 'VmHWM'):.0f} MB")
        show("  its CPU time", f"{cpu_seconds(process._process.pid):.2f} s")


def wait_for_quiet(clouds: MockClouds) -> None:
    """Wait until the storm of first polls is over: a fifth of an interval without a request."""
    count = -1
    while count != clouds.request_count() or count <= 0:
        count = clouds.request_count()
        time.sleep(INTERVAL / 5)


def report(asked: Things, gates: int, moments: list[float]) -> None:
    expected = asked.requests_a_tick(gates)
    if isinstance(asked, Instances):
        # The first and the last tick may be cut by the window.
        counts = [len(each) for each in ticks(moments, 0.4 * INTERVAL)[1:-1]]
        met = set(counts) == {expected}
        show(f"{gates} gates on {asked.name}: requests a tick", spread(counts), f"aim: {expected}", met)
    else:
        # Reads with keys of their own are not shared: one request each in an interval, apart from the jitter.
        a_tick = len(moments) / OBSERVED_TICKS
        met = a_tick <= expected * 1.1
        show(f"{gates} gates on {asked.name}: requests an interval", f"{a_tick:.1f}", f"aim: {expected}", met)


def lag(asked: Things, clouds: MockClouds, outputs: list[Mapping[str, Any]], flipped: float) -> None:
    """How many polls each gate needed after its thing was ready: from the log to met_time."""
    lags = []
    for number, output in enumerate(outputs):
        # It is written to the second.
        met = datetime.fromisoformat(output["met_time"].replace("Z", "+00:00")).timestamp() + 1
        after = [
            entry.received_epoch
            for entry in clouds.requests
            if flipped <= entry.received_epoch <= met
            and (isinstance(asked, Instances) or notebook(number) in entry.target)
        ]
        lags.append(len(ticks(after, 0.4 * INTERVAL)))
    show("  polls from ready to released", spread(lags), "aim: 1 at most", max(lags) <= 1)


PROGRAMS = {
    Instances: "nbcloud.hpcai.InstanceArgs(instance_id=f'notebook-{number:08d}')",
    Leases: "nbcloud.modelarts.NotebookLeaseArgs(notebook_id=f'aaaaaaaa-0000-4000-8000-{number:012d}')",
}


def up(things: Callable[[MockClouds], Things], cli: Path) -> None:
    """All gates in one real update."""
    with MockClouds() as clouds, tempfile.TemporaryDirectory() as folder:
        asked = things(clouds)
        stack = Stack(Path(folder) / "project", cli, clouds.environment())
        target = PROGRAMS[type(asked)]
        stack.program(
            f"""
            for number in range({GATES}):
                nbcloud.Gate(f"g{{number}}", target={target}, interval="{INTERVAL:g}s", timeout="1h")
            """
        )
        with Spent() as spent, stack.begin("up", "--yes", "--skip-preview", "--parallel", "256") as update:
            peaks = Peaks(update._process.pid, "-m pulumi.dynamic")
            wait_for_quiet(clouds)
            time.sleep(3 * INTERVAL)
            before, flipped = clouds.request_count(), time.monotonic()
            for number in range(GATES):
                asked.flip(number)
            done = update.end(300)
            taken = time.monotonic() - flipped
            peaks.stop()
            peak = peaks.mb
        assert done.code == 0, done.text
        show(f"up --parallel 256, {GATES} gates on {asked.name}", f"{taken / INTERVAL:.1f} intervals", "after the flip")
        show("  CPU time of the engine and all that it starts", f"{spent.cpu:.2f} s")
        show("  requests until the flip, and after it", f"{before}, {clouds.request_count() - before}")
        show("  peak memory of the provider process", f"{peak:.0f} MB", f"aim: under {AIM_MB} MB", peak < AIM_MB)


def ten_thousand_polls() -> None:
    """One gate on the virtual clock."""
    history = History([(0, "PENDING")])
    sizes: list[int] = []

    class Counting(History):
        async def read(self) -> Any:
            answer = await history.read()
            history.reads.clear()
            self.count = getattr(self, "count", 0) + 1
            if self.count in (100, POLLS):
                sizes.append(tracemalloc.get_traced_memory()[0])
            return answer

    counted = Counting(history.steps)
    tracemalloc.start()
    run(lambda: outcome_of(wait_for(counted, schedule=steady(5), timeout=5 * (POLLS + 1))))
    tracemalloc.stop()
    grown = (sizes[1] - sizes[0]) / 2**20
    show(f"a gate through {POLLS:,} polls: growth", f"{grown:.3f} MB", "aim: under 1 MB", math.fabs(grown) < 1)


def main() -> None:
    ten_thousand_polls()
    for things in (Instances, Leases):
        for gates in (1, GATES):
            over_the_wire(things, gates)
    done = subprocess.run([sys.executable, str(ROOT / "scripts" / "pulumi-cli")], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        print("no Pulumi CLI: the part with a real update is left out")
        return
    for things in (Instances, Leases):
        up(things, Path(done.stdout.strip()))


if __name__ == "__main__":
    main()
