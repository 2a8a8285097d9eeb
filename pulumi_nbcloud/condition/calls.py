"""The part of the check for functions, methods and macros."""

from __future__ import annotations

from celpy.celtypes import TimestampType
from celpy.evaluation import CELEvalError, celstr

from pulumi_nbcloud.condition import vocabulary
from pulumi_nbcloud.condition.functions import FUNCTIONS, pattern
from pulumi_nbcloud.condition.problems import Findings
from pulumi_nbcloud.condition.schema import ANY, BOOL, BY_NAME, Type, list_of
from pulumi_nbcloud.condition.syntax import Node, identifier, literal_token, trees
from pulumi_nbcloud.spelling import near


class Calls:
    """Checks calls; `check.Checker` does the rest."""

    text: str
    findings: Findings
    variables: dict[str, Type]
    inside_macro: bool

    def visit(self, node: Node) -> Type:
        """Check a node and return its type."""
        raise NotImplementedError

    def source(self, node: Node) -> str:
        """Return the text that a node was made from."""
        raise NotImplementedError

    def _bool(self, node: Node) -> None:
        raise NotImplementedError

    def _cannot(self, node: Node, why: str) -> None:
        self.findings.problem(f"{self.source(node)} cannot work: {why}")

    def arguments(self, node: Node) -> list[Node]:
        """Return the arguments of a call, or the items of a list."""
        return [each for child in trees(node) if child.data == "exprlist" for each in trees(child)]

    def _kinds(self, name: str, arguments: list[Node]) -> list[Type]:
        # The arguments of something that is written like a macro mean nothing by themselves.
        macros = {*vocabulary.LIST_MACROS, *vocabulary.UNUSED_FUNCTIONS}
        return [] if {name, vocabulary.FOREIGN.get(name)} & macros else [self.visit(each) for each in arguments]

    def call(self, node: Node) -> Type:
        """Check `name(arguments)`."""
        name, arguments = str(node.children[0]), self.arguments(node)
        if name == "has":
            return self._has(node, arguments)
        kinds = self._kinds(name, arguments)
        if name in vocabulary.FUNCTIONS:
            return self._signature(node, name, arguments, kinds, method=False)
        if name in self.variables:
            self.findings.problem(f"{name}() is not a function; {name} is a variable, leave out the brackets")
        elif name in vocabulary.UNUSED_FUNCTIONS:
            self.findings.problem(f"{name}() has no use in a condition")
        elif name in vocabulary.METHODS:
            self.findings.problem(f"{name}() is called on a value: x.{name}()")
        elif name in vocabulary.LIST_MACROS:
            self.findings.problem(f"{name}() is called on a list: x.{name}(y, ...)")
        else:
            self._unknown(f"{name}()", name, (*vocabulary.FUNCTIONS, "has"))
        return ANY

    def _unknown(self, what: str, name: str, known: tuple[str, ...]) -> None:
        foreign = vocabulary.FOREIGN.get(name)
        meant = foreign if foreign in known else near(name, known)
        advice = f"did you mean {meant}()?" if meant else f"known are {', '.join(known) or 'none'}"
        self.findings.problem(f"{what} is not a function; {advice}")

    def _has(self, node: Node, arguments: list[Node]) -> Type:
        if len(arguments) != 1 or arguments[0].data != "member_dot":
            self.findings.problem(f"{self.source(node)}: has() asks for one field, as in has(x.y)")
        for each in arguments:
            self.visit(each)
        return BOOL

    def _member_dot_arg(self, node: Node) -> Type:
        owner_node, name, arguments = trees(node)[0], str(node.children[1]), self.arguments(node)
        owner = self.visit(owner_node)
        if name in vocabulary.LIST_MACROS:
            return self._macro(node, owner, name, arguments)
        kinds = self._kinds(name, arguments)
        what = f"{self.source(owner_node)}.{name}()"
        if name in vocabulary.METHODS:
            return self._signature(node, name, [owner_node, *arguments], [owner, *kinds], method=True)
        if name in owner.fields:
            self.findings.problem(f"{what} is not a function; {name} is a field, leave out the brackets")
        elif name in vocabulary.FUNCTIONS or name == "has":
            self.findings.problem(f"{what} is not a function; write {name}(...)")
        elif name in vocabulary.UNUSED_FUNCTIONS:
            self.findings.problem(f"{name}() has no use in a condition")
        else:
            macros = vocabulary.LIST_MACROS if owner.name in ("list", "any") else ()
            self._unknown(what, name, (*_methods_of(owner), *macros))
        return ANY

    def _signature(self, node: Node, name: str, nodes: list[Node], kinds: list[Type], *, method: bool) -> Type:
        signatures = (vocabulary.METHODS if method else vocabulary.FUNCTIONS)[name]
        names = [each.name for each in kinds]
        for each in signatures:
            fits = len(each.takes) == len(names)
            if fits and all(have in ("any", take) for have, take in zip(names, each.takes, strict=True)):
                self._literals(node, name, nodes)
                return BY_NAME[each.gives]
        known = " and ".join(_form(name, each.takes, method) for each in signatures)
        self._cannot(node, f"there is {known}, but no {_form(name, tuple(names), method)}")
        return ANY

    def _literals(self, node: Node, name: str, nodes: list[Node]) -> None:
        """Evaluate literals now: `duration("30 minutes")` would otherwise fail only while waiting."""
        tokens = [literal_token(each) for each in nodes]
        last = tokens[-1]
        texts = [str(celstr(each)) for each in tokens if each is not None and each.type.endswith("STRING_LIT")]
        try:
            if name == "matches" and last is not None:
                pattern(texts[-1])
            elif name.startswith("get") and len(nodes) == 2 and last is not None:
                TimestampType.tz_parse(texts[-1])
            elif name in vocabulary.FUNCTIONS and len(texts) == len(nodes) == 1:
                result = FUNCTIONS[name](celstr(last)) if last is not None else None
                if isinstance(result, CELEvalError):
                    raise ValueError(result.args[0])
        except ValueError as error:
            self._cannot(node, str(error))

    def _macro(self, node: Node, owner: Type, name: str, arguments: list[Node]) -> Type:
        variable = identifier(arguments[0]) if arguments else None
        if owner.name not in ("any", "list"):
            self._cannot(node, f"{name}() is called on a list, not on {owner.text}")
        elif self.inside_macro:
            self._cannot(node, "a macro inside a macro is not taken")
        elif len(arguments) != 2 or variable is None:
            self._cannot(node, f"{name}() takes a name and an expression: {name}(x, ...)")
        elif variable in self.variables or vocabulary.taken(variable):
            used = "the name of a target" if variable in self.variables else vocabulary.taken(variable)
            used = vocabulary.taken(variable) or used
            self._cannot(node, f"{variable} is {used}; choose another name for the row")
        else:
            return self._rows(owner, name, variable, arguments[1])
        return ANY if name in ("map", "filter") else BOOL

    def _rows(self, owner: Type, name: str, variable: str, body: Node) -> Type:
        self.variables[variable] = owner.element.at(owner.path) if owner.element else ANY
        self.inside_macro = True
        try:
            if name == "map":
                return list_of(self.visit(body))
            self._bool(body)
        finally:
            del self.variables[variable]
            self.inside_macro = False
        return owner if name == "filter" else BOOL


def _methods_of(owner: Type) -> list[str]:
    known = vocabulary.METHODS.items()
    return [name for name, forms in known if owner.name == "any" or any(owner.name == each.takes[0] for each in forms)]


def _form(name: str, takes: tuple[str, ...], method: bool) -> str:
    if method:
        return f"{takes[0]}.{name}({', '.join(takes[1:])})"
    return f"{name}({', '.join(takes)})"
