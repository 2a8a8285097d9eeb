"""Huawei Cloud ModelArts in a Pulumi program."""

from __future__ import annotations

from typing import ClassVar, cast

import pulumi

from pulumi_nbcloud.clouds.modelarts.dev_server_jobs import DevServerJobRow, DevServerJobsState, DevServerJobState
from pulumi_nbcloud.clouds.modelarts.notebook_lease import NotebookLeaseState
from pulumi_nbcloud.program import lookup, record, targets

__all__ = [
    "DevServerJob",
    "DevServerJobArgs",
    "DevServerJobRow",
    "DevServerJobState",
    "DevServerJobsArgs",
    "DevServerJobsState",
    "NotebookLease",
    "NotebookLeaseArgs",
    "NotebookLeaseState",
    "get_dev_server_job",
    "get_dev_server_job_output",
    "get_dev_server_jobs",
    "get_dev_server_jobs_output",
    "get_notebook_lease",
    "get_notebook_lease_output",
]

_NOTEBOOK_LEASE = "modelarts:NotebookLease"
_JOB = "modelarts:DevServerJob"
_JOBS = "modelarts:DevServerJobs"


def get_notebook_lease(
    notebook_id: str, *, profile: str | None = None, expect: str | None = None
) -> NotebookLeaseState:
    """Read the lease of a notebook instance now, in preview too.

    Args:
        notebook_id: the notebook instance's id, a UUID.
        profile: a named profile of the settings; None for the default.
        expect: a condition over `self` that must hold, else the program ends; None for none.

    Returns:
        The lease; for a notebook that does not run, `running` is False and `not_running_reason` says why.

    Raises:
        NotFoundError: there is no such notebook.
        ExpectationError: `expect` does not hold.
        NbcloudError: any other error of the tree; see `pulumi_nbcloud.errors`.
    """
    state = lookup.get(_NOTEBOOK_LEASE, {"notebook_id": notebook_id, "profile": profile}, expect)
    return cast("NotebookLeaseState", state)


def get_notebook_lease_output(
    notebook_id: pulumi.Input[str],
    *,
    profile: pulumi.Input[str | None] | None = None,
    expect: pulumi.Input[str | None] | None = None,
    opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None,
) -> pulumi.Output[NotebookLeaseState]:
    """Read the lease of a notebook instance whose id is not known yet.

    Args:
        notebook_id: the notebook instance's id, a UUID.
        profile: a named profile of the settings; None for the default.
        expect: a condition over `self` that must hold, else the program ends; None for none.
        opts: `depends_on` is honoured.

    Returns:
        An Output of the lease; in preview unknown while an input is.

    Raises:
        NbcloudError: through the Output; see `get_notebook_lease`.
    """
    return lookup.get_output(_NOTEBOOK_LEASE, {"notebook_id": notebook_id, "profile": profile}, opts, expect)


class NotebookLeaseArgs(targets.TargetArgs):
    """The lease of a notebook instance, as a gate's target."""

    _token: ClassVar[str] = _NOTEBOOK_LEASE

    def __init__(self, *, notebook_id: pulumi.Input[str], profile: pulumi.Input[str | None] | None = None) -> None:
        """Name the notebook instance whose lease the gate polls.

        Args:
            notebook_id: the notebook instance's id, a UUID.
            profile: a named profile of the settings; None for the default.
        """
        super().__init__({"notebook_id": notebook_id, "profile": profile})


