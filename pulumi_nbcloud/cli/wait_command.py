"""The command `nbcloud wait`: a gate for a pipeline."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pulumi_nbcloud.cli import options, output, overriding, resume, running
from pulumi_nbcloud.cli.ending import Ending
from pulumi_nbcloud.cli.exit_codes import ExitCode
from pulumi_nbcloud.cli.output import Format
from pulumi_nbcloud.cli.resume import Resume
from pulumi_nbcloud.cli.wait_options import WaitInputs, flags_of, spec_of, takes_wait_options
from pulumi_nbcloud.errors import NbcloudError

if TYPE_CHECKING:
    from pulumi_nbcloud.cli.report import Report
    from pulumi_nbcloud.reading.reader import Reader
    from pulumi_nbcloud.settings.overrides import Override
    from pulumi_nbcloud.waiting.keeper import Keeper
    from pulumi_nbcloud.waiting.listeners import Listener
    from pulumi_nbcloud.waiting.report import Reporter
    from pulumi_nbcloud.waiting.runner import WaitRunner
    from pulumi_nbcloud.waiting.spec import WaitSpec


@takes_wait_options
def wait(
    targets: Annotated[list[str], typer.Argument(metavar="[NAME=]KIND/ID...", help="Several need a NAME each.")],
    inputs: WaitInputs,
    output_: Annotated[
        Format,
        typer.Option(
            "--output", "-o", metavar="FORMAT", help="text, json, or jsonl: a line for each change, then the result."
        ),
    ] = Format.TEXT,
    junit_xml: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a JUnit file: a case a target, or one for --until over several."),
    ] = None,
    override: overriding.ReasonOption = None,
    override_until: overriding.UntilOption = None,
    resume_file: resume.FileOption = None,
    resume_key: resume.KeyOption = None,
    settings: options.SettingsOption = None,
    profile: options.ProfileOption = None,
    history: options.HistoryOption = None,
    quiet: options.QuietOption = False,
    verbose: options.VerboseOption = False,
) -> None:
    """Wait until a condition over one or several things is met.

    A single target is called self in conditions. The result goes to stdout, progress to stderr. In GitHub Actions the
    step gets a group, an annotation, outputs and a summary. Exit codes: nbcloud help exit-codes.
    """
    options.set_verbose(verbose)
    ending = Ending(output_, junit_xml)
    others = {
        "--output": None if output_ is Format.TEXT else output_.value,
        "--junit-xml": junit_xml,
        "--resume": resume_file,
        "--resume-key": resume_key,
        "--settings": settings,
        "--profile": profile,
        "--history": history,
        "--quiet": quiet,
        "--verbose": verbose,
    }
    kept = Resume(resume_file, resume_key, resume.command_line(targets, {**flags_of(inputs), **others}))

    def work() -> ExitCode:
        kept.check(inputs["hold"])
        spec = spec_of(targets, inputs, profile)
        overridden = overriding.override_of(override, override_until, spec)
        return _wait(spec, ending, settings, history, kept, overridden, quiet)

    running.finish(work, verbose=verbose, notify=ending.without_a_wait)


@dataclass(frozen=True)
class _Parts:
    """The parts of a wait of the command; see `waiting.runner` and `cli.ending`."""

    ending: Ending
    reader: Reader
    runner: WaitRunner
    listeners: tuple[Listener, ...]
    kept: Resume
    override: Override | None
    quiet: bool


def _wait(
    spec: WaitSpec,
    ending: Ending,
    settings: Path | None,
    history: Path | None,
    kept: Resume,
    override: Override | None,
    quiet: bool,
) -> ExitCode:
    from pulumi_nbcloud.cli.listeners import flush, listeners_of, origin_of
    from pulumi_nbcloud.cli.report import Report
    from pulumi_nbcloud.cli.sources import config_reader
    from pulumi_nbcloud.reading.reader import Reader
    from pulumi_nbcloud.waiting.report import Silent
    from pulumi_nbcloud.waiting.runner import WaitRunner

    ending.check()
    config = config_reader(settings)
    for warning in spec.warnings:
        output.say(f"warning: {warning}")
    reader = Reader()
    listeners = listeners_of(history)
    runner = WaitRunner(reader, config, listeners=listeners)
    if spec.options.enforcement == "disabled":
        if listeners:
            running.run(lambda: runner.enforce(spec, Silent(), origin_of(spec)))
            flush(listeners)
        report = Report.of_disabled()
        ending.show(report, tuple(spec.kinds))
        return ending.code(report)
    with kept.opened(spec, quiet) as keeper:
        return ending.code(_waited(spec, keeper, _Parts(ending, reader, runner, listeners, kept, override, quiet)))


def _waited(spec: WaitSpec, keeper: Keeper | None, parts: _Parts) -> Report:
    """Wait, and show the outcome."""
    from pulumi_nbcloud.cli import progress
    from pulumi_nbcloud.cli.listeners import flush, origin_of
    from pulumi_nbcloud.cli.report import Report

    ending, runner = parts.ending, parts.runner
    signalled: list[ExitCode] = []

    def cancel(code: ExitCode) -> None:
        signalled.append(code)
        runner.cancellation.cancel()

    async def work() -> Report:
        started = time.monotonic()
        events = progress.Events(ending.write)
        try:
            with _progress(spec, ending.shape, parts.quiet, events, keeper) as reporter:
                report = Report.of_met(await runner.wait(spec, reporter, origin_of(spec), keeper, parts.override))
        except NbcloudError as error:
            parts.kept.explain(error, keeper)
            overriding.explain(error, parts.override)
            report = Report.of_error(error, time.monotonic() - started, next(iter(signalled), None))
        finally:
            await parts.reader.aclose()
        if ending.shape is Format.JSONL and report.progress is not None:
            # The last poll ends a wait without a call to its reporter.
            events.changed(report.progress, report.elapsed)
        return report.under(spec.options.enforcement).kept_by(keeper)

    def show(report: Report) -> None:
        if report.error is not None:
            output.say(report.text)
        ending.show(report, tuple(spec.kinds))
        flush(parts.listeners)

    return running.run(work, cancel, show)


@contextlib.contextmanager
def _progress(spec: WaitSpec, shape: Format, quiet: bool, events: Reporter, keeper: Keeper | None) -> Any:
    """Select the reporter of the progress."""
    from pulumi_nbcloud.cli import github, progress

    reporters: list[Reporter] = [events] if shape is Format.JSONL else []
    with contextlib.ExitStack() as stack:
        if quiet:
            reporters.append(progress.Quiet())
        elif _has_view(shape):
            reporters.append(stack.enter_context(_view(spec, keeper.before() if keeper is not None else 0.0)))
        else:
            if github.is_github(os.environ):
                output.say(f"::group::nbcloud wait {', '.join(spec.kinds)}", command=True)
                stack.callback(output.say, "::endgroup::", command=True)
            reporters.append(progress.Lines())
        reporter = progress.Several(reporters)
        if keeper is not None and not quiet:
            # Events of its file are shown with the wait.
            keeper.warn = reporter.warning
        yield reporter


def _has_view(shape: Format) -> bool:
    """Return whether stderr is a terminal that can be redrawn, and nothing else is written to it meanwhile."""
    from pulumi_nbcloud.cli import github

    if sys.stderr is None or not sys.stderr.isatty() or os.environ.get("TERM") in ("dumb", "unknown"):
        return False
    shared = shape is Format.JSONL and sys.stdout is not None and sys.stdout.isatty()
    return not shared and not github.is_github(os.environ)


def _view(spec: WaitSpec, elapsed: float) -> Any:
    from rich.console import Console

    from pulumi_nbcloud.cli.live import View

    console, names = Console(stderr=True), tuple(spec.kinds)
    return View(console, names, spec.conditions.expected, spec.options.timeout, elapsed=elapsed)
