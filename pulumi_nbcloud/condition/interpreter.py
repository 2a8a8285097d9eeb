"""cel-python's interpreting evaluator, with absence.

What is overridden, and why; overridden operators and functions are in `functions`:

- names (`ident_value`): cel-python finds variables, functions and types in one chain of containers, which it copies for
  every item of a macro; here a name is a variable or nothing.
- `?:` (`expr`): an absent or erroneous condition chose the left branch and then called it "no matching overload"; it is
  the result here.
- `||`, `&&` (`conditionalor`, `conditionaland`): two absent sides were a type error, so absence was lost; a chain is
  one node here (see `syntax`) and is left at the first side that decides.
- calls (`function_eval`, `method_eval`): the first of several problems won; see `values` for the order here.
- `has()` (`macro_has_eval`): every error was "no": an index out of range, a target that does not exist yet.
- `.` (`member_dot`): reads states instead of maps, and names what is null.
- list macros (`member_dot_arg`): `map`, `filter` and `exists_one` raise the error of an element's expression, out of
  reach of `||`; `all` and `exists` call two absent elements a type error; the elements were evaluated by a plain
  `Evaluator`, without these overrides.
- lists (`exprlist`): see calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from celpy.celtypes import BoolType, ListType, TimestampType
from celpy.evaluation import Activation, CELEvalError, Evaluator
from lark import Token

from pulumi_nbcloud.condition import vocabulary
from pulumi_nbcloud.condition.functions import FUNCTIONS
from pulumi_nbcloud.condition.outcome import Evaluation
from pulumi_nbcloud.condition.schema import record_type
from pulumi_nbcloud.condition.syntax import Node, identifier, trees
from pulumi_nbcloud.condition.values import Absent, Reason, Record, Result, combine, strictest

if TYPE_CHECKING:
    from pulumi_nbcloud.kinds.fields import State
    from pulumi_nbcloud.kinds.kind import Kind

_ACTIVATION = Activation(functions=FUNCTIONS)


class Interpreter(Evaluator):
    """Evaluates one checked condition once.

    Args:
        tree: the compact tree.
        variables: the values of its names.
    """

    def __init__(self, tree: Node, variables: dict[str, Result]) -> None:
        super().__init__(tree, _ACTIVATION)
        self.variables = variables

    def ident_value(self, name: str, root_scope: bool = False) -> Result:
        """Return the value of a name."""
        return self.variables[name]

    def expr(self, tree: Node) -> Result:
        """Evaluate `a ? b : c`, of which only one branch counts."""
        choice, left, right = trees(tree)
        chosen = self.visit(choice)
        if isinstance(chosen, CELEvalError):
            return chosen
        return self.visit(left if chosen else right)

    def conditionalor(self, tree: Node) -> Result:
        """Evaluate `||`: one true operand decides."""
        return combine((self.visit(each) for each in trees(tree)), decisive=True)

    def conditionaland(self, tree: Node) -> Result:
        """Evaluate `&&`: one false operand decides."""
        return combine((self.visit(each) for each in trees(tree)), decisive=False)

    def function_eval(self, name_token: Token, exprlist: Iterable[Result] | None = None) -> Result:
        """Call a function."""
        return FUNCTIONS[name_token.value](*(exprlist or ()))

    def method_eval(self, object: Result, method_ident: Token, exprlist: Iterable[Result] | None = None) -> Result:  # noqa: A002
        """Call a method."""
        arguments = [exprlist] if isinstance(exprlist, CELEvalError) else (exprlist or ())
        return FUNCTIONS[method_ident.value](object, *arguments)

    def macro_has_eval(self, exprlist: Node) -> Result:
        """Evaluate `has(a.b)`."""
        return self._has(trees(exprlist)[0])

    def _has(self, tree: Node) -> Result:
        # A field of a null object is not there: has(a.b.c) is has(a.b) && has(a.b.c).
        owner = trees(tree)[0]
        if owner.data == "member_dot":
            outer = self._has(owner)
            if isinstance(outer, CELEvalError) or not outer:
                return outer
        value = self.visit(owner)
        if isinstance(value, CELEvalError):
            return value
        return BoolType(value.has(str(tree.children[1])))

    def member_dot(self, tree: Node) -> Result:
        """Read a field; an error or an absence of the owner is the result."""
        owner = self.visit(trees(tree)[0])
        return owner.read(str(tree.children[1])) if isinstance(owner, Record) else owner

    def member_dot_arg(self, tree: Node) -> Result:
        """Evaluate a macro over a list, or call a method."""
        name = str(tree.children[1])
        if name not in vocabulary.LIST_MACROS:
            return super().member_dot_arg(tree)
        rows = self.visit(trees(tree)[0])
        if isinstance(rows, CELEvalError):
            return rows
        results = self._each(rows, *trees(trees(tree)[1]))
        if name in ("all", "exists"):
            return combine(results, decisive=name == "exists")
        evaluated = list(results)
        problems = [each for each in evaluated if isinstance(each, CELEvalError)]
        if problems:
            return strictest(problems)
        if name == "map":
            return ListType(evaluated)
        kept = ListType(row for row, result in zip(rows, evaluated, strict=True) if result)
        return kept if name == "filter" else BoolType(len(kept) == 1)

    def _each(self, rows: Iterable[Result], variable: Node, body: Node) -> Iterator[Result]:
        # The name is free, and there is no macro in the body: both were checked.
        name = identifier(variable) or ""
        for row in rows:
            self.variables[name] = row
            yield self.visit(body)

    def exprlist(self, tree: Node) -> Result:
        """Evaluate the items of a list; the strictest problem among them is the result."""
        values = self.visit_children(tree)
        problems = [each for each in values if isinstance(each, CELEvalError)]
        return strictest(problems) if problems else ListType(values)  # type: ignore[arg-type]


def evaluate(
    tree: Node,
    fields: frozenset[str],
    kinds: Mapping[str, Kind[Any, Any, Any]],
    states: Mapping[str, State | None],
    now: datetime,
    labels: Mapping[str, str],
) -> Evaluation:
    """Evaluate a checked condition; never raise.

    Args:
        tree: the compact tree.
        fields: the paths that it reads.
        kinds: of its targets, by name.
        states: of its targets, by name; none for one that was not found.
        now: the time of the evaluation; naive is UTC.
        labels: the name of a target in messages, if another than its own.

    Returns:
        Its result.
    """
    try:
        variables = variables_of(kinds, states, now, labels)
        evaluation = evaluation_of(Interpreter(tree, variables).visit(tree))
    except Exception as error:
        # A wait must end with a message, whatever a state contains.
        return Evaluation("error", f"cannot be evaluated ({type(error).__name__})")
    cut = truncated(fields, states, labels)
    if cut and evaluation.outcome in ("true", "false"):
        return Evaluation("undecided", f"{', '.join(cut)} is truncated: narrow the arguments, or read `truncated`")
    return evaluation


def variables_of(
    kinds: Mapping[str, Kind[Any, Any, Any]],
    states: Mapping[str, State | None],
    now: datetime,
    labels: Mapping[str, str],
) -> dict[str, Result]:
    """Return the values of the names of a condition; see `evaluate`."""
    variables: dict[str, Result] = {vocabulary.NOW: TimestampType(now)}
    for name, kind in kinds.items():
        state, label = states.get(name), labels.get(name, name)
        called = kind.token if label == "self" else label
        variables[name] = (
            Absent(Reason(called, "does not exist yet"))
            if state is None
            else Record(state, record_type(kind.state, kind.token), label)
        )
    return variables


def truncated(fields: frozenset[str], states: Mapping[str, State | None], labels: Mapping[str, str]) -> tuple[str, ...]:
    """Name the targets with missing items that a condition may be about.

    Args:
        fields: the paths that it reads.
        states: of its targets, by name.
        labels: the name of a target in messages, if another than its own.
    """
    read = {path.partition(".")[0] for path in fields}
    return tuple(
        labels.get(name, name)
        for name, state in states.items()
        if name in read and f"{name}.truncated" not in fields and getattr(state, "truncated", None) is True
    )


def evaluation_of(value: Result) -> Evaluation:
    """Return the result that the value of a condition, or of a part of one, stands for."""
    if isinstance(value, BoolType):
        return Evaluation("true" if value else "false")
    if isinstance(value, Absent):
        return Evaluation("undecided", value.text)
    if isinstance(value, CELEvalError):
        return Evaluation("error", str(value.args[0]))
    return Evaluation("error", "gives no bool")
