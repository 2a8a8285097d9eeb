"""The clauses that are not met: which they are, what is there, and what would meet them."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from condition_kinds import EMPTY, FULL, JOBS, NOW, THING, Job, JobsState, ThingState
from hypothesis import given
from hypothesis import strategies as st
from test_condition_properties import (
    BOUNDED,
    LIST_TEXTS,
    compiled_or_nonsense,
    expressions,
    lists,
    perhaps,
    small_states,
    small_trees,
    things,
    written,
)

from pulumi_nbcloud.clouds.aidp.notebook_session import NOTEBOOK_SESSION, Kernel, NotebookSessionState
from pulumi_nbcloud.condition import Clause, Evaluator, compile_condition, compile_conditions

ROWS = JobsState(
    jobs=[Job(name="a", status="FINISHED"), Job(name="b", status="RUNNING"), Job(name="c", status="FAILED"), Job()],
    total=4,
)


def clauses(text: str, **states: Any) -> tuple[Clause, ...]:
    kinds = {name: JOBS if isinstance(state, JobsState) else THING for name, state in states.items()}
    return compile_condition(text, kinds).not_met(states, NOW)


@pytest.mark.parametrize(
    ("text", "actual", "expected", "brief"),
    [
        ('self.status == "FINISHED"', "status is RUNNING", "FINISHED", "status RUNNING, not FINISHED"),
        ('"FINISHED" == self.status', "status is RUNNING", "FINISHED", "status RUNNING, not FINISHED"),
        ('self.status != "RUNNING"', "status is RUNNING", "not RUNNING", "status RUNNING"),
        (
            'self.status in ["FINISHED", "FAILED"]',
            "status is RUNNING",
            "FINISHED or FAILED",
            "status RUNNING, not FINISHED or FAILED",
        ),
        (
            'self.status == "FINISHED" || self.status == "FAILED"',
            "status is RUNNING",
            "FINISHED or FAILED",
            "status RUNNING, not FINISHED or FAILED",
        ),
        ("self.i > 7", "i is 5", "> 7", "i 5, not > 7"),
        ("7.5 <= self.i", "i is 5", ">= 7.5", "i 5, not >= 7.5"),
        ("self.i == self.start_at", "i is 5", "1769860800000 (start_at)", "i 5, not 1769860800000"),
        ("!self.b", "b is true", "false", "b true"),
        ("self.b == false", "b is true", "false", "b true, not false"),
        ("!has(self.kernel.core.n)", "kernel.core.n is there", "absent", "kernel.core.n there"),
        ("self.t < now", "t is 2026-01-31T13:00:00Z (in 1h)", "before now", "t in 1h"),
        (
            'self.t > now + duration("2h")',
            "t is 2026-01-31T13:00:00Z (in 1h)",
            "after 2026-01-31T14:00:00Z (in 2h)",
            "t in 1h",
        ),
        (
            'self.t - now > duration("90m")',
            "t is 2026-01-31T13:00:00Z (in 1h)",
            "in more than 1h30m",
            "t in 1h, not in more than 1h30m",
        ),
        (
            'now - self.start_time >= duration("10m")',
            "start_time is 2026-01-31T12:00:00Z (250ms ago)",
            "at least 10m ago",
            "start_time 250ms ago, not at least 10m ago",
        ),
        ("size(self.names) == 3", "size(names) is 2", "3", "size(names) 2, not 3"),
        ('self.s.startsWith("x")', "s is abc", None, "s abc"),
        ('"z" in self.names', "names is [a, b]", None, "names [a, b]"),
        ('self.b ? self.i == 4 : self.s == "a"', "i is 5", "4", "i 5, not 4"),
        ("self.names.exists(n, n == self.status)", "0 of 2 rows of names", None, "names 0 of 2"),
        ("false", None, None, "false"),
    ],
)
def test_a_false_clause_says_what_is_there_and_what_would_meet_it(
    text: str, actual: str | None, expected: str | None, brief: str
) -> None:
    (found,) = clauses(text, self=FULL)
    assert (found.outcome, found.actual, found.expected, found.brief) == ("false", actual, expected, brief)


@pytest.mark.parametrize(
    ("text", "outcome", "actual", "brief"),
    [
        ('self.status == "FINISHED"', "undecided", "status is null", "status null"),
        ("self.b", "undecided", "b is null", "b null"),
        ("self.kernel.core.n > 1", "undecided", "kernel is null", "kernel null"),
        ("has(self.s)", "false", "s is absent", "s absent"),
        ("self.i == self.start_at", "undecided", "i is null, start_at is null", "i null"),
        ("1 / (size([1]) - 1) == 1", "error", "division by zero", "1 / (size([1]) - 1) == 1: division by z…"),
    ],
)
def test_a_clause_that_cannot_be_decided_says_what_is_absent(text: str, outcome: str, actual: str, brief: str) -> None:
    (found,) = clauses(text, self=EMPTY)
    assert (found.outcome, found.actual, found.brief) == (outcome, actual, brief)


def test_of_a_conjunction_only_what_is_not_met_is_named_and_with_its_target() -> None:
    found = clauses(
        'job.status == "FINISHED" && lease.i == 5 && (lease.b && (!job.b || lease.t - now > duration("2h")))'
        " && job.i == lease.i && job.d > 9.0",
        job=FULL,
        lease=FULL,
    )
    assert [(each.text, each.target) for each in found] == [
        ('job.status == "FINISHED"', "job"),
        ('!job.b || lease.t - now > duration("2h")', None),
        ("job.d > 9.0", "job"),
    ]
    assert [each.actual for each in found] == [
        "job.status is RUNNING",
        "job.b is true, lease.t is 2026-01-31T13:00:00Z (in 1h)",
        "job.d is 2.5",
    ]
    assert found[0].brief == "job.status RUNNING, not FINISHED"


def test_a_target_that_is_not_found_is_named_instead_of_its_fields() -> None:
    (found,) = clauses("job.b && lease.b", job=None, lease=FULL)
    assert (found.text, found.outcome, found.actual, found.brief) == (
        "job.b",
        "undecided",
        "job is not found",
        "job not found",
    )
    (alone,) = clauses("self.b", self=None)
    assert (alone.actual, alone.brief) == ("the target is not found", "not found")


def test_of_a_disjunction_the_side_that_lacks_least_comes_first() -> None:
    (found,) = clauses('self.i == 1 && self.d == 1.0 || self.status == "FINISHED"', self=FULL)
    assert found.brief == "status RUNNING, not FINISHED"
    assert found.actual == "status is RUNNING, i is 5, d is 2.5"
    # What is undecided may still become true.
    (found,) = clauses(
        "self.i == 1 || self.t > now && self.kernel.core.n == 1", self=dataclasses.replace(FULL, kernel=None)
    )
    assert found.brief == "kernel null"


def test_a_macro_says_for_how_many_rows_it_holds_and_which_fail_first() -> None:
    every, one, none, counted = clauses(
        'self.jobs.all(j, j.status == "FINISHED") && self.jobs.exists_one(j, has(j.name))'
        ' && self.jobs.exists(j, j.name == "z") && size(self.jobs.filter(j, has(j.code))) > 0',
        self=ROWS,
    )
    assert every.actual == (
        "1 of 4 rows of jobs, jobs[1].status is RUNNING, jobs[2].status is FAILED, jobs[3].status is null"
    )
    assert every.brief == "jobs 1 of 4, jobs[1].status RUNNING, not FINISHED"
    assert (one.actual, one.expected) == ("3 of 4 rows of jobs", "1")
    # A row without a name may still become the one.
    assert (none.outcome, none.actual) == ("undecided", "jobs[3].name is null")
    assert counted.actual == "size(jobs.filter(j, has(j.code))) is 0"
    (empty,) = clauses('self.jobs.exists(j, j.name == "z")', self=JobsState(jobs=[]))
    assert (empty.actual, empty.brief) == ("jobs is empty", "jobs empty")


def test_a_truncated_list_is_named_where_the_rows_that_are_there_decide_nothing() -> None:
    (found,) = clauses('size(self.jobs) > 0 && self.jobs.all(j, j.name == "a")', self=JobsState([Job("b")], 9, True))
    assert (found.outcome, found.brief) == ("undecided", "self truncated")
    assert found.actual == "self is truncated: narrow the arguments, or read `truncated`"


def test_default_conditions_speak_of_their_targets() -> None:
    conditions = compile_conditions({"thing": THING, "session": NOTEBOOK_SESSION})
    session = NotebookSessionState(
        ai_data_platform_id="p",
        workspace_key="w",
        session_id="s",
        endpoint="e",
        lifecycle_state="ACTIVE",
        type="notebook",
        kernel=Kernel(execution_state="starting"),
    )
    found = conditions.not_met({"thing": ThingState(status="CREATING"), "session": session}, NOW)
    assert [(each.target, each.brief) for each in found] == [
        ("thing", "thing.status CREATING, not RUNNING"),
        ("session", "session.kernel.execution_state starting, not idle or busy"),
    ]
    assert found[0].text == 'thing.status == "RUNNING"'
    assert "self" not in found[1].text


def test_the_decision_of_a_poll_names_them_unless_it_is_met() -> None:
    evaluator = Evaluator(compile_conditions({"self": THING}, 'self.status == "FINISHED"', "self.i > 1"))
    assert [each.brief for each in evaluator.decide({"self": FULL}, NOW).not_met] == ["status RUNNING, not FINISHED"]
    done = dataclasses.replace(FULL, status="FINISHED", i=0)
    assert evaluator.decide({"self": done}, NOW).not_met == ()


def sound(clause: Clause) -> bool:
    texts = (clause.text, clause.brief, clause.actual or "-", clause.expected or "-")
    return all(each and "\n" not in each and len(each) <= 400 for each in texts)


@BOUNDED
@given(text=expressions("bool", 3), state=perhaps(things))
def test_there_is_no_clause_exactly_where_a_condition_is_met(text: str, state: ThingState | None) -> None:
    condition = compiled_or_nonsense(text)
    if condition is None:
        return
    found = condition.not_met({"self": state}, NOW)
    assert (condition.evaluate({"self": state}, NOW).outcome == "true") == (found == ())
    assert all(sound(each) for each in found)


@BOUNDED
@given(text=st.sampled_from(LIST_TEXTS), state=lists)
def test_there_is_no_clause_exactly_where_a_condition_over_a_list_is_met(text: str, state: JobsState) -> None:
    condition = compile_condition(text, {"self": JOBS})
    found = condition.not_met({"self": state}, NOW)
    assert (condition.evaluate({"self": state}, NOW).outcome == "true") == (found == ())
    assert all(sound(each) for each in found)


@BOUNDED
@given(trees=st.lists(small_trees(), min_size=2, max_size=4), state=small_states)
def test_each_clause_is_what_it_says(trees: list[Any], state: ThingState) -> None:
    """By itself, a clause comes to what the whole condition says of it."""
    condition = compile_condition(" && ".join(f"({written(each)})" for each in trees), {"self": THING})
    for clause in condition.not_met({"self": state}, NOW):
        alone = compile_condition(clause.text, {"self": THING})
        assert alone.evaluate({"self": state}, NOW).outcome == clause.outcome
