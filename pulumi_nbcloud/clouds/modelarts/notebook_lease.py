"""The kind `modelarts:NotebookLease`: how long a running notebook instance may go on running.

Source: docs/vendors/modelarts.md, MA-28 to MA-30 (error codes), MA-35 to MA-42, MA-56, MA-57.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StrictBool
from pydantic.dataclasses import dataclass

from pulumi_nbcloud.clouds.modelarts.account import ModelArtsAccount, in_project
from pulumi_nbcloud.clouds.modelarts.responses import ERROR_BODY
from pulumi_nbcloud.clouds.wire import parse_response
from pulumi_nbcloud.errors import NotFoundError, RefusedError, lasting
from pulumi_nbcloud.kinds.fields import OpenEnum, State, Text, Whole
from pulumi_nbcloud.kinds.kind import Documentation, Failure, Kind, NamedCondition
from pulumi_nbcloud.kinds.times import MAX_MILLISECONDS, Milliseconds, TimeText, time_text
from pulumi_nbcloud.kinds.wire import ALL, Body, Wire
from pulumi_nbcloud.printable import printable

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)

# The endpoint responds with 400 and one of these for an existing notebook that is not running
# (docs/vendors/modelarts.md, MA-28, MA-30).
NOT_RUNNING_REASONS = {
    "ModelArts.6327": "NOT_RUNNING",
    "ModelArts.6306": "STARTING",
    "ModelArts.6308": "STOPPING",
    "ModelArts.6326": "FROZEN",
    "ModelArts.6333": "RESTORING",
    "ModelArts.6355": "INITIALIZING",
    "ModelArts.6357": "BUSY",
}
NOT_FOUND_CODES = {"ModelArts.6309", "ModelArts.6404"}

# TIMING without a type: by default in a renewal, and published leases lack it (docs/vendors/modelarts.md, MA-38,
# MA-57). An empty one counts as none.
_BY_TIME = ("TIMING", "", None)

LeaseType = OpenEnum(("TIMING", "IDLE"))
NotRunningReason = OpenEnum(tuple(NOT_RUNNING_REASONS.values()))


def _uuid(value: str) -> str:
    if not _UUID.fullmatch(value):
        raise ValueError("must be a UUID such as 0b9c2f6e-4a70-4a0e-9d0e-2c6f8d1e7a55")
    return value


NotebookId = Annotated[str, AfterValidator(_uuid)]


@dataclass(frozen=True, kw_only=True, config=ConfigDict(strict=True, extra="forbid"))
class NotebookLeaseArguments:
    """Which lease to read.

    Args:
        notebook_id: the notebook instance's id, a UUID.
        profile: a named profile of the settings; without it, the default.
    """

    notebook_id: NotebookId
    profile: str | None = None


@dataclass(frozen=True, kw_only=True)
class NotebookLeaseState(State):
    """The lease of one notebook instance, or why it has none now."""

    notebook_id: str
    """The notebook instance's id."""
    project_id: str
    """The project that was queried."""
    endpoint: str
    """The endpoint that was queried."""
    running: bool
    """Whether the notebook runs. Where it does not, the fields of the lease are null."""
    create_at: int | None = None
    """When the instance was created, in milliseconds since 1970."""
    create_time: TimeText | None = None
    """When the instance was created, RFC 3339."""
    duration: int | None = None
    """How long the instance may run, in milliseconds; -1 was seen where auto stop is off."""
    update_at: int | None = None
    """When the instance was last updated, in milliseconds since 1970."""
    update_time: TimeText | None = None
    """When the instance was last updated, RFC 3339."""
    enable: bool | None = None
    """Whether auto stop is on."""
    type: Annotated[str, LeaseType] | None = None
    """The auto stop type: TIMING (after the duration), IDLE (when idle), or one that the vendor added."""
    expire_time: TimeText | None = None
    """When auto stop is due at the earliest, RFC 3339: `create_at + duration`, by the rule of the vendor's page. Null
    unless auto stop is on, of type TIMING, and the duration positive. Null too where `update_at` is later: the notebook
    was restarted or renewed, which counts the duration from then and leaves `create_at` as it is."""
    stops_itself: bool | None = None
    """Whether the notebook stops by itself, at a time or when idle: auto stop is on, and where it goes by time, the
    duration is not 0 or negative. Null where the notebook does not run or the cloud does not say."""
    earliest_stop_time: TimeText | None = None
    """The earliest time at which the notebook stops, RFC 3339: `create_at + duration`, also of a lease without a type,
    because TIMING is the default. Null where nothing stops it, where it stops when idle (IDLE), and where it was
    restarted or renewed: `update_at` is later, or the time is past."""
    not_running_reason: Annotated[str, NotRunningReason] | None = None
    """Why there is no lease: NOT_RUNNING, STARTING, STOPPING, FROZEN (in arrears), RESTORING, INITIALIZING or BUSY
    (another operation is under way); null where the notebook runs."""

    def null_reason(self, name: str) -> str | None:
        """Return why a lease has no such time."""
        if name not in ("expire_time", "earliest_stop_time", "stops_itself"):
            return None
        return _no_time(self, name)


