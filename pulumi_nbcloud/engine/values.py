"""Values as the engine sends them: integers as floats, nulls missing, unknown ones as a marker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pulumi.output import Unknown
from pulumi.runtime import rpc


def plain(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Convert properties from the wire.

    Args:
        properties: as the SDK passes them: numbers are floats, nulls are missing, `__provider` is among them.

    Returns:
        A new dict without `__provider`; a float without a fraction is an int again.
    """
    return {name: _whole(value) for name, value in properties.items() if name != "__provider"}


def targets_by_name(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs of a wait with its targets sorted by name: on the wire they have no order."""
    targets = inputs.get("targets")
    return (
        {**inputs, "targets": dict(sorted(targets.items(), key=lambda each: str(each[0])))}
        if isinstance(targets, Mapping)
        else dict(inputs)
    )


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {name: _whole(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_whole(each) for each in value]
    return value


def contains_unknown(value: Any) -> bool:
    """Return whether a value, or something in it, is not known yet."""
    # The SDK passes its own marker, older ones the text on the wire.
    return contains(value, lambda each: isinstance(each, Unknown) or each == rpc.UNKNOWN)


def contains(value: Any, found: Callable[[Any], bool]) -> bool:
    """Return whether `found` is true of a value, or of something in it at any depth."""
    if isinstance(value, Mapping):
        return any(contains(each, found) for each in value.values())
    if isinstance(value, (list, tuple)):
        return any(contains(each, found) for each in value)
    return found(value)
