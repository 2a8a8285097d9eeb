"""What a wait is asked for: plain values, all of them checked before anything waits."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.output import Unknown
from pulumi.runtime import rpc

from pulumi_nbcloud.engine.values import contains_unknown
from pulumi_nbcloud.kinds.registry import KINDS
from pulumi_nbcloud.waiting.spec import WaitSpec, parse_spec

THING = {"kind": "sim:Thing", "thing_id": "a"}
LIST = {"kind": "sim:Things", "thing_id": "a"}
SELF = {"self": THING}
LEASE = {"kind": "modelarts:NotebookLease", "notebook_id": "aaaaaaaa-0000-4000-8000-000000000001"}
TARGETS = "targets must be 1 to 100 things by name\nhint: give target= one thing, or targets= several by name"
DURATION = "hint: write it like 90s, 30m or 1h30m"
UNKNOWN: Any = Unknown()  # type: ignore[no-untyped-call]
CEL = "hint: correct the condition, a CEL expression; nothing was sent"
NO_KIND = 'hint: a target as a dict needs "kind"'


@pytest.fixture(autouse=True)
def _kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    for token, name in {"sim:Thing": "THING", "sim:Slow": "SLOW", "sim:Things": "LISTED"}.items():
        monkeypatch.setitem(KINDS, token, f"simulated:{name}")


def parsed(inputs: dict[str, Any]) -> WaitSpec:
    spec, problems = parse_spec(inputs, contains_unknown)
    assert problems == []
    assert spec is not None
    return spec


@pytest.mark.parametrize(
    ("inputs", "timeout", "interval"),
    [
        ({}, 1800, None),
        ({"timeout": None, "interval": None, "until": None, "fail_on": None}, 1800, None),
        ({"timeout": "2h", "interval": "1s"}, 7200, 1),
        ({"timeout": "0", "interval": "30s"}, 0, 30),
        ({"timeout": 0}, 0, None),
        ({"timeout": 0.0}, 0, None),
        ({"timeout": "720h", "interval": "720h"}, 2_592_000, 2_592_000),
    ],
)
def test_timeout_and_interval_are_read_and_have_defaults(
    inputs: dict[str, Any], timeout: float, interval: float | None
) -> None:
    spec = parsed({"targets": SELF, **inputs})
    assert (spec.options.timeout, spec.options.interval) == (timeout, interval)


@pytest.mark.parametrize(
    ("targets", "interval", "start", "cap"),
    [
        ({"a": THING}, None, 5, 30),
        ({"a": THING, "b": {**THING, "kind": "sim:Slow"}}, None, 20, 30),
        ({"a": THING, "b": {**THING, "kind": "sim:Slow"}}, "7s", 7, 7),
        ({"a": THING, "b": LIST}, None, 45, 45),
        ({"a": THING}, "60s", 60, 60),
    ],
)
def test_the_schedule_is_the_slowest_kinds_unless_an_interval_is_given(
    targets: dict[str, Any], interval: str | None, start: float, cap: float
) -> None:
    schedule = parsed({"targets": targets, "interval": interval, "until": "a.status == 'READY'"}).schedule()
    assert (schedule.start, schedule.cap) == (start, cap)


def test_a_hundred_targets_are_allowed() -> None:
    assert len(parsed({"targets": {f"t{number}": THING for number in range(100)}}).kinds) == 100


def test_each_wait_of_a_spec_gets_its_own_evaluator_and_schedule() -> None:
    spec = parsed({"targets": SELF})
    assert spec.evaluator() is not spec.evaluator()
    assert spec.schedule() is not spec.schedule()


@pytest.mark.parametrize(
    ("inputs", "problem"),
    [
        ({}, TARGETS),
        ({"targets": None}, TARGETS),
        ({"targets": {}}, TARGETS),
        ({"targets": [THING]}, TARGETS),
        ({"targets": "sim:Thing"}, TARGETS),
        ({"targets": {f"t{number}": THING for number in range(101)}}, TARGETS),
        ({"targets": {"self": "sim:Thing"}}, f"target self says no kind\n{NO_KIND}"),
        ({"targets": {"self": {"thing_id": "a"}}}, f"target self says no kind\n{NO_KIND}"),
        ({"targets": {"self": {"kind": ""}}}, f"target self says no kind\n{NO_KIND}"),
        ({"targets": {"self": {"kind": 5}}}, f"target self says no kind\n{NO_KIND}"),
        ({"targets": {"self": {"kind": ["sim:Thing"]}}}, f"target self says no kind\n{NO_KIND}"),
        ({"targets": {"\x1b[1m": None}}, f"target ?[1m says no kind\n{NO_KIND}"),
        (
            {"targets": {"self": {"kind": "sim:Thingy"}}},
            "target self: there is no kind 'sim:Thingy'\nhint: did you mean sim:Thing?",
        ),
        (
            {"targets": {"self": {**LEASE, "notebook_id": "nope"}}},
            (
                "target self: modelarts:NotebookLease: notebook_id must be a UUID such as "
                "0b9c2f6e-4a70-4a0e-9d0e-2c6f8d1e7a55\nhint: correct the argument; nothing was sent"
            ),
        ),
        (
            {"targets": {"self": {"kind": "modelarts:NotebookLease"}}},
            (
                "target self: modelarts:NotebookLease: notebook_id is missing\n"
                "hint: correct the argument; nothing was sent"
            ),
        ),
        (
            {"targets": {"self": {**LEASE, "notebook": "x"}}},
            (
                "target self: modelarts:NotebookLease: notebook is not an argument; did you mean notebook_id?\n"
                "hint: correct the argument; nothing was sent"
            ),
        ),
        (
            {"targets": {"now": THING}},
            (
                "targets: 'now' is the time of the evaluation; choose another name\n"
                "hint: name the targets in letters, digits and _; nothing was sent"
            ),
        ),
        (
            {"targets": {"a-b": THING}},
            (
                "targets: 'a-b' is not a name; use letters, digits and _\n"
                "hint: name the targets in letters, digits and _; nothing was sent"
            ),
        ),
        (
            {"targets": {"self": THING, "b": THING}},
            (
                "targets: 'self' is the name of a single target; choose another name\n"
                "hint: name the targets in letters, digits and _; nothing was sent"
            ),
        ),
        (
            {"targets": {"self": LIST}},
            (
                "until: is needed, sim:Things has no default\n"
                "hint: correct the conditions, CEL expressions; nothing was sent"
            ),
        ),
        ({"targets": SELF, "until": 5}, f"until: must be text\n{CEL}"),
        ({"targets": SELF, "until": True}, f"until: must be text\n{CEL}"),
        ({"targets": SELF, "until": ""}, f"until: is empty; leave it out for the default\n{CEL}"),
        ({"targets": SELF, "fail_on": 5}, f"fail_on: must be text\n{CEL}"),
        (
            {"targets": SELF, "fail_on": True},
            (
                "fail_on: True is no condition; write one, or False to drop the defaults\n"
                "hint: correct the conditions, CEL expressions; nothing was sent"
            ),
        ),
        ({"targets": SELF, "timeout": 5}, 'timeout must be a text\nhint: give it a unit: timeout="5s"'),
        ({"targets": SELF, "timeout": -1.5}, f"timeout must be a text\n{DURATION}"),
        ({"targets": SELF, "timeout": False}, f"timeout must be a text\n{DURATION}"),
        ({"targets": SELF, "timeout": ["5s"]}, f"timeout must be a text\n{DURATION}"),
        (
            {"targets": SELF, "timeout": "5"},
            "timeout '5' is not a duration\nhint: give it a unit, as in 5s or 5m; only 0 needs none",
        ),
        ({"targets": SELF, "timeout": "5 s"}, f"timeout '5 s' is not a duration\n{DURATION}; 0 is allowed"),
        ({"targets": SELF, "timeout": "721h"}, "timeout '721h' is out of range\nhint: give 0s to 720h"),
        ({"targets": SELF, "interval": 0.5}, 'interval must be a text\nhint: give it a unit: interval="0.5s"'),
        ({"targets": SELF, "interval": "500ms"}, "interval '500ms' is out of range\nhint: give 1s to 720h"),
        ({"targets": SELF, "interval": 0}, "interval '0' is out of range\nhint: give 1s to 720h"),
    ],
)
def test_what_cannot_be_right_is_one_line_and_its_hint(inputs: dict[str, Any], problem: str) -> None:
    spec, problems = parse_spec(inputs, contains_unknown)
    assert (spec, [str(each) for each in problems]) == (None, [problem])


def test_every_problem_is_told_at_once() -> None:
    inputs = {
        "targets": {"a": {**LEASE, "notebook_id": "nope"}, "b": THING},
        "until": "a.runnin",
        "fail_on": "b.statu == 'x'",
        "timeout": "soon",
        "interval": "1ms",
    }
    spec, problems = parse_spec(inputs)
    assert spec is None
    assert [problem.text for problem in problems] == [
        "timeout 'soon' is not a duration",
        "interval '1ms' is out of range",
        "target a: modelarts:NotebookLease: notebook_id must be a UUID such as 0b9c2f6e-4a70-4a0e-9d0e-2c6f8d1e7a55",
        "until: a.runnin is not a field of modelarts:NotebookLease; did you mean a.running?",
        "fail_on: b.statu is not a field of sim:Thing; did you mean b.status?",
    ]


@pytest.mark.parametrize("unknown", [rpc.UNKNOWN, UNKNOWN], ids=["as it travels", "as the SDK gives it"])
@pytest.mark.parametrize(
    "make",
    [
        lambda unknown: {"targets": unknown},
        lambda unknown: {"targets": {"self": unknown}},
        lambda unknown: {"targets": {"self": {**THING, "kind": unknown}}},
        lambda unknown: {"targets": SELF, "until": unknown},
        lambda unknown: {"targets": SELF, "fail_on": unknown},
    ],
    ids=["targets", "a target", "a kind", "until", "fail_on"],
)
def test_where_too_much_is_unknown_there_is_no_spec_and_no_problem(make: Any, unknown: Any) -> None:
    assert parse_spec(make(unknown), contains_unknown) == (None, [])


@pytest.mark.parametrize("name", ["timeout", "interval"])
def test_an_unknown_time_passes(name: str) -> None:
    assert parsed({"targets": SELF, name: rpc.UNKNOWN}).kinds


def test_an_argument_that_is_unknown_leaves_its_target_without_arguments_only() -> None:
    spec = parsed({"targets": {"a": {**THING, "thing_id": rpc.UNKNOWN}, "b": THING}})
    assert list(spec.kinds) == ["a", "b"]
    assert list(spec.arguments) == ["b"]


@pytest.mark.parametrize("argument", ["notebook_id", "profile"])
def test_what_is_known_is_checked_even_where_an_argument_is_not(argument: str) -> None:
    """In the first preview of a stack the id of a notebook is unknown, and a mistyped condition must still be found."""
    inputs = {"targets": {"self": {**LEASE, argument: rpc.UNKNOWN}}, "until": "self.runing", "timeout": "soon"}
    _, problems = parse_spec(inputs, contains_unknown)
    assert [problem.text for problem in problems] == [
        "timeout 'soon' is not a duration",
        "until: self.runing is not a field of modelarts:NotebookLease; did you mean self.running?",
    ]


def test_the_other_targets_are_checked_where_the_kind_of_one_is_unknown() -> None:
    targets = {"a": {"kind": rpc.UNKNOWN}, "b": {**LEASE, "notebook_id": "nope"}}
    _, problems = parse_spec({"targets": targets, "until": "a.anything"}, contains_unknown)
    assert len(problems) == 1
    assert "notebook_id must be a UUID" in problems[0].text
