"""Ready-made contents of the mock clouds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi_nbcloud.mock.server import MockClouds

RUNNING_NOTEBOOK = "4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e01"
STOPPED_NOTEBOOK = "4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e02"
STARTING_NOTEBOOK = "4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e03"
STARTING_SECONDS = 30.0
PROCESSING_JOB = "4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e04"
STARTING_INSTANCE = "notebook-4f1c6d5e"
STARTING_SESSION = "4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e05"


def demo(clouds: MockClouds) -> None:
    """Put three notebooks: one runs, one is stopped, one runs 30 s from now on the virtual clock; so does an instance.

    A DevServer job finishes at that moment too, and a notebook session gets its kernel.
    """
    clouds.modelarts.put_lease(RUNNING_NOTEBOOK)
    clouds.modelarts.put_lease(STOPPED_NOTEBOOK, status="STOPPED")
    clouds.modelarts.put_lease(STARTING_NOTEBOOK, status="STARTING")
    clouds.modelarts.add_transition(STARTING_NOTEBOOK, after_seconds=STARTING_SECONDS, status="RUNNING", update_at=None)
    clouds.modelarts.put_job(PROCESSING_JOB, name="diagnosis", type="ASCEND_DIAGNOSIS")
    clouds.modelarts.add_job_transition(
        PROCESSING_JOB, after_seconds=STARTING_SECONDS, status="FINISHED", update_at=None
    )
    clouds.hpcai.put_instance(STARTING_INSTANCE, name="training", status="PullingImage", healthy=False)
    clouds.hpcai.add_transition(STARTING_INSTANCE, after_seconds=STARTING_SECONDS, status="Running", healthy=True)
    clouds.aidp.put_session(STARTING_SESSION, lifecycle_state="CREATING", kernel=False)
    clouds.aidp.add_transition(STARTING_SESSION, after_seconds=STARTING_SECONDS, lifecycle_state="ACTIVE", kernel=True)


def empty(clouds: MockClouds) -> None:
    """Put nothing: there are only the accounts."""


SCENARIOS: Mapping[str, Callable[[MockClouds], None]] = {"demo": demo, "empty": empty}
