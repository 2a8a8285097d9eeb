"""What tests of gates that both shells run share: a shell, and inputs and outputs in the core's names and form.

Each shell writes them as its programs do, and reads them back: `dynamic_shell` and `native_shell`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from lease_support import RUNNING, STATE, lease_target, notebook
from nbcloud_support import folded

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.spelling import Spelling

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
SELF = f"modelarts:NotebookLease {notebook()}"
ID_PATH = "targets.self.notebook_id"
BOTH = {"one": lease_target(), "two": lease_target(2)}
SESSION = {
    "kind": "aidp:NotebookSession",
    "ai_data_platform_id": "ocid1.platform",
    "workspace_key": "w",
    "session_id": "s",
}
ADVISORY, DISABLED, ALWAYS = {"enforcement": "advisory"}, {"enforcement": "disabled"}, {"every_update": True}
ONCE = {"timeout": "0"}
HELD = {"hold": "0", "timeout": "40h"}


@dataclass(frozen=True)
class Result:
    """How a create or an update ended.

    Args:
        outputs: everything that is stored, where it passed.
        secret: the outputs that are secret as a whole.
        error: the text of the error, where it did not pass.
        awaiting: whether the engine was told that the gate is awaiting.
    """

    outputs: Mapping[str, Any] = field(default_factory=dict)
    secret: frozenset[str] = frozenset()
    error: str = ""
    awaiting: bool = False


class Shell(Protocol):
    """One process that serves gates, in a stack `test` of a project `probe`."""

    urn: str
    """Of the gate."""
    start_urn: str
    """Of what keeps when its wait began."""
    spelling: Spelling
    """How programs write what they give a gate."""

    def check(self, inputs: Mapping[str, Any], began: float | None = None) -> list[str]:
        """What is wrong with inputs."""

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        """Whether there is a difference."""

    def create(self, inputs: Mapping[str, Any], **how: Any) -> Result:
        """Creates; `how` are `secret` (paths), `timeout` (the custom one, in seconds), `began` (seconds ago)."""

    def update(self, olds: Mapping[str, Any], news: Mapping[str, Any], **how: Any) -> Result:
        """Updates what is stored; see `create`."""

    def refresh(self, olds: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a refresh makes of what is stored."""

    def row(self) -> list[str]:
        """What the row of the gate was sent, in the order of arrival."""

    def warnings(self) -> list[str]:
        """Those of them that warn."""


def gate(**inputs: Any) -> dict[str, Any]:
    """The inputs of a gate on one notebook."""
    return {"targets": {"self": lease_target()}, **inputs}


def stored(inputs: Mapping[str, Any], outcome: str = "met") -> dict[str, Any]:
    """What the state holds of a gate that was met, or of an advisory one that was not."""
    met = outcome == "met"
    # No shell stores nulls.
    message = f"{SELF}: {outcome} after 5s of 30m"
    return {
        **inputs,
        "outcome": outcome,
        **({"met_time": "2026-01-31T12:00:00Z"} if met else {"message": message}),
        "polls": 1,
        "elapsed_seconds": 0.5,
        "states": {"self": {**STATE, "not_running_reason": None, "endpoint": "http://cloud"}},
        "transitions": [{"time": "2026-01-31T12:00:00Z", "target": "self", "observed": RUNNING}],
        "transition_count": 1,
    }


def timeless(shown: str) -> str:
    """A text without what differs from run to run, its facts in one line."""
    shown = re.sub(r"\b(after|of) \d+s\b", r"\1 Ns", folded(shown))
    shown = re.sub(r"\b(\d+h)(?:\d+m)?(?:\d+s)? of", r"\1Ns of", shown)
    return re.sub(r"\(\d+s ago\)", "(Ns ago)", re.sub(r"request id [0-9a-f]{32}", "request id ID", shown))


def down(clouds: MockClouds) -> None:
    """Has ModelArts give no usable response."""
    clouds.faults.add(service="modelarts", status=503, count=1_000)
