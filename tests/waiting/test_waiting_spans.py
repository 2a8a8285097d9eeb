"""Options that count time: how long a condition or a failure must hold, what must appear, what must not stand still."""

from __future__ import annotations

from typing import Any

import pytest
from simulated import (
    ABSENT,
    BACKS_OFF,
    DOWN,
    MALFORMED,
    MOVED,
    Arguments,
    History,
    Notes,
    OneAccount,
    Thing,
    Throttled,
    kind,
    met,
    steady,
    waited,
)
from virtual_time import VirtualClock, run

from pulumi_nbcloud.kinds.registry import KINDS
from pulumi_nbcloud.waiting.options import WaitOptions
from pulumi_nbcloud.waiting.outcome import Outcome, WaitError
from pulumi_nbcloud.waiting.report import status_line
from pulumi_nbcloud.waiting.runner import WaitRunner
from pulumi_nbcloud.waiting.spec import WaitSpec, parse_spec

READY = 'self.status == "READY"'
ODD = "self.status == 'ODD'"


def every(seconds: float, *values: Any) -> History:
    """A thing that is something else every so many seconds."""
    return History([(index * seconds, value) for index, value in enumerate(values)])


def ended(history: History | dict[str, History], **how: Any) -> tuple[Outcome, int, float]:
    """How a wait ends, after how many polls of 10 s, and when."""
    notes: list[Any] = []

    class Remembers(Notes):
        def changed(self, progress: Any, elapsed: float) -> None:
            notes.append(progress)

    result = waited(history, schedule=how.pop("schedule", steady(10)), reporter=Remembers(), **how)
    if isinstance(result, WaitError):
        assert result.progress is not None
        polls = result.progress.polls
        first = next(iter(history.values())) if isinstance(history, dict) else history
        return result.outcome, polls, first.times[-1]
    assert not isinstance(result, Exception), result
    return Outcome.MET, result.progress.polls, result.elapsed


# How long the condition must hold.


@pytest.mark.parametrize(
    ("values", "options", "polls"),
    [
        (["READY"], {"holds_for": 1.0}, 2),
        (["READY"], {"holds_for": 30.0}, 4),
        (["READY"], {"holds_for": 31.0}, 5),
        (["PENDING", "READY"], {"holds_for": 30.0}, 5),
        # Not yet starts again.
        (["READY", "READY", "PENDING", "READY"], {"holds_for": 30.0}, 7),
        (["READY", "READY", ABSENT, "READY"], {"holds_for": 30.0}, 7),
        (["READY", "READY", None, "READY"], {"holds_for": 30.0}, 7),
        # A failed poll neither counts nor starts again; a gap of more than three intervals starts again.
        (["READY", DOWN, "READY"], {"holds_for": 20.0}, 3),
        (["READY", DOWN, "READY"], {"holds_for": 21.0}, 4),
        (["READY", DOWN, DOWN, "READY"], {"holds_for": 30.0}, 4),
        (["READY", DOWN, DOWN, DOWN, "READY"], {"holds_for": 30.0}, 8),
        (["READY", Throttled(31.0), "READY"], {"holds_for": 30.0}, 6),
        # With `consecutive` both must be met.
        (["READY"], {"holds_for": 30.0, "consecutive": 6}, 6),
        (["READY"], {"holds_for": 50.0, "consecutive": 2}, 6),
        (["READY", "READY", DOWN, "READY"], {"holds_for": 30.0, "consecutive": 3}, 6),
        # What is not found can be what holds.
        (["READY", ABSENT], {"holds_for": 20.0, "not_found": "met"}, 3),
        ([ABSENT], {"holds_for": 20.0, "not_found": "met"}, 3),
    ],
)
def test_the_condition_must_hold_at_every_poll_of_a_span(
    values: list[Any], options: dict[str, Any], polls: int
) -> None:
    result = met(every(10, *values), schedule=steady(10), options=WaitOptions(**options))
    assert result.progress.polls == polls


