"""Waits for a named condition: what `deleted` takes, which options go with it, what a state keeps."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN
from simulated import ABSENT, DOWN, Arguments, History, OneAccount, Thing, kind, met, steady, waited
from virtual_time import VirtualClock, run

from pulumi_nbcloud.engine.values import contains_unknown
from pulumi_nbcloud.kinds.kind import NamedCondition
from pulumi_nbcloud.kinds.registry import KINDS
from pulumi_nbcloud.provider.gate import GateProvider
from pulumi_nbcloud.waiting.again import WAIT_AGAIN
from pulumi_nbcloud.waiting.options import WaitOptions
from pulumi_nbcloud.waiting.outcome import Outcome, WaitError
from pulumi_nbcloud.waiting.runner import WaitRunner
from pulumi_nbcloud.waiting.spec import WaitSpec, parse_spec

NAMED = kind(
    named=(
        NamedCondition("running", 'self.status == "UP"', "It is up."),
        NamedCondition("ended", 'self.status in ["DOWN", "FAILED"]', "It is down.", failures_apply=False),
        NamedCondition("deleted", 'self.status == "RELEASED"', "It was released.", failures_apply=False),
    ),
    token="sim:Named",
)
SELF = {"self": {"kind": "sim:Named", "thing_id": "a"}}
HIDDEN = {"self": {"kind": "sim:Hidden", "thing_id": "a"}}
GONE = WaitOptions(until="deleted", not_found="met")
ALREADY = WaitOptions(until="deleted", not_found="met", allow_absent=True)


@pytest.fixture
def _kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "sim:Named", f"{__name__}:NAMED")
    monkeypatch.setitem(KINDS, "sim:Hidden", "simulated:HIDDEN")


def outcome_of(histories: Any, **how: Any) -> tuple[Outcome, str]:
    error = waited(histories, **{"kinds": NAMED, "timeout": 60, "schedule": steady(10), **how})
    assert isinstance(error, WaitError), error
    return error.outcome, str(error)


def polls(histories: Any, **how: Any) -> int:
    return met(histories, **{"kinds": NAMED, "timeout": 60, "schedule": steady(10), **how}).progress.polls


# --- deleted


@pytest.mark.parametrize("until", ["deleted", " deleted\n"])
def test_deleted_is_met_once_what_was_found_is_found_no_more(until: str) -> None:
    result = met(History([(0, "UP"), (12, ABSENT)]), until=until, options=GONE, kinds=NAMED)
    assert (result.progress.polls, result.progress.states()) == (3, {"self": None})
    assert result.progress.expected == 'deleted (self.status == "RELEASED", or not found)'
    assert result.progress.not_met == ()


def test_what_was_never_found_is_not_deleted() -> None:
    outcome, text = outcome_of(History([(0, ABSENT)]), until="deleted", options=GONE)
    assert outcome is Outcome.NEVER_APPEARED
    assert text.endswith("; if it may be gone already, give allow_absent")
    # A poll that fails finds nothing.
    assert outcome_of(History([(0, DOWN), (15, ABSENT)]), until="deleted", options=GONE)[0] is Outcome.NEVER_APPEARED


def test_what_keeps_it_from_counting_is_named() -> None:
    error = waited(History([(0, ABSENT)]), until="deleted", options=GONE, kinds=NAMED, timeout=20)
    assert isinstance(error, WaitError)
    assert error.progress is not None
    assert [(each.text, each.actual, each.expected, each.brief) for each in error.progress.not_met] == [
        ("deleted", "it was never found", "found before", "never found")
    ]
    pair = {"a": History([(0, ABSENT)]), "b": History([(0, "UP"), (5, ABSENT)])}
    error = waited(pair, until="deleted", options=GONE, kinds=NAMED, timeout=20)
    assert isinstance(error, WaitError)
    assert error.progress is not None
    assert [each.actual for each in error.progress.not_met] == ["a was never found"]


def test_absence_can_be_allowed() -> None:
    assert polls(History([(0, ABSENT)]), until="deleted", options=ALREADY) == 1
    # And the thing is still waited for where it is there.
    assert polls(History([(0, "UP"), (12, ABSENT)]), until="deleted", options=ALREADY) == 3


def test_a_state_that_says_so_needs_no_earlier_read() -> None:
    assert polls(History([(0, "RELEASED")]), until="deleted", options=GONE) == 1


def test_each_of_several_must_be_deleted_and_have_been_there() -> None:
    pair = {"a": History([(0, "UP"), (5, ABSENT)]), "b": History([(0, "UP"), (25, "RELEASED")])}
    assert polls(pair, until="deleted", options=GONE) == 4
    late = {"a": History([(0, ABSENT), (15, "UP"), (25, ABSENT)]), "b": History([(0, "UP"), (5, ABSENT)])}
    assert polls(late, until="deleted", options=GONE) == 4
    never = {"a": History([(0, ABSENT)]), "b": History([(0, "UP"), (5, ABSENT)])}
    assert outcome_of(never, until="deleted", options=GONE)[0] is Outcome.NEVER_APPEARED


def test_one_that_is_still_there_at_the_deadline_has_timed_out_and_nothing_is_gone() -> None:
    pair = {"a": History([(0, "UP"), (5, ABSENT)]), "b": History([(0, "UP")])}
    assert outcome_of(pair, until="deleted", options=GONE)[0] is Outcome.TIMED_OUT
    unseen = {"a": History([(0, ABSENT)]), "b": History([(0, "UP")])}
    assert outcome_of(unseen, until="deleted", options=ALREADY)[0] is Outcome.TIMED_OUT


def test_failures_of_the_kind_do_not_end_it_and_an_own_one_does() -> None:
    history = History([(0, "FAILED"), (15, ABSENT)])
    assert polls(history, until="deleted", options=GONE) == 3
    assert outcome_of(history, until="deleted", fail_on='self.status == "FAILED"', options=GONE)[0] is Outcome.FAILED


def test_it_may_have_to_be_gone_for_some_polls() -> None:
    options = WaitOptions(until="deleted", not_found="met", consecutive=2)
    assert polls(History([(0, "UP"), (5, ABSENT), (15, "UP"), (25, ABSENT)]), until="deleted", options=options) == 5


def test_it_must_appear_within_a_time_of_its_own() -> None:
    options = WaitOptions(until="deleted", not_found="met", appear_timeout=20.0)
    outcome, text = outcome_of(History([(0, ABSENT)]), until="deleted", options=options)
    assert (outcome, "after 20s of 1m\n  reason: appear_timeout is 20s\n" in text) == (Outcome.NEVER_APPEARED, True)
    assert "allow_absent" in text


def test_finished_fails_where_ended_is_met() -> None:
    assert polls(History([(0, "FAILED")]), until="ended") == 1
    assert outcome_of(History([(0, "FAILED")]), until="running")[0] is Outcome.FAILED
    # Unless none of the failures are to count.
    assert polls(History([(0, "FAILED"), (15, "UP")]), until="running", fail_on=False) == 3


# --- what goes with what


@pytest.mark.usefixtures("_kinds")
def test_deleted_implies_that_not_finding_it_meets_it() -> None:
    for more in ({}, {"not_found": "met"}, {"appear_timeout": "1m"}, {"allow_absent": True}):
        spec, problems = parse_spec({"targets": SELF, "until": "deleted", **more})
        assert problems == []
        assert spec is not None
        assert (spec.options.not_found, spec.options.until) == ("met", "deleted")
    spec, _ = parse_spec({"targets": SELF, "until": "running"})
    assert spec is not None
    assert (spec.options.not_found, spec.options.until) == ("wait", "running")


REFUSED = "until 'deleted' waits not to find it, so not_found can only be 'met'\nhint: leave not_found out"
ALONE = "allow_absent is for until 'deleted' alone\nhint: leave it out"
NO_PROOF = "that it is not found does not prove that it is gone"


@pytest.mark.usefixtures("_kinds")
@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"until": "deleted", "not_found": "wait"}, [REFUSED]),
        ({"until": "deleted", "not_found": "fail"}, [REFUSED]),
        ({"allow_absent": True}, [ALONE]),
        ({"until": "running", "allow_absent": True}, [ALONE]),
        ({"until": "running", "not_found": "met", "allow_absent": True}, [ALONE]),
        (
            {"until": "deleted", "allow_absent": True, "appear_timeout": "1m"},
            [
                (
                    "appear_timeout is not for allow_absent, which does not wait for what is not found\n"
                    "hint: leave one of them out"
                )
            ],
        ),
        ({"until": "deleted", "allow_absent": 1}, ["allow_absent must be True or False"]),
        ({"until": "deleted", "targets": HIDDEN}, [f"until: deleted is not for sim:Hidden: {NO_PROOF}"]),
        ({"until": "runing"}, ["until: runing is not a condition of sim:Named, which has ready, running, ended, "]),
        ({"fail_on": "deleted"}, ["fail_on: deleted is for until alone"]),
    ],
)
def test_what_does_not_go_together_is_refused_before_anything_waits(
    inputs: dict[str, Any], expected: list[str]
) -> None:
    spec, problems = parse_spec({"targets": SELF, **inputs})
    assert spec is None
    assert len(problems) == len(expected)
    for problem, text in zip(problems, expected, strict=True):
        assert text in str(problem)


@pytest.mark.usefixtures("_kinds")
def test_what_is_not_known_yet_passes() -> None:
    for inputs in ({"until": UNKNOWN, "allow_absent": True}, {"until": "deleted", "not_found": UNKNOWN}):
        assert parse_spec({"targets": SELF, **inputs}, contains_unknown)[1] == []


@pytest.mark.usefixtures("_kinds")
def test_a_constant_condition_is_warned_of() -> None:
    for until in ("true", "1 == 1"):
        spec, _ = parse_spec({"targets": SELF, "until": until})
        assert spec is not None
        assert spec.warnings == (f"until: {until} reads neither a target nor now, so it is the same at every poll",)


@pytest.mark.usefixtures("_kinds")
def test_check_refuses_a_name_that_the_kind_lacks_and_a_state_keeps_the_word() -> None:
    provider = GateProvider()
    inputs = {"targets": SELF, "until": "runing"}
    assert next(each.reason for each in provider.check({}, inputs).failures).startswith(
        "until: runing is not a condition of sim:Named, which has ready, running, ended, deleted; did you mean running?"
    )
    checked = provider.check({}, {"targets": SELF, "until": "running"})
    assert (checked.failures, checked.inputs["until"]) == ([], "running")
    # Another text waits again, though it stands for the same.
    assert "until" in WAIT_AGAIN
    old = {"targets": SELF, "until": "ready"}
    assert provider.diff("id", old, {"targets": SELF, "until": 'self.status == "READY"'}).changes
    assert not provider.diff("id", old, dict(old)).changes


# --- in preview


@pytest.mark.parametrize(
    ("value", "options", "meaning"),
    [
        (ABSENT, GONE, "it counts as deleted only once it was found; allow_absent lifts that"),
        (ABSENT, ALREADY, "it counts as met: not_found is 'met'"),
        ("UP", GONE, 'not met: self.status == "RELEASED"'),
        ("RELEASED", GONE, "the condition holds"),
    ],
)
def test_a_preview_says_what_deleted_would_come_to(value: str, options: WaitOptions, meaning: str) -> None:
    history = History([(0, value)])

    async def read(account: Any, arguments: Arguments) -> Thing:
        return await history.read()

    spec = WaitSpec({"self": dataclasses.replace(NAMED, read=read)}, {"self": Arguments("a")}, options)

    async def poll() -> tuple[str, str]:
        return await WaitRunner(OneAccount(), lambda key: None, VirtualClock()).poll(spec)

    assert run(poll)[1] == meaning
