"""AIDP in a user's unit tests: under `set_mocks`, with and without an override."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, get_args, get_type_hints

import program_support
import pulumi
import pytest
from aidp_support import IDS, KIND, PLATFORM, SESSION, WORKSPACE
from program_support import run, soon, unknown

import pulumi_nbcloud as nbcloud
from pulumi_nbcloud import aidp
from pulumi_nbcloud.aidp import (
    Kernel,
    NotebookSession,
    NotebookSessionArgs,
    NotebookSessionState,
    NotebookSessionTarget,
    get_notebook_session,
    get_notebook_session_output,
)
from pulumi_nbcloud.kinds.fields import stable
from pulumi_nbcloud.kinds.kind import Kind
from pulumi_nbcloud.kinds.registry import load
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.program.output_types import output_hint
from pulumi_nbcloud.waiting.spec import parse_spec

ID = f"{PLATFORM}/{WORKSPACE}/{SESSION}"
STATE = NotebookSessionState(
    **IDS,
    endpoint="https://aidp.us-ashburn-1.oci.oraclecloud.com",
    name="training",
    type="notebook",
    lifecycle_state="ACTIVE",
    kernel=Kernel(id="k", name="python3", execution_state="idle", last_activity="2026-01-31T12:00:00Z", connections=2),
    etag="e",
)


@pytest.fixture
def override() -> Iterator[list[Any]]:
    """Overrides the session, and gives the arguments that were read."""
    with nbcloud.testing.override(KIND, STATE) as reads:
        yield reads


@pytest.fixture(autouse=True)
def cloud(nbcloud_mock: MockClouds) -> Iterator[MockClouds]:
    """A cloud in reach, with settings that work: what must not call it could, and is seen."""
    nbcloud_mock.aidp.put_session(SESSION)
    yield nbcloud_mock
    assert nbcloud_mock.request_count() == 0


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("look_up", [get_notebook_session, get_notebook_session_output])
def test_a_look_up_under_mocks_without_an_override_raises(look_up: Callable[..., Any], preview: bool) -> None:
    with pytest.raises(nbcloud.InputError, match="a unit test under set_mocks must not call a cloud") as caught:
        run(lambda: look_up(**IDS), preview=preview)
    assert f'nbcloud.testing.override("{KIND}"' in str(caught.value)
    assert isinstance(caught.value, pulumi.RunError)


def test_get_gives_the_overridden_state(override: list[Any]) -> None:
    def program() -> Any:
        session = get_notebook_session(PLATFORM, WORKSPACE, SESSION, profile="other")
        assert session is STATE
        pulumi.export("whole", session)
        pulumi.export("part", session.kernel)

    run(program)
    (read,) = override
    assert (read.ai_data_platform_id, read.workspace_key, read.session_id) == (PLATFORM, WORKSPACE, SESSION)
    assert read.profile == "other"


def test_an_override_by_fields_makes_a_kernel_too() -> None:
    with nbcloud.testing.override(KIND, {"lifecycle_state": "active", "kernel": {"execution_state": "BUSY"}}):

        def program() -> Any:
            session = get_notebook_session(**IDS)
            assert isinstance(session, NotebookSessionState)
            assert (session.session_id, session.lifecycle_state) == (SESSION, "ACTIVE")
            assert session.kernel == Kernel(execution_state="busy")

        run(program)


def test_get_output_lifts_nested_attributes(override: list[Any]) -> None:
    def program() -> Any:
        session = get_notebook_session_output(
            pulumi.Output.from_input(PLATFORM), soon(WORKSPACE), SESSION, profile=soon("other")
        )
        nested: Any = session
        return [session, session.lifecycle_state, nested.kernel.connections, session.apply(lambda each: each.to_dict())]

    state, lifecycle_state, connections, plain = run(program).value
    assert state is STATE
    assert (lifecycle_state, connections, type(connections)) == ("ACTIVE", 2, int)
    assert plain == STATE.to_dict()
    assert {(read.session_id, read.profile) for read in override} == {(SESSION, "other")}


@pytest.mark.parametrize("argument", [*IDS, "profile"])
def test_an_unknown_input_in_preview_reads_nothing(argument: str, override: list[Any]) -> None:
    def program() -> Any:
        inputs: dict[str, Any] = {**IDS, argument: unknown()}
        return get_notebook_session_output(**inputs).name

    result = run(program, preview=True)
    assert (result.is_known, result.value, override) == (False, None, [])


@pytest.mark.parametrize("argument", sorted(IDS))
@pytest.mark.parametrize(
    "look_up",
    [get_notebook_session, get_notebook_session_output, lambda **ids: NotebookSession("x", **ids)],
    ids=["get", "get_output", "resource"],
)
def test_bad_input_ends_the_program_in_its_message(
    look_up: Callable[..., Any], argument: str, override: list[Any]
) -> None:
    with pytest.raises(nbcloud.InputError, match=f"{argument} must be 1 to 255 printable ASCII characters") as caught:
        run(lambda: look_up(**{**IDS, argument: ".."}))
    assert isinstance(caught.value, pulumi.RunError)
    assert override == []


# --- the read resource


def recorded(monkeypatch: pytest.MonkeyPatch, outputs: dict[str, Any]) -> None:
    """Lets the engine answer these for a session."""
    monkeypatch.setattr(program_support, "_OUTPUTS", {**program_support._OUTPUTS, "NotebookSession": outputs})


def test_the_resource_is_external_and_of_the_frozen_type(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded(monkeypatch, STATE.to_dict())
    result = run(lambda: NotebookSession("session", **IDS, profile="other").lifecycle_state)
    (asked,) = result.asked
    assert asked.typ == "pulumi-python:dynamic/nbcloud/aidp:NotebookSession"
    assert (asked.resource_id, asked.name, result.value) == (ID, "session", "ACTIVE")
    assert {name: asked.inputs[name] for name in asked.inputs if name != "__provider"} == {
        **IDS,
        "profile": "other",
        "include_volatile": False,
    }


def test_include_volatile_is_handed_on_and_is_not_an_argument_of_the_kind() -> None:
    (asked,) = run(lambda: NotebookSession("x", **IDS, include_volatile=True).id).asked
    assert (asked.inputs["include_volatile"], asked.resource_id) == (True, ID)


@pytest.mark.parametrize("moving", [False, True])
def test_the_kernel_is_typed(monkeypatch: pytest.MonkeyPatch, moving: bool) -> None:
    recorded(monkeypatch, STATE.to_dict() if moving else stable(STATE))

    def program() -> Any:
        session = NotebookSession("session", **IDS, include_volatile=moving)
        kernel: Any = session.kernel
        return [kernel.id, kernel.execution_state, kernel.connections, kernel.last_activity, session.etag]

    moved = [2, "2026-01-31T12:00:00Z", "e"] if moving else [None, None, None]
    found = run(program).value
    assert found == ["k", "idle", *moved]
    assert not moving or type(found[2]) is int


def test_a_null_kernel_stays_null(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded(monkeypatch, {**STATE.to_dict(), "kernel": None})
    assert run(lambda: NotebookSession("session", **IDS).kernel).value is None


@pytest.mark.parametrize(
    "make", [pulumi.Output.from_input, pulumi.Output.secret, soon], ids=["Output", "secret", "awaitable"]
)
def test_the_resource_takes_every_form_of_input(make: Callable[[str], Any]) -> None:
    def program() -> Any:
        ids: dict[str, Any] = {name: make(value) for name, value in IDS.items()}
        return NotebookSession("session", **ids, profile=make("other")).id

    assert run(program).value == ID


@pytest.mark.parametrize("argument", [*IDS, "profile"])
def test_an_unknown_input_makes_the_id_of_the_resource_unknown(argument: str) -> None:
    def program() -> None:
        inputs: dict[str, Any] = {**IDS, argument: unknown()}
        NotebookSession("session", **inputs)

    assert [asked.resource_id for asked in run(program, preview=True).asked] == [pulumi.runtime.rpc.UNKNOWN]


def test_the_class_has_an_annotation_for_every_field_and_argument() -> None:
    kind: Kind[Any, Any, Any] = load(KIND)
    own = {name: each for name, each in vars(NotebookSession)["__annotations__"].items() if name[0] != "_"}
    assert set(own) == {*kind.state_names, *kind.argument_names}
    for name, hint in get_type_hints(kind.state).items():
        (given,) = get_args(own[name])
        assert given == output_hint(hint), name


# --- gates


def test_a_session_is_a_gates_target_in_each_form() -> None:
    def program() -> None:
        nbcloud.Gate("by-args", target=NotebookSessionArgs(**IDS, profile="other"))
        nbcloud.Gate("by-resource", target=NotebookSession("session", **IDS))
        by_dict: NotebookSessionTarget = {
            "kind": "aidp:NotebookSession",
            "ai_data_platform_id": PLATFORM,
            "workspace_key": WORKSPACE,
            "session_id": SESSION,
        }
        nbcloud.Gate("by-dict", target=by_dict)

    gates = run(program).gates
    assert {name: each.inputs["targets"]["self"] for name, each in gates.items()} == {
        "by-args": {"kind": KIND, **IDS, "profile": "other"},
        "by-resource": {"kind": KIND, **IDS},
        "by-dict": {"kind": KIND, **IDS},
    }


def test_a_gate_of_a_session_looks_every_30_seconds_unless_told() -> None:
    def start(**inputs: Any) -> float:
        spec, problems = parse_spec({"targets": {"self": {"kind": KIND, **IDS}}, **inputs})
        assert problems == []
        assert spec is not None
        return spec.schedule().start

    assert start() == 30
    assert start(interval="5s") == 5


@pytest.mark.parametrize(
    "thing",
    [get_notebook_session, get_notebook_session_output, NotebookSession, NotebookSessionArgs, NotebookSessionState],
)
def test_the_note_on_billing_stands_where_users_look(thing: Any) -> None:
    assert "billed" in thing.__doc__


def test_every_exported_name_is_there() -> None:
    assert all(hasattr(aidp, name) for name in aidp.__all__)
    assert nbcloud.aidp is aidp
