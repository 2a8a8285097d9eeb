"""Names of the plugin: both forms of every name there is follow from each other, and tokens follow from the kinds."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_cloud import TOKEN

from pulumi_nbcloud.kinds.fields import records_of
from pulumi_nbcloud.kinds.registry import KINDS, load
from pulumi_nbcloud.native.names import (
    camel,
    function_token,
    kind_of_function,
    kind_of_resource,
    record_token,
    resource_token,
    snake,
    target_token,
)
from pulumi_nbcloud.waiting.options import OPTIONS

FROZEN = json.loads((Path(__file__).parents[1] / "golden" / "frozen.json").read_text(encoding="utf-8"))


def all_names() -> set[str]:
    """Every name of an argument, a field, an option, an input and an output that there is."""
    found = {each.name for each in OPTIONS} | {"own_failures", "start_time", "include_volatile"}
    found |= {name for entry in FROZEN.values() for part in ("inputs", "outputs") for name in entry.get(part, ())}
    for token in KINDS:
        kind = load(token)
        found |= set(kind.argument_names)
        found |= {each.name for record in records_of(kind.state) for each in dataclasses.fields(record)}
    return found


@pytest.mark.parametrize("name", sorted(all_names()))
def test_both_forms_of_a_name_follow_from_each_other(name: str) -> None:
    assert "_" not in camel(name)
    assert snake(camel(name)) == name


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("notebook_id", "notebookId"),
        ("ai_data_platform_id", "aiDataPlatformId"),
        ("create_at_unix_ms", "createAtUnixMs"),
        ("until", "until"),
        ("phase_2", "phase_2"),
        ("gpu2_count", "gpu2Count"),
    ],
)
def test_a_name_in_camel_case(name: str, written: str) -> None:
    assert (camel(name), snake(written)) == (written, name)


@given(st.from_regex(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", fullmatch=True))
def test_no_name_is_lost(name: str) -> None:
    assert snake(camel(name)) == name


def test_tokens_follow_from_the_kinds() -> None:
    assert resource_token("aidp:NotebookSession") == "nbcloud:aidp:NotebookSession"
    assert function_token("modelarts:DevServerJobs") == "nbcloud:modelarts:getDevServerJobs"
    assert target_token("hpcai:Instance") == "nbcloud:index:HpcaiInstanceTarget"


def test_a_state_that_is_a_row_of_a_list_is_called_so() -> None:
    rows = {record.__name__: record for token in KINDS for record in records_of(load(token).state)}
    assert record_token("modelarts:DevServerJobs", rows["DevServerJobRow"]) == "nbcloud:modelarts:DevServerJobRow"
    assert record_token("hpcai:Instances", rows["InstanceState"]) == "nbcloud:hpcai:InstanceRow"
    assert record_token("aidp:NotebookSession", rows["Kernel"]) == "nbcloud:aidp:Kernel"


def test_a_token_leads_back_to_its_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, TOKEN, "made_up_cloud:THING")
    for kind in KINDS:
        assert kind_of_resource(resource_token(kind)) == kind_of_function(function_token(kind)) == kind
    assert kind_of_resource("nbcloud:index:Gate") is None
    assert kind_of_function("nbcloud:modelarts:getNothing") is None
