"""The parser from its tables is the parser of the grammar."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lark import Lark
from lark.exceptions import UnexpectedInput
from nbcloud_support import examples

from pulumi_nbcloud.condition import parser

WORDS = [
    "self",
    ".",
    "a",
    "true",
    "in",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    ",",
    "?",
    "1",
    "1.5",
    "2u",
    "'x'",
    '"',
    "r'\\'",
]
WORDS += [
    "&&",
    "||",
    "!",
    "-",
    "==",
    "<=",
    ">",
    "+",
    "*",
    "%",
    "=",
    "null",
    "b'x'",
    "// end\n",
    "'''y'''",
    "\n",
    "#",
    "é",
]


@pytest.fixture(scope="module")
def from_grammar() -> Lark:
    return parser.computed()


@pytest.fixture
def uncached() -> Iterator[None]:
    parser.cel_parser.cache_clear()
    yield
    parser.cel_parser.cache_clear()


def answer(lark: Lark, text: str) -> Any:
    """The tree with the places of its nodes, or the error with its own."""
    try:
        tree = lark.parse(text)
    except UnexpectedInput as error:
        return type(error), error.pos_in_stream, str(getattr(error, "token", "")), error.get_context(text)
    return tree, [(each.data, vars(each.meta)) for each in tree.iter_subtrees()]


def test_the_tables_are_of_the_grammar_and_of_lark_as_they_are_installed() -> None:
    assert json.loads(parser.TABLES.read_text(encoding="utf-8"))["made_from"] == parser.made_from()


@settings(max_examples=examples(1500))
@given(text=st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join) | st.text(max_size=20))
def test_trees_places_and_errors_are_those_of_the_grammar(text: str, from_grammar: Lark) -> None:
    assert answer(parser.cel_parser(), text) == answer(from_grammar, text)


@pytest.mark.parametrize("written", [None, "{", '{"made_from": "lark 0.1"}'], ids=["none", "cut", "another release"])
@pytest.mark.usefixtures("uncached")
def test_beside_other_tables_the_parser_is_computed(
    written: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tables.json"
    if written is not None:
        path.write_text(written, encoding="utf-8")
    monkeypatch.setattr(parser, "TABLES", path)
    made = parser.computed()
    monkeypatch.setattr(parser, "computed", lambda: made)
    assert parser.cel_parser() is made


@pytest.mark.usefixtures("uncached")
def test_with_its_tables_no_parser_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(parser, "computed")
    assert parser.cel_parser().parse("self.running").data == "expr"
