"""Combine the lines of many processes: each wait with its start, its changes and its end.

Lines may be incomplete, and other programs may have written into the folder: lines that are not the history's are
counted and skipped, and texts are data until they are shown.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from pulumi_nbcloud.history.records import BEGIN, CHANGE, END, SCHEMA_VERSION
from pulumi_nbcloud.history.writing import SUFFIX
from pulumi_nbcloud.waiting.duration import MAX_SECONDS
from pulumi_nbcloud.waiting.listeners import INTERRUPTED

RUNNING = "running"
"""The outcome of a wait in progress: its process is alive, as far as this machine can tell."""

MAX_LINE_BYTES = 1024 * 1024
_NAME = re.compile(rf"(\d{{4}}-\d\d-\d\d)-([0-9a-f]{{8}}){re.escape(SUFFIX)}", re.ASCII)
_TEXTS = {BEGIN: ("source", "name", "expected"), CHANGE: (), END: ("outcome",)}
_NUMBERS = {BEGIN: ("timeout_seconds",), CHANGE: ("elapsed_seconds",), END: ("elapsed_seconds",)}


@dataclass
class RecordedWait:
    """A wait in the history.

    Args:
        wait: its id.
        begin: the line of its start.
        changes: the lines of its changes, in order.
        end: the line of its end; None without one.
        running: whether its process is still alive.
    """

    wait: str
    begin: Mapping[str, Any]
    changes: list[Mapping[str, Any]] = field(default_factory=list)
    end: Mapping[str, Any] | None = None
    running: bool = False

    @property
    def outcome(self) -> str:
        """Its outcome; `interrupted` or `running` without a line of its end."""
        if self.end is not None:
            return str(self.end["outcome"])
        return RUNNING if self.running else INTERRUPTED

    @property
    def began(self) -> datetime:
        """The time of its start."""
        return _moment(self.begin["time"])

    @property
    def elapsed(self) -> float:
        """Its duration in seconds, as far as its lines show."""
        last = self.end or (self.changes[-1] if self.changes else None)
        return float(last["elapsed_seconds"]) if last is not None else 0.0

    def document(self) -> dict[str, Any]:
        """Return its JSON document for programs; docs/guides/history.md describes it."""
        own = ("schema_version", "event", "wait", "time")

        def rest(line: Mapping[str, Any]) -> dict[str, Any]:
            return {name: value for name, value in line.items() if name not in own}

        return {
            "wait": self.wait,
            "outcome": self.outcome,
            "begin_time": self.begin["time"],
            "end_time": self.end["time"] if self.end else None,
            **rest(self.begin),
            "changes": [{"time": each["time"], **rest(each)} for each in self.changes],
            "end": rest(self.end) if self.end else None,
        }


@dataclass
class RecordedHistory:
    """All waits of a folder.

    Args:
        waits: ordered by their start.
        files: the number of files read.
        unreadable: the number of lines that are incomplete or not the history's.
        unreadable_files: the number of unreadable files.
    """

    waits: list[RecordedWait]
    files: int = 0
    unreadable: int = 0
    unreadable_files: int = 0


def read_history(folder: Path, since: datetime | None = None) -> RecordedHistory:
    """Read the waits of a folder.

    Args:
        folder: the folder of the files.
        since: the earliest start of a wait to include.

    Raises:
        OSError: the folder is missing or unreadable.
    """
    begins: dict[str, RecordedWait] = {}
    others: list[Mapping[str, Any]] = []
    tokens: dict[str, list[Path]] = {}
    token_of: dict[str, str] = {}
    found = RecordedHistory([])
    # Lines are in the file of the day of their writing, by the clock of the process that wrote them.
    first = None if since is None else since.date() - timedelta(days=1)
    for day, token, path in files_of(folder):
        if first is not None and day < first:
            continue
        tokens.setdefault(token, []).append(path)
        try:
            for record in _records(path, found):
                if record["event"] == BEGIN:
                    begins[record["wait"]] = RecordedWait(record["wait"], record)
                    token_of[record["wait"]] = token
                else:
                    others.append(record)
        except OSError:
            found.unreadable_files += 1
            continue
        found.files += 1
    _join(begins, others)
    lives = {
        token: any(map(_is_held, paths)) for token, paths in tokens.items() if _open_waits(begins, token_of, token)
    }
    for wait, each in begins.items():
        each.running = lives.get(token_of[wait], False)
    kept = (each for each in begins.values() if since is None or each.began >= since)
    found.waits = sorted(kept, key=lambda each: (each.began, each.wait))
    return found


def files_of(folder: Path) -> list[tuple[date, str, Path]]:
    """Return the history's own files in a folder: the day, process and path of each.

    Raises:
        OSError: the folder is missing or unreadable.
    """
    found: list[tuple[date, str, Path]] = []
    with os.scandir(folder) as entries:
        for each in entries:
            name = _NAME.fullmatch(each.name)
            if name is None or not each.is_file(follow_symlinks=False):
                continue
            with contextlib.suppress(ValueError):
                found.append((date.fromisoformat(name[1]), name[2], folder / each.name))
    return sorted(found)


def prune(folder: Path, keep: float, now: datetime) -> int:
    """Remove files whose day ended longer ago than the retention time.

    Args:
        folder: the folder of the files; other files stay.
        keep: the retention time in seconds.
        now: the current time.

    Returns:
        The number of removed files.

    Raises:
        OSError: a file could not be removed.
    """
    removed = 0
    for day, _, path in files_of(folder):
        end = datetime(day.year, day.month, day.day, tzinfo=timezone.utc) + timedelta(days=1)
        if (now - end).total_seconds() > keep:
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _join(begins: Mapping[str, RecordedWait], others: list[Mapping[str, Any]]) -> None:
    for record in sorted(others, key=lambda each: str(each["time"])):
        wait = begins.get(record["wait"])
        if wait is None:
            continue  # its start was pruned, or is incomplete
        if record["event"] == END:
            wait.end = record
        else:
            wait.changes.append(record)


def _open_waits(begins: Mapping[str, RecordedWait], token_of: Mapping[str, str], token: str) -> bool:
    return any(each.end is None and token_of[wait] == token for wait, each in begins.items())


def _records(path: Path, found: RecordedHistory) -> Iterator[dict[str, Any]]:
    """Yield the history's lines of a file, and count the others."""
    for line in _lines(path):
        record = _record(line)
        if record is not None:
            yield record
        elif line.strip():
            found.unreadable += 1


