"""The conditions of one wait: compiled once, the defaults of its kinds among them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from pulumi_nbcloud.condition.compiled import Condition, compile_condition, name_problems
from pulumi_nbcloud.condition.named import name_in, named_conditions
from pulumi_nbcloud.condition.outcome import Clause, ConditionError, Evaluation
from pulumi_nbcloud.condition.problems import Problem
from pulumi_nbcloud.spelling import PYTHON, Spelling

if TYPE_CHECKING:
    from pulumi_nbcloud.kinds.fields import State
    from pulumi_nbcloud.kinds.kind import Kind, NamedCondition

T = TypeVar("T")


@dataclass(frozen=True)
class TargetCondition:
    """A condition of one target, a default or a named one, which its kind writes over `self`.

    Args:
        target: the name of the target.
        condition: compiled for the kind; None if no state meets it.
        holds_for: how long it must hold, in seconds.
        met_if_gone: whether it holds for a target that is not found.
    """

    target: str
    condition: Condition | None
    holds_for: float = 0.0
    met_if_gone: bool = False

    @property
    def own_text(self) -> str:
        """The expression over `self`, as its kind writes it; empty if there is none."""
        return self.condition.text if self.condition else ""

    @cached_property
    def expression(self) -> str:
        """The expression over the name of the target; empty if there is none."""
        return self.condition.named("self", self.target) if self.condition else ""

    @cached_property
    def text(self) -> str:
        """The condition as messages show it, over the name of the target."""
        from pulumi_nbcloud.kinds.kind import or_not_found

        return or_not_found(self.expression) if self.met_if_gone else self.expression

    @property
    def fields(self) -> frozenset[str]:
        """The dotted paths that it reads, from the name of the target on."""
        paths = self.condition.fields if self.condition else ()
        return frozenset(f"{self.target}{path.removeprefix('self')}" for path in paths)

    def evaluate(self, states: Mapping[str, State | None], now: datetime) -> Evaluation:
        """Evaluate the condition at one poll; see `Condition.evaluate`."""
        state = states.get(self.target)
        if self.met_if_gone and state is None:
            return Evaluation("true")
        if self.condition is None:
            return Evaluation("false")
        return self.condition.evaluate({"self": state}, now, labels={"self": self.target})

    def not_met(self, states: Mapping[str, State | None], now: datetime) -> tuple[Clause, ...]:
        """Name the clauses that are not met at one poll; see `Condition.not_met`."""
        state = states.get(self.target)
        if self.met_if_gone and state is None:
            return ()
        if self.condition is None:
            what = "" if self.target == "self" else f"{self.target} "
            return (
                Clause(self.text, "false", f"{what or 'it '}is there", self.text, self.target, f"{what}still there"),
            )
        found = self.condition.not_met({"self": state}, now, labels={"self": self.target})
        if not self.met_if_gone:
            return found
        return tuple(replace(each, expected=each.expected and f"{each.expected} or not found") for each in found)


@dataclass(frozen=True)
class AnyTarget:
    """A named condition as `fail_on`: it holds if it does for any of the targets.

    Args:
        name: of the condition.
        each: the condition of each target.
    """

    name: str
    each: tuple[TargetCondition, ...]

    @cached_property
    def text(self) -> str:
        """The condition as messages show it: its name and the expression."""
        return f"{self.name} ({' || '.join(each.expression for each in self.each)})"

    @property
    def warnings(self) -> tuple[str, ...]:
        """None: the author of a kind means its conditions."""
        return ()

    @cached_property
    def fields(self) -> frozenset[str]:
        """The dotted paths that it reads."""
        return frozenset[str]().union(*(each.fields for each in self.each))

    def failing_targets(self, states: Mapping[str, State | None], now: datetime) -> tuple[str, ...]:
        """Name the targets for which it holds at one poll."""
        return tuple(each.target for each in self.each if each.evaluate(states, now).outcome == "true")

    def evaluate(self, states: Mapping[str, State | None], now: datetime) -> Evaluation:
        """Evaluate the condition at one poll, as `||` does: true decides, then what is absent, then an error."""
        evaluations = [each.evaluate(states, now) for each in self.each]
        for outcome in ("true", "undecided", "error"):
            for each in evaluations:
                if each.outcome == outcome:
                    return each
        return Evaluation("false")


@dataclass(frozen=True)
class Conditions:
    """The conditions of one wait; made by `compile_conditions`.

    They remember nothing of a poll, so waits can share them.

    Args:
        until: the expression that is waited for; None for `each`.
        each: the condition that each target must meet, the default of its kind or a named one; empty if there is an
            `until`.
        fail_on: what ends the wait for good, besides `failures`; None if there is none.
        failures: the defaults of the kinds; empty if they do not count.
        name: of the named condition that `each` is; None for the defaults.
    """

    until: Condition | None
    each: tuple[TargetCondition, ...]
    fail_on: Condition | AnyTarget | None
    failures: tuple[TargetCondition, ...]
    name: str | None = None

    @cached_property
    def expected(self) -> str:
        """The condition that is waited for, as messages show it; a named condition with its expression."""
        if self.until:
            return self.until.text
        from pulumi_nbcloud.kinds.kind import or_not_found

        joined = " && ".join(each.expression for each in self.each if each.expression)
        text = or_not_found(joined) if self.met_if_gone else joined
        return f"{self.name} ({text})" if self.name else text

    @property
    def met_if_gone(self) -> bool:
        """Whether a target that is not found any more counts as met."""
        return any(each.met_if_gone for each in self.each)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings about what is probably not meant, one line each."""
        return tuple(warning for each in (self.until, self.fail_on) if each for warning in each.warnings)

    def not_met(self, states: Mapping[str, State | None], now: datetime) -> tuple[Clause, ...]:
        """Name the clauses that are not met at one poll; none if the condition is met."""
        if self.until:
            return self.until.not_met(states, now)
        return tuple(clause for each in self.each for clause in each.not_met(states, now))

    @cached_property
    def fields(self) -> frozenset[str]:
        """The dotted paths that any of the conditions reads."""
        own = [each.fields for each in (self.until, self.fail_on) if each]
        return frozenset[str]().union(*own, *(each.fields for each in (*self.each, *self.failures)))


