"""The story of the page "Long waits": a job of 40 hours and runners that live for six, on clocks that a test moves."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cli_support import WaitResult, invoke
from docs_support import LONG_WAITS, blocks

from pulumi_nbcloud.clock import Clock
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.mock.scenarios import PROCESSING_JOB

BEGAN = datetime(2026, 1, 31, 9, 0, tzinfo=timezone.utc)
LINE = "nbcloud wait job="


class Clocks:
    """The clock of the day and the time that passes, as every process sees them, and the mock's clock.

    While a command runs both stand still: to one that takes long, only one of them would be a clock that was set back.
    """

    def __init__(self, clouds: MockClouds, monotonic: Callable[[Clock], float]) -> None:
        self._clouds = clouds
        self._monotonic = monotonic
        self._passed: float | None = None
        self.now = BEGAN

    def monotonic(self, clock: Clock) -> float:
        if self._passed is None:
            self._passed = self._monotonic(clock)
        return self._passed

    def run(self, *line: str) -> WaitResult:
        self._passed = None
        return invoke(*line)

    def forward_to(self, hours: float) -> None:
        target = BEGAN + timedelta(hours=hours)
        self._clouds.clock.advance((target - self.now).total_seconds())
        self.now = target


@pytest.fixture
def clocks(nbcloud_mock: MockClouds, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Clocks:
    monkeypatch.chdir(tmp_path)
    made = Clocks(nbcloud_mock, Clock.monotonic)
    monkeypatch.setattr(Clock, "now", lambda clock: made.now)
    monkeypatch.setattr(Clock, "monotonic", lambda clock: made.monotonic(clock))
    nbcloud_mock.modelarts.put_job(PROCESSING_JOB, status="PROCESSING")
    nbcloud_mock.modelarts.add_job_transition(PROCESSING_JOB, after_seconds=40 * 3600, status="FINISHED")
    return made


def steps() -> Iterator[tuple[float, str, list[str]]]:
    """The commands of the story in their order: when each starts, its line, and what is shown below it."""
    for text in blocks(LONG_WAITS, "console"):
        if LINE not in text:
            continue
        hours = re.search(r"^# (\d+) hours after the first began$", text, re.MULTILINE)
        for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            line, *shown = part.splitlines()
            yield float(hours[1]) if hours else 0.0, line, shown


def story(timeout: str = "48h") -> list[str]:
    line = next(line for _, line, _ in steps() if LINE in line)
    return shlex.split(line.replace("48h", timeout).removeprefix("nbcloud "))


def settled(text: str) -> list[str]:
    """The lines of an output, as of a machine that takes no time."""
    return re.sub(
        r"after (?:(\d+h)(?:\d+m)?(?:\d+s)?|\d+s)", lambda found: f"after {found[1] or '0s'}", text
    ).splitlines()


def test_the_story_is_true(clocks: Clocks, nbcloud_mock: MockClouds) -> None:
    codes: list[int] = []
    for hours, line, shown in steps():
        if line == "echo $?":
            assert shown == [str(codes[-1])]
            continue
        # "And so on, every six hours."
        while 6.0 * len(codes) < hours:
            clocks.forward_to(6.0 * len(codes))
            codes.append(clocks.run(*story(), "--quiet").code)
        clocks.forward_to(hours)
        done = clocks.run(*shlex.split(line.removeprefix("nbcloud ")))
        codes.append(done.code)
        printed = settled(done.err + done.out)
        assert [each for each in shown if each not in printed] == [], printed
    assert codes == [75] * 7 + [0]
    assert nbcloud_mock.request_count() == len(codes)


def test_a_job_that_takes_too_long_ends_with_the_deadline_of_the_first_run(clocks: Clocks) -> None:
    codes = []
    for hours in (0, 6, 12, 18, 24, 36):
        clocks.forward_to(hours)
        done = clocks.run(*story("30h"), "--quiet")
        codes.append(done.code)
        assert done.code != 75 or "  deadline: 2026-02-01T15:00:00Z\n" in done.err
    assert codes == [75] * 5 + [124]
