"""What the constructors refuse at once, in one line and a hint, and what a unit test under mocks is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pulumi
import pytest
from lease_support import NOTEBOOK
from program_support import run, soon, unknown

import pulumi_nbcloud as nbcloud
from pulumi_nbcloud.modelarts import NotebookLease, NotebookLeaseArgs

MANY: Any = nbcloud.Gate  # what a program may write, whatever the annotations say
LEASE: Any = NotebookLease
HOOK: Any = nbcloud.wait_before
ARGS: Any = NotebookLeaseArgs
CUSTOM = 'pulumi.CustomTimeouts(create="1h")'


class Cloud(pulumi.ProviderResource):
    def __init__(self) -> None:
        super().__init__("aws", "cloud", {})


class Python(pulumi.ProviderResource):
    def __init__(self) -> None:
        super().__init__("pulumi-python", "python", {})


def args() -> NotebookLeaseArgs:
    return NotebookLeaseArgs(notebook_id=NOTEBOOK)


def options(**given: Any) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(**given)


def noop(_: pulumi.ResourceHookArgs) -> None:
    """Does nothing."""


CASES: dict[str, tuple[Callable[[], Any], str, str]] = {
    "a lambda as until": (
        lambda: MANY("ready", target=args(), until=lambda lease: lease.running),
        "gate ready: until: must be text",
        "correct the condition, a CEL expression; nothing was sent",
    ),
    "a bad condition": (
        lambda: MANY("ready", target=args(), until="self.runing"),
        "gate ready: until: self.runing is not a field of modelarts:NotebookLease; did you mean self.running?",
        "fields of modelarts:NotebookLease are ",
    ),
    "a datetime as trigger": (
        lambda: MANY("ready", target=args(), triggers=[datetime(2026, 1, 31, tzinfo=timezone.utc)]),
        "gate ready: triggers cannot hold a datetime",
        "give it as a text, for example with str()",
    ),
    "a set in a trigger": (
        lambda: MANY("ready", target=args(), triggers={"digests": {"a", "b"}}),
        "gate ready: triggers cannot hold a set",
        "give it as a text, for example with str()",
    ),
    "a number as the key of a trigger": (
        lambda: MANY("ready", target=args(), triggers={1: "a"}),
        "gate ready: triggers cannot hold a int",
        "give it as a text, for example with str()",
    ),
    "an asset as trigger": (
        lambda: MANY("ready", target=args(), triggers=[pulumi.StringAsset("x")]),
        "gate ready: triggers cannot hold an asset or archive",
        "give a hash of its content instead",
    ),
    "custom_timeouts as a dict in opts": (
        lambda: MANY("ready", target=args(), opts=options(custom_timeouts={"create": "1h"})),
        "gate ready: custom_timeouts cannot be a dict",
        f"write custom_timeouts={CUSTOM}",
    ),
    "custom_timeouts as an argument": (
        lambda: MANY("ready", target=args(), custom_timeouts={"create": "1h"}),
        "Gate has no argument custom_timeouts",
        f"write opts=pulumi.ResourceOptions(custom_timeouts={CUSTOM})",
    ),
    "a timedelta in custom_timeouts": (
        lambda: MANY(
            "ready",
            target=args(),
            opts=options(custom_timeouts=pulumi.CustomTimeouts(create=timedelta(hours=1))),  # type: ignore[arg-type]
        ),
        "gate ready: custom_timeouts.create must be a text, not a timedelta",
        "write it like 90s, 30m or 1h30m",
    ),
    "opts as a dict": (
        lambda: MANY("ready", target=args(), opts={"depends_on": []}),
        "gate ready: opts cannot be a dict",
        "write opts=pulumi.ResourceOptions(...)",
    ),
    "a target by position": (
        lambda: MANY("ready", args()),
        "Gate takes only resource_name by position",
        "name the others: target=...",
    ),
    "an argument in camel case": (
        lambda: MANY("ready", target=args(), failOn="self.running"),
        "Gate has no argument failOn",
        "did you mean fail_on?",
    ),
    "no name": (lambda: MANY(target=args()), "Gate lacks resource_name", "write resource_name=..."),
    "a target as the name": (
        lambda: MANY(args()),
        "Gate: the first argument is the resource's name, not a NotebookLeaseArgs",
        'write Gate("name", ...)',
    ),
    "notebookId in a dict": (
        lambda: MANY("ready", target={"kind": "modelarts:NotebookLease", "notebookId": NOTEBOOK}),
        "gate ready: target self: modelarts:NotebookLease: notebookId is not an argument; did you mean notebook_id?",
        "correct the argument; nothing was sent",
    ),
    "an import": (
        lambda: MANY("ready", target=args(), opts=options(import_="x")),
        "gate ready: nothing can be imported as this resource, because it creates nothing in a cloud",
        "leave import_ out: declaring the resource is all that it takes",
    ),
    "another cloud's provider": (
        lambda: MANY("ready", target=args(), opts=options(provider=Cloud())),
        "gate ready: the provider of aws has no say in whose account is read",
        "leave provider out; choose the account with profile=",
    ),
    "get of a gate": (
        lambda: MANY.get("ready", "some-id"),
        "Gate has no get: it creates nothing that could be adopted",
        'declare it, Gate("name", ...), ',
    ),
    "get of a record": (
        lambda: LEASE.get("lease", NOTEBOOK),
        "NotebookLease has no get: it creates nothing that could be adopted",
        'declare it, NotebookLease("name", ...), ',
    ),
    "an id by position": (
        lambda: LEASE("lease", NOTEBOOK),
        "NotebookLease takes only resource_name by position",
        "name the others: notebook_id=...",
    ),
    "a record in camel case": (
        lambda: LEASE("lease", notebookId=NOTEBOOK),
        "NotebookLease has no argument notebookId",
        "did you mean notebook_id?",
    ),
    "hooks on a record": (
        lambda: LEASE("lease", notebook_id=NOTEBOOK, opts=options(hooks=nbcloud_hooks())),
        "modelarts:NotebookLease lease: the engine calls no hooks for what is only read",
        "wait with a gate that this depends on: opts=pulumi.ResourceOptions(depends_on=[gate])",
    ),
    "a record's opts as a dict": (
        lambda: LEASE("lease", notebook_id=NOTEBOOK, opts={}),
        "modelarts:NotebookLease lease: opts cannot be a dict",
        "write opts=pulumi.ResourceOptions(...)",
    ),
    "Args by position": (
        lambda: ARGS(NOTEBOOK),
        "NotebookLeaseArgs takes nothing by position",
        "name the others: notebook_id=...",
    ),
    "Args without an id": (lambda: ARGS(), "NotebookLeaseArgs lacks notebook_id", "write notebook_id=..."),
    "a hook's target by position": (
        lambda: HOOK("hook", args()),
        "wait_before takes only name by position",
        "name the others: target=...",
    ),
}


def nbcloud_hooks() -> pulumi.ResourceHookBinding:
    return pulumi.ResourceHookBinding(before_create=[noop])


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_right_is_one_line_and_a_hint_from_the_constructor(case: str) -> None:
    make, problem, hint = CASES[case]

    def program() -> None:
        with pytest.raises(nbcloud.InputError) as caught:
            make()
        assert caught.value.problem == problem
        assert caught.value.hint is not None
        assert caught.value.hint.startswith(hint)
        # So that the program ends in this message alone.
        assert isinstance(caught.value, pulumi.RunError)

    assert run(program).gates == {}


def test_what_else_a_program_may_write_is_taken() -> None:
    def program() -> Any:
        gate = nbcloud.Gate(
            "ready",
            target=args(),
            timeout=timedelta(minutes=10),
            triggers={"digest": "sha256:4f1c", "parts": [1, None, {"deep": pulumi.Output.from_input(True)}]},
            opts=options(provider=Python(), hooks=nbcloud_hooks(), depends_on=[]),
        )
        return gate.triggers

    result = run(program)
    given = {"digest": "sha256:4f1c", "parts": [1, None, {"deep": True}]}
    assert result.inputs["triggers"] == given
    # The output, too: the SDK would refuse what its annotation does not allow, after the wait.
    assert result.value == given
    assert result.inputs["timeout"] == "10m"


def test_a_subclass_of_a_program_takes_what_it_declares() -> None:
    class Mine(nbcloud.Gate, module="probe", name="Mine"):
        def __init__(self, number: int) -> None:
            super().__init__(f"gate-{number}", target=args())

    run(lambda: Mine(3))
    with pytest.raises(TypeError):
        run(lambda: Mine())  # type: ignore[call-arg]


@pytest.mark.parametrize("is_preview", [True, False])
@pytest.mark.parametrize("until", [lambda: soon("self.runing"), lambda: pulumi.Output.secret("self.runing")])
def test_a_condition_that_is_known_later_is_refused_in_a_unit_test(until: Callable[[], Any], is_preview: bool) -> None:
    with pytest.raises(nbcloud.InputError) as caught:
        run(lambda: nbcloud.Gate("ready", target=args(), until=until()), preview=is_preview)
    assert str(caught.value).startswith("gate ready: until: self.runing is not a field of modelarts:NotebookLease; ")


def test_what_is_not_known_in_a_unit_test_passes() -> None:
    run(lambda: nbcloud.Gate("ready", target=args(), until=unknown()), preview=True)


@pytest.mark.parametrize(
    ("given", "paths"),
    [
        (lambda: {"target": args()}, None),
        (lambda: {"target": NotebookLeaseArgs(notebook_id=pulumi.Output.from_input(NOTEBOOK))}, None),
        (
            lambda: {"target": NotebookLeaseArgs(notebook_id=pulumi.Output.secret(NOTEBOOK))},
            ["targets.self.notebook_id"],
        ),
        (
            lambda: {
                "targets": {"a": args(), "b": {"kind": "modelarts:NotebookLease", "notebook_id": secret_id()}},
                "until": pulumi.Output.secret("a.running && b.running"),
                "triggers": [pulumi.Output.secret("not shown by any output but its own")],
            },
            ["targets.b.notebook_id", "until"],
        ),
    ],
    ids=["plain", "an Output", "a secret", "several"],
)
def test_the_provider_is_told_which_inputs_are_secret(given: Callable[[], Any], paths: list[str] | None) -> None:
    inputs = run(lambda: nbcloud.Gate("ready", **given()).outcome).inputs
    assert inputs.get("secret_inputs") == paths


def secret_id() -> pulumi.Output[str]:
    return pulumi.Output.secret(NOTEBOOK)
