"""Reports to a person how a wait goes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.waiting.duration import spell
from pulumi_nbcloud.waiting.progress import Progress

ROW_WIDTH = 60
SHORTEST = 16
ERROR_SHOWN = 32


class Reporter(Protocol):
    """Is notified of a wait. It must be quick and must not raise."""

    heartbeat_seconds: float
    """How often `heartbeat` is called while nothing else happens."""

    def changed(self, progress: Progress, elapsed: float) -> None:
        """Report a poll that found something new, the first one included."""

    def heartbeat(self, progress: Progress, elapsed: float) -> None:
        """Report that nothing new is observed."""

    def warning(self, text: str) -> None:
        """Report what may prevent the wait from ending well, before the first poll; or how an advisory wait ended."""


class Silent:
    """A reporter that reports nothing."""

    heartbeat_seconds = 3600.0

    def changed(self, progress: Progress, elapsed: float) -> None:
        """Do nothing."""

    def heartbeat(self, progress: Progress, elapsed: float) -> None:
        """Do nothing."""

    def warning(self, text: str) -> None:
        """Do nothing."""


def status_line(progress: Progress, elapsed: float, *, hidden: bool = False) -> str:
    """Write the row of a wait: what is not met first, because nobody knows how much of a row is shown.

    Args:
        progress: of the wait.
        elapsed: in seconds.
        hidden: whether the condition is secret, and with it its clauses.

    Returns:
        `job.status PROCESSING, not FINISHED; 2m10s of 10m`; at most 60 characters unless more must be shown.
    """
    briefs = () if hidden else tuple(dict.fromkeys(each.brief for each in progress.not_met if each.brief))
    needed = list(_needed(progress, briefs, hidden=hidden))
    tail = _time(progress, elapsed)
    room = ROW_WIDTH - len("; ".join((*needed[1:], tail))) - len("; ")
    row = [printable(needed[0], max(room, SHORTEST)), *needed[1:]]
    for part in _welcome(progress, briefs):
        if len("; ".join((*row, part, tail))) <= ROW_WIDTH:
            row.append(part)
    return "; ".join((*row, tail))


def log_line(progress: Progress, elapsed: float) -> str:
    """Write one line of a log: the state now, what is not met of several clauses, and elapsed of timeout."""
    parts = [progress.summary()]
    if progress.failed_in_a_row and progress.last_error is not None:
        error = f"poll failed: {progress.last_error.problem}; {progress.failed_in_a_row} in a row"
        parts[0] = f"{parts[0]} ({error})"
    unmet = progress.unmet()
    if unmet:
        parts.append(f"not met: {', '.join(unmet)}")
    if progress.row:
        parts.append(progress.row)
    if _undecided(progress):
        parts.append(f"undecided: {progress.undecided}")
    return f"waiting: {'; '.join((*parts, _time(progress, elapsed)))}"


def ended_line(words: str, progress: Progress, elapsed: float) -> str:
    """Write how a wait ended: `met after 12s, 3 polls`."""
    return f"{words} after {spell(int(elapsed))}, {progress.polls} poll{'' if progress.polls == 1 else 's'}"


def _needed(progress: Progress, briefs: Sequence[str], *, hidden: bool) -> Iterator[str]:
    """Yield what a row must show, the most important first."""
    failed = progress.failed_in_a_row
    if failed and progress.last_error is not None:
        problem = printable(progress.last_error.summary, ERROR_SHOWN)
        yield f"poll failed: {problem}" if failed == 1 else f"{failed} polls failed: {problem}"
    elif len(progress.targets) > 1 and progress.ready is not None:
        yield f"{progress.ready}/{len(progress.targets)} ready{'; ' + briefs[0] if briefs else ''}"
    elif briefs:
        yield briefs[0]
    elif progress.met_in_a_row and progress.brief_row:
        pass
    else:
        yield progress.summary()
    if not hidden and _undecided(progress):
        yield f"undecided: {progress.undecided}"
    if progress.brief_row:
        yield progress.brief_row


def _welcome(progress: Progress, briefs: Sequence[str]) -> Iterator[str]:
    """Yield what a row shows if there is room: other clauses, those that are undecided last; and fields."""
    if not briefs:
        return
    others = briefs if progress.failed_in_a_row else briefs[1:]
    undecided = {each.brief for each in progress.not_met if each.outcome == "undecided"}
    yield from (each for each in others if each not in undecided)
    names = dict.fromkeys(each.target for each in progress.not_met if each.target in progress.observations)
    for name in names:
        prefix = "" if len(progress.targets) == 1 else f"{name}."
        for field, value in progress.fields(str(name)):
            if not any(f"{prefix}{field} " in brief for brief in briefs):
                yield f"{prefix}{field} {value}"
    yield from (each for each in others if each in undecided)


def _undecided(progress: Progress) -> bool:
    """Return whether a condition is undecided that no clause is about, such as a `fail_on`."""
    return bool(progress.undecided) and progress.decided


def _time(progress: Progress, elapsed: float) -> str:
    return f"{spell(int(elapsed))} of {spell(progress.timeout)}"
