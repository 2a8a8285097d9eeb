"""A guard on a lookup: a condition that must hold for what is read, on each run, or the program ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pulumi_nbcloud import clock
from pulumi_nbcloud.condition import Condition, compile_condition, compile_named, name_in
from pulumi_nbcloud.errors import NOT_MET, ExpectationError
from pulumi_nbcloud.kinds.kind import Kind
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.waiting.progress import CONDITION_SHOWN, headline, unmet

HINTS = {
    "false": "look at the thing itself, or correct expect; it is evaluated in every preview and update",
    "undecided": "ask for fields that may be absent with has(); what is undecided does not hold",
    "error": "correct expect, a CEL expression",
}


@dataclass(frozen=True)
class Expectation:
    """What must hold for one thing that is read; made by `expectation_of`.

    Args:
        kind: what is read.
        condition: a condition over `self`.
        expected: the condition as messages show it.
    """

    kind: Kind[Any, Any, Any]
    condition: Condition
    expected: str

    def check(self, state: Any, arguments: Any, request_id: str | None) -> None:
        """Evaluate a state.

        Args:
            state: what was read.
            arguments: of which thing.
            request_id: the vendor's id of the request, if it is known.

        Raises:
            ExpectationError: the condition does not hold, is undecided or cannot be evaluated.
        """
        states, now = {"self": state}, clock.now()
        evaluation = self.condition.evaluate(states, now)
        if evaluation.outcome == "true":
            return
        expected, actual = printable(self.expected, CONDITION_SHOWN), headline(self.kind, state)
        clauses = unmet(self.condition.not_met(states, now), expected, actual, valued=True)
        facts = [("expected", expected), *((NOT_MET, each) for each in clauses), ("actual", actual)]
        if evaluation.outcome == "error":
            facts = [("reason", str(evaluation.reason)), ("expected", expected), ("actual", actual)]
        raise ExpectationError(
            "cannot be evaluated" if evaluation.outcome == "error" else "not as expected",
            facts=facts,
            hint=HINTS[evaluation.outcome],
            request_id=request_id,
            subject=f"{self.kind.token} {printable(self.kind.identify(arguments))}",
        )


def expectation_of(kind: Kind[Any, Any, Any], expect: str) -> Expectation:
    """Compile an expectation and check it against the kind, before anything is sent.

    Args:
        kind: what is read.
        expect: a CEL expression over `self`, or the name of a condition of the kind.

    Returns:
        The expectation.

    Raises:
        ConditionError: names everything that is wrong with it.
    """
    name = name_in(expect)
    if name is not None:
        named = compile_named(name, kind, argument="expect")
        return Expectation(kind, named, f"{name} ({named.text})")
    return Expectation(kind, compile_condition(expect, {"self": kind}, name="expect"), expect)
