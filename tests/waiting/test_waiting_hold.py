"""A wait that is cut into runs: one ends as awaiting when `hold` is over, and the deadline of the first run stays."""

from __future__ import annotations

import copy
import pickle
from datetime import datetime, timezone
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbcloud_support import one_line
from simulated import (
    ABSENT,
    BACKS_OFF,
    DOWN,
    Arguments,
    History,
    LastingAccount,
    Notes,
    OneAccount,
    Thing,
    Throttled,
    inline,
    kind,
    met,
    outcome_of,
    steady,
    wait_for,
    waited,
)
from virtual_time import START, VirtualClock, run

from pulumi_nbcloud.engine.values import contains_unknown
from pulumi_nbcloud.errors import NbcloudError
from pulumi_nbcloud.kinds.registry import KINDS
from pulumi_nbcloud.waiting.options import WaitOptions
from pulumi_nbcloud.waiting.outcome import Met, Outcome, WaitError, WaitResult
from pulumi_nbcloud.waiting.runner import WaitRunner
from pulumi_nbcloud.waiting.schedule import TIMER_SECONDS, Schedule
from pulumi_nbcloud.waiting.spec import WaitSpec, parse_spec

READY = 'self.status == "READY"'
HOUR = 3600.0
AGAIN = "run the same again: the wait goes on, and its deadline stays"


def pending(*later: tuple[float, Any], **how: Any) -> History:
    return History([(0, "PENDING"), *later], **how)


def ended(history: History, hold: float, *, timeout: float = 100.0, **how: Any) -> WaitError:
    """How a run ends that is not met, polling every 10 s."""
    options = WaitOptions(hold=hold, **how.pop("options", {}))
    error = waited(history, timeout=timeout, schedule=steady(10), options=options, **how)
    assert isinstance(error, WaitError), error
    return error


def test_a_run_that_decides_nothing_is_awaiting_when_hold_is_over() -> None:
    history = pending()
    error = ended(history, 25, timeout=40 * HOUR)
    assert one_line(error) == (
        f"sim:Thing id-of-self: awaiting after 25s of 40h; expected: {READY}; "
        f"actual: status=PENDING (0s ago); deadline: 2026-02-02T01:00:00Z; polls: 4 (request id req-4)\nhint: {AGAIN}"
    )
    assert (error.outcome, history.times) == (Outcome.AWAITING, [0, 10, 20, 25])
    assert error.deadline is not None
    assert (error.deadline - START).total_seconds() == 40 * HOUR
    # As an error travels out of another thread or process.
    assert copy.copy(error).deadline == pickle.loads(pickle.dumps(error)).deadline == error.deadline


def test_the_clauses_that_are_not_met_and_what_is_undecided_are_told() -> None:
    until = 'self.status == "READY" && self.note == "x"'
    text = one_line(ended(pending(), 0, until=until))
    assert '; not met: self.status == "READY": status is PENDING; ' in text
    undecided = one_line(ended(History([(0, "READY")]), 0, fail_on='self.note == "x"'))
    assert "; undecided: self.note is null; " in undecided


def test_hold_of_nothing_is_one_poll() -> None:
    history = pending(latency=9.0)
    assert (ended(history, 0).outcome, history.times) == (Outcome.AWAITING, [0])
    assert met(History([(0, "READY")]), options=WaitOptions(hold=0.0)).progress.polls == 1
    # It may take 10 s, as the only poll of a wait without a timeout may.
    slow = ended(pending(latency=12.0), 0)
    assert (slow.outcome, "reason: no response within 10s" in slow.problem) == (Outcome.AWAITING, True)


def test_what_becomes_ready_while_the_run_waits_is_met() -> None:
    result = met(pending((12, "READY")), timeout=HOUR, schedule=steady(10), options=WaitOptions(hold=25.0))
    assert result.elapsed == 20


def test_the_last_poll_of_a_run_may_take_a_moment_longer() -> None:
    result = met(pending((24, "READY"), latency=4.0), timeout=HOUR, schedule=steady(10), options=WaitOptions(hold=25.0))
    assert result.elapsed == 29


@pytest.mark.parametrize("hold", [100.0, 200.0])
def test_hold_that_is_not_shorter_than_the_timeout_is_none(hold: float) -> None:
    error = ended(pending(), hold)
    assert (error.outcome, error.deadline) == (Outcome.TIMED_OUT, None)
    assert error.summary.startswith("timed out after 1m40s")


