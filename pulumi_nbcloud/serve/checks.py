"""Evaluate a gate once for each request; for a request that waits, again after each interval."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import anyio

from pulumi_nbcloud.clock import Clock
from pulumi_nbcloud.condition import Clause, Decision
from pulumi_nbcloud.errors import (
    AuthenticationError,
    BadResponseError,
    InputError,
    NbcloudError,
    PermissionDeniedError,
    RefusedError,
    SettingsError,
)
from pulumi_nbcloud.serve.errors import RequestError
from pulumi_nbcloud.serve.gates import NamedGate
from pulumi_nbcloud.serve.metrics import Metrics
from pulumi_nbcloud.serve.polls import POLL_SECONDS, HeldError, NoResponseError, Polls
from pulumi_nbcloud.waiting.observation import Observation, Target, moment_of, retry_after
from pulumi_nbcloud.waiting.offload import Offload, in_threads
from pulumi_nbcloud.waiting.outcome import Outcome
from pulumi_nbcloud.waiting.schedule import TIMER_SECONDS

NOT_MET = "not_met"
"""The outcome of a check without a decision."""

OUTCOMES = (
    Outcome.MET.value,
    NOT_MET,
    Outcome.FAILED.value,
    Outcome.NEVER_APPEARED.value,
    Outcome.UNREACHABLE.value,
    Outcome.BAD_RESPONSE.value,
    Outcome.UNAUTHORIZED.value,
    Outcome.BAD_CONDITION.value,
)
MOST_REMEMBERED = 1024

# The public facts of a failed read: nothing about the account. The rest is in the log.
_REASONS = {
    Outcome.UNREACHABLE: "a cloud does not respond",
    Outcome.BAD_RESPONSE: "a cloud responds with an error",
    Outcome.UNAUTHORIZED: "a cloud refuses the credentials of this service",
}
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Check:
    """The result of one evaluation of a gate.

    Args:
        gate: the gate.
        outcome: one of `OUTCOMES`.
        decided: whether further polls are useless to the caller.
        reason: the reason, where the outcome and the clauses do not show it.
        observed_at: the time of the oldest response in use; None without one.
        not_met: the clauses of the condition that are not met.
        targets: the polled targets, by name.
        observations: the observations of the poll, by name.
        sent: the time of the oldest read in use, on the monotonic clock; None without one.
        again_at: the end of the cloud's Retry-After, on the monotonic clock; None without one.
    """

    gate: NamedGate
    outcome: str
    decided: bool
    reason: str | None = None
    observed_at: datetime | None = None
    not_met: tuple[Clause, ...] = ()
    targets: Mapping[str, Target] = field(default_factory=dict)
    observations: Mapping[str, Observation] = field(default_factory=dict)
    sent: float | None = None
    again_at: float | None = None


class Checks:
    """Evaluate gates; bound to one event loop.

    Args:
        polls: sends the polls.
        metrics: counts the outcomes.
        clock: the clock.
        offload: runs the evaluation off the event loop; by default in a few threads.
    """

    def __init__(
        self,
        polls: Polls,
        metrics: Metrics,
        clock: Clock,
        offload: Offload | None = None,
    ) -> None:
        self._polls = polls
        self._metrics = metrics
        self._clock = clock
        self._offload = offload or in_threads()
        self._recent: OrderedDict[tuple[str, frozenset[tuple[str, object]]], Check] = OrderedDict()
        self.draining = anyio.Event()

    async def check(self, gate: NamedGate, given: Mapping[str, object]) -> Check:
        """Evaluate a gate once.

        Args:
            gate: the gate.
            given: the caller's values of its parameters.

        Raises:
            RequestError: the parameters or the settings of this service are invalid.
        """
        arguments = gate.fill(given)
        key = gate.name, frozenset(given.items())
        found = self._recent.get(key)
        # Reuse a recent result of the same reads, unless the condition compares them with the time.
        if found is None or gate.reads_now or not self._recent_enough(found):
            found = await self._evaluate(gate, arguments)
            if gate.max_age and found.sent is not None:
                self._recent[key] = found
                self._recent.move_to_end(key)
                if len(self._recent) > MOST_REMEMBERED:
                    self._recent.popitem(last=False)
        self._metrics.check(gate.name, found.outcome)
        return found

    def _recent_enough(self, check: Check) -> bool:
        return check.sent is not None and check.sent >= self._clock.monotonic() - check.gate.max_age

    async def wait(self, gate: NamedGate, given: Mapping[str, object], seconds: float) -> Check:
        """Evaluate a gate until there is a decision, the time is over, or the service ends.

        Args:
            gate: the gate.
            given: the caller's values of its parameters.
            seconds: the time limit.

        Raises:
            RequestError: see `check`.
        """
        end = self._clock.monotonic() + seconds
        while True:
            found = await self.check(gate, given)
            now = self._clock.monotonic()
            if found.decided or now >= end or self.draining.is_set():
                return found
            # A read younger than `max_age` would only be reused.
            began = now if found.sent is None else found.sent
            due = began + max(gate.interval, gate.max_age) + TIMER_SECONDS
            pause = min(max(due, found.again_at or 0.0), end) - now
            with anyio.move_on_after(max(pause, TIMER_SECONDS)):
                await self.draining.wait()

    async def _evaluate(self, gate: NamedGate, arguments: Mapping[str, Any]) -> Check:
        try:
            targets = self._polls.targets(gate, arguments)
        except (SettingsError, InputError) as error:
            raise _not_set_up(error) from None
        try:
            observations = await self._polls.poll(gate, targets)
        except HeldError as held:
            again = self._clock.monotonic() + held.seconds
            return Check(gate, "unreachable", False, "a cloud asks to wait", targets=targets, again_at=again)
        except NoResponseError:
            return Check(
                gate, "unreachable", False, f"a cloud does not respond within {POLL_SECONDS:g} s", targets=targets
            )
        errors = [each.error for each in observations.values() if each.failed and each.error is not None]
        if errors:
            return self._failed(gate, targets, observations, errors)
        states = {name: each.state for name, each in observations.items()}
        moment, now = moment_of(observations), self._clock.now()
        decision = await self._offload(lambda: gate.evaluator().decide(states, now, moment))
        outcome, reason = _outcome(gate, decision, states)
        return Check(
            gate,
            outcome,
            outcome != NOT_MET,
            reason,
            min(each.at for each in observations.values()),
            () if outcome == Outcome.MET else decision.not_met,
            targets,
            observations,
            moment.first_sent,
        )

    def _failed(
        self,
        gate: NamedGate,
        targets: Mapping[str, Target],
        observations: Mapping[str, Observation],
        errors: list[NbcloudError],
    ) -> Check:
        """Return the result of a poll without states."""
        for error in errors:
            if isinstance(error, (SettingsError, InputError)):
                raise _not_set_up(error)
            _log.warning("gate %s: %s", gate.name, error.line)
        failure = _failure(errors)
        lasting = any(isinstance(each, BadResponseError) and each.lasting for each in errors)
        after = retry_after(errors)
        return Check(
            gate,
            failure.value,
            failure is Outcome.UNAUTHORIZED or lasting,
            _REASONS[failure],
            min(each.at for each in observations.values()),
            targets=targets,
            observations=observations,
            sent=min(each.sent for each in observations.values()),
            again_at=self._clock.monotonic() + after if after else None,
        )


def _outcome(gate: NamedGate, decision: Decision, states: Mapping[str, object | None]) -> tuple[str, str | None]:
    """Return the outcome of a poll, and its reason where the clauses do not show it."""
    options = gate.spec.options
    if decision.outcome == "failed":
        return Outcome.FAILED.value, f"{decision.condition} holds"
    if decision.outcome == "bad_condition":
        return Outcome.BAD_CONDITION.value, f"{decision.reason} in {decision.condition}"
    if options.fails(states):
        return Outcome.NEVER_APPEARED.value, f"a target is not found, and {gate.spec.spelling.has('not_found', 'fail')}"
    if decision.outcome == "met" or options.meets(states):
        return Outcome.MET.value, None
    return NOT_MET, decision.reason


def _failure(errors: Iterable[NbcloudError]) -> Outcome:
    kinds = tuple(errors)
    if any(isinstance(each, (AuthenticationError, PermissionDeniedError)) for each in kinds):
        return Outcome.UNAUTHORIZED
    if any(isinstance(each, (BadResponseError, RefusedError)) for each in kinds):
        return Outcome.BAD_RESPONSE
    return Outcome.UNREACHABLE


def _not_set_up(error: NbcloudError) -> RequestError:
    _log.error("%s", error.line)
    return RequestError(503, "not_set_up", "this service cannot read a cloud of this gate; its log says why")