def compile_conditions(
    kinds: Mapping[str, Kind[Any, Any, Any]],
    until: str | None = None,
    fail_on: str | bool | None = None,
    spelling: Spelling = PYTHON,
) -> Conditions:
    """Compile the conditions of one wait and check them against the fields of its targets.

    Args:
        kinds: of the targets, by name; `self` for the only one.
        until: the condition to wait for, an expression or a name; None for the defaults of all kinds.
        fail_on: what ends the wait for good, besides the defaults of the kinds; None for the defaults alone, False for
            none.
        spelling: of who gave them, for messages.

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

    own: Condition | None = None
    name = name_in(until)
    chosen: Mapping[str, NamedCondition] = {}
    if until is None:
        chosen = _ready(kinds, problems, spelling)
    elif name is not None:
        chosen = attempt(lambda: named_conditions(name, kinds, argument="until", spelling=spelling)) or {}
    else:
        own = attempt(lambda: compile_condition(until, kinds, name=spelling.option("until")))
    failure = None
    if fail_on is True:
        what = f"{spelling.option('fail_on')}: {spelling.value(True)} is no condition"
        problems.append(Problem(f"{what}; write one, or {spelling.off('fail_on')} to drop the defaults"))
    elif fail_on is not None and fail_on is not False:
        failure = attempt(lambda: _fail_on(fail_on, kinds, spelling))
    if problems:
        hints = [each.hint for each in problems if each.hint]
        hint = hints[0] if hints else "correct the conditions, CEL expressions; nothing was sent"
        raise ConditionError([each.text for each in problems], hint=hint)
    failing = {name: kind for name, kind in kinds.items() if name not in chosen or chosen[name].failures_apply}
    return Conditions(
        own, _of_each(chosen, kinds), failure, () if fail_on is False else _failures(failing), name if chosen else None
    )


def compile_named(name: str, kind: Kind[Any, Any, Any], *, argument: str) -> Condition:
    """Compile a named condition of one kind.

    Args:
        name: of the condition.
        kind: whose condition it is.
        argument: where it was given, for messages.

    Returns:
        The condition, over `self`.

    Raises:
        ConditionError: the kind has none of that name, or it is not for this argument.
    """
    found = named_conditions(name, {"self": kind}, argument=argument)["self"]
    return compile_condition(found.condition or "", {"self": kind}, name=f"{kind.token}: {name}")


def _ready(
    kinds: Mapping[str, Kind[Any, Any, Any]], problems: list[Problem], spelling: Spelling
) -> Mapping[str, NamedCondition]:
    """Return the default of each target: the named condition `ready` of its kind. Lists have none."""
    missing = dict.fromkeys(kind.token for kind in kinds.values() if kind.ready is None)
    if missing:
        problems.append(Problem(f"{spelling.option('until')}: is needed, {', '.join(missing)} has no default"))
        return {}
    return {target: kind.conditions["ready"] for target, kind in kinds.items()}


def _fail_on(text: str, kinds: Mapping[str, Kind[Any, Any, Any]], spelling: Spelling) -> Condition | AnyTarget:
    name = name_in(text)
    if name is None:
        return compile_condition(text, kinds, name=spelling.option("fail_on"))
    return AnyTarget(name, _of_each(named_conditions(name, kinds, argument="fail_on", spelling=spelling), kinds))


def _of_each(
    chosen: Mapping[str, NamedCondition], kinds: Mapping[str, Kind[Any, Any, Any]]
) -> tuple[TargetCondition, ...]:
    return tuple(
        TargetCondition(target, _compiled(each, kinds[target]), met_if_gone=each.met_if_gone)
        for target, each in chosen.items()
    )


def _compiled(named: NamedCondition, kind: Kind[Any, Any, Any]) -> Condition | None:
    if named.condition is None:
        return None
    return compile_condition(named.condition, {"self": kind}, name=f"{kind.token}: {named.name}")


def _failures(kinds: Mapping[str, Kind[Any, Any, Any]]) -> tuple[TargetCondition, ...]:
    return tuple(
        TargetCondition(
            name, compile_condition(each.condition, {"self": kind}, name=f"{kind.token}: failed"), each.holds_for
        )
        for name, kind in kinds.items()
        for each in kind.failed
    )
