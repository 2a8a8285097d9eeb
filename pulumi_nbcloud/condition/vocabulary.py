"""The words of a condition: its functions and their types, and the words of CEL that have no use here."""

from __future__ import annotations

from dataclasses import dataclass

MAX_BYTES = 2048
MAX_DEPTH = 32
MAX_ROWS = 1000


@dataclass(frozen=True)
class Signature:
    """One way to call a function.

    Args:
        takes: the names of the types of its arguments (for a method the first is what it is called on); "list" is any.
        gives: the name of the type of its result.
    """

    takes: tuple[str, ...]
    gives: str


def _each(takes: tuple[str, ...], gives: str) -> tuple[Signature, ...]:
    return tuple(Signature((one,), gives) for one in takes)


FUNCTIONS: dict[str, tuple[Signature, ...]] = {
    "size": _each(("string", "list"), "int"),
    "matches": (Signature(("string", "string"), "bool"),),
    "bool": _each(("bool", "string"), "bool"),
    "int": _each(("int", "double", "string", "timestamp"), "int"),
    "double": _each(("double", "int", "string"), "double"),
    "string": _each(("string", "int", "double", "bool", "timestamp", "duration"), "string"),
    "timestamp": _each(("timestamp", "string", "int"), "timestamp"),
    "duration": _each(("duration", "string"), "duration"),
}

_CALENDAR = (Signature(("timestamp",), "int"), Signature(("timestamp", "string"), "int"))
_CLOCK = (*_CALENDAR, Signature(("duration",), "int"))

METHODS: dict[str, tuple[Signature, ...]] = {
    "size": FUNCTIONS["size"],
    "contains": (Signature(("string", "string"), "bool"),),
    "startsWith": (Signature(("string", "string"), "bool"),),
    "endsWith": (Signature(("string", "string"), "bool"),),
    "matches": FUNCTIONS["matches"],
    "getDate": _CALENDAR,
    "getDayOfMonth": _CALENDAR,
    "getDayOfWeek": _CALENDAR,
    "getDayOfYear": _CALENDAR,
    "getFullYear": _CALENDAR,
    "getMonth": _CALENDAR,
    "getHours": _CLOCK,
    "getMinutes": _CLOCK,
    "getSeconds": _CLOCK,
    "getMilliseconds": _CLOCK,
}

LIST_MACROS = ("all", "exists", "exists_one", "filter", "map")

# Parts of CEL, or of cel-python, that nothing in a state needs.
UNUSED_FUNCTIONS = ("bytes", "dyn", "list", "map", "min", "null_type", "reduce", "type", "uint")

RESERVED = frozenset(
    (
        "as",
        "break",
        "const",
        "continue",
        "else",
        "false",
        "for",
        "function",
        "if",
        "import",
        "in",
        "let",
        "loop",
        "namespace",
        "null",
        "package",
        "return",
        "true",
        "var",
        "void",
        "while",
    )
)

# Words of other languages, and what they are in CEL.
FOREIGN = {"any": "exists", "count": "size", "len": "size", "length": "size", "float": "double", "str": "string"}

NOW = "now"
"""The variable that holds the time of the evaluation."""


def taken(name: str) -> str | None:
    """Return what a name already is in a condition, for names that the user chooses.

    Args:
        name: of a target, or of the variable of a macro.

    Returns:
        For example "a macro of CEL", or None if it is free.
    """
    if name == NOW:
        return "the time of the evaluation"
    if name in RESERVED:
        return "a word of CEL"
    if name in LIST_MACROS or name == "has":
        return "a macro of CEL"
    if name in FUNCTIONS or name in METHODS or name in UNUSED_FUNCTIONS:
        return "a function of CEL"
    return None
