"""Many short gates and lookups in one real provider process, while the mock clouds break down again and again.

Run by `make soak`: ends with one line, and with 1 where a gate was released wrongly, got stuck or ended as it must not,
or where the process grew.
"""

from __future__ import annotations

import argparse
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

for folder in ("", "wire"):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / folder))

import grpc  # noqa: E402
from google.protobuf.json_format import MessageToDict  # noqa: E402
from lease_support import LEASE, lease_target, notebook  # noqa: E402
from provider_process import ProviderProcess, create_request, error_text, gate_blob, get_request, read_blob  # noqa: E402

from pulumi_nbcloud.mock import MockClouds  # noqa: E402

GATE_WORKERS = 8
LOOK_UP_WORKERS = 2
LONGEST_OUTAGE_SECONDS = 2.0
# A gate must have ended by then, whatever happens: ten failed polls take less.
STUCK_SECONDS = 90.0
GROWTH_MB = 16.0
EXPECTED_IN_OUTAGES = ("cannot answer now", "asks for fewer requests", "has not answered the account's first request")
STEADY = notebook(999_999_999_999)
# Made once: the SDK cannot write two at the same time.
GATE_BLOB, READ_BLOB = gate_blob(), read_blob()


@dataclass
class Thing:
    """What one gate waits for.

    Args:
        number: of its own.
        listed: whether it is an instance in a list, else a notebook.
        becomes: `ready`, `failed`, or nothing: `never`.
        after: seconds until then.
    """

    number: int
    listed: bool
    becomes: str
    after: float

    @property
    def target(self) -> dict[str, Any]:
        if self.listed:
            return {"kind": "hpcai:Instance", "instance_id": f"notebook-{self.number:08d}"}
        return lease_target(self.number)

    def put(self, clouds: MockClouds) -> None:
        if self.listed:
            name = f"notebook-{self.number:08d}"
            clouds.hpcai.put_instance(name, status="PullingImage", healthy=False)
            if self.becomes != "never":
                status = "Running" if self.becomes == "ready" else "StartingFailed"
                healthy = self.becomes == "ready"
                clouds.hpcai.add_transition(name, after_seconds=self.after, status=status, healthy=healthy)
            return
        clouds.modelarts.put_lease(notebook(self.number), status="STOPPED", **LEASE)
        if self.becomes != "never":
            status = "RUNNING" if self.becomes == "ready" else "FROZEN"
            clouds.modelarts.add_transition(notebook(self.number), after_seconds=self.after, status=status)

    def delete(self, clouds: MockClouds) -> None:
        if self.listed:
            clouds.hpcai.delete_instance(f"notebook-{self.number:08d}")
        else:
            clouds.modelarts.delete_lease(notebook(self.number))


