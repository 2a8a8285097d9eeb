"""A recorded wait as a timeline: for each target which state it was in and for how long, as seconds since the begin.

What the lines say may be torn, out of order or somebody else's: a time that cannot be read is that of its line, and one
outside of the wait is moved to its edge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pulumi_nbcloud.history.reading import RecordedWait

MAX_LANES = 30
MIN_SECONDS = 0.1
_SMALL_SKEW = 2.0


@dataclass(frozen=True)
class Span:
    """A state that a target was in.

    Args:
        start: when it was first observed.
        end: when the next one was, or the wait ended.
        state: as messages show it.
    """

    start: float
    end: float
    state: str


@dataclass(frozen=True)
class Lane:
    """One target.

    Args:
        name: what conditions call it.
        about: its kind and id.
        spans: its states, in order.
    """

    name: str
    about: str
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Mark:
    """A poll that changed something.

    Args:
        at: when.
        text: what changed.
        failed: whether the poll failed.
    """

    at: float
    text: str
    failed: bool


@dataclass(frozen=True)
class Timeline:
    """A wait, in seconds since its begin.

    Args:
        length: until its end, or until the last that is known of it.
        deadline: None where the wait has none.
        lanes: of the targets.
        lanes_left_out: how many targets more there are.
        marks: the polls that changed something.
        failing: from when to when polls failed, and how.
    """

    length: float
    deadline: float | None
    lanes: tuple[Lane, ...]
    lanes_left_out: int
    marks: tuple[Mark, ...]
    failing: tuple[Span, ...]


def timeline_of(wait: RecordedWait, now: datetime) -> Timeline:
    """Lay a wait out in time.

    Args:
        wait: the wait.
        now: until when a wait that goes on is drawn.
    """
    lines = [*wait.changes, *([wait.end] if wait.end else [])]
    length = max([MIN_SECONDS, *(_since(wait, each) for each in lines)])
    if wait.end is None and wait.running:
        length = max(length, (now - wait.began).total_seconds())
    lanes = tuple(_lanes(wait, lines, length))
    return Timeline(
        length,
        _deadline(wait),
        lanes[:MAX_LANES],
        len(lanes[MAX_LANES:]),
        tuple(_marks(wait, length)),
        tuple(_failing(wait, length)),
    )


def _since(wait: RecordedWait, line: Mapping[str, Any]) -> float:
    return (moment(line["time"]) - wait.began).total_seconds()


def moment(text: str) -> datetime:
    """Read a time of a line, which `reading` has read before."""
    # Python 3.10 reads no Z.
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _deadline(wait: RecordedWait) -> float | None:
    """Return when the time is over: that of a wait that goes on counts from its first run."""
    timeout = float(wait.begin["timeout_seconds"])
    last = wait.end or (wait.changes[-1] if wait.changes else None)
    before = 0.0 if last is None else float(last["elapsed_seconds"]) - _since(wait, last)
    left = timeout - (before if before > _SMALL_SKEW else 0.0)
    return max(0.0, left) if timeout > 0 else None


def _lanes(wait: RecordedWait, lines: list[Mapping[str, Any]], length: float) -> Iterator[Lane]:
    seen: dict[str, list[tuple[float, str]]] = {str(name): [] for name in wait.begin["targets"]}
    for line in lines:
        for each in line["transitions"]:
            if isinstance(each, Mapping):
                at = min(max(0.0, _time_of(wait, each, line)), length)
                seen.setdefault(str(each.get("target")), []).append((at, str(each.get("observed"))))
    for name, states in seen.items():
        target = wait.begin["targets"].get(name)
        about = f"{target.get('kind')} {target.get('id')}" if isinstance(target, Mapping) else ""
        yield Lane(name, about, tuple(_spans(states, length)))


def _time_of(wait: RecordedWait, transition: Mapping[str, Any], line: Mapping[str, Any]) -> float:
    try:
        return (moment(str(transition.get("time"))) - wait.began).total_seconds()
    except (TypeError, ValueError):
        return _since(wait, line)


def _spans(states: list[tuple[float, str]], length: float) -> Iterator[Span]:
    states = sorted(states, key=lambda each: each[0])
    for (start, state), end in zip(states, [*(at for at, _ in states[1:]), length], strict=False):
        yield Span(start, end, state)


def _marks(wait: RecordedWait, length: float) -> Iterator[Mark]:
    for line in wait.changes:
        error = line.get("poll_error")
        changed = [
            f"{each.get('target')}: {each.get('observed')}" for each in line["transitions"] if isinstance(each, Mapping)
        ]
        lacks = [f"not met: {each}" for each in line.get("not_met") or () if isinstance(each, str)]
        text = f"poll failed: {error}" if error else "; ".join((changed or lacks)[:5])
        yield Mark(min(max(0.0, _since(wait, line)), length), text, bool(error))


def _failing(wait: RecordedWait, length: float) -> Iterator[Span]:
    """Yield when polls failed: from a change that says so to the next that does not."""
    start, problem = 0.0, None
    for line in wait.changes:
        error, at = line.get("poll_error"), min(max(0.0, _since(wait, line)), length)
        if error != problem:
            if problem:
                yield Span(start, at, str(problem))
            start, problem = at, error
    if problem:
        yield Span(start, length, str(problem))
