"""Records of waits as if time had passed; nothing else of them is changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from pulumi_nbcloud.waiting.record import WaitRecord
from pulumi_nbcloud.waiting.record_file import RecordFile


def _record(path: Path) -> WaitRecord:
    record = RecordFile(path).read()
    assert record is not None
    return record


def make_due(path: Path) -> None:
    """Lets the pause before the next poll be over."""
    record = _record(path)
    RecordFile(path).write(replace(record, checkpoint=replace(record.checkpoint, next_poll=0.0)))


def make_older(path: Path, seconds: float) -> None:
    """Lets all of a record be so much older."""
    record, by = _record(path), timedelta(seconds=seconds)
    moments = {name: getattr(record, name) - by for name in ("started_time", "deadline_time", "saved_time")}
    RecordFile(path).write(replace(record, **moments))
