"""Every citation leads somewhere: numbers of facts and faults, pages of docs/.

Facts of a cloud are defined in docs/vendors/, faults in docs/reference/errors.md, each with an anchor of its number.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from docs_support import anchors_of

ROOT = Path(__file__).resolve().parents[1]
PAGES = {
    "MA": "docs/vendors/modelarts.md",
    "HPC": "docs/vendors/hpcai.md",
    "DP": "docs/vendors/aidp.md",
    "F": "docs/reference/errors.md",
}
FOLDERS = ("pulumi_nbcloud", "tests", "examples", "benchmarks", "docs", "scripts", ".ci")
SUFFIXES = {"", ".py", ".md", ".yml", ".yaml", ".toml", ".json"}

_NUMBER = r"(?:MA|HPC|DP|F)-\d+"
_CITED = re.compile(rf"(?<![\w-]){_NUMBER}(?![\w-])")
_RANGE = re.compile(rf"(?<![\w-])({_NUMBER}) to ({_NUMBER})")
_DEFINED = re.compile(r'<a id="((?:ma|hpc|dp|f)-\d+)"></a>')
# What a number follows: a page, then perhaps other numbers of it.
_PAGE_AND_NUMBER = re.compile(rf"(docs/(?:\w+/)?\w+\.md), ({_NUMBER})")
_PATH = re.compile(r"(?<![\w./-])(docs/[\w./-]+\.md)(?:#([\w-]+))?")
# Put together here, so that this file does not hold them.
_GONE = tuple(
    re.compile(text) for text in ("seed " + "00", "vendor-" + "apis", "reference " + "anchors", r"\bshared" + "/")
)
_GONE_NAME = re.compile("test_" + r"row_\d")


def files() -> Iterator[Path]:
    """What is read: everything of ours that is text."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix in SUFFIXES and "__pycache__" not in path.parts:
                yield path
    for name in ("Makefile", "pyproject.toml", *sorted(each.name for each in ROOT.glob("*.md"))):
        yield ROOT / name


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in files()}


def definitions(texts: Mapping[str, str]) -> Counter[str]:
    """How often each number is defined, on the page of its letters."""
    return Counter(
        number.upper() for letters, page in PAGES.items() for number in _DEFINED.findall(texts[page])
        if number.startswith(f"{letters.lower()}-")
    )  # fmt: skip


def wrong_numbers(name: str, text: str, defined: Mapping[str, int]) -> list[str]:
    """The citations of a file that lead nowhere, or to another page than the one they name."""
    found = [f"{name} cites {number}, which is nowhere" for number in _CITED.findall(text) if not defined.get(number)]
    for first, last in _RANGE.findall(text):
        letters, begin = _split(first)
        others, end = _split(last)
        if letters != others or begin >= end:
            found.append(f"{name} cites {first} to {last}, which is no range")
    for page, number in _PAGE_AND_NUMBER.findall(text):
        if PAGES[_split(number)[0]] != page:
            found.append(f"{name} cites {number} on {page}")
    return found


def wrong_paths(name: str, text: str) -> list[str]:
    """The pages of docs/, and the anchors in them, that a file names and that are not there."""
    found = []
    for path, anchor in _PATH.findall(text):
        if not (ROOT / path).is_file():
            found.append(f"{name} names {path}")
        elif anchor and anchor not in anchors_of((ROOT / path).read_text(encoding="utf-8")):
            found.append(f"{name} names {path}#{anchor}")
    return found


def gone_words(name: str, text: str) -> list[str]:
    """Names of what is not in the repository."""
    words = [match[0] for pattern in (*_GONE, _GONE_NAME) for match in [pattern.search(text)] if match]
    return [f"{name} holds {word!r}" for word in words]


def _split(number: str) -> tuple[str, int]:
    letters, _, digits = number.partition("-")
    return letters, int(digits)


def test_each_number_is_defined_once(texts: dict[str, str]) -> None:
    defined = definitions(texts)
    assert [number for number, times in defined.items() if times != 1] == []
    # None is left out, so that a new one takes the next.
    for letters in PAGES:
        numbers = sorted(_split(number)[1] for number in defined if _split(number)[0] == letters)
        assert numbers == list(range(1, len(numbers) + 1)), letters
        assert len(numbers) > 20


def test_no_number_is_defined_on_another_page(texts: dict[str, str]) -> None:
    everywhere = sum(len(_DEFINED.findall(text)) for name, text in texts.items() if name.endswith(".md"))
    assert everywhere == sum(definitions(texts).values())


def test_each_citation_of_a_number_leads_to_it(texts: dict[str, str]) -> None:
    defined = definitions(texts)
    assert [each for name, text in texts.items() for each in wrong_numbers(name, text, defined)] == []


def test_the_code_cites(texts: dict[str, str]) -> None:
    """Or there would be nothing to check."""
    cited = [len(_CITED.findall(text)) for name, text in texts.items() if name.startswith("pulumi_nbcloud/")]
    assert sum(cited) > 80


def test_each_page_and_anchor_that_is_named_is_there(texts: dict[str, str]) -> None:
    assert [each for name, text in texts.items() for each in wrong_paths(name, text)] == []


def test_what_is_not_in_the_repository_is_not_named(texts: dict[str, str]) -> None:
    assert [each for name, text in texts.items() for each in gone_words(name, text)] == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"# MA-{999}", f"x.py cites MA-{999}, which is nowhere"),
        (f"(docs/vendors/hpcai.md, HPC-{1}, HPC-{77})", f"x.py cites HPC-{77}, which is nowhere"),
        (f"as in F-{57}.", f"x.py cites F-{57}, which is nowhere"),
        (f"MA-{2} to MA-{1}", f"x.py cites MA-{2} to MA-{1}, which is no range"),
        (f"MA-{1} to DP-{2}", f"x.py cites MA-{1} to DP-{2}, which is no range"),
        (f"docs/vendors/aidp.md, MA-{1}", f"x.py cites MA-{1} on docs/vendors/aidp.md"),
    ],
)
def test_a_citation_that_leads_nowhere_is_noticed(text: str, problem: str, texts: dict[str, str]) -> None:
    assert wrong_numbers("x.py", text, definitions(texts)) == [problem]


@pytest.mark.parametrize(
    "text", ["UTF-16", "DMA-9", "a-F-999", "F-5x", "Source: docs/vendors/modelarts.md, MA-3 to MA-5."]
)
def test_what_is_no_wrong_citation_is_left_alone(text: str, texts: dict[str, str]) -> None:
    assert wrong_numbers("x.py", text, definitions(texts)) == []


def test_a_page_or_anchor_that_is_not_there_is_noticed() -> None:
    pages = ["docs/" + "nowhere.md", "docs/reference/errors.md" + "#f-57"]
    text = " ".join([*pages, "docs/reference/errors.md#f-56"])
    assert wrong_paths("x.py", text) == [f"x.py names {page}" for page in pages]


@pytest.mark.parametrize(
    "text", ["seed " + "002_9a0e", "vendor-" + "apis 1.3", "../shared" + "/x", "test_" + "row_12_a"]
)
def test_a_name_of_what_is_not_there_is_noticed(text: str) -> None:
    assert len(gone_words("x.py", text)) == 1


def test_a_second_definition_is_noticed(texts: dict[str, str]) -> None:
    page = PAGES["DP"]
    twice = {**texts, page: texts[page] + '<a id="dp-1"></a>'}
    assert definitions(twice)["DP-1"] == 2
