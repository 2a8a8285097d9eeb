"""The outcome of one poll: which condition wins."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from pulumi_nbcloud.condition.outcome import Decision, Evaluation, Held
from pulumi_nbcloud.condition.span import Moment, Row, Span, long_enough

if TYPE_CHECKING:
    from pulumi_nbcloud.condition.conditions import Conditions
    from pulumi_nbcloud.kinds.fields import State


class Evaluator:
    """Evaluates the polls of one wait, in the order in which they are made.

    It measures how long failures have held, so every wait needs its own.

    Args:
        conditions: of the wait.
        fail_holds_for: how long a failure must hold, in seconds; one of a kind that needs longer keeps its own time.
        longest_gap: between two polls of a failure that holds without a break, in seconds.
    """

    def __init__(self, conditions: Conditions, *, fail_holds_for: float = 0.0, longest_gap: float = math.inf) -> None:
        self.conditions = conditions
        self._fail_holds_for = fail_holds_for
        self._fail_on = Span(longest_gap)
        self._spans = [Span(longest_gap) for _ in conditions.failures]

    @property
    def rows(self) -> tuple[Row | None, ...]:
        """How long each failure has held so far: that of `fail_on`, then the defaults of the kinds."""
        return tuple(span.row for span in (self._fail_on, *self._spans))

    def resume(self, rows: Sequence[Row | None]) -> None:
        """Go on with the rows of another process that waited for the same; those of other conditions do not count."""
        spans = (self._fail_on, *self._spans)
        for span, row in zip(spans, rows if len(rows) == len(spans) else (), strict=False):
            span.resume(row)

    def decide(self, states: Mapping[str, State | None], now: datetime, moment: Moment | None = None) -> Decision:
        """Evaluate one poll.

        Args:
            states: the states that were read, by the names of the targets; None for one that was not found.
            now: the time of the evaluation.
            moment: when the poll was made; `now` if not given.

        Returns:
            The outcome. An explicit `fail_on` goes first, and while it is undecided, or true for not long enough,
            nothing is met; then `until`; then the defaults of the kinds, so a wait can be for a state that a default
            calls a failure.
        """
        decision = self._decide(states, now, moment or Moment.at(now.timestamp()))
        if decision.outcome == "met":
            return decision
        return replace(decision, not_met=self.conditions.not_met(states, now))

    def _decide(self, states: Mapping[str, State | None], now: datetime, moment: Moment) -> Decision:
        # Before anything decides: failures are observed at every poll.
        by_default = self._failed(states, now, moment)
        fail_on = self.conditions.fail_on
        if fail_on:
            failed = fail_on.evaluate(states, now)
            held = self._fail_on.observe(failed.outcome == "true", moment)
            if held is not None:
                failing = fail_on.failing_targets(states, now)
                return _failing(Held(fail_on.text, held, self._fail_holds_for, explicit=True), *failing)
            if failed.outcome == "undecided":
                return Decision("not_yet", failed.reason, fail_on.text)
            if failed.outcome == "error":
                return Decision("bad_condition", failed.reason, fail_on.text)
        met, text = self._met(states, now)
        if met.outcome == "true":
            return Decision("met", None, text)
        if met.outcome == "error":
            return Decision("bad_condition", met.reason, text)
        if by_default is not None and by_default.outcome == "failed":
            return by_default
        decision = Decision("not_yet", met.reason, text)
        if by_default is None:
            return decision
        return replace(decision, failing=by_default.failing, failing_targets=by_default.failing_targets)

    def _failed(self, states: Mapping[str, State | None], now: datetime, moment: Moment) -> Decision | None:
        """Return the first default failure that has held for long enough, else the first that holds; None for none."""
        holding: list[Decision] = []
        for each, span in zip(self.conditions.failures, self._spans, strict=True):
            held = span.observe(each.evaluate(states, now).outcome == "true", moment)
            if held is not None:
                times = max(each.holds_for, self._fail_holds_for)
                holding.append(_failing(Held(each.text, held, times), each.target))
        if not holding:
            return None
        first = next((each for each in holding if each.outcome == "failed"), holding[0])
        targets = dict.fromkeys(name for each in holding for name in each.failing_targets)
        return replace(first, failing_targets=tuple(targets))

    def _met(self, states: Mapping[str, State | None], now: datetime) -> tuple[Evaluation, str]:
        until = self.conditions.until
        if until:
            return until.evaluate(states, now), until.text
        # As `&&` does: false decides, then what is absent, then an error.
        evaluations = [(each.evaluate(states, now), each.text) for each in self.conditions.each]
        for outcome in ("false", "undecided", "error"):
            for evaluation, text in evaluations:
                if evaluation.outcome == outcome:
                    return evaluation, text
        return Evaluation("true"), self.conditions.expected


def _failing(held: Held, *targets: str) -> Decision:
    """Return the decision about a failure that holds, by itself."""
    failing = held if held.holds_for else None
    outcome: Literal["failed", "not_yet"] = "failed" if long_enough(held.seconds, held.holds_for) else "not_yet"
    return Decision(outcome, None, held.condition, failing, failing_targets=targets)
