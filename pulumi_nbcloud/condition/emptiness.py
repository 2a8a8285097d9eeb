"""The result of a condition over an empty list: `all` holds there, and nobody who waits for jobs to end means that.

The condition is evaluated with one list empty and everything else unknown, once as it is and once with the results of
macros over the list inverted: if that makes it less true, it holds because the list is empty.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping

from pulumi_nbcloud.condition.operators import SYMBOLS
from pulumi_nbcloud.condition.schema import Type
from pulumi_nbcloud.condition.syntax import Node, identifier, literal_token, trees

_OF_ROWS = {"all": True, "exists": False, "exists_one": False}  # the result of each for no items
_TO_LISTS = ("filter", "map")
_COMPARED = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def lists_that_may_be_empty(tree: Node, variables: Mapping[str, Type]) -> Iterator[str]:
    """Yield the lists over which a condition holds, or may hold, if they are empty, unless it tests for that.

    Args:
        tree: of the condition.
        variables: the types of its targets, by name.
    """
    nodes: Iterator[Node] = tree.iter_subtrees()
    for path in dict.fromkeys(path for path, through_macro in map(_list_of, nodes) if through_macro):
        if path is not None and _rank(_Empty(path, variables, turned=False).truth(tree)) > _rank(
            _Empty(path, variables, turned=True).truth(tree)
        ):
            yield path


def _rank(truth: bool | None) -> float:
    return 0.5 if truth is None else float(truth)


class _Empty:
    def __init__(self, path: str, variables: Mapping[str, Type], *, turned: bool) -> None:
        self._path = path
        self._variables = variables
        self._turned = turned

    def truth(self, node: Node) -> bool | None:
        """Evaluate a node; None if the result depends on anything else."""
        if node.data in ("conditionaland", "conditionalor"):
            decides = node.data == "conditionalor"
            found = [self.truth(each) for each in trees(node)]
            return decides if decides in found else None if None in found else not decides
        if node.data == "unary" and trees(node)[0].data == "unary_not":
            inner = self.truth(trees(node)[1])
            return None if inner is None else not inner
        if node.data == "relation":
            return self._compared(node)
        if node.data == "member_dot_arg" and str(node.children[1]) in _OF_ROWS:
            if _list_of(trees(node)[0])[0] != self._path:
                return None
            return _OF_ROWS[str(node.children[1])] is not self._turned
        token = literal_token(node)
        return str(token) == "true" if token is not None and token.type == "BOOL_LIT" else None

    def _compared(self, node: Node) -> bool | None:
        symbol, right = trees(node)
        compare = _COMPARED.get(SYMBOLS[symbol.data])
        (left, of_left), (other, of_other) = self._number(trees(symbol)[0]), self._number(right)
        if compare is None or left is None or other is None:
            return None
        return bool(compare(left, other)) is not (self._turned and (of_left or of_other))

    def _number(self, node: Node) -> tuple[int | None, bool]:
        """Evaluate a number, and return whether it counts what a macro left of the list."""
        token = literal_token(node)
        if token is not None:
            return (int(token), False) if token.type == "INT_LIT" and token.isdigit() else (None, False)
        counted = _counted(node)
        if counted is not None:
            path, through_macro = _list_of(counted)
            return (0, through_macro) if path == self._path else (None, False)
        return (0, False) if self._is_count(node) else (None, False)

    def _is_count(self, node: Node) -> bool:
        owner, _, name = (_dotted(node) or "").rpartition(".")
        record = self._variables.get(owner)
        field = record.fields.get(name) if record is not None else None
        return field is not None and bool(field.counts) and f"{owner}.{field.counts}" == self._path


def _counted(node: Node) -> Node | None:
    """Return what `size(x)` or `x.size()` counts; None for anything else."""
    if node.data == "member_dot_arg" and str(node.children[1]) == "size":
        return trees(node)[0]
    call = trees(node)[0] if node.data == "primary" and trees(node) else None
    if call is None or call.data != "ident_arg" or str(call.children[0]) != "size":
        return None
    arguments = [each for child in trees(call) for each in trees(child)]
    return arguments[0] if arguments else None


def _list_of(node: Node) -> tuple[str | None, bool]:
    """Return where a list comes from, and whether a macro is in between; no place if none is known."""
    if node.data == "member_dot_arg" and str(node.children[1]) in (*_TO_LISTS, *_OF_ROWS):
        return _list_of(trees(node)[0])[0], True
    return _dotted(node), False


def _dotted(node: Node) -> str | None:
    """Return the path of a field, `self.jobs`; None for anything else."""
    if node.data == "member_dot":
        owner = _dotted(trees(node)[0])
        return None if owner is None else f"{owner}.{node.children[1]}"
    return identifier(node)
