"""The routes of the HPC-AI mock; nothing else."""

from __future__ import annotations

from pulumi_nbcloud.mock.wire import Route

LIST_INSTANCES = "ListInstances"
LOGIN = "Login"

ROUTES: tuple[Route, ...] = (
    Route("POST", "/api/instance/list", LIST_INSTANCES),
    Route("POST", "/api/user/login", LOGIN),
)
