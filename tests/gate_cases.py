"""What a gate does, whichever shell serves it: one table of cases, which tests/wire and tests/native both run.

Everything is in the core's names and form; each shell writes it as its programs do, and reads it back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from lease_support import LEASE, RUNNING, STATE, STOPPED, lease_target, notebook
from nbcloud_support import LIMIT_SECONDS, eventually, folded
from pulumi.runtime.rpc import UNKNOWN

from pulumi_nbcloud.history.reading import read_history
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.waiting.stored import OUTPUTS

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
SELF = f"modelarts:NotebookLease {notebook()}"
ID_PATH = "targets.self.notebook_id"
BOTH = {"one": lease_target(), "two": lease_target(2)}
SESSION = {
    "kind": "aidp:NotebookSession",
    "ai_data_platform_id": "ocid1.platform",
    "workspace_key": "w",
    "session_id": "s",
}
ADVISORY, DISABLED, ALWAYS = {"enforcement": "advisory"}, {"enforcement": "disabled"}, {"every_update": True}
ONCE = {"timeout": "0"}


@dataclass(frozen=True)
class Result:
    """How a create or an update ended.

    Args:
        outputs: everything that is stored, where it passed.
        secret: the outputs that are secret as a whole.
        error: the text of the error, where it did not pass.
        awaiting: whether the engine was told that the gate is awaiting.
    """

    outputs: Mapping[str, Any] = field(default_factory=dict)
    secret: frozenset[str] = frozenset()
    error: str = ""
    awaiting: bool = False


class Shell(Protocol):
    """One process that serves gates, in a stack `test` of a project `probe`."""

    urn: str
    """Of the gate."""
    start_urn: str
    """Of what keeps when its wait began."""

    def check(self, inputs: Mapping[str, Any], began: float | None = None) -> list[str]:
        """What is wrong with inputs."""

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        """Whether there is a difference."""

    def create(self, inputs: Mapping[str, Any], **how: Any) -> Result:
        """Creates; `how` are `secret` (paths), `timeout` (the custom one, in seconds), `began` (seconds ago)."""

    def update(self, olds: Mapping[str, Any], news: Mapping[str, Any], **how: Any) -> Result:
        """Updates what is stored; see `create`."""

    def refresh(self, olds: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a refresh makes of what is stored."""

    def row(self) -> list[str]:
        """What the row of the gate was sent, in the order of arrival."""

    def warnings(self) -> list[str]:
        """Those of them that warn."""


def gate(**inputs: Any) -> dict[str, Any]:
    """The inputs of a gate on one notebook."""
    return {"targets": {"self": lease_target()}, **inputs}


def stored(inputs: Mapping[str, Any], outcome: str = "met") -> dict[str, Any]:
    """What the state holds of a gate that was met, or of an advisory one that was not."""
    met = outcome == "met"
    # No shell stores nulls.
    message = f"{SELF}: {outcome} after 5s of 30m"
    return {
        **inputs,
        "outcome": outcome,
        **({"met_time": "2026-01-31T12:00:00Z"} if met else {"message": message}),
        "polls": 1,
        "elapsed_seconds": 0.5,
        "states": {"self": {**STATE, "not_running_reason": None, "endpoint": "http://cloud"}},
        "transitions": [{"time": "2026-01-31T12:00:00Z", "target": "self", "observed": RUNNING}],
        "transition_count": 1,
    }


def timeless(shown: str) -> str:
    """A text without what differs from run to run, its facts in one line."""
    shown = re.sub(r"\b(after|of) \d+s\b", r"\1 Ns", folded(shown))
    shown = re.sub(r"1h\d*m?\d+s of", "1hNs of", shown)
    return re.sub(r"\(\d+s ago\)", "(Ns ago)", re.sub(r"request id [0-9a-f]{32}", "request id ID", shown))