def _lines(path: Path) -> Iterator[bytes]:
    # A link or a pipe that replaced the file since the listing is not followed, nor waited for.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError("no plain file")
        while line := file.readline(MAX_LINE_BYTES):
            yield line


def _record(line: bytes) -> dict[str, Any] | None:
    """Parse a line; return None for one that is not the history's."""
    import json

    # RecursionError: a line with too much nesting is not the history's.
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or record.get("schema_version") != SCHEMA_VERSION:
        return None
    event = record.get("event")
    if event not in (BEGIN, CHANGE, END):
        return None
    texts = ("wait", "time", *_TEXTS[event])
    fits = all(isinstance(record.get(name), str) for name in texts)
    fits = fits and all(_is_number(record.get(name)) for name in _NUMBERS[event])
    fits = fits and (event != BEGIN or isinstance(record.get("targets"), dict))
    fits = fits and (event == BEGIN or isinstance(record.get("transitions"), list))
    try:
        _moment(str(record.get("time")))
    except ValueError:
        return None
    return record if fits else None


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 100 * MAX_SECONDS


def _moment(text: str) -> datetime:
    # Python 3.10 does not parse Z.
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment


def _is_held(path: Path) -> bool:
    """Return whether the process that writes a file is still alive."""
    try:
        import fcntl

        with open(path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except (ImportError, OSError):
        return False
    return False
