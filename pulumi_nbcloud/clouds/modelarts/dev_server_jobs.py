"""The kinds `modelarts:DevServerJobs` and `modelarts:DevServerJob`: jobs on DevServers, as a list and one by its id.

Source: docs/vendors/modelarts.md, MA-45 to MA-51.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict
from pydantic.dataclasses import dataclass

from pulumi_nbcloud.clouds.identifiers import identifier
from pulumi_nbcloud.clouds.modelarts.account import ModelArtsAccount, in_project
from pulumi_nbcloud.clouds.modelarts.responses import ERROR_BODY
from pulumi_nbcloud.clouds.wire import parse_response
from pulumi_nbcloud.errors import BadResponseError, NotFoundError, RefusedError, lasting
from pulumi_nbcloud.kinds.fields import Count, OpenEnum, RowCount, Small, State, Whole
from pulumi_nbcloud.kinds.kind import Documentation, Failure, Kind, NamedCondition
from pulumi_nbcloud.kinds.times import Milliseconds, TimeText, Twinned, time_twin
from pulumi_nbcloud.kinds.wire import ALL, EPOCH_MILLISECONDS, NUMBER_AS_TEXT, TEXT, Body, Wire
from pulumi_nbcloud.printable import printable

JobType = OpenEnum(
    (
        "COMMON",
        "SERVICE_DEPLOY",
        "LOG_COLLECT",
        "DEVICE_LOG_COLLECT",
        "ASCEND_SOFTWARE_UPGRADE",
        "ASCEND_DIAGNOSIS",
        "ASCEND_SYSTEM_CONFIG",
    )
)
JobStatus = OpenEnum(("PROCESSING", "FINISHED", "DELETED", "ACTIVE"))

_MAX_FILTER_CHARACTERS = 1_000  # ours: a URL must end somewhere

# The JSON parser has already rejected lone surrogates, so ten thousand strings need no further check.
_Text = Annotated[str, Strict()]
_Filter = Annotated[str, Field(min_length=1, max_length=_MAX_FILTER_CHARACTERS)]
_JobId = Annotated[str, AfterValidator(lambda value: identifier(value, 64))]

_ARGUMENTS = ConfigDict(strict=True, extra="forbid")


@dataclass(frozen=True, kw_only=True, config=_ARGUMENTS)
class DevServerJobsArguments:
    """Which jobs to list; a filter that is not given is not sent.

    Args:
        job_id: only the job of this id, 1 to 64 characters; the vendor calls the filter `id`.
        name: only jobs of this name, 1 to 1,000 characters.
        type: only jobs of this type, 1 to 1,000 characters, for example `ASCEND_DIAGNOSIS`; a known one in any case.
        status: only jobs in this state, 1 to 1,000 characters, for example `FINISHED`; a known one in any case.
        visible: only jobs that are visible, or only those that are not.
        profile: a named profile of the settings; without it, the default.
    """

    job_id: _JobId | None = None
    name: _Filter | None = None
    type: Annotated[_Filter, JobType] | None = None
    status: Annotated[_Filter, JobStatus] | None = None
    visible: bool | None = None
    profile: str | None = None

    def query(self) -> tuple[tuple[str, str], ...]:
        """Return the filters as they are sent."""
        visible = None if self.visible is None else str(self.visible).lower()
        given = (
            ("id", self.job_id),
            ("name", self.name),
            ("type", self.type),
            ("status", self.status),
            ("visible", visible),
        )
        return tuple((name, value) for name, value in given if value is not None)


@dataclass(frozen=True, kw_only=True, config=_ARGUMENTS)
class DevServerJobArguments:
    """Which job to read.

    Args:
        job_id: the job's id, 1 to 64 characters; matched exactly.
        profile: a named profile of the settings; without it, the default.
    """

    job_id: _JobId
    profile: str | None = None


# By name too, so that a state can be built in Python; `create_time` and `update_time` follow the wire's numbers.
@dataclass(frozen=True, kw_only=True, config=ConfigDict(validate_by_name=True, validate_by_alias=True))
class DevServerJobRow(Twinned):
    """One job of a list."""

    job_id: Annotated[_Text, Field(validation_alias="id", min_length=1)]
    """The job's id."""
    name: _Text | None = None
    """The job's name."""
    user_name: _Text | None = None
    """Who started the job."""
    description: _Text | None = None
    """The job's description."""
    type: Annotated[_Text, JobType] | None = None
    """The job's type: COMMON, SERVICE_DEPLOY, LOG_COLLECT, DEVICE_LOG_COLLECT, ASCEND_SOFTWARE_UPGRADE,
    ASCEND_DIAGNOSIS, ASCEND_SYSTEM_CONFIG, or one that the vendor added."""
    status: Annotated[_Text, JobStatus] | None = None
    """The job's state: PROCESSING, FINISHED, DELETED, ACTIVE, or one that the vendor added. FINISHED does not
    mean success: see `abnormal_count`."""
    abnormal_count: Annotated[Whole, Small()] | None = None
    """The number of nodes where the job failed."""
    create_at: Milliseconds | None = None
    """When the job was created, in milliseconds since 1970."""
    create_time: TimeText | None = time_twin("create_at")
    """When the job was created, RFC 3339."""
    update_at: Milliseconds | None = None
    """When the job was last updated, in milliseconds since 1970."""
    update_time: TimeText | None = time_twin("update_at")
    """When the job was last updated, RFC 3339."""


