"""What the soak's gates wait for and its lookups read, one of each cloud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lease_support import KIND, LEASE, lease_target, notebook

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.mock.aidp.service import DEFAULT_PLATFORM, DEFAULT_WORKSPACE

CLOUDS = ("modelarts", "hpcai", "aidp")
KINDS = {"modelarts": KIND, "hpcai": "hpcai:Instance", "aidp": "aidp:NotebookSession"}
# Where a state has the texts of its thing.
TEXT_PLACES = {
    "modelarts": (("type",),),
    "hpcai": (
        ("instance_spec_info", "name"),
        ("instance_runtime_info", "message"),
        ("instance_runtime_info", "diagnosis_message"),
    ),
    "aidp": (("name",), ("path",), ("cluster_id",), ("kernel", "name")),
}
# Which fields of the mock hold them.
TEXT_FIELDS = {
    "modelarts": ("type",),
    "hpcai": ("name", "message", "diagnosis_reason", "diagnosis_message"),
    "aidp": ("name", "path", "cluster_id", "kernel_name"),
}
STATES: dict[str, dict[str, dict[str, Any]]] = {
    "modelarts": {
        "at first": {"status": "STOPPED"},
        "ready": {"status": "RUNNING"},
        "failed": {"status": "FROZEN"},
    },
    "hpcai": {
        "at first": {"status": "PullingImage", "healthy": False},
        "ready": {"status": "Running", "healthy": True},
        "failed": {"status": "StartingFailed", "healthy": False},
    },
    "aidp": {
        "at first": {"lifecycle_state": "CREATING", "execution_state": "starting"},
        "ready": {"lifecycle_state": "ACTIVE", "execution_state": "idle"},
        "failed": {"lifecycle_state": "FAILED"},
    },
}


@dataclass
class Thing:
    """A notebook, an instance or a session.

    Args:
        number: of its own.
        cloud: whose it is.
        becomes: `ready`, `failed`, or nothing: `never`.
        after: seconds until then.
        text: what its cloud says in every text of it.
    """

    number: int
    cloud: str
    becomes: str
    after: float
    text: str = "text"

    @property
    def id(self) -> str:
        return notebook(self.number) if self.cloud == "modelarts" else f"notebook-{self.number:08d}"

    @property
    def arguments(self) -> dict[str, str]:
        """What names it to a lookup."""
        if self.cloud == "aidp":
            place = {"ai_data_platform_id": DEFAULT_PLATFORM, "workspace_key": DEFAULT_WORKSPACE}
            return {**place, "session_id": self.id}
        return {"notebook_id" if self.cloud == "modelarts" else "instance_id": self.id}

    @property
    def resource_id(self) -> str:
        """What names it to the engine."""
        return "/".join(self.arguments.values())

    @property
    def target(self) -> dict[str, Any]:
        if self.cloud == "modelarts":
            return lease_target(self.number)
        return {"kind": KINDS[self.cloud], **self.arguments}

    def put(self, clouds: MockClouds) -> None:
        states, texts = STATES[self.cloud], dict.fromkeys(TEXT_FIELDS[self.cloud], self.text)
        mock: Any = clouds.service(self.cloud)
        put = {"modelarts": "put_lease", "hpcai": "put_instance", "aidp": "put_session"}[self.cloud]
        more = LEASE if self.cloud == "modelarts" else {}
        getattr(mock, put)(self.id, **states["at first"], **texts, **more)
        if self.becomes != "never":
            mock.add_transition(self.id, after_seconds=self.after, **states[self.becomes])

    def delete(self, clouds: MockClouds) -> None:
        mock: Any = clouds.service(self.cloud)
        delete = {"modelarts": "delete_lease", "hpcai": "delete_instance", "aidp": "delete_session"}[self.cloud]
        getattr(mock, delete)(self.id)

    def changed_texts(self, state: Mapping[str, Any]) -> list[str]:
        """Which texts of a state are not as the cloud sent them."""
        return [".".join(place) for place in TEXT_PLACES[self.cloud] if _at(state, place) != self.text]


def _at(state: Any, place: tuple[str, ...]) -> Any:
    for name in place:
        state = state.get(name) if isinstance(state, Mapping) else None
    return state
