"""DevServer jobs: state, rules, and the request that lists them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from pulumi_nbcloud.mock.modelarts.exceptions import InvalidParameter
from pulumi_nbcloud.mock.modelarts.notebooks import LONG, PROJECT_ID
from pulumi_nbcloud.mock.things import Form, Ids, Operation, Store, Thing, sent
from pulumi_nbcloud.mock.validation import StrictModel
from pulumi_nbcloud.mock.wire import CloudRequest, Route

JobField = Literal[
    "id", "name", "user_name", "description", "type", "status", "abnormal_count", "create_at", "update_at"
]
JOB_FIELDS: tuple[JobField, ...] = (
    "create_at", "update_at", "id", "name", "user_name", "description", "type", "status", "abnormal_count",
)  # fmt: skip

JOB_ID = Form(r".{1,64}", "must have 1 to 64 characters")  # docs/vendors/modelarts.md, MA-45
_Name = Annotated[str, Field(max_length=1_000)]
_INTEGER = Annotated[int, Field(ge=-(2**31), lt=2**31)]


class JobSpec(StrictModel):
    """The fields of a job.

    `type` and `status` are open. `description` of None is left out, as in the first row of the page's example.
    `create_at` and `update_at` are milliseconds, None for the virtual now; `times` selects their form: the page's
    table calls them strings, its example and the vendor's SDK numbers, and an SDK with only optional fields allows
    null. `abnormal_count`, `name` and `user_name` of None go out as null. `absent` names fields that are left out:
    the vendor's SDK calls every one optional. Whether a job is `visible` only the filter of that name shows.

    Source: docs/vendors/modelarts.md, MA-46 to MA-51.
    """

    name: _Name | None = "mock-job"
    user_name: _Name | None = "modelarts_user"
    description: _Name | None = None
    type: _Name | None = "COMMON"
    status: _Name | None = "PROCESSING"
    abnormal_count: _INTEGER | None = 0
    create_at: LONG | None = None
    update_at: LONG | None = None
    visible: bool = True
    times: Literal["number", "text", "null"] = "number"
    absent: Annotated[tuple[JobField, ...], Field(strict=False)] = ()


class RowLimitSpec(StrictModel):
    """The maximum number of rows in one response; None for all.

    The response has page numbers although the request has no parameters for them; the list of DevServers gives 10
    rows by default (docs/vendors/modelarts.md, MA-48).
    """

    rows: Annotated[int, Field(ge=0, le=1_000_000)] | None = None


class Job(Thing):
    """One stored job."""

    times = ("create_at", "update_at")

    def __init__(self, ids: Ids, fields: Mapping[str, Any], now: float) -> None:
        super().__init__(ids, {"id": ids[-1], **fields}, now)


def _row(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return a job in its form on the wire."""
    left_out = ("description",) if fields["description"] is None else ()
    row = sent({name: fields[name] for name in JOB_FIELDS}, (*fields["absent"], *left_out))
    for name in ("create_at", "update_at"):
        if name in row and fields["times"] != "number":
            row[name] = str(row[name]) if fields["times"] == "text" else None
    return row


class Jobs(Store[Job]):
    """All jobs of all projects; one response contains at most `row_limit` of them."""

    thing = Job
    spec = JobSpec
    forms: ClassVar = {"project_id": PROJECT_ID, "job_id": JOB_ID}
    unknown = "no job {job_id} in project {project_id}"
    row_limit: int | None = None

    @property
    def operations(self) -> Mapping[Route, Operation]:
        """The requests of clients that read jobs."""
        return {Route("GET", "/v1/{project_id}/dev-servers/jobs", "ListDevServerJobs"): self._list_jobs}

    def clear(self) -> None:
        """Drop everything, including the limit."""
        super().clear()
        self.row_limit = None

    def _list_jobs(self, request: CloudRequest, values: Mapping[str, str]) -> dict[str, Any]:
        # Newest job first as in the page's example. It counts as a read of each job that the `id` filter lets through.
        # All filters compare whole values; the page does not say how the cloud does.
        query = dict(request.query)
        expected = _expected(query)
        jobs = self.of(values["project_id"])
        read = [job.read(self.now) for job in jobs if query.get("id", job.ids[-1]) == job.ids[-1]]
        found = [fields for fields in read if all(fields[name] == value for name, value in expected.items())]
        found.sort(key=lambda fields: -fields["create_at"])
        size = len(found) if self.row_limit is None else self.row_limit
        rows = [_row(fields) for fields in found[:size]]
        pages = -(-len(found) // size) if size else 0
        return {"current": 1, "data": rows, "pages": pages, "size": size, "total": len(found)}


def _expected(query: Mapping[str, str]) -> dict[str, Any]:
    """Parse the filters; parameters that are not on the page, including paging, are ignored."""
    if not JOB_ID.fits(query.get("id", "-")):
        raise InvalidParameter("id", JOB_ID.reason)
    expected: dict[str, Any] = {name: query[name] for name in ("id", "name", "type", "status") if name in query}
    if "visible" in query:
        if query["visible"] not in ("true", "false"):
            raise InvalidParameter("visible", "must be true or false")
        expected["visible"] = query["visible"] == "true"
    return expected
