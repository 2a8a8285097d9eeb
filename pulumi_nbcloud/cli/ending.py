"""Report the end of a wait: the result on stdout, and the marks and files that CI services read."""

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
    """Report how a wait ended; the code that caught the error writes it to stderr.

    Args:
        shape: the format of the result.
        junit: the path of a JUnit file; None for none.
    """

    def __init__(self, shape: Format, junit: Path | None) -> None:
        self.shape = shape
        self._junit = junit
        self._unwritten = False

    def check(self) -> None:
        """Check the outputs before the wait, to avoid a failure after hours.

        Raises:
            InputError: the JUnit file has no folder.
        """
        if self._junit is not None and not self._has_folder(self._junit):
            problem = f"--junit-xml {printable(str(self._junit), 200)}: there is no such folder"
            raise InputError(problem, hint="create the folder first")

    def write(self, text: str) -> None:
        """Write lines to stdout; after a failure the wait continues, because its exit code still counts."""
        if self._unwritten:
            return
        try:
            output.result(text)
        except typer.Exit:
            self._unwritten = True

    def without_a_wait(self, error: NbcloudError) -> ExitCode:
        """Report an error before the wait, or an internal error, in all outputs, like any other outcome.

        Args:
            error: the error.

        Returns:
            The exit code.
        """
        from pulumi_nbcloud.cli.report import Report

        if self._junit is not None and not self._has_folder(self._junit):
            self._junit = None  # the error is about this file
        report = Report.of_error(error, 0.0)
        self.show(report, ("nbcloud wait",))
        return self.code(report)

    def code(self, report: Report) -> ExitCode:
        """Return the exit code: the outcome of a wait takes precedence over a failed write."""
        return ExitCode.OUTPUT if self._unwritten and report.exit_code is ExitCode.MET else report.exit_code

    def show(self, report: Report, names: tuple[str, ...]) -> None:
        """Report the end of the wait.

        Args:
            report: the result.
            names: the names of the targets, or of the command if they are unknown.
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
            # For a wait that ended before its first poll, the error is complete.
            self.write(report.line)
        self._unwritten = self._unwritten or not all(written)

    def _files(self, names: tuple[str, ...]) -> Iterator[tuple[str, Callable[[str, Report], None]]]:
        """Yield the files for the pipeline, and the writer of each."""
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
        # Not `Path.is_dir`, which raises if a parent folder is not accessible.
        return os.path.isdir(path.parent)


def _written(path: str, write: Callable[[str, Report], None], report: Report) -> bool:
    """Write one file; report a failure, so the others are still written."""
    try:
        write(path, report)
    except OSError as error:
        output.say(f"error: {printable(path, 200)} could not be written: {error.strerror or error}")
        output.say("hint: check the path and the space that is left")
        return False
    return True
