"""The words for the end of a wait that was not met."""

from __future__ import annotations

from datetime import datetime

from pulumi_nbcloud.errors import TRY_LATER, UnreachableError
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.waiting.duration import spell
from pulumi_nbcloud.waiting.observation import Observation
from pulumi_nbcloud.waiting.outcome import Outcome, WaitError
from pulumi_nbcloud.waiting.progress import CONDITION_SHOWN, Progress

# What to do; and, where there is something to say, what another run does.
_HINTS = {
    Outcome.FAILED: ("look at the thing itself", "run again once it is fixed"),
    Outcome.TIMED_OUT: ("give a longer timeout, or look at why it does not get there", "the next run waits again"),
    Outcome.NEVER_APPEARED: ("check the id, the profile and the project",),
    Outcome.GONE: ("it was there and was deleted while the wait went on; create it again or correct the id",),
    Outcome.STALLED: ("look at why it does not go on, or give a longer stall_timeout", "the next run waits again"),
    Outcome.UNREACHABLE: ("check the network, the endpoint and the vendor's status page", "the next run waits again"),
    Outcome.BAD_CONDITION: ("correct the condition; fields that may be absent can be asked for with has()",),
    Outcome.CANCELLED: ("nothing was changed", "the next run waits again"),
}

_MAY_BE_GONE = "if it may be gone already, give allow_absent (--allow-absent)"

# Of kinds whose NotFoundError proves nothing, which hide what one may not read.
_DOUBTS = {
    Outcome.NEVER_APPEARED: "never visible (absent, or hidden from these credentials)",
    Outcome.GONE: "no longer visible (gone, or hidden from these credentials)",
}


def advice(error: WaitError, consequence: str = "the update goes on") -> str:
    """Write how an advisory wait ended: as the error would, but that it holds nothing up.

    Args:
        error: what a mandatory wait would have raised.
        consequence: what comes of it.

    Returns:
        A line that says what, where and which request; and a hint.
    """
    hint = next(iter(_hints(error.outcome, error.progress)), None) or error.hint or "look at the thing itself"
    return f"{error.line}\nhint: {hint}; {consequence}, because this wait is advisory"


def ended(outcome: Outcome, progress: Progress, now: datetime, elapsed: float, why: str | None = None) -> WaitError:
    """Write the message of a wait that was not met.

    Args:
        outcome: how it ended.
        progress: what was observed.
        now: the time of day.
        elapsed: how long the wait took, in seconds.
        why: what decided, for example the condition that holds.

    Returns:
        An error that says what was expected, what was observed and when, the number of polls, the request id, a hint.
    """
    words = words_of(outcome, progress)
    parts = [f"{words} after {spell(int(elapsed))} of {spell(progress.timeout)}" + (f": {why}" if why else "")]
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
    asked = error if isinstance(error, UnreachableError) and error.retry_time is not None else None
    ended = WaitError(
        outcome,
        "; ".join(parts),
        progress=progress,
        hint="; ".join(_hints(outcome, progress)) or None,
        where=error.where if error else None,
        status=error.status if error else None,
        code=error.code if error else None,
        request_id=error.request_id if error else _request_id(progress),
        vendor_message=error.vendor_message if error else None,
        subject=", ".join(f"{each.token} {printable(each.identity)}" for each in progress.targets.values()),
    )
    if asked is not None:
        ended.retry_after, ended.retry_time = asked.retry_after, asked.retry_time
    return ended


def words_of(outcome: Outcome, progress: Progress | None) -> str:
    """Spell an outcome.

    Args:
        outcome: how a wait ended.
        progress: what was observed; None where nothing was polled.

    Returns:
        Its words; where not finding a thing does not prove that it is gone, with what else it may mean.
    """
    doubt = _DOUBTS.get(outcome) if progress is not None and _unproven(progress) else None
    return doubt or outcome.words


def _unproven(progress: Progress) -> list[Observation]:
    """Return what was not found and may be there all the same, because its kind does not tell."""
    last = progress.observations.items()
    return [each for name, each in last if each.state is None and not progress.kinds[name].not_found_is_gone]


def _hints(outcome: Outcome, progress: Progress | None) -> tuple[str, ...]:
    """Return what to do, and where there is something to say, what another run does."""
    if progress is not None and progress.failed_in_a_row and progress.last_error is not None:
        own = progress.last_error.hint
        if own and outcome in (Outcome.UNAUTHORIZED, Outcome.BAD_RESPONSE):
            return (own,)
        # Where the network itself failed, the error knows better than we do what to look at.
        if own and outcome is Outcome.UNREACHABLE and own != TRY_LATER:
            return own, *_HINTS[outcome][1:]
    if progress is not None and outcome in _DOUBTS:
        own = next((each.error.hint for each in _unproven(progress) if each.error is not None), None)
        if own:
            return (own,)
    if progress is not None and progress.unproven and outcome is Outcome.NEVER_APPEARED:
        return *_HINTS[outcome], _MAY_BE_GONE
    return _HINTS.get(outcome, ())


def _age(progress: Progress, now: datetime) -> str:
    if not progress.observations:
        return ""
    oldest = min(each.at for each in progress.observations.values())
    return f" ({spell(int(max(0.0, (now - oldest).total_seconds())))} ago)"


def _request_id(progress: Progress) -> str | None:
    known = [each for each in progress.observations.values() if each.request_id]
    return max(known, key=lambda each: each.at).request_id if known else None
