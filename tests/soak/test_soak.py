"""The soak in small, so that it cannot rot, and that it sees what it is there to see."""

from __future__ import annotations

import time
from typing import Any

import pytest
from soak import Soak, Thing


def test_a_few_seconds_of_it_find_nothing_wrong() -> None:
    # In so short a time the process is still loading what it needs.
    soak = Soak(4.0, 7, growth_mb=200.0)
    soak.run()
    assert soak.problems == []
    assert soak.outcomes["met"] > 0
    assert soak.outcomes["lookups"] + soak.outcomes["lookups in outages"] > 0
    assert soak.summary().startswith("soak of 4 s, seed 7: ")


class WaitResult:
    def __init__(self, outputs: dict[str, Any]) -> None:
        self._outputs = outputs

    def result(self, seconds: float) -> Any:
        from google.protobuf import json_format, struct_pb2
        from pulumi.runtime.proto import provider_pb2

        return provider_pb2.CreateResponse(properties=json_format.ParseDict(self._outputs, struct_pb2.Struct()))


@pytest.mark.parametrize("thing", [Thing(1, False, "ready", 60.0), Thing(1, True, "never", 0.0)])
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
    soak._evaluator(Thing(1, True, "ready", 0.0), time.time(), Stuck())
    assert [each.partition(":")[0] for each in soak.problems] == ["stuck"]


def test_a_process_that_grows_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = iter(range(100, 10_000, 100))
    monkeypatch.setattr(Soak, "_measure", lambda self, process: self.memory.append(next(sizes)))
    soak = Soak(1.0, 7)
    soak.run()
    assert any(each.startswith("the process grew by ") for each in soak.problems)
