"""The command `nbcloud explain`: show the settings and requests of a wait, without sending any."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pulumi_nbcloud.cli import options, output, running, terminal
from pulumi_nbcloud.cli.exit_codes import ExitCode
from pulumi_nbcloud.cli.wait_options import WaitInputs, spec_of, takes_wait_options
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.waiting.options import OPTIONS

if TYPE_CHECKING:
    from pulumi_nbcloud.kinds.kind import Kind
    from pulumi_nbcloud.settings.sources import ConfigReader
    from pulumi_nbcloud.waiting.options import WaitOptions
    from pulumi_nbcloud.waiting.schedule import Schedule
    from pulumi_nbcloud.waiting.spec import WaitSpec

POLLS_SHOWN = 6


@takes_wait_options
def explain(
    targets: Annotated[list[str], typer.Argument(metavar="[NAME=]KIND/ID...", help="As for nbcloud wait.")],
    inputs: WaitInputs,
    settings: options.SettingsOption = None,
    profile: options.ProfileOption = None,
    verbose: options.VerboseOption = False,
) -> None:
    """Show what a wait would use and send, without sending it.

    That is the settings and their sources, the URLs, the conditions and the schedule.
    """
    options.set_verbose(verbose)

    running.finish(lambda: _explain(spec_of(targets, inputs, profile), settings), verbose=verbose)


def _explain(spec: WaitSpec, settings: Path | None) -> ExitCode:
    from pulumi_nbcloud.cli.layout import hang
    from pulumi_nbcloud.cli.sources import config_reader

    config = config_reader(settings)
    for warning in spec.warnings:
        output.say(f"warning: {warning}")
    shown_on = terminal.of_stdout()
    for line in chain(_targets(spec, config), _conditions(spec), _schedule(spec)):
        for part in [line] if shown_on is None else hang(line, shown_on.columns):
            output.result(part)
    return ExitCode.MET


def _targets(spec: WaitSpec, config: ConfigReader) -> Iterator[str]:
    from pulumi_nbcloud.http.proxy import unused_variable
    from pulumi_nbcloud.settings.resolve import resolve

    shown = set()
    for name, kind in spec.kinds.items():
        arguments = spec.arguments[name]
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
        unused = unused_variable(found.values.get("proxy"))
        if unused is not None:
            yield f"    {unused} is set, and is not used: set proxy if it is the only way out"


def _request(kind: Kind[Any, Any, Any], arguments: Any, config: ConfigReader) -> str:
    import anyio

    from pulumi_nbcloud.reading.reader import Reader
    from pulumi_nbcloud.reading.unsent import first_request

    async def read() -> str:
        reader = Reader()
        try:
            account: Any = reader.account(kind, arguments.profile, config)
            found = await first_request(kind, account, arguments)
        finally:
            await reader.aclose()
        if found is None:
            return "nothing"
        method, target = found
        return f"{method} {account.endpoint}{target}"

    return anyio.run(read)


def _conditions(spec: WaitSpec) -> Iterator[str]:
    from pulumi_nbcloud.condition.conditions import AnyTarget
    from pulumi_nbcloud.condition.outline import outline
    from pulumi_nbcloud.waiting.duration import spell

    conditions = spec.conditions
    yield "waits until"
    for line in outline(conditions.until) if conditions.until else ():
        yield f"  {line}"
    for each in conditions.each:
        yield _named(spec, each.target, conditions.name)
    yield "ends as failed if"
    if isinstance(conditions.fail_on, AnyTarget):
        for each in conditions.fail_on.each:
            yield _named(spec, each.target, conditions.fail_on.name)
    elif conditions.fail_on:
        for line in outline(conditions.fail_on):
            yield f"  {line}"
    for each in conditions.failures:
        held = f", once it has held for {spell(each.holds_for)}" if each.holds_for else ""
        yield f"  {each.target}: {each.own_text}  (default of {spec.kinds[each.target].token}{held})"
    if not conditions.fail_on and not conditions.failures:
        yield "  nothing: no failure counts"


def _named(spec: WaitSpec, target: str, name: str | None) -> str:
    kind = spec.kinds[target]
    return f"  {target}: {kind.conditions[name or 'ready'].text}  ({name or 'default'} of {kind.token})"


def _schedule(spec: WaitSpec) -> Iterator[str]:
    from pulumi_nbcloud.waiting.duration import spell
    from pulumi_nbcloud.waiting.schedule import JITTER, Schedule

    schedule, timeout = spec.schedule(), spec.options.timeout
    hold = timeout if spec.options.hold is None else spec.options.hold
    in_a_run, timeout = (" in each run" if hold < timeout else ""), min(timeout, hold)
    polls, count = planned_polls(Schedule(schedule.start, schedule.cap, random=lambda: 0.5), timeout)
    first = ", ".join(spell(round(each)) for each in polls[:POLLS_SHOWN])
    yield f"polls {first}" + (f", ... {spell(timeout)}" if count > POLLS_SHOWN else "")
    yield f"  {count} polls{in_a_run} if nothing changes; each pause may be {JITTER:.0%} shorter or longer"
    yield f"  {'; '.join(_options(spec.options).values())}"


def _options(options: WaitOptions) -> dict[str, str]:
    """Return a short meaning of each option, by its name."""
    from pulumi_nbcloud.waiting.duration import spell

    given = ((each.name, each.explain, getattr(options, each.name)) for each in OPTIONS)
    explained = ((name, explain(value)) for name, explain, value in given if explain and value is not None)
    texts = {name: text for name, text in explained if text}
    if "holds_for" in texts:
        # One sentence for both: a condition that must persist is never met by one poll.
        polls = texts.pop("consecutive")
        if options.consecutive > 1 and options.holds_for is not None:
            texts["holds_for"] = f"{polls}, once it has held for {spell(options.holds_for)}"
    return texts


def planned_polls(schedule: Schedule, timeout: float) -> tuple[list[float], int]:
    """Return the times of the polls of a wait without changes.

    Args:
        schedule: without jitter.
        timeout: the time of the last poll, in seconds.

    Returns:
        The times of the first polls in seconds, and the number of all polls: once pauses stop growing, the rest is
        counted, not enumerated.
    """
    # In integer nanoseconds: with 38.9 s, a sum of floats would miss the timeout by an unmeasurable difference, and
    # count one poll more.
    end = _nanoseconds(timeout)
    polls, pause = [0], _nanoseconds(schedule.cap)
    while polls[-1] < end and (len(polls) <= POLLS_SHOWN or schedule.base < schedule.cap):
        polls.append(min(end, polls[-1] + _nanoseconds(schedule.next())))
    rest = -((polls[-1] - end) // pause)
    return [each / 1e9 for each in polls], len(polls) + rest


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1e9)
