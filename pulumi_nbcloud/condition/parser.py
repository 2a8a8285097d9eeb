"""The parser of CEL, precomputed: to compute it from its grammar takes a sixth of a second in every process.

`parser_tables.json` holds what lark computed from cel-python's grammar. It belongs to one release of lark and one text
of the grammar; with any other, the same parser is computed at run time. `scripts/generate` writes the file.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import celpy
import lark
from celpy.celparser import CELParser
from lark.grammar import Rule
from lark.lexer import TerminalDef

TABLES = Path(__file__).with_name("parser_tables.json")


def _literal(token: lark.Token) -> lark.Token:
    """Distinguish `true` and `false` from names, as cel-python does, but keep their place in the text."""
    known = CELParser.ambiguous_literals(token)
    return lark.Token.new_borrow_pos(known.type, known, token)


_CALLBACKS = {"IDENT": _literal}


@functools.cache
def cel_parser() -> lark.Lark:
    """Return the parser of this process."""
    try:
        found = json.loads(TABLES.read_text(encoding="utf-8"), object_hook=_with_numbers)
    except (OSError, ValueError):
        return computed()
    if found["made_from"] != made_from():
        return computed()
    # As lark's own standalone parsers are loaded; the release that wrote the tables is the one that reads them.
    load: Callable[..., lark.Lark] = lark.Lark._load_from_dict
    return load(found["data"], found["memo"], lexer_callbacks=_CALLBACKS)


def computed() -> lark.Lark:
    """Compute the parser from the grammar, with cel-python's options."""
    return lark.Lark(
        _grammar(),
        parser="lalr",
        start="expr",
        g_regex_flags=re.MULTILINE,
        lexer_callbacks=_CALLBACKS,
        propagate_positions=True,
        maybe_placeholders=False,
        priority="invert",
    )


def tables() -> str:
    """Return the text of `parser_tables.json`; the order of states in it differs from run to run."""
    data, memo = computed().memo_serialize([TerminalDef, Rule])
    data["options"]["lexer_callbacks"] = {}
    return json.dumps({"made_from": made_from(), "data": data, "memo": memo}, default=_plain) + "\n"


def made_from() -> str:
    """Return the identity of the grammar and the release of lark that tables belong to."""
    return f"lark {lark.__version__}, grammar {hashlib.sha256(_grammar().encode()).hexdigest()}"


def _grammar() -> str:
    return Path(celpy.__file__).with_name("cel.lark").read_text(encoding="utf-8")


def _with_numbers(value: dict[str, Any]) -> dict[Any, Any]:
    # States, tokens and rules are known by numbers, which JSON cannot have as keys.
    return {int(key) if key.isdigit() else key: each for key, each in value.items()}


def _plain(value: Collection[str] | int) -> list[str] | int:
    return sorted(value) if isinstance(value, (set, frozenset)) else int(value)  # type: ignore[arg-type]
