"""The gates file: what it may say, and every mistake by its name and place."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from lease_support import KIND, NOTEBOOK
from serve_support import LEASE_GATE, OPEN_GATE, document, written

from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.serve.file import read_file
from pulumi_nbcloud.serve.gates import HONOURED
from pulumi_nbcloud.waiting.options import OPTIONS

LIST = {"kind": "modelarts:DevServerJobs"}
PROBE: dict[str, Any] = {
    "timeout": "1m",
    "consecutive": 2,
    "holds_for": "1m",
    "fail_holds_for": "1m",
    "appear_timeout": "1m",
    "stall_timeout": "1m",
    "max_poll_errors": 2,
    "enforcement": "advisory",
    "every_update": True,
    "triggers": ["a"],
}


def problems(folder: Path, content: Any) -> str:
    with pytest.raises(SettingsError) as raised:
        read_file(written(folder, content))
    return str(raised.value)


def of_gate(folder: Path, **gate: Any) -> str:
    """What is said of one gate that is otherwise right."""
    return problems(folder, {"gates": {"lease": {**LEASE_GATE, **gate}}})


def test_a_file_that_is_right(tmp_path: Path) -> None:
    file = read_file(written(tmp_path, document(limits={"requests_per_second": 7})))
    assert list(file.gates) == ["lease", "open"]
    assert file.gates["lease"].max_age == 5.0
    assert not file.gates["lease"].expose
    assert [each.name for each in file.tokens] == ["argo", "other"]
    assert (file.limits.requests_per_second, file.limits.body_bytes) == (7, 16_384)
    assert file.warnings == ()


def test_max_age_is_the_interval_unless_it_is_given(tmp_path: Path) -> None:
    gates = {
        "usual": LEASE_GATE,
        "slower": {**LEASE_GATE, "interval": "20s"},
        "fresh": {**LEASE_GATE, "max_age": "0"},
        "zero": {**LEASE_GATE, "max_age": 0},
        "session": {
            "target": {
                "kind": "aidp:NotebookSession",
                "ai_data_platform_id": "ocid1.aidataplatform.oc1..a",
                "workspace_key": "w",
                "session_id": "s",
            }
        },
    }
    file = read_file(written(tmp_path, {"gates": gates}))
    ages = {name: gate.max_age for name, gate in file.gates.items()}
    assert ages == {"usual": 5.0, "slower": 20.0, "fresh": 0.0, "zero": 0.0, "session": 30.0}


def test_the_profile_of_a_gate_is_that_of_its_targets(tmp_path: Path) -> None:
    targets = {
        "a": {"kind": KIND, "notebook_id": NOTEBOOK},
        "b": {"kind": KIND, "notebook_id": NOTEBOOK, "profile": "own"},
    }
    file = read_file(written(tmp_path, {"gates": {"both": {"targets": targets, "profile": "east"}}}))
    assert {name: values["profile"] for name, values in file.gates["both"].values.items()} == {"a": "east", "b": "own"}


def test_a_timed_failure_of_a_kind_is_warned_of(tmp_path: Path) -> None:
    gate = {"target": {"kind": "hpcai:Instance", "instance_id": "notebook-1"}}
    file = read_file(written(tmp_path, {"gates": {"instance": gate}}))
    failure = 'self.diagnosis_reason == "BackOff"'
    warning = f"gates.instance: a check does not evaluate the failure that must hold for 3m: {failure}"
    assert file.warnings == (warning,)
    assert file.gates["instance"].not_evaluated == ((failure, 180.0),)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"the gates file .*none\.json cannot be read: No such file or directory"):
        read_file(tmp_path / "none.json")
    assert "is no JSON from line 1, column 2 on" in problems(tmp_path, "{")
    assert "is no JSON object" in problems(tmp_path, "[]")
    assert "has the key gates twice in one object" in problems(tmp_path, '{"gates": {}, "gates": {}}')


@pytest.mark.parametrize("name", [each.name for each in OPTIONS if each.name not in HONOURED])
def test_an_option_that_a_check_cannot_honour_is_refused_by_name(name: str, tmp_path: Path) -> None:
    text = of_gate(tmp_path, **{name: PROBE.get(name, "1m")})
    assert f"gates.lease: {name} " in text
    assert "leave it out" in text


def test_why_an_option_is_refused(tmp_path: Path) -> None:
    text = of_gate(tmp_path, **PROBE)
    assert "consecutive needs several polls, and a check polls once" in text
    assert "timeout is not for a check, which polls once; who asks /wait says for how many seconds" in text
    assert "enforcement is not for a check: its caller decides what an outcome holds up" in text
    assert "triggers is of a stack, and there is none here" in text


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        ({"untill": "ready"}, ["gates.lease.untill: is not a key", "did you mean until?"]),
        ({"expose": "yes"}, ["gates.lease.expose: Input should be a valid boolean"]),
        ({"targets": {"a": {"kind": KIND}}}, ["gates.lease: target and targets exclude each other"]),
        ({"target": {"kind": "modelarts:Lease"}}, ["there is no kind 'modelarts:Lease'"]),
        ({"target": {"kind": KIND}}, ["target self: modelarts:NotebookLease: notebook_id is missing"]),
        ({"target": {"kind": KIND, "notebook": "x"}}, ["notebook is not an argument; did you mean notebook_id?"]),
        ({"target": None}, ["targets must be 1 to 100 things by name"]),
        ({"until": "self.runing"}, ["gates.lease:", "runing", "running"]),
        ({"until": "deleted"}, ["gates.lease:", "deleted"]),
        ({"not_found": "maybe"}, ["gates.lease: not_found"]),
        ({"interval": 5}, ['give it a unit: "interval": "5s"']),
        ({"max_age": 5}, ["gates.lease: max_age must be a text", 'give it a unit: "5s"']),
        ({"max_age": "2h"}, ["gates.lease: max_age is longer than 1h"]),
        ({"max_age": "soon"}, ["max_age 'soon' is not a duration"]),
        ({"parameters": {"n": {"fills": "notebook_id"}}}, ["gates.lease.parameters.n.pattern: is missing"]),
        (
            {"parameters": {"n": {"fills": "notebook_id", "pattern": "a"}}},
            ["parameters.n: self.notebook_id has a value already"],
        ),
        ({"parameters": {"n": {"fills": "profile", "pattern": "a"}}}, ["fills a profile, which no caller may choose"]),
        ({"parameters": {"n": {"fills": "until", "pattern": "a"}}}, ["fills 'until', which is no argument of"]),
        ({"parameters": {"n": {"fills": "endpoint", "pattern": "a"}}}, ["fills 'endpoint', which is no argument of"]),
        ({"parameters": {"n": {"fills": "kind", "pattern": "a"}}}, ["fills 'kind', which is no argument of"]),
        ({"parameters": {"n": {"fills": "b.id", "pattern": "a"}}}, ["fills an argument of 'b', and there is no such"]),
        ({"parameters": {"status": {"fills": "notebook_id", "pattern": "a"}}}, ["parameters.status: is no name of a"]),
        ({"parameters": {"A": {"fills": "notebook_id", "pattern": "a"}}}, ["parameters.A: is no name of a parameter"]),
        ({"parameters": {"n": {"fills": "notebook_id", "pattern": "a("}}}, ["its pattern", "regular expressions of"]),
        (
            {"parameters": {"n": {"fills": "notebook_id", "pattern": "(?=a)"}}},
            ["parameters.n: its pattern '(?=a)' is no regular expression"],
        ),
        (
            {"parameters": {"n": {"fills": "notebook_id", "pattern": "a" * 501}}},
            ["its pattern is longer than 500 characters"],
        ),
        (
            {"parameters": {f"n{index}": {"fills": "notebook_id", "pattern": "a"} for index in range(21)}},
            ["parameters: there are more than 20"],
        ),
    ],
    ids=str,
)
def test_a_mistake_in_a_gate(gate: dict[str, Any], expected: list[str], tmp_path: Path) -> None:
    text = of_gate(tmp_path, **gate)
    assert [each for each in expected if each not in text] == []


def test_deleted_needs_to_have_found_it(tmp_path: Path) -> None:
    gate = {"target": {"kind": "hpcai:Instance", "instance_id": "notebook-1"}, "until": "deleted"}
    text = problems(tmp_path, {"gates": {"gone": gate}})
    assert 'gates.gone: until "deleted" needs a poll that found it before, and a check polls once' in text
    assert "give allow_absent" in text
    assert read_file(written(tmp_path, {"gates": {"gone": {**gate, "allow_absent": True}}})).gates


def test_two_parameters_do_not_fill_one_argument(tmp_path: Path) -> None:
    parameters = {name: {"fills": "notebook_id", "pattern": "a"} for name in ("one", "two")}
    text = of_gate(tmp_path, target={"kind": KIND}, parameters=parameters)
    assert "parameters.two: fills what one fills" in text


def test_a_flag_is_not_filled(tmp_path: Path) -> None:
    parameters = {"seen": {"fills": "visible", "pattern": "true|false"}}
    text = of_gate(tmp_path, target=LIST, until="size(self.jobs) > 0", parameters=parameters)
    assert "parameters.seen: fills visible, which is no text" in text


def test_what_a_caller_does_not_fill_is_checked(tmp_path: Path) -> None:
    session = {"kind": "aidp:NotebookSession", "session_id": "s", "workspace_key": ""}
    parameters = {"platform": {"fills": "ai_data_platform_id", "pattern": ".*"}}
    text = of_gate(tmp_path, target=session, until="ready", parameters=parameters)
    assert "target self: aidp:NotebookSession: workspace_key " in text
    assert "ai_data_platform_id" not in text
    missing = {key: value for key, value in session.items() if key != "workspace_key"}
    text = of_gate(tmp_path, target=missing, until="ready", parameters=parameters)
    assert "target self: aidp:NotebookSession: workspace_key is missing" in text


def test_an_argument_that_is_none_beside_one_that_is_filled(tmp_path: Path) -> None:
    text = of_gate(tmp_path, target={"kind": KIND, "path": "/"}, parameters=OPEN_GATE["parameters"])
    assert "target self: path is not an argument of modelarts:NotebookLease" in text


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"tokns": []}, ["tokns: is not a key", "did you mean tokens?"]),
        ({"gates": {}}, ["gates: Dictionary should have at least 1 item"]),
        ({"gates": {"A b": LEASE_GATE}}, ["gates.A b: must be 1 to 63 of a-z, 0-9, - and _"]),
        ({"gates": {"lease": 1}}, ["gates.lease: Input should be a valid dictionary"]),
        ({"gates": []}, ["gates: Input should be a valid dictionary"]),
        ({"tokens": {"a": 1}}, ["tokens: Input should be a valid list"]),
        ({"tokens": [{"name": "a", "sha256": "x", "gates": ["lease"]}]}, ["tokens.0.sha256: must be a SHA-256 in 64"]),
        ({"tokens": [{"name": "a", "sha256": "0" * 64, "gates": ["leas"]}]}, ["there is no gate 'leas'", "lease?"]),
        ({"tokens": [{"name": "a", "sha256": "0" * 64}]}, ["tokens.0: may do nothing"]),
        ({"tokens": [{"name": "a\n", "sha256": "0" * 64, "gates": ["lease"]}]}, ["tokens.0.name: must be 1 to 63"]),
        ({"tokens": [{"name": "a", "token": "t"}]}, ["tokens.0.token: is not a key", "tokens.0.sha256: is missing"]),
        ({"limits": {"rate": 1}}, ["limits.rate: is not a key", "known are body_bytes"]),
        ({"limits": {"body_bytes": 1}}, ["limits.body_bytes: Input should be greater than or equal to 256"]),
    ],
    ids=str,
)
def test_a_mistake_beside_the_gates(change: dict[str, Any], expected: list[str], tmp_path: Path) -> None:
    text = problems(tmp_path, {**document(), **change})
    assert [each for each in expected if each not in text] == []


def test_two_tokens_are_told_apart(tmp_path: Path) -> None:
    content = document()
    content["tokens"].append(copy.deepcopy(content["tokens"][0]))
    text = problems(tmp_path, content)
    assert "tokens.2.name: there are two tokens called argo" in text
    assert "tokens.2.sha256: is that of another token too" in text


def test_all_mistakes_are_reported_at_once(tmp_path: Path) -> None:
    text = problems(
        tmp_path,
        {"gates": {"a": {**LEASE_GATE, "until": "self.no"}, "b": {**LEASE_GATE, "consecutive": 2}}, "limits": 1},
    )
    assert "gates.a: " in text
    assert "gates.b: consecutive" in text
    assert "limits: " in text
