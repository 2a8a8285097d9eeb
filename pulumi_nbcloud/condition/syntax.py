"""Text to syntax tree: cel-python's parser, its errors in one line, and the tree without its pass-through nodes.

cel-python's grammar gives one node for each level of precedence, ten for a single name, and a chain of `||` nests one
level deeper with each term. Walked as it comes, a condition of 2 kB exhausts Python's stack; so the tree is first made
compact, without recursion, and its depth is limited.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from lark import Token, Tree
from lark.exceptions import LexError, ParseError

from pulumi_nbcloud.condition.parser import cel_parser
from pulumi_nbcloud.condition.vocabulary import MAX_BYTES, MAX_DEPTH
from pulumi_nbcloud.printable import printable

Node: TypeAlias = Tree[Any]

# Nodes that stand for their only child unless there is an operator between two.
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
        SyntaxProblem: says what is wrong, and where.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise SyntaxProblem(f"has {size} bytes; a condition has {MAX_BYTES} at most")
    if not text.strip():
        raise SyntaxProblem("is empty; leave it out for the default")
    try:
        tree = cel_parser().parse(text)
    except (LexError, ParseError) as error:
        raise SyntaxProblem(_explain(text, error)) from None
    compact, depth = _compact(tree)
    if depth > MAX_DEPTH:
        raise SyntaxProblem(f"is nested deeper than {MAX_DEPTH} levels")
    return compact


def _explain(text: str, error: LexError | ParseError) -> str:
    token: Token | None = getattr(error, "token", None)
    position: int | None = getattr(error, "pos_in_stream", None)
    if token is not None and token.type == "$END":
        return "syntax error: the expression ends too early; is a bracket or an operand missing?"
    if position is None:
        return f"syntax error at {printable(str(token), 20)!r}: it is a word of CEL"
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
    # cel-python's parser loses the place of `true` and `false`, so a part may be all that is known.
    if node.meta.empty:
        return printable(" ".join(str(each) for each in node.scan_values(lambda _: True)), 60)
    return printable(text[node.meta.start_pos : node.meta.end_pos], 60)


def literal_token(node: Node) -> Token | None:
    """Return the token of a literal; None for every other node."""
    first = node.children[0] if node.data == "literal" else None
    return first if isinstance(first, Token) else None


def identifier(node: Node) -> str | None:
    """Return the name if a node is nothing but a name."""
    child = node.children[0] if node.data == "primary" else None
    return str(child.children[0]) if isinstance(child, Tree) and child.data == "ident" else None


def trees(node: Node) -> list[Node]:
    """Return the children of a node that are trees."""
    return [child for child in node.children if isinstance(child, Tree)]


def renamed(text: str, tree: Node, old: str, new: str) -> str:
    """Write a condition with one variable under another name, for messages; nothing is evaluated from it."""
    if old == new:
        return text
    starts = [
        child.start_pos
        for each in tree.iter_subtrees()
        for child in each.children
        if each.data == "ident" and isinstance(child, Token) and child == old
    ]
    # From the end, so that the places before stay where they are.
    for start in sorted((each for each in starts if each is not None), reverse=True):
        text = f"{text[:start]}{new}{text[start + len(old) :]}"
    return f"({text})" if tree.data in ("expr", "conditionalor") else text
