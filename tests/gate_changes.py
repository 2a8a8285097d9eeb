"""When a gate that is in state waits again, and what a check says: tables for both shells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gate_shell import (
    ADVISORY,
    ALWAYS,
    DISABLED,
    HELD,
    ONCE,
    SESSION,
    Shell,
    gate,
    stored,
)
from lease_support import LEASE, lease_target, notebook
from pulumi.runtime.rpc import UNKNOWN

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.waiting.stored import OUTPUTS

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
