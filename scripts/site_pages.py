"""Assembles what the site is built from: the pages of the repository, in the order of docs/nav.yml.

The pages are written for the repository's own view of Markdown. The site's builder reads another dialect and has other
paths, so each page is copied with its links, tabs and tables rewritten, and files of examples/ that pages link to
become pages of their own.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from site_markdown import (
    description_of,
    fenced,
    links_rewritten,
    title_of,
    with_tabs,
    without_comments,
    without_escaped_pipes,
)

NAV = "docs/nav.yml"
# Pages outside docs/, and where the site has them.
PLACES = {
    "README.md": "index.md",
    "CHANGELOG.md": "project/changelog.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "LICENSE": "project/license.md",
    "SECURITY.md": "project/security.md",
}
# Beside the home page, the README of docs/ would be a second index of the same folder.
CONTENTS = "contents.md"
ABOUT_CONTENTS = "Every page of the documentation, with what you find there."
# Where the pages of linked files stand in the navigation: a section, and a group in it.
FILES_SECTION, FILES_GROUP = "Reference", "Files of the examples"
# What the site shows of other files: those of the examples, and what pipelines take from the repository.
SHOWN = ("examples/", "integrations/", "templates/", "action.yml")
LANGUAGES = {
    ".go": "go",
    ".json": "json",
    ".py": "python",
    ".sh": "bash",
    ".tf": "terraform",
    ".ts": "typescript",
    ".yaml": "yaml",
    ".yml": "yaml",
}

Nav = Sequence["str | Mapping[str, str | Nav]"]


class SiteError(Exception):
    """The sources do not make a site; each line of the text is one problem."""


@dataclass(frozen=True)
class Assembly:
    """What the builder reads.

    Attributes:
        files: The content of each file, by its path.
        nav: The navigation in the builder's form, with the paths of `files`.
    """

    files: Mapping[str, bytes]
    nav: Nav


@dataclass
class _Links:
    """The files that pages link to and that are no pages, each with the pages that link to it."""

    shown: dict[str, set[str]] = field(default_factory=dict)
    copied: set[str] = field(default_factory=set)


def place_of(source: str) -> str:
    """The path that a page or a file of the repository has in the site's sources."""
    if source in PLACES:
        return PLACES[source]
    if source.endswith(".md"):
        inside = source.removeprefix("docs/")
        if inside == "README.md":
            return CONTENTS
        return posixpath.join(posixpath.dirname(inside), "index.md") if inside.endswith("/README.md") else inside
    if source.startswith("docs/"):
        return source.removeprefix("docs/")
    # A folder called templates is left out by what builds the site.
    return f"files/{source}.md" if source.startswith("templates/") else f"{source}.md"


def pages_of(root: Path) -> set[str]:
    """Every page that the repository has for readers."""
    inside = {path.relative_to(root).as_posix() for path in (root / "docs").rglob("*.md")}
    return inside | {name for name in PLACES if "/" not in name and name.endswith(".md") and (root / name).is_file()}


def leaves(nav: Nav) -> Iterator[str]:
    """The paths of a navigation, in their order."""
    for entry in nav:
        for each in [entry] if isinstance(entry, str) else entry.values():
            if isinstance(each, str):
                yield each
            else:
                yield from leaves(each)


def sections(nav: Nav) -> dict[str, str]:
    """The section of each path of a navigation."""
    found: dict[str, str] = {}
    for entry in nav:
        if isinstance(entry, str):
            found[entry] = entry
            continue
        for title, below in entry.items():
            found |= dict.fromkeys([below] if isinstance(below, str) else leaves(below), title)
    return found


def read_nav(root: Path) -> Nav:
    """Read docs/nav.yml.

    Raises:
        SiteError: It leaves out a page, or names one twice or one that does not exist.
    """
    nav: Nav = yaml.safe_load((root / NAV).read_text(encoding="utf-8"))
    named = list(leaves(nav))
    pages = pages_of(root)
    problems = [f"{NAV} does not list {page}: add a line" for page in sorted(pages - set(named))]
    problems += [f"{NAV} lists {each}, which does not exist" for each in named if not (root / each).is_file()]
    problems += [f"{NAV} lists {each} twice" for each in sorted({each for each in named if named.count(each) > 1})]
    if problems:
        raise SiteError("\n".join(problems))
    return nav


