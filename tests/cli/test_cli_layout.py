"""Tables and trees fit their width, keep their columns straight and hide nothing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_nbcloud.cli.layout import Node, fold, hang, padded, table, tree, width
from pulumi_nbcloud.cli.terminal import Terminal

# A blank is what lines are broken at; characters that take no column of their own must not begin a text.
TEXTS = st.text("ab1-_./ 训練é😀", min_size=1, max_size=60).map(str.strip).filter(bool)
ID = "03af7361-5cba-44d4-b29b-4dcc5d9dff51"


def bare(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize(
    ("text", "columns"), [("", 0), ("abc", 3), ("训练", 4), ("e\u0301", 1), ("é", 1), ("😀x", 3), ("ｱA", 2), ("アA", 3)]
)
def test_width(text: str, columns: int) -> None:
    assert width(text) == columns
    assert width(padded(text, 7)) == 7


@pytest.mark.parametrize(
    ("text", "columns", "lines"),
    [
        ("short", 5, ["short"]),
        ("one two three", 7, ["one two", "three"]),
        ("a longer-word b", 4, ["a", "longer-word", "b"]),
        ("训练任务", 4, ["训练", "任务"]),
        ("训练 x任务", 5, ["训练", "x任务"]),
    ],
)
def test_texts_break_between_words(text: str, columns: int, lines: list[str]) -> None:
    assert fold(text, columns) == lines


@pytest.mark.parametrize(
    ("text", "columns", "lines"),
    [
        ("abnormal_count", 9, ["abnormal_", "count"]),
        ("software-upgrade-792a", 18, ["software-upgrade-", "792a"]),
        ("ImagePullBackOff", 14, ["ImagePullBack", "Off"]),
        ("a // b", 4, ["a //", "b"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("ab abcdefgh", 4, ["ab", "abcd", "efgh"]),
        ("训练任务", 3, ["训", "练", "任", "务"]),
    ],
)
def test_values_of_a_table_break_anywhere_if_they_must(text: str, columns: int, lines: list[str]) -> None:
    assert fold(text, columns, whole_words=False) == lines


def test_what_goes_on_in_a_line_of_its_own_is_indented() -> None:
    assert hang("  short", 7) == ["  short"]
    assert hang("  GET http://a/b/c and some words  (more)", 38) == [
        "  GET http://a/b/c and some words",
        "      (more)",
    ]
    assert hang(f"  {ID}-{ID} x", 40) == [f"  {ID}-{ID}", "      x"], "a word stays whole"


@given(TEXTS, st.integers(2, 40), st.booleans())
def test_no_character_is_lost(text: str, columns: int, whole_words: bool) -> None:
    lines = fold(text, columns, whole_words=whole_words)
    assert bare("".join(lines)) == bare(text)
    assert all(line == line.strip() != "" for line in lines)
    if not whole_words:
        assert max(map(width, lines)) <= columns


def shown(heads: Sequence[str], rows: Sequence[Sequence[str]], columns: int) -> list[str]:
    lines = table(heads, rows, Terminal(columns))
    assert lines is not None
    return list(lines)


def test_a_table_with_room() -> None:
    assert shown(("id", "status"), [("1", "Running"), ("22", "-")], 80) == ["id  status", "1   Running", "22  -"]


def test_heads_give_way_before_values_do() -> None:
    rows = [(ID, "FINISHED", "0", "software-upgrade-792a")]
    heads = ("job_id", "status", "abnormal_count", "name")
    for columns in range(77, 85):
        assert f"{ID}  FINISHED  0 " in shown(heads, rows, columns)[-1]
        assert shown(heads, rows, columns)[-1].endswith("software-upgrade-792a")
    assert shown(heads, rows, 80)[:2] == [
        "job_id                                status    abnormal_  name",
        "                                                count",
    ]


def test_values_break_in_their_column_but_not_the_first() -> None:
    lines = shown(("id", "name", "state"), [(ID, "one two three four", "on"), ("2", "x", "off")], 55)
    assert lines == [
        "id                                    name        state",
        f"{ID}  one two     on",
        "                                      three four",
        "2                                     x           off",
    ]


def test_where_there_is_no_room_for_a_table() -> None:
    assert table(("id", "status"), [(ID, "Running")], Terminal(40)) is None


def test_a_table_without_rows_has_heads() -> None:
    assert shown(("id", "status"), [], 80) == ["id  status"]


@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=5), st.integers(20, 200))
def test_a_table_fits_and_hides_nothing(rows: list[tuple[str, str, str]], columns: int) -> None:
    heads = ("first", "second_head", "third")
    lines = table(heads, rows, Terminal(columns))
    if lines is None:
        assert max(5, *(width(row[0]) for row in rows)) + 2 * (2 + 8) > columns
        return
    found = list(lines)
    assert max(map(width, found)) <= columns
    letters = sorted(bare("".join(found)))
    assert letters == sorted(bare("".join((*heads, *(cell for row in rows for cell in row)))))


def test_only_the_heads_of_a_table_have_a_style() -> None:
    lines = table(("id", "name"), [("1", "x")], Terminal(80, styles=True))
    assert lines is not None
    assert list(lines) == ["\x1b[1mid  name\x1b[0m", "1   x"]


def drawn(columns: int, *nodes: Node) -> list[str]:
    return list(tree(nodes, Terminal(columns)))


def test_a_tree() -> None:
    ports = Node("ports", "2 items", [Node("", below=[Node("port", "22"), Node("address", "a")]), Node("", "-")])
    found = drawn(80, Node("name", "x"), Node("part", below=[Node("long_name", "1"), Node("b", "2"), ports]), Node("c"))
    assert found == [
        "name  x",
        "part",
        "  long_name  1",
        "  b          2",
        "  ports      2 items",
        "    - port     22",
        "      address  a",
        "    - -",
        "c",
    ]


def test_an_item_of_items() -> None:
    assert drawn(80, Node("a", "1 item", [Node("", "2 items", [Node("", "x"), Node("", "y")])])) == [
        "a  1 item",
        "  - 2 items",
        "    - x",
        "    - y",
    ]


def test_a_long_text_goes_on_below_itself() -> None:
    assert drawn(40, Node("message", "the image is being pulled from far away, which takes its time")) == [
        "message  the image is being pulled from",
        "         far away, which takes its time",
    ]


def test_a_word_that_is_too_wide_stays_whole_below_its_name() -> None:
    assert drawn(40, Node("notebook", ID), Node("b", "x")) == ["notebook", f"    {ID}", "b         x"]
    assert drawn(30, Node("notebook", ID)) == ["notebook", f"    {ID}"], "wider than the terminal, which breaks it"


def test_a_name_that_leaves_no_room_stands_above_its_text() -> None:
    assert drawn(40, Node("a_name_of_thirty_characters_or", "some words that need more room than that")) == [
        "a_name_of_thirty_characters_or",
        "    some words that need more room than",
        "    that",
    ]


def test_long_items() -> None:
    assert drawn(30, Node("list", "1 item", [Node("", "some words that need more room than that")])) == [
        "list  1 item",
        "  - some words that need more",
        "    room than that",
    ]


def test_names_of_a_tree_have_a_style() -> None:
    assert list(tree([Node("a", "1"), Node("bb", "2")], Terminal(80, styles=True))) == [
        "\x1b[1ma\x1b[0m   1",
        "\x1b[1mbb\x1b[0m  2",
    ]
