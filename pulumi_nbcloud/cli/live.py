"""The live view of a wait on a terminal: each target's state, the unmet clauses, and the elapsed share of the time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.waiting.duration import spell
from pulumi_nbcloud.waiting.progress import NOTHING

if TYPE_CHECKING:
    from pulumi_nbcloud.waiting.progress import Progress

REFRESHES_A_SECOND = 4.0
NAME_COLUMNS = 24
CLAUSES_SHOWN = 3
GAP = "  "

# The mark of a target and its colour, by outcome.
_MARKS = {"failed": ("✗", "red"), "waiting": ("∙", "yellow"), "ready": ("✓", "green")}


class View:
    """Report a wait by redrawing a few lines, which disappear at its end; warnings stay above them.

    Args:
        console: the console of the terminal.
        names: the names of the targets, shown before the first poll.
        expected: the condition.
        timeout: the timeout in seconds.
        monotonic: the clock of the elapsed time.
        elapsed: the duration of earlier parts of the wait, in seconds.
    """

    heartbeat_seconds = 3600.0  # the view redraws itself

    def __init__(
        self,
        console: Console,
        names: tuple[str, ...],
        expected: str,
        timeout: float,
        monotonic: Callable[[], float] = time.monotonic,
        elapsed: float = 0.0,
    ) -> None:
        self._console = console
        self._names = names
        self._expected = expected
        self._timeout = timeout
        self._monotonic = monotonic
        self._started = monotonic() - elapsed
        self._progress: Progress | None = None
        self._live = Live(
            get_renderable=self.render,
            console=console,
            transient=True,
            refresh_per_second=REFRESHES_A_SECOND,
            redirect_stdout=False,  # stdout may carry events for a program
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
        """Do nothing: the view updates by itself."""

    def warning(self, text: str) -> None:
        """Show a warning that stays."""
        self._console.print(Text(f"warning: {text}"), soft_wrap=True)

    def render(self) -> Group:
        """Draw the current view."""
        layout = _Layout(self._console, self._names)
        below = [*self._facts(layout), layout.time(self._monotonic() - self._started, self._timeout)]
        room = self._console.height - len(below) - 1
        return Group(*self._targets(layout, room), *below)

    def _targets(self, layout: _Layout, room: int) -> Iterator[RenderableType]:
        """Draw the targets; without room for all, first those that are not ready."""
        outcomes = {name: self._outcome(name) for name in self._names}
        drawn = {name: layout.target(name, outcomes[name], self._state(name)) for name in self._names}
        if sum(map(len, drawn.values())) <= room:
            yield from (line for lines in drawn.values() for line in lines)
            return
        urgent = sorted(self._names, key=lambda name: list(_MARKS).index(outcomes[name]))
        room -= 1
        while urgent and len(drawn[urgent[0]]) <= room:
            name = urgent.pop(0)
            room -= len(drawn[name])
            yield from drawn[name]
        counts = [(word, sum(outcomes[name] == word for name in urgent)) for word in _MARKS]
        more = ", ".join(f"{count} {word}" for word, count in counts if count)
        yield from layout.fact("", f"and {len(urgent)} more: {more}")

    def _facts(self, layout: _Layout) -> Iterator[RenderableType]:
        """Draw the unmet clauses, the expected condition, and other facts."""
        progress = self._progress
        clauses = list(self._clauses(progress)) if progress is not None else []
        hidden = len(clauses) - CLAUSES_SHOWN
        for index, each in enumerate(clauses[:CLAUSES_SHOWN]):
            yield from layout.fact("" if index else "not met", each)
        if hidden > 0:
            yield from layout.fact("", f"and {hidden} more")
        yield layout.cut("expected", printable(self._expected, 500))
        if progress is not None and progress.row:
            yield from layout.fact("so far", progress.row)
        if progress is not None and progress.failed_in_a_row and progress.last_error is not None:
            count = progress.failed_in_a_row
            polls = f"{count} polls in a row" if count > 1 else "the last poll"
            yield from layout.fact("but", f"{polls} failed: {progress.last_error.problem}")
        elif progress is not None and progress.undecided and not clauses:
            yield from layout.fact("but", f"undecided: {progress.undecided}")

    def _clauses(self, progress: Progress) -> Iterator[str]:
        """Yield the unmet clauses; a missing target has its own line."""
        missing = {name for name, state in progress.states().items() if state is None}
        for each in progress.not_met:
            reads = each.reads(self._names)
            if not reads or not reads <= missing:
                yield each.line

    def _outcome(self, name: str) -> str:
        return self._progress.outcome_of(name) if self._progress is not None else "waiting"

    def _state(self, name: str) -> str:
        return self._progress.shown(name) if self._progress is not None else NOTHING


class _Layout:
    """The columns of the view: a mark, a name, and the rest, which wraps and is never cut.

    Args:
        console: the console, whose width counts.
        names: the names of the targets.
    """

    def __init__(self, console: Console, names: tuple[str, ...]) -> None:
        self._console = console
        self._ascii = console.options.ascii_only
        # A mark without its colour would be unclear.
        self._words = self._ascii or console.no_color or console.color_system is None
        self._mark = max(map(len, _MARKS)) if self._words else 1
        widest = min(NAME_COLUMNS, console.width // 3)
        self._name = min(widest, max(len(each) for each in (*names, "expected")))
        # One column stays empty: some terminals wrap a line of their full width.
        self._rest = max(10, console.width - self._mark - self._name - 2 * len(GAP) - 1)

    def target(self, name: str, outcome: str, state: str) -> list[Text]:
        """Draw a target."""
        sign, colour = _MARKS[outcome]
        return self._lines(Text(outcome if self._words else sign, colour), Text(name), Text(self._plain(state)))

    def fact(self, label: str, value: str) -> list[Text]:
        """Draw a fact of the wait."""
        return self._lines(Text(), Text(label, "dim"), Text(self._plain(value)))

    def cut(self, label: str, value: str) -> Text:
        """Draw one line that may be cut, because the user wrote its text."""
        text, end = Text(self._plain(value)), "..." if self._ascii else "…"
        if text.cell_len > self._rest:
            text.truncate(self._rest - len(end))
            text.append(end)
        return self._lines(Text(), Text(label, "dim"), text)[0]

    def time(self, elapsed: float, timeout: float) -> RenderableType:
        """Draw the elapsed share of the time."""
        row = Table.grid(padding=(0, len(GAP), 0, 0))
        row.add_column(width=self._mark)
        row.add_column(width=self._name)
        spelled = f"{spell(int(elapsed))} of {spell(timeout)}"
        width = max(10, min(30, self._rest - len(spelled) - len(GAP)))
        bar = ProgressBar(max(timeout, 1.0), elapsed, width, complete_style="cyan", finished_style="cyan")
        row.add_row(Text(), Text("time", "dim"), bar, Text(spelled))
        return row

    def _lines(self, mark: Text, name: Text, value: Text) -> list[Text]:
        rows = zip_longest([mark], self._folded(name, self._name), self._folded(value, self._rest), fillvalue=Text())
        return [Text.assemble(*self._padded(columns), no_wrap=True, overflow="ignore") for columns in rows]

    def _padded(self, columns: Iterable[Text]) -> Iterator[Text]:
        mark, name, value = columns
        for text, width in ((mark, self._mark), (name, self._name)):
            yield Text.assemble(text, " " * (width - text.cell_len), GAP)
        yield value

    def _folded(self, text: Text, width: int) -> list[Text]:
        return list(text.wrap(self._console, width, overflow="fold")) or [text]

    def _plain(self, text: str) -> str:
        """Convert a text to displayable characters, before it is measured."""
        return text.encode("ascii", "backslashreplace").decode() if self._ascii else text
