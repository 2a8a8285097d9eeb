"""The kind `aidp:NotebookSession`: one session of a notebook, and its kernel.

Source: docs/vendors/aidp.md, DP-2, DP-20 to DP-27, DP-39, DP-40.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic.dataclasses import dataclass

from pulumi_nbcloud.clouds.aidp.account import AidpAccount
from pulumi_nbcloud.clouds.aidp.responses import ERROR_BODY
from pulumi_nbcloud.clouds.identifiers import identifier
from pulumi_nbcloud.clouds.wire import parse_response
from pulumi_nbcloud.http.messages import Response, target
from pulumi_nbcloud.kinds.fields import Count, OpenEnum, OrNull, Small, State, Text, Volatile
from pulumi_nbcloud.kinds.kind import Documentation, Failure, Kind, NamedCondition
from pulumi_nbcloud.kinds.times import TimeText, time_text
from pulumi_nbcloud.kinds.wire import ALL, TIME_FORMATS, UUID, Body, Wire
from pulumi_nbcloud.printable import printable

MAX_ID_CHARACTERS = 255  # ours: room for an OCID; no page names a limit (docs/vendors/aidp.md, DP-8)

# Reading a session may reset the idle timer of its cluster (docs/vendors/aidp.md, DP-26), so polls are rare.
INTERVAL_SECONDS = 30.0

SessionType = OpenEnum(("notebook", "file", "agentflow"))
LifecycleState = OpenEnum(("CREATING", "ACTIVE", "FAILED"))
ExecutionState = OpenEnum(
    ("unknown", "starting", "idle", "busy", "terminating", "restarting", "autorestarting", "dead")
)

_ISO_8601 = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d(?::?\d\d)?)?", re.ASCII)


def _segment(value: str) -> str:
    return identifier(value, MAX_ID_CHARACTERS)


Segment = Annotated[str, AfterValidator(_segment)]


@dataclass(frozen=True, kw_only=True, config=ConfigDict(strict=True, extra="forbid"))
class NotebookSessionArguments:
    """Which session to read.

    Args:
        ai_data_platform_id: the OCID of the AI Data Platform (data lake) instance.
        workspace_key: the key of the workspace.
        session_id: the session's id.
        profile: a named profile of the settings; without it, the default.
    """

    ai_data_platform_id: Segment
    workspace_key: Segment
    session_id: Segment
    profile: str | None = None


@dataclass(frozen=True, kw_only=True)
class Kernel:
    """The kernel of a session: the process that runs the notebook's code."""

    id: str | None = None
    """The kernel's UUID."""
    name: str | None = None
    """The name of the kernel's spec, for example python3."""
    execution_state: Annotated[str, ExecutionState] | None = None
    """What the kernel does: unknown, starting, idle, busy, terminating, restarting, autorestarting, dead, or one that
    the vendor added; a stale session was seen to stay busy."""
    last_activity: Annotated[TimeText | None, Volatile()] = None
    """When the kernel was last seen active, RFC 3339; null where the response has no time there."""
    connections: Annotated[int | None, Small(), Volatile()] = None
    """How many connections the kernel has."""


