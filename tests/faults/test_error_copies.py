"""Errors can be pickled and copied, so that they survive a process pool and a test runner's workers."""

from __future__ import annotations

import copy
import functools
import pickle
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

import pulumi_nbcloud as nbcloud
from pulumi_nbcloud.condition import ConditionError
from pulumi_nbcloud.errors import NbcloudError
from pulumi_nbcloud.program.inputs import clean
from pulumi_nbcloud.waiting.outcome import Outcome, WaitError
from pulumi_nbcloud.waiting.progress import Progress

DETAILS: dict[str, Any] = {
    "hint": "h",
    "where": "GET u",
    "status": 429,
    "code": "c",
    "request_id": "r",
    "subject": "s",
    "vendor_message": "m",
}


def throttled() -> NbcloudError:
    error = nbcloud.ThrottledError("problem", **DETAILS)
    error.retry_after = 7.0
    return error


PLAIN = [getattr(nbcloud, name) for name in nbcloud.__all__ if name.endswith("Error") and name != "WaitError"]
ERRORS: dict[str, Callable[[], NbcloudError]] = {
    **{cls.__name__: functools.partial(cls, "problem", **DETAILS) for cls in PLAIN},
    "throttled with seconds": throttled,
    "WaitError": lambda: WaitError(Outcome.TIMED_OUT, "problem", **DETAILS),
    "ConditionError": lambda: ConditionError(("first", "second")),
}
WAYS: dict[str, Callable[[Any], Any]] = {
    "pickle": lambda error: pickle.loads(pickle.dumps(error)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("make", ERRORS.values(), ids=ERRORS)
def test_an_error_keeps_everything(make: Callable[[], NbcloudError], way: Callable[[Any], Any]) -> None:
    error = make()
    twin = way(error)
    assert twin is not error
    assert (type(twin), str(twin), vars(twin)) == (type(error), str(error), vars(error))
    twin.hint = "other"
    assert "other" not in str(error)


@pytest.mark.parametrize("make", ERRORS.values(), ids=ERRORS)
def test_an_error_of_a_pulumi_program_is_pickled_as_what_it_is(make: Callable[[], NbcloudError]) -> None:
    def work() -> None:
        raise make()

    with pytest.raises(NbcloudError) as caught:
        clean(work)
    assert isinstance(caught.value, pulumi.RunError)
    assert isinstance(copy.copy(caught.value), pulumi.RunError)
    twin = pickle.loads(pickle.dumps(caught.value))
    assert (type(twin), str(twin)) == (type(make()), str(make()))


def test_what_a_wait_saw_stays_behind_when_its_error_is_pickled() -> None:
    error = WaitError(Outcome.FAILED, "problem", progress=Progress({}, {}, "self.running", 1.0, 0.0))
    assert copy.copy(error).progress is error.progress
    assert pickle.loads(pickle.dumps(error)).progress is None
