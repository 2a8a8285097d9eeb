"""Named conditions: which texts are names, what they mean for each target, and that each of every kind holds up."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import typing
from typing import Any

import pytest
from condition_kinds import NOW, THING, ThingState, texts
from hypothesis import HealthCheck, Phase, assume, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from pulumi_nbcloud.clouds.aidp.notebook_session import NOTEBOOK_SESSION, Kernel, NotebookSessionState
from pulumi_nbcloud.clouds.hpcai.instances import INSTANCE, INSTANCES
from pulumi_nbcloud.clouds.hpcai.state import InstanceState
from pulumi_nbcloud.clouds.modelarts.dev_server_jobs import DEV_SERVER_JOB, DEV_SERVER_JOBS, DevServerJobState
from pulumi_nbcloud.clouds.modelarts.notebook_lease import NOTEBOOK_LEASE, NotebookLeaseState
from pulumi_nbcloud.condition import (
    ConditionError,
    Evaluator,
    compile_condition,
    compile_conditions,
    compile_named,
    name_in,
)
from pulumi_nbcloud.condition.conditions import TargetCondition
from pulumi_nbcloud.condition.schema import Type, record_type
from pulumi_nbcloud.kinds.fields import State
from pulumi_nbcloud.kinds.kind import DELETED, Kind, NamedCondition
from pulumi_nbcloud.kinds.registry import KINDS, load
from pulumi_nbcloud.waiting.expectation import expectation_of

AnyKind = Kind[Any, Any, Any]
OWN = (
    NamedCondition("calm", "!self.b", "It is calm."),
    NamedCondition("over", 'self.status in ["FINISHED", "FAILED"]', "It is over.", failures_apply=False),
)
CALM: AnyKind = dataclasses.replace(THING, named=OWN)
INSTANCE_HAS = "ready, running, stopped, ended, failed"
LEASE_HAS = "ready, running, stopped, ended, deleted"
RUNNING = "; did you mean running?"
STOPPED = "; did you mean stopped?"
HEALTHY = "; did you mean self.healthy?"
SESSION_HAS = "ready, active, idle, busy, failed"
ALL = [(token, name) for token in KINDS for name in load(token).conditions]


def job(status: str | None, abnormal: int | None = 0) -> DevServerJobState:
    return DevServerJobState(job_id="j", project_id="p", endpoint="e", status=status, abnormal_count=abnormal)


def instance(status: str | None, **more: Any) -> InstanceState:
    return InstanceState(instance_id="i", endpoint="e", status=status, **more)


def lease(reason: str | None) -> NotebookLeaseState:
    return NotebookLeaseState(
        notebook_id="n", project_id="p", endpoint="e", running=reason is None, not_running_reason=reason
    )


def decided(until: str | None, kinds: dict[str, AnyKind], fail_on: str | None = None, **states: State | None) -> str:
    return Evaluator(compile_conditions(kinds, until, fail_on)).decide(states, NOW).outcome


# --- what is a name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("stopped", "stopped"),
        ("  stopped\n", "stopped"),
        ("self", "self"),
        ("null", "null"),
        ("_x9", "_x9"),
        ("true", None),
        (" false ", None),
        ("self.running", None),
        ("!stopped", None),
        ("(stopped)", None),
        ("'stopped'", None),
        ("9x", None),
        ("gestoppt\u00e4", None),
        ("", None),
        (True, None),
        (None, None),
    ],
)
def test_exactly_one_identifier_is_a_name(text: object, name: str | None) -> None:
    assert name_in(text) == name


def test_what_targets_are_called_makes_no_difference() -> None:
    conditions = compile_conditions({"running": INSTANCE, "stopped": INSTANCE}, "running")
    assert conditions.expected == 'running (running.status == "Running" && stopped.status == "Running")'
    assert compile_conditions({"stopped": INSTANCE}, 'stopped.status == "Running"').name is None


# --- what a kind that has none of that name says


@pytest.mark.parametrize(
    ("kinds", "until", "fail_on", "problems"),
    [
        (
            {"self": INSTANCE},
            "stoped",
            None,
            [f"until: stoped is not a condition of hpcai:Instance, which has {INSTANCE_HAS}, deleted{STOPPED}"],
        ),
        (
            {"self": NOTEBOOK_LEASE},
            "Runn",
            None,
            [f"until: Runn is not a condition of modelarts:NotebookLease, which has {LEASE_HAS}{RUNNING}"],
        ),
        (
            {"self": INSTANCE},
            "healthy",
            None,
            [f"until: healthy is not a condition of hpcai:Instance, which has {INSTANCE_HAS}, deleted{HEALTHY}"],
        ),
        (
            {"a": INSTANCE, "b": NOTEBOOK_SESSION, "c": NOTEBOOK_SESSION},
            "stopped",
            "idle",
            [
                f"until: stopped is not a condition of aidp:NotebookSession, which has {SESSION_HAS}",
                f"fail_on: idle is not a condition of hpcai:Instance, which has {INSTANCE_HAS}",
            ],
        ),
        (
            {"a": NOTEBOOK_SESSION, "b": INSTANCES},
            "deleted",
            None,
            [
                "until: deleted is not for aidp:NotebookSession: that it is not found does not prove that it is gone",
                "until: deleted is not for hpcai:Instances: that it is not found does not prove that it is gone",
            ],
        ),
        (
            {"self": INSTANCE},
            "running",
            "deleted",
            ["fail_on: deleted is for until alone, because not finding a thing meets it; use not_found='fail'"],
        ),
        (
            {"self": THING},
            "self",
            None,
            ["until: self is not a condition of test:Thing, which has ready, deleted"],
        ),
    ],
    ids=["a near miss", "another case", "a field", "several kinds", "no proof", "fail_on", "a target"],
)
def test_a_kind_that_lacks_it_is_named_with_those_that_it_has(
    kinds: dict[str, AnyKind], until: str, fail_on: str | None, problems: list[str]
) -> None:
    with pytest.raises(ConditionError) as caught:
        compile_conditions(kinds, until, fail_on)
    assert list(texts(caught.value)) == problems
    assert caught.value.hint == "use the name of a condition that each kind has, or a CEL expression; nothing was sent"


# --- what it means


def test_the_name_and_its_expression_are_what_messages_show() -> None:
    two: dict[str, AnyKind] = {"job": DEV_SERVER_JOB, "lease": NOTEBOOK_LEASE}
    assert compile_conditions({"self": DEV_SERVER_JOB}, "ended").expected == (
        'ended (self.status in ["FINISHED", "DELETED"])'
    )
    assert compile_conditions(two, "deleted").expected == 'deleted (job.status == "DELETED", or not found)'
    assert compile_conditions({"self": NOTEBOOK_LEASE}, "deleted").expected == "deleted (not found)"
    # The default is not asked for by its name.
    assert compile_conditions({"self": NOTEBOOK_LEASE}).expected == "self.running"
    assert compile_conditions({"self": NOTEBOOK_LEASE}, "ready").expected == "ready (self.running)"


def test_of_several_targets_each_must_meet_it_and_one_is_enough_to_fail() -> None:
    kinds: dict[str, AnyKind] = {"a": INSTANCE, "b": INSTANCE}
    up, down = instance("Running"), instance("Stopped")
    assert decided("stopped", kinds, a=down, b=down) == "met"
    assert decided("stopped", kinds, a=down, b=up) == "not_yet"
    assert decided("running", kinds, "stopped", a=up, b=down) == "failed"
    assert decided("running", kinds, "stopped", a=up, b=up) == "met"
    # What is undecided holds back, as an expression would.
    assert decided("running", kinds, "failed", a=up, b=instance(None)) == "not_yet"


def test_a_fail_on_says_its_name_and_expression() -> None:
    kinds: dict[str, AnyKind] = {"a": INSTANCE, "b": INSTANCE}
    decision = Evaluator(compile_conditions(kinds, "running", "stopped")).decide(
        {"a": instance("Running"), "b": instance("Stopped")}, NOW
    )
    assert decision.condition == 'stopped (a.status == "Stopped" || b.status == "Stopped")'


def test_the_failures_of_a_kind_end_it_unless_it_says_otherwise() -> None:
    kinds: dict[str, AnyKind] = {"a": DEV_SERVER_JOB, "b": DEV_SERVER_JOB}
    failed, going, done = job("FINISHED", 2), job("PROCESSING"), job("FINISHED")
    assert decided("finished", kinds, a=failed, b=going) == "failed"
    assert decided("ended", kinds, a=failed, b=going) == "not_yet"
    assert decided("ended", kinds, a=failed, b=done) == "met"
    assert decided("failed", kinds, a=failed, b=going) == "not_yet"
    # Each kind says it for itself.
    mixed: dict[str, AnyKind] = {"mine": CALM, "lease": NOTEBOOK_LEASE}
    assert [each.target for each in compile_conditions(mixed, "ready").failures] == ["mine", "lease"]
    both = dataclasses.replace(CALM, named=(*OWN, NamedCondition("ended", "self.b", "It ended.")))
    assert [each.target for each in compile_conditions({"a": both, "b": NOTEBOOK_LEASE}, "ended").failures] == ["a"]


def test_deleted_holds_for_what_is_not_found() -> None:
    kinds: dict[str, AnyKind] = {"a": INSTANCE, "b": NOTEBOOK_LEASE}
    assert decided("deleted", kinds, a=None, b=None) == "met"
    assert decided("deleted", kinds, a=instance("Released"), b=None) == "met"
    assert decided("deleted", kinds, a=instance("Running"), b=None) == "not_yet"
    assert decided("deleted", kinds, a=None, b=lease(None)) == "not_yet"
    clauses = compile_conditions(kinds, "deleted").not_met({"a": instance("Running"), "b": lease(None)}, NOW)
    assert [(each.target, each.actual, each.expected, each.brief) for each in clauses] == [
        ("a", "a.status is Running", "Released or not found", "a.status Running, not Released"),
        ("b", "b is there", "not found", "b still there"),
    ]


def test_a_guard_takes_a_name_and_shows_it_with_its_expression() -> None:
    expectation = expectation_of(INSTANCE, "running")
    assert expectation.expected == 'running (self.status == "Running")'
    with pytest.raises(ConditionError) as caught:
        expectation_of(INSTANCE, "deleted")
    assert texts(caught.value) == (
        "expect: deleted is for until alone, because not finding a thing meets it; use a condition on a field",
    )
    with pytest.raises(ConditionError, match=r"^expect: idle is not a condition of hpcai:Instance, which has ready"):
        expectation_of(INSTANCE, "idle")


def test_null_does_not_leave_a_failure_undecided_where_it_means_no() -> None:
    """An explicit `fail_on` that is undecided holds a wait back for ever."""
    assert decided("running", {"self": NOTEBOOK_LEASE}, "stopped", self=lease(None)) == "met"
    assert decided("running", {"self": NOTEBOOK_LEASE}, "ended", self=lease(None)) == "met"
    flow = NotebookSessionState(
        ai_data_platform_id="p",
        workspace_key="w",
        session_id="s",
        endpoint="e",
        type="agentflow",
        lifecycle_state="ACTIVE",
    )
    assert decided("ready", {"self": NOTEBOOK_SESSION}, "failed", self=flow) == "met"
    starting = dataclasses.replace(flow, type="notebook", kernel=Kernel(execution_state=None))
    assert decided("active", {"self": NOTEBOOK_SESSION}, "failed", self=starting) == "met"


# --- what never changes


@pytest.mark.parametrize(
    ("text", "constant"),
    [
        ("true", True),
        (" false ", True),
        ("1 == 1", True),
        ("[1, 2].all(x, x > 0)", True),
        ("has(self.s)", False),
        ("self.b", False),
        ("self.names.all(n, true) && size(self.names) > 0", False),
        ('now > timestamp("2026-01-31T12:00:00Z")', False),
    ],
)
def test_a_condition_that_reads_nothing_is_warned_of(text: str, constant: bool) -> None:
    warnings = compile_condition(text, {"self": THING}).warnings
    expected = (f"until: {text.strip()} reads neither a target nor now, so it is the same at every poll",)
    assert warnings == (expected if constant else ())


# --- every named condition of every kind


def test_a_kind_has_ready_and_deleted_without_saying_so() -> None:
    assert list(THING.conditions) == ["ready", "deleted"]
    assert list(CALM.conditions) == ["ready", "calm", "over", "deleted"]
    assert THING.conditions["ready"].condition == THING.ready
    assert (THING.conditions[DELETED].condition, THING.conditions[DELETED].text) == (None, "not found")


@pytest.mark.parametrize("token", KINDS)
def test_the_names_of_a_kind_are_declared_once_and_documented(token: str) -> None:
    kind = load(token)
    names = [each.name for each in kind.named]
    assert len(set(names)) == len(names)
    assert kind.ready is None or "ready" not in names
    assert (DELETED in kind.conditions) == kind.not_found_is_gone
    assert next(iter(kind.conditions)) == "ready" or kind.is_list
    for name, each in kind.conditions.items():
        assert name_in(name) == name
        assert each.about.endswith(".")
        assert each.about[0].isupper()
        # What meets it must not be kept from doing so by a default.
        assert not (each.met_if_gone and each.failures_apply)


@pytest.mark.parametrize(("token", "name"), ALL)
def test_it_compiles_without_a_warning(token: str, name: str) -> None:
    kind = load(token)
    conditions = compile_conditions({"self": kind}, name)
    assert conditions.warnings == ()
    assert conditions.expected.startswith(f"{name} (")
    for each in conditions.each:
        assert each.condition is None or each.condition.warnings == ()
    if name != DELETED:
        assert compile_named(name, kind, argument="expect").text == kind.conditions[name].condition


def values(kind: Type, longest: int) -> st.SearchStrategy[Any]:
    """Values of a type: known ones of an enum, counts around the limits, short lists, null wherever it may be."""
    if kind.record is not None:
        return records(kind.record, longest)
    if kind.element is not None:
        return st.lists(values(kind.element, longest), max_size=longest).map(tuple)
    scalars: dict[str, st.SearchStrategy[Any]] = {
        "bool": st.booleans(),
        "int": st.integers(0, 2),
        "double": st.sampled_from([0.0, 1.5]),
    }
    return scalars.get(kind.name, st.sampled_from(kind.known or ("x",)))


def records(record: type, longest: int = 2) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(record)
    fields = record_type(record, "state").fields
    built: dict[str, st.SearchStrategy[Any]] = {}
    for each in dataclasses.fields(record):
        field = fields[each.name]
        if field.name in ("timestamp", "unreadable") or not each.init:
            continue
        nullable = type(None) in typing.get_args(hints[each.name])
        built[each.name] = st.none() | values(field, longest) if nullable else values(field, longest)
    return st.builds(record, **built)


# Compiled once: a property evaluates it for thousands of states.
@functools.cache
def compiled(token: str, name: str) -> TargetCondition:
    (each,) = compile_conditions({"self": load(token)}, name).each
    return each


def outcome(token: str, name: str, state: Any) -> str:
    return compiled(token, name).evaluate({"self": state}, NOW).outcome


# Any example will do, so it is not made smaller.
FINDING = settings(
    max_examples=5_000,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


@pytest.mark.parametrize("token", KINDS)
def test_each_holds_for_some_state_and_not_for_another(token: str) -> None:
    kind = load(token)
    unseen = {(name, holds) for name in kind.conditions for holds in (True, False)}
    for name, each in kind.conditions.items():
        # Only not finding a lease says that it is deleted.
        if each.condition is None:
            assert outcome(token, name, None) == "true"
            unseen.remove((name, True))

    def all_are_seen(state: Any) -> bool:
        for name, holds in tuple(unseen):
            if outcome(token, name, state) in (("true",) if holds else ("false", "undecided")):
                unseen.remove((name, holds))
        return not unseen

    with contextlib.suppress(NoSuchExample):
        # What must hold for all of a list is rare where it has several of a thing.
        find(records(kind.state, longest=1), all_are_seen, settings=FINDING)
    assert unseen == set()


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), token=st.sampled_from(list(KINDS)))
def test_no_state_breaks_one_and_none_holds_for_what_was_never_read(data: st.DataObject, token: str) -> None:
    kind = load(token)
    state = data.draw(records(kind.state))
    for name in kind.conditions:
        assert outcome(token, name, state) != "error"
        assert (outcome(token, name, None) == "true") == (name == DELETED)


@settings(max_examples=60, deadline=None)
@given(state=records(DevServerJobState))
def test_a_job_has_succeeded_or_failed_or_goes_on(state: DevServerJobState) -> None:
    token = DEV_SERVER_JOB.token
    holding = {name for name in DEV_SERVER_JOB.conditions if outcome(token, name, state) == "true"}
    assert ("finished" in holding) == ("ready" in holding)
    assert not {"finished", "failed"} <= holding
    assert not {"running", "ended"} <= holding
    assert "ended" in holding or not holding & {"finished", "failed", "deleted"}


@settings(max_examples=60, deadline=None)
@given(state=records(InstanceState))
def test_an_instance_is_ready_only_while_it_runs_and_ended_only_while_it_does_not(state: InstanceState) -> None:
    assume(state.status is not None)
    holding = {name for name in INSTANCE.conditions if outcome(INSTANCE.token, name, state) == "true"}
    assert "running" in holding or "ready" not in holding
    assert not {"running", "ended"} <= holding
    assert "ended" in holding or not holding & {"stopped", "failed", "deleted"}


def test_a_list_without_rows_meets_nothing() -> None:
    for kind in (DEV_SERVER_JOBS, INSTANCES):
        more = {"total": 0} if kind is INSTANCES else {"project_id": "p"}
        empty = kind.state(endpoint="e", **more)
        assert {outcome(kind.token, name, empty) for name in kind.conditions} == {"false"}


def test_a_state_of_the_made_up_kind_is_of_no_matter_to_the_names_of_others() -> None:
    state = ThingState(status="FINISHED", b=True)
    assert Evaluator(compile_conditions({"self": CALM}, "over")).decide({"self": state}, NOW).outcome == "met"
    assert Evaluator(compile_conditions({"self": CALM}, "calm")).decide({"self": state}, NOW).outcome == "not_yet"