# --- how the wait of a create ends, and what the next update does with it


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
    polls: int = 1
    transitions: tuple[str, ...] = (RUNNING,)
    requests: int | None = 1
    awaiting: bool = False
    secret: frozenset[str] = frozenset()
    waits: bool = False


def _down(clouds: MockClouds) -> None:
    clouds.faults.add(service="modelarts", status=503, count=1_000)


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
HELD = {"hold": "0", "timeout": "40h"}
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
        {"not_found": "fail"}, "never appeared after Ns of 30m; reason: not_found is 'fail'", lease=None
    ),
    "timed out": _fails(
        ONCE, f"timed out after Ns; {EXPECTED}: {STOPPED} (Ns ago); polls: 1 (request id ID)", lease=OFF
    ),
    "never appeared": _fails(ONCE, f"never appeared after Ns of Ns; {EXPECTED}: not found (Ns ago); ", lease=None),
    "bad condition": _fails({"until": "int(self.type) > 3"}, "bad condition after Ns of 30m; reason: "),
    "unauthorized": _fails({}, "unauthorized after Ns of 30m; ", prepare=_denied),
    "unreachable": _fails(ONE_FAILED, "unreachable after Ns of 30m; ", prepare=_down, requests=None),
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
        ONE_FAILED, "unreachable", "unreachable after Ns", prepare=_down, requests=None, transitions=()
    ),
    "disabled": Case(
        DISABLED,
        outcome="disabled",
        message="not polled, because enforcement is 'disabled'",
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
        HELD, f"timed out after 41h of 40h; {EXPECTED}: ", how={"began": 41 * 3600}, lease=OFF
    ),
    "hold that is no shorter": _fails({"hold": "1h", **ONCE}, "timed out after Ns; ", how={"began": 3610}, lease=OFF),
}


def run_case(shell: Shell, clouds: MockClouds, case: Case) -> None:
    """Creates a gate, looks at how it ended and what its row shows, and at what the next update makes of it."""
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


# --- when a gate that is in state waits again


@dataclass(frozen=True)
class Change:
    """A gate that is in state, and what the program says of it now.

    Args:
        olds: its inputs in state.
        news: its inputs now.
        outcome: in state.
        changes: whether there is a difference.
        waits: whether the update waits.
    """

    olds: Mapping[str, Any]
    news: Mapping[str, Any]
    outcome: str = "met"
    changes: bool = True
    waits: bool = False


BEFORE = gate(until="self.running")
LATE = "timed_out"


def row(
    news: Mapping[str, Any], olds: Mapping[str, Any] | None = None, left_out: tuple[str, ...] = (), **others: Any
) -> Change:
    """What a stored gate and a program's gate that differ so come to; `left_out` is no longer given."""
    before = {**BEFORE, **(olds or {})}
    after = {name: value for name, value in {**before, **news}.items() if name not in left_out}
    return Change(before, after, **others)


