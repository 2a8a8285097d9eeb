"""The effect of an override: a wait passes as `overridden` if its cloud gave no usable response, and only then.

With an override in force, one failed poll is enough if no poll of this run got a response before: a cloud that is known
to be down is not polled for the complete timeout. A cloud that has responded once is waited for as without an override,
and so is one that asks for fewer requests, because it is up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from pulumi_nbcloud.errors import NbcloudError, ThrottledError
from pulumi_nbcloud.settings.overrides import Override, config_command, flags
from pulumi_nbcloud.spelling import PYTHON, Spelling
from pulumi_nbcloud.waiting.messages import AGAIN, words_of
from pulumi_nbcloud.waiting.outcome import Outcome, WaitError

# The last two count only if their last poll failed. Any other outcome is about the thing, the credentials or a mistake.
COVERED = (Outcome.UNREACHABLE, Outcome.BAD_RESPONSE, Outcome.TIMED_OUT, Outcome.NEVER_APPEARED)
ONE_IS_ENOUGH = "a poll failed, and with an override in force one is enough"
CHECK = "check the thing itself"
GO_ON = "to go on without a response, for an hour"
# All that is known here; the person who pastes it knows more.
REASON = "no usable response"
COVERS = "it covers only waits whose last poll got no usable response"


def covers(error: WaitError) -> bool:
    """Return whether a wait ended in a way that an override is for."""
    return error.outcome in COVERED and error.unanswered


def one_is_enough(override: Override | None, now: datetime, errors: Iterable[NbcloudError] = ()) -> bool:
    """Return whether a failed poll ends a wait that never got a response.

    Args:
        override: of the wait.
        now: the time of day.
        errors: of the poll; none if there was no response in time.
    """
    return (
        override is not None and override.in_force(now) and not any(isinstance(each, ThrottledError) for each in errors)
    )


def under(error: WaitError, override: Override | None, now: datetime) -> WaitError:
    """Return how a wait ends under an override.

    Args:
        error: how it ends by itself.
        override: of the wait, which may have ended; None for none.
        now: the time of day.

    Returns:
        The error itself where there is none; with the outcome `overridden` where it covers that; otherwise with a fact
        that explains why the override is not applied.
    """
    if override is None:
        return error
    applies = covers(error) and override.in_force(now)
    if not applies:
        why = COVERS if override.in_force(now) else f"it ended at {override.end}"
        if error.outcome not in (Outcome.CANCELLED, Outcome.AWAITING):
            error.facts = (*error.facts, ("override", f"not applied: {why}"))
        return error
    return _overridden(error, override)


def expired(override: Override | None, now: datetime) -> str | None:
    """Return the warning about an override that has ended, before a wait; None if it is in force."""
    if override is None or override.in_force(now):
        return None
    return f"the override in {override.source} ended at {override.end} and is not applied: remove it there"


def disabled(override: Override, spelling: Spelling) -> str:
    """Write the warning about an override of a gate that does not poll."""
    why = f"{spelling.has('enforcement', 'disabled')}, so nothing is polled"
    return f"the override in {override.source} is not applied: {why}"


def in_force(override: Override | None, now: datetime, enforcement: str, spelling: Spelling = PYTHON) -> str | None:
    """Return the line of a preview about an override in force; None if there is none."""
    if override is None or not override.in_force(now):
        return None
    if enforcement == "disabled":
        return disabled(override, spelling)
    return f'override in force until {override.end}: "{override.reason}"'


def with_command(error: NbcloudError, urn: object, overridable: bool | None, now: datetime) -> NbcloudError:
    """Add the command that overrides a failed gate for an hour to its hint, if that would help.

    Args:
        error: how the gate failed; changed in place.
        urn: of the gate.
        overridable: its option.
        now: the time of day.
    """
    if overridable is False or not isinstance(error, WaitError) or not covers(error):
        return error
    command = config_command(urn, REASON, now)
    return error if command is None else _advised(error, command)


def with_flags(error: NbcloudError, now: datetime) -> NbcloudError:
    """Add the flags that override a failed wait for an hour to its hint, if that would help.

    Args:
        error: how the wait failed; changed in place.
        now: the time of day.
    """
    return _advised(error, flags(REASON, now)) if isinstance(error, WaitError) and covers(error) else error


def _advised(error: WaitError, command: str) -> WaitError:
    # On a line of its own, so that wrapping between words does not break it if it fits.
    hint = error.hint or CHECK
    # A hint that ends with a command already is left as it is.
    between = "\nhint: " if "\n" in hint else "; "
    error.hint = f"{hint}{between}{GO_ON}:\n  {command}"
    return error


def _overridden(error: WaitError, override: Override) -> WaitError:
    """Make the error of another ending, with everything that was observed."""
    ended = WaitError(
        Outcome.OVERRIDDEN,
        f"{Outcome.OVERRIDDEN.words} after {error.after}",
        progress=error.progress,
        hint=f"{CHECK}; {AGAIN}",
        where=error.where,
        status=error.status,
        code=error.code,
        request_id=error.request_id,
        vendor_message=error.vendor_message,
        subject=error.subject,
        facts=_facts(error, override),
    )
    ended.override, ended.unanswered = override.document(error.outcome.value), True
    return ended


def _facts(error: WaitError, override: Override) -> Iterator[tuple[str, str]]:
    yield "override", f"{override.words}, by {override.source}"
    yield "overrode", words_of(error.outcome, error.progress)
    yield from error.facts