@dataclass(frozen=True, kw_only=True)
class DevServerJobState(DevServerJobRow, State):
    """One DevServer job."""

    project_id: str
    """The project that was queried."""
    endpoint: str
    """The endpoint that was queried."""


@dataclass(frozen=True, kw_only=True)
class DevServerJobsState(State):
    """The DevServer jobs that match the filters."""

    project_id: str
    """The project that was queried."""
    endpoint: str
    """The endpoint that was queried."""
    current: Annotated[int, Small()] | None = None
    """The number of the page that the cloud sent."""
    pages: Annotated[int, Small()] | None = None
    """How many pages the cloud counts."""
    size: Annotated[int, Small()] | None = None
    """How many rows the cloud puts on a page."""
    total: Annotated[int, RowCount("jobs")] | None = None
    """How many jobs the cloud has for these filters."""
    truncated: bool = False
    """Whether jobs are missing: `total` is larger than their number, or is missing itself. The API has no parameter
    that requests more, so narrow the filters."""
    jobs: tuple[DevServerJobRow, ...] = ()
    """The jobs that the cloud sent, in its order."""

    def missing(self) -> str | None:
        """Return how many jobs the cloud did not send."""
        if not self.truncated:
            return None
        total = "an unknown number of" if self.total is None else str(self.total)
        return f"the cloud sent only {len(self.jobs)} of {total} jobs: narrow the filters"