def test_what_passed_before_counts_against_the_timeout() -> None:
    history = pending()
    error = ended(history, 60, before=50.0)
    assert (error.outcome, error.summary, history.times) == (
        Outcome.TIMED_OUT,
        "timed out after 1m40s",
        [0, 10, 20, 30, 40, 50],
    )
    again = ended(pending(), 40, before=50.0)
    assert (again.outcome, again.summary) == (Outcome.AWAITING, "awaiting after 1m30s of 1m40s")
    assert again.deadline is not None
    assert (again.deadline - START).total_seconds() == 50


@pytest.mark.parametrize(("before", "elapsed"), [(100.0, "1m40s"), (100.4, "1m40s"), (250.0, "4m10s of 1m40s")])
def test_once_the_deadline_is_over_one_poll_decides(before: float, elapsed: str) -> None:
    history = pending()
    error = ended(history, 60, before=before)
    assert (error.outcome, error.summary, history.times) == (Outcome.TIMED_OUT, f"timed out after {elapsed}", [0])
    late = met(History([(0, "READY")]), timeout=100, options=WaitOptions(hold=60.0), before=before)
    assert (late.progress.polls, late.elapsed) == (1, before)
    # As at any deadline: what is not there never appeared, and where nothing answers nothing is known.
    assert ended(History([(0, ABSENT)]), 60, before=before).outcome is Outcome.NEVER_APPEARED
    assert ended(History([(0, DOWN)]), 60, before=before).outcome is Outcome.UNREACHABLE
    # It may take as long as the only poll of a wait without a timeout.
    assert ended(pending(latency=9.0), 60, before=before).outcome is Outcome.TIMED_OUT


def test_failed_polls_alone_decide_nothing_unless_there_are_too_many() -> None:
    error = ended(History([(0, DOWN)]), 25)
    assert (error.outcome, error.status) == (Outcome.AWAITING, 503)
    assert "; last error: the cloud cannot answer now; " in error.problem
    assert ended(History([(0, DOWN)]), 25, options={"max_poll_errors": 3}).outcome is Outcome.UNREACHABLE


@pytest.mark.parametrize(
    ("asked", "outcome", "why"),
    [
        (20.0, Outcome.AWAITING, None),
        (40.0, Outcome.AWAITING, "the cloud asks to wait 40 s, beyond hold"),
        (400.0, Outcome.UNREACHABLE, "the cloud asks to wait 400 s, beyond the deadline"),
    ],
)
def test_a_run_does_not_wait_for_a_poll_that_the_cloud_allows_only_after_it(
    asked: float, outcome: Outcome, why: str | None
) -> None:
    history = History([(0, Throttled(asked)), (1, "PENDING")])
    error = ended(history, 30)
    assert (error.outcome, dict(error.facts).get("reason")) == (outcome, why)
    assert history.times == ([0, 20, 30] if why is None else [0])


def test_what_is_counted_in_a_row_starts_over_in_each_run() -> None:
    assert ended(History([(0, ABSENT)]), 60, options={"appear_timeout": 20.0}, before=90).outcome is (
        Outcome.NEVER_APPEARED
    )
    held_back = pending((4, ABSENT))
    assert ended(held_back, 15, options={"appear_timeout": 10.0}, before=50).outcome is Outcome.AWAITING
    assert ended(pending(), 15, options={"stall_timeout": 15.0}, before=50).outcome is Outcome.STALLED
    row = ended(History([(0, "READY")]), 25, options={"holds_for": 60.0})
    assert (row.outcome, dict(row.facts)["so far"]) == (Outcome.AWAITING, "held for 25s of 1m")
    # The whole of a run counts: a condition that holds all the time is met at its end.
    assert met(History([(0, "READY")]), options=WaitOptions(hold=25.0, holds_for=25.0)).elapsed == 25


@st.composite
def runs(draw: st.DrawFn) -> dict[str, Any]:
    moments, values = st.floats(0.0, 700.0), st.sampled_from(["PENDING", "READY", "FAILED", "ODD", None, ABSENT, DOWN])
    later = sorted(draw(st.lists(st.tuples(moments, values), max_size=6)), key=lambda step: step[0])
    return {
        "steps": [(0.0, "PENDING"), *later],
        "timeout": draw(st.floats(1.0, 600.0)),
        "interval": draw(st.floats(1.0, 40.0)),
        "latency": draw(st.sampled_from([0.0, 0.4])),
        "parts": draw(st.lists(st.tuples(st.floats(0.0, 90.0), st.floats(5.0, 200.0)), min_size=1, max_size=20)),
    }


