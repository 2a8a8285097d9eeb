"""Notebooks and their leases: state and rules, no HTTP."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from pulumi_nbcloud.mock.modelarts.exceptions import NotebookNotFound, NotebookNotRunning
from pulumi_nbcloud.mock.transitions import TransitionPlan
from pulumi_nbcloud.mock.validation import InvalidInput, StrictModel, UnknownThing

# The notebook states of the vendor's SDK (docs/vendors/modelarts.md, MA-43). RESTORING and BUSY are not among them:
# they are pseudo states of this mock, because the error list has codes for a notebook that is being restored (6333) or
# has another operation in progress (6357), and no state of the SDK surely stands for them.
Status = Literal[
    "INIT", "CREATING", "STARTING", "STOPPING", "DELETING", "RUNNING", "STOPPED", "SNAPSHOTTING", "CREATE_FAILED",
    "START_FAILED", "DELETE_FAILED", "ERROR", "DELETED", "FROZEN", "RESTORING", "BUSY",
]  # fmt: skip

LeaseField = Literal["create_at", "duration", "enable", "type", "update_at"]
LEASE_FIELDS: tuple[LeaseField, ...] = ("create_at", "duration", "enable", "type", "update_at")

_NOT_RUNNING = ("ModelArts.6327", "The notebook instance is not running")
_BUSY = ("ModelArts.6357", "Another operation is in progress on the notebook instance")

# The codes (docs/vendors/modelarts.md, MA-28) all come with HTTP 400. Which state gets which is documented only by the
# codes' names; that SNAPSHOTTING and DELETING count as another operation, and the failed ones as not running, is an
# assumption.
NOT_RUNNING_CODES: Mapping[str, tuple[str, str]] = {
    "INIT": ("ModelArts.6355", "The notebook instance is being initialized"),
    "CREATING": ("ModelArts.6355", "The notebook instance is being initialized"),
    "STARTING": ("ModelArts.6306", "The notebook instance is starting"),
    "STOPPING": ("ModelArts.6308", "The notebook instance is stopping"),
    "FROZEN": ("ModelArts.6326", "The notebook instance is frozen"),
    "RESTORING": ("ModelArts.6333", "The notebook instance is being restored"),
    "BUSY": _BUSY,
    "SNAPSHOTTING": _BUSY,
    "DELETING": _BUSY,
    "STOPPED": _NOT_RUNNING,
    "CREATE_FAILED": _NOT_RUNNING,
    "START_FAILED": _NOT_RUNNING,
    "DELETE_FAILED": _NOT_RUNNING,
    "ERROR": _NOT_RUNNING,
}

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PROJECT_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_LONG = Annotated[int, Field(ge=-(2**63), lt=2**63)]  # docs/vendors/modelarts.md, MA-36


def is_uuid(text: str) -> bool:
    """Tell whether `text` has the form of a UUID, which a notebook id has (docs/vendors/modelarts.md, MA-35)."""
    return _UUID.fullmatch(text) is not None


def is_project_id(text: str) -> bool:
    """Tell whether `text` has the form of a project id (docs/vendors/modelarts.md, MA-5)."""
    return _PROJECT_ID.fullmatch(text) is not None


class LeaseSpec(StrictModel):
    """What a notebook is to be.

    `create_at` and `update_at` are milliseconds since the epoch, None for the virtual now. `duration` is in
    milliseconds; -1 with `enable` false means no auto stop. `duration`, `enable` and `type` may be None and go out as
    null. `absent` names lease fields that the answer leaves out: the vendor's SDK calls every one optional, and
    published examples of another operator have no `type`. `type` is open: TIMING, IDLE or another.

    Source: docs/vendors/modelarts.md, MA-36 to MA-42.
    """

    status: Status = "RUNNING"
    create_at: _LONG | None = None
    duration: _LONG | None = 3_600_000
    enable: bool | None = True
    type: Annotated[str, Field(max_length=100)] | None = "TIMING"
    update_at: _LONG | None = None
    absent: tuple[LeaseField, ...] = ()


class TransitionSpec(LeaseSpec):
    """A change of a notebook: the fields given, and when (`after_reads` or `after_seconds`, neither for at once)."""

    after_reads: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    after_seconds: Annotated[float, Field(ge=0, le=1e9)] | None = None

    def changes(self) -> dict[str, Any]:
        """Return the fields that were given, as they will be stored."""
        return self.model_dump(exclude_unset=True, exclude={"after_reads", "after_seconds"})


class Notebook:
    """One stored notebook: its status, its lease fields and its plan of transitions."""

    def __init__(self, spec: LeaseSpec, now: float) -> None:
        self._fields: dict[str, Any] = _with_times(spec.model_dump(), now)
        self._plan: TransitionPlan[dict[str, Any]] = TransitionPlan()

    def add_transition(self, spec: TransitionSpec, now: float) -> None:
        """WaitSpec a change. Raises `InvalidInput` where `spec` changes nothing or names two moments."""
        changes = spec.changes()
        if not changes:
            raise InvalidInput(
                "status", f"give at least one field to change: status, {', '.join(LEASE_FIELDS)}, absent"
            )
        self.settle(now)
        self._plan.add(changes, now=now, after_reads=spec.after_reads, after_seconds=spec.after_seconds)
        self.settle(now)

    def settle(self, now: float) -> None:
        """Apply what is due at virtual time `now`, without counting a read."""
        for changes, moment in self._plan.take_due(now):
            self._fields.update(_with_times(changes, moment))

    def read(self, now: float) -> dict[str, Any]:
        """Answer one read of the lease at virtual time `now`.

        Returns the lease fields. Raises `NotebookNotFound` for a deleted notebook and `NotebookNotRunning` for one that
        does not run: the lease page says that only a running one is answered.
        """
        self.settle(now)
        self._plan.count_read()
        status = self._fields["status"]
        if status == "DELETED":
            raise NotebookNotFound
        if status != "RUNNING":
            raise NotebookNotRunning(*NOT_RUNNING_CODES[status])
        return {name: self._fields[name] for name in LEASE_FIELDS if name not in self._fields["absent"]}

    def state(self, now: float) -> dict[str, Any]:
        """Return what is stored at virtual time `now`, how often it was read and what is still to come."""
        self.settle(now)
        fields = {**self._fields, "absent": list(self._fields["absent"])}
        return {**fields, "reads": self._plan.reads, "pending": copy.deepcopy(self._plan.pending())}


def _with_times(fields: dict[str, Any], now: float) -> dict[str, Any]:
    times: dict[str, Any] = {
        name: int(now * 1000) for name in ("create_at", "update_at") if name in fields and fields[name] is None
    }
    return {**fields, **times}


class NotebookBackend:
    """All notebooks of all projects."""

    def __init__(self) -> None:
        self._notebooks: dict[tuple[str, str], Notebook] = {}

    def put(self, project_id: str, notebook_id: str, spec: LeaseSpec, now: float) -> None:
        """Store a notebook, or replace one together with its plan.

        Raises `InvalidInput` for an id of the wrong form.
        """
        if not is_project_id(project_id):
            raise InvalidInput("project_id", "must be 1 to 64 letters, digits and hyphens")
        if not is_uuid(notebook_id):
            raise InvalidInput("notebook_id", "must be a UUID")
        self._notebooks[project_id, notebook_id] = Notebook(spec, now)

    def get(self, project_id: str, notebook_id: str) -> Notebook:
        """Return a stored notebook; raises `UnknownThing`."""
        try:
            return self._notebooks[project_id, notebook_id]
        except KeyError:
            raise UnknownThing(f"notebook_id: no notebook {notebook_id} in project {project_id}") from None

    def delete(self, project_id: str, notebook_id: str) -> None:
        """Drop a stored notebook; raises `UnknownThing`."""
        self.get(project_id, notebook_id)
        del self._notebooks[project_id, notebook_id]

    def read_lease(self, project_id: str, notebook_id: str, now: float) -> dict[str, Any]:
        """Answer one read as the cloud does; raises the wire errors of `Notebook.read`."""
        notebook = self._notebooks.get((project_id, notebook_id))
        if notebook is None:
            raise NotebookNotFound
        return notebook.read(now)

    def clear(self) -> None:
        """Drop everything."""
        self._notebooks.clear()

    def state(self, now: float) -> list[dict[str, Any]]:
        """Return all notebooks as plain data, in the order of their ids."""
        return [
            {"project_id": project_id, "notebook_id": notebook_id, **notebook.state(now)}
            for (project_id, notebook_id), notebook in sorted(self._notebooks.items(), key=lambda item: item[0])
        ]
