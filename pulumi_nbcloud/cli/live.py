"""The live view of a wait on a terminal: each target's state, what is expected, and a bar towards the timeout."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.waiting.duration import spell

if TYPE_CHECKING:
    from pulumi_nbcloud.waiting.progress import Progress

REFRESHES_A_SECOND = 4.0
NAME_COLUMNS = 24


class View:
    """Reports a wait by redrawing a few lines, which are gone when it ends; warnings stay above them.

    Args:
        console: writes to the terminal.
        names: of the targets, shown before the first poll.
        expected: the condition.
        timeout: in seconds.
        monotonic: the clock that the elapsed time is shown by.
    """

    heartbeat_seconds = 3600.0  # it redraws itself

    def __init__(
        self,
        console: Console,
        names: tuple[str, ...],
        expected: str,
        timeout: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console
        self._names = names
        self._expected = expected
        self._timeout = timeout
        self._monotonic = monotonic
        self._started = monotonic()
        self._progress: Progress | None = None
        self._live = Live(
            get_renderable=self.render,
            console=console,
            transient=True,
            refresh_per_second=REFRESHES_A_SECOND,
            redirect_stdout=False,  # events for a program may go there
        )

    def __enter__(self) -> View:
        self._live.start(refresh=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def changed(self, progress: Progress, elapsed: float) -> None:
        """Show the new state."""
        self._progress = progress

    def heartbeat(self, progress: Progress, elapsed: float) -> None:
        """Do nothing: the view moves by itself."""

    def warning(self, text: str) -> None:
        """Show a warning that stays."""
        self._console.print(Text(f"warning: {text}"), soft_wrap=True)

    def render(self) -> Group:
        """Draw the view as it is now."""
        elapsed = self._monotonic() - self._started
        # The names keep their room, or long states would take it.
        width = min(NAME_COLUMNS, max(len(each) for each in (*self._names, "expected")))
        table = Table.grid(padding=(0, 2), expand=True)
        table.add_column(no_wrap=True, overflow="ellipsis", width=width)
        table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        for name in self._names:
            table.add_row(Text(name), Text(self._state(name)))
        table.add_row(Text("expected"), Text(printable(self._expected, 500)))
        row = self._progress.row if self._progress is not None else None
        if row:
            table.add_row(Text("so far"), Text(row))
        trouble = self._trouble()
        if trouble:
            table.add_row(Text("but"), Text(trouble))
        bar = Table.grid(padding=(0, 2))
        bar.add_column(width=width)
        bar.add_row(
            Text("elapsed"),
            ProgressBar(total=max(self._timeout, 1.0), completed=elapsed, width=30),
            Text(f"{spell(int(elapsed))} of {spell(self._timeout)}"),
        )
        return Group(table, bar)

    def _state(self, name: str) -> str:
        progress = self._progress
        return progress.shown(name) if progress is not None and name in progress.observations else "nothing yet"

    def _trouble(self) -> str | None:
        progress = self._progress
        if progress is None:
            return None
        if progress.failed_in_a_row and progress.last_error is not None:
            return f"{progress.failed_in_a_row} polls in a row failed: {progress.last_error.problem}"
        return f"undecided: {progress.undecided}" if progress.undecided else None
