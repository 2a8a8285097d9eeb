"""Notebook sessions and their kernels: state, rules, and the read requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from pulumi_nbcloud.mock.aidp.exceptions import NotAuthorizedOrNotFound
from pulumi_nbcloud.mock.clock import rfc3339
from pulumi_nbcloud.mock.service import Context
from pulumi_nbcloud.mock.things import Form, Ids, Store, Thing, sent
from pulumi_nbcloud.mock.validation import StrictModel
from pulumi_nbcloud.mock.wire import Route

# The page's path; the user guide's with /api before it; that of older tenancies (docs/vendors/aidp.md, DP-2 to DP-4).
PREFIX = "/20260430/aiDataPlatforms"
GUIDE_PREFIX = "/api/20260430/aiDataPlatforms"
OLDER_PREFIX = "/20240831/dataLakes"
PREFIXES = (PREFIX, GUIDE_PREFIX, OLDER_PREFIX)
ROUTES = tuple(
    Route("GET", prefix + "/{platform_id}/workspaces/{workspace_key}/notebook/api/sessions/{session_id}", "GetSession")
    for prefix in PREFIXES
)

_ID = Form(r".{1,255}", "must be 1 to 255 characters")
_Text = Annotated[str, Field(max_length=1_000)]

WireField = Literal[
    "name", "path", "type", "cluster_id", "agentFlowKey", "lifecycleState", "kernel",
    "kernel.id", "kernel.name", "kernel.execution_state", "kernel.last_activity", "kernel.connections",
]  # fmt: skip


class SessionSpec(StrictModel):
    """The fields of a session.

    Every text may be None and goes out as null. `kernel` False sends a null kernel, as the cloud does right after
    creation and while its cluster restarts. `last_activity` None is the virtual time of the read: reading a session
    counts as activity there. `absent` names fields of the wire that the response omits; only id and name are
    required on the page. Enums are open. `deleted` makes the session unknown: a session whose kernel vanished gets
    404.

    Source: docs/vendors/aidp.md, DP-20 to DP-26.
    """

    name: _Text | None = "training"
    path: _Text | None = "/data/test.ipynb"
    type: _Text | None = "notebook"
    cluster_id: _Text | None = "mock-cluster"
    agent_flow_key: _Text | None = None
    lifecycle_state: _Text | None = "ACTIVE"
    kernel: bool = True
    kernel_id: _Text | None = "5f3c0d4e-0000-4000-8000-0000000000aa"
    kernel_name: _Text | None = "python3"
    execution_state: _Text | None = "idle"
    last_activity: _Text | None = None
    connections: Annotated[int, Field(ge=0, le=1_000_000)] | None = 1
    absent: Annotated[tuple[WireField, ...], Field(strict=False)] = ()
    deleted: bool = False


class Session(Thing):
    """One stored session; `version` grows with each change."""

    version = 0

    def apply(self, changes: Mapping[str, Any], now: float) -> None:
        """Apply changed fields."""
        super().apply(changes, now)
        self.version += 1

    @property
    def etag(self) -> str:
        """A tag that changes whenever the session does."""
        return f"etag-{self.version}"

    def answer(self, now: float) -> dict[str, Any]:
        """Return the response to one read at virtual time `now`.

        Raises:
            NotAuthorizedOrNotFound: the session was deleted.
        """
        fields = self.read(now)
        if fields["deleted"]:
            raise NotAuthorizedOrNotFound
        # Snake case and camel case are mixed (docs/vendors/aidp.md, DP-20).
        wire = {
            "id": self.ids[-1],
            "name": fields["name"],
            "path": fields["path"],
            "type": fields["type"],
            "cluster_id": fields["cluster_id"],
            "agentFlowKey": fields["agent_flow_key"],
            "lifecycleState": fields["lifecycle_state"],
            "kernel": self._kernel(now) if fields["kernel"] else None,
        }
        return sent(wire, fields["absent"])

    def _kernel(self, now: float) -> dict[str, Any]:
        fields = self.fields
        wire = {
            "id": fields["kernel_id"],
            "name": fields["kernel_name"],
            "last_activity": fields["last_activity"] or rfc3339(now),
            "connections": fields["connections"],
            "execution_state": fields["execution_state"],
        }
        return sent(wire, fields["absent"], "kernel.")

    def plain(self) -> dict[str, Any]:
        """Return the fields and the tag."""
        return {**super().plain(), "etag": self.etag}


class Sessions(Store[Session]):
    """All sessions of all platforms."""

    thing = Session
    spec = SessionSpec
    forms: ClassVar = {"platform_id": _ID, "workspace_key": _ID, "session_id": _ID}
    unknown = "no session {session_id} in workspace {workspace_key} of platform {platform_id}"
    change = "lifecycle_state"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._stored = 0

    def make(self, ids: Ids, fields: Mapping[str, Any]) -> Session:
        """Make a session whose tags are new."""
        session = super().make(ids, fields)
        self._stored += 1
        session.version = 1_000 * self._stored
        return session

    def clear(self) -> None:
        """Drop everything."""
        super().clear()
        self._stored = 0
