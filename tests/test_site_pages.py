"""`scripts/site_pages.py`: which pages the site has, where, and what becomes of their links."""

from __future__ import annotations

from pathlib import Path

import project_home
import pytest
import yaml
from docs_support import ROOT
from release_support import script
from site_pages import Assembly, SiteError, assemble, leaves, pages_of, place_of, read_nav

NAV = """
- Start:
    - README.md
- Guides:
    - Waits:
        - docs/guides/gates.md
- Reference:
    - docs/vendors/README.md
- Project:
    - License: LICENSE
"""
# Put together, because paths that are written out have to lead somewhere.
NEW, GONE, CONTENTS = (f"docs/{name}.md" for name in ("new", "gone", "README"))
FILES = {
    "README.md": "# Home\n\nWhat it is; [wait](./docs/guides/gates.md#how), [facts](docs/vendors/README.md).\n",
    "docs/guides/gates.md": (
        "# Wait\n\nSee ![a gate](../pictures/gate.svg) and [a program](../../examples/first/main.go), "
        "[home](../../README.md), [license](../../LICENSE).\n\n## How\n"
    ),
    "docs/vendors/README.md": "# Facts\n\nThe [waits](../guides/gates.md).\n",
    "docs/pictures/gate.svg": "<svg/>",
    "examples/first/main.go": "package main\n",
    "LICENSE": "Do as you like.\n",
    "pyproject.toml": 'repository = "https://nbcloud.invalid/x"\n',
    "docs/nav.yml": NAV,
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def text_of(assembly: Assembly, place: str) -> str:
    return assembly.files[place].decode()


def test_every_page_of_the_repository_is_in_the_navigation_once() -> None:
    assert set(leaves(read_nav(ROOT))) >= pages_of(ROOT)


def test_the_pages_of_the_repository_make_a_site() -> None:
    assembly = assemble(ROOT)
    assert {"index.md", "guides/gates.md", "project/security.md", "vendors/index.md"} <= set(assembly.files)
    assert set(leaves(assembly.nav)) == {place for place in assembly.files if place.endswith(".md")}


def test_links_lead_to_the_places_of_the_site(root: Path) -> None:
    assembly = assemble(root)
    assert "[wait](guides/gates.md#how), [facts](vendors/index.md)" in text_of(assembly, "index.md")
    assert (
        "See ![a gate](../pictures/gate.svg) and [a program](../examples/first/main.go.md), [home](../index.md), "
        "[license](../project/license.md)" in text_of(assembly, "guides/gates.md")
    )
    assert assembly.files["pictures/gate.svg"] == b"<svg/>"


def test_a_file_that_a_page_links_to_is_a_page(root: Path) -> None:
    assembly = assemble(root)
    page = text_of(assembly, "examples/first/main.go.md")
    assert "# first/main.go\n" in page
    assert "belongs to [Wait](../../guides/gates.md)." in page
    assert "```go\npackage main\n```\n" in page
    group = "{'Files of the examples': [{'first': [{'main.go': 'examples/first/main.go.md'}]}]}"
    assert f"{{'Reference': ['vendors/index.md', {group}]}}" in str(assembly.nav)


def test_files_for_pipelines_stand_beside_the_examples(root: Path) -> None:
    names = ("action.yml", "templates/wait.yml", "integrations/tekton/wait.yaml")
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("name: wait\n", encoding="utf-8")
    page = root / "docs" / "guides" / "gates.md"
    links = ", ".join(f"[{name}](../../{name})" for name in names)
    page.write_text(f"{page.read_text(encoding='utf-8')}\nCopy {links}.\n", encoding="utf-8")
    assembly = assemble(root)
    places = {name: f"files/{name}.md" if name.startswith("templates/") else f"{name}.md" for name in sorted(names)}
    files = ", ".join(f"{{'{name}': '{place}'}}" for name, place in places.items())
    assert f"{{'pipelines': [{files}]}}" in str(assembly.nav)
    assert "# action.yml\n" in text_of(assembly, "action.yml.md")
    assert "[action.yml](../action.yml.md)" in text_of(assembly, "guides/gates.md")


def test_a_page_has_a_description_and_its_section(root: Path) -> None:
    head, text = text_of(assemble(root), "guides/gates.md").removeprefix("---\n").split("---\n", 1)
    assert yaml.safe_load(head) == {
        "description": "See a gate and a program, home, license.",
        "section": "Guides",
    }
    assert text.startswith("\n# Wait\n")


def head_of(assembly: Assembly, place: str) -> dict[str, object]:
    head: dict[str, object] = yaml.safe_load(text_of(assembly, place).split("---\n")[1])
    return head


def test_a_file_has_its_path_as_title_and_is_not_searched(root: Path) -> None:
    assembly = assemble(root)
    head = head_of(assembly, "examples/first/main.go.md")
    assert (head["name"], head["section"], head["search"]) == ("examples/first/main.go", "Reference", {"exclude": True})
    assert head_of(assembly, "project/license.md")["section"] == "Project"


def test_the_list_of_all_pages_has_a_description_of_its_own(root: Path) -> None:
    (root / CONTENTS).write_text(FILES["README.md"].replace("docs/", ""), encoding="utf-8")
    (root / "docs/nav.yml").write_text(NAV + f"    - {CONTENTS}\n", encoding="utf-8")
    assembly = assemble(root)
    descriptions = [head_of(assembly, place)["description"] for place in ("index.md", "contents.md")]
    assert descriptions[1] != descriptions[0] == "What it is; wait, facts."


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        (NEW, "# New\n", f"docs/nav.yml does not list {NEW}: add a line"),
        ("docs/nav.yml", NAV + f"    - {GONE}\n", f"docs/nav.yml lists {GONE}, which does not exist"),
        ("docs/nav.yml", NAV + "    - README.md\n", "docs/nav.yml lists README.md twice"),
        ("README.md", f"# H\n\n[a]({GONE}).\n", f"README.md: the link {GONE} leads to no file"),
        (
            "README.md",
            "# H\n\n[a](pyproject.toml).\n",
            "README.md: the link pyproject.toml leads to a file that the site does not show",
        ),
        ("README.md", "# H\n\n- a\n", "README.md: no paragraph below the title says what the page is for"),
        ("README.md", "# H\n\nA.\n\n<!-- tabs -->\n", "README.md: tabs are not closed"),
    ],
)
def test_what_makes_no_site_is_named(root: Path, name: str, text: str, problem: str) -> None:
    (root / name).write_text(text, encoding="utf-8")
    with pytest.raises(SiteError) as caught:
        assemble(root)
    assert str(caught.value) == problem


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("README.md", "index.md"),
        (CONTENTS, "contents.md"),
        ("docs/design/README.md", "design/index.md"),
        ("docs/guides/gates.md", "guides/gates.md"),
        ("SECURITY.md", "project/security.md"),
        ("LICENSE", "project/license.md"),
        ("docs/pictures/gate.svg", "pictures/gate.svg"),
        ("examples/serve/wait.sh", "examples/serve/wait.sh.md"),
    ],
)
def test_each_file_has_its_place(source: str, place: str) -> None:
    assert place_of(source) == place


def test_the_ignored_folder_holds_what_it_should_and_nothing_is_written_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docs = script(ROOT / "scripts" / "docs")
    monkeypatch.setattr(docs, "FOLDER", tmp_path)
    docs.write({"theme/a.html": b"a", "theme/b/c.html": b"c", "theme/main.html": b"t"})
    before = (tmp_path / "theme/a.html").stat().st_mtime_ns
    docs.write({"theme/a.html": b"a", "theme/d.html": b"d"})
    assert sorted(each.relative_to(tmp_path).as_posix() for each in tmp_path.rglob("*") if each.is_file()) == [
        "theme/a.html",
        "theme/d.html",
    ]
    assert (tmp_path / "theme/a.html").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("repository", "home"),
    [
        ("https://placeholder.invalid/pulumi-nbcloud", ""),
        ("https://code.example/someone/pulumi-nbcloud/", "https://code.example/someone/pulumi-nbcloud"),
    ],
)
def test_a_placeholder_is_no_home(repository: str, home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text(f'repository = "{repository}"\n', encoding="utf-8")
    monkeypatch.setattr(project_home, "ROOT", tmp_path)
    assert project_home.home() == home
