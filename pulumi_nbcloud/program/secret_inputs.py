"""Which inputs of a wait the program keeps secret: a provider does not learn that from the engine.

The engine marks an output that has the name of a secret input, and no other, but a gate's `states` contain the ids of
its targets as well. So the program passes the paths of its secret inputs as one more input.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pulumi

from pulumi_nbcloud.engine.secrets import SHOWN


def secret_inputs(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the paths of the secret inputs, as an input; nothing if none can be secret.

    Args:
        given: the inputs, Outputs among them.

    Returns:
        `secret_inputs`: an Output of their paths, `targets.self.notebook_id`, or of None if none is secret.
    """
    shown = {name: given[name] for name in SHOWN if name in given}
    if not _has_outputs(shown):
        return {}

    async def paths() -> list[str] | None:
        return sorted({path async for path in _secret_paths(shown, "")}) or None

    async def flag(value: bool) -> bool:
        return value

    # Known in preview too, and depends on nothing: it contains no value of an Output.
    found: asyncio.Future[Any] = asyncio.ensure_future(paths())
    return {"secret_inputs": pulumi.Output(set(), found, asyncio.ensure_future(flag(True)))}


def _has_outputs(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_outputs, value.values()))
    return isinstance(value, pulumi.Output)


async def _secret_paths(value: Any, path: str) -> AsyncIterator[str]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            async for found in _secret_paths(each, f"{path}.{name}" if path else str(name)):
                yield found
    elif isinstance(value, pulumi.Output) and await value.is_secret():
        yield path
