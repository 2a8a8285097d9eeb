"""Overrides for the unit tests of Pulumi programs."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import pytest
from nbcloud_support import NOTEBOOK_ID

from pulumi_nbcloud.clouds.modelarts.notebook_lease import NotebookLeaseArguments, NotebookLeaseState
from pulumi_nbcloud.errors import InputError, NotFoundError
from pulumi_nbcloud.reading.reader import overrides
from pulumi_nbcloud.testing import override

LEASE = "modelarts:NotebookLease"
ARGUMENTS = NotebookLeaseArguments(notebook_id=NOTEBOOK_ID)
STATE = NotebookLeaseState(notebook_id=NOTEBOOK_ID, project_id="p", endpoint="e", running=True)


def read(arguments: NotebookLeaseArguments = ARGUMENTS) -> Any:
    """What a lookup does where a kind is overridden."""
    return overrides()[LEASE](arguments)


def test_fields_by_name_are_filled_up_with_the_arguments_and_null() -> None:
    with override(LEASE, {"running": True, "type": "timing"}):
        state = read()
    assert isinstance(state, NotebookLeaseState)
    assert (state.notebook_id, state.running, state.type, state.duration) == (NOTEBOOK_ID, True, "TIMING", None)
    assert (state.project_id, state.endpoint) == ("test", "test")


def test_a_state_is_given_as_it_is() -> None:
    with override(LEASE, STATE):
        assert read() is STATE


@pytest.mark.parametrize("error", [NotFoundError("gone"), ValueError("any")], ids=repr)
def test_an_exception_is_raised(error: Exception) -> None:
    with override(LEASE, error), pytest.raises(type(error)) as caught:
        read()
    assert caught.value is error


def test_a_function_decides_by_the_arguments() -> None:
    def answer(arguments: Any) -> Mapping[str, Any] | Exception:
        return {"running": False} if arguments.profile == "stopped" else NotFoundError("gone")

    with override(LEASE, answer):
        assert not read(NotebookLeaseArguments(notebook_id=NOTEBOOK_ID, profile="stopped")).running
        with pytest.raises(NotFoundError):
            read()


def test_the_arguments_of_each_read_are_collected() -> None:
    with override(LEASE, STATE) as reads:
        read()
        read()
    assert reads == [ARGUMENTS, ARGUMENTS]


def test_nested_overrides_restore_the_one_before_even_after_an_error() -> None:
    with override(LEASE, STATE):
        with contextlib.suppress(RuntimeError), override(LEASE, {"running": False}):
            assert not read().running
            raise RuntimeError
        assert read() is STATE
    assert overrides() == {}


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(InputError, match="there is no kind 'modelarts:Lease'"), override("modelarts:Lease", {}):
        pass
    assert overrides() == {}


def test_an_unknown_field_is_refused_before_any_read() -> None:
    with pytest.raises(InputError) as caught, override(LEASE, {"runing": True}):
        pass
    assert str(caught.value).startswith("modelarts:NotebookLease has no field runing\nhint: known are notebook_id, ")
    assert overrides() == {}


def test_an_unknown_field_from_a_function_is_refused_when_it_is_read() -> None:
    with override(LEASE, lambda arguments: {"runing": True}), pytest.raises(InputError, match="has no field runing"):
        read()


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({}, "modelarts:NotebookLease: running: Field required"),
        ({"running": "perhaps"}, "modelarts:NotebookLease: running: Input should be a valid boolean"),
        ({"running": True, "duration": "long"}, "modelarts:NotebookLease: duration: Input should be a valid integer"),
    ],
)
def test_a_field_that_cannot_be_right_is_named(fields: dict[str, object], problem: str) -> None:
    with override(LEASE, fields), pytest.raises(InputError) as caught:
        read()
    assert str(caught.value).startswith(problem)
    assert str(caught.value).endswith("\nhint: correct the override's state")
