"""The command `nbcloud wait`: a gate for a pipeline."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pulumi_nbcloud.cli import options, output, running
from pulumi_nbcloud.cli.ending import Ending
from pulumi_nbcloud.cli.exit_codes import ExitCode
from pulumi_nbcloud.cli.output import Format
from pulumi_nbcloud.cli.wait_options import WaitInputs, spec_of, takes_wait_options
from pulumi_nbcloud.errors import InputError, NbcloudError

if TYPE_CHECKING:
    from pulumi_nbcloud.settings.overrides import Override
    from pulumi_nbcloud.waiting.report import Reporter
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
    override: Annotated[
        str | None,
        typer.Option(
            metavar="REASON", help="Let the wait pass, as overridden, if the cloud gives no usable response; say why."
        ),
    ] = None,
    override_until: Annotated[
        str | None, typer.Option(metavar="TIME", help="When that ends, in RFC 3339, at most 24 hours ahead.")
    ] = None,
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

    def work() -> ExitCode:
        spec = spec_of(targets, inputs, profile)
        overridden = _override(override, override_until, spec)
        return _wait(spec, ending, settings, history, quiet, overridden)

    running.finish(work, verbose=verbose, notify=ending.without_a_wait)


def _override(reason: str | None, until: str | None, spec: WaitSpec) -> Override | None:
    """Check the flags of an override."""
    from pulumi_nbcloud.settings.overrides import override_of_flags

    override = override_of_flags(reason, until, datetime.now(timezone.utc))
    if override is not None and spec.options.enforcement == "disabled":
        raise InputError("--override has no effect with --enforcement disabled", hint="leave one of them out")
    return override


def _wait(
    spec: WaitSpec, ending: Ending, settings: Path | None, history: Path | None, quiet: bool, override: Override | None
) -> ExitCode:
    from pulumi_nbcloud.cli import progress
    from pulumi_nbcloud.cli.listeners import flush, listeners_of, origin_of
    from pulumi_nbcloud.cli.report import Report
    from pulumi_nbcloud.cli.sources import config_reader
    from pulumi_nbcloud.reading.reader import Reader
    from pulumi_nbcloud.waiting.overriding import with_flags
    from pulumi_nbcloud.waiting.report import Silent
    from pulumi_nbcloud.waiting.runner import WaitRunner

    ending.check()
    config = config_reader(settings)
    for warning in spec.warnings:
        output.say(f"warning: {warning}")
    enforcement = spec.options.enforcement
    reader = Reader()
    listeners = listeners_of(history)
    runner = WaitRunner(reader, config, listeners=listeners)
    if enforcement == "disabled":
        if listeners:
            running.run(lambda: runner.enforce(spec, Silent(), origin_of(spec)))
        report = Report.of_disabled()
        ending.show(report, tuple(spec.kinds))
        return ending.code(report)
    signalled: list[ExitCode] = []

    def cancel(code: ExitCode) -> None:
        signalled.append(code)
        runner.cancellation.cancel()

    async def work() -> Report:
        started = time.monotonic()
        events = progress.Events(ending.write)
        try:
            with _progress(spec, ending.shape, quiet, events) as reporter:
                report = Report.of_met(await runner.wait(spec, reporter, origin_of(spec), override=override))
        except NbcloudError as error:
            if override is None:
                error = with_flags(error, datetime.now(timezone.utc))
            report = Report.of_error(error, time.monotonic() - started, next(iter(signalled), None))
        finally:
            await reader.aclose()
        if ending.shape is Format.JSONL and report.progress is not None:
            # The last poll ends a wait without a call of its reporter.
            events.changed(report.progress, report.elapsed)
        return report.under(enforcement)

    def show(report: Report) -> None:
        if report.error is not None:
            output.say(report.warning if report.is_warning else output.error_text(report.error))
        ending.show(report, tuple(spec.kinds))
        flush(listeners)

    return ending.code(running.run(work, cancel, show))


@contextlib.contextmanager
def _progress(spec: WaitSpec, shape: Format, quiet: bool, events: Reporter) -> Any:
    """Choose who reports how the wait goes on."""
    from pulumi_nbcloud.cli import github, progress
    from pulumi_nbcloud.waiting.report import Silent

    reporters: list[Reporter] = [events] if shape is Format.JSONL else []
    with contextlib.ExitStack() as stack:
        if quiet:
            reporters.append(Silent())
        elif _has_view(shape):
            reporters.append(stack.enter_context(_view(spec)))
        else:
            if github.is_github(os.environ):
                output.say(f"::group::nbcloud wait {', '.join(spec.kinds)}", command=True)
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


def _view(spec: WaitSpec) -> Any:
    from rich.console import Console

    from pulumi_nbcloud.cli.live import View

    return View(Console(stderr=True), tuple(spec.kinds), spec.conditions.expected, spec.options.timeout)
