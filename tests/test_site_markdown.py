"""`scripts/site_markdown.py`: pages of the repository's dialect of Markdown as the site's builder reads them."""

from __future__ import annotations

import pytest
from site_markdown import (
    DESCRIBED,
    description_of,
    fenced,
    links_rewritten,
    segments,
    title_of,
    with_tabs,
    without_comments,
    without_escaped_pipes,
)

TABS = """Before.

<!-- tabs -->

**Python**

```python
def wait():
    pass
```

**Go**

Not in a program of Python:

~~~go
**x** = 1
~~~

<!-- /tabs -->

After.
"""


@pytest.mark.parametrize(
    ("text", "rewritten"),
    [
        ("See [the page](a.md).", "See [the page](<a.md>)."),
        ("See [a `word`](a.md#part) and [b](b.md).", "See [a `word`](<a.md#part>) and [b](<b.md>)."),
        ("[over\ntwo lines](a.md)", "[over\ntwo lines](<a.md>)"),
        ('![a picture](p.svg "with a title")', '![a picture](<p.svg> "with a title")'),
        ("[name]: a.md\n", "[name]: <a.md>\n"),
        ("[elsewhere](https://example.com/a.md) [mail](mailto:a@b) [here](#part)", None),
        ("`[code](a.md)` and ``[`code`](a.md)``", None),
        ("```text\n[code](a.md)\n```\n", None),
    ],
)
def test_links_to_files_are_rewritten_and_nothing_else(text: str, rewritten: str | None) -> None:
    assert links_rewritten(text, lambda link: f"<{link}>") == (text if rewritten is None else rewritten)


def test_a_stray_backtick_hides_no_link_of_the_next_paragraph() -> None:
    text = "A stray ` mark.\n\n[a](a.md), and `code`."
    assert links_rewritten(text, str.upper) == "A stray ` mark.\n\n[a](A.MD), and `code`."


def test_what_stands_between_the_comments_becomes_tabs() -> None:
    assert with_tabs(TABS) == (
        "Before.\n\n\n"
        '=== "Python"\n\n    ```python\n    def wait():\n        pass\n    ```\n\n'
        '=== "Go"\n\n    Not in a program of Python:\n\n    ~~~go\n    **x** = 1\n    ~~~\n\n'
        "\nAfter.\n"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("<!-- tabs -->\n\n**A**\n\na\n\n**B**\n", "not closed"),
        ("<!-- tabs -->\n\n**A**\n\na\n\n<!-- /tabs -->\n", "fewer than two labels"),
        ("<!-- tabs -->\n\n<!-- tabs -->\n", "inside tabs"),
        ("<!-- tabs -->\n\nProse.\n\n**A**\n\n**B**\n\n<!-- /tabs -->\n", "with: Prose."),
        ("<!-- /tabs -->\n", "fewer than two labels"),
    ],
)
def test_tabs_that_are_none_are_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        with_tabs(text)


def test_comments_are_left_out_but_in_code() -> None:
    text = "A.\n\n<!-- one -->\n\n```html\n<!-- two -->\n```\n<!-- over\nlines -->\nB.\n"
    assert without_comments(text) == "A.\n\n\n```html\n<!-- two -->\n```\nB.\n"


def test_escaped_pipes_in_the_code_of_tables_are_plain() -> None:
    text = "| `a \\|\\| b` | c \\| d |\n\n`a \\| b`\n"
    assert without_escaped_pipes(text) == "| `a || b` | c \\| d |\n\n`a \\| b`\n"


@pytest.mark.parametrize("fence", ["```", "~~~", "````"])
def test_blocks_of_code_are_told_apart_from_prose(fence: str) -> None:
    text = f"A.\n{fence}python\n# no title\n``\n{fence}\nB.\n"
    assert [piece for code, piece in segments(text) if code] == [f"{fence}python\n# no title\n``\n{fence}\n"]
    assert "".join(piece for _, piece in segments(text)) == text


def test_a_block_that_is_not_closed_is_refused() -> None:
    with pytest.raises(ValueError, match="not closed"):
        list(segments("```python\nA.\n"))


def test_the_title_is_plain() -> None:
    assert title_of("<!-- a -->\n# The **command** `nbcloud` and [more](a.md)\n") == "The command nbcloud and more"


@pytest.mark.parametrize(
    ("page", "description"),
    [
        ("# T\n\nOne *short* `line` with\n[a link](a.md).\n\nMore.\n", "One short line with a link."),
        ("# T\n\n![picture](a.svg)\n\n> [!NOTE]\n> Careful.\n\n- an item\n\nProse.\n", "Prose."),
        ("# T\n\n```python\ncode\n```\n\nProse.\n", "Prose."),
        ("# T\n\n## Part\n\nProse with a * b * c.\n", "Prose with a * b * c."),
        ("# T\n", ""),
    ],
)
def test_the_description_is_the_first_paragraph(page: str, description: str) -> None:
    assert description_of(page) == description


def test_a_long_description_ends_with_a_sentence_or_between_words() -> None:
    sentences = f"# T\n\nThe first sentence is of a good length, as they are wont to be. {'word ' * 40}.\n"
    assert description_of(sentences) == "The first sentence is of a good length, as they are wont to be."
    words = description_of(f"# T\n\n{'word ' * 60}\n")
    assert words.endswith("word…")
    assert DESCRIBED - 10 < len(words) <= DESCRIBED


def test_a_fence_is_longer_than_those_inside() -> None:
    assert fenced("a\n", "go") == "```go\na\n```\n"
    assert fenced("````\na\n````\n", "text").startswith("`````text\n")
