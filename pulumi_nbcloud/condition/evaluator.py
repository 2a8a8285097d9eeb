"""The outcome of one poll: which condition wins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from pulumi_nbcloud.condition.compiled import Condition, compile_condition, name_problems
from pulumi_nbcloud.condition.outcome import ConditionError, Decision, Evaluation

if TYPE_CHECKING:
    from pulumi_nbcloud.kinds.fields import State
    from pulumi_nbcloud.kinds.kind import Kind

T = TypeVar("T")


@dataclass
class _Default:
    """A default condition of one target, written over `self`."""

    target: str
    condition: Condition
    polls: int = 1
    in_a_row: int = 0

    @property
    def text(self) -> str:
        return self.condition.named("self", self.target)

    def evaluate(self, states: Mapping[str, State | None], now: datetime) -> Evaluation:
        return self.condition.evaluate({"self": states.get(self.target)}, now, labels={"self": self.target})


class Evaluator:
    """Evaluates the polls of one wait, in the order in which they are made.

    It counts failures that must be seen several times in a row, so every wait needs its own.

    Args:
        kinds: of the targets, by name; `self` for the only one.
        until: what is waited for; None for the defaults of all kinds.
        fail_on: what ends the wait for good, besides the defaults of the kinds; None for the defaults alone, False for
            none.

    Raises:
        ConditionError: names everything that is wrong with the conditions, or the kinds that have no default.
    """

    def __init__(
        self, kinds: Mapping[str, Kind[Any, Any, Any]], until: str | None = None, fail_on: str | bool | None = None
    ) -> None:
        self._problems: list[str] = []
        self._hints: list[str] = []
        names = name_problems(kinds) if kinds else ("targets: there is none",)
        if names:
            raise ConditionError(names, hint="name the targets in letters, digits and _; nothing was sent")
        self._until = self._try(lambda: compile_condition(until, kinds)) if until is not None else None
        self._ready = self._defaults(kinds) if until is None else []
        self._fail_on: Condition | None = None
        if fail_on is True:
            self._problems.append("fail_on: True is no condition; write one, or False to drop the defaults")
        elif fail_on is not None and fail_on is not False:
            self._fail_on = self._try(lambda: compile_condition(fail_on, kinds, name="fail_on"))
        if self._problems:
            hint = self._hints[0] if self._hints else "correct the conditions, CEL expressions; nothing was sent"
            raise ConditionError(tuple(self._problems), hint=hint)
        self._failures = [] if fail_on is False else _failures(kinds)
        self.expected = self._until.text if self._until else " && ".join(each.text for each in self._ready)
        given = [each for each in (self._until, self._fail_on) if each]
        self.warnings = tuple(warning for each in given for warning in each.warnings)
        self.fields = frozenset(path for each in given for path in each.fields) | {
            f"{each.target}{path.removeprefix('self')}"
            for each in (*self._ready, *self._failures)
            for path in each.condition.fields
        }

    def _try(self, make: Callable[[], T]) -> T | None:
        try:
            return make()
        except ConditionError as error:
            self._problems += error.problems
            self._hints += [error.hint] if error.hint else []
            return None

    def _defaults(self, kinds: Mapping[str, Kind[Any, Any, Any]]) -> list[_Default]:
        missing = [kind.token for kind in kinds.values() if kind.ready is None]
        if missing:
            self._problems.append(f"until: is needed, {', '.join(dict.fromkeys(missing))} has no default")
            return []
        return [
            _Default(name, compile_condition(kind.ready or "", {"self": kind}, name=f"{kind.token}: ready"))
            for name, kind in kinds.items()
        ]

    def decide(self, states: Mapping[str, State | None], now: datetime) -> Decision:
        """Evaluator one poll.

        Args:
            states: what was read, by the names of the targets; None for one that was not found.
            now: the time of the evaluation.

        Returns:
            The outcome. An explicit `fail_on` goes first, and while it is undecided nothing is met; then `until`; then
            the defaults of the kinds, so that a default never keeps one from waiting for what it calls a failure.
        """
        # Before anything decides: failures are counted at every poll.
        by_default = self._seen(states, now)
        if self._fail_on:
            seen = self._fail_on.evaluate(states, now)
            if seen.outcome != "false":
                outcomes = {"true": "failed", "undecided": "not_yet", "error": "bad_condition"}
                return Decision(outcomes[seen.outcome], seen.reason, self._fail_on.text)  # type: ignore[arg-type]
        expected, text = self._expected(states, now)
        if expected.outcome == "true":
            return Decision("met", None, text)
        if expected.outcome == "error":
            return Decision("bad_condition", expected.reason, text)
        return by_default or Decision("not_yet", expected.reason, text)

    def _seen(self, states: Mapping[str, State | None], now: datetime) -> Decision | None:
        outcome = None
        for each in self._failures:
            seen = each.evaluate(states, now)
            each.in_a_row = each.in_a_row + 1 if seen.outcome == "true" else 0
            if outcome is None and each.in_a_row >= each.polls:
                reason = f"seen {each.in_a_row} times in a row" if each.polls > 1 else None
                outcome = Decision("failed", reason, each.text)
        return outcome

    def _expected(self, states: Mapping[str, State | None], now: datetime) -> tuple[Evaluation, str]:
        if self._until:
            return self._until.evaluate(states, now), self._until.text
        # As `&&` does: false decides, then what is absent, then an error.
        evaluations = [(each.evaluate(states, now), each.text) for each in self._ready]
        for outcome in ("false", "undecided", "error"):
            for evaluation, text in evaluations:
                if evaluation.outcome == outcome:
                    return evaluation, text
        return Evaluation("true"), self.expected


def _failures(kinds: Mapping[str, Kind[Any, Any, Any]]) -> list[_Default]:
    return [
        _Default(name, compile_condition(each.condition, {"self": kind}, name=f"{kind.token}: failed"), each.polls)
        for name, kind in kinds.items()
        for each in kind.failed
    ]
