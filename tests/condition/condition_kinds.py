"""Kinds for the tests of conditions: one of every type of field, one list, the lease as it is built."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Annotated, Any

from pulumi_nbcloud.clouds.account import Account
from pulumi_nbcloud.condition import ConditionError
from pulumi_nbcloud.kinds.fields import OpenEnum, State
from pulumi_nbcloud.kinds.kind import Failure, Kind
from pulumi_nbcloud.kinds.times import TimeText

NOW = datetime(2026, 1, 31, 12, 0, 0, 250_000, tzinfo=timezone.utc)

Status = OpenEnum(("CREATING", "RUNNING", "FINISHED", "FAILED"))


@dataclass(frozen=True)
class NoArguments:
    pass


@dataclass(frozen=True)
class Core:
    n: int | None = None


@dataclass(frozen=True)
class Kernel:
    id: str | None = None
    state: Annotated[str, Status] | None = None
    core: Core | None = None


@dataclass(frozen=True)
class ThingState(State):
    """A field of every type, each nullable; an object in an object; lists of scalars; something unreadable."""

    s: str | None = None
    i: int | None = None
    d: float | None = None
    b: bool | None = None
    t: TimeText | None = None
    start_at: int | None = None
    start_time: TimeText | None = None
    status: Annotated[str, Status] | None = None
    kernel: Kernel | None = None
    names: list[str | None] | None = None
    numbers: tuple[int, ...] | None = None
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    name: str | None = None
    status: Annotated[str, Status] | None = None
    code: int | None = None
    create_time: TimeText | None = None
    kernel: Kernel | None = None


@dataclass(frozen=True)
class JobsState(State):
    jobs: list[Job] | None = None
    total: int = 0
    truncated: bool = False


async def _never(account: Any, arguments: Any) -> Any:
    raise AssertionError("nothing is read in these tests")


def kind(
    token: str, state: type[State], ready: str | None = None, failed: tuple[Failure, ...] = ()
) -> Kind[Any, Any, Any]:
    return Kind(
        token=token,
        account=Account,
        arguments=NoArguments,
        state=state,
        read=_never,
        identify=lambda arguments: "it",
        ready=ready,
        failed=failed,
        not_found_is_gone=True,
        headline=(),
    )


THING = kind("test:Thing", ThingState, 'self.status == "RUNNING"', (Failure('self.status == "FAILED"'),))
SLOW = kind("test:Slow", ThingState, "self.b", (Failure('self.status == "FAILED"', holds_for=30.0),))
JOBS = kind("test:Jobs", JobsState)

FULL = ThingState(
    s="abc",
    i=5,
    d=2.5,
    b=True,
    t="2026-01-31T13:00:00.500Z",
    start_at=1_769_860_800_000,
    start_time="2026-01-31T12:00:00Z",
    status="RUNNING",
    kernel=Kernel(id="k", state="RUNNING", core=Core(n=1)),
    names=["a", "b"],
    numbers=(1, 2, 3),
)
EMPTY = ThingState()


def texts(error: ConditionError) -> tuple[str, ...]:
    """What an error says of each problem; the hint stands with the last."""
    assert [each.hint for each in error.problems] == [None] * (len(error.problems) - 1) + [error.hint]
    return tuple(each.text for each in error.problems)
