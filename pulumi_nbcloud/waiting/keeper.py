"""Keeps the record of a wait in its file while the wait goes on, and knows how far the processes before have come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from pulumi_nbcloud.clock import text
from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.waiting.checkpoint import Checkpoint
from pulumi_nbcloud.waiting.duration import spell
from pulumi_nbcloud.waiting.record import WaitRecord, differences, new_record, with_timeout
from pulumi_nbcloud.waiting.record_file import RecordFile
from pulumi_nbcloud.waiting.spec import WaitSpec

# The clocks of two machines always differ a little.
STEP_SECONDS = 1.0
NO_EXTENSION = "the deadline does not move, and counts in a row start again"


class Keeper:
    """Keeps the record of one wait; made by `open_record`.

    Args:
        file: where; held by the caller.
        record: as it is now.
        interval: the longest pause between two polls of this wait, in seconds.
        warn: shows a warning to a person, one line each.
        now: gives the time of day.
    """

    def __init__(
        self,
        file: RecordFile,
        record: WaitRecord,
        interval: float,
        warn: Callable[[str], None],
        now: Callable[[], datetime],
    ) -> None:
        self._file = file
        self.record = record
        self._interval = interval
        self.warn = warn
        self._now = now
        self._last = record.saved_time
        self._back = False
        self.in_a_row = False
        """Whether the first poll of this process follows on the last one before it; known once `before` was called."""
        self.lost: str | None = None
        """Why the file does not hold the last checkpoint; None where it does."""

    @property
    def path(self) -> Path:
        """The path of the file."""
        return self._file.path

    @property
    def file_name(self) -> str:
        """The path of the file, as messages show it."""
        return self._file.name

    def before(self) -> float:
        """Return how long the wait has gone on, in seconds.

        By the clock of the day, because processes share no other. If that clock went back, the time that was measured
        before counts, so a wait never gets more time.
        """
        kept, now = self.record.checkpoint, self._now()
        self._stepped_back(now)
        gap = max(0.0, (now - self.record.saved_time).total_seconds())
        timeout = self.record.timeout_seconds
        left = min(timeout - kept.elapsed - gap, (self.record.deadline_time - now).total_seconds())
        elapsed = timeout - left
        follows = elapsed <= max(kept.next_poll, kept.last_poll + self._interval)
        self.in_a_row = follows and not self._back
        return elapsed

    def save(self, checkpoint: Checkpoint) -> None:
        """Write down how far the wait has come; if that fails, warn, and let the wait go on."""
        now = self._now()
        self._stepped_back(now)
        self._back = False
        deadline, left = self.record.deadline_time, timedelta(seconds=self.record.timeout_seconds - checkpoint.elapsed)
        # The clock went back; anything less is the difference between two clocks.
        if now + left < deadline - timedelta(seconds=STEP_SECONDS):
            deadline = now + left
        self.record = replace(self.record, checkpoint=checkpoint, saved_time=now, deadline_time=deadline)
        self._write()

    def end(self, outcome: str) -> None:
        """Write down how the wait ended; no other process goes on with the record then."""
        self.record = replace(self.record, outcome=outcome, saved_time=self._now())
        self._write()

    def begin(self) -> None:
        """Write the record for the first time in this process.

        Raises:
            InputError: it cannot be written, so nobody could go on.
        """
        try:
            self._file.write(self.record)
        except OSError as error:
            raise InputError(
                f"--resume {self.file_name}: it cannot be written: {error.strerror}",
                hint="check the path and the space that is left",
            ) from None

    def _write(self) -> None:
        try:
            self._file.write(self.record)
        except OSError as error:
            problem = error.strerror or type(error).__name__
            if self.lost is None:
                what = f"--resume {self.file_name} could not be written: {problem}"
                self.warn(f"{what}; the wait goes on, the file stays as it was")
            self.lost = problem
        else:
            self.lost = None

    def _stepped_back(self, now: datetime) -> None:
        """Take note of a clock that went back, and report it."""
        step = (self._last - now).total_seconds()
        self._last = now
        if step >= STEP_SECONDS:
            self._back = True
            self.warn(f"the clock of this machine is at least {spell(int(step))} behind the record's: {NO_EXTENSION}")


def open_record(
    file: RecordFile,
    spec: WaitSpec,
    key: str | None,
    *,
    warn: Callable[[str], None],
    now: Callable[[], datetime],
) -> Keeper:
    """Go on with the wait of a file, or begin one there.

    Args:
        file: held by the caller.
        spec: of the wait, with all arguments known.
        key: distinguishes equal waits, chosen by the user; None for none.
        warn: is given what a person should know, a line each.
        now: gives the time of day.

    Raises:
        InputError: the file is another's, torn, or cannot be written; it is left as it is.
    """
    fresh, found = new_record(spec, key, now()), file.read()
    if found is not None and found.id != fresh.id:
        # A fact that is only a name tells a reader nothing.
        raise InputError(
            f"--resume {file.name}: it is the record of another wait",
            facts=differences(found.inputs, fresh.inputs),
            hint="give another file, or delete this one to begin a new wait",
        )
    record = fresh
    if found is not None and found.outcome is not None:
        ended = f"{found.outcome.replace('_', ' ')} at {text(found.saved_time)}"
        warn(f"the wait of --resume {file.name} ended as {ended}; a new wait begins")
    elif found is not None:
        record = replace(_under(found, spec.options.timeout, file.name, warn), runs=found.runs + 1)
    keeper = Keeper(file, record, spec.schedule().longest, warn, now)
    keeper.begin()
    return keeper


def _under(record: WaitRecord, timeout: float, name: str, warn: Callable[[str], None]) -> WaitRecord:
    """Return a record with the timeout of this command; report where that moves the deadline."""
    if timeout == record.timeout_seconds:
        return record
    moved = with_timeout(record, timeout)
    warn(
        f"the timeout is {spell(timeout)}, and was {spell(record.timeout_seconds)} in --resume {name}: "
        f"the deadline moves from {text(record.deadline_time)} to {text(moved.deadline_time)}"
    )
    return moved
