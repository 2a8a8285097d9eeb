"""When a gate that is in state waits again, and when it keeps its outcome."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pulumi_nbcloud.waiting.options import OPTIONS, tightened

WAIT_AGAIN = ("targets", *(each.name for each in OPTIONS if each.waits_again))
"""The inputs of a gate that define what it waits for: if one of them changes, the gate waits again."""

KEEP_OUTCOME = (
    *(each.name for each in OPTIONS if not each.waits_again),
    *("custom_timeouts", "secret_inputs", "wait_start"),
)
"""The other inputs: if one of these changes, the gate keeps its outcome."""


def stored_gate(olds: Mapping[str, Any]) -> dict[str, Any]:
    """Read the stored state of a gate; before 0.1.0 the output `outcome` was called `verdict` and written in words.

    Args:
        olds: its inputs and outputs, plain.
    """
    old = dict(olds)
    if "verdict" in old:
        outcome = str(old.pop("verdict")).replace(" ", "_").replace("unauthorised", "unauthorized")
        old.setdefault("outcome", outcome)
    return old


def is_changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Return whether a gate needs an update, which may wait.

    Args:
        old: what is stored of it.
        new: its inputs.
    """
    return differ(old, new, (*WAIT_AGAIN, *KEEP_OUTCOME)) or waits_always(new) or _was_overridden(old)


def waits_again(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Return whether the gate waits for something else, was overridden, or must hold up more than before.

    Args:
        old: what is stored of it.
        new: its inputs.
    """
    binds = tightened(old.get("enforcement"), new.get("enforcement")) and old.get("outcome") != "met"
    return binds or _was_overridden(old) or differ(old, new, WAIT_AGAIN)


def waits_always(inputs: Mapping[str, Any]) -> bool:
    """Return whether the gate waits in every update; one that does not poll never does."""
    return inputs.get("every_update") is True and inputs.get("enforcement") != "disabled"


def differ(old: Mapping[str, Any], new: Mapping[str, Any], names: Iterable[str]) -> bool:
    """Return whether one of these inputs changed; compared as JSON, because to Python 1 and True are equal."""
    return any(_json(old.get(name)) != _json(new.get(name)) for name in names)


def _was_overridden(old: Mapping[str, Any]) -> bool:
    """Return whether a gate has passed without its condition being met, by an override, which counts for one update."""
    return old.get("outcome") == "overridden"


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=repr)
