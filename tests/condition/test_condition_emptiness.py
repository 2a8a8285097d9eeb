"""The warning about conditions that hold over an empty list: where it is given, and where it would be wrong."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_nbcloud.clouds.hpcai.instances import INSTANCES
from pulumi_nbcloud.clouds.modelarts.dev_server_jobs import DEV_SERVER_JOBS
from pulumi_nbcloud.condition import compile_condition, compile_conditions

JOBS = {"self": DEV_SERVER_JOBS}
DONE = 'j.status == "FINISHED"'
ALL = f"self.jobs.all(j, {DONE})"
WARNING = "holds for an empty list too; add size(self.jobs) > 0 &&"


@pytest.mark.parametrize(
    "text",
    [
        ALL,
        f"{ALL} && !self.truncated",
        f"!self.truncated && {ALL}",
        f"{ALL} || self.truncated",
        f"!self.jobs.exists(j, !({DONE}))",
        f"!self.jobs.exists_one(j, {DONE})",
        f"size(self.jobs.filter(j, {DONE})) == 0",
        f"self.jobs.filter(j, {DONE}).size() == 0",
        f"size(self.jobs.filter(j, {DONE})) == size(self.jobs)",
        f"size(self.jobs.filter(j, {DONE})) < 3",
        f"self.jobs.filter(j, j.abnormal_count > 0).all(j, {DONE})",
        f"size(self.jobs) >= 0 && {ALL}",
    ],
)
def test_what_holds_over_an_empty_list_is_warned_of(text: str) -> None:
    assert compile_condition(text, JOBS).warnings == (f"until: {WARNING}",)


@pytest.mark.parametrize(
    "text",
    [
        f"size(self.jobs) > 0 && {ALL}",
        f"{ALL} && size(self.jobs) >= 1",
        f"self.jobs.size() != 0 && {ALL}",
        f"0 < size(self.jobs) && {ALL}",
        f"self.total > 0 && {ALL}",
        f"self.truncated || (size(self.jobs) > 0 && {ALL})",
        f"self.jobs.exists(j, {DONE}) && {ALL}",
        f"self.jobs.exists(j, {DONE})",
        f"!({ALL})",
        f"size(self.jobs.filter(j, {DONE})) == 3",
        f"size(self.jobs.filter(j, {DONE})) > 0",
        # Asked for in so many words.
        "size(self.jobs) == 0",
        "size(self.jobs) < 3",
        "self.total == 0",
        "!self.truncated",
    ],
)
def test_what_asks_for_a_list_that_is_not_empty_is_not(text: str) -> None:
    assert compile_condition(text, JOBS).warnings == ()


def test_a_list_that_is_written_out_is_never_empty() -> None:
    text = "[1, 2].all(x, x > 0)"
    constant = f"until: {text} reads neither a target nor now, so it is the same at every poll"
    assert compile_condition(text, JOBS).warnings == (constant,)


def test_each_list_of_a_wait_is_named_and_both_conditions_are_looked_at() -> None:
    kinds: dict[str, Any] = {"jobs": DEV_SERVER_JOBS, "pool": INSTANCES}
    until = 'jobs.jobs.all(j, j.status == "FINISHED") && pool.instances.all(i, i.healthy)'
    found = compile_conditions(kinds, until, 'pool.instances.all(i, i.status == "Stopped")')
    assert found.warnings == (
        "until: holds for an empty list too; add size(jobs.jobs) > 0 &&",
        "until: holds for an empty list too; add size(pool.instances) > 0 &&",
        "fail_on: holds for an empty list too; add size(pool.instances) > 0 &&",
    )


def test_the_count_of_an_account_is_none_of_a_filtered_list() -> None:
    text = 'self.total > 0 && self.instances.all(i, i.status == "Running")'
    assert compile_condition(text, {"self": INSTANCES}).warnings == (
        "until: holds for an empty list too; add size(self.instances) > 0 &&",
    )


@pytest.mark.parametrize("kind", [DEV_SERVER_JOBS, INSTANCES])
def test_what_the_documentation_shows_for_a_list_is_no_such_condition(kind: Any) -> None:
    assert compile_condition(kind.documentation.until, {"self": kind}).warnings == ()
