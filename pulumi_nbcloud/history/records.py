"""The schema of the history's lines, which docs/guides/history.md describes and a golden file fixes.

No line contains a credential: texts come from errors and states, which contain none. A program's own secrets are
redacted here, before anything is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

from pulumi_nbcloud._version import __version__
from pulumi_nbcloud.errors import NbcloudError
from pulumi_nbcloud.waiting.listeners import Begin, Ended, Origin
from pulumi_nbcloud.waiting.progress import Progress

SCHEMA_VERSION = 1
"""It increases when an existing field changes its meaning or is removed."""

BEGIN, CHANGE, END = "begin", "change", "end"
MARK = "[secret]"  # as the engine shows one


def begin_record(wait: str, begin: Begin) -> dict[str, Any]:
    """Return the line for the start of a wait.

    Args:
        wait: its id.
        begin: the facts of its start.
    """
    origin = begin.origin
    stack, project = _place(origin)
    targets = {
        name: {"kind": each.kind, "id": MARK if origin.hides(name) else each.identity, "profile": each.profile}
        for name, each in begin.subjects.items()
    }
    record = {
        "source": origin.source,
        "name": origin.name,
        "urn": origin.urn,
        "project": project,
        "stack": stack,
        "operation": origin.operation,
        "preview": origin.preview,
        "targets": targets,
        "expected": MARK if origin.hides_until else begin.expected,
        "timeout_seconds": begin.timeout,
        "enforcement": begin.enforcement,
        "version": __version__,
    }
    return _line(BEGIN, wait, begin.time, _redacted(record, origin.redact))


def change_record(
    wait: str, origin: Origin, time: datetime, elapsed: float, progress: Progress, transitions: Iterable[Any]
) -> dict[str, Any]:
    """Return the line for a change that a poll observed.

    Args:
        wait: its id.
        origin: the origin of the wait.
        time: the time of the observation.
        elapsed: the duration of the wait so far, in seconds.
        progress: the observations.
        transitions: the transitions that no earlier line contains.
    """
    failed = progress.last_error if progress.failed_in_a_row else None
    record = {
        "elapsed_seconds": round(elapsed, 1),
        "polls": progress.polls,
        "transitions": list(transitions),
        "not_met": _not_met(origin, progress),
        "poll_error": failed.problem if failed is not None else None,
    }
    return _line(CHANGE, wait, time, _redacted(record, origin.redact))


def end_record(
    wait: str, origin: Origin, ended: Ended, transitions: Iterable[Any], left_out: int = 0
) -> dict[str, Any]:
    """Return the line for the end of a wait.

    Args:
        wait: its id.
        origin: the origin of the wait.
        ended: its end.
        transitions: the transitions that no earlier line contains.
        left_out: the number of changes without a line, beyond the limit.
    """
    progress = ended.progress
    record = {
        "outcome": ended.outcome,
        "elapsed_seconds": round(ended.elapsed, 1),
        "polls": progress.polls if progress else 0,
        "met_time": _text(ended.met_time) if ended.met_time else None,
        "transitions": list(transitions),
        "transition_count": progress.transition_count if progress else 0,
        "changes_left_out": left_out,
        "not_met": _not_met(origin, progress) if progress else [],
        "message": ended.message,
        "override": dict(ended.override) if ended.override else None,
        "error": _error(ended.error) if ended.error is not None else None,
    }
    return _line(END, wait, ended.time, _redacted(record, origin.redact))


def _line(event: str, wait: str, time: datetime, record: Mapping[str, Any]) -> dict[str, Any]:
    return {"schema_version": SCHEMA_VERSION, "event": event, "wait": wait, "time": _text(time), **record}


def _text(time: datetime) -> str:
    """Format a time with milliseconds, by which the lines of several processes are ordered."""
    return f"{time.astimezone(timezone.utc).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def _place(origin: Origin) -> tuple[str | None, str | None]:
    """Return the stack and the project: `urn:pulumi:STACK::PROJECT::TYPE::NAME` names them."""
    parts = (origin.urn or "").split("::")
    if len(parts) > 2 and parts[0].startswith("urn:pulumi:"):
        return parts[0].removeprefix("urn:pulumi:"), parts[1]
    return origin.stack, origin.project


def _not_met(origin: Origin, progress: Progress) -> list[str]:
    """Return the clauses that are not met; none if they are parts of a secret."""
    return [] if origin.hides_until else [each.line for each in progress.not_met]


def _error(error: NbcloudError) -> dict[str, Any]:
    names = ("hint", "status", "code", "request_id")
    return {"type": type(error).__name__, **{name: getattr(error, name) for name in names}}


def _redacted(value: Any, redact: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {name: _redacted(each, redact) for name, each in value.items()}
    if isinstance(value, list):
        return [_redacted(each, redact) for each in value]
    return value
