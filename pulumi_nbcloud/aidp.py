"""Oracle AI Data Platform in a Pulumi program."""

from __future__ import annotations

from typing import ClassVar, cast

import pulumi

from pulumi_nbcloud.clouds.aidp.notebook_session import Kernel, NotebookSessionState
from pulumi_nbcloud.program import lookup, record, targets

__all__ = [
    "Kernel",
    "NotebookSession",
    "NotebookSessionArgs",
    "NotebookSessionState",
    "get_notebook_session",
    "get_notebook_session_output",
]

_NOTEBOOK_SESSION = "aidp:NotebookSession"


def get_notebook_session(
    ai_data_platform_id: str,
    workspace_key: str,
    session_id: str,
    *,
    profile: str | None = None,
    expect: str | None = None,
) -> NotebookSessionState:
    """Read a notebook session now, in preview too; reading it may keep its cluster awake, and billed.

    Args:
        ai_data_platform_id: the OCID of the AI Data Platform (data lake) instance.
        workspace_key: the key of the workspace.
        session_id: the session's id.
        profile: a named profile of the settings; None for the default.
        expect: a condition over `self` that must hold, else the program ends; None for none.

    Returns:
        The session; its kernel is None right after creation and while the cluster restarts.

    Raises:
        NotFoundError: there is no such session, or the cloud hides it for want of a permission.
        ExpectationError: `expect` does not hold.
        NbcloudError: any other error of the tree; see `pulumi_nbcloud.errors`.
    """
    inputs = _inputs(ai_data_platform_id, workspace_key, session_id, profile)
    return cast("NotebookSessionState", lookup.get(_NOTEBOOK_SESSION, inputs, expect))


def get_notebook_session_output(
    ai_data_platform_id: pulumi.Input[str],
    workspace_key: pulumi.Input[str],
    session_id: pulumi.Input[str],
    *,
    profile: pulumi.Input[str | None] | None = None,
    expect: pulumi.Input[str | None] | None = None,
    opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None,
) -> pulumi.Output[NotebookSessionState]:
    """Read a notebook session whose ids are not all known yet; reading it may keep its cluster awake, and billed.

    Args:
        ai_data_platform_id: the OCID of the AI Data Platform (data lake) instance.
        workspace_key: the key of the workspace.
        session_id: the session's id.
        profile: a named profile of the settings; None for the default.
        expect: a condition over `self` that must hold, else the program ends; None for none.
        opts: `depends_on` is honoured.

    Returns:
        An Output of the session; in preview unknown while an input is.

    Raises:
        NbcloudError: through the Output; see `get_notebook_session`.
    """
    inputs = _inputs(ai_data_platform_id, workspace_key, session_id, profile)
    return lookup.get_output(_NOTEBOOK_SESSION, inputs, opts, expect)


def _inputs(platform: object, workspace: object, session: object, profile: object) -> dict[str, object]:
    return {
        "ai_data_platform_id": platform,
        "workspace_key": workspace,
        "session_id": session,
        "profile": profile,
    }


class NotebookSessionArgs(targets.TargetArgs):
    """A notebook session, as a gate's target.

    A gate polls every 30 s unless `interval` says otherwise: each poll may keep the cluster awake, and billed.
    Without `until` it waits until the session is active and, unless its type is file or agentflow, its kernel idle or
    busy; it fails where the session has failed or the kernel is dead. A 404 does not prove that a session is gone, so
    `not_found="met"` is not for it.
    """

    _token: ClassVar[str] = _NOTEBOOK_SESSION

    def __init__(
        self,
        *,
        ai_data_platform_id: pulumi.Input[str],
        workspace_key: pulumi.Input[str],
        session_id: pulumi.Input[str],
        profile: pulumi.Input[str | None] | None = None,
    ) -> None:
        """Name the session that the gate polls.

        Args:
            ai_data_platform_id: the OCID of the AI Data Platform (data lake) instance.
            workspace_key: the key of the workspace.
            session_id: the session's id.
            profile: a named profile of the settings; None for the default.
        """
        super().__init__(_inputs(ai_data_platform_id, workspace_key, session_id, profile))


class NotebookSession(record.ReadResource, module="nbcloud/aidp", name="NotebookSession"):
    """A notebook session, recorded in the stack's state and read again on each run.

    Reading it may keep its cluster awake, and billed. `pulumi refresh` shows what changed; where the session is not
    found it fails and keeps what was recorded, because the cloud hides a missing permission behind the same answer. In
    preview a field that is null counts as unknown: Pulumi's SDK cannot tell the two apart.
    """

    _token: ClassVar[str] = _NOTEBOOK_SESSION

    ai_data_platform_id: pulumi.Output[str]
    """The OCID of the AI Data Platform instance."""
    workspace_key: pulumi.Output[str]
    """The key of the workspace."""
    session_id: pulumi.Output[str]
    """The session's id."""
    endpoint: pulumi.Output[str]
    """The origin that was asked."""
    name: pulumi.Output[str | None]
    """The session's name."""
    path: pulumi.Output[str | None]
    """Where its notebook lies."""
    type: pulumi.Output[str | None]
    """notebook, file, agentflow, or one that the vendor added."""
    cluster_id: pulumi.Output[str | None]
    """The cluster that it runs on."""
    agent_flow_key: pulumi.Output[str | None]
    """The agent flow's key."""
    lifecycle_state: pulumi.Output[str | None]
    """CREATING, ACTIVE, FAILED, or one that the vendor added."""
    kernel: pulumi.Output[Kernel | None]
    """Its kernel; null right after creation and while the cluster restarts."""
    etag: pulumi.Output[str | None]
    """Changes when the session does; null unless `include_volatile`."""
    profile: pulumi.Output[str | None]
    """The profile that was given."""

    def __init__(
        self,
        resource_name: str,
        *,
        ai_data_platform_id: pulumi.Input[str],
        workspace_key: pulumi.Input[str],
        session_id: pulumi.Input[str],
        profile: pulumi.Input[str | None] | None = None,
        include_volatile: bool = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Record one session.

        Args:
            resource_name: its name in the stack.
            ai_data_platform_id: the OCID of the AI Data Platform (data lake) instance.
            workspace_key: the key of the workspace.
            session_id: the session's id.
            profile: a named profile of the settings; None for the default.
            include_volatile: whether to record `etag`, and the kernel's `last_activity` and `connections`, too: they
                move without anything having happened, so each refresh would show drift.
            opts: resource options.

        Raises:
            InputError: an id is known already and cannot be right.
        """
        inputs = _inputs(ai_data_platform_id, workspace_key, session_id, profile)
        super().__init__(resource_name, inputs, opts, include_volatile=include_volatile)
