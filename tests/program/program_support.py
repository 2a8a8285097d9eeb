"""Runs programs of users' unit tests: under mocks of the engine, to their end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi.runtime
from pulumi.runtime.stack import run_pulumi_func

GATE_OUTPUTS: dict[str, Any] = {
    "outcome": "met",
    "message": "not seen",
    "met_time": "2026-01-31T09:00:00Z",
    "polls": 3.0,
    "elapsed_seconds": 12.5,
    "states": {"self": {"running": True, "duration": 5.0}},
    "transitions": [{"time": "2026-01-31T09:00:00Z", "target": "self", "observed": "running=true"}],
    "transition_count": 1.0,
}
# What the engine answers beside the inputs, by the end of a resource's type.
_OUTPUTS: Mapping[str, Mapping[str, Any]] = {
    "Gate": GATE_OUTPUTS,
    "NotebookLease": {"running": True, "create_at": 5.0},
}
Program = Callable[[], Any]


class Mocks(pulumi.runtime.Mocks):
    """Answers a resource's outputs beside its inputs, and keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[pulumi.runtime.MockResourceArgs] = []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self.asked.append(args)
        return args.resource_id or "some-id", {**args.inputs, **_OUTPUTS.get(args.typ.rpartition(":")[2], {})}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        raise AssertionError(f"no function of the engine is called: {args.token}")


@dataclass
class Result:
    """What a program's Output came to, and which resources it asked for."""

    value: Any = None
    is_known: bool = True
    is_secret: bool = False
    asked: list[pulumi.runtime.MockResourceArgs] = field(default_factory=list)

    @property
    def gates(self) -> dict[str, pulumi.runtime.MockResourceArgs]:
        """By name: each call of the mocks runs on a thread of its own, so they come in any order."""
        return {each.name: each for each in self.asked if each.typ.endswith(":Gate")}

    @property
    def inputs(self) -> dict[str, Any]:
        """What the only gate was given."""
        (asked,) = self.gates.values()
        return dict(asked.inputs)


def run(program: Program, *, preview: bool = False, config: Mapping[str, str] | None = None) -> Result:
    """Runs a program under mocks to its end, errors of its Outputs included.

    Pulumi keeps its settings in context variables, so nothing is left behind for the next test.
    """
    result = Result()
    loops: list[asyncio.AbstractEventLoop] = []

    def start_thread() -> None:
        # The mock monitor would make one in each thread and never close it.
        loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(loops[-1])

    async def inner() -> None:
        output = pulumi.Output.from_input(program())
        result.is_known, result.is_secret = await output.is_known(), await output.is_secret()
        result.value = await output.future()

    async def outer() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(initializer=start_thread))
        mocks = Mocks()
        pulumi.runtime.set_mocks(mocks, project="probe", stack="test", preview=preview)
        pulumi.runtime.set_all_config(dict(config or {}))
        result.asked = mocks.asked
        await run_pulumi_func(inner)

    try:
        asyncio.run(outer())
    finally:
        for loop in loops:
            loop.close()
    return result


def unknown() -> pulumi.Output[Any]:
    """An Output whose value is not known yet."""

    async def value(what: Any) -> Any:
        return what

    return pulumi.Output(value(set()), value(None), value(False), value(False))


async def soon(value: str) -> str:
    return value
