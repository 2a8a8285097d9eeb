"""Puts the lines of many processes together: each wait with its begin, its changes and its end.

Files may be torn, and somebody else may have written into the folder: what is no line of the history is counted and
passed over, and texts are data until they are shown.
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
"""The outcome of a wait that goes on: its process lives, as far as this machine can tell."""

MAX_LINE_BYTES = 1024 * 1024
_NAME = re.compile(rf"(\d{{4}}-\d\d-\d\d)-([0-9a-f]{{8}}){re.escape(SUFFIX)}", re.ASCII)
_TEXTS = {BEGIN: ("source", "name", "expected"), CHANGE: (), END: ("outcome",)}
_NUMBERS = {BEGIN: ("timeout_seconds",), CHANGE: ("elapsed_seconds",), END: ("elapsed_seconds",)}


@dataclass
class RecordedWait:
    """A wait as the history holds it.

    Args:
        wait: its id.
        begin: the line of its begin.
        changes: the lines of its changes, in order.
        end: the line of its end; None where there is none.
        running: whether its process still lives.
    """

    wait: str
    begin: Mapping[str, Any]
    changes: list[Mapping[str, Any]] = field(default_factory=list)
    end: Mapping[str, Any] | None = None
    running: bool = False

    @property
    def outcome(self) -> str:
        """How it ended; `interrupted` or `running` where no line says so."""
        if self.end is not None:
            return str(self.end["outcome"])
        return RUNNING if self.running else INTERRUPTED

    @property
    def began(self) -> datetime:
        """When it began."""
        return _moment(self.begin["time"])

    @property
    def elapsed(self) -> float:
        """How long it took, in seconds, as far as lines say."""
        last = self.end or (self.changes[-1] if self.changes else None)
        return float(last["elapsed_seconds"]) if last is not None else 0.0

    def document(self) -> dict[str, Any]:
        """Return it for programs; docs/guides/history.md describes it."""
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
        waits: by when they began.
        files: how many files were read.
        unreadable: how many lines are torn, or none of the history's.
        unreadable_files: how many files could not be read.
    """

    waits: list[RecordedWait]
    files: int = 0
    unreadable: int = 0
    unreadable_files: int = 0


def read_history(folder: Path, since: datetime | None = None) -> RecordedHistory:
    """Read the waits of a folder.

    Args:
        folder: holds the files.
        since: leaves out waits that began before.

    Raises:
        OSError: there is no such folder, or it may not be read.
    """
    begins: dict[str, RecordedWait] = {}
    others: list[Mapping[str, Any]] = []
    tokens: dict[str, list[Path]] = {}
    token_of: dict[str, str] = {}
    found = RecordedHistory([])
    # Lines stand in the file of the day on which they were written, by the clock of the process that wrote them.
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
    """Return the history's own files of a folder: the day and the process of each, and its path.

    Raises:
        OSError: there is no such folder, or it may not be read.
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
    """Remove files whose day ended longer ago than what is to be kept.

    Args:
        folder: holds the files; what is none of the history's own is left alone.
        keep: in seconds.
        now: the time of day.

    Returns:
        How many were removed.

    Raises:
        OSError: one could not be removed.
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
            continue  # its begin was pruned, or is torn
        if record["event"] == END:
            wait.end = record
        else:
            wait.changes.append(record)


def _open_waits(begins: Mapping[str, RecordedWait], token_of: Mapping[str, str], token: str) -> bool:
    return any(each.end is None and token_of[wait] == token for wait, each in begins.items())


def _records(path: Path, found: RecordedHistory) -> Iterator[dict[str, Any]]:
    """Yield the lines of a file that are the history's, and count the others."""
    for line in _lines(path):
        record = _record(line)
        if record is not None:
            yield record
        elif line.strip():
            found.unreadable += 1


def _lines(path: Path) -> Iterator[bytes]:
    # A link or a pipe that has taken the file's place since it was listed is not followed, nor waited for.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError("no plain file")
        while line := file.readline(MAX_LINE_BYTES):
            yield line


def _record(line: bytes) -> dict[str, Any] | None:
    """Read a line; None where it is none of the history's."""
    import json

    # RecursionError: a line that nests too deep is somebody else's.
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
    # Python 3.10 reads no Z.
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment


def _is_held(path: Path) -> bool:
    """Return whether the process that writes a file still lives."""
    try:
        import fcntl

        with open(path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except (ImportError, OSError):
        return False
    return False
