"""The mock's side of a run: contents for every behaviour, and the ids of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from acceptance_suite.behaviours import PREFIX
from pulumi_nbcloud.mock.aidp.service import DEFAULT_PLATFORM, DEFAULT_WORKSPACE
from pulumi_nbcloud.mock.scenarios import PROCESSING_JOB, RUNNING_NOTEBOOK, STARTING_SESSION, STOPPED_NOTEBOOK
from pulumi_nbcloud.mock.server import MockClouds

_INSTANCES, _PAGE = 5, 2


@dataclass(frozen=True)
class MockSide:
    """The variables of a run against the mock: its settings, and the ids of its contents."""

    environment: dict[str, str]
    ids: dict[str, str]


@contextmanager
def mock_side() -> Iterator[MockSide]:
    """Serve the mock clouds until the block ends."""
    with MockClouds() as clouds:
        clouds.modelarts.put_lease(RUNNING_NOTEBOOK)
        clouds.modelarts.put_lease(STOPPED_NOTEBOOK, status="STOPPED")
        clouds.modelarts.put_job(PROCESSING_JOB)
        instances = clouds.hpcai.put_instances(_INSTANCES)
        clouds.hpcai.configure(page_size=_PAGE)
        clouds.aidp.put_session(STARTING_SESSION)
        ids = {
            "NOTEBOOK_ID": RUNNING_NOTEBOOK,
            "STOPPED_NOTEBOOK_ID": STOPPED_NOTEBOOK,
            "JOB_ID": PROCESSING_JOB,
            "INSTANCE_ID": instances[-1],
            "PLATFORM_ID": DEFAULT_PLATFORM,
            "WORKSPACE_KEY": DEFAULT_WORKSPACE,
            "SESSION_ID": STARTING_SESSION,
        }
        # Nothing of the process's own environment: a stray variable must not choose another account.
        yield MockSide(clouds.environment(), {PREFIX + name: value for name, value in ids.items()})
        clouds.check()
