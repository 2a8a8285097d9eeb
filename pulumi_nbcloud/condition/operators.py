"""Which operator takes which types, and the types of the results."""

from __future__ import annotations

import dataclasses

from pulumi_nbcloud.condition.schema import ANY, BY_NAME, DOUBLE, STRING, Type, list_of

SYMBOLS = {
    "relation_lt": "<",
    "relation_le": "<=",
    "relation_gt": ">",
    "relation_ge": ">=",
    "relation_eq": "==",
    "relation_ne": "!=",
    "relation_in": "in",
    "addition_add": "+",
    "addition_sub": "-",
    "multiplication_mul": "*",
    "multiplication_div": "/",
    "multiplication_mod": "%",
    "unary_neg": "-",
    "unary_not": "!",
}

_NUMBERS = ("int", "double")
_ORDERED = ("bool", "int", "double", "string", "timestamp", "duration")
_SAME = {
    "+": ("int", "double", "string", "duration"),
    "-": ("int", "double", "duration"),
    "*": _NUMBERS,
    "/": _NUMBERS,
    "%": ("int",),
}
_MIXED = {
    ("timestamp", "+", "duration"): "timestamp",
    ("duration", "+", "timestamp"): "timestamp",
    ("timestamp", "-", "duration"): "timestamp",
    ("timestamp", "-", "timestamp"): "duration",
}


def unified(left: Type, right: Type) -> Type | None:
    """Return the type that holds both, for the branches of `?:` and the rows of a list; None if there is none."""
    if "any" in (left.name, right.name):
        return right if left.name == "any" else left
    if {left.name, right.name} == set(_NUMBERS):
        return DOUBLE
    if left.name != right.name or (left.name == "record" and left != right):
        return None
    if left.element and right.element:
        element = unified(left.element, right.element)
        return list_of(element) if element else None
    return dataclasses.replace(left, known=left.known if left.known == right.known else (), path="")


def equatable(left: Type, right: Type) -> bool:
    """Return whether `==` can compare these."""
    if "any" in (left.name, right.name):
        return True
    if left.name == right.name == "list" and left.element and right.element:
        return equatable(left.element, right.element)
    return left.name in _ORDERED and ordered(left, right)


def ordered(left: Type, right: Type) -> bool:
    """Return whether `<` can compare these."""
    if "any" in (left.name, right.name):
        return True
    same = left.name == right.name or {left.name, right.name} == set(_NUMBERS)
    return same and left.name in _ORDERED


def computed(left: Type, symbol: str, right: Type) -> Type | None:
    """Return the type of `left symbol right`; None if the operator does not take them."""
    if "any" in (left.name, right.name):
        return ANY
    if symbol == "+" and left.name == right.name == "list":
        return unified(left, right)
    mixed = _MIXED.get((left.name, symbol, right.name))
    if mixed:
        return BY_NAME[mixed]
    if left.name == right.name and left.name in _SAME[symbol]:
        return STRING if left.name == "string" else BY_NAME[left.name]
    return None


def compared(left: Type, symbol: str, right: Type) -> bool:
    """Return whether a comparison takes these."""
    if symbol == "in":
        return right.name == "any" or (right.element is not None and equatable(left, right.element))
    return equatable(left, right) if symbol in ("==", "!=") else ordered(left, right)


def numeric_with_duration(left: Type, right: Type) -> bool:
    """Return whether a number meets a duration: the one impossible comparison that is a warning and not an error."""
    names = {left.name, right.name}
    return "duration" in names and bool(names & set(_NUMBERS))
