"""Many short gates and lookups in one real provider process, while the mock clouds break down again and again.

Beside it a program looks up and forks, keys change, and every text of the clouds holds what displays act on.

Run by `make soak`: ends with one line of counts, and with 1 where a gate was released wrongly, got stuck or ended as it
must not, where a refusal lasted, a child hung, a text left as it came or data did not, or where the process grew.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

for folder in ("", "wire", "soak"):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / folder))

import grpc  # noqa: E402
from google.protobuf import empty_pb2  # noqa: E402
from google.protobuf.json_format import MessageToDict  # noqa: E402
from nbcloud_support import LIMIT_SECONDS  # noqa: E402
from provider_process import (  # noqa: E402
    FakeEngine,
    ProviderProcess,
    create_request,
    error_text,
    gate_blob,
    get_request,
    read_blob,
)
from soak_forks import forking_program  # noqa: E402
from soak_keys import Keys  # noqa: E402
from soak_texts import HostileClouds, acting, hostile, outage_body  # noqa: E402
from soak_things import CLOUDS, KINDS, Thing  # noqa: E402

GATE_WORKERS = 8
LOOK_UP_WORKERS = 2
LONGEST_OUTAGE_SECONDS = 2.0
# A gate must have ended by then, whatever happens: ten failed polls take less.
STUCK_SECONDS = 90.0
GROWTH_MB = 16.0
EXPECTED_IN_OUTAGES = ("cannot answer now", "asks for fewer requests", "has not answered the account's first request")
REFUSED = "the cloud refuses the credentials"
STEADY_NUMBER = 99_999_999
URN = "urn:pulumi:test::probe::pulumi-python:dynamic/nbcloud:Gate::soak"
# Made once: the SDK cannot write two at the same time.
GATE_BLOB = gate_blob()
READ_BLOBS = {cloud: read_blob(token) for cloud, token in KINDS.items()}


class CheckingEngine(FakeEngine):
    """An engine that looks at what is sent to rows, and keeps none of it."""

    def __init__(self, check: Callable[[str, str], None]) -> None:
        super().__init__()
        self._check = check

    def Log(self, request: Any, context: Any) -> empty_pb2.Empty:
        self._check("a row", request.message)
        return empty_pb2.Empty()


@dataclass
class Surroundings:
    """What one run runs with."""

    clouds: HostileClouds
    keys: Keys
    process: ProviderProcess
    program: subprocess.Popen[bytes]


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
        chance = random.Random(self.seed)
        self._steady = [
            Thing(STEADY_NUMBER, cloud, "ready", 0.0, hostile(chance, f"steady {cloud}")) for cloud in CLOUDS
        ]

    def run(self) -> None:
        """Runs to the end; what went wrong is in `problems`."""
        with self._surroundings() as around:
            works: list[Callable[[Surroundings, random.Random], None]] = [self._outages, self._key_changes, self._forks]
            works += [self._gates] * GATE_WORKERS + [self._look_ups] * LOOK_UP_WORKERS
            threads = [
                threading.Thread(target=self._guarded, args=(work, around, random.Random(self.seed * 1_000 + number)))
                for number, work in enumerate(works)
            ]
            for each in threads:
                each.start()
            self._watch(around.process)
            self._over.set()
            self._end_program(around.program)
            for each in threads:
                each.join()
            self._measure(around.process)
            around.clouds.check()
            self._nothing_said("the provider process", around.process.errors())
            self.outcomes["hostile texts sent"] = around.clouds.sent
        # The first half is warm-up: threads, connections and caches are made when they are first needed.
        grown = self.memory[-1] - self.memory[len(self.memory) // 2]
        if grown > self.growth_mb:
            self._say(f"the process grew by {grown:.0f} MB")

    @contextmanager
    def _surroundings(self) -> Iterator[Surroundings]:
        with (
            tempfile.TemporaryDirectory() as folder,
            HostileClouds(seed=self.seed) as clouds,
            CheckingEngine(self._check_text) as engine,
        ):
            keys = Keys(clouds, Path(folder))
            for thing in self._steady:
                thing.put(clouds)
            with (
                ProviderProcess(keys.environment(), engine=engine.address) as process,
                forking_program(keys.environment(), self._steady, self.seed) as program,
            ):
                yield Surroundings(clouds, keys, process, program)

    def summary(self) -> str:
        """The run in one line."""
        counted = ", ".join(f"{name} {count}" for name, count in sorted(self.outcomes.items()))
        half, end = self.memory[len(self.memory) // 2], self.memory[-1]
        state = f"problems {len(self.problems)}"
        memory = f"{half:.0f} MB halfway, {end:.0f} MB at the end"
        return f"soak of {self.seconds:g} s, seed {self.seed}: {counted}; {memory}; {state}"

    def _guarded(
        self, work: Callable[[Surroundings, random.Random], None], around: Surroundings, chance: random.Random
    ) -> None:
        try:
            work(around, chance)
        except Exception as error:
            self._say(f"{type(error).__name__}: {error}")

    def _say(self, problem: str) -> None:
        with self._lock:
            self.problems.append(problem)

    def _count(self, outcome: str) -> None:
        with self._lock:
            self.outcomes[outcome] += 1

    def _check_text(self, where: str, text: str) -> None:
        """Looks at a text that leaves."""
        self._count(f"texts of {where}")
        if found := acting(text):
            self._say(f"a display acts on {where}: {', '.join(found)} in {text!r}")

    def _nothing_said(self, who: str, errors: str) -> None:
        if errors:
            self._say(f"{who} wrote on stderr: {errors[-2_000:]!r}")

    def _watch(self, process: ProviderProcess) -> None:
        ends, step = time.monotonic() + self.seconds, min(1.0, self.seconds / 20)
        while time.monotonic() < ends:
            self._measure(process)
            self._over.wait(step)

    def _measure(self, process: ProviderProcess) -> None:
        lines = Path(f"/proc/{process._process.pid}/status").read_text().splitlines()
        self.memory.append(next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")))

    def _outages(self, around: Surroundings, chance: random.Random) -> None:
        faults = around.clouds.faults
        while not self._over.wait(chance.uniform(0.2, 3.0)):
            self._count("outages")
            service, status = chance.choice(CLOUDS), chance.choice([429, 500, 502, 503, 503])
            headers = {"Retry-After": str(chance.randint(0, 2))} if chance.random() < 0.5 else {}
            delay, body = chance.choice([0.0, 0.0, 0.3]), outage_body(chance)
            faults.add(service=service, status=status, headers=headers, body=body, count=10_000, delay=delay)
            self._over.wait(chance.uniform(0.05, LONGEST_OUTAGE_SECONDS))
            faults.clear()

    def _key_changes(self, around: Surroundings, chance: random.Random) -> None:
        while not self._over.is_set():
            self._count("key changes")
            around.keys.change(chance.choice(CLOUDS))
            self._over.wait(chance.uniform(0.5, 4.0))

    def _gates(self, around: Surroundings, chance: random.Random) -> None:
        while not self._over.is_set():
            with self._lock:
                number = next(self._numbers)
            becomes = chance.choice(["ready", "ready", "ready", "failed", "never"])
            thing = Thing(number, chance.choice(CLOUDS), becomes, chance.uniform(0.0, 3.0), hostile(chance))
            began, begun = time.monotonic(), time.time()
            thing.put(around.clouds)
            timeout = "3s" if becomes == "never" else "1m"
            inputs = {"targets": {"self": thing.target}, "interval": "1s", "timeout": timeout, "status_urn": URN}
            outcome = self._evaluator(thing, begun, around.process.begin("Create", create_request(inputs, GATE_BLOB)))
            if outcome == "unauthorized" and not around.keys.changed(thing.cloud, began, time.monotonic()):
                self._say(f"refused though no key changed: {thing}")
            thing.delete(around.clouds)

    def _evaluator(self, thing: Thing, begun: float, create: Any) -> str:
        """Compares how a gate ended with what the mock was told to do, and gives the outcome."""
        outputs, text = None, ""
        try:
            outputs = MessageToDict(create.result(STUCK_SECONDS))["properties"]
        except grpc.FutureTimeoutError:
            self._say(f"stuck: {thing}")
            return "stuck"
        except grpc.RpcError as error:
            text = error_text(error)
            self._check_text("an error", text)
        ended = time.time()
        outcome = "met" if outputs is not None else text.partition(": ")[2].partition(" after ")[0]
        self._count(outcome)
        if outputs is not None:
            self._met(thing, begun, ended, outputs)
            return outcome
        # Too many failed polls in a row are no fault of the gate, and a look at the deadline may fail.
        expected = {"ready": (), "failed": ("failed",), "never": ("timed out",)}[thing.becomes]
        if outcome not in (*expected, "unreachable", "unauthorized"):
            self._say(f"ended wrongly: {thing}: {text!r}")
        return outcome

    def _met(self, thing: Thing, begun: float, ended: float, outputs: dict[str, Any]) -> None:
        # It is written to the second.
        met = datetime.fromisoformat(outputs["met_time"].replace("Z", "+00:00")).timestamp() + 1
        if thing.becomes != "ready" or min(met, ended) < begun + thing.after:
            self._say(f"released wrongly: {thing}, begun {begun}, {outputs}")
            return
        self._check_data(thing, outputs["states"]["self"])
        for each in outputs["transitions"]:
            self._check_text("a transition", each["observed"])

    def _check_data(self, thing: Thing, state: dict[str, Any]) -> None:
        self._count("states")
        if changed := thing.changed_texts(state):
            self._say(f"data did not stay as it came: {', '.join(changed)} of {thing}: {state}")

    def _look_ups(self, around: Surroundings, chance: random.Random) -> None:
        while not self._over.wait(0.05):
            thing, began, state, text = chance.choice(self._steady), time.monotonic(), None, ""
            try:
                request = get_request(thing.arguments, thing.resource_id, READ_BLOBS[thing.cloud])
                state = around.process.read(request)[1]
            except grpc.RpcError as error:
                text = error_text(error)
            self._looked_up("lookups", around.keys, thing, (began, time.monotonic()), text)
            if state is not None:
                self._check_data(thing, state)

    def _looked_up(self, what: str, keys: Keys, thing: Thing, when: tuple[float, float], text: str) -> None:
        """Counts a lookup; one that failed must have done so because of an outage or a change of its key."""
        if not text:
            self._count(what)
            return
        self._check_text("an error", text)
        if REFUSED in text:
            self._count(f"{what} in key changes")
            if not keys.changed(thing.cloud, *when):
                self._say(f"a refusal lasts: {what}: {text!r}")
            return
        self._count(f"{what} in outages")
        if not any(each in text for each in EXPECTED_IN_OUTAGES):
            self._say(f"a lookup failed: {what}: {text!r}")

    def _forks(self, around: Surroundings, chance: random.Random) -> None:
        """Reads what the program that forks says, until it ends."""
        steady = {each.cloud: each for each in self._steady}
        assert around.program.stdout is not None
        for line in around.program.stdout:
            said = json.loads(line)
            if said["who"] == "fork":
                self._count("forks")
                if said["exitcode"] != 0:
                    self._say(f"a child hung or failed: exit code {said['exitcode']}")
                continue
            thing, when = steady[said["cloud"]], (said["began"], said["ended"])
            self._looked_up(f"lookups of a {said['who']}", around.keys, thing, when, said.get("text", ""))
            if said.get("changed"):
                self._say(f"data did not stay as it came: {', '.join(said['changed'])} of {thing}")

    def _end_program(self, program: subprocess.Popen[bytes]) -> None:
        assert program.stdin is not None
        assert program.stderr is not None
        program.stdin.close()
        try:
            ended = program.wait(LIMIT_SECONDS + STUCK_SECONDS)
        except subprocess.TimeoutExpired:
            self._say("stuck: the program that forks")
            program.kill()
            return
        if ended != 0:
            self._say(f"the program that forks ended with {ended}")
        self._nothing_said("the program that forks", program.stderr.read().decode(errors="replace"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0, help="how long (default: 300)")
    parser.add_argument("--seed", type=int, default=1, help="of the randomness (default: 1)")
    arguments = parser.parse_args()
    soak = Soak(arguments.seconds, arguments.seed)
    soak.run()
    # As ASCII: a problem may hold what a terminal acts on.
    sys.stdout.writelines(f"{problem!a}\n" for problem in soak.problems[:20])
    sys.stdout.write(f"{soak.summary()}\n")
    return 1 if soak.problems else 0


if __name__ == "__main__":
    sys.exit(main())
