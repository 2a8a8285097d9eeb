"""`expect` on lookups: what holds passes, anything else ends the program, a mistake is found before any request."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from lease_support import CREATED, NOTEBOOK
from nbcloud_support import one_line
from program_support import run, unknown

import pulumi_nbcloud as nbcloud
from pulumi_nbcloud import aidp, hpcai, modelarts
from pulumi_nbcloud.kinds.registry import KINDS
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.program import lookup
from pulumi_nbcloud.testing import override

LEASE = "modelarts:NotebookLease"
JOBS = "modelarts:DevServerJobs"
CORRECT = "look at the thing itself, or correct expect; it is evaluated in every preview and update"
FUNCTIONS = [
    value for module in (aidp, hpcai, modelarts) for name, value in vars(module).items() if name.startswith("get_")
]
Lookup = Callable[..., Any]


def plain(expect: Any, **arguments: Any) -> Any:
    return modelarts.get_notebook_lease(**{"notebook_id": NOTEBOOK, **arguments}, expect=expect)


def output(expect: Any, **arguments: Any) -> Any:
    return modelarts.get_notebook_lease_output(**{"notebook_id": NOTEBOOK, **arguments}, expect=expect)


def raised(call: Lookup, expect: Any, state: Any) -> nbcloud.NbcloudError:
    """The error that a lookup of an overridden lease ends in."""
    with override(LEASE, state), pytest.raises(nbcloud.NbcloudError) as caught:
        run(lambda: call(expect))
    return caught.value


def test_every_kind_has_two_look_ups() -> None:
    assert len(FUNCTIONS) == 2 * len(KINDS)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_every_look_up_takes_it(function: Callable[..., Any]) -> None:
    parameter = inspect.signature(function).parameters["expect"]
    assert parameter.kind is inspect.Parameter.KEYWORD_ONLY
    assert parameter.default is None
    is_output = function.__name__.endswith("_output")
    assert parameter.annotation == ("pulumi.Input[str | None] | None" if is_output else "str | None")


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_every_look_up_hands_it_on(function: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []
    monkeypatch.setattr(lookup, "get", lambda token, values, expect=None: given.append(expect))
    monkeypatch.setattr(lookup, "get_output", lambda token, values, opts=None, expect=None: given.append(expect))
    required = [
        name for name, each in inspect.signature(function).parameters.items() if each.default is inspect.Parameter.empty
    ]
    function(**dict.fromkeys(required, "x"), expect="self.mine")
    assert given == ["self.mine"]


@pytest.mark.parametrize("call", [plain, output])
@pytest.mark.parametrize("preview", [True, False])
def test_what_holds_gives_the_state(call: Lookup, preview: bool) -> None:
    with override(LEASE, {"running": True, "type": "TIMING"}) as reads:
        state = run(lambda: call('self.running && self.type == "TIMING"'), preview=preview).value
    assert (state.running, state.notebook_id) == (True, NOTEBOOK)
    assert len(reads) == 1


@pytest.mark.parametrize("call", [plain, output])
@pytest.mark.parametrize(
    ("expect", "state", "problem", "hint"),
    [
        (
            "self.running",
            {"running": False, "not_running_reason": "STOPPED"},
            "not as expected; expected: self.running; actual: running=false, not_running_reason=STOPPED",
            CORRECT,
        ),
        (
            'self.type == "TIMING"',
            {"running": True},
            'not as expected; expected: self.type == "TIMING"; not met: type is null; actual: running=true',
            "ask for fields that may be absent with has(); what is undecided does not hold",
        ),
        (
            "1 / (self.duration - 5) == 1",
            {"running": True, "duration": 5},
            (
                "cannot be evaluated; reason: division by zero; expected: 1 / (self.duration - 5) == 1; "
                "actual: running=true"
            ),
            "correct expect, a CEL expression",
        ),
    ],
    ids=["does not hold", "undecided", "cannot be evaluated"],
)
def test_what_does_not_hold_says_what_was_wanted_and_seen(
    call: Lookup, expect: str, state: dict[str, Any], problem: str, hint: str
) -> None:
    error = raised(call, expect, state)
    assert isinstance(error, nbcloud.ExpectationError)
    assert isinstance(error, pulumi.RunError)
    assert one_line(error) == f"{LEASE} {NOTEBOOK}: {problem}\nhint: {hint}"


def test_a_list_that_is_not_whole_is_undecided() -> None:
    rows = {"total": 40, "jobs": (), "truncated": True}
    with override(JOBS, rows), pytest.raises(nbcloud.ExpectationError) as caught:
        run(lambda: modelarts.get_dev_server_jobs(expect="size(self.jobs) == 0"))
    assert "; not met: self is truncated: narrow the arguments, or read `truncated`" in caught.value.problem
    with override(JOBS, rows):
        assert run(lambda: modelarts.get_dev_server_jobs(expect="self.truncated")).value.total == 40


@pytest.mark.parametrize("call", [plain, output])
def test_a_named_condition_is_shown_with_its_expression(call: Lookup) -> None:
    with override(LEASE, {"running": True}):
        assert run(lambda: call("running")).value.running
    error = raised(call, "running", {"running": False, "not_running_reason": "FROZEN"})
    assert isinstance(error, nbcloud.ExpectationError)
    assert "expected: running (self.running)" in str(error)
    with override(LEASE, {"running": True}) as reads, pytest.raises(nbcloud.InputError) as caught:
        run(lambda: call("stoped"))
    assert caught.value.problem == (
        "expect: stoped is not a condition of modelarts:NotebookLease, which has ready, running, stopped, ended; "
        "did you mean stopped?"
    )
    assert reads == []


@pytest.mark.parametrize("call", [plain, output])
def test_a_mistake_is_found_before_anything_is_read(call: Lookup) -> None:
    with override(LEASE, {"running": True}) as reads, pytest.raises(nbcloud.InputError) as caught:
        run(lambda: call("self.runing"))
    assert (
        caught.value.problem
        == "expect: self.runing is not a field of modelarts:NotebookLease; did you mean self.running?"
    )
    assert isinstance(caught.value, pulumi.RunError)
    assert reads == []


def test_a_mistake_is_found_while_the_inputs_are_unknown() -> None:
    error = raised(lambda expect: output(expect, notebook_id=unknown()), "self.runing", {"running": True})
    assert "expect: self.runing is not a field" in str(error)


@pytest.mark.parametrize("expect", [5, True, ["self.running"]])
def test_what_is_no_text_is_refused(expect: Any) -> None:
    assert raised(plain, expect, {"running": True}).args == ("expect: must be text",)


def test_the_plain_form_refuses_an_output() -> None:
    error = raised(lambda expect: plain(pulumi.Output.from_input(expect)), "self.running", {"running": True})
    assert str(error).startswith(f"{LEASE}: expect is an Output, whose value is not there yet\n")


def test_the_output_form_takes_an_output_and_waits_for_it() -> None:
    error = raised(lambda expect: output(pulumi.Output.from_input(expect)), "!self.running", {"running": True})
    assert isinstance(error, nbcloud.ExpectationError)
    with override(LEASE, {"running": True}) as reads:
        assert not run(lambda: output(unknown()), preview=True).is_known
    assert reads == []


def test_an_error_of_the_read_is_told_as_ever() -> None:
    error = raised(plain, "self.running", nbcloud.NotFoundError("gone"))
    assert isinstance(error, nbcloud.NotFoundError)


@pytest.mark.parametrize("call", [plain, output])
def test_the_request_is_named(call: Lookup, nbcloud_mock: MockClouds, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in nbcloud_mock.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(lookup, "get_monitor", lambda: None)
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, create_at=CREATED, update_at=CREATED)
    with pytest.raises(nbcloud.ExpectationError) as caught:
        run(lambda: call("!self.running"))
    (request,) = nbcloud_mock.requests
    assert caught.value.request_id == request.request_id
    assert f"\n  request id: {request.request_id}\nhint: " in str(caught.value)


def test_a_doubtful_expectation_is_warned_of_once(nbcloud_mock: MockClouds, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in nbcloud_mock.environment().items():
        monkeypatch.setenv(name, value)
    said: list[str] = []
    monkeypatch.setattr(lookup, "get_monitor", lambda: None)
    monkeypatch.setattr(pulumi.log, "warn", lambda text, **_: said.append(text))
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, create_at=CREATED, update_at=CREATED)
    run(lambda: output('self.type != "TIMNG"'))
    assert said == [f'{LEASE}: expect: "TIMNG" is not a known value of self.type; did you mean "TIMING"?']
