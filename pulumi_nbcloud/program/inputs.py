"""Inputs of a program and the errors that end it, shared by lookups, records, gates and hooks."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Literal, TypeAlias, TypeVar

import pulumi
import pulumi.runtime

from pulumi_nbcloud.engine.errors import harmless
from pulumi_nbcloud.errors import NbcloudError
from pulumi_nbcloud.waiting.duration import spell

T = TypeVar("T")

# As an editor completes it; a test compares it with the values that the check of a wait accepts.
Operation: TypeAlias = Literal["create", "update", "delete"]


def clean(work: Callable[[], T]) -> T:
    """Do work whose errors end the program with only their message."""
    try:
        return work()
    except Exception as error:
        raise as_run_error(error) from None


def as_run_error(error: Exception) -> Exception:
    """Make an error end the program with only its message, still catchable by its class; see `harmless` for others."""
    error = harmless(error)
    cls = type(error)
    if issubclass(cls, NbcloudError) and not issubclass(cls, pulumi.RunError):
        error.__class__ = type(cls.__name__, (cls, pulumi.RunError), {"__module__": cls.__module__})
    # Without the frames below, whose local variables may hold credentials: some tools print them.
    return error.with_traceback(None)


def settled(value: Any) -> Any:
    """Make an Output of an awaitable, which can be awaited only once; return other values as they are."""
    return pulumi.Output.from_input(value) if inspect.isawaitable(value) else value


def duration_text(value: Any) -> Any:
    """Write a `timedelta` as the text of a duration, `1h30m`; return other values as they are."""
    if not isinstance(value, timedelta):
        return value
    seconds = value.total_seconds()
    return spell(seconds) if seconds >= 0 and seconds.is_integer() else f"{seconds:f}s"


def given_inputs(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs that the program passes, awaitables as Outputs; None counts as not given."""
    return {name: settled(value) for name, value in inputs.items() if value is not None}
