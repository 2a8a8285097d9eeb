"""What a gate says in the program: its `now:` line in preview, and warnings about its conditions."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import anyio
import pulumi
import pulumi.runtime
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from pulumi_nbcloud.engine import log
from pulumi_nbcloud.engine.values import contains_unknown
from pulumi_nbcloud.errors import NbcloudError
from pulumi_nbcloud.program.stack_config import stack_config
from pulumi_nbcloud.reading import portal
from pulumi_nbcloud.reading.reader import process_reader

if TYPE_CHECKING:
    from pulumi_nbcloud.waiting.spec import WaitSpec

BUDGET_SECONDS = 5.0
ASKED_WHEN = "(asked when this gate is created or updated)"


class Budget:
    """How long one preview may poll, all its gates together: time in which none of them polls costs nothing."""

    def __init__(self) -> None:
        self._spent = 0.0
        self._polls = 0
        self._since = 0.0

    @contextmanager
    def poll(self) -> Iterator[None]:
        """Spend the budget until the block ends; several polls at the same time spend it once.

        Raises:
            TimeoutError: it is spent.
        """
        now = anyio.current_time()
        if not self._polls:
            self._since = now
        remaining = BUDGET_SECONDS - self._spent - (now - self._since)
        if remaining <= 0:
            raise TimeoutError
        self._polls += 1
        try:
            with anyio.fail_after(remaining):
                yield
        finally:
            self._polls -= 1
            if not self._polls:
                self._spent += anyio.current_time() - self._since


# By the program: several previews may run in one process, one after the other or at the same time.
_budgets: WeakKeyDictionary[object, Budget] = WeakKeyDictionary()


def announce(gate: pulumi.Resource, inputs: Mapping[str, Any]) -> None:
    """Show on a gate's row what its condition would find now, and what is doubtful about it; never fail.

    Create is not called in preview, so this is one poll by the program. All polls of a preview share 5 s, in which at
    least one of them is under way. The config key `nbcloud:previewPoll` set to false switches them off; warnings about
    conditions are shown in updates too.

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
            log.info(info, gate)
        for warning in warnings:
            log.warn(warning, gate)

    known: pulumi.Output[Any] = pulumi.Output.from_input(dict(inputs))
    known.apply(say, run_with_unknowns=True)  # type: ignore[arg-type]  # its result is of no use


def _switched_on() -> bool:
    return str(pulumi.runtime.get_config("nbcloud:previewPoll")).lower() != "false"


async def _findings(inputs: Mapping[str, Any], *, polling: bool) -> tuple[str | None, tuple[str, ...]]:
    from pulumi_nbcloud.waiting.spec import parse_spec

    spec, problems = parse_spec(inputs, _is_unknown)
    if problems:
        return None, ()  # Check refuses them, with the same words
    if spec is None or any(name not in spec.arguments for name in spec.kinds):
        return ("now: not known yet, because not all of the gate's inputs are" if polling else None), ()
    warnings = spec.conditions.warnings
    if spec.options.enforcement == "disabled":
        return ("now: not polled, because enforcement is 'disabled'" if polling else None), warnings
    if not polling:
        return None, warnings
    try:
        observed, meaning = await _poll(spec)
    except NbcloudError as error:
        return f"now: could not poll: {error.problem} {ASKED_WHEN}", warnings
    except TimeoutError:
        return f"now: not polled within the preview's {BUDGET_SECONDS:g} s {ASKED_WHEN}", warnings
    return f"now: {observed}; {meaning} {ASKED_WHEN}", warnings


async def _poll(spec: WaitSpec) -> tuple[str, str]:
    from pulumi_nbcloud.waiting.runner import WaitRunner

    config = stack_config()
    program = get_monitor()
    budget = Budget() if program is None else _budgets.setdefault(program, Budget())

    async def poll() -> tuple[str, str]:
        with budget.poll():
            return await WaitRunner(process_reader(program), config).poll(spec)

    return await asyncio.wrap_future(portal.submit(poll))


def _is_unknown(value: Any) -> bool:
    return pulumi.output.contains_unknowns(value) or contains_unknown(value)