CHANGES: dict[str, Change] = {
    "until": row({"until": "self.enable"}, waits=True),
    "until left out": row({}, left_out=("until",), waits=True),
    "fail_on": row({"fail_on": "!self.enable"}, waits=True),
    "fail_on False": row({"fail_on": False}, waits=True),
    "another target": row({"targets": {"self": lease_target(2)}}, waits=True),
    "profile": row({"targets": {"self": lease_target(profile="other")}}, waits=True),
    "not_found": row({"not_found": "fail"}, waits=True),
    "not_found, another": row({"not_found": "met"}, {"not_found": "fail"}, waits=True),
    "consecutive": row({"consecutive": 1}, waits=True),
    "holds_for left out": row({}, {"holds_for": "10s"}, left_out=("holds_for",), waits=True),
    "fail_holds_for": row({"fail_holds_for": "10s"}, {"fail_holds_for": "20s"}, waits=True),
    "appear_timeout": row({"appear_timeout": "10s"}),
    "stall_timeout": row({"stall_timeout": "10s"}, {"stall_timeout": "20s"}),
    "triggers": row({"triggers": ["b"]}, waits=True),
    "triggers, another": row({"triggers": ["b"]}, {"triggers": ["a"]}, waits=True),
    "timeout": row({"timeout": "5m"}),
    "interval": row({"interval": "5s"}),
    "max_poll_errors": row({"max_poll_errors": 3}),
    "timeout left out": row({}, {"timeout": "1h", "interval": "5s"}, left_out=("timeout", "interval")),
    "how and what": row({"timeout": "1h", "interval": "9s", "triggers": [1]}, waits=True),
    "tightened, met": row({"enforcement": "mandatory"}, ADVISORY),
    "tightened, not met": row({"enforcement": "mandatory"}, ADVISORY, outcome=LATE, waits=True),
    "left out, not met": row({}, ADVISORY, outcome=LATE, left_out=("enforcement",), waits=True),
    "switched on": row(ADVISORY, DISABLED, outcome="disabled", waits=True),
    "switched on, mandatory": row({"enforcement": "mandatory"}, DISABLED, outcome="disabled", waits=True),
    "switched on again, met before": row({"enforcement": "mandatory"}, DISABLED),
    "loosened, met": row(ADVISORY),
    "loosened, not met": row(DISABLED, ADVISORY, outcome=LATE),
    "loosened and asked again": row({**ADVISORY, "triggers": ["b"]}, waits=True),
    "switched off and asked again": row({**DISABLED, "triggers": ["b"]}),
    "still not met": row(ADVISORY, ADVISORY, outcome=LATE, changes=False),
    "overridden": row({}, outcome="overridden", waits=True),
    "overridden, advisory": row(ADVISORY, ADVISORY, outcome="overridden", waits=True),
    "overridden and loosened": row(ADVISORY, outcome="overridden", waits=True),
    "overridable": row({"overridable": False}, {"overridable": True}),
    "every_update, on": row(ALWAYS, waits=True),
    "every_update, as before": row(ALWAYS, ALWAYS, waits=True),
    "every_update, off": row({"every_update": False}, ALWAYS),
    "every_update, left out": row({}, ALWAYS, left_out=("every_update",)),
    "every_update of a disabled gate": row(ALWAYS, {**ALWAYS, **DISABLED}, outcome="disabled", changes=False),
    "nothing": row({}, changes=False),
    "one and true": row({"triggers": [True]}, {"triggers": [1]}, waits=True),
    "numbers that travelled": row({"triggers": [1.0, {"a": 2}]}, {"triggers": [1, {"a": 2.0}]}, changes=False),
}


def run_change(shell: Shell, clouds: MockClouds, change: Change) -> None:
    """Compares and updates: a gate that waits again is asked the new thing, another keeps its outcome."""
    for number in (1, 2):
        clouds.modelarts.put_lease(notebook(number), **LEASE)
        clouds.modelarts.put_lease(notebook(number), project_id="other-project", **LEASE)
    olds = stored(change.olds, change.outcome)
    assert shell.diff(olds, change.news) is change.changes
    assert clouds.request_count() == 0
    result = shell.update(olds, change.news)
    assert result.error == ""
    assert clouds.request_count() == int(change.waits)
    outputs = dict(result.outputs)
    assert {name: outputs.pop(name) for name in change.news} == change.news
    absent = "message" if outputs["outcome"] == "met" else "met_time"
    assert set(outputs) == {*OUTPUTS} - {absent}
    if not change.waits:
        # A gate that is asked something else while it is disabled has no outcome of it.
        switched_off = change.news.get("triggers") and change.news.get("enforcement") == "disabled"
        assert outputs["outcome"] == ("disabled" if switched_off else change.outcome)
        return
    assert outputs["outcome"] == "met"
    assert outputs["met_time"] != olds.get("met_time")
    asked = change.news["targets"]["self"]
    project = "other-project" if asked.get("profile") == "other" else "mock-project"
    seen = outputs["states"]["self"]
    assert (seen["notebook_id"], seen["project_id"]) == (asked["notebook_id"], project)