@settings(max_examples=300, deadline=None)
@given(runs())
def test_however_a_wait_is_cut_it_ends_by_what_is_there_or_at_its_deadline(how: dict[str, Any]) -> None:
    history = History(how["steps"], latency=how["latency"])

    async def simulate() -> None:
        result: Met | NbcloudError | None = None
        for number in range(1000):
            hold, gap = how["parts"][number % len(how["parts"])]
            before, sent = anyio.current_time(), len(history.reads)
            wait = wait_for(
                history,
                timeout=how["timeout"],
                schedule=steady(how["interval"]),
                options=WaitOptions(hold=hold),
                before=before,
            )
            result, now = await outcome_of(wait), anyio.current_time()
            last = history.reads[-1][1]
            # A run takes no longer than it may, and the deadline is the same for all of them.
            assert now <= before + min(hold, max(0.0, how["timeout"] - before)) + 10.0
            if before >= how["timeout"]:
                assert len(history.reads) == sent + 1
            if isinstance(result, Met):
                assert (last, result.elapsed) == ("READY", now)
                return
            assert isinstance(result, WaitError)
            if result.outcome is not Outcome.AWAITING:
                assert (
                    last == "FAILED"
                    if result.outcome is Outcome.FAILED
                    else now >= how["timeout"] - 0.01 or (last == DOWN)
                )
                return
            assert now < how["timeout"] + 10.0
            assert last != "FAILED"
            assert result.deadline is not None
            assert abs((result.deadline - START).total_seconds() - how["timeout"]) <= 0.51
            await anyio.sleep(gap)
        raise AssertionError("awaiting without an end")

    run(simulate)


# How a run is made for a spec.


def enforced(history: History, enforcement: str, notes: Notes, before: float, account: Any = None) -> WaitResult:
    async def read(account: Any, arguments: Arguments) -> Thing:
        return await history.read()

    options = WaitOptions(timeout=100.0, interval=10.0, hold=30.0, enforcement=enforcement)
    spec = WaitSpec({"self": kind(read=read)}, {"self": Arguments("a")}, options)
    reader = OneAccount()
    reader._account = account or LastingAccount()

    async def simulate() -> WaitResult:
        return await WaitRunner(reader, lambda key: None, VirtualClock(), inline).enforce(spec, notes, before=before)

    return run(simulate)


@pytest.mark.parametrize("enforcement", ["advisory", "mandatory"])
def test_an_advisory_wait_is_awaiting_too_and_warns_only_at_its_deadline(enforcement: str) -> None:
    notes = Notes()
    with pytest.raises(WaitError) as caught:
        enforced(pending(), enforcement, notes, 60.0)
    assert (caught.value.outcome, notes.warnings) == (Outcome.AWAITING, [])
    result = enforced(pending(), "advisory", notes, 70.0)
    # No poll is left out for what a timer is off by.
    assert (result.outcome, len(notes.warnings)) == ("timed_out", 1)
    assert result.elapsed == pytest.approx(100, abs=TIMER_SECONDS)


@pytest.mark.parametrize(
    ("expires", "before", "warnings"),
    [
        (31, 0.0, []),
        (29, 0.0, ["the credentials for sim expire at 2026-01-31T09:00:29Z, before hold is over"]),
        (29, 75.0, []),
        (20, 75.0, ["the credentials for sim expire at 2026-01-31T09:00:20Z, before the timeout of this wait"]),
    ],
)
def test_credentials_are_warned_of_that_expire_before_this_run_is_over(
    expires: float, before: float, warnings: list[str]
) -> None:
    class Expiring(LastingAccount):
        def expires_at(self) -> Any:
            return START.timestamp() + expires

    notes = Notes()
    enforced(History([(0, "READY")]), "mandatory", notes, before, Expiring())
    assert notes.warnings == warnings


# What is refused before anything is sent.


