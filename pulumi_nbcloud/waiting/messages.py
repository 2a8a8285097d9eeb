"""The words for the end of a wait that was not met."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import datetime, timedelta

from pulumi_nbcloud.clock import text
from pulumi_nbcloud.errors import NOT_MET, TRY_LATER, UnreachableError
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.spelling import PYTHON
from pulumi_nbcloud.waiting.duration import spell
from pulumi_nbcloud.waiting.observation import Observation
from pulumi_nbcloud.waiting.outcome import Outcome, WaitError
from pulumi_nbcloud.waiting.progress import CONDITION_SHOWN, Progress

LOOK = "look at the thing itself"
AGAIN = "the next run waits again"
CLAUSES_SHOWN = 5
# A poll at the deadline may end the wait a bit later.
PUNCTUAL_SECONDS = 60.0

# For the others, the outcome or the last error is the complete message.
_NAME_CLAUSES = (Outcome.FAILED, Outcome.TIMED_OUT, Outcome.STALLED, Outcome.AWAITING, Outcome.CANCELLED)
# What to do, and for some, what another run does. Names of options are in brackets.
_HINTS = {
    Outcome.FAILED: (LOOK, "run again once it is fixed"),
    Outcome.TIMED_OUT: ("give a longer {timeout}, or look at why it does not get there", AGAIN),
    Outcome.NEVER_APPEARED: ("check the id, the profile and the project",),
    Outcome.GONE: ("it was there and was deleted while the wait went on; create it again or correct the id",),
    Outcome.STALLED: ("look at why it does not go on, or give a longer {stall_timeout}", AGAIN),
    Outcome.UNREACHABLE: ("check the network, the endpoint and the vendor's status page", AGAIN),
    Outcome.BAD_CONDITION: ("correct the condition; fields that may be absent can be asked for with has()",),
    Outcome.AWAITING: ("run the same again: the wait goes on, and its deadline stays",),
    Outcome.CANCELLED: ("nothing was changed", AGAIN),
}

# The same, if the kind knows what to check.
_KIND_CHECKS = {
    Outcome.FAILED: "{check}",
    Outcome.TIMED_OUT: "{check}; or give a longer {timeout}",
    Outcome.STALLED: "{check}; or give a longer {stall_timeout}",
}
_MAY_BE_GONE = "if it may be gone already, give {allow_absent}"

# For kinds whose NotFoundError does not confirm absence, because they hide what one may not read.
_DOUBTS = {
    Outcome.NEVER_APPEARED: "never visible (absent, or hidden from these credentials)",
    Outcome.GONE: "no longer visible (gone, or hidden from these credentials)",
}


def advice(error: WaitError, consequence: str = "the update goes on") -> str:
    """Write how an advisory wait ended: like the error, except that it holds nothing up.

    Args:
        error: what a mandatory wait would have raised.
        consequence: what follows from it.
    """
    own = copy.copy(error)
    hint = next(iter(_hints(error.outcome, error.progress)), None) or error.hint or LOOK
    own.hint = f"{hint}; {consequence}, because this wait is advisory"
    return str(own)


def to_check(error: WaitError) -> str:
    """Return what the hint of a wait suggests to check, without the note that another run waits again."""
    return "; ".join(each for each in _hints(error.outcome, error.progress) if each != AGAIN)


def ended(outcome: Outcome, progress: Progress, now: datetime, elapsed: float, why: str | None = None) -> WaitError:
    """Write the message of a wait that was not met.

    Args:
        outcome: how it ended.
        progress: what was observed.
        now: the time of day.
        elapsed: how long the wait took, in seconds.
        why: what decided, for example the condition that holds.

    Returns:
        An error whose facts are the expected condition, the clauses that are not met, the last observation with its
        time, and the number of polls.
    """
    # At its timeout it took as long as that, unless the deadline was over before this run.
    punctual = outcome is Outcome.TIMED_OUT and elapsed < progress.timeout + PUNCTUAL_SECONDS
    after = f"{spell(int(elapsed))}{'' if punctual else f' of {spell(progress.timeout)}'}"
    error = progress.last_error if progress.failed_in_a_row else None
    asked = error if isinstance(error, UnreachableError) and error.retry_time is not None else None
    ended = WaitError(
        outcome,
        f"{words_of(outcome, progress)} after {after}",
        progress=progress,
        hint="; ".join(_hints(outcome, progress)) or None,
        where=error.where if error else None,
        status=error.status if error else None,
        code=error.code if error else None,
        request_id=error.request_id if error else _request_id(progress),
        vendor_message=error.vendor_message if error else None,
        subject=", ".join(f"{each.token} {printable(each.identity)}" for each in progress.targets.values()),
        facts=_facts(outcome, progress, now, elapsed, why),
    )
    ended.elapsed, ended.after = elapsed, after
    if outcome is Outcome.AWAITING:
        ended.deadline = deadline(progress, now, elapsed)
    if asked is not None:
        ended.retry_after, ended.retry_time = asked.retry_after, asked.retry_time
    return ended


def deadline(progress: Progress, now: datetime, elapsed: float) -> datetime:
    """Return when a wait ends at the latest, to the second: no run of it is off by a fraction of one."""
    return (now + timedelta(seconds=progress.timeout - elapsed + 0.5)).replace(microsecond=0)


def _facts(
    outcome: Outcome, progress: Progress, now: datetime, elapsed: float, why: str | None
) -> Iterator[tuple[str, str]]:
    if why:
        yield "reason", why
    yield "expected", printable(progress.expected, CONDITION_SHOWN)
    if outcome in _NAME_CLAUSES:
        yield from ((NOT_MET, each) for each in progress.unmet(valued=True)[:CLAUSES_SHOWN])
    yield "actual", f"{progress.summary()}{_age(progress, now)}"
    if progress.row and outcome is not Outcome.MET:
        yield "so far", progress.row
    if progress.reason and outcome in (Outcome.TIMED_OUT, Outcome.AWAITING) and progress.decided:
        yield "undecided", progress.reason
    if progress.last_error is not None and progress.failed_in_a_row:
        yield "last error", progress.last_error.problem
    if outcome is Outcome.AWAITING:
        yield "deadline", text(deadline(progress, now, elapsed))
    yield "polls", str(progress.polls)


def words_of(outcome: Outcome, progress: Progress | None) -> str:
    """Spell an outcome.

    Args:
        outcome: how a wait ended.
        progress: what was observed; None where nothing was polled.

    Returns:
        Its words; if not finding a thing does not confirm that it is gone, with what else it may mean.
    """
    doubt = _DOUBTS.get(outcome) if progress is not None and _unproven(progress) else None
    return doubt or outcome.words


def _missing(progress: Progress) -> list[Observation]:
    """Return the targets that were not found."""
    return [each for each in progress.observations.values() if each.state is None]


def _unproven(progress: Progress) -> list[Observation]:
    """Return the targets that were not found but may exist, because their kind does not confirm absence."""
    last = progress.observations.items()
    return [each for name, each in last if each.state is None and not progress.kinds[name].not_found_is_gone]


def _hints(outcome: Outcome, progress: Progress | None) -> tuple[str, ...]:
    """Return what to do, and for some outcomes, what another run does."""
    if progress is not None and progress.failed_in_a_row and progress.last_error is not None:
        own = progress.last_error.hint
        if own and outcome in (Outcome.UNAUTHORIZED, Outcome.BAD_RESPONSE):
            return (own,)
        # If the network itself failed, the error knows best what to check.
        if own and outcome is Outcome.UNREACHABLE and own != TRY_LATER:
            return own, *_HINTS[outcome][1:]
    if progress is not None and outcome in _DOUBTS:
        # The kind knows how the thing was searched for.
        missing = _unproven(progress) if outcome is Outcome.GONE else _missing(progress)
        own = next((each.error.hint for each in missing if each.error is not None), None)
        may_be_gone = progress.unproven and outcome is Outcome.NEVER_APPEARED
        if own or may_be_gone:
            return (own or _HINTS[outcome][0], *([_named(_MAY_BE_GONE, progress)] if may_be_gone else []))
    first, *later = _HINTS.get(outcome, ("",))
    check = _check(progress) if progress is not None and outcome in _KIND_CHECKS else None
    found = (_named(_KIND_CHECKS[outcome] if check else first, progress, check=check or ""), *later)
    return tuple(each for each in found if each)


def _named(hint: str, progress: Progress | None, **others: str) -> str:
    """Write the names of the options in a hint in the language of its reader."""
    spelling = progress.spelling if progress is not None else PYTHON
    names = ("timeout", "stall_timeout", "allow_absent")
    return hint.format(**{name: spelling.option(name) for name in names}, **others)


def _check(progress: Progress) -> str | None:
    """Return what the kind of the first target that is not met suggests to check; None if it suggests nothing."""
    names = [each.target for each in progress.not_met if each.target in progress.kinds]
    for name in (*names, *progress.kinds):
        documentation = progress.kinds[str(name)].documentation
        if documentation is not None and documentation.check:
            return documentation.check
    return None


def _age(progress: Progress, now: datetime) -> str:
    last = progress.observations or progress.remembered
    if not last:
        return ""
    oldest = min(each.at for each in last.values())
    return f" ({spell(int(max(0.0, (now - oldest).total_seconds())))} ago)"


def _request_id(progress: Progress) -> str | None:
    known = [each for each in progress.observations.values() if each.request_id]
    return max(known, key=lambda each: each.at).request_id if known else None
