"""What a wait remembers of its polls, so that another process can go on with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import AwareDatetime, ConfigDict, Field
from pydantic.dataclasses import dataclass as checked_dataclass

from pulumi_nbcloud.condition import Evaluator, Row, Span
from pulumi_nbcloud.errors import BadResponseError, RefusedError, UnreachableError
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.waiting.limits import Limits
from pulumi_nbcloud.waiting.progress import FIRST_KEPT, LAST_KEPT, Progress, Remembered, digest
from pulumi_nbcloud.waiting.schedule import Schedule

# A record comes from a file, which anybody may have changed.
STRICT = ConfigDict(extra="forbid", strict=True)
ERROR_KEPT = 400
TEXT_KEPT = 4_000
TRANSITION = ("time", "target", "observed")

Seconds = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
Text = Annotated[str, Field(max_length=4_000)]


@checked_dataclass(frozen=True, config=STRICT)
class KeptRow:
    """A row of polls at which a condition held, as `condition.Row`."""

    began: Seconds
    arrived: Seconds


@checked_dataclass(frozen=True, config=STRICT)
class KeptObservation:
    """The result of the last poll for one target, as `progress.Remembered`."""

    found: bool
    headline: Text
    time: AwareDatetime
    digest: Text


@checked_dataclass(frozen=True, config=STRICT)
class KeptError:
    """The error of the last poll, where it failed.

    Args:
        problem: in one line, redacted.
        bad_response: whether the response was none that the cloud's documentation describes.
    """

    problem: Text
    bad_response: bool


@checked_dataclass(frozen=True, config=STRICT)
class Checkpoint:
    """A wait after one of its polls, or before the first; all moments are seconds since it began.

    It holds no states and nothing of the requests. Of each state it keeps the headline, as every log shows it, and a
    digest of the fields whose change counts.

    Args:
        elapsed: when it was made.
        last_poll: when the responses of the last poll were complete.
        next_poll: when the next poll is due.
        pause: the one that the schedule makes after that, in seconds.
        polls: how often the wait has polled.
        met_in_a_row: see `Progress`.
        failed_in_a_row: see `Progress`.
        last_error: of the last poll, where it failed.
        until: the row of what is waited for.
        failures: the rows of the failures, as `Evaluator.rows` has them.
        stalls_at: when something must have changed.
        ever_found: the targets that a poll has found.
        observations: the results of the last poll that did not fail, by the name of the target.
        transitions: see `Progress`.
        transition_count: see `Progress`.
    """

    elapsed: Seconds = 0.0
    last_poll: Seconds = 0.0
    next_poll: Seconds = 0.0
    pause: Seconds = 0.0
    polls: Count = 0
    met_in_a_row: Count = 0
    failed_in_a_row: Count = 0
    last_error: KeptError | None = None
    until: KeptRow | None = None
    failures: tuple[KeptRow | None, ...] = ()
    stalls_at: Seconds | None = None
    ever_found: tuple[Text, ...] = ()
    observations: dict[str, KeptObservation] = field(default_factory=dict)
    transitions: Annotated[tuple[dict[str, Text], ...], Field(max_length=FIRST_KEPT + LAST_KEPT)] = ()
    transition_count: Count = 0


@dataclass(frozen=True)
class Memory:
    """The parts of a wait that remember its polls.

    Args:
        progress: what it has observed.
        evaluator: how long failures have held.
        span: how long what is waited for has held.
        limits: what ends it before its deadline.
        schedule: how its pauses have grown.
    """

    progress: Progress
    evaluator: Evaluator
    span: Span
    limits: Limits
    schedule: Schedule

    def checkpoint(self, now: float, last_poll: float, next_poll: float, counts: Callable[[str], Any]) -> Checkpoint:
        """Write down what another process needs to go on.

        Args:
            now: on the monotonic clock.
            last_poll: when the responses of the last poll were complete, on the same clock.
            next_poll: when the next poll is due, on the same clock.
            counts: gives the fields of a target's state whose change counts, None where there is no state.
        """
        progress, started = self.progress, self.progress.started

        def kept(row: Row | None) -> KeptRow | None:
            since = None if row is None else row.later(-started)
            return None if since is None else KeptRow(max(0.0, since.began), max(0.0, since.arrived))

        stalls_at = self.limits.stalls_at
        return Checkpoint(
            elapsed=max(0.0, now - started),
            last_poll=max(0.0, last_poll - started),
            next_poll=max(0.0, next_poll - started),
            pause=self.schedule.pause,
            polls=progress.polls,
            met_in_a_row=progress.met_in_a_row,
            failed_in_a_row=progress.failed_in_a_row,
            last_error=_kept_error(progress),
            until=kept(self.span.row),
            failures=tuple(map(kept, self.evaluator.rows)),
            stalls_at=None if stalls_at is None else max(0.0, stalls_at - started),
            ever_found=tuple(sorted(progress.ever_found)),
            observations=dict(_kept_observations(progress, counts)),
            transitions=tuple(dict(each) for each in progress.transitions),
            transition_count=progress.transition_count,
        )

    def restore(self, kept: Checkpoint, *, in_a_row: bool) -> None:
        """Go on where another process was.

        Args:
            kept: the checkpoint of the same wait.
            in_a_row: whether the next poll follows on that process's last one, so that counts in a row go on.
        """
        progress, started = self.progress, self.progress.started
        progress.polls = kept.polls
        progress.ever_found = set(kept.ever_found) & set(progress.targets)
        progress.remembered = {
            # This package writes printable text, but somebody else may have written the file.
            name: Remembered(each.found, printable(each.headline, TEXT_KEPT), each.time, each.digest)
            for name, each in kept.observations.items()
            if name in progress.targets
        }
        progress.transitions = [
            {name: printable(each.get(name, ""), TEXT_KEPT) for name in TRANSITION} for each in kept.transitions
        ]
        progress.transition_count = kept.transition_count
        self.schedule.resume(kept.pause)
        stalls_at = None if kept.stalls_at is None else started + kept.stalls_at
        self.limits.resume(stalls_at, appeared=progress.ever_found >= set(progress.targets))
        if not in_a_row:
            return

        def row(each: KeptRow | None) -> Row | None:
            return None if each is None else Row(each.began, each.arrived).later(started)

        progress.met_in_a_row, progress.failed_in_a_row = kept.met_in_a_row, kept.failed_in_a_row
        if kept.last_error is not None:
            of = BadResponseError if kept.last_error.bad_response else UnreachableError
            progress.last_error = of(printable(kept.last_error.problem, TEXT_KEPT))
        if kept.until is not None:
            progress.held = max(0.0, kept.until.arrived - kept.until.began)
        self.span.resume(row(kept.until))
        self.evaluator.resume(tuple(map(row, kept.failures)))


def _kept_observations(progress: Progress, counts: Callable[[str], Any]) -> list[tuple[str, KeptObservation]]:
    if not progress.observations:
        return [
            (name, KeptObservation(each.found, each.headline, each.at, each.digest))
            for name, each in progress.remembered.items()
        ]
    return [
        (name, KeptObservation(each.state is not None, progress.headline(name), each.at, digest(counts(name))))
        for name, each in progress.observations.items()
    ]


def _kept_error(progress: Progress) -> KeptError | None:
    error = progress.last_error if progress.failed_in_a_row else None
    if error is None:
        return None
    return KeptError(printable(error.problem, ERROR_KEPT), isinstance(error, (BadResponseError, RefusedError)))
