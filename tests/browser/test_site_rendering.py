"""The site shows what the repository's own view shows: the same headings, tables, lists and blocks of code.

The two read Markdown by different rules, and where these differ a list or a table becomes a paragraph without a word.
"""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from site_check import problems, read
from site_pages import leaves, place_of, read_nav
from site_support import ROOT, SITE, Shown, built

PAGES = [each for each in leaves(read_nav(ROOT)) if each.endswith(".md")]
KINDS = {"heading_open": "heading", "th_open": "cell", "td_open": "cell"}


def plain(token: Token) -> str:
    """What a reader sees of a line: without marks, and without white space."""
    shown = (each.content for each in token.children or () if each.type in ("text", "code_inline"))
    return "".join("".join(shown).split())


def in_the_repository(text: str) -> tuple[dict[str, list[str]], dict[str, int]]:
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    texts: dict[str, list[str]] = {"heading": [], "cell": [], "code": []}
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type in KINDS and following is not None:
            texts[KINDS[token.type]].append(plain(following))
        elif token.type in ("fence", "code_block"):
            texts["code"].append("".join(token.content.split()))
    counts = {
        "li": sum(token.type == "list_item_open" for token in tokens),
        "callout": sum(token.type == "blockquote_open" for token in tokens),
        "img": sum(each.type == "image" for token in tokens for each in token.children or ()),
    }
    return texts, counts


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_the_same_in_both_views(page: str) -> None:
    shown = Shown(built(place_of(page)))
    texts, counts = in_the_repository((ROOT / page).read_text(encoding="utf-8"))
    assert shown.texts == texts
    assert shown.counts == counts


def test_a_list_that_only_one_view_sees_is_noticed() -> None:
    assert in_the_repository("Prose:\n- item\n")[1]["li"] == 1


def test_the_site_has_every_page_and_one_for_wrong_addresses() -> None:
    assert [page for page in PAGES if not built(place_of(page)).is_file()] == []
    assert "leads to no page" in (SITE / "404.html").read_text(encoding="utf-8")


def test_every_link_and_picture_leads_somewhere_in_the_site() -> None:
    assert list(problems(SITE)) == []


def test_nothing_of_the_tabs_is_left_as_text() -> None:
    pages = {page: built(place_of(page)).read_text(encoding="utf-8") for page in PAGES}
    assert [page for page, text in pages.items() if "<!-- tabs" in text or "<p>===" in text] == []
    assert pages["docs/guides/languages.md"].count('class="tabbed-set') == 5


def test_titles_say_what_a_page_is_of() -> None:
    titles = [read(SITE / path / "index.html").title for path in ("", "guides/gates", "examples/serve/wait.sh")]
    assert titles[0].startswith("pulumi-nbcloud: Look up, record and wait")
    assert titles[1].endswith(" - Guides - pulumi-nbcloud")
    assert titles[2] == "examples/serve/wait.sh - Reference - pulumi-nbcloud"
