"""Waiting before a resource that one already has is created or updated, by a hook of the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import pulumi
import pulumi.runtime
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_engine, get_monitor

from pulumi_nbcloud.engine import end, status
from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.program import slots
from pulumi_nbcloud.program.inputs import Enforcement, NotFound, Operation, clean, duration_text, settled
from pulumi_nbcloud.program.stack_config import stack_config
from pulumi_nbcloud.program.targets import Target, targets_by_name
from pulumi_nbcloud.reading import portal
from pulumi_nbcloud.reading.reader import process_reader
from pulumi_nbcloud.settings.sources import ConfigReader

if TYPE_CHECKING:
    from pulumi_nbcloud.waiting.report import Reporter
    from pulumi_nbcloud.waiting.runner import WaitRunner

__all__ = ["wait_before"]

OPERATIONS = ("create", "update")

_running: WeakSet[WaitRunner] = WeakSet()


def wait_before(
    name: str | None = None,
    *,
    target: Target | None = None,
    targets: Mapping[str, Target] | None = None,
    until: pulumi.Input[str] | None = None,
    fail_on: pulumi.Input[str | bool] | None = None,
    timeout: pulumi.Input[str] | timedelta | None = None,
    interval: pulumi.Input[str] | timedelta | None = None,
    consecutive: pulumi.Input[int] | None = None,
    not_found: pulumi.Input[NotFound] | None = None,
    max_poll_errors: pulumi.Input[int] | None = None,
    enforcement: pulumi.Input[Enforcement] | None = None,
    before: Sequence[Operation] = ("create",),
) -> pulumi.ResourceHookBinding:
    """Make a hook that holds a resource back until a condition is met: `ResourceOptions(hooks=wait_before(...))`.

    It waits as a gate does, in the program's process, with its status on the row of the resource. It leaves no outputs
    and no outcome in state, so it waits whenever the engine is about to do what it stands before. One Ctrl-C waits for
    its end, two end it.

    Args:
        name: names the hook in messages, once in a program; None to have the engine name it after the resource, which
            also lets several resources share what is returned.
        target: the one thing to poll; conditions call it `self`.
        targets: several things, by the name that conditions call them.
        until: the condition to wait for; None for the kinds' own ("it can be used").
        fail_on: a condition that ends the wait, added to the kinds' own ("it has failed for good"); False for none.
        timeout: see `Gate`; custom timeouts are the resource's own, so they are not honoured. Default 30m.
        interval: the pause between polls; see `Gate`.
        consecutive: how many polls in a row must meet the condition.
        not_found: what a poll means that does not find a target: `wait`, `fail` or `met`; see `Gate`.
        max_poll_errors: how many failed polls in a row end the wait.
        enforcement: `mandatory`, `advisory` or `disabled`; see `Gate`.
        before: what to wait before: `create`, `update` or both.

    Returns:
        The hooks, for the options of a resource.

    Raises:
        InputError: what is known already cannot be right; in preview, too.
    """
    where = f"wait_before {name}" if name else "wait_before"
    asked: dict[str, Any] = {
        "until": until,
        "fail_on": fail_on,
        "timeout": duration_text(timeout),
        "interval": duration_text(interval),
        "consecutive": consecutive,
        "not_found": not_found,
        "max_poll_errors": max_poll_errors,
        "enforcement": enforcement,
    }

    def check() -> dict[str, Any]:
        if isinstance(before, str) or not before or not set(before) <= set(OPERATIONS):
            raise InputError(
                f"{where}: before must be some of {', '.join(OPERATIONS)}", hint='write it like before=("create",)'
            )
        return _checked(where, {"targets": targets_by_name(where, target, targets), **asked})

    given = clean(check)
    if isinstance(get_monitor(), MockMonitor):
        return pulumi.ResourceHookBinding()  # unit tests have no engine that could call a hook
    slots.declare()
    # Taken now, in the program's own context: a hook is called outside of it.
    config = stack_config()
    engine = get_engine()

    async def wait(args: pulumi.ResourceHookArgs) -> None:
        known = await pulumi.Output.from_input(given).future()
        await _wait(where, known or {}, config, status.GateReporter(args.urn, engine))

    hook: Any = pulumi.ResourceHook(name, wait) if name else wait
    return pulumi.ResourceHookBinding(**{f"before_{operation}": [hook] for operation in before})


def _checked(where: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Check what is known already; return the inputs that were given."""
    from pulumi_nbcloud.waiting.spec import parse_spec

    given = {name: settled(value) for name, value in inputs.items() if value is not None}
    plan, problems = parse_spec(given, lambda value: isinstance(value, pulumi.Output))
    if problems:
        raise _refusal(where, problems)
    for warning in plan.evaluator().warnings if plan else ():
        pulumi.log.warn(f"{where}: {warning}")
    return given


def _refusal(where: str, problems: Sequence[str]) -> InputError:
    """Return all problems at once, the hint of the last of them as its own."""
    text, _, hint = "\n".join((f"{where}: {problems[0]}", *problems[1:])).rpartition("\nhint: ")
    return InputError(text or hint, hint=hint if text else None)


async def _wait(where: str, inputs: Mapping[str, Any], config: ConfigReader, reporter: Reporter) -> None:
    from pulumi_nbcloud.waiting.runner import WaitRunner
    from pulumi_nbcloud.waiting.spec import parse_spec

    plan, problems = parse_spec(inputs)
    if plan is None:
        raise _refusal(where, problems or ["its inputs are not known\nhint: give it inputs that are"])
    ready = plan

    async def run() -> None:
        waits = WaitRunner(process_reader(), config)
        _running.add(waits)
        end.when_gone(_cancel)
        await waits.enforce(ready, reporter)

    await asyncio.wrap_future(portal.submit(run))


def _cancel() -> None:
    """End the waits of a program whose engine is gone: nobody else would."""

    async def cancel() -> None:
        for waits in _running:
            waits.cancellation.cancel()

    portal.call(cancel)