class _Wire(BaseModel):
    """The response's body. Every field may be absent (docs/vendors/modelarts.md, MA-38)."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    create_at: Milliseconds | None = None
    duration: Whole | None = None
    update_at: Milliseconds | None = None
    enable: StrictBool | None = None
    type: Annotated[Text, LeaseType] | None = None


async def _read(account: ModelArtsAccount, arguments: NotebookLeaseArguments) -> NotebookLeaseState:
    path = in_project(("notebooks", arguments.notebook_id, "lease"))
    try:
        response = await account.get(path)
    except RefusedError as error:
        if error.code in NOT_FOUND_CODES:
            raise NotFoundError.of_response(
                error, "the notebook does not exist", hint="check its id, the project and the region"
            ) from None
        if error.code in NOT_RUNNING_REASONS:
            return _state(account, arguments, running=False, not_running_reason=NOT_RUNNING_REASONS[error.code])
        raise
    wire = parse_response(response, _Wire)
    if wire.create_at is None and wire.duration is None and wire.enable is None:
        # `running` follows from a response that is a lease, so an empty object must not count as one.
        raise lasting(
            response.bad(
                "the answer is not a lease: it has neither create_at, duration nor enable",
                hint="check the endpoint; if it is right, please report this",
            )
        )
    return _state(
        account,
        arguments,
        running=True,
        create_at=wire.create_at,
        create_time=time_text(wire.create_at),
        duration=wire.duration,
        update_at=wire.update_at,
        update_time=time_text(wire.update_at),
        enable=wire.enable,
        type=wire.type,
        expire_time=_expire_time(wire),
        stops_itself=_stops_itself(wire),
        earliest_stop_time=_earliest_stop_time(wire, account.now()),
    )


def _state(account: ModelArtsAccount, arguments: NotebookLeaseArguments, **fields: object) -> NotebookLeaseState:
    return NotebookLeaseState(
        notebook_id=arguments.notebook_id,
        project_id=account.project_id,
        endpoint=account.endpoint,
        **fields,  # type: ignore[arg-type]
    )


def _expire_time(lease: _Wire) -> str | None:
    due = _due(lease)
    # The rule of the lease page; it is disproven if something was done to the notebook after that time, and even if
    # it is not, another still fits the page's example (docs/vendors/modelarts.md, MA-39, MA-56).
    if lease.type != "TIMING" or not due or _updated_after(lease, due):
        return None
    return time_text(due)


def _stops_itself(lease: _Wire) -> bool | None:
    """Return whether auto stop is on and can take effect (docs/vendors/modelarts.md, MA-41, MA-57)."""
    if not lease.enable:
        return lease.enable
    # A type that the vendor added may need no duration, as IDLE does.
    return lease.type not in _BY_TIME or lease.duration is None or lease.duration > 0


def _earliest_stop_time(lease: _Wire, now: float) -> str | None:
    due = _due(lease)
    if lease.type not in _BY_TIME or not due or _updated_after(lease, due) or due <= now * 1000:
        return None
    return time_text(due)


def _due(lease: _Wire | NotebookLeaseState) -> int | None:
    if not lease.enable or not lease.create_at or not lease.duration or lease.duration < 0:
        return None
    return lease.create_at + lease.duration


def _updated_after(lease: _Wire | NotebookLeaseState, due: int) -> bool:
    return lease.update_at is not None and lease.update_at > due


def _no_time(lease: NotebookLeaseState, name: str) -> str | None:
    """Explain in one clause why a lease has no end time."""
    if not lease.running:
        return "the notebook does not run"
    if lease.enable is None:
        return "the cloud does not say whether auto stop is on"
    if name == "stops_itself":
        return None
    if lease.stops_itself is False:
        return "nothing stops the notebook by itself"
    if lease.type == "IDLE":
        return "auto stop is of type IDLE, so it stops when idle, whenever that is"
    if lease.type not in (("TIMING",) if name == "expire_time" else _BY_TIME):
        return f"auto stop is of type {printable(lease.type, 40)}" if lease.type else "auto stop has no type"
    due = _due(lease)
    if due is None:
        return "the cloud gives no create_at or no duration"
    if due > MAX_MILLISECONDS:
        return "it lies beyond the year 9999"
    return "create_at + duration is over: it was started again or renewed, and the cloud does not say until when"


NOTEBOOK_LEASE = Kind(
    token="modelarts:NotebookLease",  # noqa: S106  (a type token)
    account=ModelArtsAccount,
    arguments=NotebookLeaseArguments,
    state=NotebookLeaseState,
    read=_read,
    identify=lambda arguments: arguments.notebook_id,
    ready="self.running",
    failed=(Failure('self.not_running_reason == "FROZEN"'),),
    not_found_is_gone=True,
    headline=("running", "not_running_reason", "type", "expire_time"),
    # `running` first: while a notebook runs its reason is null, which would leave a `fail_on` undecided.
    named=(
        NamedCondition("running", "self.running", "The notebook runs; the same as `ready`."),
        NamedCondition(
            "stopped",
            '!self.running && self.not_running_reason == "NOT_RUNNING"',
            "The notebook does not run, and the cloud names no other reason: it is neither stopping nor frozen.",
        ),
        NamedCondition(
            "ended",
            '!self.running && self.not_running_reason in ["NOT_RUNNING", "FROZEN"]',
            "The notebook no longer runs: it is stopped or frozen.",
            failures_apply=False,
        ),
    ),
    documentation=Documentation(
        what="the lease of a notebook instance",
        returns="The lease; for a notebook that does not run, `running` is False and `not_running_reason` says why.",
        not_found="there is no such notebook",
        check="look at the notebook's events in the ModelArts console"
        " (https://support.huaweicloud.com/intl/zh-cn/devtool-modelarts/devtool-modelarts_0230.html)",
        page="https://support.huaweicloud.com/intl/en-us/api-modelarts/ShowLease.html",
    ),
    wire=Wire(
        page="modelarts.md",
        method="GET",
        paths=("/v1/{project_id}/notebooks/{notebook_id}/lease",),
        body=Body(model=_Wire, facts={"": "MA-36"}, optional=ALL),
        errors=ERROR_BODY,
    ),
)
