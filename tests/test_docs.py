"""The examples in docs/ that are tests run as tests; links between pages lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


def examples_that_are_tests() -> list[str]:
    found = [text for page in PAGES for text in re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.M | re.S)]
    return [text for text in found if "def test_" in text]


@pytest.mark.parametrize("source", examples_that_are_tests())
def test_example_that_is_a_test_passes(source: str, nbcloud_mock: Any) -> None:
    names: dict[str, Any] = {}
    exec(compile(source, "docs", "exec"), names)
    (test,) = [value for name, value in names.items() if name.startswith("test_")]
    test(nbcloud_mock)


def test_there_is_an_example_of_the_fixture() -> None:
    assert len(examples_that_are_tests()) == 1


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert link.startswith("https://") or (page.parent / link).is_file(), link
