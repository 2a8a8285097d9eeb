"""A gate with `hold` in a program: the resource beside it that keeps when its wait began."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from lease_support import NOTEBOOK
from program_support import Result, run

import pulumi_nbcloud as nbcloud
from pulumi_nbcloud.program.wait_start import WaitStart
from pulumi_nbcloud.waiting.start import digest_of

TARGET: Any = {"kind": "modelarts:NotebookLease", "notebook_id": NOTEBOOK}
TYPE = "pulumi-python:dynamic/nbcloud:WaitStart"
URN = f"urn:pulumi:test::probe::{TYPE}::ready"

pytestmark = pytest.mark.usefixtures("nbcloud_mock")


def gate(name: str = "ready", **options: Any) -> nbcloud.Gate:
    return nbcloud.Gate(name, target=TARGET, **{"hold": "10m", "timeout": "40h", **options})


def start_of(result: Result) -> pulumi.runtime.MockResourceArgs:
    (found,) = [each for each in result.asked if each.typ == TYPE]
    return found


def test_a_gate_without_hold_leaves_no_trace_of_one() -> None:
    result = run(lambda: nbcloud.Gate("ready", target=TARGET, timeout="40h").outcome)
    assert [each.typ for each in result.asked] == ["pulumi-python:dynamic/nbcloud:Gate"]
    assert "wait_start" not in result.inputs


@pytest.mark.parametrize(
    "hold", [lambda: "10m", lambda: 0, lambda: pulumi.Output.from_input("10m")], ids=["a text", "0", "an Output"]
)
def test_a_gate_with_hold_has_one_and_is_given_its_moment(hold: Callable[[], Any]) -> None:
    result = run(lambda: gate(hold=hold(), until="self.running", enforcement="advisory").outcome)
    start = start_of(result)
    given = {name: value for name, value in start.inputs.items() if name != "__provider"}
    assert (start.name, given) == (
        "ready",
        {
            "digest": {"targets": {"self": TARGET}, "until": "self.running"},
            "timeout": "40h",
            "enforcement": "advisory",
            "status_urn": URN,
        },
    )
    # Mocks give no moment; the engine does.
    assert result.inputs["wait_start"] == {
        "digest": given["digest"],
        "urn": f"urn:pulumi:test::probe::pulumi:pulumi:Stack${TYPE}::ready",  # mocks name the stack in it
    }


def test_the_digest_is_of_the_same_inputs_as_that_of_the_gate() -> None:
    options: dict[str, Any] = {
        "until": "self.running",
        "consecutive": 3,
        "holds_for": "5s",
        "triggers": {"b": [1, "x"]},
    }
    result = run(lambda: gate(**options).outcome)
    assert digest_of(start_of(result).inputs["digest"]) == digest_of(result.inputs)


def test_custom_timeouts_are_its_timeout_where_no_other_is_given() -> None:
    custom = pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="2h", update="3h"))
    assert start_of(run(lambda: gate(timeout=None, opts=custom).outcome)).inputs["timeout"] == "2h"


@pytest.mark.parametrize(
    ("alias", "expected"),
    [
        (
            "urn:pulumi:test::probe::my:Part$pulumi-python:dynamic/nbcloud:Gate::old::name",
            f"urn:pulumi:test::probe::my:Part${TYPE}::old::name",
        ),
        ("urn:pulumi:test::probe::pulumi-python:dynamic/nbcloud:Gate::old", f"{URN.rpartition('::')[0]}::old"),
        (pulumi.Alias(name="old"), {"name": "old"}),
        (pulumi.Alias(name="old", type_="a:b:c", stack="s"), {"name": "old", "stack": "s"}),
        (pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE), {"parent": pulumi.ROOT_STACK_RESOURCE}),
    ],
)
def test_it_is_known_by_the_names_that_the_gate_was_known_by(alias: Any, expected: Any) -> None:
    options = WaitStart._options(pulumi.ResourceOptions(aliases=[alias]))
    (found,) = list(options.aliases or ())
    given = found if isinstance(found, str) else {k: v for k, v in vars(found).items() if v is not ...}
    assert given == expected


def test_it_has_the_options_that_say_where_it_belongs_and_nothing_else() -> None:
    parent: Any = object()
    given = pulumi.ResourceOptions(parent=parent, protect=True)
    options: Any = WaitStart._options(given)
    assert options.parent is parent
    assert options.protect is None
    assert options.delete_before_replace
    assert WaitStart._options(None).delete_before_replace


def in_a_component() -> Any:
    class Part(pulumi.ComponentResource):
        def __init__(self, name: str) -> None:
            super().__init__("my:Part", name)
            self.ready = gate(opts=pulumi.ResourceOptions(parent=self))
            self.register_outputs({})

    return Part("part").ready.outcome


def test_in_a_component_it_stands_beside_its_gate() -> None:
    result = run(in_a_component)
    assert start_of(result).inputs["status_urn"].endswith(f"my:Part${TYPE}::ready")


@pytest.mark.parametrize(
    ("program", "problem"),
    [
        (
            lambda: gate(every_update=True),
            "gate ready: hold is not for every_update: such a gate has no deadline to go on with",
        ),
        (
            lambda: gate(holds_for="11m"),
            "gate ready: holds_for 11m is longer than hold 10m, and the next run starts to count again",
        ),
        (lambda: gate(hold="0", consecutive=2), "gate ready: consecutive 2 cannot be reached with hold 0s"),
        (
            lambda: nbcloud.wait_before("w", target=TARGET, hold="10m"),  # type: ignore[call-arg]
            "wait_before has no argument hold\nhint: a hook ends with the update that it holds back; a Gate can go on",
        ),
    ],
)
def test_what_hold_does_not_go_with_is_refused_at_once(program: Callable[[], Any], problem: str) -> None:
    with pytest.raises(nbcloud.InputError) as caught:
        run(program)
    assert str(caught.value).startswith(problem)
