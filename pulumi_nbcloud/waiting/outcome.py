"""How a wait ends, and the words for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from pulumi_nbcloud.errors import NbcloudError, printable
from pulumi_nbcloud.fields import State
from pulumi_nbcloud.kind import Kind
from pulumi_nbcloud.waiting.clock import text
from pulumi_nbcloud.waiting.duration import spell
from pulumi_nbcloud.waiting.observing import Seen, Target

FIRST_KEPT = 5
LAST_KEPT = 20
CONDITION_SHOWN = 300


class Outcome(str, Enum):
    """How a wait ended."""

    MET = "met"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    NEVER_APPEARED = "never appeared"
    GONE = "gone"
    UNREACHABLE = "unreachable"
    UNAUTHORISED = "unauthorised"
    BAD_CONDITION = "bad condition"
    CANCELLED = "cancelled"


class WaitError(NbcloudError):
    """A wait ended without its condition being met; `outcome` says how, `progress` what was seen."""

    def __init__(self, outcome: Outcome, problem: str, *, progress: Progress | None = None, **details: Any) -> None:
        """Describe how the wait ended.

        Args:
            outcome: how it ended.
            problem: what is wrong, in one line without a full stop.
            progress: what was seen until then.
            **details: see `NbcloudError`.
        """
        super().__init__(problem, **details)
        self.outcome = outcome
        self.progress = progress

    def __reduce__(self) -> tuple[Any, ...]:
        # Progress holds kinds, which are no data.
        rebuild, (cls, args, state) = super().__reduce__()
        return rebuild, (cls, args, {**state, "progress": None})


@dataclass
class Progress:
    """What a wait has seen so far.

    Args:
        kinds: the kind of each target, by name.
        targets: the targets, by name.
        wanted: the condition that is waited for.
        timeout: in seconds.
        started: when the wait began, on the monotonic clock.
        polls: how often it looked.
        failed_in_a_row: how many looks failed since the last that did not.
        met_in_a_row: how many looks met the condition since the last that did not.
        consecutive: how many of these it takes.
        seen: of each target what the last look gave that did not fail.
        last_error: of the last look that failed.
        reason: why the last verdict was not "met".
        transitions: each first sight and each change of a target's headline; the first 5 and the last 20.
        transition_count: how many there were.
    """

    kinds: Mapping[str, Kind[Any, Any, Any]]
    targets: Mapping[str, Target]
    wanted: str
    timeout: float
    started: float
    polls: int = 0
    failed_in_a_row: int = 0
    met_in_a_row: int = 0
    consecutive: int = 1
    seen: dict[str, Seen] = field(default_factory=dict)
    ever_found: set[str] = field(default_factory=set)
    last_error: NbcloudError | None = None
    reason: str | None = None
    transitions: list[dict[str, str]] = field(default_factory=list)
    transition_count: int = 0

    def states(self) -> dict[str, State | None]:
        """Return the last state of each target, None where it was not found."""
        return {name: seen.state for name, seen in self.seen.items()}

    @property
    def undecided(self) -> str | None:
        """What the condition lacks; None where it is decided, or where a target is missing, which is shown anyway."""
        return None if any(seen.state is None for seen in self.seen.values()) else self.reason

    @property
    def row(self) -> str | None:
        """How far a row of looks that meet the condition has come; None where there is none."""
        return f"met {self.met_in_a_row} of {self.consecutive} looks in a row" if self.met_in_a_row else None

    def note(self, name: str, seen: Seen) -> None:
        """Take in what a look gave for one target."""
        before = self.headline(name) if name in self.seen else None
        self.seen[name] = seen
        if seen.state is not None:
            self.ever_found.add(name)
        now = self.headline(name)
        if now != before:
            self.transition_count += 1
            self.transitions.append({"time": text(seen.at), "target": name, "seen": now})
            if len(self.transitions) > FIRST_KEPT + LAST_KEPT:
                del self.transitions[FIRST_KEPT]

    def headline(self, name: str) -> str:
        """Return what was last seen of a target, as messages show it."""
        return headline(self.kinds[name], self.seen[name].state)

    def summary(self) -> str:
        """Return the headline of every target, in one line."""
        if not self.seen:
            return "nothing yet"
        alone = len(self.targets) == 1
        return "; ".join(self.headline(name) if alone else f"{name}: {self.headline(name)}" for name in self.seen)


@dataclass(frozen=True)
class Ended:
    """How a wait ended that lets what comes after it go on.

    Args:
        verdict: `met`; for an advisory wait how it ended otherwise; `disabled` for one that did not look.
        at: when the look that met the condition was answered; None where it was not met.
        elapsed: how long the wait took, in seconds.
        progress: what was seen; None where it did not look.
        message: in one line how it ended; None where the condition was met.
    """

    verdict: str
    at: datetime | None = None
    elapsed: float = 0.0
    progress: Progress | None = None
    message: str | None = None


@dataclass(frozen=True)
class Met:
    """A wait whose condition was met.

    Args:
        at: when the look that met it was answered.
        elapsed: how long the wait took, in seconds.
        progress: what was seen.
    """

    at: datetime
    elapsed: float
    progress: Progress


def headline(kind: Kind[Any, Any, Any], state: State | None) -> str:
    """Write the fields of a state that its kind names for messages; nulls are left out, "found" if all are."""
    if state is None:
        return "not found"
    shown = ((each, _found(state, each)) for each in kind.headline)
    return ", ".join(f"{each}={_value(value)}" for each, value in shown if value is not None) or "found"


def _found(state: object, path: str) -> object:
    """Return a field of a state by its dotted path; None where something on the way is null."""
    for name in path.split("."):
        state = getattr(state, name, None)
    return state


def _value(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return f"{len(value)} rows"
    return str(value).lower() if isinstance(value, bool) else printable(str(value), 60)


# What to do; and, where there is something to say, what another run does.
_HINTS = {
    Outcome.FAILED: ("look at the thing itself", "run again once it is mended"),
    Outcome.TIMED_OUT: ("give a longer timeout, or look at why it does not get there", "the next run waits again"),
    Outcome.NEVER_APPEARED: ("check the id, the profile and the project",),
    Outcome.GONE: ("it was there and was deleted while the wait went on; create it again or correct the id",),
    Outcome.UNREACHABLE: ("check the network, the endpoint and the vendor's status page", "the next run waits again"),
    Outcome.BAD_CONDITION: ("correct the condition; fields that may be absent can be asked for with has()",),
    Outcome.CANCELLED: ("nothing was changed", "the next run waits again"),
}


def advice(error: WaitError) -> str:
    """Write how an advisory wait ended: as the error would, but that it holds nothing up.

    Args:
        error: what a mandatory wait would have raised.

    Returns:
        A line that says what, where and which request; and a hint.
    """
    line = str(error).partition("\n")[0]
    hint = _HINTS[error.outcome][0] if error.outcome in _HINTS else error.hint or "look at the thing itself"
    return f"{line}\nhint: {hint}; the update goes on, because this wait is advisory"


def ended(outcome: Outcome, progress: Progress, now: datetime, elapsed: float, why: str | None = None) -> WaitError:
    """Write the message of a wait that was not met.

    Args:
        outcome: how it ended.
        progress: what was seen.
        now: the time of day.
        elapsed: how long the wait took, in seconds.
        why: what decided, for example the condition that holds.

    Returns:
        An error that says what was wanted, what was last seen and when, how often it looked, the request id and a hint.
    """
    parts = [f"{outcome.value} after {spell(int(elapsed))} of {spell(progress.timeout)}" + (f": {why}" if why else "")]
    parts.append(f"wanted: {printable(progress.wanted, CONDITION_SHOWN)}")
    parts.append(f"last seen: {progress.summary()}{_age(progress, now)}")
    if progress.row and outcome is not Outcome.MET:
        parts.append(progress.row)
    if progress.reason and outcome is Outcome.TIMED_OUT:
        parts.append(f"undecided because {progress.reason}")
    if progress.last_error is not None and progress.failed_in_a_row:
        parts.append(f"last error: {progress.last_error.problem}")
    parts.append(f"looks: {progress.polls}")
    error = progress.last_error if progress.failed_in_a_row else None
    by_cloud = error.hint if error is not None and outcome is Outcome.UNAUTHORISED else None
    hint = by_cloud or "; ".join(_HINTS.get(outcome, ())) or None
    return WaitError(
        outcome,
        "; ".join(parts),
        progress=progress,
        hint=hint,
        where=error.where if error else None,
        status=error.status if error else None,
        code=error.code if error else None,
        request_id=error.request_id if error else _request_id(progress),
        subject=", ".join(f"{each.token} {printable(each.identity)}" for each in progress.targets.values()),
    )


def _age(progress: Progress, now: datetime) -> str:
    if not progress.seen:
        return ""
    oldest = min(seen.at for seen in progress.seen.values())
    return f" ({spell(int(max(0.0, (now - oldest).total_seconds())))} ago)"


def _request_id(progress: Progress) -> str | None:
    known = [seen for seen in progress.seen.values() if seen.request_id]
    return max(known, key=lambda seen: seen.at).request_id if known else None
