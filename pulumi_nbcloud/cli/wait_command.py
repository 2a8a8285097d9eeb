"""The command `nbcloud wait`: a gate for a pipeline."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pulumi_nbcloud.cli import options, output, running
from pulumi_nbcloud.cli.ending import Ending
from pulumi_nbcloud.cli.exit_codes import ExitCode
from pulumi_nbcloud.cli.output import Format
from pulumi_nbcloud.errors import InputError, NbcloudError

if TYPE_CHECKING:
    from pulumi_nbcloud.waiting.report import Reporter
    from pulumi_nbcloud.waiting.spec import WaitSpec

Until = Annotated[
    str | None, typer.Option(metavar="CEL", help="The condition to wait for. [default: that each can be used]")
]
FailOn = Annotated[
    str | None, typer.Option(metavar="CEL", help="A condition that ends the wait, added to the kinds' own.")
]
NoFailOn = Annotated[bool, typer.Option("--no-fail-on", help="Leave the kinds' own failures out.")]
Timeout = Annotated[
    str | None, typer.Option(metavar="DURATION", help="Like 90s or 1h30m; 0 polls once. [default: 30m]")
]
Interval = Annotated[
    str | None, typer.Option(metavar="DURATION", help="The pause between polls. [default: 5s, growing to 30s]")
]
Consecutive = Annotated[
    int | None, typer.Option(metavar="N", help="How many polls in a row must meet the condition. [default: 1]")
]
NotFound = Annotated[
    str | None,
    typer.Option(metavar="wait|fail|met", help="What a poll means that does not find a target. [default: wait]"),
]
MaxPollErrors = Annotated[
    int | None, typer.Option(metavar="N", help="How many failed polls in a row end the wait. [default: 10]")
]


def wait(
    targets: Annotated[list[str], typer.Argument(metavar="[NAME=]KIND/ID...", help="Several need a NAME each.")],
    until: Until = None,
    fail_on: FailOn = None,
    no_fail_on: NoFailOn = False,
    timeout: Timeout = None,
    interval: Interval = None,
    consecutive: Consecutive = None,
    not_found: NotFound = None,
    max_poll_errors: MaxPollErrors = None,
    output_: Annotated[
        Format, typer.Option("--output", help="text, json, or jsonl: a line for each change, then the result.")
    ] = Format.TEXT,
    junit_xml: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a JUnit file, one case a target.")
    ] = None,
    settings: options.SettingsOption = None,
    profile: options.ProfileOption = None,
    quiet: options.QuietOption = False,
    verbose: options.VerboseOption = False,
) -> None:
    """Wait until a condition over one or several things is met.

    A single target is called self in conditions. The result goes to stdout, progress to stderr. In GitHub Actions the
    step gets a group, an annotation, outputs and a summary. Exit codes: nbcloud help exit-codes.
    """
    options.set_verbose(verbose)
    ending = Ending(output_, junit_xml)

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
        return _wait(plan_of(targets, asked, profile), ending, settings, quiet)

    running.finish(work, verbose=verbose, notify=ending.without_a_wait)


def wait_options(*, fail_on: str | None, no_fail_on: bool, **others: Any) -> dict[str, Any]:
    """Return the conditions and options of the command line as `parse_spec` takes them; raise InputError."""
    if fail_on is not None and no_fail_on:
        raise InputError("--fail-on and --no-fail-on exclude each other", hint="leave one of them out")
    return {**others, "fail_on": False if no_fail_on else fail_on}


def plan_of(targets: list[str], asked: dict[str, Any], profile: str | None) -> WaitSpec:
    """Check what a wait is asked for, without any request.

    Args:
        targets: as they are typed.
        asked: the conditions and options by name; None counts as not given.
        profile: of targets that name none.

    Raises:
        InputError: names everything that cannot be right.
    """
    from pulumi_nbcloud.cli.targets import parse_target
    from pulumi_nbcloud.waiting.spec import parse_spec

    parsed = [parse_target(each) for each in targets]
    if len(parsed) > 1 and any(each.name is None for each in parsed):
        raise InputError("several targets need a name each", hint="write NAME=KIND/ID; conditions call them by name")
    names = [each.name or "self" for each in parsed]
    if len(set(names)) < len(names):
        raise InputError("two targets have the same name", hint="give each a name of its own")
    inputs = {
        name: {"kind": each.kind.token, **options.with_profile(each, profile)}
        for name, each in zip(names, parsed, strict=True)
    }
    plan, problems = parse_spec({**asked, "targets": inputs})
    if plan is None:
        problem, _, hint = "\n".join(problems).rpartition("\nhint: ")
        raise InputError(problem, hint=hint)
    return plan


def _wait(plan: WaitSpec, ending: Ending, settings: Path | None, quiet: bool) -> ExitCode:
    from pulumi_nbcloud.cli import progress
    from pulumi_nbcloud.cli.report import Report
    from pulumi_nbcloud.cli.sources import config_reader
    from pulumi_nbcloud.reading.reader import Reader
    from pulumi_nbcloud.waiting.runner import WaitRunner

    ending.check()
    config = config_reader(settings)
    for warning in plan.evaluator().warnings:
        output.say(f"warning: {warning}")
    reader = Reader()
    waits = WaitRunner(reader, config)
    signalled: list[ExitCode] = []

    def cancel(code: ExitCode) -> None:
        signalled.append(code)
        waits.cancellation.cancel()

    async def work() -> Report:
        started = time.monotonic()
        events = progress.Events(ending.write)
        try:
            with _progress(plan, ending.shape, quiet, events) as reporter:
                report = Report.of_met(await waits.wait(plan, reporter))
        except NbcloudError as error:
            report = Report.of_error(error, time.monotonic() - started, next(iter(signalled), None))
        finally:
            await reader.aclose()
        if ending.shape is Format.JSONL and report.progress is not None:
            # The last poll ends a wait without telling a reporter.
            events.changed(report.progress, report.elapsed)
        return report

    def show(report: Report) -> None:
        if report.error is not None:
            output.say(output.error_text(report.error))
        ending.show(report, tuple(plan.kinds))

    return ending.code(running.run(work, cancel, show))


@contextlib.contextmanager
def _progress(plan: WaitSpec, shape: Format, quiet: bool, events: Reporter) -> Any:
    """Choose who tells how the wait goes on."""
    from pulumi_nbcloud.cli import github, progress
    from pulumi_nbcloud.waiting.report import Silent

    reporters: list[Reporter] = [events] if shape is Format.JSONL else []
    with contextlib.ExitStack() as stack:
        if quiet:
            reporters.append(Silent())
        elif _has_view(shape):
            reporters.append(stack.enter_context(_view(plan)))
        else:
            if github.is_github(os.environ):
                output.say(f"::group::nbcloud wait {', '.join(plan.kinds)}", command=True)
                stack.callback(output.say, "::endgroup::", command=True)
            reporters.append(progress.Lines())
        yield progress.Several(reporters)


def _has_view(shape: Format) -> bool:
    """Return whether stderr is a terminal that can be redrawn, and nothing else is written to it meanwhile."""
    from pulumi_nbcloud.cli import github

    if sys.stderr is None or not sys.stderr.isatty() or os.environ.get("TERM") in ("dumb", "unknown"):
        return False
    shared = shape is Format.JSONL and sys.stdout is not None and sys.stdout.isatty()
    return not shared and not github.is_github(os.environ)


def _view(plan: WaitSpec) -> Any:
    from rich.console import Console

    from pulumi_nbcloud.cli.live import View

    return View(Console(stderr=True), tuple(plan.kinds), plan.evaluator().expected, plan.timeout)
