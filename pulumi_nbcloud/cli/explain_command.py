"""The command `nbcloud explain`: what a wait would use and ask, without asking it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pulumi_nbcloud.cli import options, output, running
from pulumi_nbcloud.cli.exit_codes import ExitCode
from pulumi_nbcloud.cli.wait_command import (
    Consecutive,
    FailOn,
    Interval,
    MaxPollErrors,
    NoFailOn,
    NotFound,
    Timeout,
    Until,
    plan_of,
    wait_options,
)
from pulumi_nbcloud.printable import printable

if TYPE_CHECKING:
    from pulumi_nbcloud.kinds.kind import Kind
    from pulumi_nbcloud.settings.sources import ConfigReader
    from pulumi_nbcloud.waiting.schedule import Schedule
    from pulumi_nbcloud.waiting.spec import WaitSpec

POLLS_SHOWN = 6


def explain(
    targets: Annotated[list[str], typer.Argument(metavar="[NAME=]KIND/ID...", help="As for nbcloud wait.")],
    until: Until = None,
    fail_on: FailOn = None,
    no_fail_on: NoFailOn = False,
    timeout: Timeout = None,
    interval: Interval = None,
    consecutive: Consecutive = None,
    not_found: NotFound = None,
    max_poll_errors: MaxPollErrors = None,
    settings: options.SettingsOption = None,
    profile: options.ProfileOption = None,
    verbose: options.VerboseOption = False,
) -> None:
    """Show what a wait would use and ask: settings, URLs, conditions, the schedule. Nothing is sent."""
    options.set_verbose(verbose)

    def work() -> ExitCode:
        asked = wait_options(
            until=until,
            fail_on=fail_on,
            no_fail_on=no_fail_on,
            timeout=timeout,
            interval=interval,
            consecutive=consecutive,
            not_found=not_found,
            max_poll_errors=max_poll_errors,
        )
        return _explain(plan_of(targets, asked, profile), settings)

    running.finish(work, verbose=verbose)


def _explain(plan: WaitSpec, settings: Path | None) -> ExitCode:
    from pulumi_nbcloud.cli.sources import config_reader

    config = config_reader(settings)
    for section in (_targets(plan, config), _conditions(plan), _schedule(plan)):
        for line in section:
            output.result(line)
    return ExitCode.MET


def _targets(plan: WaitSpec, config: ConfigReader) -> Iterator[str]:
    from pulumi_nbcloud.settings.resolve import resolve

    shown = set()
    for name, kind in plan.kinds.items():
        arguments = plan.arguments[name]
        yield f"{name}: {kind.token} {kind.identify(arguments)}"
        found = resolve(kind.account.schema, arguments.profile, config, dict(os.environ))
        yield f"  asks {_request(kind, arguments, config)}"
        account = (kind.cloud, arguments.profile)
        if account in shown:
            continue
        shown.add(account)
        yield f"  settings of {kind.cloud}" + (f", profile {arguments.profile}" if arguments.profile else "")
        for key, value in found.values.items():
            yield f"    {key} = {printable(kind.account.schema.shown(key, value))}  from {found.origin[key]}"
        for each in found.passed_over:
            yield f"    passed over: {each.name}, because {each.reason}"


class _Asked(Exception):
    """What a read would have sent."""


class _DryAccount:
    """Stands for an account in a read, up to the moment where it would send something."""

    def __init__(self, account: Any) -> None:
        self._account = account

    def __getattr__(self, name: str) -> Any:
        return getattr(self._account, name)

    async def get(self, target: str) -> Any:
        await self.send("GET", target)

    async def send(self, method: str, target: str, body: bytes = b"") -> Any:
        origin = self._account.endpoint
        raise _Asked(f"{method} {origin}{target}")


def _request(kind: Kind[Any, Any, Any], arguments: Any, config: ConfigReader) -> str:
    import anyio

    from pulumi_nbcloud.reading.reader import Reader

    async def read() -> str:
        reader = Reader()
        try:
            await kind.read(_DryAccount(reader.account(kind, arguments.profile, config)), arguments)
        except _Asked as asked:
            return str(asked)
        finally:
            await reader.aclose()
        return "nothing"

    return anyio.run(read)


def _conditions(plan: WaitSpec) -> Iterator[str]:
    from pulumi_nbcloud.condition import compile_condition
    from pulumi_nbcloud.condition.outline import outline

    yield "waits until"
    if plan.until is not None:
        for line in outline(compile_condition(plan.until, plan.kinds)):
            yield f"  {line}"
    else:
        for name, kind in plan.kinds.items():
            yield f"  {name}: {kind.ready}  (default of {kind.token})"
    yield "ends as failed if"
    if isinstance(plan.fail_on, str):
        for line in outline(compile_condition(plan.fail_on, plan.kinds, name="fail_on")):
            yield f"  {line}"
    for name, kind in plan.kinds.items():
        for failure in () if plan.fail_on is False else kind.failed:
            polls = f", {failure.polls} polls in a row" if failure.polls > 1 else ""
            yield f"  {name}: {failure.condition}  (default of {kind.token}{polls})"


def _schedule(plan: WaitSpec) -> Iterator[str]:
    from pulumi_nbcloud.waiting.duration import spell
    from pulumi_nbcloud.waiting.schedule import JITTER, Schedule

    given = plan.schedule()
    polls, count = planned_polls(Schedule(given.start, given.cap, random=lambda: 0.5), plan.timeout)
    shown = ", ".join(spell(round(each)) for each in polls[:POLLS_SHOWN])
    yield f"polls {shown}" + (f", ... {spell(plan.timeout)}" if count > POLLS_SHOWN else "")
    yield f"  {count} polls if nothing changes; each pause may be {JITTER:.0%} shorter or longer"
    rules = plan.rules
    met = f"met after {rules.consecutive} poll{'s in a row' if rules.consecutive > 1 else ''}"
    yield f"  {met}; not found: {rules.not_found}; {rules.max_poll_errors} failed polls in a row end it"


def planned_polls(schedule: Schedule, timeout: float) -> tuple[list[float], int]:
    """Say when a wait polls, if nothing changes.

    Args:
        schedule: without jitter.
        timeout: in seconds; the last poll is then.

    Returns:
        When the first polls are, in seconds, and how many there are: once pauses grow no more, the rest is counted
        and not walked through.
    """
    # In whole nanoseconds: with 38.9 s a sum of fractions would miss the timeout by less than anybody can measure, and
    # count one poll more.
    end = _nanoseconds(timeout)
    polls, pause = [0], _nanoseconds(schedule.cap)
    while polls[-1] < end and (len(polls) <= POLLS_SHOWN or schedule.base < schedule.cap):
        polls.append(min(end, polls[-1] + _nanoseconds(schedule.next())))
    rest = -((polls[-1] - end) // pause)
    return [each / 1e9 for each in polls], len(polls) + rest


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1e9)
