"""DevServer jobs: state and rules, no HTTP."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from pulumi_nbcloud.mock.modelarts.exceptions import InvalidParameter
from pulumi_nbcloud.mock.modelarts.models import is_project_id
from pulumi_nbcloud.mock.transitions import TransitionPlan
from pulumi_nbcloud.mock.validation import InvalidInput, StrictModel, UnknownThing

JobField = Literal[
    "id", "name", "user_name", "description", "type", "status", "abnormal_count", "create_at", "update_at"
]
JOB_FIELDS: tuple[JobField, ...] = (
    "create_at", "update_at", "id", "name", "user_name", "description", "type", "status", "abnormal_count",
)  # fmt: skip

MAX_ID_CHARACTERS = 64  # docs/vendors/modelarts.md, MA-45
_Name = Annotated[str, Field(max_length=1_000)]
_LONG = Annotated[int, Field(ge=-(2**63), lt=2**63)]
_INTEGER = Annotated[int, Field(ge=-(2**31), lt=2**31)]


class JobSpec(StrictModel):
    """What a job is to be.

    `type` and `status` are open. `description` of None is left out, as in the first row of the page's example.
    `create_at` and `update_at` are milliseconds, None for the virtual now; `times` says how both go out: the page's
    table calls them texts, its example and the vendor's SDK numbers, and null is what an SDK with only optional fields
    allows. `abnormal_count`, `name` and `user_name` of None go out as null. `absent` names fields that are left out:
    the vendor's SDK calls every one optional. Whether a job is `visible` only the filter of that name shows.

    Source: docs/vendors/modelarts.md, MA-46 to MA-51.
    """

    name: _Name | None = "mock-job"
    user_name: _Name | None = "modelarts_user"
    description: _Name | None = None
    type: _Name | None = "COMMON"
    status: _Name | None = "PROCESSING"
    abnormal_count: _INTEGER | None = 0
    create_at: _LONG | None = None
    update_at: _LONG | None = None
    visible: bool = True
    times: Literal["number", "text", "null"] = "number"
    absent: tuple[JobField, ...] = ()


class JobTransitionSpec(JobSpec):
    """A change of a job: the fields given, and when (`after_reads` or `after_seconds`, neither for at once)."""

    after_reads: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    after_seconds: Annotated[float, Field(ge=0, le=1e9)] | None = None

    def changes(self) -> dict[str, Any]:
        """Return the fields that were given, as they will be stored."""
        return self.model_dump(exclude_unset=True, exclude={"after_reads", "after_seconds"})


class RowLimitSpec(StrictModel):
    """How many rows one answer holds; None for all.

    The reply has page numbers although the request has no parameters for them; the sibling list of DevServers gives 10
    rows by default (docs/vendors/modelarts.md, MA-48).
    """

    rows: Annotated[int, Field(ge=0, le=1_000_000)] | None = None


class Job:
    """One stored job and its plan of transitions."""

    def __init__(self, job_id: str, spec: JobSpec, now: float) -> None:
        self._fields: dict[str, Any] = {"id": job_id, **_with_times(spec.model_dump(), now)}
        self._plan: TransitionPlan[dict[str, Any]] = TransitionPlan()

    def add_transition(self, spec: JobTransitionSpec, now: float) -> None:
        """WaitSpec a change. Raises `InvalidInput` where `spec` changes nothing or names two moments."""
        changes = spec.changes()
        if not changes:
            raise InvalidInput("status", "give at least one field to change")
        self.settle(now)
        self._plan.add(changes, now=now, after_reads=spec.after_reads, after_seconds=spec.after_seconds)
        self.settle(now)

    def settle(self, now: float) -> None:
        """Apply what is due at virtual time `now`, without counting a read."""
        for changes, moment in self._plan.take_due(now):
            self._fields.update(_with_times(changes, moment))

    def read(self, now: float) -> Mapping[str, Any]:
        """Return what is stored at virtual time `now`, and count one read."""
        self.settle(now)
        self._plan.count_read()
        return self._fields

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


def _row(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return a job as it goes over the wire."""
    left_out = {*fields["absent"], *(["description"] if fields["description"] is None else [])}
    row: dict[str, Any] = {name: fields[name] for name in JOB_FIELDS if name not in left_out}
    for name in ("create_at", "update_at"):
        if name in row and fields["times"] != "number":
            row[name] = str(row[name]) if fields["times"] == "text" else None
    return row


class JobBackend:
    """All jobs of all projects."""

    def __init__(self) -> None:
        self._jobs: dict[str, dict[str, Job]] = {}
        self.row_limit: int | None = None

    def put(self, project_id: str, job_id: str, spec: JobSpec, now: float) -> None:
        """Store a job, or replace one together with its plan; raises `InvalidInput` for an id of the wrong form."""
        if not is_project_id(project_id):
            raise InvalidInput("project_id", "must be 1 to 64 letters, digits and hyphens")
        if not 1 <= len(job_id) <= MAX_ID_CHARACTERS:
            raise InvalidInput("job_id", f"must have 1 to {MAX_ID_CHARACTERS} characters")
        self._jobs.setdefault(project_id, {})[job_id] = Job(job_id, spec, now)

    def get(self, project_id: str, job_id: str) -> Job:
        """Return a stored job; raises `UnknownThing`."""
        try:
            return self._jobs[project_id][job_id]
        except KeyError:
            raise UnknownThing(f"job_id: no job {job_id} in project {project_id}") from None

    def delete(self, project_id: str, job_id: str) -> None:
        """Drop a stored job; raises `UnknownThing`."""
        self.get(project_id, job_id)
        del self._jobs[project_id][job_id]

    def list_jobs(self, project_id: str, query: Mapping[str, str], now: float) -> dict[str, Any]:
        """Answer one list as the cloud does, newest job first as in the page's example.

        It counts as a read of each job that the `id` filter lets through. All filters compare whole values; the page
        does not say how the cloud does. Raises `InvalidParameter`.
        """
        expected = _expected(query)
        jobs = self._jobs.get(project_id, {})
        read = [job.read(now) for job_id, job in jobs.items() if query.get("id", job_id) == job_id]
        found = [fields for fields in read if all(fields[name] == value for name, value in expected.items())]
        found.sort(key=lambda fields: -fields["create_at"])
        size = len(found) if self.row_limit is None else self.row_limit
        rows = [_row(fields) for fields in found[:size]]
        pages = -(-len(found) // size) if size else 0
        return {"current": 1, "data": rows, "pages": pages, "size": size, "total": len(found)}

    def clear(self) -> None:
        """Drop everything."""
        self._jobs.clear()
        self.row_limit = None

    def state(self, now: float) -> list[dict[str, Any]]:
        """Return all jobs as plain data, in the order of their ids."""
        return [
            {"project_id": project_id, **job.state(now)}
            for project_id, jobs in sorted(self._jobs.items())
            for _, job in sorted(jobs.items())
        ]


def _expected(query: Mapping[str, str]) -> dict[str, Any]:
    """Read the filters; parameters that the page does not know, paging among them, are not honoured."""
    if not 1 <= len(query.get("id", "-")) <= MAX_ID_CHARACTERS:
        raise InvalidParameter("id", f"must have 1 to {MAX_ID_CHARACTERS} characters")
    expected: dict[str, Any] = {name: query[name] for name in ("id", "name", "type", "status") if name in query}
    if "visible" in query:
        if query["visible"] not in ("true", "false"):
            raise InvalidParameter("visible", "must be true or false")
        expected["visible"] = query["visible"] == "true"
    return expected