# --- what a check says


@dataclass(frozen=True)
class Refusal:
    """Inputs that a check refuses, besides one notebook as the target, and how what it says begins."""

    inputs: Mapping[str, Any]
    problem: str
    began: float | None = None


REFUSALS: dict[str, Refusal] = {
    "no targets": Refusal({"targets": {}}, "targets must be 1 to 100 things by name"),
    "no kind": Refusal({"targets": {"self": {"notebook_id": "x"}}}, "target self says no kind"),
    "a wrong kind": Refusal({"targets": {"self": {"kind": "modelarts:Lease"}}}, "target self: there is no kind "),
    "a reserved name": Refusal({"targets": {"now": lease_target()}}, "targets: 'now' is the time of the evaluation"),
    "a misspelt field": Refusal(
        {"until": "self.runing"},
        "until: self.runing is not a field of modelarts:NotebookLease; did you mean self.running?",
    ),
    "no bool": Refusal({"until": "self.type"}, "until: self.type is a string, not a bool; compare it, as in "),
    "no condition": Refusal({"until": ""}, "until: is empty; leave it out for the default"),
    "no duration": Refusal({"timeout": "soon"}, "timeout 'soon' is not a duration"),
    "out of range": Refusal({"interval": "0"}, "interval '0' is out of range"),
    "no number": Refusal({"consecutive": 0}, "consecutive must be a whole number from 1 to 1000"),
    "no enforcement": Refusal({"enforcement": "off"}, "enforcement 'off' is none of disabled, advisory, mandatory"),
    "out of reach": Refusal({"consecutive": 2, **ONCE}, "consecutive 2 cannot be reached with timeout 0"),
    "proves nothing": Refusal({"targets": {"self": SESSION}, "until": "deleted"}, "until: "),
    "another start": Refusal(
        {**HELD, "started_for": {"until": "!self.running"}},
        "hold: the WaitStart of this gate began for something else than the gate waits for\nhint: what changes the "
        "inputs of one must change those of the other; with --target, name both: --target ",
        began=5,
    ),
}


def run_refusal(shell: Shell, clouds: MockClouds, refusal: Refusal) -> None:
    """Checks: one problem, with a hint, and nothing is sent."""
    (reason,) = shell.check({"targets": {"self": lease_target()}, **refusal.inputs}, refusal.began)
    assert reason.startswith(refusal.problem)
    assert "\nhint: " in reason
    assert clouds.request_count() == 0


UNKNOWNS: dict[str, Mapping[str, Any]] = {
    "targets": {"targets": UNKNOWN},
    "a target": {"targets": {"self": UNKNOWN}},
    "an id": {"targets": {"self": {**lease_target(), "notebook_id": UNKNOWN}}},
    "until": {"until": UNKNOWN},
    "fail_on": {"fail_on": UNKNOWN},
    "triggers": {"triggers": UNKNOWN},
    "in triggers": {"triggers": ["a", UNKNOWN]},
    "timeout": {"timeout": UNKNOWN},
    "not_found": {"not_found": UNKNOWN},
    "consecutive": {"consecutive": UNKNOWN},
    "enforcement": {"enforcement": UNKNOWN},
    "every_update": {"every_update": UNKNOWN},
}


def run_unknown(shell: Shell, clouds: MockClouds, unknown: Mapping[str, Any]) -> None:
    """What is not known yet passes the check, and may change."""
    before = {**BEFORE, "triggers": ["a", "b"]}
    assert shell.check({**before, **unknown}) == []
    assert shell.diff(stored(before), {**before, **unknown}) is True
    assert clouds.request_count() == 0


# --- stories


def a_refresh_keeps_everything(shell: Shell, clouds: MockClouds) -> None:
    """A refresh asks nothing."""
    kept = stored({**BEFORE, "triggers": [1, "a"]})
    found = shell.refresh(kept)
    # Nulls are missing on the wire, not changed.
    del kept["states"]["self"]["not_running_reason"]
    assert found == kept
    assert clouds.request_count() == 0


