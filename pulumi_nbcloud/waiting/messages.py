"""The words for the end of a wait that was not met."""

from __future__ import annotations

from datetime import datetime

from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.waiting.duration import spell
from pulumi_nbcloud.waiting.outcome import Outcome, WaitError
from pulumi_nbcloud.waiting.progress import CONDITION_SHOWN, Progress

# What to do; and, where there is something to say, what another run does.
_HINTS = {
    Outcome.FAILED: ("look at the thing itself", "run again once it is fixed"),
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
    hint = _HINTS[error.outcome][0] if error.outcome in _HINTS else error.hint or "look at the thing itself"
    return f"{error.line}\nhint: {hint}; the update goes on, because this wait is advisory"


def ended(outcome: Outcome, progress: Progress, now: datetime, elapsed: float, why: str | None = None) -> WaitError:
    """Write the message of a wait that was not met.

    Args:
        outcome: how it ended.
        progress: what was seen.
        now: the time of day.
        elapsed: how long the wait took, in seconds.
        why: what decided, for example the condition that holds.

    Returns:
        An error that says what was expected, what was seen and when, how often it polled, the request id and a hint.
    """
    parts = [f"{outcome.words} after {spell(int(elapsed))} of {spell(progress.timeout)}" + (f": {why}" if why else "")]
    parts.append(f"expected: {printable(progress.expected, CONDITION_SHOWN)}")
    parts.append(f"actual: {progress.summary()}{_age(progress, now)}")
    if progress.row and outcome is not Outcome.MET:
        parts.append(progress.row)
    if progress.reason and outcome is Outcome.TIMED_OUT:
        parts.append(f"undecided because {progress.reason}")
    if progress.last_error is not None and progress.failed_in_a_row:
        parts.append(f"last error: {progress.last_error.problem}")
    parts.append(f"polls: {progress.polls}")
    error = progress.last_error if progress.failed_in_a_row else None
    by_cloud = error.hint if error is not None and outcome is Outcome.UNAUTHORIZED else None
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
        vendor_message=error.vendor_message if error else None,
        subject=", ".join(f"{each.token} {printable(each.identity)}" for each in progress.targets.values()),
    )


def _age(progress: Progress, now: datetime) -> str:
    if not progress.observations:
        return ""
    oldest = min(seen.at for seen in progress.observations.values())
    return f" ({spell(int(max(0.0, (now - oldest).total_seconds())))} ago)"


def _request_id(progress: Progress) -> str | None:
    known = [seen for seen in progress.observations.values() if seen.request_id]
    return max(known, key=lambda seen: seen.at).request_id if known else None