@dataclass
class Soak:
    """One run.

    Args:
        seconds: how long new gates are begun.
        seed: of everything that is random.
        growth_mb: how much the process may grow in the second half.
    """

    seconds: float
    seed: int
    growth_mb: float = GROWTH_MB
    outcomes: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._numbers = iter(range(1, 10**9))

    def run(self) -> None:
        """Runs to the end; what went wrong is in `problems`."""
        with MockClouds(seed=self.seed) as clouds, ProviderProcess(clouds.environment()) as process:
            clouds.modelarts.put_lease(STEADY, **LEASE)
            works: list[Callable[[random.Random], None]] = [lambda chance: self._outages(clouds, chance)]
            works += [lambda chance: self._gates(clouds, process, chance)] * GATE_WORKERS
            works += [lambda chance: self._look_ups(process)] * LOOK_UP_WORKERS
            threads = [
                threading.Thread(target=self._guarded, args=(work, random.Random(self.seed * 1_000 + number)))
                for number, work in enumerate(works)
            ]
            for each in threads:
                each.start()
            self._watch(process)
            self._over.set()
            for each in threads:
                each.join()
            self._measure(process)
            clouds.check()
        # The first half is warm-up: threads, connections and caches are made when they are first needed.
        grown = self.memory[-1] - self.memory[len(self.memory) // 2]
        if grown > self.growth_mb:
            self._say(f"the process grew by {grown:.0f} MB")

    def summary(self) -> str:
        """The run in one line."""
        counted = ", ".join(f"{name} {count}" for name, count in sorted(self.outcomes.items()))
        half, end = self.memory[len(self.memory) // 2], self.memory[-1]
        state = f"problems {len(self.problems)}"
        memory = f"{half:.0f} MB halfway, {end:.0f} MB at the end"
        return f"soak of {self.seconds:g} s, seed {self.seed}: {counted}; {memory}; {state}"

    def _guarded(self, work: Callable[[random.Random], None], chance: random.Random) -> None:
        try:
            work(chance)
        except Exception as error:
            self._say(f"{type(error).__name__}: {error}")

    def _say(self, problem: str) -> None:
        with self._lock:
            self.problems.append(problem)

    def _count(self, outcome: str) -> None:
        with self._lock:
            self.outcomes[outcome] += 1

    def _watch(self, process: ProviderProcess) -> None:
        ends, step = time.monotonic() + self.seconds, min(1.0, self.seconds / 20)
        while time.monotonic() < ends:
            self._measure(process)
            self._over.wait(step)

    def _measure(self, process: ProviderProcess) -> None:
        lines = Path(f"/proc/{process._process.pid}/status").read_text().splitlines()
        self.memory.append(next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")))

    def _outages(self, clouds: MockClouds, chance: random.Random) -> None:
        while not self._over.wait(chance.uniform(0.2, 3.0)):
            self._count("outages")
            service = chance.choice(["modelarts", "hpcai"])
            status = chance.choice([429, 500, 502, 503, 503])
            headers = {"Retry-After": str(chance.randint(0, 2))} if chance.random() < 0.5 else {}
            delay = chance.choice([0.0, 0.0, 0.3])
            clouds.faults.add(service=service, status=status, headers=headers, count=10_000, delay=delay)
            self._over.wait(chance.uniform(0.05, LONGEST_OUTAGE_SECONDS))
            clouds.faults.clear()

    def _gates(self, clouds: MockClouds, process: ProviderProcess, chance: random.Random) -> None:
        while not self._over.is_set():
            with self._lock:
                number = next(self._numbers)
            becomes = chance.choice(["ready", "ready", "ready", "failed", "never"])
            thing = Thing(number, chance.random() < 0.5, becomes, chance.uniform(0.0, 3.0))
            begun = time.time()
            thing.put(clouds)
            timeout = "3s" if becomes == "never" else "1m"
            inputs = {"targets": {"self": thing.target}, "interval": "1s", "timeout": timeout}
            self._evaluator(thing, begun, process.begin("Create", create_request(inputs, GATE_BLOB)))
            thing.delete(clouds)

    def _evaluator(self, thing: Thing, begun: float, create: Any) -> None:
        """Compares how a gate ended with what the mock was told to do."""
        outputs, text = None, ""
        try:
            outputs = MessageToDict(create.result(STUCK_SECONDS))["properties"]
        except grpc.FutureTimeoutError:
            self._say(f"stuck: {thing}")
            return
        except grpc.RpcError as error:
            text = error_text(error)
        ended = time.time()
        outcome = "met" if outputs is not None else text.partition(": ")[2].partition(" after ")[0]
        self._count(outcome)
        if outputs is not None:
            # It is written to the second.
            met = datetime.fromisoformat(outputs["met_time"].replace("Z", "+00:00")).timestamp() + 1
            if thing.becomes != "ready" or min(met, ended) < begun + thing.after:
                self._say(f"released wrongly: {thing}, begun {begun}, {outputs}")
            return
        # Too many failed polls in a row are no fault of the gate, and a look at the deadline may fail.
        expected = {"ready": (), "failed": ("failed",), "never": ("timed out",)}[thing.becomes]
        if outcome not in (*expected, "unreachable"):
            self._say(f"ended wrongly: {thing}: {text}")

    def _look_ups(self, process: ProviderProcess) -> None:
        while not self._over.wait(0.05):
            try:
                found = process.read(get_request({"notebook_id": STEADY}, STEADY, READ_BLOB))[1]
            except grpc.RpcError as error:
                text = error_text(error)
                self._count("lookups in outages")
                if (
                    "cannot answer now" not in text
                    and "asks for fewer requests" not in text
                    and "has not answered" not in text
                ):
                    self._say(f"a lookup failed: {text}")
                continue
            self._count("lookups")
            if found["running"] is not True or found["notebook_id"] != STEADY:
                self._say(f"a lookup gave {found}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0, help="how long (default: 300)")
    parser.add_argument("--seed", type=int, default=1, help="of the randomness (default: 1)")
    arguments = parser.parse_args()
    soak = Soak(arguments.seconds, arguments.seed)
    soak.run()
    sys.stdout.writelines(f"{problem}\n" for problem in soak.problems[:20])
    sys.stdout.write(f"{soak.summary()}\n")
    return 1 if soak.problems else 0


if __name__ == "__main__":
    sys.exit(main())
