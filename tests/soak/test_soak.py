"""The soak in small, so that it cannot rot, and that it sees what it is there to see."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import pytest
from soak import REFUSED, Soak
from soak_keys import Keys
from soak_texts import ATTACKS, HostileClouds, hostile
from soak_things import Thing

from pulumi_nbcloud.printable import printable


def test_a_few_seconds_of_it_find_nothing_wrong() -> None:
    # In so short a time the process is still loading what it needs.
    soak = Soak(4.0, 7, growth_mb=200.0)
    soak.run()
    assert soak.problems == []
    assert soak.outcomes["met"] > 0
    assert sum(count for name, count in soak.outcomes.items() if name.startswith("lookups")) > 0
    assert soak.outcomes["forks"] > 0
    assert soak.outcomes["key changes"] > 0
    assert soak.outcomes["texts of a row"] > 0
    assert soak.summary().startswith("soak of 4 s, seed 7: ")


class WaitResult:
    def __init__(self, outputs: dict[str, Any]) -> None:
        self._outputs = outputs

    def result(self, seconds: float) -> Any:
        from google.protobuf import json_format, struct_pb2
        from pulumi.runtime.proto import provider_pb2

        return provider_pb2.CreateResponse(properties=json_format.ParseDict(self._outputs, struct_pb2.Struct()))


@pytest.mark.parametrize("thing", [Thing(1, "modelarts", "ready", 60.0), Thing(1, "hpcai", "never", 0.0)])
def test_a_gate_that_opens_too_early_or_at_all_is_a_problem(thing: Thing) -> None:
    soak = Soak(1.0, 1)
    soak._evaluator(thing, time.time(), WaitResult({"met_time": "2020-01-31T09:00:00Z"}))
    assert [each.partition(":")[0] for each in soak.problems] == ["released wrongly"]


def test_a_gate_that_does_not_end_is_a_problem() -> None:
    import grpc

    class Stuck:
        def result(self, seconds: float) -> Any:
            raise grpc.FutureTimeoutError

    soak = Soak(1.0, 1)
    soak._evaluator(Thing(1, "hpcai", "ready", 0.0), time.time(), Stuck())
    assert [each.partition(":")[0] for each in soak.problems] == ["stuck"]


def test_a_process_that_grows_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = iter(range(100, 10_000, 100))
    monkeypatch.setattr(Soak, "_measure", lambda self, process: self.memory.append(next(sizes)))
    soak = Soak(1.0, 7)
    soak.run()
    assert any(each.startswith("the process grew by ") for each in soak.problems)


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_text_that_leaves_as_it_came_is_a_problem(attack: str) -> None:
    soak = Soak(1.0, 1)
    soak._check_text("a row", printable(attack))
    assert soak.problems == []
    soak._check_text("a row", attack)
    assert [each.partition(":")[0] for each in soak.problems] == ["a display acts on a row"]


def test_data_that_is_made_printable_is_a_problem() -> None:
    thing = Thing(1, "aidp", "ready", 0.0, hostile(random.Random(1)))
    soak = Soak(1.0, 1)
    state = {"name": thing.text, "path": thing.text, "cluster_id": thing.text, "kernel": {"name": thing.text}}
    soak._check_data(thing, state)
    assert soak.problems == []
    soak._check_data(thing, {**state, "kernel": {"name": printable(thing.text)}})
    assert soak.problems[0].startswith("data did not stay as it came: kernel.name of ")


@pytest.mark.parametrize(("changed", "problems"), [(True, []), (False, ["a refusal lasts"])])
def test_a_refusal_without_a_change_of_keys_is_a_problem(changed: bool, problems: list[str]) -> None:
    class Changes(Keys):
        def __init__(self) -> None:
            pass

        def changed(self, cloud: str, begun: float, ended: float) -> bool:
            return changed

    soak = Soak(1.0, 1)
    soak._looked_up("lookups", Changes(), Thing(1, "aidp", "ready", 0.0), (0.0, 1.0), f"aidp: {REFUSED}")
    assert [each.partition(":")[0] for each in soak.problems] == problems


def test_keys_change_at_both_ends(tmp_path: Path) -> None:
    with HostileClouds() as clouds:
        keys = Keys(clouds, tmp_path)
        began = time.monotonic()
        before = {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
        for cloud in ("modelarts", "aidp", "hpcai"):
            assert not keys.changed(cloud, began, time.monotonic())
            keys.change(cloud)
            assert keys.changed(cloud, began, time.monotonic())
            assert not keys.changed(cloud, time.monotonic(), time.monotonic())
        after = {path: path.read_text() for path in before}
    assert {path.name for path in before if after[path] != before[path]} == {"credentials", "config", "DEFAULT.pem"}