def _deadlines(shell: Shell) -> list[datetime]:
    """Until when the row of a gate that is awaiting says that it waits."""
    found = [re.match(r"awaiting until (\S+)Z; ", each) for each in shell.row()]
    return [datetime.fromisoformat(f"{each[1]}+00:00") for each in found if each]


def _has_deadlines(shell: Shell, count: int) -> bool:
    return len(_deadlines(shell)) == count


def a_gate_goes_on_with_its_deadline(shell: Shell, clouds: MockClouds) -> None:
    """Two updates that await, and a third that is met; the row says until when."""
    clouds.modelarts.put_lease(notebook(), status="STOPPED")
    inputs = gate(**HELD)
    for number, began in enumerate((60, 3610), 1):
        result = shell.create(inputs, began=began)
        assert result.awaiting
        eventually(partial(_has_deadlines, shell, number), "the deadline")
        late = _deadlines(shell)[-1] - (datetime.now(timezone.utc) + timedelta(hours=40, seconds=-began))
        assert abs(late) < timedelta(seconds=LIMIT_SECONDS)
        shown = [each for each in shell.row() if "  deadline: " in each][-1]
        assert f"\n  actual: {STOPPED} (" in shown
        assert shown.endswith("\nhint: run `pulumi up` again: the gate goes on, and its deadline stays")
    clouds.modelarts.put_lease(notebook(), **LEASE)
    met = shell.create(inputs, began=7200)
    assert (met.outputs["outcome"], met.outputs["polls"]) == ("met", 1)
    # In state, it waits no more, whenever it began.
    before = clouds.request_count()
    assert not shell.diff(met.outputs, {name: met.outputs[name] for name in inputs})
    assert clouds.request_count() == before


def a_deadline_that_is_over_says_how_to_begin_again(shell: Shell, clouds: MockClouds) -> None:
    """With lines to paste; the start of the wait is what is replaced."""
    clouds.modelarts.put_lease(notebook(), status="STOPPED")
    shown = shell.create(gate(**HELD), began=41 * 3600).error
    hint, command = shown.rpartition("hint: ")[2].split("\n  ")
    assert re.search(r"the deadline was \S+Z, so the next update polls once: to wait longer, write ", hint)
    assert "80h" in hint
    pasted = shell.start_urn.replace("::", ":'':")
    assert command == f"pulumi up --replace {pasted}"


def a_clock_that_is_behind_is_warned_of(shell: Shell, clouds: MockClouds) -> None:
    """The deadline is later by as much."""
    clouds.modelarts.put_lease(notebook(), status="STOPPED")
    assert shell.create(gate(**HELD), began=-7200).awaiting
    eventually(lambda: shell.warnings() != [], "the warning")
    assert re.fullmatch(
        r"this wait began at \S+Z, but the clock of this machine is (2h|1h59m\d+s) behind that\n"
        "hint: set the clock; until then the deadline is that much later",
        shell.warnings()[0],
    )


Story = Callable[[Shell, MockClouds], None]
STORIES: dict[str, Story] = {
    each.__name__: each
    for each in (
        a_refresh_keeps_everything,
        a_gate_goes_on_with_its_deadline,
        a_deadline_that_is_over_says_how_to_begin_again,
        a_clock_that_is_behind_is_warned_of,
    )
}


# --- stories that need settings of their own: each opens processes, and the mock clouds are empty

OpenShell = Callable[[Mapping[str, str], Mapping[str, str]], Shell]
"""Starts a process that serves gates, with more variables than those of the mock, and with config by its whole keys."""

OVERRIDES, REASON = "nbcloud:overrides", "the API is down, ticket 4711"


def overrides(urn: str, hours: float = 1.0) -> str:
    """As the engine hands an object of the stack's config to a provider, and as the environment holds it."""
    until = f"{datetime.now(timezone.utc) + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"
    return json.dumps({urn: {"reason": REASON, "until": until}})