def test_a_span_counts_from_poll_to_poll_and_a_slow_response_is_no_gap() -> None:
    # Sent at 0, 17 and 34; a pause of 1 s and responses of 16 s: many intervals, but nothing was missed.
    result = met(History([(0, "READY")], latency=16), schedule=steady(1), options=WaitOptions(holds_for=34.0))
    assert (result.progress.polls, result.elapsed) == (3, 50.0)


def test_a_span_as_long_as_the_timeout_can_be_met() -> None:
    assert met(History([(0, "READY")]), timeout=60, options=WaitOptions(holds_for=60.0)).elapsed == 60.0


def test_a_span_that_the_deadline_cuts_is_told() -> None:
    options = WaitOptions(holds_for=40.0, consecutive=9)
    error = waited(every(35, "PENDING", "READY"), timeout=60, schedule=steady(10), options=options)
    assert isinstance(error, WaitError)
    assert error.problem == (
        f"timed out after 1m; expected: {READY}; actual: status=READY (0s ago); "
        "so far: met 3 of 9 polls in a row; held for 20s of 40s; polls: 7"
    )


def test_the_status_says_how_long_it_has_held_and_a_span_is_no_line_each_poll() -> None:
    lines: list[str] = []

    class Lines(Notes):
        def changed(self, progress: Any, elapsed: float) -> None:
            lines.append(status_line(progress, elapsed))

        def heartbeat(self, progress: Any, elapsed: float) -> None:
            self.changed(progress, elapsed)

    history = History([(0, "BACKOFF"), (20, "READY")])
    met(history, reporter=Lines(30), schedule=steady(10), kinds=BACKS_OFF, options=WaitOptions(holds_for=50.0))
    assert lines == [
        "status BACKOFF, not READY; failing 0s/1m; 0s of 10m",
        "held 0s/50s; 20s of 10m",
        "held 30s/50s; 50s of 10m",
    ]


# How long a failure must hold.


@pytest.mark.parametrize(
    ("values", "how", "expected"),
    [
        # One's own, not long enough, keeps even what is met back.
        (["ODD"], {"fail_on": ODD}, (Outcome.FAILED, 3, 20.0)),
        (["ODD", "READY"], {"fail_on": ODD}, (Outcome.MET, 2, 10.0)),
        (["ODD"], {"fail_on": ODD, "until": ODD}, (Outcome.FAILED, 3, 20.0)),
        (["ODD", "READY", "ODD"], {"fail_on": ODD, "until": ODD}, (Outcome.FAILED, 5, 40.0)),
        (["ODD", "ODD", None, "ODD"], {"fail_on": ODD}, (Outcome.FAILED, 6, 50.0)),
        (["ODD", DOWN, "ODD"], {"fail_on": ODD}, (Outcome.FAILED, 3, 20.0)),
        (["ODD", DOWN, DOWN, DOWN, "ODD"], {"fail_on": ODD}, (Outcome.FAILED, 7, 60.0)),
        (["ODD", "ODD", "READY"], {"fail_on": ODD, "timeout": 15}, (Outcome.TIMED_OUT, 3, 15.0)),
        # A default lets what is met win, and has a time of its own.
        (["FAILED"], {}, (Outcome.FAILED, 3, 20.0)),
        (["FAILED", "READY"], {}, (Outcome.MET, 2, 10.0)),
        (["FAILED"], {"until": 'self.status == "FAILED"'}, (Outcome.MET, 1, 0.0)),
        (["BACKOFF"], {}, (Outcome.FAILED, 7, 60.0)),
        (["BACKOFF"], {"fail_on": False, "timeout": 90}, (Outcome.TIMED_OUT, 10, 90.0)),
    ],
)
def test_a_failure_must_hold_for_its_span(
    values: list[Any], how: dict[str, Any], expected: tuple[Outcome, int, float]
) -> None:
    options = WaitOptions(fail_holds_for=20.0)
    assert ended(every(10, *values), kinds=BACKS_OFF, options=options, **how) == expected


