"""The command `nbcloud history`: what waits have come to, from the files that they left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pulumi_nbcloud.cli import options, output, running
from pulumi_nbcloud.cli.exit_codes import ExitCode
from pulumi_nbcloud.cli.output import Format
from pulumi_nbcloud.errors import InputError, NotFoundError
from pulumi_nbcloud.printable import printable

if TYPE_CHECKING:
    from pulumi_nbcloud.history.reading import RecordedHistory, RecordedWait


class Ending(str, Enum):
    """How a recorded wait can have ended: the outcomes of a wait, and what else the history knows.

    Written out, because help and completion of the command load nothing of waits; a test compares the two.
    """

    MET = "met"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    NEVER_APPEARED = "never_appeared"
    GONE = "gone"
    STALLED = "stalled"
    UNREACHABLE = "unreachable"
    BAD_RESPONSE = "bad_response"
    UNAUTHORIZED = "unauthorized"
    BAD_CONDITION = "bad_condition"
    CANCELLED = "cancelled"
    AWAITING = "awaiting"
    OVERRIDDEN = "overridden"
    DISABLED = "disabled"
    ERROR = "error"
    INTERRUPTED = "interrupted"
    RUNNING = "running"


def history(
    wait: Annotated[
        str | None, typer.Argument(metavar="[WAIT]", help="Only this one, as a timeline: its id, or how that begins.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="WHEN", help="Only waits that began since: 2h, 7d, 2026-01-31 or 2026-01-31T09:05:00Z."),
    ] = None,
    outcome: Annotated[
        list[Ending] | None,
        typer.Option(
            metavar="OUTCOME", help="Only waits that ended so, interrupted and running among them; repeatable."
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="PART", help="Only waits that have this in their name, URN or ids.")
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option(
            metavar="DAYS", min=1, help="Before that, remove the files of days that are longer ago than this."
        ),
    ] = None,
    output_: Annotated[
        Format,
        typer.Option("--output", "-o", metavar="FORMAT", help="text, json, or jsonl: a line for each wait."),
    ] = Format.TEXT,
    svg: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also draw the wait as a timeline, in SVG; the filters must leave one."),
    ] = None,
    folder: options.HistoryOption = None,
) -> None:
    """List how waits ended, from the files that they left.

    Gates, wait_before, expect and nbcloud wait leave them where NBCLOUD_HISTORY names a folder, or --history does. A
    wait that left no end was interrupted.
    """

    def work() -> ExitCode:
        found = _found(folder, since, keep)
        chosen = [each for each in found.waits if _fits(each, outcome, name)]
        if wait is not None:
            chosen = [_one(chosen, wait)]
        if svg is not None:
            _draw(chosen, svg)
        _show(found, chosen, output_, timeline=wait is not None)
        return ExitCode.MET

    running.finish(work)


def _found(folder: Path | None, since: str | None, keep: int | None) -> RecordedHistory:
    from pulumi_nbcloud.cli.text import items
    from pulumi_nbcloud.history.reading import prune, read_history

    if folder is None:
        raise InputError(
            "no folder of a history is named", hint=f"give --history DIR, or set {options.HISTORY_VARIABLE}"
        )
    now = datetime.now(timezone.utc)
    moment = None if since is None else _moment(since, now)
    shown = printable(str(folder), 200)
    try:
        if keep is not None:
            removed = prune(folder, timedelta(days=keep).total_seconds(), now)
            if removed:
                output.say(f"removed {items(removed, 'file')} of more than {items(keep, 'day')} ago")
        found = read_history(folder, moment)
    except OSError as error:
        problem = f"the history in {shown} could not be read: {error.strerror or error}"
        raise InputError(problem, hint="check the folder; waits make it with their first line") from None
    if found.unreadable:
        left_out = "is torn, or none" if found.unreadable == 1 else "are torn, or none"
        output.say(f"warning: {items(found.unreadable, 'line')} {left_out} that this version knows, and left out")
    if found.unreadable_files:
        output.say(f"warning: {items(found.unreadable_files, 'file')} could not be read, and left out")
    return found


def _moment(text: str, now: datetime) -> datetime:
    """Read a time of day, a date, or how long ago.

    Raises:
        InputError: it is none of these.
    """
    from pulumi_nbcloud.waiting.duration import parse_duration

    try:
        # Python 3.10 reads no Z.
        moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return now - timedelta(seconds=parse_duration(text, "--since"))
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)


def _fits(wait: RecordedWait, outcomes: list[Ending] | None, text: str | None) -> bool:
    if outcomes and wait.outcome not in {each.value for each in outcomes}:
        return False
    return text is None or any(text in each for each in _names(wait))


def _names(wait: RecordedWait) -> Iterator[str]:
    yield str(wait.begin["name"])
    yield str(wait.begin.get("urn") or "")
    for each in wait.begin["targets"].values():
        if isinstance(each, dict):
            yield str(each.get("id"))


def _one(waits: list[RecordedWait], text: str) -> RecordedWait:
    """Find the wait of an id, or of how one begins.

    Raises:
        NotFoundError: there is none.
        InputError: there are several.
    """
    found = [each for each in waits if each.wait.startswith(text)]
    shown = printable(text, 40)
    if not found:
        raise NotFoundError(f"no wait {shown} is recorded", hint="nbcloud history lists them")
    if len(found) > 1:
        ids = ", ".join(printable(each.wait, 20) for each in found[:5])
        raise InputError(f"{len(found)} waits begin with {shown}", hint=f"give more of the id: {ids}")
    return found[0]


def _draw(waits: list[RecordedWait], path: Path) -> None:
    """Draw a wait into a file.

    Raises:
        NotFoundError: there is none to draw.
        InputError: there are several.
        typer.Exit: with exit code 74 where the file cannot be written.
    """
    if len(waits) != 1:
        hint = "nbcloud history lists them; give an id, or filters that only one fits"
        if not waits:
            raise NotFoundError("--svg: there is no such wait to draw", hint=hint)
        raise InputError(f"--svg draws one wait, and {len(waits)} fit", hint=hint)
    from pulumi_nbcloud.cli.files import replace_file
    from pulumi_nbcloud.cli.history_svg import draw

    try:
        replace_file(path, draw(waits[0], datetime.now(timezone.utc)))
    except OSError as error:
        output.say(f"error: {printable(str(path), 200)} could not be written: {error.strerror or error}")
        output.say("hint: check the path and the space that is left")
        raise typer.Exit(ExitCode.OUTPUT) from None


def _show(found: RecordedHistory, waits: list[RecordedWait], shape: Format, *, timeline: bool) -> None:
    from pulumi_nbcloud.cli import history_view, terminal

    if shape is Format.JSON:
        document = {"waits": [each.document() for each in waits], "unreadable_lines": found.unreadable}
        output.result(output.as_json(document))
        return
    if shape is Format.JSONL:
        lines = [output.as_json(each.document(), indent=None) for each in waits]
    elif timeline:
        lines = list(history_view.timeline(waits[0], terminal.of_stdout()))
    else:
        lines = list(history_view.table(waits, terminal.of_stdout()))
    if lines:
        output.result("\n".join(lines))
