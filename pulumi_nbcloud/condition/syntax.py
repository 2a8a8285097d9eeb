"""Text to syntax tree: cel-python's parser, its errors in one line, and the tree without its pass-through nodes.

cel-python's grammar gives one node for each level of precedence, ten for a single name, and a chain of `||` nests one
level deeper with each term. Walked as it comes, a condition of 2 kB exhausts Python's stack; so the tree is first made
compact, without recursion, and its depth is limited.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeAlias, cast

from lark import Token, Tree
from lark.exceptions import UnexpectedInput

from pulumi_nbcloud.condition.parser import cel_parser
from pulumi_nbcloud.condition.vocabulary import LIST_MACROS, MAX_BYTES, MAX_DEPTH
from pulumi_nbcloud.printable import printable

Node: TypeAlias = Tree[Any]

# Nodes that only pass their single child on, unless there is an operator between two.
_PASS_THROUGH = {
    "expr",
    "conditionalor",
    "conditionaland",
    "relation",
    "addition",
    "multiplication",
    "unary",
    "member",
    "paren_expr",
}
_CHAINS = {"conditionalor", "conditionaland"}
_LEVELS = _PASS_THROUGH | {"member_dot", "member_dot_arg", "member_index", "ident_arg", "list_lit", "map_lit"}
_DOT = re.compile(r"\s*\.\s*")
_HINTS = {
    "=": "write == to compare",
    "&": "write && for and",
    "|": "write || for or",
    "and": "write && for and",
    "or": "write || for or",
    "not": "write ! for not",
    "is": "write == to compare",
    '"': "is the quote closed?",
    "'": "is the quote closed?",
    "true": "it is a word of CEL",
    "false": "it is a word of CEL",
}


class SyntaxProblem(Exception):
    """The text is no CEL expression; the message is one line."""


def parse(text: str) -> Node:
    """Parse a condition.

    Args:
        text: a CEL expression.

    Returns:
        The compact tree: each node has an operand or an operator of its own, chains of `&&` and of `||` are one node.

    Raises:
        SyntaxProblem: names what is wrong, and where.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise SyntaxProblem(f"has {size} bytes; a condition has {MAX_BYTES} at most")
    if not text.strip():
        raise SyntaxProblem("is empty; leave it out for the default")
    try:
        tree = cel_parser().parse(text)
    except UnexpectedInput as error:
        raise SyntaxProblem(_explain(text, error)) from None
    compact, depth = _compact(tree)
    if depth > MAX_DEPTH:
        raise SyntaxProblem(f"is nested deeper than {MAX_DEPTH} levels")
    return compact


def _explain(text: str, error: UnexpectedInput) -> str:
    token: Token | None = getattr(error, "token", None)
    if token is not None and token.type == "$END":
        return "syntax error: the expression ends too early; is a bracket or an operand missing?"
    position = cast("int", error.pos_in_stream)  # only the end has none
    found = str(token) if token is not None else text[position]
    before = text[:position].split()
    hint = _HINTS.get(found) or (_HINTS.get(before[-1]) if before else None)
    lines = text[:position].split("\n")
    where = f"line {len(lines)}, column" if "\n" in text else "column"
    problem = f"syntax error at {where} {len(lines[-1]) + 1}: unexpected {printable(found, 20)!r}"
    return f"{problem}; {hint}" if hint else problem


def _compact(tree: Node) -> tuple[Node, int]:
    made: dict[int, Any] = {}
    depths: dict[int, int] = {}
    # Children come before their parents here, so that nothing recurses.
    for node in tree.iter_subtrees():
        depth = max((depths[id(child)] for child in node.children if isinstance(child, Tree)), default=0)
        children = [made[id(child)] if isinstance(child, Tree) else child for child in node.children]
        first = children[0] if children else None
        if len(children) == 1 and (node.data in _PASS_THROUGH or _wraps(node, first)):
            made[id(node)], depths[id(node)] = first, depth + (node.data == "paren_expr")
            continue
        chained = node.data in _CHAINS and isinstance(first, Tree) and first.data == node.data
        if chained and isinstance(first, Tree):
            children[:1] = first.children
        made[id(node)] = Tree(str(node.data), children, node.meta)
        depths[id(node)] = depth + (node.data in _LEVELS and not chained)
    return made[id(tree)], depths[id(tree)]