@dataclass(frozen=True, kw_only=True)
class NotebookSessionState(State):
    """One notebook session, and its kernel.

    Reading it may keep its cluster awake, and billed: Oracle's own sample reads sessions for just that.
    """

    ai_data_platform_id: str
    """The OCID of the AI Data Platform instance."""
    workspace_key: str
    """The key of the workspace."""
    session_id: str
    """The session's id."""
    endpoint: str
    """The endpoint that was queried."""
    name: str | None = None
    """The session's name."""
    path: str | None = None
    """The path of the session's notebook, for example /data/test.ipynb."""
    type: Annotated[str, SessionType] | None = None
    """The session's type: notebook, file, agentflow, or one that the vendor added."""
    cluster_id: str | None = None
    """The cluster that the session runs on."""
    agent_flow_key: str | None = None
    """The key of the session's agent flow."""
    lifecycle_state: Annotated[str, LifecycleState] | None = None
    """The session's state: CREATING, ACTIVE, FAILED, or one that the vendor added."""
    kernel: Kernel | None = None
    """The session's kernel; null right after creation and while the cluster restarts."""
    etag: Annotated[str | None, Volatile()] = None
    """A tag that changes when the session does, for optimistic locking."""

    def null_reason(self, name: str) -> str | None:
        """Return why a session has no kernel."""
        if name != "kernel":
            return None
        if self.type in (None, "notebook"):
            return "the session is new, or its cluster starts"
        return "a session of this type may never have one"

    def waiting_note(self) -> str | None:
        """Return that a kernel waits to be connected to."""
        kernel = self.kernel
        if kernel is None or kernel.execution_state != "starting" or kernel.connections:
            return None
        # docs/vendors/aidp.md, DP-39
        return "kernel.execution_state may stay starting until something connects to the kernel; no connections now"


class _WireKernel(BaseModel):
    """A kernel on the wire. Jupyter's own clients accept any absent field (docs/vendors/aidp.md, DP-24)."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    id: Text | None = None
    name: Text | None = None
    execution_state: Annotated[Text, ExecutionState] | None = None
    # The kernel's current condition: drop values that make no sense (docs/vendors/aidp.md, DP-24).
    last_activity: Annotated[Text | None, OrNull()] = None
    connections: Annotated[Count | None, OrNull()] = None


class _Wire(BaseModel):
    """A session on the wire; the page mixes snake case and camel case."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    id: Text
    name: Text | None = None
    path: Text | None = None
    type: Annotated[Text, SessionType] | None = None
    cluster_id: Text | None = None
    agentFlowKey: Text | None = None
    lifecycleState: Annotated[Text, LifecycleState] | None = None
    kernel: _WireKernel | None = None


async def _read(account: AidpAccount, arguments: NotebookSessionArguments) -> NotebookSessionState:
    account.check_realm(arguments.ai_data_platform_id)
    workspace = (arguments.ai_data_platform_id, "workspaces", arguments.workspace_key)
    prefix = account.path_prefix.split("/")[1:]
    response = await account.get(target((*prefix, *workspace, "notebook", "api", "sessions", arguments.session_id)))
    wire = parse_response(response, _Wire)
    if wire.id.casefold() != arguments.session_id.casefold():
        raise response.bad(
            "the answer is another session than the one asked for",
            hint="check the endpoint; if it is right, please report this",
        )
    return _state(response, wire, arguments)


def _state(response: Response, wire: _Wire, arguments: NotebookSessionArguments) -> NotebookSessionState:
    return NotebookSessionState(
        ai_data_platform_id=arguments.ai_data_platform_id,
        workspace_key=arguments.workspace_key,
        session_id=arguments.session_id,
        endpoint=response.request.origin,
        name=wire.name,
        path=wire.path,
        type=wire.type,
        cluster_id=wire.cluster_id,
        agent_flow_key=wire.agentFlowKey,
        lifecycle_state=wire.lifecycleState,
        kernel=_kernel(wire.kernel) if wire.kernel is not None else None,
        etag=printable(response.headers["etag"]) if response.headers.get("etag") else None,
    )


def _kernel(wire: _WireKernel) -> Kernel:
    return Kernel(
        id=wire.id,
        name=wire.name,
        execution_state=wire.execution_state,
        last_activity=_time(wire.last_activity),
        connections=wire.connections,
    )


def _time(text: str | None) -> str | None:
    """Convert an ISO 8601 time to the one form that conditions compare; a time without an offset is UTC."""
    match = _ISO_8601.fullmatch(text or "")
    if not match:
        return None
    day, clock, fraction, offset = match.groups()
    # Python 3.10 reads an offset only as +00:00.
    zone = "+00:00" if offset in (None, "Z") else f"{offset[:3]}:{offset[3:].strip(':') or '00'}"
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{zone}").astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None
    return time_text(int(moment.timestamp()) * 1000 + int((fraction or "")[:3].ljust(3, "0")))