def test_not_found_does_not_meet_while_a_failure_of_ones_own_holds() -> None:
    options = WaitOptions(fail_holds_for=20.0, not_found="met")
    assert ended(every(10, ABSENT), fail_on="true", until="false", options=options) == (Outcome.FAILED, 3, 20.0)


def test_the_end_says_how_long_it_has_failed() -> None:
    error = waited(every(10, "BACKOFF"), schedule=steady(10), kinds=BACKS_OFF)
    assert isinstance(error, WaitError)
    assert error.problem.startswith(
        f'failed after 1m of 10m; reason: self.status == "BACKOFF" has held for 1m; expected: {READY}; actual: '
    )
    assert "failing for" not in error.problem


# What must appear, and what must not stand still.


@pytest.mark.parametrize(
    ("steps", "how", "expected"),
    [
        ([(0, ABSENT)], {}, (Outcome.NEVER_APPEARED, 4, 25.0)),
        # A last poll is made when it is over.
        ([(0, ABSENT), (24, "READY")], {}, (Outcome.MET, 4, 25.0)),
        ([(0, ABSENT), (26, "READY")], {}, (Outcome.NEVER_APPEARED, 4, 25.0)),
        # Once found is enough.
        ([(0, ABSENT), (8, "PENDING"), (12, ABSENT), (50, "READY")], {}, (Outcome.MET, 6, 50.0)),
        # A failed poll says nothing; the next does.
        ([(0, ABSENT), (22, DOWN), (40, ABSENT)], {}, (Outcome.NEVER_APPEARED, 6, 45.0)),
        ([(0, ABSENT), (22, DOWN), (40, "READY")], {}, (Outcome.MET, 6, 45.0)),
        # What the cloud asks for is kept.
        ([(0, ABSENT), (8, Throttled(40.0)), (12, ABSENT)], {}, (Outcome.NEVER_APPEARED, 3, 50.0)),
        ([(0, ABSENT)], {"timeout": 25}, (Outcome.NEVER_APPEARED, 4, 25.0)),
    ],
)
def test_what_does_not_appear_in_time_ends_a_wait(
    steps: list[tuple[float, Any]], how: dict[str, Any], expected: tuple[Outcome, int, float]
) -> None:
    assert ended(History(steps), options=WaitOptions(appear_timeout=25.0), **how) == expected


def test_each_target_must_appear() -> None:
    things = {"a": History([(0, "READY")]), "b": History([(0, ABSENT)])}
    options = WaitOptions(appear_timeout=25.0)
    assert ended(things, until="a.status == 'PENDING'", options=options) == (Outcome.NEVER_APPEARED, 4, 25.0)
    # What is met is met.
    assert ended(things, until="a.status == 'READY'", options=options) == (Outcome.MET, 1, 0.0)


def touched(*moments: float) -> History:
    return History([(at, Thing(status="PENDING", touched=int(at))) for at in moments])


