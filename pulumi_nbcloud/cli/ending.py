"""How a wait ends for whoever started it: the result on stdout, and the marks and files that CI services read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pulumi_nbcloud.cli import output
from pulumi_nbcloud.cli.exit_codes import ExitCode
from pulumi_nbcloud.cli.output import Format
from pulumi_nbcloud.errors import InputError, NbcloudError
from pulumi_nbcloud.printable import printable

if TYPE_CHECKING:
    from pulumi_nbcloud.cli.report import Report


class Ending:
    """Reports how a wait ended; the error itself is written to stderr by whoever caught it.

    Args:
        shape: how the result is printed.
        junit: where a JUnit file goes; None for none.
    """

    def __init__(self, shape: Format, junit: Path | None) -> None:
        self.shape = shape
        self._junit = junit
        self._unwritten = False

    def check(self) -> None:
        """Check before the wait what would otherwise be noticed after hours.

        Raises:
            InputError: the JUnit file has no folder.
        """
        if self._junit is not None and not self._has_folder(self._junit):
            problem = f"--junit-xml {printable(str(self._junit), 200)}: there is no such folder"
            raise InputError(problem, hint="create the folder first")

    def write(self, text: str) -> None:
        """Write lines to stdout; where that fails the wait goes on, because its exit code is still honoured."""
        if self._unwritten:
            return
        try:
            output.result(text)
        except typer.Exit:
            self._unwritten = True

    def without_a_wait(self, error: NbcloudError) -> ExitCode:
        """Report an error before the wait, or an internal error, in every place like any other outcome.

        Args:
            error: what is wrong.

        Returns:
            The exit code.
        """
        from pulumi_nbcloud.cli.report import Report

        if self._junit is not None and not self._has_folder(self._junit):
            self._junit = None  # it is what the error says
        report = Report.of_error(error, 0.0)
        self.show(report, ("nbcloud wait",))
        return self.code(report)

    def code(self, report: Report) -> ExitCode:
        """Return the exit code: the outcome of a wait counts for more than that it could not be written."""
        return ExitCode.OUTPUT if self._unwritten and report.exit_code is ExitCode.MET else report.exit_code

    def show(self, report: Report, names: tuple[str, ...]) -> None:
        """Report how the wait ended.

        Args:
            report: the result.
            names: of the targets, or of the command where they are not known.
        """
        from pulumi_nbcloud.cli import github

        if report.error is not None and github.is_github(os.environ):
            output.say(github.annotation(report.error, report.outcome, report.level), command=True)
        written = [_written(path, write, report) for path, write in self._files(names)]
        if self.shape is not Format.TEXT:
            event = {"event": "result"} if self.shape is Format.JSONL else {}
            document = {**event, **report.document()}
            self.write(output.as_json(document, indent=None if self.shape is Format.JSONL else 2))
        elif report.progress is not None or report.error is None:
            # Of a wait that ended before its first poll the error says everything.
            self.write(report.line)
        self._unwritten = self._unwritten or not all(written)

    def _files(self, names: tuple[str, ...]) -> Iterator[tuple[str, Callable[[str, Report], None]]]:
        """Return the files that a pipeline wants, and what writes each."""
        from pulumi_nbcloud.cli import github

        if self._junit is not None:
            from pulumi_nbcloud.cli.junit import write_junit

            yield str(self._junit), lambda path, report: write_junit(Path(path), report, names)
        if github.is_github(os.environ):
            for variable, write in (
                ("GITHUB_OUTPUT", github.write_outputs),
                ("GITHUB_STEP_SUMMARY", github.write_summary),
            ):
                if os.environ.get(variable):
                    yield os.environ[variable], write

    @staticmethod
    def _has_folder(path: Path) -> bool:
        # Not `Path.is_dir`, which raises where a folder above may not be entered.
        return os.path.isdir(path.parent)


def _written(path: str, write: Callable[[str, Report], None], report: Report) -> bool:
    """Write one file; report it where that fails, so that the others are written all the same."""
    try:
        write(path, report)
    except OSError as error:
        output.say(f"error: {printable(path, 200)} could not be written: {error.strerror or error}")
        output.say("hint: check the path and the space that is left")
        return False
    return True
