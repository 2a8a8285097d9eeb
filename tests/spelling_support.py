"""What no text for a program in another language may hold: names in snake_case, and values as Python writes them."""

from __future__ import annotations

import dataclasses
import re
from functools import cache

from pulumi_nbcloud.kinds.fields import records_of
from pulumi_nbcloud.kinds.registry import KINDS, load

# Behind a dot it is a field in a condition, and before an equals sign one of a state: both are snake_case everywhere.
_SNAKE = re.compile(r"(?<![\w.])[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?![\w=])")
_VALUE = re.compile(r"\b(?:None|True|False)\b")
_CALL = re.compile(r"\b[a-z][a-z0-9_]*=(?:[\"'\[{.])|\b\w+\(\w+=|\b(?:write|use|give)\b[^;\n]*\w=")
# What the user wrote is shown as it was written, commands are a shell's, and the fields that conditions read are listed
# as they are.
_OWN = re.compile(
    r"'[^']*'|https?://\S+|\w+ is not an argument|fields of \S+ are .*|  (?:expected|not met|actual): .*|  pulumi .*"
)


@cache
def _of_states() -> frozenset[str]:
    """The fields that rows and conditions show, of which none is an argument too."""
    kinds = [load(token) for token in KINDS]
    fields = {each.name for kind in kinds for record in records_of(kind.state) for each in dataclasses.fields(record)}
    return frozenset(fields - {name for kind in kinds for name in kind.argument_names})


def speaks_python(text: str) -> list[str]:
    """What of a text belongs to Python."""
    own = _OWN.sub("", text)
    names = [each for each in _SNAKE.findall(own) if each not in _of_states()]
    return names + _VALUE.findall(own) + _CALL.findall(own)
