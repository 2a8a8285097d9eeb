"""The conditions of one wait: compiled once, the defaults of its kinds among them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from pulumi_nbcloud.condition.compiled import Condition, compile_condition, name_problems
from pulumi_nbcloud.condition.outcome import Clause, ConditionError, Evaluation
from pulumi_nbcloud.condition.problems import Problem

if TYPE_CHECKING:
    from pulumi_nbcloud.kinds.fields import State
    from pulumi_nbcloud.kinds.kind import Kind

T = TypeVar("T")


@dataclass(frozen=True)
class DefaultCondition:
    """A default condition of one target, which its kind writes over `self`.

    Args:
        target: the name of the target.
        condition: compiled for the kind.
        holds_for: how long it must hold, in seconds.
    """

    target: str
    condition: Condition
    holds_for: float = 0.0

    @cached_property
    def text(self) -> str:
        """The condition as messages show it, over the name of the target."""
        return self.condition.named("self", self.target)

    @property
    def fields(self) -> frozenset[str]:
        """The dotted paths that it reads, from the name of the target on."""
        return frozenset(f"{self.target}{path.removeprefix('self')}" for path in self.condition.fields)

    def evaluate(self, states: Mapping[str, State | None], now: datetime) -> Evaluation:
        """Evaluate the condition at one poll; see `Condition.evaluate`."""
        return self.condition.evaluate({"self": states.get(self.target)}, now, labels={"self": self.target})

    def not_met(self, states: Mapping[str, State | None], now: datetime) -> tuple[Clause, ...]:
        """Name the clauses that are not met at one poll; see `Condition.not_met`."""
        return self.condition.not_met({"self": states.get(self.target)}, now, labels={"self": self.target})


@dataclass(frozen=True)
class Conditions:
    """The conditions of one wait; made by `compile_conditions`.

    They remember nothing of a poll, so waits can share them.

    Args:
        until: what is waited for; None for `ready`.
        ready: the defaults of all kinds; empty where there is an `until`.
        fail_on: what ends the wait for good, besides `failures`; None where there is none.
        failures: the defaults of all kinds; empty where they do not count.
    """

    until: Condition | None
    ready: tuple[DefaultCondition, ...]
    fail_on: Condition | None
    failures: tuple[DefaultCondition, ...]

    @cached_property
    def expected(self) -> str:
        """What is waited for, as messages show it."""
        return self.until.text if self.until else " && ".join(each.text for each in self.ready)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is probably not meant, one line each."""
        return tuple(warning for each in (self.until, self.fail_on) if each for warning in each.warnings)

    def not_met(self, states: Mapping[str, State | None], now: datetime) -> tuple[Clause, ...]:
        """Name the clauses of what is waited for that are not met at one poll; none where all of it is."""
        if self.until:
            return self.until.not_met(states, now)
        return tuple(clause for each in self.ready for clause in each.not_met(states, now))

    @cached_property
    def fields(self) -> frozenset[str]:
        """The dotted paths that any of the conditions reads."""
        own = [each.fields for each in (self.until, self.fail_on) if each]
        return frozenset[str]().union(*own, *(each.fields for each in (*self.ready, *self.failures)))


def compile_conditions(
    kinds: Mapping[str, Kind[Any, Any, Any]], until: str | None = None, fail_on: str | bool | None = None
) -> Conditions:
    """Compile the conditions of one wait and check them against what its targets give.

    Args:
        kinds: of the targets, by name; `self` for the only one.
        until: what is waited for; None for the defaults of all kinds.
        fail_on: what ends the wait for good, besides the defaults of the kinds; None for the defaults alone, False for
            none.

    Returns:
        The conditions.

    Raises:
        ConditionError: names everything that is wrong with the conditions, or the kinds that have no default.
    """
    names = name_problems(kinds) if kinds else ("targets: there is none",)
    if names:
        raise ConditionError(names, hint="name the targets in letters, digits and _; nothing was sent")
    problems: list[Problem] = []

    def attempt(compiled: Callable[[], T]) -> T | None:
        try:
            return compiled()
        except ConditionError as error:
            problems.extend(error.problems)
            return None

    own = attempt(lambda: compile_condition(until, kinds)) if until is not None else None
    ready = _ready(kinds, problems) if until is None else ()
    failure = None
    if fail_on is True:
        problems.append(Problem("fail_on: True is no condition; write one, or False to drop the defaults"))
    elif fail_on is not None and fail_on is not False:
        failure = attempt(lambda: compile_condition(fail_on, kinds, name="fail_on"))
    if problems:
        hints = [each.hint for each in problems if each.hint]
        hint = hints[0] if hints else "correct the conditions, CEL expressions; nothing was sent"
        raise ConditionError([each.text for each in problems], hint=hint)
    return Conditions(own, ready, failure, () if fail_on is False else _failures(kinds))


def _ready(kinds: Mapping[str, Kind[Any, Any, Any]], problems: list[Problem]) -> tuple[DefaultCondition, ...]:
    missing = dict.fromkeys(kind.token for kind in kinds.values() if kind.ready is None)
    if missing:
        problems.append(Problem(f"until: is needed, {', '.join(missing)} has no default"))
        return ()
    return tuple(
        DefaultCondition(name, compile_condition(kind.ready or "", {"self": kind}, name=f"{kind.token}: ready"))
        for name, kind in kinds.items()
    )


def _failures(kinds: Mapping[str, Kind[Any, Any, Any]]) -> tuple[DefaultCondition, ...]:
    return tuple(
        DefaultCondition(
            name, compile_condition(each.condition, {"self": kind}, name=f"{kind.token}: failed"), each.holds_for
        )
        for name, kind in kinds.items()
        for each in kind.failed
    )