@pytest.mark.parametrize(
    ("history", "how", "expected"),
    [
        (History([(0, "PENDING")]), {}, (Outcome.STALLED, 4, 25.0)),
        (History([(0, "PENDING"), (18, "ODD")]), {}, (Outcome.STALLED, 6, 45.0)),
        (History([(0, "PENDING"), (24, "READY")]), {}, (Outcome.MET, 4, 25.0)),
        # It starts with the first poll that finds everything; being gone is a change then.
        (History([(0, ABSENT), (38, "PENDING")]), {}, (Outcome.STALLED, 8, 65.0)),
        (History([(0, "PENDING"), (18, ABSENT)]), {}, (Outcome.STALLED, 6, 45.0)),
        (History([(0, ABSENT)]), {"timeout": 60}, (Outcome.NEVER_APPEARED, 7, 60.0)),
        # A failed poll says nothing.
        (History([(0, "PENDING"), (12, DOWN), (42, "PENDING")]), {}, (Outcome.STALLED, 6, 45.0)),
        (History([(0, "PENDING"), (12, DOWN), (42, "ODD")]), {}, (Outcome.STALLED, 9, 70.0)),
        # Volatile fields are no change, unless the condition reads them.
        (touched(0, 12, 22, 32), {}, (Outcome.STALLED, 4, 25.0)),
        (touched(0, 12, 22, 32), {"until": "self.touched > 99"}, (Outcome.STALLED, 8, 65.0)),
        # While the condition holds nothing need change; nothing has for long once it does not hold.
        (History([(0, "READY")]), {"options": {"holds_for": 60.0}}, (Outcome.MET, 7, 60.0)),
        (History([(0, "READY"), (42, "PENDING")]), {"options": {"holds_for": 60.0}}, (Outcome.STALLED, 9, 75.0)),
        # Failing is not getting on.
        (History([(0, "BACKOFF")]), {}, (Outcome.STALLED, 4, 25.0)),
        (History([(0, "PENDING")]), {"timeout": 25}, (Outcome.STALLED, 4, 25.0)),
    ],
)
def test_what_stands_still_for_too_long_ends_a_wait(
    history: History, how: dict[str, Any], expected: tuple[Outcome, int, float]
) -> None:
    options = WaitOptions(stall_timeout=25.0, **how.get("options", {}))
    rest = {name: value for name, value in how.items() if name != "options"}
    assert ended(history, kinds=BACKS_OFF, options=options, **rest) == expected


def test_a_stall_starts_where_every_target_is_found() -> None:
    things = {"a": History([(0, "PENDING")]), "b": History([(0, ABSENT), (38, "PENDING")])}
    assert ended(things, options=WaitOptions(stall_timeout=25.0)) == (Outcome.STALLED, 8, 65.0)


# Answers that are none.


@pytest.mark.parametrize(
    ("steps", "most", "expected"),
    [
        ([(0, MOVED)], 10, (Outcome.BAD_RESPONSE, 1, 0.0)),
        ([(0, "PENDING"), (12, MOVED)], 10, (Outcome.BAD_RESPONSE, 3, 20.0)),
        ([(0, MALFORMED)], 10, (Outcome.BAD_RESPONSE, 10, 90.0)),
        ([(0, MALFORMED)], 2, (Outcome.BAD_RESPONSE, 2, 10.0)),
        ([(0, MALFORMED), (12, "READY")], 10, (Outcome.MET, 3, 20.0)),
        # The last one says how it ends.
        ([(0, MALFORMED), (8, DOWN)], 2, (Outcome.UNREACHABLE, 2, 10.0)),
        ([(0, DOWN), (8, MALFORMED)], 2, (Outcome.BAD_RESPONSE, 2, 10.0)),
    ],
)
def test_a_bad_response_that_stays_ends_a_wait_at_once_and_others_in_a_row(
    steps: list[tuple[float, Any]], most: int, expected: tuple[Outcome, int, float]
) -> None:
    assert ended(History(steps), options=WaitOptions(max_poll_errors=most)) == expected


def test_bad_responses_up_to_the_deadline() -> None:
    assert ended(History([(0, MALFORMED)]), timeout=30)[0] is Outcome.BAD_RESPONSE
    assert ended(History([(0, "PENDING"), (8, MALFORMED)]), timeout=30)[0] is Outcome.TIMED_OUT


# What is checked before anything waits.


@pytest.fixture
def _kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "sim:Thing", "simulated:THING")


SELF = {"self": {"kind": "sim:Thing", "thing_id": "a"}}
TIMES = ("holds_for", "fail_holds_for", "appear_timeout", "stall_timeout")


