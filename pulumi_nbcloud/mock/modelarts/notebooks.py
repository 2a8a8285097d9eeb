"""Notebooks and their leases: state, rules, and the request that reads a lease."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from pulumi_nbcloud.mock.modelarts.exceptions import InvalidParameter, NotebookNotFound, NotebookNotRunning
from pulumi_nbcloud.mock.things import Form, Operation, Store, Thing, sent
from pulumi_nbcloud.mock.validation import StrictModel
from pulumi_nbcloud.mock.wire import CloudRequest, Route

# The notebook states of the vendor's SDK (docs/vendors/modelarts.md, MA-43). RESTORING and BUSY are not among them:
# they are pseudo states of this mock, because the error list has codes for a notebook that is being restored (6333) or
# has another operation in progress (6357), and no state of the SDK clearly matches them.
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

# docs/vendors/modelarts.md, MA-5, MA-35 and MA-36
PROJECT_ID = Form(r"[A-Za-z0-9-]{1,64}", "must be 1 to 64 letters, digits and hyphens")
NOTEBOOK_ID = Form(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", "must be a UUID")
LONG = Annotated[int, Field(ge=-(2**63), lt=2**63)]


class NotebookSpec(StrictModel):
    """The fields of a notebook.

    `create_at` and `update_at` are milliseconds since the epoch, None for the virtual now. `duration` is in
    milliseconds; -1 with `enable` false means no auto stop. `duration`, `enable` and `type` may be None and go out as
    null. `absent` names lease fields that the response omits: the vendor's SDK calls every one optional, and
    published examples of another operator have no `type`. `type` is open: TIMING, IDLE or another.

    Source: docs/vendors/modelarts.md, MA-36 to MA-42.
    """

    status: Status = "RUNNING"
    create_at: LONG | None = None
    duration: LONG | None = 3_600_000
    enable: bool | None = True
    type: Annotated[str, Field(max_length=100)] | None = "TIMING"
    update_at: LONG | None = None
    absent: Annotated[tuple[LeaseField, ...], Field(strict=False)] = ()


class Notebook(Thing):
    """One stored notebook."""

    times = ("create_at", "update_at")

    def lease(self, now: float) -> dict[str, Any]:
        """Return the lease at virtual time `now`: by the lease page, only a running notebook has one.

        Raises:
            NotebookNotFound: it was deleted.
            NotebookNotRunning: it does not run.
        """
        fields = self.read(now)
        if fields["status"] == "DELETED":
            raise NotebookNotFound
        if fields["status"] != "RUNNING":
            raise NotebookNotRunning(*NOT_RUNNING_CODES[fields["status"]])
        return sent({name: fields[name] for name in LEASE_FIELDS}, fields["absent"])


class Notebooks(Store[Notebook]):
    """All notebooks of all projects."""

    thing = Notebook
    spec = NotebookSpec
    forms: ClassVar = {"project_id": PROJECT_ID, "notebook_id": NOTEBOOK_ID}
    unknown = "no notebook {notebook_id} in project {project_id}"

    @property
    def operations(self) -> Mapping[Route, Operation]:
        """The requests of clients that read notebooks."""
        return {Route("GET", "/v1/{project_id}/notebooks/{notebook_id}/lease", "ShowLease"): self._show_lease}

    def _show_lease(self, request: CloudRequest, values: Mapping[str, str]) -> dict[str, Any]:
        return self._requested(values).lease(self.now)

    def _requested(self, values: Mapping[str, str]) -> Notebook:
        if not NOTEBOOK_ID.fits(values["notebook_id"]):
            raise InvalidParameter("id")
        notebook = self.find(values["project_id"], values["notebook_id"])
        if notebook is None:
            raise NotebookNotFound
        return notebook
