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
SESSION: Any = nbcloud.aidp.NotebookSession
NOW: Any = nbcloud.modelarts.get_notebook_lease
LATER: Any = nbcloud.modelarts.get_notebook_lease_output
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


def looked_up() -> Any:
    with nbcloud.testing.override("modelarts:NotebookLease", {"running": True}):
        return nbcloud.modelarts.get_notebook_lease(NOTEBOOK)


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
        "gate ready: triggers cannot hold an int",
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
    "an Output as the name": (
        lambda: LEASE(pulumi.Output.from_input("lease"), notebook_id=NOTEBOOK),
        "NotebookLease: the first argument is the resource's name, not an Output",
        'write NotebookLease("name", ...): the engine must know a name in preview, so ',
    ),
    "an empty name": (
        lambda: MANY("", target=args()),
        "Gate: the resource's name is empty",
        'write Gate("name", ...)',
    ),
    "the name by the name of other languages": (
        lambda: MANY(name="ready", target=args()),
        "Gate has no argument name",
        'write Gate("name", ...)',
    ),
    "a number as timeout": (
        lambda: MANY("ready", target=args(), timeout=600),
        "gate ready: timeout must be a text",
        'give it a unit: timeout="600s"',
    ),
    "self with several targets": (
        lambda: MANY("ready", targets={"one": args(), "two": args()}, until="self.running"),
        "gate ready: until: self is not a variable; the targets are called one, two",
        "correct the condition, a CEL expression; nothing was sent",
    ),
    "a resource of another package as target": (
        lambda: MANY("ready", target=Cloud()),
        "gate ready: target self cannot be a Cloud",
        "give the Args of a kind, with an output of the resource as an argument: InstanceArgs(instance_id=...)",
    ),
    "a gate as target": (
        lambda: MANY("ready", targets={"first": nbcloud.Gate("first", target=args())}),
        "gate ready: target first cannot be a Gate",
        "wait for another gate with opts=pulumi.ResourceOptions(depends_on=[...])",
    ),
    "the result of a lookup as target": (
        lambda: MANY("ready", target=looked_up()),
        "gate ready: target self cannot be a NotebookLeaseState",
        "give nbcloud.modelarts.NotebookLeaseArgs(notebook_id=...): what a lookup gives is read only once",
    ),
    "a class as target": (
        lambda: MANY("ready", target=NotebookLeaseArgs),
        "gate ready: target self cannot be the class NotebookLeaseArgs",
        "make one: NotebookLeaseArgs(notebook_id=...)",
    ),
    "the class of a record as target": (
        lambda: MANY("ready", target=NotebookLease),
        "gate ready: target self cannot be the class NotebookLease",
        "make one: NotebookLease(..., notebook_id=...)",
    ),
    "some other class as target": (
        lambda: MANY("ready", target=dict),
        "gate ready: target self cannot be the class dict",
        'give the Args of a kind, a read resource, or a dict with "kind"',
    ),
    "a number as target": (
        lambda: MANY("ready", target=5),
        "gate ready: target self cannot be an int",
        'give the Args of a kind, a read resource, or a dict with "kind"',
    ),
    "a target as the command writes it": (
        lambda: MANY("ready", target=f"modelarts:NotebookLease/{NOTEBOOK}"),
        "gate ready: target self cannot be a str",
        "give nbcloud.modelarts.NotebookLeaseArgs(notebook_id=...)",
    ),
    "the kind of a list as target": (
        lambda: MANY("ready", target="hpcai:Instances"),
        "gate ready: target self cannot be a str",
        "give nbcloud.hpcai.InstancesArgs(profile=...)",
    ),
    "a list as target": (
        lambda: MANY("ready", target=[args()]),
        "gate ready: target self cannot be a list",
        'give several things by name: targets={"lease": ...}',
    ),
    "several things as target": (
        lambda: MANY("ready", target={"lease": args()}),
        "gate ready: target= is one thing",
        "give several by name: targets={...}",
    ),
    "one thing as targets": (
        lambda: MANY("ready", targets={"kind": "modelarts:NotebookLease", "notebook_id": NOTEBOOK}),
        "gate ready: targets= is several things by name",
        "give one thing as target=",
    ),
    "a kind as the name of a target": (
        lambda: MANY("ready", targets={"modelarts:NotebookLease": args()}),
        "gate ready: modelarts:NotebookLease is a kind, not the name of a target",
        'call it what conditions are to call it: targets={"lease": ...}',
    ),
    "a number as the name of a target": (
        lambda: MANY("ready", targets={1: args()}),
        "gate ready: 1 is an int, not the name of a target",
        'call it what conditions are to call it: targets={"lease": ...}',
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
    "providers of other clouds": (
        lambda: MANY("ready", target=args(), opts=options(providers=[Python(), Cloud()])),
        "gate ready: the provider of aws has no say in whose account is read",
        "leave providers out; choose the account with profile=",
    ),
    "providers by name": (
        lambda: LEASE("lease", notebook_id=NOTEBOOK, opts=options(providers={"aws": Cloud()})),
        "modelarts:NotebookLease lease: the provider of aws has no say in whose account is read",
        "leave providers out; choose the account with profile=",
    ),
    "a text as provider": (
        lambda: MANY("ready", target=args(), opts=options(provider="east")),
        "gate ready: provider cannot be a str",
        "leave provider out; choose the account with profile=",
    ),
    "a text as providers": (
        lambda: MANY("ready", target=args(), opts=options(providers="east")),
        "gate ready: providers cannot be a str",
        "leave providers out; choose the account with profile=",
    ),
    "a provider as an argument": (
        lambda: MANY("ready", target=args(), provider=Cloud()),
        "Gate has no argument provider",
        "choose the account with profile= of the target",
    ),
    "a provider as an argument of a record": (
        lambda: LEASE("lease", notebook_id=NOTEBOOK, provider=Cloud()),
        "NotebookLease has no argument provider",
        "choose the account with profile=",
    ),
    "an option as an argument": (
        lambda: MANY("ready", target=args(), depends_on=[]),
        "Gate has no argument depends_on",
        "write opts=pulumi.ResourceOptions(depends_on=[...])",
    ),
    "an option as other languages call it": (
        lambda: LEASE("lease", notebook_id=NOTEBOOK, dependsOn=[]),
        "NotebookLease has no argument dependsOn",
        "write opts=pulumi.ResourceOptions(depends_on=[...])",
    ),
    "an option without use as an argument": (
        lambda: MANY("ready", target=args(), import_="x"),
        "Gate has no argument import_",
        "known are resource_name, target, targets, until, ",
    ),
    "a text as parent": (
        lambda: MANY("ready", target=args(), opts=options(parent="component")),
        "gate ready: parent cannot be a str",
        "give a resource, mostly parent=self in a component",
    ),
    "an id of a gate": (
        lambda: MANY("ready", target=args(), opts=options(id="x")),
        "gate ready: opts.id is not for gates",
        "leave it out",
    ),
    "an id of a record": (
        lambda: LEASE("lease", notebook_id=NOTEBOOK, opts=options(id=NOTEBOOK)),
        "modelarts:NotebookLease lease: opts.id is not for this resource",
        "say what to read by notebook_id",
    ),
    "a URN": (
        lambda: LEASE("lease", notebook_id=NOTEBOOK, opts=options(urn="urn:pulumi:a::b::c::d")),
        "modelarts:NotebookLease lease: opts.urn is not for this resource",
        "say what to read by notebook_id",
    ),
    "options of a lookup": (
        lambda: MANY("ready", target=args(), opts=pulumi.InvokeOptions()),
        "gate ready: opts cannot be an InvokeOptions",
        "write opts=pulumi.ResourceOptions(...)",
    ),
    "get of a gate": (
        lambda: MANY.get("ready", "some-id"),
        "Gate has no get: it creates nothing that could be adopted",
        'declare it: Gate("name", ...)',
    ),
    "get of a record": (
        lambda: LEASE.get("lease", NOTEBOOK),
        "NotebookLease has no get: declaring it reads what there is",
        (
            'write NotebookLease("name", notebook_id=...), or without a record '
            "nbcloud.modelarts.get_notebook_lease_output(notebook_id=...)"
        ),
    ),
    "get of a record with several ids": (
        lambda: SESSION.get("session", "a/b/c"),
        "NotebookSession has no get: declaring it reads what there is",
        'write NotebookSession("name", ai_data_platform_id=..., workspace_key=..., session_id=...), or ',
    ),
    "the provider of a lookup": (
        lambda: LATER(NOTEBOOK, opts=pulumi.InvokeOptions(provider=Cloud())),
        "modelarts:NotebookLease: the provider of aws has no say in whose account is read",
        "leave provider out; choose the account with profile=",
    ),
    "a provider as an argument of a lookup": (
        lambda: LATER(NOTEBOOK, provider=Cloud()),
        "get_notebook_lease_output has no argument provider",
        "choose the account with profile=",
    ),
    "an option as an argument of a lookup": (
        lambda: LATER(NOTEBOOK, depends_on=[]),
        "get_notebook_lease_output has no argument depends_on",
        "write opts=pulumi.InvokeOutputOptions(depends_on=[...])",
    ),
    "options of a resource for a lookup": (
        lambda: LATER(NOTEBOOK, opts=options()),
        "modelarts:NotebookLease: opts cannot be a ResourceOptions",
        "write opts=pulumi.InvokeOutputOptions(depends_on=[...])",
    ),
    "options for a lookup at once": (
        lambda: NOW(NOTEBOOK, opts=pulumi.InvokeOptions()),
        "get_notebook_lease has no argument opts",
        "get_notebook_lease_output takes it; get_notebook_lease reads at once",
    ),
    "a name for a lookup": (
        lambda: NOW("lease", NOTEBOOK),
        "get_notebook_lease takes only notebook_id by position",
        "a lookup takes no name: write get_notebook_lease(notebook_id=...)",
    ),
    "a lookup in camel case": (
        lambda: NOW(notebookId=NOTEBOOK),
        "get_notebook_lease has no argument notebookId",
        "did you mean notebook_id?",
    ),
    "a lookup without an id": (lambda: NOW(), "get_notebook_lease lacks notebook_id", "write notebook_id=..."),
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

    # But for the gate that is given to another one.
    assert set(run(program).gates) <= {"first"}


def test_what_else_a_program_may_write_is_taken() -> None:
    def program() -> Any:
        gate = nbcloud.Gate(
            "ready",
            target=args(),
            timeout=timedelta(minutes=10),
            triggers={"digest": "sha256:4f1c", "parts": [1, None, {"deep": pulumi.Output.from_input(True)}]},
            opts=options(provider=Python(), providers=[], hooks=nbcloud_hooks(), depends_on=[]),
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
