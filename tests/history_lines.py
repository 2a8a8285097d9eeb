"""Lines and files of the history, written by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from pulumi_nbcloud.history.reading import read_history

START = datetime(2026, 1, 31, 9, 0, tzinfo=timezone.utc)
URN = "urn:pulumi:dev::shop::pulumi-python:dynamic/nbcloud:Gate::trained"


def line(event: str, wait: str = "w1", at: float = 0.0, **values: Any) -> dict[str, Any]:
    """A line as the history writes it."""
    common = {"schema_version": 1, "event": event, "wait": wait, "time": f"{(START + timedelta(seconds=at)):%FT%TZ}"}
    begin = {
        "source": "gate",
        "name": "trained",
        "urn": URN,
        "project": "shop",
        "stack": "dev",
        "operation": "create",
        "preview": False,
        "targets": {"self": {"kind": "sim:Thing", "id": "a", "profile": None}},
        "expected": 'self.status == "READY"',
        "timeout_seconds": 60.0,
        "enforcement": "mandatory",
        "version": "0.1.0",
    }
    change = {"elapsed_seconds": at, "polls": 1, "transitions": [], "not_met": [], "poll_error": None}
    end = {
        "outcome": "met",
        "elapsed_seconds": at,
        "polls": 2,
        "met_time": None,
        "transitions": [],
        "transition_count": 0,
        "changes_left_out": 0,
        "not_met": [],
        "message": None,
        "override": None,
        "error": None,
    }
    return {**common, **{"begin": begin, "change": change, "end": end}[event], **values}


def put(folder: Path, *records: Mapping[str, Any] | str, day: str = "2026-01-31", token: str = "0123abcd") -> Path:
    """Writes a file of the history by hand."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{day}-{token}.jsonl"
    path.write_text("".join(each if isinstance(each, str) else json.dumps(each) + "\n" for each in records))
    return path


def read(folder: Path) -> dict[str, str]:
    """The outcome of each wait, by its name; none while there is no folder."""
    found = read_history(folder).waits if folder.is_dir() else []
    return {str(each.begin["name"]): each.outcome for each in found}
