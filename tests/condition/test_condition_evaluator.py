"""The outcome of one poll: which condition wins, what defaults do, what is counted."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from condition_kinds import EMPTY, FULL, JOBS, NOW, SLOW, THING, Job, JobsState, ThingState, texts

from pulumi_nbcloud.clouds.modelarts.notebook_lease import NOTEBOOK_LEASE, NotebookLeaseState
from pulumi_nbcloud.condition import (
    ConditionError,
    Decision,
    Evaluator,
    Held,
    Moment,
    Span,
    compile_conditions,
    syntax,
)
from pulumi_nbcloud.condition.compiled import compile_condition
from pulumi_nbcloud.kinds.kind import Kind

RUNNING = ThingState(status="RUNNING")
FAILED = ThingState(status="FAILED")
READY = 'self.status == "RUNNING"'
DEFAULT = 'self.status == "FAILED"'


def evaluated(
    state: ThingState | JobsState | None, until: str | None = None, fail_on: str | bool | None = None
) -> Decision:
    kind = JOBS if isinstance(state, JobsState) else THING
    return Evaluator(compile_conditions({"self": kind}, until, fail_on)).decide({"self": state}, NOW)


@pytest.mark.parametrize(
    ("state", "until", "fail_on", "expected"),
    [
        # 1. An explicit fail_on that holds wins over everything.
        (RUNNING, READY, "self.status == 'RUNNING'", Decision("failed", None, "self.status == 'RUNNING'")),
        (RUNNING, None, "true", Decision("failed", None, "true")),
        (None, "true", "true", Decision("failed", None, "true")),
        # 2. While it is undecided nothing is met, and nothing fails by default.
        (RUNNING, READY, "self.i > 1", Decision("not_yet", "self.i is null", "self.i > 1")),
        (FAILED, READY, "self.i > 1", Decision("not_yet", "self.i is null", "self.i > 1")),
        (RUNNING, "1 / (size([1]) - 1) == 1", "self.i > 1", Decision("not_yet", "self.i is null", "self.i > 1")),
        (
            RUNNING,
            READY,
            "1 / (size([1]) - 1) == 1",
            Decision("bad_condition", "division by zero", "1 / (size([1]) - 1) == 1"),
        ),
        # 3. Then until.
        (RUNNING, READY, "self.status == 'FAILED'", Decision("met", None, READY)),
        (RUNNING, READY, None, Decision("met", None, READY)),
        (RUNNING, None, None, Decision("met", None, READY)),
        (FAILED, 'self.status == "FAILED"', None, Decision("met", None, DEFAULT)),
        (
            FAILED,
            "1 / (size([1]) - 1) == 1",
            None,
            Decision("bad_condition", "division by zero", "1 / (size([1]) - 1) == 1"),
        ),
        # 4. Then the defaults.
        (FAILED, None, None, Decision("failed", None, DEFAULT)),
        (FAILED, "self.i > 1", None, Decision("failed", None, DEFAULT)),
        (FAILED, "self.b", "self.status == 'RUNNING'", Decision("failed", None, DEFAULT)),
        # 5. Else not yet.
        (FAILED, None, False, Decision("not_yet", None, READY)),
        (EMPTY, None, None, Decision("not_yet", "self.status is null", READY)),
        (ThingState(status="CREATING"), None, None, Decision("not_yet", None, READY)),
        (None, None, None, Decision("not_yet", "test:Thing does not exist yet", READY)),
        (None, "self.b", "self.b", Decision("not_yet", "test:Thing does not exist yet", "self.b")),
    ],
)
def test_the_order_of_the_outcome(
    state: ThingState | None, until: str | None, fail_on: str | bool | None, expected: Decision
) -> None:
    assert evaluated(state, until, fail_on) == expected


def test_a_failure_that_must_hold_for_30_seconds() -> None:
    for between in (ThingState(status="CREATING"), EMPTY, None):
        evaluator = Evaluator(compile_conditions({"self": SLOW}))
        observed = [FAILED, FAILED, between, FAILED, FAILED, FAILED, FAILED]
        decisions = [evaluator.decide({"self": state}, NOW, Moment.at(15.0 * at)) for at, state in enumerate(observed)]
        assert [each.outcome for each in decisions] == ["not_yet"] * 5 + ["failed"] * 2
        assert decisions[4] == Decision("not_yet", "self.b is null", "self.b", Held(DEFAULT, 15.0, 30.0))
        assert decisions[5] == Decision("failed", None, DEFAULT, Held(DEFAULT, 30.0, 30.0))


def test_failures_are_observed_while_something_else_decides() -> None:
    evaluator = Evaluator(compile_conditions({"self": SLOW}, fail_on="self.i > 1"))
    for at in (0.0, 20.0):
        assert evaluator.decide({"self": FAILED}, NOW, Moment.at(at)).outcome == "not_yet"
    state = ThingState(status="FAILED", i=0)
    assert evaluator.decide({"self": state}, NOW, Moment.at(30.0)).outcome == "failed"


FAILS = "self.status == 'FAILED'"


@pytest.mark.parametrize(
    ("kind", "until", "fail_on", "least", "decisions"),
    [
        # One's own holds everything back until it has held for long enough, even what is met.
        (THING, DEFAULT, FAILS, 20.0, ["not_yet", "not_yet", "failed"]),
        (THING, None, FAILS, 10.0, ["not_yet", "failed", "failed"]),
        # A default lets until win, however long it holds.
        (THING, DEFAULT, None, 20.0, ["met", "met", "met"]),
        (THING, None, None, 20.0, ["not_yet", "not_yet", "failed"]),
        # The longer time counts.
        (SLOW, None, None, 10.0, ["not_yet"] * 3 + ["failed"]),
        (SLOW, None, None, 40.0, ["not_yet"] * 4 + ["failed"]),
        (SLOW, None, False, 40.0, ["not_yet"] * 6),
    ],
)
def test_how_long_a_failure_must_hold(
    kind: Kind[Any, Any, Any], until: str | None, fail_on: str | bool | None, least: float, decisions: list[str]
) -> None:
    evaluator = Evaluator(compile_conditions({"self": kind}, until, fail_on), fail_holds_for=least)
    moments = [Moment.at(10.0 * at) for at in range(len(decisions))]
    assert [evaluator.decide({"self": FAILED}, NOW, moment).outcome for moment in moments] == decisions


def test_a_gap_that_is_too_long_starts_a_span_again() -> None:
    span = Span(longest_gap=30.0)
    moments = [Moment(0.0, 1.0, 5.0), Moment(35.0, 36.0, 36.0), Moment(66.5, 67.0, 67.0), Moment(70.0, 70.0, 70.0)]
    # From the last read of the first poll to the first of the last: for so long, at least.
    assert [span.observe(True, each) for each in moments] == [0.0, 34.0, 0.0, 3.0]
    assert span.observe(False, Moment.at(71.0)) is None
    assert span.observe(True, Moment.at(72.0)) == 0.0


def test_every_evaluator_counts_for_itself() -> None:
    for _ in range(3):
        assert Evaluator(compile_conditions({"self": SLOW})).decide({"self": FAILED}, NOW).outcome == "not_yet"


def test_defaults_of_several_targets() -> None:
    kinds = {"job": THING, "lease": NOTEBOOK_LEASE}
    evaluator = Evaluator(compile_conditions(kinds))
    assert evaluator.conditions.expected == 'job.status == "RUNNING" && lease.running'
    assert evaluator.conditions.fields == {"job.status", "lease.running", "lease.not_running_reason"}
    up = NotebookLeaseState(notebook_id="n", project_id="p", endpoint="e", running=True)
    down = NotebookLeaseState(notebook_id="n", project_id="p", endpoint="e", running=False)
    frozen = NotebookLeaseState(
        notebook_id="n", project_id="p", endpoint="e", running=False, not_running_reason="FROZEN"
    )
    assert evaluator.decide({"job": RUNNING, "lease": up}, NOW) == Decision("met", None, evaluator.conditions.expected)
    # False decides, then absence, as in `&&`.
    assert evaluator.decide({"job": EMPTY, "lease": down}, NOW) == Decision("not_yet", None, "lease.running")
    ready = 'job.status == "RUNNING"'
    assert evaluator.decide({"job": EMPTY, "lease": up}, NOW) == Decision("not_yet", "job.status is null", ready)
    assert evaluator.decide({"job": RUNNING, "lease": None}, NOW) == Decision(
        "not_yet", "lease does not exist yet", "lease.running"
    )
    # Any default failure fails all.
    assert evaluator.decide({"job": FAILED, "lease": up}, NOW) == Decision("failed", None, 'job.status == "FAILED"')
    frozen_text = 'lease.not_running_reason == "FROZEN"'
    assert evaluator.decide({"job": RUNNING, "lease": frozen}, NOW) == Decision("failed", None, frozen_text)


def test_an_explicit_until_replaces_all_defaults_and_keeps_the_failures() -> None:
    evaluator = Evaluator(compile_conditions({"a": THING, "b": THING}, "a.i == b.i", "a.i > 7 || b.i > 7"))
    assert evaluator.conditions.expected == "a.i == b.i"
    assert evaluator.decide({"a": ThingState(i=1), "b": ThingState(i=1)}, NOW).outcome == "met"
    assert evaluator.decide({"a": ThingState(i=8), "b": ThingState(i=8)}, NOW).outcome == "failed"
    assert evaluator.decide({"a": ThingState(i=1), "b": ThingState(i=2, status="FAILED")}, NOW) == Decision(
        "failed", None, 'b.status == "FAILED"'
    )
    assert evaluator.conditions.fields == {"a.i", "b.i", "a.status", "b.status"}


def test_the_condition_of_the_readme() -> None:
    evaluator = Evaluator(
        compile_conditions(
            {"lease": NOTEBOOK_LEASE},
            'lease.running && (!lease.stops_itself || lease.earliest_stop_time - now > duration("30m"))',
        )
    )
    lease = {"notebook_id": "n", "project_id": "p", "endpoint": "e"}
    ends: dict[str, Any] = {"stops_itself": True, "earliest_stop_time": "2026-01-31T12:31:00Z"}
    late = NotebookLeaseState(**lease, running=True, **ends)  # type: ignore[arg-type]
    polls = [
        (NotebookLeaseState(**lease, running=True, stops_itself=False), "met"),  # type: ignore[arg-type]
        (NotebookLeaseState(**lease, running=True, enable=True, stops_itself=True), "not_yet"),  # type: ignore[arg-type]
        (NotebookLeaseState(**lease, running=False), "not_yet"),  # type: ignore[arg-type]
        (late, "met"),
    ]
    assert [evaluator.decide({"lease": state}, NOW).outcome for state, _ in polls] == [outcome for _, outcome in polls]
    assert evaluator.decide({"lease": late}, NOW + timedelta(minutes=1)).outcome == "not_yet"


def test_lists_need_an_until() -> None:
    with pytest.raises(ConditionError) as caught:
        compile_conditions({"jobs": JOBS, "more": JOBS, "thing": THING}, None, "thing.zzz")
    assert texts(caught.value) == (
        "until: is needed, test:Jobs has no default",
        "fail_on: thing.zzz is not a field of test:Thing",
    )


def test_lists_are_evaluated() -> None:
    until = 'size(self.jobs) > 0 && self.jobs.all(j, j.status == "FINISHED")'
    assert evaluated(JobsState(jobs=[]), until) == Decision("not_yet", None, until)
    done = [Job(status="FINISHED")] * 2
    assert evaluated(JobsState(jobs=done), until) == Decision("met", None, until)
    cut = "self is truncated: narrow the arguments, or read `truncated`"
    assert evaluated(JobsState(jobs=done, truncated=True), until) == Decision("not_yet", cut, until)
    fail_on = 'self.jobs.exists(j, j.status == "FAILED")'
    assert evaluated(JobsState(jobs=done, truncated=True), "self.truncated", fail_on) == Decision(
        "not_yet", cut, fail_on
    )
    grown = JobsState(jobs=done * 501)
    reason = "self.jobs has 1002 rows, a condition takes 1000: filter in the arguments"
    assert evaluated(grown, until) == Decision("bad_condition", reason, until)


def test_problems_of_both_conditions_come_together() -> None:
    with pytest.raises(ConditionError) as caught:
        compile_conditions({"self": THING}, "self.zzz", "self.s")
    assert texts(caught.value) == (
        "until: self.zzz is not a field of test:Thing",
        'fail_on: self.s is a string, not a bool; compare it, as in self.s == "..."',
    )
    assert (caught.value.hint or "").startswith("fields of test:Thing are ")


def test_true_is_no_fail_on() -> None:
    with pytest.raises(ConditionError, match=r"^fail_on: True is no condition; write one, or False"):
        compile_conditions({"self": THING}, None, True)


def test_empty_texts_are_refused() -> None:
    with pytest.raises(ConditionError) as caught:
        compile_conditions({"self": THING}, "", " ")
    assert texts(caught.value) == (
        "until: is empty; leave it out for the default",
        "fail_on: is empty; leave it out for the default",
    )


def test_targets_are_needed_and_named_once() -> None:
    with pytest.raises(ConditionError, match=r"^targets: there is none"):
        compile_conditions({})
    with pytest.raises(ConditionError) as caught:
        compile_conditions({"now": THING, "a": THING}, "a.b", "a.b")
    assert len(caught.value.problems) == 1


def test_warnings_of_both_conditions() -> None:
    evaluator = Evaluator(compile_conditions({"self": THING}, 'self.status == "RUNNIG"', 'self.status == "FAILD"'))
    assert [each.partition(" is ")[0] for each in evaluator.conditions.warnings] == [
        'until: "RUNNIG"',
        'fail_on: "FAILD"',
    ]


def test_joined_defaults_keep_their_meaning_in_messages() -> None:
    from condition_kinds import kind

    either = kind("test:Either", ThingState, "self.b || self.names.exists(x, x == 'self.b')")
    evaluator = Evaluator(compile_conditions({"one": either, "two": THING}))
    assert evaluator.conditions.expected == "(one.b || one.names.exists(x, x == 'self.b')) && two.status == \"RUNNING\""
    assert Evaluator(compile_conditions({"self": either})).conditions.expected == either.ready
    assert evaluator.decide({"one": FULL, "two": RUNNING}, NOW).outcome == "met"


def test_importing_conditions_is_cheap() -> None:
    code = "import sys, pulumi_nbcloud.condition; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()).isdisjoint({"celpy", "lark", "re2", "pendulum", "pydantic", "pulumi"})


def test_compiling_leaves_the_recursion_limit_alone() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from condition_kinds import THING\n"
        "from pulumi_nbcloud.condition import compile_conditions\n"
        "before = sys.getrecursionlimit()\n"
        "compile_conditions({'self': THING})\n"
        "print(sys.getrecursionlimit() - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, __file__.rpartition("/")[0]], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "0"


def test_equal_conditions_are_compiled_once() -> None:
    kinds = {"self": THING}
    compiled = compile_condition(READY, kinds)
    assert compile_condition(READY, dict(kinds)) is compiled
    assert compile_condition(READY, kinds, name="fail_on") is not compiled
    assert compile_condition(READY, {"self": dataclasses.replace(THING, token="sim:Other")}) is not compiled


def test_evaluators_that_are_made_together_compile_a_condition_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    parse = syntax.parse

    def slowly(text: str) -> syntax.Node:
        parsed.append(text)
        threading.Event().wait(0.05)
        return parse(text)

    monkeypatch.setattr(syntax, "parse", slowly)
    text = 'self.status == "RUNNING" && self.s == "asked by many"'
    with ThreadPoolExecutor(8) as pool:
        conditions = list(pool.map(lambda _: compile_condition(text, {"self": THING}), range(8)))
    assert parsed == [text]
    assert {id(each) for each in conditions} == {id(conditions[0])}
