"""The command `nbcloud wait`: a gate for a pipeline."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pulumi_nbcloud.cli import options, output, running
from pulumi_nbcloud.cli.exit_codes import ExitCode
from pulumi_nbcloud.cli.output import Format
from pulumi_nbcloud.errors import InputError, NbcloudError, printable

if TYPE_CHECKING:
    from pulumi_nbcloud.cli.report import Report
    from pulumi_nbcloud.waiting.plan import Plan
    from pulumi_nbcloud.waiting.reporting import Reporter

Until = Annotated[
    str | None, typer.Option(metavar="CEL", help="The condition to wait for. [default: that each can be used]")
]
FailOn = Annotated[
    str | None, typer.Option(metavar="CEL", help="A condition that ends the wait, added to the kinds' own.")
]
NoFailOn = Annotated[bool, typer.Option("--no-fail-on", help="Leave the kinds' own failures out.")]
Timeout = Annotated[
    str | None, typer.Option(metavar="DURATION", help="Like 90s or 1h30m; 0 looks once. [default: 30m]")
]
Interval = Annotated[
    str | None, typer.Option(metavar="DURATION", help="The pause between looks. [default: 5s, growing to 30s]")
]
Consecutive = Annotated[
    int | None, typer.Option(metavar="N", help="How many looks in a row must meet the condition. [default: 1]")
]
NotFound = Annotated[
    str | None,
    typer.Option(metavar="wait|fail|met", help="What a look means that does not find a target. [default: wait]"),
]
MaxPollErrors = Annotated[
    int | None, typer.Option(metavar="N", help="How many failed looks in a row end the wait. [default: 10]")
]


@dataclass(frozen=True)
class _Showing:
    """What is shown, and where."""

    shape: Format
    quiet: bool
    junit: Path | None


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
    asked = knobs(
        until=until,
        fail_on=fail_on,
        no_fail_on=no_fail_on,
        timeout=timeout,
        interval=interval,
        consecutive=consecutive,
        not_found=not_found,
        max_poll_errors=max_poll_errors,
    )
    showing = _Showing(output_, quiet, junit_xml)
    running.finish(lambda: _wait(targets, asked, showing, settings, profile), verbose=verbose)


def knobs(*, fail_on: str | None, no_fail_on: bool, **others: Any) -> dict[str, Any]:
    """Gives the conditions and knobs of the command line as `parse_plan` takes them."""
    if fail_on is not None and no_fail_on:
        raise typer.BadParameter("--fail-on and --no-fail-on exclude each other")
    return {**others, "fail_on": False if no_fail_on else fail_on}


def plan_of(targets: list[str], asked: dict[str, Any], profile: str | None) -> Plan:
    """Checks what a wait is asked for, without any request.

    Args:
        targets: as they are typed.
        asked: the conditions and knobs by name; None counts as not given.
        profile: of targets that name none.

    Raises:
        InputError: names everything that cannot be right.
    """
    from pulumi_nbcloud.cli.targets import parse_target
    from pulumi_nbcloud.waiting.plan import parse_plan

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
    plan, problems = parse_plan({**asked, "targets": inputs})
    if plan is None:
        raise InputError("\n".join(problems))
    return plan


def _wait(
    targets: list[str], asked: dict[str, Any], showing: _Showing, settings: Path | None, profile: str | None
) -> ExitCode:
    from pulumi_nbcloud.cli import progress
    from pulumi_nbcloud.cli.report import Report
    from pulumi_nbcloud.cli.sources import config_reader
    from pulumi_nbcloud.reader import Reader
    from pulumi_nbcloud.waiting.process import Waits

    try:
        _check_folder(showing.junit)
        plan = plan_of(targets, asked, profile)
        config = config_reader(settings)
    except NbcloudError as error:
        # Told in every place like any other end: a program that reads one of them must not find nothing.
        return _show(Report.of_error(error, 0.0), ("nbcloud wait",), showing)
    for warning in plan.judge().warnings:
        output.say(f"warning: {warning}")
    reader = Reader()
    waits = Waits(reader, config)
    signalled: list[ExitCode] = []

    def cancel(code: ExitCode) -> None:
        signalled.append(code)
        waits.cancellation.cancel()

    async def work() -> ExitCode:
        started = time.monotonic()
        events = progress.Events()
        try:
            with _progress(plan, showing, events) as reporter:
                report = Report.of_met(await waits.wait(plan, reporter))
        except NbcloudError as error:
            report = Report.of_error(error, time.monotonic() - started, next(iter(signalled), None))
        finally:
            await reader.aclose()
        if showing.shape is Format.JSONL and report.progress is not None:
            # The last look ends a wait without telling a reporter.
            events.changed(report.progress, report.elapsed)
        return _show(report, tuple(plan.kinds), showing)

    return running.run(work, cancel)


def _check_folder(junit: Path | None) -> None:
    """Says now, and not after hours, that a file cannot be written."""
    if junit is not None and not junit.parent.is_dir():
        problem = f"--junit-xml {printable(str(junit), 200)}: there is no such folder"
        raise InputError(problem, hint="create the folder first")


@contextlib.contextmanager
def _progress(plan: Plan, showing: _Showing, events: Reporter) -> Any:
    """Chooses who tells how the wait goes on."""
    from pulumi_nbcloud.cli import github, progress
    from pulumi_nbcloud.waiting.reporting import Silent

    reporters: list[Reporter] = [events] if showing.shape is Format.JSONL else []
    with contextlib.ExitStack() as stack:
        if showing.quiet:
            reporters.append(Silent())
        elif _has_view(showing.shape):
            reporters.append(stack.enter_context(_view(plan)))
        else:
            if github.is_github(os.environ):
                output.say(f"::group::nbcloud wait {', '.join(plan.kinds)}", command=True)
                stack.callback(output.say, "::endgroup::", command=True)
            reporters.append(progress.Lines())
        yield progress.Several(reporters)


def _has_view(shape: Format) -> bool:
    """Whether stderr is a terminal that can be redrawn, and nothing else is written to it meanwhile."""
    from pulumi_nbcloud.cli import github

    if sys.stderr is None or not sys.stderr.isatty() or os.environ.get("TERM") in ("dumb", "unknown"):
        return False
    shared = shape is Format.JSONL and sys.stdout is not None and sys.stdout.isatty()
    return not shared and not github.is_github(os.environ)


def _view(plan: Plan) -> Any:
    from rich.console import Console

    from pulumi_nbcloud.cli.live import View

    return View(Console(stderr=True), tuple(plan.kinds), plan.judge().wanted, plan.timeout)


def _show(report: Report, names: tuple[str, ...], showing: _Showing) -> ExitCode:
    """Tells the result wherever it is wanted; gives the exit code."""
    from pulumi_nbcloud.cli import github

    if report.error is not None:
        output.say(output.error_text(report.error))
        if github.is_github(os.environ):
            output.say(github.annotation(report.error, report.verdict), command=True)
    written = [_written(path, write, report) for path, write in _files(report, names, showing.junit)]
    try:
        for text in _result(report, showing.shape):
            output.result(text)
    except typer.Exit:
        written.append(False)
    # What a wait came to counts for more than where it could not be told.
    return report.exit_code if all(written) or report.exit_code is not ExitCode.MET else ExitCode.OUTPUT


def _result(report: Report, shape: Format) -> Iterator[str]:
    if shape is not Format.TEXT:
        event = {"event": "result"} if shape is Format.JSONL else {}
        yield output.as_json({**event, **report.document()}, indent=None if shape is Format.JSONL else 2)
    elif report.progress is not None:
        # Of an end before the first look there is no more to say than the error did.
        yield report.line


def _files(
    report: Report, names: tuple[str, ...], junit: Path | None
) -> Iterator[tuple[str, Callable[[str, Report], None]]]:
    """The files that a pipeline wants, and what writes each."""
    from pulumi_nbcloud.cli import github

    if junit is not None and junit.parent.is_dir():
        from pulumi_nbcloud.cli.junit import write_junit

        yield str(junit), lambda path, report: write_junit(Path(path), report, names)
    if github.is_github(os.environ):
        for variable, write in (
            ("GITHUB_OUTPUT", github.write_outputs),
            ("GITHUB_STEP_SUMMARY", github.write_summary),
        ):
            if os.environ.get(variable):
                yield os.environ[variable], write


def _written(path: str, write: Callable[[str, Report], None], report: Report) -> bool:
    """Writes one file; says it where that fails, so that the others are written all the same."""
    try:
        write(path, report)
    except OSError as error:
        output.say(f"error: {printable(path, 200)} could not be written: {error.strerror or error}")
        output.say("hint: check the path and the space that is left")
        return False
    return True
