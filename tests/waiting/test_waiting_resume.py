"""A wait that is cut into runs, however each of them ends, ends as the one that was not cut.

Each run is a process of its own: its clock begins somewhere else, and all that it knows of the others is the record.
The oracle is that of the whole wait (`test_waiting_simulation`), over the polls of all runs; counts in a row start
again where a run begins more than one interval after the last poll.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import assume, example, given, note, settings
from hypothesis import strategies as st
from simulated import ABSENT, BACKS_OFF, DOWN, Arguments, History, outcome_of, steady, wait_for
from test_waiting_simulation import EPSILON, HELD, ODD, READY, READY_OR_ODD, VALUES, Scenario, _asked
from virtual_time import VirtualClock, run

from pulumi_nbcloud.condition import Conditions, compile_conditions
from pulumi_nbcloud.condition.span import SLACK_SECONDS
from pulumi_nbcloud.errors import NbcloudError
from pulumi_nbcloud.waiting.cancellation import Cancellation
from pulumi_nbcloud.waiting.keeper import Keeper, open_record
from pulumi_nbcloud.waiting.options import WaitOptions
from pulumi_nbcloud.waiting.outcome import Met, Outcome, WaitError
from pulumi_nbcloud.waiting.record import WaitRecord, record_from
from pulumi_nbcloud.waiting.record_file import RecordFile
from pulumi_nbcloud.waiting.schedule import JITTER, Schedule
from pulumi_nbcloud.waiting.spec import WaitSpec

# Where the clocks of processes begin.
CLOCKS = (0.0, 86_400.0, 17.25)


class MemoryFile(RecordFile):
    """A file without a disk; what is read of it went through the bytes of one."""

    def __init__(self) -> None:
        super().__init__(Path("wait.json"))
        self.record: WaitRecord | None = None

    def read(self) -> WaitRecord | None:
        return None if self.record is None else record_from(self.record.to_bytes())

    def write(self, record: WaitRecord) -> None:
        self.record = record


class Spec(WaitSpec):
    """A wait whose schedule a test gives."""

    def schedule(self) -> Schedule:
        own: Schedule = self.__dict__["own_schedule"]
        return own


@functools.lru_cache(maxsize=64)
def compiled(names: tuple[str, ...], until: str | None, fail_on: str | bool | None) -> Conditions:
    return compile_conditions(dict.fromkeys(names, BACKS_OFF), until, fail_on)


@dataclass(frozen=True)
class Part:
    """A run that does not end the wait by itself.

    Args:
        how: "hold"; "kill", which nothing is written at; or "signal".
        length: in seconds.
        gap: until the next run begins, in seconds; or of what is left of one interval since the last poll.
    """

    how: str
    length: float
    gap: float


@dataclass
class Cut(Scenario):
    """A wait that is cut into runs."""

    parts: Sequence[Part] = ()
    close: bool = False
    """Whether gaps are parts of what is left of one interval."""
    again: set[int] = field(default_factory=set)
    """The polls at which counts in a row start again."""
    runs: int = 0
    unordered: bool = False
    """Whether a poll was complete and its run was ended at one moment."""

    def run(self) -> Met | NbcloudError:
        file, moment = MemoryFile(), 0.0
        for part in (*self.parts, None):
            result, moment, waits_on = self.run_part(file, moment, part)
            if not waits_on:
                ended: Met | NbcloudError = result
                return ended
            assert part is not None
            last = self.starts[-1] + self.latency if self.starts else 0.0
            moment += part.gap * max(0.0, self.schedule.longest - (moment - last)) if self.close else part.gap
        raise AssertionError("the last run ends it")

    def run_part(self, file: MemoryFile, moment: float, part: Part | None) -> tuple[Any, float, bool]:
        """One process, from a moment on; returns how it ended, when, and whether another goes on."""
        base = CLOCKS[self.runs % len(CLOCKS)]
        self.runs += 1
        shift, ended = moment - base, moment
        named = {
            f"t{index}": History(thing.steps, thing.latency, shift=shift) for index, thing in enumerate(self.things)
        }

        async def process() -> Any:
            nonlocal ended
            keeper, result = self.keeper(file, shift, part), None
            if moment > self.last_poll() + self.schedule.longest + EPSILON and not self.due_later(keeper, moment):
                self.again.add(len(self.polls))
            with anyio.move_on_after(part.length if part is not None and part.how == "kill" else 1e6):
                result = await self.one(keeper, named, shift, part)
            ended = anyio.current_time() + shift
            return result

        result = run(process, base)
        for poll in zip(*(thing.reads for thing in named.values()), strict=True):
            # What a process had sent when it was killed, or cut short, nobody knows of.
            over = poll[0][0] + self.latency
            if part is not None and part.how != "hold" and abs(over - ended) < EPSILON:
                self.unordered = True
            if over <= ended + EPSILON:
                self.starts.append(poll[0][0])
                self.polls.append([value for _, value in poll])
        self.ended = ended
        waits_on = result is None or getattr(result, "outcome", None) in (Outcome.AWAITING, Outcome.CANCELLED)
        return result, ended, waits_on

    def last_poll(self) -> float:
        return self.starts[-1] + self.latency if self.starts else 0.0

    def due_later(self, keeper: Keeper, moment: float) -> bool:
        """Whether the next poll is due only now, because the cloud asked to wait."""
        return keeper.record.checkpoint.next_poll >= moment - EPSILON

    def keeper(self, file: MemoryFile, shift: float, part: Part | None) -> Keeper:
        spec = Spec(dict.fromkeys(self.names, BACKS_OFF), dict.fromkeys(self.names, Arguments("x")), self.whole)
        spec.__dict__.update(own_schedule=self.schedule, conditions=compiled(self.names, self.until, self.fail_on))
        return open_record(file, spec, None, warn=_silent, now=VirtualClock(shift).now)

    async def one(self, keeper: Keeper, named: dict[str, History], shift: float, part: Part | None) -> Any:
        cancellation = Cancellation()
        if part is not None and part.how == "signal":
            _call_later(part.length, cancellation.cancel)
        hold = part.length if part is not None and part.how == "hold" else None
        wait = wait_for(
            named,
            timeout=self.timeout,
            schedule=Schedule(self.schedule.start, self.schedule.cap, self.schedule._random),
            until=self.until,
            fail_on=self.fail_on,
            options=dataclasses.replace(self.options, hold=hold),
            kinds=BACKS_OFF,
            cancellation=cancellation,
            keeper=keeper,
            before=keeper.before(),
            clock=VirtualClock(shift),
        )
        return await outcome_of(wait)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"t{index}" for index in range(len(self.things)))

    @property
    def whole(self) -> WaitOptions:
        return dataclasses.replace(self.options, timeout=self.timeout)

    def outcomes(self) -> list[str]:
        """The oracle of the whole wait, but that a row does not go on after a long gap."""
        found: list[str] = []
        row = 0
        for index in range(len(self.polls)):
            outcome = self.outcome(index)
            row = (0 if index in self.again else row) + 1 if outcome == "met" else 0
            long = self.long(index, self.meets, self.options.holds_for)
            if outcome == "met" and not (row >= self.options.consecutive and long):
                outcome = "in a row"
            if outcome in ("not yet", "in a row"):
                outcome = self.limit(index) or outcome
            found.append(outcome)
        return found

    def long(self, index: int, holds: Callable[[int], bool], seconds: float | None) -> bool:
        if not holds(index):
            return False
        first = index
        for at in range(index - 1, -1, -1):
            if at + 1 in self.again:
                break
            if not self.answered(at):
                continue
            if not holds(at) or self.starts[first] - self.starts[at] - self.latency > 3 * self.schedule.cap + EPSILON:
                break
            first = at
        return self.starts[index] - self.starts[first] >= (seconds or 0.0) - SLACK_SECONDS

    def errors_in_a_row(self, outcomes: Sequence[str]) -> int:
        most = row = 0
        for index, each in enumerate(outcomes):
            row = (0 if index in self.again else row) + 1 if each == "error" else 0
            most = max(most, row)
        return most


def _silent(warning: str) -> None:
    raise AssertionError(warning)


def _call_later(seconds: float, call: Callable[[], None]) -> None:
    import asyncio

    asyncio.get_running_loop().call_later(seconds, call)


@st.composite
def cuts(draw: st.DrawFn) -> Cut:
    timeout = draw(st.one_of(st.floats(5.0, 900.0), st.sampled_from([30.0, 60.0, 120.0, 900.0])))
    moments = st.one_of(st.floats(0.0, timeout * 1.2), st.floats(0.0, 30.0))
    spans = st.one_of(st.none(), st.none(), st.sampled_from([5.0, 20.0, 60.0]), st.floats(1.0, 200.0))
    jitter = draw(st.lists(st.floats(0.0, 1.0, exclude_max=True), min_size=1, max_size=5))
    position = iter(range(10**9))

    def random() -> float:
        return jitter[next(position) % len(jitter)]

    def history() -> History:
        later = [(draw(moments), draw(st.sampled_from(VALUES))) for _ in range(draw(st.integers(0, 8)))]
        steps = [(0.0, draw(st.sampled_from(["PENDING", "READY", "BACKOFF", ABSENT, DOWN]))), *sorted(later, key=_time)]
        return History(steps, latency=draw(st.sampled_from([0.0, 0.2])))

    lengths = st.one_of(st.floats(0.0, 20.0), st.floats(5.0, timeout), st.just(0.0))
    gaps = st.one_of(st.floats(0.0, 5.0), st.floats(0.0, 60.0), st.floats(60.0, 400.0))
    part = st.builds(Part, st.sampled_from(["hold", "hold", "kill", "signal"]), lengths, gaps)
    return Cut(
        [history() for _ in range(draw(st.integers(1, 2)))],
        timeout,
        Schedule.fixed(draw(st.floats(1.0, 40.0)), random) if draw(st.booleans()) else Schedule(random=random),
        draw(st.sampled_from([None, None, READY, READY_OR_ODD])),
        draw(st.sampled_from([None, None, False, READY, ODD])),
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
        parts=draw(st.lists(part, min_size=0, max_size=49)),
    )


def _time(step: tuple[float, Any]) -> float:
    return step[0]


def hold(length: float, gap: float = 0.0) -> Part:
    return Part("hold", length, gap)


@settings(max_examples=250, deadline=None)
@given(cuts())
@example(Cut([History([(0, "PENDING"), (60, "READY")])], 90.0, steady(5.0), parts=[hold(0.0, 7.0)] * 20))
@example(Cut([History([(0, "READY")])], 90.0, steady(5.0), options=WaitOptions(consecutive=3), parts=[hold(0.0)] * 20))
@example(Cut([History([(0, "READY")])], 90.0, steady(5.0), options=HELD, parts=[Part("kill", 6.0, 2.0)] * 10))
@example(Cut([History([(0, "PENDING")])], 30.0, steady(5.0), parts=[hold(6.0, 400.0)]))
@example(Cut([History([(0, "READY")])], 90.0, steady(5.0), options=HELD, parts=[hold(4.0, 2.0)] * 10))
@example(
    Cut([History([(0, DOWN)])], 90.0, steady(5.0), options=WaitOptions(max_poll_errors=3), parts=[hold(0.0, 1.0)] * 9)
)
def test_every_cut_wait_ends_as_its_polls_say(cut: Cut) -> None:
    result = cut.run()
    assume(not cut.unordered)
    outcomes = cut.outcomes()
    last, deadline = len(outcomes) - 1, cut.timeout
    ends = [start + cut.latency for start in cut.starts]
    note(f"{cut.starts} {cut.polls} {outcomes} {cut.again} {result}")

    # Nothing that decides is passed over, in whichever run it was seen.
    assert set(outcomes[:last]) <= {"not yet", "in a row", "error"}
    most = cut.options.max_poll_errors
    assert cut.errors_in_a_row(outcomes) <= most
    if outcomes[last] in ("met", "failed", "unauthorized", "bad_response", "never_appeared", "stalled"):
        expected = Outcome(outcomes[last])
    elif outcomes[last] == "absent":
        expected = cut.at_the_deadline(outcomes)
    elif cut.errors_in_a_row(outcomes) == most:
        expected = cut.no_answer(outcomes)
    elif _asked(cut.polls[last]) > 0.0 and _asked(cut.polls[last]) > deadline - ends[last]:
        expected = Outcome.UNREACHABLE
    else:
        expected = cut.at_the_deadline(outcomes)
        assert cut.starts[last] >= deadline - EPSILON
    assert (Outcome.MET if isinstance(result, Met) else getattr(result, "outcome", None)) is expected, result
    # Runs are never closer to each other than polls of one run.
    assert isinstance(result, (Met, WaitError))
    assert result.progress is not None
    _check_distances(cut)


def _check_distances(cut: Cut) -> None:
    least = cut.schedule.start * (1 - JITTER)
    for index, (before, after) in enumerate(pairwise(cut.starts)):
        early = min([cut.timeout, *(each for each in cut.limits(index).values() if each > before)])
        assert after - before >= min(least, max(0.0, early - before)) - EPSILON


@st.composite
def close_cuts(draw: st.DrawFn) -> Cut:
    """A wait whose runs follow within one interval, over things that stay as they are for a while."""
    options = draw(
        st.builds(
            WaitOptions,
            consecutive=st.sampled_from([1, 1, 2, 3]),
            holds_for=st.sampled_from([None, None, 20.0, 60.0]),
            fail_holds_for=st.sampled_from([None, None, 30.0]),
            stall_timeout=st.sampled_from([None, None, 300.0]),
        )
    )
    schedule = Schedule.fixed(draw(st.floats(2.0, 30.0)), steady()._random) if draw(st.booleans()) else steady()
    moment = 0.0
    steps: list[tuple[float, str | None]] = [(0.0, draw(st.sampled_from(["PENDING", "ODD", ABSENT])))]
    for _ in range(draw(st.integers(0, 4))):
        moment += draw(st.floats(100.0, 250.0))
        steps.append((moment, draw(st.sampled_from(["PENDING", "ODD", None]))))
    end = moment + draw(st.floats(100.0, 250.0))
    steps.append((end, draw(st.sampled_from(["READY", "READY", "FAILED", "BACKOFF"]))))
    # Long before the deadline, or long after: around it the moment of the last poll decides.
    timeout = draw(st.sampled_from([end + 600.0, max(60.0, end - 60.0)]))
    part = st.builds(
        Part, st.sampled_from(["hold", "hold", "kill", "signal"]), st.floats(0.5, timeout / 2), st.floats(0.0, 0.95)
    )
    parts = draw(st.lists(part, min_size=1, max_size=49))
    return Cut([History(steps, 0.2)], timeout, schedule, options=options, parts=parts, close=True)


@settings(max_examples=80, deadline=None)
@given(close_cuts())
def test_runs_that_follow_within_an_interval_end_as_the_whole_wait_does(cut: Cut) -> None:
    schedule = Schedule(cut.schedule.start, cut.schedule.cap, cut.schedule._random)
    whole = Scenario(
        [History(each.steps, each.latency) for each in cut.things], cut.timeout, schedule, options=cut.options
    )
    expected, result = whole.run(), cut.run()
    assume(not cut.again and not cut.unordered)
    note(f"{cut.starts} {whole.starts} {result} {expected}")
    assert type(result) is type(expected)
    assert getattr(result, "outcome", None) is getattr(expected, "outcome", None)
    # A poll comes at most one interval later than the whole wait's; a row takes as many polls as it needs.
    row = cut.options.consecutive + sum(1 for each in (cut.options.holds_for, cut.options.fail_holds_for) if each)
    assert cut.ended <= whole.ended + row * cut.schedule.longest + cut.latency + EPSILON


def two_runs(first: History, then: History, **options: Any) -> NbcloudError:
    """How a wait of 10 minutes ends whose second run begins after its deadline."""
    file = MemoryFile()

    def one(history: History, moment: float, hold: float | None) -> Any:
        async def process() -> Any:
            cut = Cut([history], 600.0, steady(), options=WaitOptions(**options))
            keeper = cut.keeper(file, moment, None)
            part = Part("hold", hold, 0.0) if hold is not None else None
            return await cut.one(keeper, {"t0": dataclasses.replace(history, shift=moment)}, moment, part)

        return run(process)

    awaiting = one(first, 0.0, 30.0)
    assert isinstance(awaiting, WaitError)
    assert awaiting.outcome is Outcome.AWAITING
    result: NbcloudError = one(then, 1000.0, None)
    return result


@pytest.mark.parametrize(
    ("seen", "outcome", "actual"),
    [
        ([(0, "PENDING")], Outcome.TIMED_OUT, "status=PENDING (16m"),
        ([(0, ABSENT)], Outcome.NEVER_APPEARED, "not found (16m"),
        ([(0, "PENDING"), (9, ABSENT)], Outcome.GONE, "not found (16m"),
        ([(0, DOWN)], Outcome.UNREACHABLE, "nothing yet"),
    ],
)
def test_a_run_without_an_answer_knows_what_the_one_before_saw(
    seen: list[tuple[float, Any]], outcome: Outcome, actual: str
) -> None:
    result = two_runs(History(seen), History([(0, "READY")], latency=60.0))
    assert isinstance(result, WaitError)
    assert result.outcome is outcome
    facts = dict(result.facts)
    assert facts["reason"] == "no response within 10s"
    assert facts["actual"].startswith(actual)


def test_the_last_error_of_a_run_is_known_to_one_that_follows_at_once() -> None:
    cut = Cut([History([(0, DOWN)])], 600.0, steady())
    file = MemoryFile()

    async def process(hold: float) -> Any:
        keeper = cut.keeper(file, 0.0, None)
        return await cut.one(keeper, {"t0": History([(0, DOWN)])}, 0.0, Part("hold", hold, 0.0))

    first = run(functools.partial(process, 7.0))
    again = run(functools.partial(process, 0.0), 8.0)
    assert dict(first.facts)["last error"] == dict(again.facts)["last error"]
    assert dict(first.facts)["polls"] == dict(again.facts)["polls"] == "2"


def test_a_run_that_changes_nothing_does_not_stop_a_stall() -> None:
    """What a run sees first is no change where the one before has seen the same."""
    options = WaitOptions(stall_timeout=60.0)
    cut = Cut([History([(0, "PENDING")])], 600.0, steady(), options=options, parts=[hold(0.0, 5.0)] * 40)
    result = cut.run()
    assert isinstance(result, WaitError)
    assert result.outcome is Outcome.STALLED
    assert cut.ended < 70.0
    assert result.progress is not None
    assert result.progress.transition_count == 1
