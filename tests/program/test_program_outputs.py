"""The types of nested outputs, and volatile fields of read resources, on a made-up kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import pulumi
import pytest
from pulumi.runtime.rpc import translate_output_properties

from pulumi_nbcloud.clouds.modelarts.account import ModelArtsAccount
from pulumi_nbcloud.kinds import registry
from pulumi_nbcloud.kinds.fields import OpenEnum, State, Volatile, stable
from pulumi_nbcloud.kinds.kind import Kind
from pulumi_nbcloud.kinds.times import TimeText
from pulumi_nbcloud.program import record
from pulumi_nbcloud.program.output_types import output_hint, output_type_of
from pulumi_nbcloud.provider import host
from pulumi_nbcloud.provider.read import ReadProvider
from pulumi_nbcloud.settings.sources import StackConfig
from pulumi_nbcloud.testing import override


@dataclass(frozen=True, kw_only=True)
class Port:
    number: int
    address: str | None = None


@dataclass(frozen=True, kw_only=True)
class Kernel:
    """A kernel.

    Args:
        id: its id.
    """

    id: str
    state: Annotated[str, OpenEnum(("idle", "busy"))] | None = None
    last_activity: Annotated[TimeText | None, Volatile()] = None
    ports: tuple[Port, ...] = ()
    labels: Mapping[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Session(State):
    session_id: str
    kernel: Kernel | None = None
    etag: Annotated[str | None, Volatile()] = None


@dataclass(frozen=True)
class Arguments:
    session_id: str
    profile: str | None = None


SEEN = Session(
    session_id="s",
    kernel=Kernel(
        id="k", state="idle", last_activity="2026-01-31T12:00:00Z", ports=(Port(number=22),), labels={"a": "b"}
    ),
    etag="e1",
)


async def _read(account: Any, arguments: Arguments) -> Session:
    return SEEN


SESSION: Kind[Any, Arguments, Session] = Kind(
    token="modelarts:Session",
    account=ModelArtsAccount,
    arguments=Arguments,
    state=Session,
    read=_read,
    identify=lambda arguments: arguments.session_id,
    ready=None,
    failed=(),
    not_found_is_gone=True,
    headline=("session_id",),
)


class Recorded(record.ReadResource, module="nbcloud/modelarts", name="Session"):
    _token: ClassVar[str] = "modelarts:Session"

    session_id: pulumi.Output[str]
    kernel: pulumi.Output[Kernel | None]
    etag: pulumi.Output[str | None]


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(registry.KINDS, "modelarts:Session", f"{__name__}:SESSION")
    with override("modelarts:Session", SEEN):
        yield


def built(value: Any, hint: Any) -> Any:
    """What the SDK makes of an output of the engine: numbers are floats, nulls of nested objects are dropped."""
    return translate_output_properties(value, lambda name: name, output_hint(hint), True)


def test_a_nested_output_has_the_attributes_of_the_state() -> None:
    kernel = built({"id": "k", "state": "idle", "ports": [{"number": 22.0}], "labels": {"a": "b"}}, Kernel | None)
    assert (kernel.id, kernel.state, kernel.last_activity) == ("k", "idle", None)
    assert kernel.ports[0].number == 22
    assert isinstance(kernel.ports[0].number, int)
    assert kernel.ports[0].address is None
    assert kernel.labels == {"a": "b"}


def test_a_nested_output_can_be_the_input_of_a_resource() -> None:
    kernel = built({"id": "k", "ports": [{"number": 22.0}]}, Kernel)
    assert isinstance(kernel, dict)
    assert kernel["id"] == "k"
    assert isinstance(kernel["ports"][0], dict)


def test_a_twin_is_made_once_and_named_like_the_state() -> None:
    twin = output_type_of(Kernel)
    assert twin is output_type_of(Kernel)
    assert (twin.__name__, twin.__module__, twin.__doc__) == ("Kernel", __name__, Kernel.__doc__)
    assert issubclass(twin, dict)


@pytest.mark.parametrize(
    ("hint", "made"),
    [
        (int, int),
        (str | None, str | None),
        (int | str, Any),
        (list[int], Sequence[int]),
        (tuple[int, ...], Sequence[int]),
    ],
)
def test_plain_types_stay_what_they_are_and_tuples_are_lists(hint: Any, made: Any) -> None:
    assert output_hint(hint) == made


def test_the_class_of_a_read_resource_names_the_twins() -> None:
    hint = Recorded.__annotations__["kernel"]
    output: Any = pulumi.Output
    assert hint == output[output_hint(Kernel | None)]
    assert Recorded.__annotations__["etag"] == pulumi.Output[str | None]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, stable(SEEN)),
        ({"include_volatile": False}, {**stable(SEEN), "include_volatile": False}),
        ({"include_volatile": True}, {**SEEN.to_dict(), "include_volatile": True}),
    ],
    ids=["by default", "false", "true"],
)
def test_what_moves_by_itself_is_recorded_only_where_asked(
    given: dict[str, Any], expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "config", lambda: StackConfig({}))
    monkeypatch.setattr("pulumi_nbcloud.reading.reader.Reader.account", lambda *_, **__: None)
    provider = ReadProvider("modelarts:Session")
    got = provider.read("s", {"session_id": "s", **given})
    assert got.outs == expected
    # A refresh is asked with what was stored.
    assert provider.read("s", expected).outs == expected


def test_what_moves_by_itself_is_left_out_at_every_depth() -> None:
    assert stable(SEEN) == {
        "session_id": "s",
        "kernel": {"id": "k", "state": "idle", "ports": [{"number": 22, "address": None}], "labels": {"a": "b"}},
    }
    kept = stable(SEEN, frozenset({"kernel.last_activity"}))
    assert kept["kernel"]["last_activity"] == "2026-01-31T12:00:00Z"
    assert "etag" not in kept
