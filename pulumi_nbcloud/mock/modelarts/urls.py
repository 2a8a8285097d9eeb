"""The routes of the ModelArts mock; nothing else."""

from __future__ import annotations

from pulumi_nbcloud.mock.wire import Route

SHOW_LEASE = "ShowLease"
LIST_JOBS = "ListDevServerJobs"
CREATE_TOKEN = "KeystoneCreateUserTokenByPassword"  # noqa: S105 - an operation's name
LIST_PROJECTS = "KeystoneListProjects"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/{project_id}/notebooks/{notebook_id}/lease", SHOW_LEASE),
    Route("GET", "/v1/{project_id}/dev-servers/jobs", LIST_JOBS),
    # IAM's, which the real cloud has on a host of its own.
    Route("POST", "/v3/auth/tokens", CREATE_TOKEN),
    Route("GET", "/v3/projects", LIST_PROJECTS),
)