def an_override_lets_a_gate_pass_once(open_shell: OpenShell, urn: str, clouds: MockClouds, folder: Path) -> None:
    """It says so everywhere, and the next update waits."""
    _down(clouds)
    shell = open_shell({}, {OVERRIDES: overrides(urn)})
    assert shell.check(gate()) == []
    result = shell.create(gate())
    assert (result.outputs["outcome"], result.outputs["polls"], result.outputs["states"]) == ("overridden", 1, {})
    assert re.match(
        rf'{SELF}: overridden after \d+s of 30m; override: "{REASON}", until \S+Z, by Pulumi config {OVERRIDES}; ',
        result.outputs["message"],
    )
    eventually(lambda: shell.warnings() != [], "the warning")
    (warning,) = shell.warnings()
    assert f'\n  override: "{REASON}", until ' in warning
    assert shell.diff(result.outputs, gate())
    clouds.faults.clear()
    clouds.modelarts.put_lease(notebook(), **LEASE)
    assert shell.update(result.outputs, gate()).outputs["outcome"] == "met"


def the_environment_overrides_only_what_takes_it(
    open_shell: OpenShell, urn: str, clouds: MockClouds, folder: Path
) -> None:
    """Without a request."""
    _down(clouds)
    shell = open_shell({"NBCLOUD_OVERRIDES": overrides(urn)}, {})
    start = "the environment variable NBCLOUD_OVERRIDES overrides the gate ready, which only the stack's config may"
    (reason,) = shell.check(gate())
    assert reason.startswith(start)
    # Time has passed since the check, so it is checked again.
    assert shell.create(gate()).error.startswith(start)
    assert clouds.request_count() == 0
    assert shell.create(gate(overridable=True)).outputs["outcome"] == "overridden"


def an_override_that_has_ended_is_not_applied(
    open_shell: OpenShell, urn: str, clouds: MockClouds, folder: Path
) -> None:
    """It is said, and a gate that fails says how to override it."""
    _down(clouds)
    shell = open_shell({}, {OVERRIDES: overrides(urn, hours=-1)})
    assert shell.check(gate()) == []
    shown = shell.create(gate(max_poll_errors=1)).error
    assert "\n  override: not applied: it ended at " in shown
    assert "; to go on without a response, for an hour:\n  pulumi config set-all --stack test --path " in shown
    eventually(lambda: shell.warnings() != [], "the warning")
    (warning,) = shell.warnings()
    assert re.fullmatch(
        r"the override in Pulumi config nbcloud:overrides ended at \S+Z and is not applied: remove it there", warning
    )


def the_history_has_the_wait(open_shell: OpenShell, urn: str, clouds: MockClouds, folder: Path) -> None:
    """With the place of the gate, and nothing of what is secret."""
    clouds.modelarts.put_lease(notebook(), status="STOPPED")
    shell = open_shell({"NBCLOUD_HISTORY": str(folder / "h")}, {})
    shell.create(gate(**ONCE), secret=[ID_PATH])
    (wait,) = read_history(folder / "h").waits
    assert wait.outcome == "timed_out"
    begin = {name: wait.begin[name] for name in ("source", "name", "urn", "project", "stack", "operation", "preview")}
    assert begin == {
        "source": "gate",
        "name": "ready",
        "urn": urn,
        "project": "probe",
        "stack": "test",
        "operation": "create",
        "preview": False,
    }
    assert not [each for each in (folder / "h").iterdir() if notebook() in each.read_text(encoding="utf-8")]


SettingsStory = Callable[[OpenShell, str, MockClouds, Path], None]
SETTINGS_STORIES: dict[str, SettingsStory] = {
    each.__name__: each
    for each in (
        an_override_lets_a_gate_pass_once,
        the_environment_overrides_only_what_takes_it,
        an_override_that_has_ended_is_not_applied,
        the_history_has_the_wait,
    )
}
