"""Recorded waits as text: a table, and the timeline of one. The content of the files is data, sanitized here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pulumi_nbcloud.cli import layout
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.waiting.duration import spell

if TYPE_CHECKING:
    from pulumi_nbcloud.cli.terminal import Terminal
    from pulumi_nbcloud.history.reading import RecordedWait

SHORT_ID = 8
NAME_LIMIT = 200
TEXT_LIMIT = 2_000
_URN = re.compile(r"urn:pulumi:[\w./$:@-]{1,500}", re.ASCII)
_HEADS = ("WAIT", "BEGAN", "OUTCOME", "TOOK", "WHAT")


def table(waits: Sequence[RecordedWait], terminal: Terminal | None) -> Iterator[str]:
    """Lay out waits, the newest last.

    Args:
        waits: ordered by their start.
        terminal: the terminal to fit; None for a file or a pipe, with complete times and ids.
    """
    if not waits:
        yield "no waits"
        return
    if terminal is not None:
        lines = layout.table(_HEADS, [_row(each, _short(waits), whole=False) for each in waits], terminal)
        if lines is not None:
            yield from lines
            return
    rows = [_HEADS, *(_row(each, None, whole=True) for each in waits)]
    widths = [max(layout.width(row[index]) for row in rows) for index in range(len(_HEADS) - 1)]
    for *cells, last in rows:
        yield layout.GAP.join((*map(layout.padded, cells, widths), last))


def timeline(wait: RecordedWait, terminal: Terminal | None) -> Iterator[str]:
    """Lay out the facts of one wait, then its events, a line each.

    Args:
        wait: the wait.
        terminal: the terminal to fit; None for a file or a pipe.
    """
    for line in (*_facts(wait), "", *_events(wait)):
        yield from [line] if terminal is None else layout.hang(line, terminal.columns)


def _short(waits: Sequence[RecordedWait]) -> int:
    """Return the length of the shortest unique prefixes of the ids."""
    for length in range(SHORT_ID, 12):
        if len({each.wait[:length] for each in waits}) == len(waits):
            return length
    return 12


def _row(wait: RecordedWait, length: int | None, *, whole: bool) -> tuple[str, ...]:
    began = _time(wait.begin)
    return (
        printable(wait.wait[:length], 40),
        began if whole else f"{began[:10]} {began[11:16]}",
        printable(wait.outcome, 40),
        spell(int(wait.elapsed)) if wait.end is not None or wait.changes else "-",
        what(wait),
    )


def what(wait: RecordedWait) -> str:
    """Return the name of a wait: `gate trained`."""
    return printable(f"{wait.begin['source']} {wait.begin['name']}", NAME_LIMIT)


def _facts(wait: RecordedWait) -> Iterator[str]:
    begin = wait.begin
    yield f"{what(wait)}: {printable(wait.outcome, 40)}"
    yield f"  wait: {printable(wait.wait, 40)}"
    place = "/".join(str(begin[name]) for name in ("project", "stack") if begin.get(name))
    for name, value in (("stack", place), ("urn", begin.get("urn")), ("operation", begin.get("operation"))):
        if value:
            yield f"  {name}: {_urn(str(value))}"
    for name, each in begin["targets"].items():
        target = each if isinstance(each, Mapping) else {}
        profile = f" (profile {target['profile']})" if target.get("profile") else ""
        text = f"{name}: {target.get('kind')} {target.get('id')}{profile}"
        yield f"  target {printable(text, NAME_LIMIT)}"
    yield f"  expected: {printable(str(begin['expected']), TEXT_LIMIT)}"
    yield f"  timeout: {spell(begin['timeout_seconds'])}"
    if begin.get("enforcement") != "mandatory":
        yield f"  enforcement: {printable(str(begin.get('enforcement')), 40)}"
    last = wait.end or (wait.changes[-1] if wait.changes else None)
    if last is not None:
        yield f"  polls: {_whole(last.get('polls'))}"


def _urn(text: str) -> str:
    """Return a URN unchanged for pasting, and any other text sanitized."""
    # Its colons look like a command of a CI runner, which is only recognized at the start of a line.
    return text if _URN.fullmatch(text) else printable(text, NAME_LIMIT)


def _events(wait: RecordedWait) -> Iterator[str]:
    """Yield the events in order, each line with its time first."""
    yield f"{_time(wait.begin)}  begins"
    failing = None
    for each in wait.changes:
        yield from _transitions(each)
        error = each.get("poll_error")
        if error and error != failing:
            yield f"{_time(each)}  poll failed: {printable(str(error), TEXT_LIMIT)}"
        failing = error
    if wait.end is None:
        yield "no line says how it ended" if not wait.running else "it goes on"
        return
    yield from _transitions(wait.end)
    left_out = _whole(wait.end.get("changes_left_out"))
    if left_out not in ("0", "-"):
        yield f"{left_out} changes more were not written"
    message = wait.end.get("message")
    yield f"{_time(wait.end)}  {printable(str(message or wait.outcome), TEXT_LIMIT)}"
    error = wait.end.get("error")
    if isinstance(error, Mapping) and error.get("hint"):
        yield f"hint: {printable(str(error['hint']), TEXT_LIMIT)}"


def _transitions(line: Mapping[str, Any]) -> Iterator[str]:
    for each in line["transitions"]:
        if isinstance(each, Mapping):
            observed = f"{each.get('target')}: {each.get('observed')}"
            yield f"{printable(str(each.get('time')), 40)}  {printable(observed, TEXT_LIMIT)}"


def _time(line: Mapping[str, Any]) -> str:
    """Format the time of a line to the second, like all times of the command."""
    return printable(f"{line['time'][:19]}Z", 40)


def _whole(value: object) -> str:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else "-"