class _Wire(BaseModel):
    """The response's body, with the page's own names; rows parse directly into those of the state."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    current: Whole | None = None
    pages: Whole | None = None
    size: Whole | None = None
    total: Count | None = None
    data: tuple[DevServerJobRow, ...] | None = None


async def _list(account: ModelArtsAccount, query: tuple[tuple[str, str], ...]) -> DevServerJobsState:
    try:
        response = await account.get(in_project(("dev-servers", "jobs"), query))
    except NotFoundError as error:
        # An error of the list, not of a job: read as a missing job, it would drop the job from a stack's state.
        raise RefusedError.of_response(
            error,
            "the cloud knows no list of DevServer jobs here",
            hint="check the endpoint, the region and the project",
        ) from None
    wire = parse_response(response, _Wire)
    if wire.data is None and wire.total != 0:
        # Strict: another object must not count as "no jobs".
        raise lasting(
            response.bad(
                "the answer has no list of jobs: data is missing or null, and total is not 0",
                hint="check the endpoint; if it is right, please report this",
            )
        )
    jobs = wire.data or ()
    return DevServerJobsState(
        project_id=account.project_id,
        endpoint=account.endpoint,
        current=wire.current,
        pages=wire.pages,
        size=wire.size,
        total=wire.total,
        truncated=wire.total is None or wire.total > len(jobs),
        jobs=jobs,
    )


async def _read_list(account: ModelArtsAccount, arguments: DevServerJobsArguments) -> DevServerJobsState:
    return await _list(account, arguments.query())


async def _read_one(account: ModelArtsAccount, arguments: DevServerJobArguments) -> DevServerJobsState:
    return await _list(account, (("id", arguments.job_id),))


def _pick(account: ModelArtsAccount, answer: DevServerJobsState, arguments: DevServerJobArguments) -> DevServerJobState:
    # An exact match on this side: the pages do not document how the cloud compares.
    found = [job for job in answer.jobs if job.job_id == arguments.job_id]
    if len(found) > 1:
        raise BadResponseError(
            f"ambiguous: {len(found)} jobs have this id", hint="look at both in the list of jobs, filtered by this id"
        )
    if not found and answer.truncated:
        total = "an unknown number" if answer.total is None else str(answer.total)
        raise BadResponseError(
            f"the job is not among the {len(answer.jobs)} rows of a list that is not whole (total: {total})",
            hint="that does not say that the job is gone: the cloud did not honour the id; please report this",
        )
    if not found:
        raise NotFoundError("the project has no such job", hint="check its id, the project and the region")
    return DevServerJobState(project_id=account.project_id, endpoint=account.endpoint, **vars(found[0]))


def _request_key(query: tuple[tuple[str, str], ...]) -> Hashable:
    return "modelarts dev-servers/jobs", query


def _identify(arguments: DevServerJobsArguments) -> str:
    return printable(", ".join(f"{name}={value}" for name, value in arguments.query())) or "all"


_TIMES = ("data[].create_at", "data[].update_at")
_WIRE = Wire(
    page="modelarts.md",
    method="GET",
    paths=("/v1/{project_id}/dev-servers/jobs",),
    body=Body(
        model=_Wire,
        facts={
            "": "MA-46",
            "data[].type": "MA-51",
            "data[].status": "MA-50",
            **dict.fromkeys(_TIMES, "MA-49"),
        },
        types=dict.fromkeys(_TIMES, (TEXT,)),
        formats=dict.fromkeys(_TIMES, (EPOCH_MILLISECONDS, NUMBER_AS_TEXT)),
        # docs/vendors/modelarts.md, MA-47
        optional=ALL,
    ),
    errors=ERROR_BODY,
)

DEV_SERVER_JOBS = Kind(
    token="modelarts:DevServerJobs",  # noqa: S106  (a type token)
    account=ModelArtsAccount,
    arguments=DevServerJobsArguments,
    state=DevServerJobsState,
    read=_read_list,
    identify=_identify,
    ready=None,
    failed=(),
    not_found_is_gone=False,
    headline=("total", "jobs", "truncated"),
    summary=("name", "status", "abnormal_count"),
    named=(
        NamedCondition(
            "finished",
            'size(self.jobs) > 0 && self.jobs.all(j, j.status == "FINISHED" && j.abnormal_count == 0)',
            "There are jobs, and all of them finished without a failed node. A job that failed never meets it.",
        ),
        NamedCondition(
            "ended",
            'size(self.jobs) > 0 && self.jobs.all(j, j.status in ["FINISHED", "DELETED"])',
            "There are jobs, and all of them are over, whether they succeeded or not.",
        ),
    ),
    request_key=lambda arguments: _request_key(arguments.query()),
    documentation=Documentation(
        what="the DevServer jobs of a project",
        returns="The jobs that the cloud sent, and whether some are missing (`truncated`).",
        until='size(self.jobs) > 0 && self.jobs.all(j, j.status == "FINISHED")',
        check="look at the jobs in the ModelArts console",
        page="https://support.huaweicloud.com/intl/en-us/api-modelarts/ListServerJobs.html",
    ),
    wire=_WIRE,
)

# FINISHED does not imply success (docs/vendors/modelarts.md, MA-50).
_SUCCEEDED = 'self.status == "FINISHED" && self.abnormal_count == 0'
_ABNORMAL = 'self.status == "FINISHED" && self.abnormal_count > 0'

DEV_SERVER_JOB = Kind(
    token="modelarts:DevServerJob",  # noqa: S106  (a type token)
    account=ModelArtsAccount,
    arguments=DevServerJobArguments,
    state=DevServerJobState,
    read=_read_one,
    identify=lambda arguments: arguments.job_id,
    ready=_SUCCEEDED,
    failed=(Failure(_ABNORMAL), Failure('self.status == "DELETED"')),
    not_found_is_gone=True,
    headline=("status", "abnormal_count"),
    summary=("name", "type", "status", "abnormal_count", "create_time", "update_time"),
    named=(
        NamedCondition("running", 'self.status == "PROCESSING"', "The job is in progress."),
        NamedCondition("finished", _SUCCEEDED, "The job finished without a failed node; the same as `ready`."),
        NamedCondition(
            "ended",
            'self.status in ["FINISHED", "DELETED"]',
            "The job is over, whether it succeeded or not.",
            failures_apply=False,
        ),
        NamedCondition("failed", _ABNORMAL, "The job finished with failed nodes.", failures_apply=False),
        NamedCondition("deleted", 'self.status == "DELETED"', "The job was deleted.", failures_apply=False),
    ),
    pick=_pick,
    request_key=lambda arguments: _request_key((("id", arguments.job_id),)),
    documentation=Documentation(
        what="one DevServer job",
        returns="The job. FINISHED does not mean success: check `abnormal_count`.",
        not_found="the project has no such job",
        reading="The job is one of a DevServer: an upgrade, a diagnosis or a log collection. ModelArts' training"
        " service is another API, and the id of one of its jobs is not found here.",
        check="look at the job in the ModelArts console; abnormal_count is the number of nodes where it failed",
        page="https://support.huaweicloud.com/intl/en-us/api-modelarts/ListServerJobs.html",
        raises=(("BadResponseError", "the list is incomplete, or two jobs have this id"),),
    ),
    wire=_WIRE,
)
