"""Ready-made contents of the mock clouds."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pulumi_nbcloud.mock.aidp.service import Aidp
from pulumi_nbcloud.mock.hpcai.service import HpcAi
from pulumi_nbcloud.mock.modelarts.service import ModelArts

RUNNING_NOTEBOOK = "4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e01"
STOPPED_NOTEBOOK = "4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e02"
STARTING_NOTEBOOK = "4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e03"
STARTING_SECONDS = 30.0
PROCESSING_JOB = "4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e04"
STARTING_INSTANCE = "notebook-4f1c6d5e"
STARTING_SESSION = "4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e05"


def demo(modelarts: ModelArts, aidp: Aidp, hpcai: HpcAi) -> None:
    """Put three notebooks: one runs, one is stopped, one runs 30 s from now on the virtual clock; so does an instance.

    A DevServer job finishes at that moment too, and a notebook session gets its kernel.
    """
    modelarts.put_lease(RUNNING_NOTEBOOK)
    modelarts.put_lease(STOPPED_NOTEBOOK, status="STOPPED")
    modelarts.put_lease(STARTING_NOTEBOOK, status="STARTING")
    modelarts.add_transition(STARTING_NOTEBOOK, after_seconds=STARTING_SECONDS, status="RUNNING", update_at=None)
    modelarts.put_job(PROCESSING_JOB, name="diagnosis", type="ASCEND_DIAGNOSIS")
    modelarts.add_job_transition(PROCESSING_JOB, after_seconds=STARTING_SECONDS, status="FINISHED", update_at=None)
    hpcai.put_instance(STARTING_INSTANCE, name="training", status="PullingImage", healthy=False)
    hpcai.add_transition(STARTING_INSTANCE, after_seconds=STARTING_SECONDS, status="Running", healthy=True)
    aidp.put_session(STARTING_SESSION, lifecycle_state="CREATING", kernel=False)
    aidp.add_transition(STARTING_SESSION, after_seconds=STARTING_SECONDS, lifecycle_state="ACTIVE", kernel=True)


def empty(modelarts: ModelArts, aidp: Aidp, hpcai: HpcAi) -> None:
    """Put nothing: there are only the accounts."""


SCENARIOS: Mapping[str, Callable[[ModelArts, Aidp, HpcAi], None]] = {"demo": demo, "empty": empty}
