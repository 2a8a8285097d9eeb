"""Whatever the things do, a gate is never released wrongly, never late by a poll, and never after its deadline.

The oracle says what each poll must come to, from what the reads of that poll gave; the wait must end as the first poll
that decides says, or at its deadline.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import anyio
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from nbcloud_support import examples
from simulated import (
    ABSENT,
    BACKS_OFF,
    DOWN,
    FORBIDDEN,
    LOCKED,
    MALFORMED,
    MOVED,
    History,
    Throttled,
    outcome_of,
    steady,
    wait_for,
    waited,
)
from virtual_time import run

from pulumi_nbcloud.condition.span import SLACK_SECONDS
from pulumi_nbcloud.errors import NbcloudError
from pulumi_nbcloud.waiting.options import DEFAULT_OPTIONS, WaitOptions
from pulumi_nbcloud.waiting.outcome import Met, Outcome, WaitError
from pulumi_nbcloud.waiting.schedule import TIMER_SECONDS, Schedule

EPSILON = 0.01
STATUSES = ("PENDING", "READY", "FAILED", "BACKOFF", "ODD", None)
BROKEN = (LOCKED, FORBIDDEN, MOVED, MALFORMED)
VALUES = (*STATUSES, *STATUSES, ABSENT, DOWN, DOWN, *BROKEN, *map(Throttled, (None, 1.0, 40.0, 300.0)))
READY, READY_OR_ODD, ODD = "t0.status == 'READY'", "t0.status == 'READY' || t0.status == 'ODD'", "t0.status == 'ODD'"
ALWAYS = "true"
HOLD: dict[str, set[str | None]] = {
    READY: {"READY"},
    READY_OR_ODD: {"READY", "ODD"},
    ODD: {"ODD"},
    ALWAYS: {*STATUSES, ABSENT},
}

HELD = WaitOptions(holds_for=20.0, fail_holds_for=15.0)
STALLS = WaitOptions(holds_for=30.0, stall_timeout=21.0)


@dataclass
class Scenario:
    """A wait and what happens meanwhile."""

    things: list[History]
    timeout: float
    schedule: Schedule
    until: str | None = None
    fail_on: str | bool | None = None
    options: WaitOptions = DEFAULT_OPTIONS
    polls: list[list[Any]] = field(default_factory=list)
    """What the reads of each poll gave."""
    starts: list[float] = field(default_factory=list)
    ended: float = 0.0

    @property
    def latency(self) -> float:
        return max(thing.latency for thing in self.things)

    @property
    def bound(self) -> float:
        """When the last poll must be over."""
        return self.timeout + (10.0 if self.timeout == 0 else min(10.0, self.schedule.start))

    def run(self) -> Met | NbcloudError:
        async def simulate() -> Met | NbcloudError:
            named = {f"t{index}": thing for index, thing in enumerate(self.things)}
            how = {"until": self.until, "fail_on": self.fail_on, "options": self.options, "kinds": BACKS_OFF}
            wait = wait_for(named, timeout=self.timeout, schedule=self.schedule, **how)  # type: ignore[arg-type]
            result = await outcome_of(wait)
            self.ended = anyio.current_time()
            assert isinstance(result, Met) or result.args
            assert wait.progress.polls == len(self.things[0].reads)
            return result

        result = run(simulate)
        # Every poll reads every target, at once.
        for poll in zip(*(thing.reads for thing in self.things), strict=True):
            assert len({at for at, _ in poll}) == 1
            self.starts.append(poll[0][0])
            self.polls.append([value for _, value in poll])
        return result

    def outcomes(self) -> list[str]:
        """The oracle: what each poll must come to, after those before it."""
        found, row = [], 0
        for index in range(len(self.polls)):
            outcome = self.outcome(index)
            row = row + 1 if outcome == "met" else 0
            if outcome == "met" and not (
                row >= self.options.consecutive and self.long(index, self.meets, self.options.holds_for)
            ):
                outcome = "in a row"
            if outcome in ("not yet", "in a row"):
                outcome = self.limit(index) or outcome
            found.append(outcome)
        return found

    def outcome(self, index: int) -> str:
        """What a poll comes to before rows, spans and limits of the whole wait."""
        poll = self.polls[index]
        if LOCKED in poll or FORBIDDEN in poll:
            return "unauthorized"
        if MOVED in poll:
            return "bad_response"
        if _fails(poll):
            return "error"
        evaluated = self.evaluated(index)
        if evaluated != "failed" and ABSENT in poll:
            if self.options.not_found == "fail":
                return "absent"
            if evaluated != "held back" and self.options.not_found == "met" and set(poll) == {ABSENT}:
                return "met"
        return "not yet" if evaluated == "held back" else evaluated

    def evaluated(self, index: int) -> str:
        """What the conditions alone make of a poll."""
        poll, fail_on = self.polls[index], self.fail_on
        if isinstance(fail_on, str):
            if poll[0] in HOLD[fail_on]:
                known = HOLD[fail_on]
                holds = self.long(index, lambda at: self.polls[at][0] in known, self.options.fail_holds_for)
                return "failed" if holds else "held back"
            if poll[0] in (None, ABSENT):
                return "not yet"
        if poll[0] in HOLD[self.until] if self.until else set(poll) == {"READY"}:
            return "met"
        return "failed" if fail_on is not False and self.failed_by_default(index) else "not yet"

    def failed_by_default(self, index: int) -> bool:
        least = self.options.fail_holds_for or 0.0

        def holds(thing: int, status: str) -> Callable[[int], bool]:
            return lambda at: bool(self.polls[at][thing] == status)

        return any(
            self.long(index, holds(thing, status), max(own, least))
            for thing in range(len(self.things))
            for status, own in (("FAILED", 0.0), ("BACKOFF", 60.0))
        )

    def meets(self, index: int) -> bool:
        return self.outcome(index) == "met"

    def answered(self, index: int) -> bool:
        """Whether a poll gave something that counts."""
        return not _fails(self.polls[index])

    def long(self, index: int, holds: Callable[[int], bool], seconds: float | None) -> bool:
        """Whether something held at every poll of a span of so many seconds that ends with this poll."""
        if not holds(index):
            return False
        first = index
        for at in range(index - 1, -1, -1):
            if not self.answered(at):
                continue
            if not holds(at) or self.starts[first] - self.starts[at] - self.latency > 3 * self.schedule.cap + EPSILON:
                break
            first = at
        return self.starts[index] - self.starts[first] >= (seconds or 0.0) - SLACK_SECONDS

    def limit(self, index: int) -> str | None:
        """Which limit ends the wait at a poll that decides nothing."""
        return next((name for name, at in self.limits(index).items() if self.starts[index] >= at - TIMER_SECONDS), None)

    def limits(self, index: int) -> dict[str, float]:
        """Which limits there are after a poll, and when."""
        good = [at for at in range(index + 1) if self.answered(at)]
        found: dict[str, float] = {}
        never = any(all(self.polls[at][thing] == ABSENT for at in good) for thing in range(len(self.things)))
        if self.options.appear_timeout is not None and never:
            found["never_appeared"] = self.options.appear_timeout
        complete = [at for at in good if ABSENT not in self.polls[at]]
        if self.options.stall_timeout is not None and complete:
            moved = [
                at
                for before, at in zip([None, *good], good, strict=False)
                if at == complete[0]
                or (at > complete[0] and (before is None or self.polls[at] != self.polls[before] or self.meets(at)))
            ]
            found["stalled"] = self.starts[moved[-1]] + self.options.stall_timeout
        return found

    def no_answer(self, outcomes: Sequence[str]) -> Outcome:
        """How a wait ends that only got errors, as the last of them says."""
        last = [poll for poll, outcome in zip(self.polls, outcomes, strict=False) if outcome == "error"][-1:]
        first = next((value for poll in last for value in poll if _fails([value])), None)
        return Outcome.BAD_RESPONSE if first is MALFORMED else Outcome.UNREACHABLE

    def at_the_deadline(self, outcomes: Sequence[str], *, cut_short: bool = False) -> Outcome:
        """How a wait ends that nothing has decided; of a poll that the deadline cuts nothing is known."""
        answered = ("not yet", "in a row", "absent")
        good = [poll for poll, outcome in zip(self.polls, outcomes, strict=False) if outcome in answered]
        if not good:
            return self.no_answer(outcomes[:-1] if cut_short else outcomes)
        missing = [index for index, value in enumerate(good[-1]) if value == ABSENT]
        # A poll that was cut short says nothing.
        last = [outcome for outcome in outcomes if outcome != "cut"][-1]
        if last in ("error", "in a row") or not missing:
            return Outcome.TIMED_OUT
        was_there = all(any(poll[index] != ABSENT for poll in good) for index in missing)
        return Outcome.GONE if was_there else Outcome.NEVER_APPEARED


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    timeout = draw(st.one_of(st.just(0.0), st.floats(0.01, 400.0), st.sampled_from([5.0, 30.0, 60.0, 120.0])))
    # A state may stay for long, or change many times between two polls, or change exactly at the deadline.
    moments = st.one_of(st.floats(0.0, 450.0), st.floats(0.0, 30.0), st.just(timeout))
    lasting = st.sampled_from(["PENDING", "ODD", "READY", "BACKOFF", None, ABSENT, DOWN])
    spans = st.one_of(st.none(), st.none(), st.sampled_from([5.0, 20.0, 60.0]), st.floats(1.0, 200.0))

    def history() -> History:
        later = [(draw(moments), draw(st.sampled_from(VALUES))) for _ in range(draw(st.integers(0, 8)))]
        steps = [(0.0, draw(lasting)), *sorted(later, key=lambda step: step[0])]
        return History(steps, latency=draw(st.sampled_from([0.0, 0.2, 3.0, 12.0])))

    jitter = draw(st.lists(st.floats(0.0, 1.0, exclude_max=True), min_size=1, max_size=5))
    position = iter(range(10**9))

    def random() -> float:
        return jitter[next(position) % len(jitter)]

    return Scenario(
        [history() for _ in range(draw(st.integers(1, 3)))],
        timeout,
        Schedule.fixed(draw(st.floats(1.0, 40.0)), random) if draw(st.booleans()) else Schedule(random=random),
        draw(st.sampled_from([None, None, READY, READY_OR_ODD])),
        draw(st.sampled_from([None, None, False, READY, ODD, ALWAYS])),
        draw(
            st.builds(
                WaitOptions,
                consecutive=st.sampled_from([1, 1, 2, 3]),
                holds_for=spans,
                fail_holds_for=spans,
                not_found=st.sampled_from(["wait", "wait", "fail", "met"]),
                appear_timeout=spans,
                stall_timeout=spans,
                max_poll_errors=st.sampled_from([10, 10, 1, 3]),
            )
        ),
    )


@settings(max_examples=examples(1000), deadline=None)
@given(scenarios())
@example(Scenario([History([(0, "PENDING"), (60, "READY")])], 60.0, steady()))
@example(Scenario([History([(0, "PENDING"), (60.1, "READY")])], 60.0, steady()))
@example(Scenario([History([(0, DOWN)])], 400.0, steady()))
@example(Scenario([History([(0, DOWN), (180, "PENDING"), (200, DOWN)])], 900.0, steady()))
@example(Scenario([History([(0, DOWN)], latency=3.0)], 0.0, steady()))
@example(Scenario([History([(0, "READY"), (1, "PENDING")], latency=3.0)], 30.0, steady()))
@example(Scenario([History([(0, "PENDING"), (20, "READY"), (22, "PENDING")], 3.0)], 60.0, steady(9.0)))
@example(Scenario([History([(0, "PENDING"), (58, "READY")], latency=12.0)], 60.0, steady(40.0)))
@example(Scenario([History([(0, "READY")])], 30.0, steady(), READY, READY))
@example(Scenario([History([(0, "READY")]), History([(0, "READY"), (50, "FAILED")])], 90.0, steady(), None, ODD))
@example(Scenario([History([(0, "PENDING"), (20, ABSENT)]), History([(0, "READY")])], 90.0, steady()))
@example(Scenario([History([(0, "PENDING"), (20, ABSENT)]), History([(0, ABSENT)])], 90.0, steady()))
@example(Scenario([History([(0, "READY")])], 30.0, steady(5.0), options=WaitOptions(consecutive=3)))
@example(
    Scenario([History([(0, "READY"), (8, DOWN), (12, "READY")])], 60.0, steady(5.0), options=WaitOptions(consecutive=3))
)
@example(Scenario([History([(0, "READY")])], 3.0, steady(5.0), options=WaitOptions(consecutive=3)))
@example(Scenario([History([(0, "READY")], latency=12.0)], 15.0, steady(5.0), options=WaitOptions(consecutive=2)))
@example(Scenario([History([(0, "PENDING"), (9, ABSENT)])], 60.0, steady(5.0), options=WaitOptions(not_found="fail")))
@example(
    Scenario(
        [History([(0, "READY"), (9, ABSENT)])],
        60.0,
        steady(5.0),
        ODD,
        options=WaitOptions(consecutive=2, not_found="met"),
    )
)
@example(
    Scenario([History([(0, ABSENT)]), History([(0, "ODD")])], 20.0, steady(5.0), options=WaitOptions(not_found="met"))
)
@example(Scenario([History([(0, DOWN), (12, "READY")])], 60.0, steady(5.0), options=WaitOptions(max_poll_errors=3)))
@example(Scenario([History([(0, "READY")])], 60.0, steady(5.0), options=WaitOptions(holds_for=60.0)))
@example(Scenario([History([(0, "READY"), (18, DOWN), (22, "READY")])], 60.0, steady(5.0), options=HELD))
@example(Scenario([History([(0, "READY"), (11, DOWN), (31, "READY")])], 90.0, steady(5.0), options=HELD))
@example(Scenario([History([(0, "READY"), (11, DOWN), (24, "READY")], 3.0)], 90.0, steady(5.0), options=HELD))
@example(Scenario([History([(0, "READY"), (11, "PENDING"), (14, "READY")])], 90.0, steady(5.0), options=HELD))
@example(Scenario([History([(0, "READY"), (18, "PENDING")])], 90.0, steady(5.0), READY, READY, options=HELD))
@example(Scenario([History([(0, "BACKOFF"), (40, "READY")])], 90.0, steady(5.0), options=HELD))
@example(Scenario([History([(0, "BACKOFF")])], 90.0, steady(5.0), "t0.status == 'ODD'", options=HELD))
@example(
    Scenario([History([(0, ABSENT), (19, "READY")])], 90.0, steady(30.0), options=WaitOptions(appear_timeout=20.0))
)
@example(
    Scenario([History([(0, ABSENT), (21, "READY")])], 90.0, steady(30.0), options=WaitOptions(appear_timeout=20.0))
)
@example(Scenario([History([(0, ABSENT), (9, DOWN)])], 90.0, steady(5.0), options=WaitOptions(appear_timeout=10.0)))
@example(
    Scenario([History([(0, ABSENT), (19, "PENDING")])], 90.0, steady(5.0), options=WaitOptions(stall_timeout=21.0))
)
@example(Scenario([History([(0, "PENDING"), (30, "READY")])], 90.0, steady(5.0), options=STALLS))
@example(Scenario([History([(0, "PENDING"), (8, Throttled(40.0)), (9, "PENDING")])], 90.0, steady(5.0), options=STALLS))
@example(
    Scenario(
        [History([(0, ABSENT)])],
        90.0,
        steady(5.0),
        READY,
        ALWAYS,
        options=WaitOptions(fail_holds_for=15.0, not_found="met"),
    )
)
@example(Scenario([History([(0, MALFORMED)])], 90.0, steady(5.0), options=WaitOptions(max_poll_errors=3)))
@example(Scenario([History([(0, MALFORMED), (9, DOWN)])], 20.0, steady(5.0)))
def test_every_history_ends_rightly(scenario: Scenario) -> None:
    result = scenario.run()
    outcomes = scenario.outcomes()
    ends = [start + scenario.latency for start in scenario.starts]
    deadline, last = scenario.timeout, len(outcomes) - 1
    # Two events at one moment have no order.
    assume(not any(abs(end - scenario.bound) < EPSILON for end in ends))
    cut_short = ends[last] > scenario.bound
    asked = _asked(scenario.polls[last])

    # Nothing that decides is passed over: released, failed, missed or locked out at the first poll that says so.
    assert set(outcomes[:last]) <= {"not yet", "in a row", "error"}
    assert scenario.ended <= scenario.bound + EPSILON

    longest_row = max((len(list(row)) for each, row in groupby(outcomes) if each == "error"), default=0)
    expected: Outcome
    if cut_short:
        outcomes[last:] = []
        outcomes.append("error" if last and outcomes[last - 1] == "error" else "cut")
        expected = scenario.at_the_deadline(outcomes, cut_short=True)
    elif outcomes[last] in ("met", "failed", "unauthorized", "bad_response", "never_appeared", "stalled"):
        expected = Outcome(outcomes[last])
        assert scenario.ended <= ends[last] + EPSILON
    elif outcomes[last] == "absent":
        expected = scenario.at_the_deadline(outcomes)
        assert scenario.ended <= ends[last] + EPSILON
    elif longest_row == scenario.options.max_poll_errors or 0.0 < asked > deadline - ends[last]:
        given_up = longest_row == scenario.options.max_poll_errors
        expected = scenario.no_answer(outcomes) if given_up else Outcome.UNREACHABLE
        assert scenario.ended <= ends[last] + EPSILON
    else:
        expected = scenario.at_the_deadline(outcomes)
        # One last poll starts at the deadline, or as soon as the one before is over.
        assert scenario.starts[last] >= deadline - EPSILON
        assert last == 0 or scenario.starts[last] <= max(deadline, ends[last - 1]) + EPSILON
    assert longest_row <= scenario.options.max_poll_errors
    assert (Outcome.MET if isinstance(result, Met) else getattr(result, "outcome", None)) is expected, result

    _check_pauses(scenario, outcomes, ends)


def _fails(poll: Sequence[Any]) -> bool:
    return any(isinstance(value, (Throttled, NbcloudError)) or value in (DOWN, LOCKED, FORBIDDEN) for value in poll)


def _asked(poll: Sequence[Any]) -> float:
    return max((value.retry_after or 0.0 for value in poll if isinstance(value, Throttled)), default=0.0)


def _check_pauses(scenario: Scenario, outcomes: Sequence[str], ends: Sequence[float]) -> None:
    """Every pause is the schedule's, but for one that the cloud or the deadline decides."""
    base = scenario.schedule.start
    before: list[Any] | None = None
    for index, start in enumerate(scenario.starts[1:]):
        if outcomes[index] in ("not yet", "in a row"):
            if scenario.polls[index] != before:
                base = scenario.schedule.start
            before = scenario.polls[index]
        asked, left = _asked(scenario.polls[index]), max(0.0, scenario.timeout - ends[index])
        begun = scenario.starts[index] + TIMER_SECONDS
        limit = min((at for at in scenario.limits(index).values() if at > begun), default=math.inf)
        limit = max(0.0, limit - ends[index])
        assert start - ends[index] >= min(max(asked, min(limit, base * 0.9)), left) - EPSILON
        assert start - ends[index] <= min(max(asked, min(limit, base * 1.1)), left) + EPSILON
        base = min(scenario.schedule.cap, base * 1.5)


@settings(max_examples=100, deadline=None)
@given(st.floats(0.0, 300.0), st.floats(1.0, 300.0))
def test_what_is_ready_before_the_deadline_is_met(ready: float, timeout: float) -> None:
    """With answers at once, there is no moment before the deadline at which becoming ready comes too late."""
    assume(abs(ready - timeout) > EPSILON)
    result = waited(History([(0, "PENDING"), (ready, "READY")]), timeout=timeout)
    assert isinstance(result, Met if ready < timeout else WaitError)
