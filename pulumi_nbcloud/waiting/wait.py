"""The loop of a wait: poll, evaluate, pause; until the condition is met, has failed, or the deadline is over."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from pulumi_nbcloud.clock import Clock
from pulumi_nbcloud.condition import Clause, Decision, Evaluator, Moment, Span, long_enough
from pulumi_nbcloud.errors import (
    AuthenticationError,
    BadResponseError,
    InputError,
    NbcloudError,
    PermissionDeniedError,
    RefusedError,
    SettingsError,
)
from pulumi_nbcloud.kinds.fields import stable
from pulumi_nbcloud.kinds.kind import DELETED, Kind
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.reading.sharing import SharedReads
from pulumi_nbcloud.settings.overrides import Override
from pulumi_nbcloud.spelling import PYTHON, Spelling
from pulumi_nbcloud.waiting.cancellation import Cancellation
from pulumi_nbcloud.waiting.duration import spell
from pulumi_nbcloud.waiting.limits import Limits
from pulumi_nbcloud.waiting.messages import ended
from pulumi_nbcloud.waiting.observation import Observation, Target, joins_from, moment_of, poll, retry_after
from pulumi_nbcloud.waiting.offload import Offload
from pulumi_nbcloud.waiting.options import WaitOptions
from pulumi_nbcloud.waiting.outcome import Met, Outcome, WaitError
from pulumi_nbcloud.waiting.overriding import ONE_IS_ENOUGH, one_is_enough, under
from pulumi_nbcloud.waiting.progress import CONDITION_SHOWN, Progress, digest
from pulumi_nbcloud.waiting.report import Reporter
from pulumi_nbcloud.waiting.schedule import TIMER_SECONDS, Schedule

if TYPE_CHECKING:
    from pulumi_nbcloud.waiting.checkpoint import Memory
    from pulumi_nbcloud.waiting.keeper import Keeper

LAST_POLL_SECONDS = 10.0


class Wait:
    """One wait.

    Args:
        targets: what to poll, by the name that conditions call it.
        kinds: the kind of each, by the same name.
        evaluator: decides; belongs to this wait, because it measures how long failures have held.
        options: how it treats its polls, and its timeout; 0 means one poll of at most 10 s.
        schedule: when to poll again.
        shared: the reads of this process.
        clock: passes time.
        reporter: is notified of how it goes on.
        cancellation: ends it from outside.
        offload: runs the evaluation off the event loop, which other waits need meanwhile.
        before: how long it has gone on in runs before this one, in seconds: that counts against its timeout, and once
            the timeout is over it polls once.
        keeper: keeps the record with which the next run goes on, and has that of the one before; None for none.
        override: lets it pass if the cloud gives no usable response; None for none.
        spelling: of who waits, for messages.
    """

    def __init__(
        self,
        targets: Mapping[str, Target],
        kinds: Mapping[str, Kind[Any, Any, Any]],
        evaluator: Evaluator,
        *,
        options: WaitOptions,
        schedule: Schedule,
        shared: SharedReads,
        clock: Clock,
        reporter: Reporter,
        cancellation: Cancellation,
        offload: Offload = anyio.to_thread.run_sync,
        before: float = 0.0,
        keeper: Keeper | None = None,
        override: Override | None = None,
        spelling: Spelling = PYTHON,
    ) -> None:
        self._offload = offload
        self._targets = targets
        self._evaluator = evaluator
        self._schedule = schedule
        self._shared = shared
        self._clock = clock
        self._reporter = reporter
        self._cancellation = cancellation
        self._options = options
        self._override, self._answered = override, False
        self._keys = frozenset(target.key for target in targets.values())
        conditions = evaluator.conditions
        also = options.not_found == "met" and not conditions.met_if_gone
        expected = conditions.expected + (" (or not found)" if also else "")
        now = clock.monotonic()
        started = now - before
        self.progress = Progress(
            kinds,
            targets,
            expected,
            options.timeout,
            started,
            consecutive=options.consecutive,
            holds_for=options.holds_for or 0.0,
            in_common=conditions.until is not None,
            absent_is_met=options.not_found == "met" or conditions.met_if_gone,
            needs_finding=conditions.met_if_gone and not options.allow_absent,
            spelling=spelling,
        )
        self._span = Span(schedule.longest_gap)
        self._deadline = started + options.timeout
        # When this run ends at the latest: at the deadline, or where it is not the last one.
        self._until = max(now, self._deadline if options.hold is None else min(self._deadline, now + options.hold))
        self._limits = Limits(options, now if keeper is None else started)
        self._due = self._notified = self._not_before = self._next = self._polled = now
        self._last: Mapping[str, Observation] = {}
        # One last poll starts then, and may overrun it by this much.
        self._grace = LAST_POLL_SECONDS if self._until == now else min(LAST_POLL_SECONDS, schedule.start)
        self._keeper = keeper
        if keeper is not None:
            self._resume(keeper)

    def _resume(self, keeper: Keeper) -> None:
        """Continue from the record of the run before."""
        started, kept = self.progress.started, keeper.record.checkpoint
        self._next, self._polled = started + kept.next_poll, started + kept.last_poll
        self._memory.restore(kept, in_a_row=keeper.in_a_row)
        if self._until < self._deadline:
            # Only the deadline cuts a poll short that has begun: the next run would have to begin it again.
            last = self._deadline + min(LAST_POLL_SECONDS, self._schedule.start)
            self._grace = min(LAST_POLL_SECONDS, last - self._until)

    @property
    def _memory(self) -> Memory:
        from pulumi_nbcloud.waiting.checkpoint import Memory

        return Memory(self.progress, self._evaluator, self._span, self._limits, self._schedule)

    async def run(self) -> Met:
        """Wait.

        Returns:
            When and how the condition was met.

        Raises:
            WaitError: it was not met; `outcome` says how it ended.
            SettingsError, InputError: nothing could be read.
        """
        with anyio.CancelScope() as scope:
            self._cancellation.scopes.add(scope)
            self._shared.join(self._keys)
            try:
                if not self._cancellation.cancelled:
                    return await self._loop()
            except WaitError as error:
                if error.outcome is Outcome.AWAITING:
                    self._save()
                raise
            finally:
                self._shared.leave(self._keys)
                self._cancellation.scopes.discard(scope)
        raise self._ended(Outcome.CANCELLED)

    async def _loop(self) -> Met:
        early = self._next - self._clock.monotonic()
        if early > TIMER_SECONDS:
            # The run before has polled a moment ago: polls of several runs are as far apart as those of one.
            self._due = await self._pause(early, math.inf)
        while True:
            # A timer may fire a moment early; that must not cost a further poll.
            begun = self._clock.monotonic() + TIMER_SECONDS
            last = begun >= self._until
            if last and self._keeper is not None and self._until < self._deadline and begun < self._next:
                # The next run polls when it is due.
                raise self._ended(Outcome.AWAITING)
            met, pause = await self._poll()
            if met is not None:
                return met
            now, limit = self._clock.monotonic(), self._limits.after(begun)
            self._next = min(now + pause, limit)
            self._save()
            if last or now >= self._until + self._grace:
                raise self._ended(self._undecided())
            self._due = await self._pause(pause, limit)

    async def _poll(self) -> tuple[Met | None, float]:
        """Poll once and evaluate; if nothing is decided, return the pause before the next poll."""
        observations: dict[str, Observation] | None = None
        with anyio.CancelScope(deadline=self._until + self._grace):
            observations = await poll(self._targets, self._shared, self._due)
        self.progress.polls += 1
        if observations is None:  # cut short by the end of this run
            waited = self._clock.monotonic() - self._due
            raise self._cut_short(f"no response within {spell(waited)}")
        self._last, self._polled = observations, self._clock.monotonic()
        errors = {name: each.error for name, each in observations.items() if each.failed and each.error is not None}
        self.progress.poll_errors = errors
        if errors:
            return None, self._failed_poll(list(errors.values()))
        return await self._answered_poll(observations)

    async def _answered_poll(self, observations: Mapping[str, Observation]) -> tuple[Met | None, float]:
        """Process a poll that did not fail."""
        self._answered = True
        # What the run before observed is not a change, but nobody was notified of it in this one.
        first, changed = not self.progress.observations, self._changed(self.progress.observations, observations)
        step, recovered = self.progress.step, self.progress.failed_in_a_row > 0
        self.progress.failed_in_a_row = 0
        for name, each in observations.items():
            self.progress.record(name, each)
        moment, states = moment_of(observations), self.progress.states()
        decision = await self._offload(lambda: self._evaluator.decide(states, self._clock.now(), moment))
        met = self._decide(decision, moment)
        if met is not None:
            return met, 0.0
        self._check_limits(moment, changed=changed)
        if changed:
            self._schedule.reset()
        if first or changed or recovered or step != self.progress.step:
            self._notify()
        return None, self._schedule.next()

    def _decide(self, decision: Decision, moment: Moment) -> Met | None:
        self.progress.reason, failing = decision.reason, decision.failing
        self.progress.not_met, self.progress.failing_targets = decision.not_met, decision.failing_targets
        if decision.outcome == "failed":
            held = f"has held for {spell(int(failing.seconds))}" if failing else "holds"
            self.progress.failing = None
            raise self._ended(Outcome.FAILED, f"{_short(decision.condition)} {held}")
        self.progress.failing = failing
        if decision.outcome == "bad_condition":
            raise self._ended(Outcome.BAD_CONDITION, f"{decision.reason} in {_short(decision.condition)}")
        states = self.progress.states()
        if self._options.fails(states):
            raise self._ended(self._absent(), self.progress.spelling.has("not_found", "fail"))
        # An explicit fail_on holds everything back while it is true.
        held_back = failing is not None and failing.explicit
        met = decision.outcome == "met" or self._options.meets(states)
        met = met and not held_back and not self.progress.unproven
        if met:
            self.progress.not_met = ()
        elif self.progress.unproven:
            self.progress.not_met = tuple(_never_found(name) for name in self.progress.unproven)
        self.progress.met_in_a_row = self.progress.met_in_a_row + 1 if met else 0
        self.progress.held = self._span.observe(met, moment)
        enough = long_enough(self.progress.held, self.progress.holds_for)
        if not enough or self.progress.met_in_a_row < self._options.consecutive:
            return None
        return Met(max(each.at for each in self._last.values()), self.elapsed, self.progress)

    def _check_limits(self, moment: Moment, *, changed: bool) -> None:
        """End the wait if something did not appear, or did not change, for too long."""
        states = self.progress.states()
        self._limits.observe(
            moment,
            appeared=self.progress.ever_found >= states.keys(),
            complete=None not in states.values(),
            moved=changed or self.progress.held is not None,
        )
        sent = moment.first_sent + TIMER_SECONDS
        if self._limits.appear_by is not None and sent >= self._limits.appear_by:
            limit = self.progress.spelling.option("appear_timeout")
            raise self._ended(Outcome.NEVER_APPEARED, f"{limit} is {spell(self._options.appear_timeout or 0)}")
        if self._limits.stalls_at is not None and sent >= self._limits.stalls_at:
            raise self._ended(Outcome.STALLED, f"nothing changed for {spell(self._options.stall_timeout or 0)}")

    def _failed_poll(self, errors: list[NbcloudError]) -> float:
        """End the wait if another poll cannot help; otherwise return the pause before it."""
        for error in errors:
            if isinstance(error, (SettingsError, InputError)):
                raise error
        self.progress.failed_in_a_row += 1
        self.progress.met_in_a_row = 0
        refused = next(
            (each for each in errors if isinstance(each, (AuthenticationError, PermissionDeniedError))), None
        )
        broken = next((each for each in errors if isinstance(each, BadResponseError) and each.lasting), None)
        self.progress.last_error = refused or broken or errors[0]
        if refused is not None:
            raise self._ended(Outcome.UNAUTHORIZED)
        if broken is not None:
            raise self._ended(Outcome.BAD_RESPONSE, "another poll gets the same")
        now = self._clock.now()
        if not self._answered and one_is_enough(self._override, now, errors):
            raise self._ended(self._no_answer(), ONE_IS_ENOUGH, now=now)
        most = self._options.max_poll_errors
        if self.progress.failed_in_a_row >= most:
            raise self._ended(self._no_answer(), f"{most} polls in a row failed" if most > 1 else "a poll failed")
        after = retry_after(errors)
        self._not_before = self._clock.monotonic() + after
        if after and self._not_before > self._until:
            asks = f"the cloud asks to wait {math.ceil(after)} s"
            if self._not_before > self._deadline:
                raise self._ended(Outcome.UNREACHABLE, f"{asks}, beyond the deadline")
            self._next = self._clock.monotonic() + self._schedule.next()
            raise self._ended(Outcome.AWAITING, f"{asks}, beyond hold")
        self._notify()
        return max(after, self._schedule.next())

    def _save(self) -> None:
        """Write down how far this run has come, for the next."""
        if self._keeper is None:
            return
        observations, due = self.progress.observations, max(self._next, self._not_before)
        moments = self._clock.monotonic(), self._polled, due
        self._keeper.save(self._memory.checkpoint(*moments, lambda name: self._counts(name, observations[name])))

    def _changed(self, before: Mapping[str, Observation], now: Mapping[str, Observation]) -> bool:
        """Return whether anything changed that counts: all but volatile fields, and those that the condition reads."""
        return any(self._differs(name, before.get(name), each) for name, each in now.items())

    def _differs(self, name: str, before: Observation | None, now: Observation) -> bool:
        counts, remembered = self._counts(name, now), self.progress.remembered.get(name)
        if before is not None:
            return self._counts(name, before) != counts
        return remembered is None or remembered.digest != digest(counts)

    def _counts(self, name: str, observation: Observation) -> Mapping[str, Any] | None:
        if observation.state is None:
            return None
        prefix, fields = f"{name}.", self._evaluator.conditions.fields
        read = frozenset(each.removeprefix(prefix) for each in fields if each.startswith(prefix))
        plain: Mapping[str, Any] = stable(observation.state, read)
        return plain

    async def _pause(self, pause: float, limit: float) -> float:
        """Wait for the next poll, with a heartbeat; return when that poll was due.

        A limit brings it forward, but not before the pause that a cloud asked for is over.
        """
        started = self._clock.monotonic()
        ready = max(joins_from(self._last, self._schedule.base) if self._last else started, self._not_before)
        while True:
            now = self._clock.monotonic()
            allowed = max(self._not_before, self._shared.held_until(self._keys))
            remaining = min(max(min(started + pause, limit), allowed), self._until) - now
            if remaining <= 0:
                return now
            silence = self._notified + self._reporter.heartbeat_seconds - now
            if silence <= 0:
                self._notified = now
                self._reporter.heartbeat(self.progress, self.elapsed)
                continue
            due = await self._shared.sleep(self._keys, min(remaining, silence), ready)
            if due is not None:
                return due

    def _notify(self) -> None:
        self._notified = self._clock.monotonic()
        self._reporter.changed(self.progress, self.elapsed)

    def _cut_short(self, why: str) -> Exception:
        """Return the end of a run whose last poll got no response in time."""
        now = self._clock.now()
        enough = not self._answered and one_is_enough(self._override, now)
        return self._ended(self._no_answer() if enough else self._undecided(), why, unanswered=True, now=now)

    def _undecided(self) -> Outcome:
        """Return the outcome of a run that has decided nothing."""
        return Outcome.AWAITING if self._until < self._deadline else self._missed()

    def _missed(self) -> Outcome:
        """Return in which way the deadline was missed."""
        if not self.progress.observations and not self.progress.remembered:
            return self._no_answer()
        if self.progress.failed_in_a_row:
            return Outcome.TIMED_OUT
        if self._evaluator.conditions.met_if_gone:
            return Outcome.NEVER_APPEARED if self.progress.unproven else Outcome.TIMED_OUT
        if self.progress.missing and not self.progress.met_in_a_row:
            return self._absent()
        return Outcome.TIMED_OUT

    def _no_answer(self) -> Outcome:
        """Return whether the cloud was not reached, or sent a response that is not usable."""
        bad = self.progress.failed_in_a_row and isinstance(self.progress.last_error, (BadResponseError, RefusedError))
        return Outcome.BAD_RESPONSE if bad else Outcome.UNREACHABLE

    def _absent(self) -> Outcome:
        """Return whether the missing targets have ever been found."""
        return Outcome.GONE if self.progress.ever_found.issuperset(self.progress.missing) else Outcome.NEVER_APPEARED

    @property
    def elapsed(self) -> float:
        """How long it has taken so far, runs before this one included, in seconds."""
        return self._clock.monotonic() - self.progress.started

    def _ended(
        self, outcome: Outcome, why: str | None = None, *, unanswered: bool = False, now: datetime | None = None
    ) -> Exception:
        now = now or self._clock.now()
        error = ended(outcome, self.progress, now, self.elapsed, why)
        error.unanswered = unanswered or self.progress.failed_in_a_row > 0
        return under(error, self._override, now)


def _never_found(name: str) -> Clause:
    """Make the clause of a target that is not there and does not count as deleted yet."""
    what = "" if name == "self" else f"{name} "
    return Clause(DELETED, "undecided", f"{what or 'it '}was never found", "found before", name, f"{what}never found")


def _short(condition: str | None) -> str:
    return printable(condition or "", CONDITION_SHOWN)
