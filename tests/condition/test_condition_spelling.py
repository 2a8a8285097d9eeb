"""Conditions are snake_case in every language; who writes camelCase in one is told the name, whichever it is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from condition_kinds import JOBS, THING

from pulumi_nbcloud.condition import ConditionError, compile_conditions
from pulumi_nbcloud.condition.schema import Type, record_type
from pulumi_nbcloud.kinds.kind import Kind, NamedCondition
from pulumi_nbcloud.kinds.registry import KINDS, load
from pulumi_nbcloud.spelling import CAMEL_CASE, PYTHON, Spelling, camel, near, same
from pulumi_nbcloud.waiting.expectation import expectation_of


def refused(
    text: str, targets: Kind[Any, Any, Any] | dict[str, Kind[Any, Any, Any]], spelling: Spelling = PYTHON
) -> str:
    """The first problem of a condition, given as `fail_on`, with its hint left out; one target is called self."""
    kinds = targets if isinstance(targets, dict) else {"self": targets}
    with pytest.raises(ConditionError) as caught:
        compile_conditions(kinds, "true", text, spelling)
    problem, *_ = caught.value.problems
    return problem.text


def paths(of: Type, prefix: str = "self") -> Iterator[str]:
    """Every field whose name has several words, by a path that a condition can read; of a list its first row."""
    for name, field in of.fields.items():
        path = f"{prefix}.{name}"
        if "_" in name:
            yield path
        row = field.element if field.element is not None else field
        yield from paths(row, path if row is field else f"{path}[0]")


FIELDS = [(token, path) for token in KINDS for path in paths(record_type(load(token).state, token))]


def test_there_are_fields_of_several_words_at_every_depth() -> None:
    assert len(FIELDS) > 60
    assert ("hpcai:Instance", "self.instance_spec_info.region_info.ssh_address") in FIELDS
    assert ("modelarts:DevServerJobs", "self.jobs[0].create_time") in FIELDS
    assert ("modelarts:NotebookLease", "self.not_running_reason") in FIELDS


@pytest.mark.parametrize(("token", "path"), FIELDS)
@pytest.mark.parametrize("spelling", [PYTHON, CAMEL_CASE])
def test_a_field_in_camel_case_is_told_in_snake_case(token: str, path: str, spelling: Spelling) -> None:
    owner, _, name = path.rpartition(".")
    text = refused(f"has({owner}.{camel(name)})", load(token), spelling)
    assert text.startswith(f"{spelling.option('fail_on')}: {owner[:50]}")
    # What is too long to be shown as a whole is told by its last name.
    assert text.endswith((f"; did you mean {path}?", f"; did you mean {name}?"))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("self.jobs.all(job, job.createTime < now)", "job.create_time"),
        ("self.jobs.existsOne(now, true)", "exists_one()"),
        ("SELF.truncated", "self"),
    ],
)
def test_so_are_the_fields_of_rows_and_the_words_of_cel(text: str, meant: str) -> None:
    assert refused(text, JOBS).endswith(f"; did you mean {meant}?")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("notebookLease.b", "notebook_lease"),
        ("Notebook_Lease.b", "notebook_lease"),
        ("jobs_list.b", "jobsList"),
        # The name of a target before a field that is spelled so, and that before a name that is only alike.
        ("startAt.b", "start_at"),
        ("startTime < now", "notebook_lease.start_time"),
    ],
)
def test_so_are_the_names_of_targets(text: str, meant: str) -> None:
    targets = {"notebook_lease": THING, "jobsList": THING, "start_at": THING, "start_tim": THING}
    assert refused(text, targets).endswith(f" is not a variable; did you mean {meant}?")


LONG = NamedCondition("no_longer_running", "!self.b", "It does not run any more.")
NAMED: Kind[Any, Any, Any] = dataclasses.replace(THING, named=(LONG, NamedCondition("start", "self.b", "It starts.")))


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("noLongerRunning", "no_longer_running"),
        ("NoLongerRunning", "no_longer_running"),
        ("startTime", "self.start_time"),
        ("Ready", "ready"),
        ("start_time", "self.start_time"),
    ],
)
def test_so_are_named_conditions_and_fields_that_stand_alone(name: str, meant: str) -> None:
    assert refused(name, NAMED).endswith(f"; did you mean {meant}?")
    with pytest.raises(ConditionError) as caught:
        expectation_of(NAMED, name)
    assert str(caught.value).split("\n", 1)[0].endswith(f"; did you mean {meant}?")


def test_another_spelling_comes_before_a_word_that_is_more_alike() -> None:
    known = ("time_out_s", "timeouts_x", "timeoutsy")
    assert near("timeOutS", known) == same("timeOutS", known) == "time_out_s"
    assert (near("timeoutsyy", known), same("timeoutsyy", known)) == ("timeoutsy", None)
    assert (near("zzz", known), near("", ()), same("", ())) == (None, None, None)
