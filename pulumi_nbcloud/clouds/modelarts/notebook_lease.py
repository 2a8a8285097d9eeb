"""The kind `modelarts:NotebookLease`: how long a running notebook instance may go on running.

Source: docs/vendors/modelarts.md, MA-28 to MA-30 (error codes), MA-35 to MA-42.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool
from pydantic.dataclasses import dataclass

from pulumi_nbcloud.clouds.modelarts.account import ModelArtsAccount, in_project
from pulumi_nbcloud.clouds.wire import parse_reply
from pulumi_nbcloud.errors import NotFoundError, RefusedError
from pulumi_nbcloud.kinds.fields import OpenEnum, State, Text
from pulumi_nbcloud.kinds.kind import Documentation, Failure, Kind
from pulumi_nbcloud.kinds.times import Milliseconds, TimeText, time_text

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)

# The endpoint answers 400 with one of these for a notebook that is there but not running
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

LeaseType = OpenEnum(("TIMING", "IDLE"))
NotRunningReason = OpenEnum(tuple(NOT_RUNNING_REASONS.values()))


def _uuid(value: str) -> str:
    if not _UUID.fullmatch(value):
        raise ValueError("must be a UUID such as 0b9c2f6e-4a70-4a0e-9d0e-2c6f8d1e7a55")
    return value


@dataclass(frozen=True, kw_only=True, config=ConfigDict(strict=True, extra="forbid"))
class NotebookLeaseArguments:
    """Which lease to read.

    Args:
        notebook_id: the notebook instance's id, a UUID.
        profile: a named profile of the settings; None for the default.
    """

    notebook_id: Annotated[str, AfterValidator(_uuid)]
    profile: str | None = None


@dataclass(frozen=True, kw_only=True)
class NotebookLeaseState(State):
    """The lease of one notebook instance, or why it has none now.

    Args:
        notebook_id: the notebook instance's id.
        project_id: the project that was asked.
        endpoint: the origin that was asked.
        running: whether the notebook runs; the lease fields are null where it does not.
        create_at: when the instance was created, in milliseconds since 1970.
        create_time: when the instance was created, RFC 3339.
        duration: the instance's runtime, in milliseconds; -1 was seen where auto stop is off.
        update_at: when the instance was last updated, in milliseconds since 1970.
        update_time: when the instance was last updated, RFC 3339.
        enable: whether auto stop is on.
        type: the auto stop type: TIMING (after the duration), IDLE (when idle), or one that the vendor added.
        expire_time: when auto stop is due, RFC 3339: `create_at + duration`, the rule of the vendor's page; null unless
            auto stop is on, of type TIMING, and the duration positive. Ambiguous: the page's own renewal example
            fits a duration counted from `update_at` instead, so do not cut it close.
        not_running_reason: why there is no lease: NOT_RUNNING, STARTING, STOPPING, FROZEN (in arrears), RESTORING,
            INITIALIZING or BUSY (another operation goes on); null where the notebook runs.
    """

    notebook_id: str
    project_id: str
    endpoint: str
    running: bool
    create_at: int | None = None
    create_time: TimeText | None = None
    duration: int | None = None
    update_at: int | None = None
    update_time: TimeText | None = None
    enable: bool | None = None
    type: Annotated[str, LeaseType] | None = None
    expire_time: TimeText | None = None
    not_running_reason: Annotated[str, NotRunningReason] | None = None


class _Wire(BaseModel):
    """The answer's body. Every field may be absent (docs/vendors/modelarts.md, MA-38)."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    create_at: Milliseconds | None = None
    duration: Annotated[int, Field(strict=True, ge=-(2**53), le=2**53)] | None = None
    update_at: Milliseconds | None = None
    enable: StrictBool | None = None
    type: Annotated[Text, LeaseType] | None = None


async def _read(account: ModelArtsAccount, arguments: NotebookLeaseArguments) -> NotebookLeaseState:
    path = in_project(("notebooks", arguments.notebook_id, "lease"))
    try:
        reply = await account.get(path)
    except RefusedError as error:
        if error.code in NOT_FOUND_CODES:
            raise NotFoundError.of_response(
                error, "the notebook does not exist", hint="check notebook_id, the project and the region"
            ) from None
        if error.code in NOT_RUNNING_REASONS:
            return _state(account, arguments, running=False, not_running_reason=NOT_RUNNING_REASONS[error.code])
        raise
    wire = parse_reply(reply, _Wire)
    if wire.create_at is None and wire.duration is None and wire.enable is None:
        # `running` follows from the answer being a lease, so an empty object must not count as one.
        raise reply.bad(
            "the answer is not a lease: it has neither create_at, duration nor enable",
            hint="check the endpoint; if it is right, please report this",
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
    )


def _state(account: ModelArtsAccount, arguments: NotebookLeaseArguments, **fields: object) -> NotebookLeaseState:
    return NotebookLeaseState(
        notebook_id=arguments.notebook_id,
        project_id=account.project_id,
        endpoint=account.endpoint,
        **fields,  # type: ignore[arg-type]
    )


def _expire_time(wire: _Wire) -> str | None:
    # The rule of the lease page; another fits its example (docs/vendors/modelarts.md, MA-39).
    if not wire.enable or wire.type != "TIMING" or not wire.create_at or not wire.duration or wire.duration < 0:
        return None
    return time_text(wire.create_at + wire.duration)


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
    documentation=Documentation(
        what="the lease of a notebook instance",
        returns="The lease; for a notebook that does not run, `running` is False and `not_running_reason` says why.",
        not_found="there is no such notebook",
    ),
)
