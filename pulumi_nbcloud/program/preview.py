"""What a gate says in the program: its `now:` line in preview, and warnings about its conditions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import anyio
import pulumi
import pulumi.runtime
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from pulumi_nbcloud.engine.values import contains_unknown
from pulumi_nbcloud.errors import NbcloudError
from pulumi_nbcloud.program.stack_config import stack_config
from pulumi_nbcloud.reading import portal
from pulumi_nbcloud.reading.reader import process_reader

BUDGET_SECONDS = 5.0
ASKED_WHEN = "(asked when this gate is created or updated)"

_budget_ends: float | None = None


def announce(gate: pulumi.Resource, inputs: Mapping[str, Any]) -> None:
    """Show on a gate's row what its condition would find now, and what is doubtful about it; never fail.

    Create is not called in preview, so this is one poll by the program. All polls of a preview share 5 s. The config
    key `nbcloud:previewPoll` set to false switches them off; warnings about conditions are shown in updates too.

    Args:
        gate: the gate, for its row.
        inputs: its inputs, not resolved.
    """
    if isinstance(get_monitor(), MockMonitor):
        return

    async def say(known: Mapping[str, Any]) -> None:
        try:
            info, warnings = await _findings(known, polling=pulumi.runtime.is_dry_run() and _switched_on())
        except Exception as error:  # a preview must not fail for what is only information
            info, warnings = f"now: could not poll ({type(error).__name__})", ()
        if info is not None:
            pulumi.log.info(info, resource=gate)
        for warning in warnings:
            pulumi.log.warn(warning, resource=gate)

    known: pulumi.Output[Any] = pulumi.Output.from_input(dict(inputs))
    known.apply(say, run_with_unknowns=True)  # type: ignore[arg-type]  # its result is of no use


def _switched_on() -> bool:
    return str(pulumi.runtime.get_config("nbcloud:previewPoll")).lower() != "false"


async def _findings(inputs: Mapping[str, Any], *, polling: bool) -> tuple[str | None, tuple[str, ...]]:
    from pulumi_nbcloud.waiting.spec import parse_spec

    plan, problems = parse_spec(inputs, _is_unknown)
    if problems:
        return None, ()  # Check refuses them, with the same words
    if plan is None or any(name not in plan.arguments for name in plan.kinds):
        return ("now: not known yet, because not all of the gate's inputs are" if polling else None), ()
    warnings = plan.evaluator().warnings
    if plan.enforcement == "disabled":
        return ("now: not polled, because enforcement is 'disabled'" if polling else None), warnings
    if not polling:
        return None, warnings
    try:
        seen, meaning = await _poll(plan)
    except NbcloudError as error:
        return f"now: could not poll: {error.problem} {ASKED_WHEN}", warnings
    except TimeoutError:
        return f"now: not polled within the preview's {BUDGET_SECONDS:g} s {ASKED_WHEN}", warnings
    return f"now: {seen}; {meaning} {ASKED_WHEN}", warnings


async def _poll(plan: Any) -> tuple[str, str]:
    from pulumi_nbcloud.waiting.runner import WaitRunner

    global _budget_ends
    if _budget_ends is None:
        _budget_ends = time.monotonic() + BUDGET_SECONDS
    remaining = _budget_ends - time.monotonic()
    if remaining <= 0:
        raise TimeoutError
    config = stack_config()

    async def poll() -> tuple[str, str]:
        with anyio.fail_after(remaining):
            return await WaitRunner(process_reader(), config).poll(plan)

    return await asyncio.wrap_future(portal.submit(poll))


def _is_unknown(value: Any) -> bool:
    return pulumi.output.contains_unknowns(value) or contains_unknown(value)