@pytest.fixture
def problems(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setitem(KINDS, "sim:Thing", "simulated:THING")

    def problems(**inputs: Any) -> list[str]:
        targets = {"self": {"kind": "sim:Thing", "thing_id": "a"}}
        return [str(each) for each in parse_spec({"targets": targets, **inputs}, contains_unknown)[1]]

    return problems


SHORTER = "give a longer hold, or a shorter interval"
DELETED = (
    "until 'deleted' with hold may never be met: what goes away between two runs was never found by the second\n"
    "hint: give allow_absent, or leave hold out"
)


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"hold": "10m", "timeout": "40h"}, None),
        ({"hold": 0, "timeout": "40h"}, None),
        ({"hold": "5", "timeout": "40h"}, "hold '5' is not a duration\nhint: give it a unit, as in 5s or 5m; only 0 "),
        ({"hold": "31d", "timeout": "40h"}, "hold '31d' is out of range\nhint: give 0s to 720h"),
        (
            {"hold": "10m", "every_update": True},
            "hold is not for every_update: such a gate has no deadline to go on with\nhint: leave one of them out",
        ),
        (
            {"hold": "0", "consecutive": 2},
            f"consecutive 2 cannot be reached with hold 0s, into which 1 poll fits\nhint: {SHORTER}",
        ),
        (
            {"hold": "10s", "interval": "10s", "consecutive": 3},
            f"consecutive 3 cannot be reached with hold 10s, into which 2 polls fit\nhint: {SHORTER}",
        ),
        ({"hold": "10s", "interval": "10s", "consecutive": 2}, None),
        # With the longest jitter, polls are at 0, 5.5, 13.75, 26.1 s, and then at the end.
        (
            {"hold": "26s", "consecutive": 5},
            f"consecutive 5 cannot be reached with hold 26s, into which 4 polls fit\nhint: {SHORTER}",
        ),
        ({"hold": "27s", "consecutive": 5}, None),
        *(
            (
                {"hold": "1m", name: "61s"},
                f"{name} 1m1s is longer than hold 1m, and the next run starts to count again\n"  # noqa: ISC004
                f"hint: give a longer hold, or a shorter {name}",
            )
            for name in ("holds_for", "fail_holds_for", "appear_timeout", "stall_timeout")
        ),
        ({"hold": "1m", "holds_for": "1m"}, None),
        ({"hold": "1m", "holds_for": "31m"}, "holds_for 31m is longer than the timeout of 30m"),
        ({"hold": "1m", "until": "deleted"}, DELETED),
        ({"hold": "1m", "until": "deleted", "allow_absent": True}, None),
        # As long as the timeout or longer, it changes nothing.
        ({"hold": "30m", "until": "deleted", "consecutive": 1000}, None),
        ({"hold": "1m", "timeout": "1m", "holds_for": "1m"}, None),
        # What is not known yet may be long enough.
        ({"hold": "10s", "interval": None, "consecutive": 9, "timeout": "?"}, None),
        ({"hold": "?", "consecutive": 9}, None),
        ({"hold": "10s", "interval": "?", "consecutive": 9}, None),
    ],
)
def test_what_one_run_cannot_reach_is_refused(problems: Any, inputs: dict[str, Any], expected: str | None) -> None:
    from pulumi.output import Unknown

    unknown: Any = Unknown()  # type: ignore[no-untyped-call]
    found = problems(**{name: unknown if value == "?" else value for name, value in inputs.items()})
    assert len(found) == (0 if expected is None else 1)
    assert found == [] or found[0].startswith(str(expected))


@settings(max_examples=100, deadline=None)
@given(
    st.one_of(st.sampled_from([0.0, 0.001, 0.002]), st.floats(0.001, 300.0)),
    st.integers(1, 12),
    st.floats(1.0, 40.0),
    st.booleans(),
    st.lists(st.floats(0.0, 1.0, exclude_max=True), min_size=1, max_size=5),
)
def test_a_row_that_is_not_refused_is_always_reached(
    hold: float, consecutive: int, start: float, fixed: bool, jitter: list[float]
) -> None:
    position = iter(range(10**9))

    def random() -> float:
        return jitter[next(position) % len(jitter)]

    schedule = Schedule.fixed(start, random) if fixed else Schedule(start, 45.0, random)
    sure = schedule.sure_polls(hold, consecutive)
    options = WaitOptions(hold=hold, consecutive=sure)
    assert met(History([(0, "READY")]), timeout=HOUR, schedule=schedule, options=options).progress.polls == sure


def test_a_failure_of_the_kind_that_one_run_cannot_reach_is_warned_of() -> None:
    def warnings(**options: Any) -> tuple[str, ...]:
        return WaitSpec({"self": BACKS_OFF}, {}, WaitOptions(**options)).warnings

    text = 'self.status == "BACKOFF" ends a wait only once it has held for 1m: with hold 59s it never does'
    assert warnings(hold=59.0) == (text,)
    assert warnings(hold=59.0, timeout=59.0) == warnings(hold=60.0) == warnings(hold=0.0, fail_on=False) == ()


def test_a_deadline_that_is_kept_takes_the_place_of_a_computed_one() -> None:
    kept = datetime(2026, 1, 31, 9, 0, tzinfo=timezone.utc)
    facts = (("expected", "self.running"), ("deadline", "2026-01-31T09:00:01Z"))
    error = WaitError(Outcome.AWAITING, "awaiting after 1s of 40h", facts=facts)
    error.end_at(kept)
    assert error.deadline == kept
    assert error.facts == (("expected", "self.running"), ("deadline", "2026-01-31T09:00:00Z"))
