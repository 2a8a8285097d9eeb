"""The clauses of a condition that are not met, and the actual values.

Each part of `a && b && c` is a clause, brackets or not; of `a ? b : c` the branch that counts. All sides of `a || b`
are one clause, because any of them is enough; it begins with the side that lacks least. Everything else is one clause:
a comparison shows the actual value and what would meet it, a macro over a list for how many items it holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from celpy.celtypes import BoolType, DurationType, ListType, TimestampType
from celpy.evaluation import CELEvalError

from pulumi_nbcloud.condition import vocabulary
from pulumi_nbcloud.condition.interpreter import Interpreter, evaluate, evaluation_of, truncated, variables_of
from pulumi_nbcloud.condition.operators import SYMBOLS
from pulumi_nbcloud.condition.outcome import Clause
from pulumi_nbcloud.condition.spelling import spelled
from pulumi_nbcloud.condition.syntax import Node, identifier, is_path, paths, reads, tested_by_has, trees, written
from pulumi_nbcloud.condition.values import Absent, Record, Result
from pulumi_nbcloud.printable import printable

if TYPE_CHECKING:
    from pulumi_nbcloud.condition.compiled import Condition
    from pulumi_nbcloud.kinds.fields import State

TEXT_SHOWN = 300
SOURCE_SHOWN = 40
ROWS_NAMED = 3
FIELDS_NAMED = 3

_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_OF_TIMES = {"<": "before", "<=": "not after", ">": "after", ">=": "not before"}
_OF_SPANS = {"<": "less than", "<=": "at most", ">": "more than", ">=": "at least"}


def clauses(
    condition: Condition, states: Mapping[str, State | None], now: datetime, labels: Mapping[str, str]
) -> tuple[Clause, ...]:
    """Name the clauses of a condition that are not met; see `Condition.not_met`."""
    found: tuple[Clause, ...] = ()
    try:
        found = _of_tree(condition, states, now, labels)
    except Exception:  # a wait must not end because a message could not be written
        found = ()
    cut = truncated(condition.fields, states, labels)
    if found and not (cut and all(each.outcome != "undecided" for each in found)):
        return found
    evaluation = evaluate(condition._tree, condition.fields, condition._kinds, states, now, labels)
    if evaluation.outcome == "true":
        return ()
    text, reason = printable(condition.text, TEXT_SHOWN), evaluation.reason
    brief = f"{', '.join(cut)} truncated" if cut else printable(reason or text, SOURCE_SHOWN)
    return (Clause(text, evaluation.outcome, reason, brief=brief),)


def _of_tree(
    condition: Condition, states: Mapping[str, State | None], now: datetime, labels: Mapping[str, str]
) -> tuple[Clause, ...]:
    variables = variables_of(condition._kinds, states, now, labels)
    names = {name: labels.get(name, name) for name in condition._kinds}
    walk = _Walk(condition.text, Interpreter(condition._tree, variables), names, now)
    return tuple(dict.fromkeys(walk.not_met(condition._tree)))


@dataclass(frozen=True)
class _Fact:
    """The actual value where a clause is not met, for messages and for a narrow place; see `Clause`."""

    actual: str | None
    brief: str
    expected: str | None = None
    brief_expected: str | None = None
    values: tuple[tuple[str, str], ...] = ()


class _Walk:
    """Walks the tree of a condition that is not met.

    Args:
        text: of the condition.
        interpreter: evaluates its parts.
        names: of the targets, as messages show them, by their names in the text.
        now: the time of the evaluation.
    """

    def __init__(self, text: str, interpreter: Interpreter, names: Mapping[str, str], now: datetime) -> None:
        self._text = text
        self._interpreter = interpreter
        self._names = names
        # A single target needs no name; the items of a list are added while a macro goes through them.
        self._short = {name: "" if label == "self" else label for name, label in names.items()}
        self._facts: dict[Clause, _Fact] = {}
        self._now = now if now.tzinfo is not None else now.replace(tzinfo=timezone.utc)

    def not_met(self, node: Node) -> list[Clause]:
        """Return the clauses of a part that are not met; none exactly where it is true."""
        if node.data == "conditionaland":
            return [clause for each in trees(node) for clause in self.not_met(each)]
        value = self._interpreter.visit(node)
        if isinstance(value, BoolType) and value:
            return []
        if node.data == "expr":
            choice, left, right = trees(node)
            chosen = self._interpreter.visit(choice)
            if isinstance(chosen, BoolType):
                return self.not_met(left if chosen else right)
        return [self._any_of(node, value) if node.data == "conditionalor" else self._clause(node, value)]

    def _clause(self, node: Node, value: Result) -> Clause:
        try:
            fact = self._fact(node, value)
        except Exception:  # for example a time that no calendar has
            fact = _Fact(None, self._source(node))
        return self._made(node, value, fact)

    def _made(self, node: Node, value: Result, fact: _Fact) -> Clause:
        brief = f"{fact.brief}, not {fact.brief_expected}" if fact.brief_expected else fact.brief
        text = printable(written(self._text, node, self._names), TEXT_SHOWN)
        outcome = evaluation_of(value).outcome
        read = [name for name in self._names if reads(node, {name})]
        target = self._names[read[0]] if len(read) == 1 else None
        # Only what is true is left out before.
        outcome = "error" if outcome == "true" else outcome
        clause = Clause(text, outcome, fact.actual, fact.expected, target, brief, fact.values)
        self._facts[clause] = fact
        return clause

    def _any_of(self, node: Node, value: Result) -> Clause:
        """Make one clause of `a || b`: of the side that lacks least, and of those one that may still be decided."""
        sides = [each for each in (self.not_met(side) for side in trees(node)) if each]
        sides.sort(key=lambda side: (len(side), side[0].outcome != "undecided"))
        every = [clause for side in sides for clause in side]
        actual = ", ".join(dict.fromkeys(each.actual for each in every if each.actual)) or None
        alike = {each.actual for each in every} == {actual} and all(each.expected for each in every)
        expected = " or ".join(dict.fromkeys(each.expected or "" for each in every)) if alike else None
        first = self._facts[sides[0][0]]
        brief = expected if alike and first.brief_expected == first.expected else first.brief_expected
        valued = all(each.values for each in every if each.actual)
        values = tuple(pair for each in every for pair in each.values) if valued else ()
        return self._made(node, value, _Fact(actual, first.brief, expected, brief, values))

    def _fact(self, node: Node, value: Result) -> _Fact:
        """Find the actual value where a clause is not met."""
        if node.data == "relation":
            return self._compared(node, value)
        if isinstance(value, CELEvalError):
            return self._problem(node, value)
        if node.data == "unary" and trees(node)[0].data == "unary_not":
            operand = trees(node)[1]
            tested = tested_by_has(operand)
            if tested is not None:
                name = self._source(tested)
                return _Fact(f"{name} is there", f"{name} there", "absent")
            if is_path(operand):
                return self._value(operand, self._interpreter.visit(operand), "false")
        tested = tested_by_has(node)
        if tested is not None:
            name = self._source(tested)
            return _Fact(f"{name} is absent", f"{name} absent", "present")
        if is_path(node):
            return self._value(node, value, "true")
        if node.data == "member_dot_arg" and str(node.children[1]) in vocabulary.LIST_MACROS:
            return self._rows(node)
        return self._fields(node)

    def _problem(self, node: Node, value: CELEvalError) -> _Fact:
        if not isinstance(value, Absent):
            reason = str(value.args[0])
            return _Fact(reason, printable(f"{self._source(node)}: {reason}", SOURCE_SHOWN))
        missing = [
            name
            for name in self._names
            if isinstance(self._interpreter.variables[name], Absent) and reads(node, {name})
        ]
        if missing:
            what = self._short[missing[0]]
            values = ((what, "not found"),)
            return _Fact(f"{what or 'the target'} is not found", f"{what} not found".strip(), values=values)
        reasons = [each._replace(name=_without(each.name, self._short)) for each in value.reasons]
        return _Fact(", ".join(each.text for each in reasons[:FIELDS_NAMED]), reasons[0].brief)

    def _value(self, node: Node, value: Result, expected: str | None = None) -> _Fact:
        name, (text, brief) = self._source(node), spelled(value, self._now)
        return _Fact(f"{name} is {text}", f"{name} {brief}", expected, values=((name, text),))

    def _compared(self, node: Node, value: Result) -> _Fact:
        """Describe `a == b`: the value of the side that reads a target, and the value that would meet it."""
        operator, right = trees(node)
        symbol, subject, other = SYMBOLS[operator.data], trees(operator)[0], right
        if not self._reads(subject) and self._reads(other):
            if symbol == "in":
                return self._fields(node)
            symbol, subject, other = _FLIPPED[symbol], other, subject
        if isinstance(value, CELEvalError):
            fact = self._problem(node, value)
        else:
            fact = self._difference(subject, symbol) or self._value(subject, self._interpreter.visit(subject))
        try:
            expected, brief = self._expected(subject, symbol, other)
        except Exception:  # the expected value may be absent itself
            return fact
        return replace(fact, expected=expected, brief_expected=None if isinstance(value, CELEvalError) else brief)

    def _difference(self, subject: Node, symbol: str) -> _Fact | None:
        """Write `x - now`, a duration, as the time `x`."""
        moment = self._moment(subject)
        if moment is None or symbol not in _OF_SPANS:
            return None
        value = self._interpreter.visit(moment)
        return self._value(moment, value) if isinstance(value, TimestampType) else None

    @staticmethod
    def _moment(node: Node) -> Node | None:
        """Return the time of `time - now` or `now - time`."""
        if node.data != "addition" or trees(node)[0].data != "addition_sub":
            return None
        sides = trees(trees(node)[0])[0], trees(node)[1]
        named = [identifier(each) == vocabulary.NOW for each in sides]
        return sides[named.index(False)] if sum(named) == 1 and is_path(sides[named.index(False)]) else None

    def _expected(self, subject: Node, symbol: str, other: Node) -> tuple[str, str | None]:
        """Write what would meet a comparison, and a short form; raise if that cannot be written."""
        value = self._interpreter.visit(other)
        if symbol == "in" and isinstance(value, ListType):
            text = " or ".join(spelled(each, self._now)[0] for each in value[:FIELDS_NAMED])
            more = " or another" if len(value) > FIELDS_NAMED else ""
            return (f"{text}{more}", f"{text}{more}") if text else ("one of none", None)
        text, brief = spelled(value, self._now)
        if isinstance(value, DurationType) and symbol in _OF_SPANS and self._moment(subject) is not None:
            before = identifier(trees(trees(subject)[0])[0]) == vocabulary.NOW
            text = f"{_OF_SPANS[symbol]} {text} ago" if before else f"in {_OF_SPANS[symbol]} {text}"
            return text, text
        if isinstance(value, TimestampType):
            text = vocabulary.NOW if identifier(other) == vocabulary.NOW else text
            return f"{_OF_TIMES.get(symbol, 'not' if symbol == '!=' else '')} {text}".strip(), None
        if self._reads(other):
            text = f"{text} ({self._source(other)})"
        text, brief = (each if symbol == "==" else f"{symbol} {each}" for each in (text, brief))
        return (f"not {text[3:]}", None) if symbol == "!=" else (text, brief)

    def _rows(self, node: Node) -> _Fact:
        """Describe a macro over a list: for how many items it holds, and for `all` which fail first, and why."""
        rows = self._interpreter.visit(trees(node)[0])
        path, name = self._source(trees(node)[0]), str(node.children[1])
        if not len(rows):
            return _Fact(f"{path} is empty", f"{path} empty")
        variable, body = trees(trees(node)[1])
        row_name, holding, failing = str(identifier(variable)), 0, list[Clause]()
        try:
            for index, row in enumerate(rows):
                self._interpreter.variables[row_name] = row
                result = self._interpreter.visit(body)
                if isinstance(result, BoolType) and result:
                    holding += 1
                elif name == "all" and len(failing) < ROWS_NAMED:
                    place = _without(row.path, self._short) if isinstance(row, Record) else f"{path}[{index}]"
                    self._short[row_name] = place
                    failing += self.not_met(body)[:1]
        finally:
            self._interpreter.variables.pop(row_name, None)
            self._short.pop(row_name, None)
        parts = [f"{holding} of {len(rows)} rows of {path}", *(each.actual for each in failing if each.actual)]
        brief = f"{path} {holding} of {len(rows)}"
        expected = "1" if name == "exists_one" else None
        return _Fact(", ".join(parts), f"{brief}, {failing[0].brief}" if failing else brief, expected)

    def _fields(self, node: Node) -> _Fact:
        """Describe any other clause by the values of the fields that it reads."""
        found = {self._source(each): each for each in paths(node) if self._reads(each)}
        facts = [self._value(each, self._interpreter.visit(each)) for each in list(found.values())[:FIELDS_NAMED]]
        if not facts:
            return _Fact(None, self._source(node))
        values = tuple(pair for each in facts for pair in each.values)
        return _Fact(", ".join(str(each.actual) for each in facts), facts[0].brief, values=values)

    def _source(self, node: Node) -> str:
        return printable(written(self._text, node, self._short), SOURCE_SHOWN)

    def _reads(self, node: Node) -> bool:
        return reads(node, self._short)


def _without(path: str, names: Mapping[str, str]) -> str:
    """Leave out the name of a single target."""
    return path.removeprefix("self.") if names.get("self") == "" else path
