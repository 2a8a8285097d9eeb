"""States as functions and read resources give them: camelCase throughout, but for what the cloud itself names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any

from pulumi_nbcloud.kinds.fields import volatile_fields
from pulumi_nbcloud.native.names import camel


def state_outputs(state: Any, *, volatile: bool = True) -> dict[str, Any]:
    """Write a state by its names on the wire, nulls kept.

    Args:
        state: of a kind.
        volatile: whether to write what moves without anything having happened; otherwise null stands in its place.
    """
    outputs: dict[str, Any] = _written(state, volatile)
    return outputs


def _written(value: Any, volatile: bool) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        left_out = frozenset() if volatile else volatile_fields(type(value))
        return {
            wire: None if name in left_out else _written(getattr(value, name), volatile)
            for name, wire in _names(type(value))
        }
    if isinstance(value, (list, tuple)):
        return [_written(each, volatile) for each in value]
    if isinstance(value, Mapping):
        return {key: _written(each, volatile) for key, each in value.items()}
    return value


@lru_cache(maxsize=256)
def _names(record: type) -> tuple[tuple[str, str], ...]:
    return tuple((each.name, camel(each.name)) for each in fields(record))