class NotebookLease(record.ReadResource, module="nbcloud/modelarts", name="NotebookLease"):
    """The lease of a notebook instance, recorded in the stack's state and read again on each run.

    `pulumi refresh` shows what changed. In preview a field that is null counts as unknown: Pulumi's SDK cannot tell the
    two apart. A secret `notebook_id` stays secret as an input, but the resource's id is stored in plain, as Pulumi
    stores every id.
    """

    _token: ClassVar[str] = _NOTEBOOK_LEASE

    notebook_id: pulumi.Output[str]
    """The notebook instance's id."""
    project_id: pulumi.Output[str]
    """The project that was asked."""
    endpoint: pulumi.Output[str]
    """The origin that was asked."""
    running: pulumi.Output[bool]
    """Whether the notebook runs; the lease fields are null where it does not."""
    create_at: pulumi.Output[int | None]
    """When the instance was created, in milliseconds since 1970."""
    create_time: pulumi.Output[str | None]
    """The same as text, RFC 3339."""
    duration: pulumi.Output[int | None]
    """The instance's runtime, in milliseconds."""
    update_at: pulumi.Output[int | None]
    """When the instance was last updated, in milliseconds since 1970."""
    update_time: pulumi.Output[str | None]
    """The same as text, RFC 3339."""
    enable: pulumi.Output[bool | None]
    """Whether auto stop is on."""
    type: pulumi.Output[str | None]
    """The auto stop type: TIMING, IDLE, or one that the vendor added."""
    expire_time: pulumi.Output[str | None]
    """When auto stop is due, RFC 3339: `create_at + duration`; see `NotebookLeaseState` for when it is null."""
    not_running_reason: pulumi.Output[str | None]
    """Why there is no lease; null where the notebook runs."""
    profile: pulumi.Output[str | None]
    """The profile that was given."""

    def __init__(
        self,
        resource_name: str,
        *,
        notebook_id: pulumi.Input[str],
        profile: pulumi.Input[str | None] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Record the lease of one notebook instance.

        Args:
            resource_name: its name in the stack.
            notebook_id: the notebook instance's id, a UUID.
            profile: a named profile of the settings; None for the default.
            opts: resource options.

        Raises:
            InputError: `notebook_id` is known already and not a UUID.
        """
        super().__init__(resource_name, {"notebook_id": notebook_id, "profile": profile}, opts)


def get_dev_server_job(job_id: str, *, profile: str | None = None, expect: str | None = None) -> DevServerJobState:
    """Read one DevServer job now, in preview too.

    Args:
        job_id: the job's id, 1 to 64 characters; matched exactly.
        profile: a named profile of the settings; None for the default.
        expect: a condition over `self` that must hold, else the program ends; None for none.

    Returns:
        The job. FINISHED does not mean success: look at `abnormal_count`.

    Raises:
        NotFoundError: the project has no such job.
        BadResponseError: the list does not tell: it is not whole, or two jobs have this id.
        ExpectationError: `expect` does not hold.
        NbcloudError: any other error of the tree; see `pulumi_nbcloud.errors`.
    """
    return cast("DevServerJobState", lookup.get(_JOB, {"job_id": job_id, "profile": profile}, expect))


def get_dev_server_job_output(
    job_id: pulumi.Input[str],
    *,
    profile: pulumi.Input[str | None] | None = None,
    expect: pulumi.Input[str | None] | None = None,
    opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None,
) -> pulumi.Output[DevServerJobState]:
    """Read one DevServer job whose id is not known yet.

    Args:
        job_id: the job's id, 1 to 64 characters; matched exactly.
        profile: a named profile of the settings; None for the default.
        expect: a condition over `self` that must hold, else the program ends; None for none.
        opts: `depends_on` is honoured.

    Returns:
        An Output of the job; in preview unknown while an input is.

    Raises:
        NbcloudError: through the Output; see `get_dev_server_job`.
    """
    return lookup.get_output(_JOB, {"job_id": job_id, "profile": profile}, opts, expect)


def get_dev_server_jobs(
    *,
    job_id: str | None = None,
    name: str | None = None,
    type: str | None = None,  # noqa: A002 - the vendor's name
    status: str | None = None,
    visible: bool | None = None,
    profile: str | None = None,
    expect: str | None = None,
) -> DevServerJobsState:
    """List the project's DevServer jobs now, in preview too.

    Args:
        job_id: only the job of this id, 1 to 64 characters; the vendor calls the filter `id`.
        name: only jobs of this name, 1 to 1,000 characters, like the next two.
        type: only jobs of this type, for example `ASCEND_DIAGNOSIS`.
        status: only jobs in this state, for example `FINISHED`.
        visible: only jobs that are visible, or only those that are not.
        profile: a named profile of the settings; None for the default.
        expect: a condition over `self` that must hold, else the program ends; None for none.

    Returns:
        The jobs that the cloud gives, and whether that is all of them (`truncated`).

    Raises:
        ExpectationError: `expect` does not hold.
        NbcloudError: see `pulumi_nbcloud.errors`.
    """
    inputs = {"job_id": job_id, "name": name, "type": type, "status": status, "visible": visible, "profile": profile}
    return cast("DevServerJobsState", lookup.get(_JOBS, inputs, expect))


def get_dev_server_jobs_output(
    *,
    job_id: pulumi.Input[str | None] | None = None,
    name: pulumi.Input[str | None] | None = None,
    type: pulumi.Input[str | None] | None = None,  # noqa: A002 - the vendor's name
    status: pulumi.Input[str | None] | None = None,
    visible: pulumi.Input[bool | None] | None = None,
    profile: pulumi.Input[str | None] | None = None,
    expect: pulumi.Input[str | None] | None = None,
    opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None,
) -> pulumi.Output[DevServerJobsState]:
    """List the project's DevServer jobs by filters that are not known yet.

    Args:
        job_id: only the job of this id, 1 to 64 characters; the vendor calls the filter `id`.
        name: only jobs of this name, 1 to 1,000 characters, like the next two.
        type: only jobs of this type, for example `ASCEND_DIAGNOSIS`.
        status: only jobs in this state, for example `FINISHED`.
        visible: only jobs that are visible, or only those that are not.
        profile: a named profile of the settings; None for the default.
        expect: a condition over `self` that must hold, else the program ends; None for none.
        opts: `depends_on` is honoured.

    Returns:
        An Output of the list; in preview unknown while an input is.

    Raises:
        NbcloudError: through the Output; see `get_dev_server_jobs`.
    """
    inputs = {"job_id": job_id, "name": name, "type": type, "status": status, "visible": visible, "profile": profile}
    return lookup.get_output(_JOBS, inputs, opts, expect)


class DevServerJobArgs(targets.TargetArgs):
    """One DevServer job, as a gate's target: met once it is FINISHED without a failed node, failed otherwise."""

    _token: ClassVar[str] = _JOB

    def __init__(self, *, job_id: pulumi.Input[str], profile: pulumi.Input[str | None] | None = None) -> None:
        """Name the job that the gate polls.

        Args:
            job_id: the job's id, 1 to 64 characters; matched exactly.
            profile: a named profile of the settings; None for the default.
        """
        super().__init__({"job_id": job_id, "profile": profile})


class DevServerJobsArgs(targets.TargetArgs):
    """A list of DevServer jobs, as a gate's target. Such a gate needs `until`: a list has no state of its own.

    An empty list satisfies `all(...)`, so ask for its size too:
    `size(self.jobs) > 0 && self.jobs.all(j, j.status == "FINISHED")`.
    """

    _token: ClassVar[str] = _JOBS

    def __init__(
        self,
        *,
        job_id: pulumi.Input[str | None] | None = None,
        name: pulumi.Input[str | None] | None = None,
        type: pulumi.Input[str | None] | None = None,  # noqa: A002 - the vendor's name
        status: pulumi.Input[str | None] | None = None,
        visible: pulumi.Input[bool | None] | None = None,
        profile: pulumi.Input[str | None] | None = None,
    ) -> None:
        """Name the filters of the list that the gate polls.

        Args:
            job_id: only the job of this id, 1 to 64 characters; the vendor calls the filter `id`.
            name: only jobs of this name, 1 to 1,000 characters, like the next two.
            type: only jobs of this type, for example `ASCEND_DIAGNOSIS`.
            status: only jobs in this state, for example `FINISHED`.
            visible: only jobs that are visible, or only those that are not.
            profile: a named profile of the settings; None for the default.
        """
        filters = {"job_id": job_id, "name": name, "type": type, "status": status, "visible": visible}
        super().__init__({**filters, "profile": profile})


class DevServerJob(record.ReadResource, module="nbcloud/modelarts", name="DevServerJob"):
    """One DevServer job, recorded in the stack's state and read again on each run; see `NotebookLease`."""

    _token: ClassVar[str] = _JOB

    job_id: pulumi.Output[str]
    """The job's id."""
    name: pulumi.Output[str | None]
    """Its name."""
    user_name: pulumi.Output[str | None]
    """Who started it."""
    description: pulumi.Output[str | None]
    """What was said of it."""
    type: pulumi.Output[str | None]
    """Its type; see `DevServerJobRow` for the known ones."""
    status: pulumi.Output[str | None]
    """PROCESSING, FINISHED, DELETED, ACTIVE, or one that the vendor added."""
    abnormal_count: pulumi.Output[int | None]
    """The number of nodes where it failed."""
    create_at: pulumi.Output[int | None]
    """When it was created, in milliseconds since 1970."""
    create_time: pulumi.Output[str | None]
    """The same as text, RFC 3339."""
    update_at: pulumi.Output[int | None]
    """When it was last updated, in milliseconds since 1970."""
    update_time: pulumi.Output[str | None]
    """The same as text, RFC 3339."""
    project_id: pulumi.Output[str]
    """The project that was asked."""
    endpoint: pulumi.Output[str]
    """The origin that was asked."""
    profile: pulumi.Output[str | None]
    """The profile that was given."""

    def __init__(
        self,
        resource_name: str,
        *,
        job_id: pulumi.Input[str],
        profile: pulumi.Input[str | None] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Record one job.

        Args:
            resource_name: its name in the stack.
            job_id: the job's id, 1 to 64 characters; matched exactly.
            profile: a named profile of the settings; None for the default.
            opts: resource options.

        Raises:
            InputError: `job_id` is known already and cannot be right.
        """
        super().__init__(resource_name, {"job_id": job_id, "profile": profile}, opts)
