"""How the wait of a gate ends, and what the next update does with it: one table for both shells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gate_shell import (
    ADVISORY,
    ALWAYS,
    BOTH,
    DISABLED,
    HELD,
    ID_PATH,
    MOMENT,
    ONCE,
    SELF,
    Result,
    Shell,
    down,
    timeless,
)
from lease_support import LEASE, RUNNING, STOPPED, lease_target, notebook
from nbcloud_support import eventually

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.waiting.stored import OUTPUTS


@dataclass(frozen=True)
class Case:
    """A gate that is created.

    Args:
        inputs: besides one notebook as its target; other `targets` replace that.
        lease: what the cloud has of the notebook; None for nothing.
        prepare: what else is done to the cloud.
        how: see `Shell.create`.
        outcome: the output; None where the create fails, or is awaiting.
        message: how the output begins, or the error; without times.
        names: the option and its value that stand in the message in the place of `{}`, as programs write them.
        polls: the output.
        transitions: what the outputs say was observed of the first target.
        requests: how many are sent; None for any number.
        awaiting: whether the gate is awaiting.
        secret: the outputs that are secret as a whole.
        waits: whether the next update, with the same inputs, waits again.
    """

    inputs: Mapping[str, Any] = field(default_factory=dict)
    lease: Mapping[str, Any] | None = field(default_factory=lambda: LEASE)
    prepare: Callable[[MockClouds], object] | None = None
    how: Mapping[str, Any] = field(default_factory=dict)
    outcome: str | None = "met"
    message: str = ""
    names: tuple[str, str] = ("", "")
    polls: int = 1
    transitions: tuple[str, ...] = (RUNNING,)
    requests: int | None = 1
    awaiting: bool = False
    secret: frozenset[str] = frozenset()
    waits: bool = False


def _denied(clouds: MockClouds) -> None:
    clouds.modelarts.deny(clouds.settings()["modelarts"]["accessKey"])


def _second(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(2), **LEASE)


def _fails(inputs: Mapping[str, Any], message: str, **others: Any) -> Case:
    return Case(inputs, outcome=None, message=f"{SELF}: {message}", **others)


def _warns(inputs: Mapping[str, Any], outcome: str, message: str, **others: Any) -> Case:
    return Case({**ADVISORY, **inputs}, outcome=outcome, message=f"{SELF}: {message}", **others)


FROZEN, OFF = {"status": "FROZEN"}, {"status": "STOPPED"}
ONE_FAILED = {"max_poll_errors": 1}
FAILED = 'failed after Ns of 30m; reason: self.not_running_reason == "FROZEN" holds; expected: self.running; actual: '
EXPECTED = "expected: self.running; actual"
SECRET = frozenset({"message", "states", "transitions"})
AWAITED = "awaiting after 1hNs of 40h; reason: Pulumi before 3.272.0 takes this for a failure"
CASES: dict[str, Case] = {
    "met": Case(),
    "met, in its own words": Case({"until": 'self.type == "TIMING"', "consecutive": 1, "interval": "5s"}),
    "met, of two": Case(
        {"targets": BOTH, "until": "one.running && two.running"}, prepare=_second, requests=2, transitions=(RUNNING,)
    ),
    "met by what is not found": Case({"not_found": "met"}, lease=None, transitions=("not found",)),
    "met by what was deleted": Case({"until": "deleted", "allow_absent": True}, lease=None, transitions=("not found",)),
    "values of triggers": Case({"triggers": [1, 2.5, "a", {"b": True}]}),
    "failed": _fails({}, FAILED, lease=FROZEN),
    "failed by fail_on": _fails(
        {"until": "!self.running", "fail_on": "self.enable"},
        "failed after Ns of 30m; reason: self.enable holds; expected: !self.running; actual: ",
    ),
    "own failures left out": _fails({"fail_on": False, **ONCE}, f"timed out after Ns; {EXPECTED}: ", lease=FROZEN),
    "not found": _fails(
        {"not_found": "fail"},
        "never appeared after Ns of 30m; reason: {}; ",
        names=("not_found", "fail"),
        lease=None,
    ),
    "timed out": _fails(
        ONCE, f"timed out after Ns; {EXPECTED}: {STOPPED} (Ns ago); polls: 1 (request id ID)", lease=OFF
    ),
    "never appeared": _fails(ONCE, f"never appeared after Ns of Ns; {EXPECTED}: not found (Ns ago); ", lease=None),
    "bad condition": _fails({"until": "int(self.type) > 3"}, "bad condition after Ns of 30m; reason: "),
    "unauthorized": _fails({}, "unauthorized after Ns of 30m; ", prepare=_denied),
    "unreachable": _fails(ONE_FAILED, "unreachable after Ns of 30m; ", prepare=down, requests=None),
    "advisory, met": Case(ADVISORY),
    "advisory, failed": _warns(
        {}, "failed", FAILED, lease=FROZEN, transitions=("running=false, not_running_reason=FROZEN",)
    ),
    "advisory, timed out": _warns(
        ONCE, "timed_out", f"timed out after Ns; {EXPECTED}: {STOPPED}", lease=OFF, transitions=(STOPPED,)
    ),
    "advisory, never appeared": _warns(
        ONCE, "never_appeared", "never appeared after Ns of Ns; ", lease=None, transitions=("not found",)
    ),
    "advisory, bad condition": _warns({"until": "int(self.type) > 3"}, "bad_condition", "bad condition after Ns"),
    "advisory, unauthorized": _warns({}, "unauthorized", "unauthorized after Ns", prepare=_denied, transitions=()),
    "advisory, unreachable": _warns(
        ONE_FAILED, "unreachable", "unreachable after Ns", prepare=down, requests=None, transitions=()
    ),
    "disabled": Case(
        DISABLED,
        outcome="disabled",
        message="not polled, because {}",
        names=("enforcement", "disabled"),
        polls=0,
        requests=0,
        transitions=(),
    ),
    "every update": Case(ALWAYS, waits=True),
    "every update, disabled": Case({**ALWAYS, **DISABLED}, outcome="disabled", polls=0, requests=0, transitions=()),
    "custom timeout": _fails(
        {"hold": "0"}, AWAITED, how={"timeout": 144_000.0, "began": 3610}, lease=OFF, awaiting=True
    ),
    "timeout before the custom one": _fails(
        ONCE, "timed out after Ns; ", how={"timeout": 144_000.0}, lease=OFF, transitions=()
    ),
    "secret, met": Case(how={"secret": [ID_PATH]}, secret=SECRET - {"message"}),
    "secret, not met": Case(
        {**ADVISORY, **ONCE},
        lease=OFF,
        how={"secret": [ID_PATH]},
        outcome="timed_out",
        message=f"{SELF}: timed out after Ns",
        transitions=(STOPPED,),
        secret=SECRET,
    ),
    "secret, failed": Case(
        ONCE,
        lease=OFF,
        how={"secret": [ID_PATH]},
        outcome=None,
        message="modelarts:NotebookLease [secret]: timed out after Ns",
    ),
    "secret condition": Case(
        {"until": "self.running && self.duration > 5", **ONCE},
        lease=OFF,
        how={"secret": ["until"]},
        outcome=None,
        message=f"{SELF}: timed out after Ns; expected: [secret]; actual: {STOPPED}",
    ),
    "awaiting": _fails(HELD, AWAITED, how={"began": 3610}, lease=OFF, awaiting=True),
    "awaiting, advisory": _fails({**HELD, **ADVISORY}, AWAITED, how={"began": 3610}, lease=OFF, awaiting=True),
    "awaiting no more": Case(HELD, how={"began": 3610}),
    "a deadline that is over": _fails(
        HELD, f"timed out after 41hNs of 40h; {EXPECTED}: ", how={"began": 41 * 3600}, lease=OFF
    ),
    "hold that is no shorter": _fails({"hold": "1h", **ONCE}, "timed out after Ns; ", how={"began": 3610}, lease=OFF),
}


def run_case(shell: Shell, clouds: MockClouds, case: Case) -> None:
    """Creates a gate, looks at how it ended and what its row shows, and at what the next update makes of it."""
    case = replace(case, message=case.message.replace("{}", shell.spelling.has(*case.names)))
    if case.lease is not None:
        clouds.modelarts.put_lease(notebook(), **case.lease)
    if case.prepare is not None:
        case.prepare(clouds)
    inputs = {"targets": {"self": lease_target()}, **case.inputs}
    began = case.how.get("began")
    assert shell.check(inputs, began) == []
    assert clouds.request_count() == 0
    result = shell.create(inputs, **case.how)
    if case.requests is not None:
        assert clouds.request_count() == case.requests
    _hide_nothing_secret(shell, case)
    if case.outcome is None:
        assert timeless(result.error).startswith(case.message)
        assert (result.outputs, result.awaiting) == ({}, case.awaiting)
        return
    assert (result.error, result.awaiting) == ("", False)
    _look_at_outputs(shell, case, inputs, result)
    before = clouds.request_count()
    assert shell.diff(result.outputs, inputs) is case.waits
    if case.waits:
        assert shell.update(result.outputs, inputs).outputs["outcome"] == case.outcome
    assert (clouds.request_count() > before) is case.waits


def _look_at_outputs(shell: Shell, case: Case, inputs: Mapping[str, Any], result: Result) -> None:
    outputs = dict(result.outputs)
    assert {name: outputs.pop(name) for name in inputs} == inputs
    assert outputs["outcome"] == case.outcome
    assert outputs["polls"] == case.polls
    assert timeless(outputs.get("message") or "").startswith(case.message)
    assert (outputs.get("met_time") is not None) is (case.outcome == "met")
    first = min(inputs["targets"])
    observed = [each for each in outputs["transitions"] if each["target"] == first]
    assert tuple(each["observed"] for each in observed) == case.transitions
    assert all(MOMENT.fullmatch(each["time"]) for each in observed)
    assert set(outputs) <= set(OUTPUTS)
    assert result.secret & set(OUTPUTS) == case.secret
    if case.inputs.get("enforcement") == "advisory" and case.outcome != "met":
        eventually(lambda: len(shell.warnings()) == 1, "how the wait ended")
        assert timeless(shell.warnings()[0]).startswith(timeless(case.message).replace(notebook(), _shown(case)))
    else:
        assert shell.warnings() == []


def _shown(case: Case) -> str:
    return "[secret]" if ID_PATH in case.how.get("secret", ()) else notebook()


def _hide_nothing_secret(shell: Shell, case: Case) -> None:
    """No row shows what is secret."""
    paths = case.how.get("secret", ())
    if ID_PATH in paths:
        assert not [each for each in shell.row() if notebook() in each]
    if "until" in paths:
        assert not [each for each in shell.row() if "duration" in each]
