"""Connect the history with the waits of this process."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pulumi_nbcloud import clock
from pulumi_nbcloud.history.records import begin_record, change_record, end_record
from pulumi_nbcloud.history.writing import Writer, writer_of
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.waiting.listeners import Begin, Ended, Listened, Listener
from pulumi_nbcloud.waiting.progress import Progress

VARIABLE = "NBCLOUD_HISTORY"
MAX_CHANGES = 1_000
"""The maximum number of lines for the changes of one wait; its end counts further changes."""

_warned: set[str] = set()


def history_listeners(environment: Mapping[str, str] | None = None) -> tuple[Listener, ...]:
    """Return the listener that keeps the history of a Pulumi process; none without a variable that names a folder.

    Args:
        environment: the process's variables.
    """
    value = (os.environ if environment is None else environment).get(VARIABLE, "")
    if not value.strip():
        return ()
    folder = Path(os.path.expanduser(value))
    if not folder.is_absolute():
        # The program, the provider and the command each have a working folder of their own.
        shown = printable(value, 80)
        return (_Unusable(f"{VARIABLE} names {shown}, which is relative, so no history is kept; write the whole path"),)
    return (History(writer_of(folder)),)


class History:
    """Write a line for the start, each change and the end of a wait.

    Args:
        writer: appends the lines.
        now: returns the time of a change.
    """

    name = "history"

    def __init__(self, writer: Writer, now: Callable[[], datetime] = clock.now) -> None:
        self._writer = writer
        self.now = now

    def begun(self, begin: Begin, warn: Callable[[str], None]) -> Listened:
        """Write the start of a wait."""
        wait = secrets.token_hex(6)
        self.write(begin_record(wait, begin), warn)
        return _Wait(self, wait, begin, warn)

    def write(self, record: Mapping[str, Any], warn: Callable[[str], None]) -> None:
        """Write a line; on failure, warn once in this process."""
        try:
            self._writer.write(record)
        except OSError as error:
            folder, why = printable(str(self._writer.folder), 200), error.strerror or error
            problem = f"the history in {folder} could not be written ({why}), so it lacks lines; waits go on"
            _warn_once(problem, warn, about=folder)


class _Wait:
    """Write the lines of one wait."""

    def __init__(self, history: History, wait: str, begin: Begin, warn: Callable[[str], None]) -> None:
        self._history = history
        self._wait = wait
        self._begin = begin
        self._warn = warn
        self._transitions = 0
        self._last: object = None
        self._lines = 0
        self._left_out = 0

    def changed(self, progress: Progress, elapsed: float) -> None:
        """Write a change; a poll that fails again in the same way is no change."""
        failed = progress.last_error.problem if progress.failed_in_a_row and progress.last_error else None
        state = (progress.transition_count, progress.not_met, failed)
        if state == self._last:
            return
        self._last = state
        if self._lines == MAX_CHANGES:
            self._left_out += 1
            return
        self._lines += 1
        new, history = self._new(progress), self._history
        record = change_record(self._wait, self._begin.origin, history.now(), elapsed, progress, new)
        history.write(record, self._warn)

    def ended(self, ended: Ended) -> None:
        """Write the end."""
        new = self._new(ended.progress) if ended.progress is not None else []
        record = end_record(self._wait, self._begin.origin, ended, new, self._left_out)
        self._history.write(record, self._warn)

    def _new(self, progress: Progress) -> list[dict[str, str]]:
        """Return the kept transitions that no line contains yet."""
        count = progress.transition_count - self._transitions
        self._transitions = progress.transition_count
        return progress.transitions[-count:] if count else []


class _Unusable:
    """A placeholder for a history that cannot be kept; it warns once in this process."""

    name = "history"

    def __init__(self, problem: str) -> None:
        self._problem = problem

    def begun(self, begin: Begin, warn: Callable[[str], None]) -> Listened:
        """Warn."""
        _warn_once(self._problem, warn)
        return self

    def changed(self, progress: Progress, elapsed: float) -> None:
        """Do nothing."""

    def ended(self, ended: Ended) -> None:
        """Do nothing."""


def _warn_once(text: str, warn: Callable[[str], None], about: str | None = None) -> None:
    key = about or text
    if key not in _warned:
        _warned.add(key)
        warn(text)
