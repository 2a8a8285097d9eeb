"""The check before anything waits: compares the syntax tree with the types of the states that it will see.

Every problem is collected, not only the first; after one, the part counts as of any type, so that it is not reported
twice. cel-python itself would notice while waiting, or never: `||` and `&&` absorb errors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from celpy.celtypes import IntType
from celpy.evaluation import celstr

from pulumi_nbcloud.condition import calls, emptiness, operators, vocabulary
from pulumi_nbcloud.condition.problems import Findings
from pulumi_nbcloud.condition.schema import ANY, BOOL, DOUBLE, INT, STRING, TIMESTAMP, Type, list_of
from pulumi_nbcloud.condition.syntax import Node, identifier, literal_token, source, trees
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.spelling import near, same


class Checker(calls.Calls):
    """Checks one condition.

    Args:
        text: of the condition.
        targets: the types of its targets, by name.
        findings: collects what the check finds.
    """

    def __init__(self, text: str, targets: Mapping[str, Type], findings: Findings) -> None:
        self.text = text
        self.findings = findings
        self.variables = {name: each.at(name) for name, each in targets.items()} | {vocabulary.NOW: TIMESTAMP}
        self._given = frozenset(self.variables)  # macros add theirs
        self.enums = {value.casefold(): value for each in targets.values() for value in _known_values(each)}
        self.inside_macro = False
        self._constant = True

    def check(self, tree: Node) -> None:
        """Check the complete condition, which must give a bool."""
        result = self.visit(tree)
        if result.name in ("any", "bool"):
            for path in () if self.findings.problems else emptiness.lists_that_may_be_empty(tree, self.variables):
                self.findings.warning(f"holds for an empty list too; add size({path}) > 0 &&")
            if self._constant:
                what = printable(self.text.strip(), 60)
                self.findings.warning(f"{what} reads neither a target nor now, so it is the same at every poll")
            return
        what = self.source(tree)
        advice = f"; compare it, as in {what} == {_example(result)}" if result.path and result.name != "record" else ""
        self.findings.problem(f"{what} is {result.text}, not a bool{advice}")

    def source(self, node: Node) -> str:
        """Return the text that a node was made from."""
        return source(self.text, node)

    def visit(self, node: Node) -> Type:
        """Check a node and return its type."""
        checked: Type = getattr(self, f"_{node.data}")(node)
        return checked

    def _bool(self, node: Node) -> None:
        kind = self.visit(node)
        if kind.name not in ("any", "bool"):
            self.findings.problem(f"{self.source(node)} is {kind.text}, not a bool")

    def _expr(self, node: Node) -> Type:
        choice, *branches = trees(node)
        self._bool(choice)
        left, right = (self.visit(each) for each in branches)
        both = operators.unified(left, right)
        if both is None:
            self.findings.problem(f"{self.source(node)} gives {left.text} or {right.text}; both must be of one type")
        return both or ANY

    def _conditionalor(self, node: Node) -> Type:
        for each in trees(node):
            self._bool(each)
        return BOOL

    _conditionaland = _conditionalor

    def _relation(self, node: Node) -> Type:
        symbol, left, right = _operands(node)
        if self._with_null(symbol, left, right):
            return BOOL
        kinds = self.visit(left), self.visit(right)
        if not operators.compared(kinds[0], symbol, kinds[1]):
            self._cannot_compare(node, symbol, *kinds)
        if symbol in ("==", "!=", "in"):
            self._known(kinds[0], right)
            self._known(kinds[1].element or kinds[1], left)
        return BOOL

    def _with_null(self, symbol: str, left: Node, right: Node) -> bool:
        tokens = [literal_token(each) for each in (left, right)]
        if not any(token is not None and token.type == "NULL_LIT" for token in tokens):
            return False
        other = left if tokens[0] is None else right
        what = self.source(other)
        if other.data == "member_dot":
            self.visit(other)
            advice = f"write {'' if symbol == '!=' else '!'}has({what})"
        else:
            advice = "ask for a field with has()"
        self.findings.problem(f"{what} {symbol} null cannot be asked, null fields are absent; {advice}")
        return True

    def _cannot_compare(self, node: Node, symbol: str, left: Type, right: Type) -> None:
        what = self.source(node)
        if symbol != "in" and operators.numeric_with_duration(left, right):
            self._number_with_duration(node, what)
            return
        advice = ""
        if symbol == "in" and left.name == right.name == "string":
            advice = "; write contains()"
        elif {left.name, right.name} == {"timestamp", "string"}:
            advice = '; write timestamp("2026-01-31T12:00:00Z")'
        elif {left.name, right.name} == {"timestamp", "int"}:
            advice = self._twin(left if left.name == "int" else right)
        self.findings.problem(f"{what} cannot work: {symbol} does not take {left.text} and {right.text}{advice}")

    def _number_with_duration(self, node: Node, what: str) -> None:
        _, left, right = _operands(node)
        numbers = [each for each in (literal_token(left), literal_token(right)) if each is not None]
        advice = f'write duration("{numbers[0]}s")' if numbers else "compare it with a number"
        self.findings.warning(f"{what} compares a number with a duration, which cannot be evaluated; {advice}")

    def _twin(self, number: Type) -> str:
        """Name the timestamp that is the twin of a time in milliseconds: `create_time` of `create_at`."""
        owner, _, name = number.path.rpartition(".")
        twin = f"{name.removesuffix('_at')}_time"
        target = self.variables.get(owner)
        known = target is not None and twin in target.fields
        return f"; did you mean {owner}.{twin}?" if known else "; write timestamp(), which takes seconds since 1970"

    def _known(self, enum: Type, other: Node) -> None:
        """Warn of a literal that an enum does not know, alone or in a list."""
        if not enum.known:
            return
        rows = trees(other)[0] if other.data == "primary" else other
        literals = trees(trees(rows)[0]) if rows.data == "list_lit" and trees(rows) else [other]
        for token in (literal_token(each) for each in literals):
            if token is None or token.type not in ("STRING_LIT", "MLSTRING_LIT") or celstr(token) in enum.known:
                continue
            meant = near(str(celstr(token)), enum.known)
            advice = f'did you mean "{meant}"?' if meant else f"known are {', '.join(enum.known)}"
            self.findings.warning(
                f"{token} is not a known value of {enum.path or 'what it is compared with'}; {advice}"
            )

    def _addition(self, node: Node) -> Type:
        symbol, left, right = _operands(node)
        kinds = self.visit(left), self.visit(right)
        result = operators.computed(kinds[0], symbol, kinds[1])
        if result is None:
            mixed = {kinds[0].name, kinds[1].name} == {"int", "double"}
            advice = "; convert one with double() or int()" if mixed else ""
            self._cannot(node, f"{symbol} does not take {kinds[0].text} and {kinds[1].text}{advice}")
        token = literal_token(right)
        if symbol in "/%" and token is not None and token.type != "STRING_LIT" and not token.strip("0.eE+-"):
            self._cannot(node, "it divides by zero")
        return result or ANY

    _multiplication = _addition

    def _unary(self, node: Node) -> Type:
        operator, operand = trees(node)
        if operator.data == "unary_not":
            self._bool(operand)
            return BOOL
        kind = self.visit(operand)
        if kind.name not in ("any", "int", "double"):
            self._cannot(node, f"- does not take {kind.text}")
            return ANY
        return kind.at("")

    def _member_index(self, node: Node) -> Type:
        owner, index = (self.visit(each) for each in trees(node))
        token = literal_token(trees(node)[1])
        if owner.name not in ("any", "list") or index.name not in ("any", "int"):
            self._cannot(node, f"[] takes a list and an int, not {owner.text} and {index.text}")
            return ANY
        if token is not None and token.startswith("-"):
            self._cannot(node, "an index counts from 0")
        return owner.element.at(owner.path) if owner.element else ANY

    def _member_object(self, node: Node) -> Type:
        self.findings.problem(f"{self.source(node)} makes a message, which has no use in a condition")
        return ANY

    def _literal(self, node: Node) -> Type:
        token = literal_token(node)
        name = token.type if token is not None else ""
        useless = {"UINT_LIT": "an unsigned number", "BYTES_LIT": "a bytes value", "NULL_LIT": "null"}
        if name in useless:
            advice = "; ask with has()" if name == "NULL_LIT" else ""
            self.findings.problem(f"{self.source(node)}: {useless[name]} has no use in a condition{advice}")
            return ANY
        if name == "INT_LIT":
            try:
                IntType(str(token))
            except ValueError:
                self.findings.problem(f"{self.source(node)} is larger than an int can be")
        return {"INT_LIT": INT, "FLOAT_LIT": DOUBLE, "BOOL_LIT": BOOL}.get(name, STRING)

    def _primary(self, node: Node) -> Type:
        child = trees(node)[0]
        if child.data == "ident":
            return self._name(str(identifier(node)))
        if child.data == "ident_arg":
            return self.call(child)
        if child.data == "list_lit":
            return self._list(child)
        what = "a map" if child.data == "map_lit" else "a leading dot"
        self.findings.problem(f"{self.source(node)}: {what} has no use in a condition")
        return ANY

    def _list(self, node: Node) -> Type:
        element = ANY
        for each in self.arguments(node):
            kind = self.visit(each)
            both = operators.unified(element, kind)
            if both is None:
                self.findings.problem(f"{self.source(node)} holds {element.text} and {kind.text}; rows are of one type")
                return list_of(ANY)
            element = both
        return list_of(element.at(""))

    def _name(self, name: str) -> Type:
        if name in self.variables:
            self._constant = self._constant and name not in self._given
            return self.variables[name]
        meant, spelled = near(name, self.variables), same(name, self.variables)
        if name.casefold() in self.enums or (name.isupper() and not meant):
            advice = f'write "{self.enums.get(name.casefold(), name)}" in quotes'
        elif name == "self":
            targets = [each for each in self.variables if each != vocabulary.NOW]
            advice = f"the target{'s are' if len(targets) > 1 else ' is'} called {', '.join(targets)}"
        elif vocabulary.taken(name):
            advice = f"it is {vocabulary.taken(name)}"
        else:
            fields = ((each, same(name, kind.fields)) for each, kind in self.variables.items())
            owned = next((f"{each}.{field}" for each, field in fields if field), None)
            meant = spelled or owned or meant
            advice = f"did you mean {meant}?" if meant else f"known are {', '.join(self.variables)}"
        self.findings.problem(f"{name} is not a variable; {advice}")
        return ANY

    def _member_dot(self, node: Node) -> Type:
        owner_node, name = trees(node)[0], str(node.children[1])
        owner = self.visit(owner_node)
        if owner.name == "any":
            return ANY
        found = owner.fields.get(name)
        if found is None:
            self._no_field(node, owner, name)
            return ANY
        path = f"{owner.path}.{name}" if owner.path else ""
        if path:
            self.findings.reads.add(path)
        if found.name == "unreadable":
            self.findings.problem(f"{self.source(node)} is of a type that conditions cannot read")
            return ANY
        return found.at(path)

    def _no_field(self, node: Node, owner: Type, name: str) -> None:
        what, holder = self.source(node), self.source(trees(node)[0])
        if owner.name == "record":
            meant = near(name, owner.fields)
            # A path that is cut off would not help a person who copies it.
            path = meant if "…" in holder else f"{holder}.{meant}"
            advice = f"; did you mean {path}?" if meant else ""
            self.findings.problem(f"{what} is not a field of {owner.label}{advice}")
            self.findings.hint_fields(owner)
        elif name in vocabulary.METHODS or (owner.name == "list" and name in vocabulary.LIST_MACROS):
            self.findings.problem(f"{what} is a function; write {what}()")
        elif owner.name == "list":
            self.findings.problem(
                f"{holder} is a list and has no fields; write {holder}.all(x, x.{name} ...) or exists"
            )
        else:
            self.findings.problem(f"{holder} is {owner.text} and has no fields")


def _operands(node: Node) -> tuple[str, Node, Node]:
    operator, right = trees(node)
    return operators.SYMBOLS[operator.data], trees(operator)[0], right


def _known_values(kind: Type) -> Iterator[str]:
    yield from kind.known
    for each in (kind.element, *kind.fields.values()):
        if each is not None:
            yield from _known_values(each)


def _example(kind: Type) -> str:
    if kind.name == "string":
        return f'"{kind.known[0]}"' if kind.known else '"..."'
    return "..."
