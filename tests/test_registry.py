"""The list of kinds."""

from __future__ import annotations

import dataclasses

import pytest

from pulumi_nbcloud.cli.state_view import type_at
from pulumi_nbcloud.cli.text import rows_of
from pulumi_nbcloud.clouds.account import Account
from pulumi_nbcloud.condition.schema import record_type
from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.kinds.fields import State
from pulumi_nbcloud.kinds.kind import Kind
from pulumi_nbcloud.kinds.registry import KINDS, load


@pytest.mark.parametrize("token", KINDS)
def test_every_kind_is_found_under_its_own_token_and_keeps_the_rules(token: str) -> None:
    kind = load(token)
    assert isinstance(kind, Kind)
    assert kind.token == token
    assert kind.cloud == token.partition(":")[0] == kind.account.schema.cloud
    assert issubclass(kind.account, Account)
    assert issubclass(kind.state, State)
    assert "profile" in kind.argument_names
    assert kind.documentation is not None
    for declared in (kind.arguments, kind.state):
        assert dataclasses.is_dataclass(declared)
        assert declared.__dataclass_params__.frozen  # type: ignore[attr-defined]
        assert (declared.__doc__ or "").strip()
    # The names that Pulumi's SDK owns, and those that an Output has itself.
    taken = {"id", "urn", "resources", "apply", "get", "all", "future", "is_known", "is_secret"}
    assert not taken & {*kind.state_names, *kind.argument_names}
    assert {each.partition(".")[0] for each in kind.headline} <= set(kind.state_names)


@pytest.mark.parametrize("token", KINDS)
def test_the_summary_of_a_kind_is_of_fields_that_are_one_value(token: str) -> None:
    kind = load(token)
    listed = rows_of(kind)
    assert (listed is None) is not kind.is_list
    of = listed[1] if listed else record_type(kind.state, token)
    assert listed is None or kind.summary, "an item has more fields than a row has room for"
    for path in kind.summary or kind.headline:
        found = type_at(of, path)
        assert found is not None, path
        assert (found.record, found.element) == (None, None), path


@pytest.mark.parametrize("token", KINDS)
def test_a_kind_is_loaded_once(token: str) -> None:
    assert load(token) is load(token)


@pytest.mark.parametrize(
    ("token", "text"),
    [
        (
            "modelarts:NotebookLeese",
            "there is no kind 'modelarts:NotebookLeese'\nhint: did you mean modelarts:NotebookLease?",
        ),
        ("\x1b", f"there is no kind '?'\nhint: known are {', '.join(KINDS)}"),
    ],
)
def test_an_unknown_kind_is_named_with_the_near_one(token: str, text: str) -> None:
    with pytest.raises(InputError) as caught:
        load(token)
    assert str(caught.value) == text
