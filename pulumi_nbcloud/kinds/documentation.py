"""What the source of a class says of it and of its fields: kinds, states and errors are documented where they stand."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from dataclasses import is_dataclass
from functools import lru_cache
from itertools import pairwise

_ARGUMENT = re.compile(r"^    (\w+): (.*)$")


def summary(documented_class: type) -> str:
    """Return the first sentence of a docstring."""
    return (inspect.getdoc(documented_class) or "").partition("\n\n")[0].replace("\n", " ")


def documented(documented_class: type) -> dict[str, str]:
    """Read what a class and its bases say of their fields and arguments, by name, each in one line.

    Args:
        documented_class: a state, whose fields have a docstring below them; or a class whose docstring, or that of its
            constructor, has a section `Args`.
    """
    found: dict[str, str] = {}
    for each in reversed(documented_class.__mro__):
        found |= _below_fields(each)
        for documented_by in (each, vars(each).get("__init__")):
            _, _, part = inspect.cleandoc(getattr(documented_by, "__doc__", None) or "").partition("Args:\n")
            found |= _arguments(part.partition("\n\n")[0])
    return found


def _below_fields(documented_class: type) -> dict[str, str]:
    definition = _definitions(documented_class.__module__).get(documented_class.__qualname__)
    if definition is None or not is_dataclass(documented_class):
        return {}
    found: dict[str, str] = {}
    for field, below in pairwise(definition.body):
        if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            found[ast.unparse(field.target)] = " ".join(str(below.value.value).split())
    return found


@lru_cache(maxsize=64)
def _definitions(module: str) -> dict[str, ast.ClassDef]:
    # Python keeps no docstrings of fields, so they are read where they are written, as editors do.
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except (OSError, TypeError, KeyError):
        return {}
    return {each.name: each for each in tree.body if isinstance(each, ast.ClassDef)}


def _arguments(part: str) -> dict[str, str]:
    found: dict[str, str] = {}
    name = None
    for line in part.splitlines():
        match = _ARGUMENT.match(line)
        if match:
            name = match[1]
            found[name] = match[2].strip()
        elif name is not None and line.startswith("     "):
            found[name] += f" {line.strip()}"
        else:
            name = None
    return found
