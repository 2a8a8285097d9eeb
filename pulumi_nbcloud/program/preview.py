"""The messages of a gate in the program: its `now:` line in preview, and warnings about its conditions."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import pulumi
import pulumi.runtime
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from pulumi_nbcloud import clock
from pulumi_nbcloud.engine import log, previews
from pulumi_nbcloud.engine.secrets import Secrets
from pulumi_nbcloud.engine.values import contains_unknown
from pulumi_nbcloud.program.inputs import as_run_error
from pulumi_nbcloud.program.stack_config import stack_config
from pulumi_nbcloud.reading import portal
from pulumi_nbcloud.reading.reader import process_reader
from pulumi_nbcloud.waiting.options import OPTIONS
from pulumi_nbcloud.waiting.start import Start

if TYPE_CHECKING:
    from pulumi_nbcloud.waiting.spec import WaitSpec

WAIT_INPUTS = ("targets", *(each.name for each in OPTIONS), "wait_start")


# By the program: several previews may run in one process, one after the other or at the same time.
_budgets: WeakKeyDictionary[object, previews.Budget] = WeakKeyDictionary()


def announce(gate: pulumi.CustomResource, inputs: Mapping[str, Any]) -> None:
    """Show on a gate's row what its condition would find now, and warnings about it; never fail.

    Create is not called in preview, so this is one poll by the program. All polls of a preview share 5 s, in which at
    least one of them is under way. The config key `nbcloud:previewPoll` set to false switches them off; warnings about
    conditions are shown in updates too.

    Args:
        gate: the gate, for its row.
        inputs: its inputs, not resolved.
    """
    if isinstance(get_monitor(), MockMonitor):
        # Once it is registered: an error before would leave a half-registered resource behind for the next unit test.
        name = gate.pulumi_resource_name
        _resolved({**inputs, "urn": gate.urn}, lambda known: _refuse(name, known))
        return
    secret = inputs.get("secret_inputs")

    async def say(known: Mapping[str, Any]) -> None:
        # A transformation may have added inputs that the program does not pass; inputs that nobody passed count as
        # unknown here.
        known = {name: value for name, value in known.items() if name in inputs or not _is_unknown(value)}
        secrets = Secrets.of(known, await secret.future() if secret is not None else None)
        try:
            # A gate that is in state may not wait again: its provider knows, and reports it.
            start = None if await gate.id.is_known() else Start.of(known)
            info, warnings = await _lines(known, hidden=secrets.hides_until, start=start)
        except Exception as error:  # a preview must not fail because of information
            info, warnings = f"now: could not poll ({type(error).__name__})", ()
        if info is not None:
            log.info(secrets.text(info), gate)
        for warning in warnings:
            log.warn(secrets.text(warning), gate)

    # In preview the inputs of the engine, which a transformation may have changed. In an update that comes too late.
    given = _registered(gate, inputs) if pulumi.runtime.is_dry_run() else inputs
    _resolved(given, say)


def _registered(gate: pulumi.Resource, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a gate's inputs as the engine has them."""
    outputs = vars(gate)
    given = {name: outputs.get(name, inputs.get(name)) for name in (*WAIT_INPUTS, "custom_timeouts")}
    return {**given, "status_urn": inputs.get("status_urn")}


def _resolved(inputs: Mapping[str, Any], use: Callable[[Mapping[str, Any]], Any]) -> None:
    """Call a function with inputs once they are resolved, with marks for unknown ones."""
    known: pulumi.Output[Any] = pulumi.Output.from_input(dict(inputs))
    known.apply(use, run_with_unknowns=True)  # its result is not needed


def _refuse(name: str, inputs: Mapping[str, Any]) -> None:
    """Raise the problems that Check would find: a unit test has no provider."""
    from pulumi_nbcloud.waiting.spec import parse_spec, spec_error

    _, problems = parse_spec(inputs, _is_unknown)
    if problems:
        raise as_run_error(spec_error(problems, f"gate {name}"))


def _switched_on() -> bool:
    return str(pulumi.runtime.get_config("nbcloud:previewPoll")).lower() != "false"


async def _lines(inputs: Mapping[str, Any], *, hidden: bool, start: Start | None) -> tuple[str | None, tuple[str, ...]]:
    """Return the line of a preview, None for none, and the warnings of a preview or an update."""
    previewing = pulumi.runtime.is_dry_run()
    found = await _findings(inputs, polling=previewing and _switched_on(), hidden=hidden, start=start)
    return previews.with_override(found, _override(inputs) if previewing else (None, None))


def _override(inputs: Mapping[str, Any]) -> tuple[str | None, str | None]:
    from pulumi_nbcloud.settings.overrides import override_of

    now = clock.now()
    urn, overridable = inputs.get("status_urn"), inputs.get("overridable")
    return previews.override_words(inputs, lambda: override_of(urn, overridable, stack_config(), os.environ, now), now)


async def _findings(
    inputs: Mapping[str, Any], *, polling: bool, hidden: bool = False, start: Start | None = None
) -> tuple[str | None, tuple[str, ...]]:
    poll = partial(_poll, hidden=hidden) if polling else None
    return await previews.findings(inputs, poll, _is_unknown, start)


async def _poll(spec: WaitSpec, *, hidden: bool) -> tuple[str, str]:
    from pulumi_nbcloud.waiting.runner import WaitRunner

    config = stack_config()
    program = get_monitor()
    budget = previews.Budget() if program is None else _budgets.setdefault(program, previews.Budget())

    async def poll() -> tuple[str, str]:
        with budget.poll():
            return await WaitRunner(process_reader(program), config).poll(spec, hidden=hidden)

    return await asyncio.wrap_future(portal.submit(poll))


def _is_unknown(value: Any) -> bool:
    return pulumi.output.contains_unknowns(value) or contains_unknown(value)