@pytest.mark.usefixtures("_kinds")
@pytest.mark.parametrize("name", TIMES)
@pytest.mark.parametrize(
    ("inputs", "problem"),
    [
        ({"timeout": "5m"}, None),
        ({"timeout": "6m"}, None),
        ({}, None),
        (
            {"timeout": "4m59s"},
            "{} 5m is longer than the timeout of 4m59s\nhint: give a longer timeout, or a shorter {}",
        ),
        ({"timeout": "0"}, "{} 5m is longer than the timeout of 0s\nhint: give a longer timeout, or a shorter {}"),
        (
            {"custom_timeouts": {"create": "1m"}},
            "{} 5m is longer than the timeout of 1m\nhint: give a longer timeout, or a shorter {}",
        ),
        ({"custom_timeouts": {"update": "1m"}}, None),
    ],
)
def test_what_is_longer_than_the_timeout_is_refused(name: str, inputs: dict[str, Any], problem: str | None) -> None:
    _, problems = parse_spec({"targets": SELF, name: "5m", **inputs})
    assert [str(each) for each in problems] == ([] if problem is None else [problem.format(name, name)])


@pytest.mark.usefixtures("_kinds")
@pytest.mark.parametrize("name", TIMES)
def test_nothing_is_said_where_the_timeout_or_the_time_is_unknown(name: str) -> None:
    unknown = object()
    for inputs in ({name: "5h", "timeout": unknown}, {name: unknown, "timeout": "1m"}):
        assert parse_spec({"targets": SELF, **inputs}, lambda value: value is unknown)[1] == []


@pytest.mark.usefixtures("_kinds")
@pytest.mark.parametrize("name", TIMES)
def test_less_than_a_second_is_refused(name: str) -> None:
    _, problems = parse_spec({"targets": SELF, name: "500ms"})
    assert [str(each) for each in problems] == [f"{name} '500ms' is out of range\nhint: give 1s to 720h"]


@pytest.mark.usefixtures("_kinds")
@pytest.mark.parametrize("word", ["fail", "met"])
def test_what_does_not_wait_for_what_is_not_found_needs_no_limit_for_it(word: str) -> None:
    _, problems = parse_spec({"targets": SELF, "appear_timeout": "5m", "not_found": word})
    assert [str(each) for each in problems] == [
        (
            f"appear_timeout is not for not_found {word!r}, which does not wait for what is not found\n"
            "hint: leave one of them out"
        )
    ]


@pytest.mark.usefixtures("_kinds")
def test_the_evaluator_of_a_spec_counts_as_its_options_say() -> None:
    spec, _ = parse_spec({"targets": SELF, "fail_holds_for": "20s", "interval": "2s"})
    assert spec is not None
    evaluator = spec.evaluator()
    assert (evaluator._fail_holds_for, evaluator._fail_on._longest_gap) == (20.0, 6.0)
    plain, _ = parse_spec({"targets": SELF})
    assert plain is not None
    assert plain.evaluator()._fail_on._longest_gap == 90.0


# What a preview says of one poll.


@pytest.mark.parametrize(
    ("value", "how", "meaning"),
    [
        ("READY", {}, "the condition holds"),
        ("READY", {"holds_for": 600.0}, "the condition holds, which must last for 10m"),
        (
            ABSENT,
            {"holds_for": 600.0, "not_found": "met"},
            "it counts as met: not_found is 'met', which must last for 10m",
        ),
        (
            "READY",
            {"fail_on": READY, "fail_holds_for": 90.0},
            f"it counts as failed once {READY} has held for 1m30s",
        ),
        (
            ABSENT,
            {"not_found": "fail", "fail_on": "true", "fail_holds_for": 90.0},
            "it counts as failed: not_found is 'fail'",
        ),
        (
            "BACKOFF",
            {},
            f'not met: {READY}; it counts as failed once self.status == "BACKOFF" has held for 1m',
        ),
    ],
)
def test_a_preview_says_for_how_long_it_must_hold(value: str, how: dict[str, Any], meaning: str) -> None:
    history = History([(0, value)])

    async def read(account: Any, arguments: Arguments) -> Thing:
        return await history.read()

    async def simulate() -> tuple[str, str]:
        spec = WaitSpec(
            {"self": kind(read=read, failed=BACKS_OFF.failed)}, {"self": Arguments("a")}, WaitOptions(**how)
        )
        return await WaitRunner(OneAccount(), lambda key: None, VirtualClock()).poll(spec)

    assert run(simulate)[1] == meaning
