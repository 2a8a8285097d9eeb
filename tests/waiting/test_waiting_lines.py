"""What the command tells of a wait without a terminal: a line a change, and a heartbeat each minute."""

from __future__ import annotations

import json
from typing import Any

import pytest
from simulated import DOWN, History, steady, waited

from pulumi_nbcloud.cli.progress import HEARTBEAT_SECONDS, Events, Lines, Several
from pulumi_nbcloud.waiting.report import Silent

EXPECTED = 'waiting until: self.status == "READY"'


def told(history: History, **how: Any) -> list[str]:
    lines: list[str] = []
    waited(history, reporter=Lines(lines.append), schedule=steady(10.0), **how)
    return lines


def test_a_line_a_change_and_a_heartbeat_each_minute() -> None:
    assert HEARTBEAT_SECONDS == 60.0
    assert told(History([(0, "PENDING"), (95, "STARTING"), (200, "READY")]), timeout=600.0) == [
        EXPECTED,
        "waiting: status=PENDING; 0s of 10m",
        "waiting: status=PENDING; 1m of 10m",
        "waiting: status=STARTING; 1m40s of 10m",
        "waiting: status=STARTING; 2m40s of 10m",
    ]


def test_a_look_that_fails_is_told() -> None:
    lines = told(History([(0, "PENDING"), (15, DOWN), (35, "READY")]))
    assert lines == [
        EXPECTED,
        "waiting: status=PENDING; 0s of 10m",
        "waiting: status=PENDING (poll failed: the cloud cannot answer now; 1 in a row); 20s of 10m",
        "waiting: status=PENDING (poll failed: the cloud cannot answer now; 2 in a row); 30s of 10m",
    ]


def test_the_same_line_is_not_written_twice() -> None:
    lines: list[str] = []
    reporter = Lines(lines.append)

    class Twice(Several):
        def changed(self, progress: Any, elapsed: float) -> None:
            super().changed(progress, elapsed)
            super().heartbeat(progress, elapsed)

    waited(History([(0, "PENDING"), (20, "READY")]), reporter=Twice([reporter]), schedule=steady(10.0))
    assert lines == [EXPECTED, "waiting: status=PENDING; 0s of 10m"]


def test_a_warning_is_told_to_all(capsys: pytest.CaptureFixture[str]) -> None:
    lines: list[str] = []
    Several([Lines(lines.append), Events(), Silent()]).warning("soon")
    assert lines == ["warning: soon"]
    assert json.loads(capsys.readouterr().out) == {"schema_version": 1, "event": "warning", "text": "soon"}


def test_several_take_the_shortest_heartbeat() -> None:
    assert Several([Events(), Lines(), Silent()]).heartbeat_seconds == HEARTBEAT_SECONDS


def test_events_are_the_transitions_once_each(capsys: pytest.CaptureFixture[str]) -> None:
    history = History([(0, "PENDING"), (15, "STARTING"), (25, DOWN), (45, "PENDING"), (60, "FAILED")])
    waited(history, reporter=Events(), schedule=steady(10.0))
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["event"] for each in found] == ["transition"] * 3
    assert [each["observed"] for each in found] == ["status=PENDING", "status=STARTING", "status=PENDING"]
