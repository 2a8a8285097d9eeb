"""`scripts/site_check.py`: faults in the built site are found."""

from __future__ import annotations

from pathlib import Path

import pytest
from site_check import problems

HEAD = '<title>{0}</title><meta name="description" content="About {0}.">'
PAGE = f'{HEAD.format("home")}<link rel="stylesheet" href="a.css"><h1 id="top">Home</h1><a href="sub/#part">sub</a>'
SUB = f'{HEAD.format("sub")}<h2 id="part">Part</h2><a href="..">home</a><a href="#part">part</a>'


def site(folder: Path, **pages: str) -> Path:
    for name, text in {"index": PAGE, "sub/index": SUB, "404": "<title>404</title>", **pages}.items():
        path = folder / f"{name.replace('__', '/')}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "a.css").write_text("", encoding="utf-8")
    return folder


def test_a_whole_site_has_no_fault(tmp_path: Path) -> None:
    assert list(problems(site(tmp_path))) == []


@pytest.mark.parametrize(
    ("html", "problem"),
    [
        ('<a href="gone/">x</a>', "index.html: gone/ leads nowhere"),
        ('<a href="sub/#gone">x</a>', "index.html: sub/#gone leads to no part of its page"),
        ('<a href="#gone">x</a>', "index.html: #gone leads to no part of its page"),
        ('<img src="gone.svg">', "index.html: gone.svg leads nowhere"),
        ('<a href="/sub/">x</a>', "index.html: /sub/ does not stay below the site's own address"),
        ('<a href="../x">x</a>', "index.html: ../x leads nowhere"),
        (
            '<script src="https://cdn.example/x.js"></script>',
            "index.html: https://cdn.example/x.js is fetched from another host",
        ),
        ('<link rel="preconnect" href="//fonts.example">', "index.html: //fonts.example is fetched from another host"),
    ],
)
def test_a_fault_is_named(tmp_path: Path, html: str, problem: str) -> None:
    assert list(problems(site(tmp_path, index=PAGE + html))) == [problem]


def test_links_to_other_hosts_and_inline_pictures_are_none(tmp_path: Path) -> None:
    html = (
        '<a href="https://example.com">x</a><img src="data:image/png;base64,AA"><link rel="canonical" href="https://x">'
    )
    assert list(problems(site(tmp_path, index=PAGE + html))) == []


def test_only_the_page_for_wrong_addresses_has_links_from_the_root(tmp_path: Path) -> None:
    wrong = "<title>404</title>" + '<a href="/docs/sub/#part">x</a><a href="/docs/">x</a>'
    assert list(problems(site(tmp_path, **{"404": wrong}), "/docs/")) == []
    assert list(problems(site(tmp_path, **{"404": wrong}), "/")) == [
        "404.html: /docs/sub/#part leads nowhere",
        "404.html: /docs/ leads nowhere",
    ]


def test_a_page_has_a_title_and_a_description_of_its_own(tmp_path: Path) -> None:
    assert list(problems(site(tmp_path, **{"sub/index": SUB.replace("About sub", "About home")}))) == [
        "sub/index.html: the same description as index.html"
    ]
    assert list(problems(site(tmp_path, **{"sub/index": '<title>sub</title><h2 id="part">x</h2>'}))) == [
        "sub/index.html: no title or no description"
    ]
