"""Notifies the listeners of this process of the expectations of a program's lookups."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi.runtime

from pulumi_nbcloud.engine import expecting, log

if TYPE_CHECKING:
    from pulumi_nbcloud.waiting.expectation import Expectation


def recorded(
    expectation: Expectation | None, arguments: Any, values: Mapping[str, Any], secret_inputs: Iterable[str] | None = ()
) -> AbstractContextManager[expecting.Observe]:
    """Notify the listeners that a block checks an expectation, and how that ends; see `expecting.recorded`."""
    return expecting.recorded(expectation, arguments, values, secret_inputs, _place)


def _place() -> expecting.Place:
    stack = project = None
    with contextlib.suppress(Exception):  # this is not a Pulumi program
        stack, project = pulumi.get_stack(), pulumi.get_project()
    return expecting.Place(stack, project, pulumi.runtime.is_dry_run(), log.warn)
