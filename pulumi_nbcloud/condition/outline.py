"""A condition as an indented outline, which shows how its parts are joined."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pulumi_nbcloud.condition.compiled import Condition

_JOINED = {"conditionaland": "all of", "conditionalor": "any of"}


def outline(condition: Condition) -> tuple[str, ...]:
    """Draw the tree of a condition.

    Args:
        condition: compiled.

    Returns:
        Lines; the parts below `all of` and `any of` are indented by two spaces a level.
    """
    return tuple(_lines(condition.text, condition._tree, 0))


def _lines(text: str, node: Any, depth: int) -> Iterator[str]:
    from pulumi_nbcloud.condition import syntax

    indent = "  " * depth
    if node.data in _JOINED:
        yield f"{indent}{_JOINED[node.data]}:"
        for child in syntax.trees(node):
            yield from _lines(text, child, depth + 1)
    else:
        yield f"{indent}{syntax.source(text, node)}"
