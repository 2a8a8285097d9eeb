"""The outcome of one poll: which condition wins."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from pulumi_nbcloud.condition.outcome import Decision, Evaluation

if TYPE_CHECKING:
    from pulumi_nbcloud.condition.conditions import Conditions
    from pulumi_nbcloud.kinds.fields import State


class Evaluator:
    """Evaluates the polls of one wait, in the order in which they are made.

    It counts failures that must hold several times in a row, so every wait needs its own.

    Args:
        conditions: of the wait.
    """

    def __init__(self, conditions: Conditions) -> None:
        self.conditions = conditions
        self._in_a_row = [0] * len(conditions.failures)

    def decide(self, states: Mapping[str, State | None], now: datetime) -> Decision:
        """Evaluate one poll.

        Args:
            states: what was read, by the names of the targets; None for one that was not found.
            now: the time of the evaluation.

        Returns:
            The outcome. An explicit `fail_on` goes first, and while it is undecided nothing is met; then `until`; then
            the defaults of the kinds, so that a default never keeps one from waiting for what it calls a failure.
        """
        # Before anything decides: failures are counted at every poll.
        by_default = self._failed(states, now)
        fail_on = self.conditions.fail_on
        if fail_on:
            failed = fail_on.evaluate(states, now)
            if failed.outcome != "false":
                outcomes = {"true": "failed", "undecided": "not_yet", "error": "bad_condition"}
                return Decision(outcomes[failed.outcome], failed.reason, fail_on.text)  # type: ignore[arg-type]
        met, text = self._met(states, now)
        if met.outcome == "true":
            return Decision("met", None, text)
        if met.outcome == "error":
            return Decision("bad_condition", met.reason, text)
        return by_default or Decision("not_yet", met.reason, text)

    def _failed(self, states: Mapping[str, State | None], now: datetime) -> Decision | None:
        decision = None
        for index, each in enumerate(self.conditions.failures):
            holds = each.evaluate(states, now).outcome == "true"
            self._in_a_row[index] = self._in_a_row[index] + 1 if holds else 0
            if decision is None and self._in_a_row[index] >= each.polls:
                reason = f"seen {self._in_a_row[index]} times in a row" if each.polls > 1 else None
                decision = Decision("failed", reason, each.text)
        return decision

    def _met(self, states: Mapping[str, State | None], now: datetime) -> tuple[Evaluation, str]:
        until = self.conditions.until
        if until:
            return until.evaluate(states, now), until.text
        # As `&&` does: false decides, then what is absent, then an error.
        evaluations = [(each.evaluate(states, now), each.text) for each in self.conditions.ready]
        for outcome in ("false", "undecided", "error"):
            for evaluation, text in evaluations:
                if evaluation.outcome == outcome:
                    return evaluation, text
        return Evaluation("true"), self.conditions.expected