_SESSION_PATH = "/{ai_data_platform_id}/workspaces/{workspace_key}/notebook/api/sessions/{session_id}"


def _identify(arguments: NotebookSessionArguments) -> str:
    # No part contains a slash; see `identifier`.
    return "/".join((arguments.ai_data_platform_id, arguments.workspace_key, arguments.session_id))


NOTEBOOK_SESSION = Kind(
    token="aidp:NotebookSession",  # noqa: S106  (a type token)
    account=AidpAccount,
    arguments=NotebookSessionArguments,
    state=NotebookSessionState,
    read=_read,
    identify=_identify,
    # Only an agent flow is known to work without a kernel. A session whose type is absent or unknown must not be ready
    # before its kernel is, and a file's can have one in Jupyter (docs/vendors/aidp.md, DP-40).
    ready='self.lifecycle_state == "ACTIVE" && (has(self.type) && self.type == "agentflow" && !has(self.kernel)'
    ' || self.kernel.execution_state in ["idle", "busy"])',
    failed=(Failure('self.lifecycle_state == "FAILED"'), Failure('self.kernel.execution_state == "dead"')),
    # 404 hides a missing permission (docs/vendors/aidp.md, DP-30).
    not_found_is_gone=False,
    headline=("lifecycle_state", "kernel.execution_state", "type", "name"),
    named=(
        NamedCondition(
            "active", 'self.lifecycle_state == "ACTIVE"', "The session is active, with a kernel or without."
        ),
        NamedCondition(
            "idle",
            'self.lifecycle_state == "ACTIVE" && self.kernel.execution_state == "idle"',
            "The session is active, and its kernel runs nothing.",
        ),
        NamedCondition(
            "busy",
            'self.lifecycle_state == "ACTIVE" && self.kernel.execution_state == "busy"',
            "The session is active, and its kernel runs something; a stale session was seen to stay busy.",
        ),
        # An agent flow may have no kernel; a null one must not leave a `fail_on` undecided.
        NamedCondition(
            "failed",
            'self.lifecycle_state == "FAILED"'
            ' || has(self.kernel) && has(self.kernel.execution_state) && self.kernel.execution_state == "dead"',
            "The session failed, or its kernel is dead.",
            failures_apply=False,
        ),
    ),
    interval_seconds=INTERVAL_SECONDS,
    documentation=Documentation(
        what="a notebook session",
        returns="The session; its kernel is None right after creation and while the cluster restarts.",
        not_found="there is no such session, or the cloud hides it because a permission is missing",
        check="look at the session's cluster in its workspace"
        " (https://docs.oracle.com/en/cloud/paas/ai-data-platform/aidug/workspaces.html)",
        page="https://docs.oracle.com/en/cloud/paas/ai-data-platform/aiwap/"
        "op-aidataplatforms-aidataplatformid-workspaces-workspacekey-notebook-api-sessions-sessionid-get.html",
        reading="Reading a session may keep its cluster awake, and billed.",
        record="The cloud hides a missing permission behind the same response as a missing session.",
    ),
    wire=Wire(
        page="aidp.md",
        method="GET",
        # The page's, the user guide's, and that of older tenancies (docs/vendors/aidp.md, DP-2 to DP-4).
        paths=(
            f"/20260430/aiDataPlatforms{_SESSION_PATH}",
            f"/api/20260430/aiDataPlatforms{_SESSION_PATH}",
            f"/20240831/dataLakes{_SESSION_PATH}",
        ),
        body=Body(
            model=_Wire,
            facts={"": "DP-20", "kernel.": "DP-21"},
            formats={"id": (UUID,), "kernel.id": (UUID,), "kernel.last_activity": TIME_FORMATS},
            # docs/vendors/aidp.md, DP-22, DP-24
            optional=ALL,
            always=("id", "name", "kernel.id"),
        ),
        errors=ERROR_BODY,
    ),
)
