"""What tests of notebook leases share: which notebooks there are, how one is asked for, and what is seen of it."""

from __future__ import annotations

from typing import Any

from pulumi_nbcloud.mock import MockClouds

KIND = "modelarts:NotebookLease"
# With a number of twelve digits it is the id of a notebook.
NOTEBOOKS = "aaaaaaaa-0000-4000-8000-"
CREATED = 1_700_000_000_123
# What the mock is given, so that nothing of the state depends on when a test runs.
LEASE: dict[str, Any] = {"create_at": CREATED, "update_at": CREATED, "duration": 3_600_000}


def notebook(number: int = 1) -> str:
    return f"{NOTEBOOKS}{number:012d}"


def lease_target(number: int = 1, **arguments: Any) -> dict[str, Any]:
    """A notebook as a gate's target."""
    return {"kind": KIND, "notebook_id": notebook(number), **arguments}


def looked_at(clouds: MockClouds) -> list[int]:
    """Which notebook each request asked for, in the order of the requests."""
    return [_number(entry.target) for entry in clouds.requests]


def answered(clouds: MockClouds) -> set[int]:
    """Which notebooks were asked for and the answer decided: what changes from now on is for later polls."""
    return {_number(entry.target) for entry in clouds.requests if entry.status is not None}


def _number(target: str) -> int:
    return int(target.split("/")[4].removeprefix(NOTEBOOKS))


NOTEBOOK = notebook()
# What a read records of a notebook with that lease; nulls are left out, and so is the endpoint of the mock.
STATE: dict[str, Any] = {
    "notebook_id": NOTEBOOK,
    "project_id": "mock-project",
    "running": True,
    "create_at": CREATED,
    "create_time": "2023-11-14T22:13:20.123Z",
    "duration": 3_600_000,
    "update_at": CREATED,
    "update_time": "2023-11-14T22:13:20.123Z",
    "enable": True,
    "type": "TIMING",
    "expire_time": "2023-11-14T23:13:20.123Z",
    "stops_itself": True,
}
STATE_STOPPED: dict[str, Any] = {
    "notebook_id": NOTEBOOK,
    "project_id": "mock-project",
    "running": False,
    "not_running_reason": "NOT_RUNNING",
}
# How gates name these two.
RUNNING = "running=true, type=TIMING, expire_time=2023-11-14T23:13:20.123Z"
STOPPED = "running=false, not_running_reason=NOT_RUNNING"
