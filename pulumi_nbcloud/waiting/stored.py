"""The stored outputs of a gate that has waited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pulumi_nbcloud.clock import text

if TYPE_CHECKING:
    from pulumi_nbcloud.waiting.outcome import WaitResult

OUTPUTS = (
    "outcome",
    "message",
    "met_time",
    "polls",
    "elapsed_seconds",
    "states",
    "transitions",
    "transition_count",
)
# Outputs that show values of the targets. The engine itself keeps inputs secret, but not these.
SECRET_OUTPUTS = ("message", "states", "transitions")
STORED_ITEMS = 20


def outputs_of(result: WaitResult) -> dict[str, Any]:
    """Return the outputs of a gate, by name.

    Args:
        result: how its wait ended.
    """
    progress = result.progress
    states = progress.states() if progress else {}
    return {
        "outcome": result.outcome,
        "message": result.message,
        "met_time": text(result.at) if result.at else None,
        "polls": progress.polls if progress else 0,
        "elapsed_seconds": round(result.elapsed, 1),
        "states": {name: _shortened(state.to_dict()) for name, state in states.items() if state is not None},
        "transitions": progress.transitions if progress else [],
        "transition_count": progress.transition_count if progress else 0,
    }


def _shortened(state: dict[str, Any]) -> dict[str, Any]:
    """Return a state as it is stored: of a list its count and first items, because a stack's state must stay small."""
    stored: dict[str, Any] = {}
    for name, value in state.items():
        stored[name] = value
        if isinstance(value, list):
            stored[name], stored[f"{name}_count"] = value[:STORED_ITEMS], len(value)
    return stored
