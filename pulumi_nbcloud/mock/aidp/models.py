"""Notebook sessions and their kernels: state and rules, no HTTP."""

from __future__ import annotations

import copy
from typing import Annotated, Any, Literal

from pydantic import Field

from pulumi_nbcloud.mock.aidp.exceptions import NotAuthorizedOrNotFound
from pulumi_nbcloud.mock.clock import rfc3339
from pulumi_nbcloud.mock.transitions import TransitionPlan
from pulumi_nbcloud.mock.validation import InvalidInput, StrictModel, UnknownThing

_Text = Annotated[str, Field(max_length=1_000)]

WireField = Literal[
    "name", "path", "type", "cluster_id", "agentFlowKey", "lifecycleState", "kernel",
    "kernel.id", "kernel.name", "kernel.execution_state", "kernel.last_activity", "kernel.connections",
]  # fmt: skip


class SessionSpec(StrictModel):
    """What a session is to be.

    Every text may be None and goes out as null. `kernel` False sends a null kernel, as the cloud does right after
    creation and while its cluster restarts. `last_activity` None is the virtual time of the read: reading a session
    counts as activity there. `absent` names fields of the wire that the answer leaves out; only id and name are
    required on the page. Enums are open. `deleted` makes the session unknown: a session whose kernel vanished answers
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
    absent: tuple[WireField, ...] = ()
    deleted: bool = False


class TransitionSpec(SessionSpec):
    """A change of a session: the fields given, and when (`after_reads` or `after_seconds`, neither for at once)."""

    after_reads: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    after_seconds: Annotated[float, Field(ge=0, le=1e9)] | None = None

    def changes(self) -> dict[str, Any]:
        """Return the fields that were given."""
        return self.model_dump(exclude_unset=True, exclude={"after_reads", "after_seconds"})


class Session:
    """One stored session: its fields, how often they were changed, and its plan of transitions."""

    def __init__(self, spec: SessionSpec, version: int) -> None:
        self._fields: dict[str, Any] = spec.model_dump()
        self._version = version
        self._plan: TransitionPlan[dict[str, Any]] = TransitionPlan()

    @property
    def etag(self) -> str:
        """What changes whenever the session does."""
        return f"etag-{self._version}"

    def add_transition(self, spec: TransitionSpec, now: float) -> None:
        """WaitSpec a change. Raises `InvalidInput` where `spec` changes nothing or names two moments."""
        changes = spec.changes()
        if not changes:
            raise InvalidInput("lifecycle_state", f"give at least one field: {', '.join(SessionSpec.model_fields)}")
        self.settle(now)
        self._plan.add(changes, now=now, after_reads=spec.after_reads, after_seconds=spec.after_seconds)
        self.settle(now)

    def settle(self, now: float) -> None:
        """Apply what is due at virtual time `now`, without counting a read."""
        for changes, _ in self._plan.take_due(now):
            self._fields.update(changes)
            self._version += 1

    def read(self, session_id: str, now: float) -> dict[str, Any]:
        """Answer one read at virtual time `now`; raises `NotAuthorizedOrNotFound` for a deleted session."""
        self.settle(now)
        self._plan.count_read()
        fields = self._fields
        if fields["deleted"]:
            raise NotAuthorizedOrNotFound
        # Snake case and camel case are mixed (docs/vendors/aidp.md, DP-20).
        wire = {
            "id": session_id,
            "name": fields["name"],
            "path": fields["path"],
            "type": fields["type"],
            "cluster_id": fields["cluster_id"],
            "agentFlowKey": fields["agent_flow_key"],
            "lifecycleState": fields["lifecycle_state"],
            "kernel": self._kernel(now) if fields["kernel"] else None,
        }
        return {name: value for name, value in wire.items() if name not in fields["absent"]}

    def _kernel(self, now: float) -> dict[str, Any]:
        fields = self._fields
        wire = {
            "id": fields["kernel_id"],
            "name": fields["kernel_name"],
            "last_activity": fields["last_activity"] or rfc3339(now),
            "connections": fields["connections"],
            "execution_state": fields["execution_state"],
        }
        return {name: value for name, value in wire.items() if f"kernel.{name}" not in fields["absent"]}

    def state(self, now: float) -> dict[str, Any]:
        """Return what is stored at virtual time `now`, how often it was read and what is still to come."""
        self.settle(now)
        fields = {**self._fields, "absent": list(self._fields["absent"])}
        return {**fields, "etag": self.etag, "reads": self._plan.reads, "pending": copy.deepcopy(self._plan.pending())}


Ids = tuple[str, str, str]
"""Platform, workspace, session."""


class SessionBackend:
    """All sessions of all platforms."""

    def __init__(self) -> None:
        self._sessions: dict[Ids, Session] = {}
        self._versions = 0

    def put(self, ids: Ids, spec: SessionSpec) -> None:
        """Store a session, or replace one together with its plan. Raises `InvalidInput` for an empty id."""
        for name, value in zip(("platform_id", "workspace_key", "session_id"), ids, strict=True):
            if not value or len(value) > 255:
                raise InvalidInput(name, "must be 1 to 255 characters")
        self._versions += 1_000
        self._sessions[ids] = Session(spec, self._versions)

    def get(self, ids: Ids) -> Session:
        """Return a stored session; raises `UnknownThing`."""
        try:
            return self._sessions[ids]
        except KeyError:
            raise UnknownThing(f"session_id: no session {ids[2]} in workspace {ids[1]} of platform {ids[0]}") from None

    def delete(self, ids: Ids) -> None:
        """Drop a stored session; raises `UnknownThing`."""
        self.get(ids)
        del self._sessions[ids]

    def find(self, ids: Ids) -> Session:
        """Return a session as a client finds it; raises `NotAuthorizedOrNotFound`."""
        if ids not in self._sessions:
            raise NotAuthorizedOrNotFound
        return self._sessions[ids]

    def clear(self) -> None:
        """Drop everything."""
        self._sessions.clear()
        self._versions = 0

    def state(self, now: float) -> list[dict[str, Any]]:
        """Return all sessions as plain data, in the order of their ids."""
        names = ("platform_id", "workspace_key", "session_id")
        return [
            {**dict(zip(names, ids, strict=True)), **session.state(now)}
            for ids, session in sorted(self._sessions.items(), key=lambda item: item[0])
        ]
