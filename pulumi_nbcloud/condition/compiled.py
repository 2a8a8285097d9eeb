"""A condition: text, compiled once, evaluated at each poll."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pulumi_nbcloud.condition import vocabulary
from pulumi_nbcloud.condition.outcome import Clause, ConditionError, Evaluation
from pulumi_nbcloud.printable import printable

if TYPE_CHECKING:
    from pulumi_nbcloud.kinds.fields import State
    from pulumi_nbcloud.kinds.kind import Kind

KEPT = 256
_compiling = threading.Lock()


def _new_lock() -> None:
    """Take another lock in a forked child: a thread that does not exist there may hold this one."""
    global _compiling
    _compiling = threading.Lock()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_new_lock)

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


@dataclass(frozen=True)
class Condition:
    """A condition that was compiled and checked; made by `compile_condition`.

    Args:
        text: as it was written.
        warnings: what is probably not meant, one line each.
        fields: the dotted paths that it reads, items of a list by the path of the list: `self.jobs.status`.
    """

    text: str
    warnings: tuple[str, ...]
    fields: frozenset[str]
    _tree: Any = field(repr=False, compare=False)
    _kinds: Mapping[str, Kind[Any, Any, Any]] = field(repr=False, compare=False)

    def evaluate(
        self, states: Mapping[str, State | None], now: datetime, *, labels: Mapping[str, str] | None = None
    ) -> Evaluation:
        """Evaluate the condition at one poll; never raise.

        Args:
            states: by the names of the targets; None, or none, for a target that was not found.
            now: the time of the evaluation.
            labels: the name of a target in the reason, if another than its own.

        Returns:
            Its result.
        """
        from pulumi_nbcloud.condition.interpreter import evaluate

        return evaluate(self._tree, self.fields, self._kinds, states, now, labels or {})

    def failing_targets(self, states: Mapping[str, State | None], now: datetime) -> tuple[str, ...]:
        """Name the targets that it is about, if it holds at one poll: those that it reads."""
        return tuple(name for name in states if any(each.startswith(f"{name}.") for each in self.fields))

    def not_met(
        self, states: Mapping[str, State | None], now: datetime, *, labels: Mapping[str, str] | None = None
    ) -> tuple[Clause, ...]:
        """Name the clauses that keep the condition from being met at one poll; never raise.

        Args:
            states: by the names of the targets; None, or none, for a target that was not found.
            now: the time of the evaluation.
            labels: the name of a target in the clauses, if another than its own.

        Returns:
            For `a && b` the sides that are false or undecided; none exactly if `evaluate` returns "true".
        """
        from pulumi_nbcloud.condition.clauses import clauses

        return clauses(self, states, now, labels or {})

    def named(self, old: str, new: str) -> str:
        """Write the condition with a target under another name, for messages.

        Args:
            old: the name in the text.
            new: the name to show.

        Returns:
            The text, in brackets if it needs them to be joined with others.
        """
        from pulumi_nbcloud.condition.syntax import renamed

        return renamed(self.text, self._tree, old, new)


def compile_condition(text: str, kinds: Mapping[str, Kind[Any, Any, Any]], *, name: str = "until") -> Condition:
    """Compile a condition and check it against the fields of its targets.

    Args:
        text: a CEL expression that gives a bool.
        kinds: of the targets, by their names in the text; `self` for the only one.
        name: of the argument, for messages.

    Returns:
        The condition.

    Raises:
        ConditionError: names everything that is wrong with it.
    """
    problems = name_problems(kinds)
    if problems:
        raise ConditionError(problems)
    value: object = text
    if not isinstance(value, str):
        raise ConditionError((f"{name}: must be text",))
    # One at a time: gates begin together, and each would compile the same conditions as the others.
    with _compiling:
        return _compile(text, tuple(kinds.items()), name)


# Many gates have the same condition: 200 of them would otherwise parse a thousand conditions, and keep as many trees.
@lru_cache(maxsize=KEPT)
def _compile(text: str, kinds: tuple[tuple[str, Kind[Any, Any, Any]], ...], name: str) -> Condition:
    # Not at the top: cel-python and the states' pydantic take a third of a second to load.
    from pulumi_nbcloud.condition import check, problems, schema, syntax

    try:
        tree = syntax.parse(text)
    except syntax.SyntaxProblem as error:
        raise ConditionError((f"{name}: {error}",)) from None
    findings = problems.Findings()
    targets = {target: schema.record_type(kind.state, kind.token) for target, kind in kinds}
    check.Checker(text, targets, findings).check(tree)
    if findings.problems:
        texts = tuple(f"{name}: {each}" for each in findings.problems)
        raise ConditionError(texts, hint=findings.hint) if findings.hint else ConditionError(texts)
    return Condition(text, tuple(f"{name}: {each}" for each in findings.warnings), findings.fields, tree, dict(kinds))


def name_problems(names: Iterable[str]) -> tuple[str, ...]:
    """Return which names of targets are not allowed, and why; empty if all are."""
    names = tuple(names)
    problems = []
    for each in names:
        if not _IDENTIFIER.fullmatch(each):
            problems.append(f"targets: {printable(each, 40)!r} is not a name; use letters, digits and _")
        elif vocabulary.taken(each):
            problems.append(f"targets: {each!r} is {vocabulary.taken(each)}; choose another name")
        elif each == "self" and len(names) > 1:
            problems.append("targets: 'self' is the name of a single target; choose another name")
    return tuple(problems)
