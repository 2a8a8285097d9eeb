"""The pages of docs/recipes/: each shows the whole of its program or file, and the index leads to all of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from docs_support import BLOCK, RECIPE_PAGES, RECIPES, blocks, page_of

INDEX = RECIPE_PAGES / "README.md"
PAGES = sorted(each for each in RECIPE_PAGES.glob("*.md") if each != INDEX)
FOLDER_OF = {page_of(folder): folder for folder in RECIPES}
HEADINGS = ["Try it on the mock clouds", "Variations", "Pitfalls"]


def shown_files(folder: Path) -> list[str]:
    """What a page has to show: the program below its docstring, and the files for pipelines."""
    program = folder / "__main__.py"
    texts = [program.read_text(encoding="utf-8").partition('"""\n\n')[2]] if program.is_file() else []
    others = sorted(path for path in folder.iterdir() if path.suffix == ".yml")
    return texts + [path.read_text(encoding="utf-8") for path in others]


def test_each_recipe_has_a_page_and_each_page_a_recipe() -> None:
    assert sorted(FOLDER_OF) == PAGES
    assert len(PAGES) >= 10


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_shows_the_whole_of_its_recipe(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert [each for language, each in BLOCK.findall(text) if language != "console"] == shown_files(FOLDER_OF[page])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_short_and_has_its_parts_in_order(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == HEADINGS
    assert blocks(page, "console")
    assert f"examples/recipes/{FOLDER_OF[page].name}/" in text
    for part in ("Variations", "Pitfalls"):
        lines = text.partition(f"\n## {part}\n")[2].partition("\n## ")[0].splitlines()
        assert 2 <= sum(line.startswith("- ") for line in lines) <= 4


def test_the_index_leads_to_each_page_by_its_title() -> None:
    found = dict(re.findall(r"\| \[(.+)\]\((\w[\w-]*\.md)\) \|", INDEX.read_text(encoding="utf-8")))
    titles = {each.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# "): each.name for each in PAGES}
    assert found == titles