def assemble(root: Path) -> Assembly:
    """Make the builder's sources from those of the repository.

    Raises:
        SiteError: A page is missing in the navigation, links to nothing, or cannot be shown.
    """
    nav = read_nav(root)
    listed = sections(nav)
    files: dict[str, bytes] = {}
    problems: list[str] = []
    links = _Links()
    for source, section in listed.items():
        if not source.endswith(".md"):
            links.shown.setdefault(source, set())
            continue
        try:
            description, text = _page(root, source, links)
            if place_of(source) == CONTENTS:  # it begins as the home page does
                description = ABOUT_CONTENTS
            files[place_of(source)] = _with_head(text, description=description, section=section)
        except ValueError as error:
            problems += [f"{source}: {line}" for line in str(error).splitlines()]
    if problems:
        raise SiteError("\n".join(problems))
    titles = {source: title_of((root / source).read_text(encoding="utf-8")) for source in pages_of(root)}
    for source, pages in links.shown.items():
        description, text = _file(root, source, {page: titles[page] for page in sorted(pages)})
        head = {"description": description, "section": listed.get(source, FILES_SECTION), "name": source}
        files[place_of(source)] = _with_head(text, **head, search={"exclude": True})
    for source in links.copied:
        files[place_of(source)] = (root / source).read_bytes()
    return Assembly(files, _placed(_with_files(nav, sorted(set(links.shown) - set(listed)))))


def _with_head(text: str, **head: object) -> bytes:
    """The page with what the builder should know of it at its top; JSON is YAML too."""
    lines = "".join(f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in head.items())
    return f"---\n{lines}---\n\n{text}".encode()


def _page(root: Path, source: str, links: _Links) -> tuple[str, str]:
    """The description of a page, and its text as the builder reads it."""
    text = (root / source).read_text(encoding="utf-8")
    wrong: list[str] = []

    def moved(link: str) -> str:
        path, mark, anchor = link.partition("#")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        if not (root / target).is_file():
            wrong.append(f"the link {link} leads to no file")
        elif target.endswith(".md") or target in PLACES:
            if not target.endswith(".md"):
                links.shown.setdefault(target, set()).add(source)
        elif target.startswith("docs/"):
            links.copied.add(target)
        elif target.startswith(SHOWN):
            links.shown.setdefault(target, set()).add(source)
        else:
            wrong.append(f"the link {link} leads to a file that the site does not show")
        return posixpath.relpath(place_of(target), posixpath.dirname(place_of(source)) or ".") + mark + anchor

    description = description_of(text)
    if not description:
        wrong.append("no paragraph below the title says what the page is for")
    text = without_escaped_pipes(without_comments(with_tabs(links_rewritten(text, moved))))
    if wrong:
        raise ValueError("\n".join(wrong))
    return description, text


def _file(root: Path, source: str, pages: Mapping[str, str]) -> tuple[str, str]:
    """The description of the page that shows a file of the repository, and its text."""
    place = posixpath.dirname(place_of(source))
    shown_on = ", ".join(f"[{title}]({posixpath.relpath(place_of(page), place)})" for page, title in pages.items())
    text = (root / source).read_text(encoding="utf-8")
    about = f"The file `{source}` of the repository" + (f", which belongs to {shown_on}." if shown_on else ".")
    block = fenced(text, LANGUAGES.get(Path(source).suffix, "text"))
    title = source.capitalize() if source in PLACES else source.removeprefix("examples/")
    return f"The file {source} of the repository.", f"# {title}\n\n{about}\n\n{block}"


def _with_files(nav: Nav, sources: Sequence[str]) -> Nav:
    """The navigation with the linked files below the folders of examples/, each called by its path there."""
    if not sources:
        return nav
    folders: dict[str, list[str | Mapping[str, str | Nav]]] = {}
    for source in sources:
        folder, name = source.split("/", 2)[1:] if source.startswith("examples/") else ("pipelines", source)
        folders.setdefault(folder, []).append({name: source})
    group: Mapping[str, str | Nav] = {FILES_GROUP: [{folder: files} for folder, files in folders.items()]}
    return [
        {title: [*below, group] if title == FILES_SECTION else below for title, below in entry.items()}
        if not isinstance(entry, str)
        else entry
        for entry in nav
    ]


def _placed(nav: Nav) -> Nav:
    """The same navigation, with the places of the pages."""
    return [
        place_of(entry)
        if isinstance(entry, str)
        else {title: place_of(below) if isinstance(below, str) else _placed(below) for title, below in entry.items()}
        for entry in nav
    ]