def _wraps(node: Node, child: object) -> bool:
    """Return whether a primary only wraps what brackets or a literal held; the evaluator needs others as they are."""
    names = ("ident", "ident_arg", "dot_ident", "dot_ident_arg", "list_lit", "map_lit")
    return node.data == "primary" and not (isinstance(child, Tree) and child.data in names)


def source(text: str, node: Node) -> str:
    """Return the part of the text that a node was made from, for messages: one line, at most 60 characters."""
    return printable(text[node.meta.start_pos : node.meta.end_pos], 60)


def literal_token(node: Node) -> Token | None:
    """Return the token of a literal; None for every other node."""
    first = node.children[0] if node.data == "literal" else None
    return first if isinstance(first, Token) else None


def identifier(node: Node) -> str | None:
    """Return the name if a node is only a name."""
    child = node.children[0] if node.data == "primary" else None
    return str(child.children[0]) if isinstance(child, Tree) and child.data == "ident" else None


def reads(node: Node, names: Collection[str]) -> bool:
    """Return whether a part reads one of these variables."""
    return any(each.data == "ident" and str(each.children[0]) in names for each in node.iter_subtrees())


def is_path(node: Node) -> bool:
    """Return whether a part is only a field, or an item of a list."""
    if node.data in ("member_dot", "member_index"):
        return is_path(trees(node)[0])
    return identifier(node) is not None


def paths(node: Node) -> Iterator[Node]:
    """Yield the fields that a part reads, of macros the lists that they go through."""
    if node.data == "member_dot" and is_path(node):
        yield node
    elif node.data == "member_dot_arg" and str(node.children[1]) in LIST_MACROS:
        yield from paths(trees(node)[0])
    else:
        for each in trees(node):
            yield from paths(each)


def tested_by_has(node: Node) -> Node | None:
    """Return the field that `has(x.y)` tests; None for anything else."""
    call = trees(node)[0] if node.data == "primary" and trees(node) else None
    if call is None or call.data != "ident_arg" or str(call.children[0]) != "has":
        return None
    return trees(trees(call)[0])[0]


def trees(node: Node) -> list[Node]:
    """Return the children of a node that are trees."""
    return [child for child in node.children if isinstance(child, Tree)]


def renamed(text: str, tree: Node, old: str, new: str) -> str:
    """Write a condition with one variable under another name, for messages; nothing is evaluated from it."""
    if old == new:
        return text
    renamed = f"{text[: tree.meta.start_pos]}{written(text, tree, {old: new})}{text[tree.meta.end_pos :]}"
    return f"({renamed})" if tree.data in ("expr", "conditionalor") else renamed


def written(text: str, node: Node, names: Mapping[str, str]) -> str:
    """Write a part of a condition with its variables under other names, for messages.

    Args:
        text: of the condition.
        node: the part.
        names: by the variables; empty for one that is left out before its fields.
    """
    places: dict[int, Token] = {}
    for each in node.iter_subtrees():
        child = each.children[0] if each.data == "ident" else None
        if isinstance(child, Token) and child in names and child.start_pos is not None:
            places[child.start_pos] = child
    parts: list[str] = []
    at = node.meta.start_pos
    for place, name in sorted(places.items()):
        new, end = names[name], place + len(name)
        dot = _DOT.match(text, end) if not new else None
        parts += text[at:place], new or ("" if dot else name)
        at = dot.end() if dot else end
    return "".join((*parts, text[at : node.meta.end_pos]))
