"""Checks the built site: every link, anchor, picture, style and script in it leads somewhere inside it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# What a browser fetches by itself; a link that a reader has to click may lead to another host.
FETCHED = {"img": ("src",), "script": ("src",), "source": ("src", "srcset"), "iframe": ("src",), "object": ("data",)}
# Relations of <link> that fetch nothing.
NOT_FETCHED = {"canonical", "prev", "next", "alternate"}
NOT_FOUND = "404.html"


@dataclass
class Document:
    """What one page holds: the anchors that it has, and where it points to.

    Attributes:
        anchors: Every id and name.
        links: Of `a`, which a reader follows.
        fetched: Of pictures, styles and scripts, which a browser loads.
        title: The text of `title`.
        description: What a search engine shows.
    """

    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    title: str = ""
    description: str = ""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.document = Document()
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.document.anchors.update(values[name] for name in ("id", "name") if values.get(name))
        if tag == "a" and "href" in values:
            self.document.links.append(values["href"])
        elif tag == "link" and not NOT_FETCHED & set(values.get("rel", "").split()):
            self.document.fetched.append(values.get("href", ""))
        elif tag == "meta" and values.get("name") == "description":
            self.document.description = values.get("content", "")
        self.document.fetched.extend(values[name] for name in FETCHED.get(tag, ()) if name in values)
        self._in_title = tag == "title" and not self.document.title

    def handle_endtag(self, tag: str) -> None:
        self._in_title = self._in_title and tag != "title"

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.document.title += data.strip()


def read(path: Path) -> Document:
    """Read one built page."""
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    reader.close()
    return reader.document


def problems(site: Path, base: str = "/") -> Iterator[str]:
    """Everything in the built site that leads nowhere, or that a browser would fetch from another host.

    Args:
        site: The folder of the built site.
        base: The path at which it will be served; only the page for wrong addresses has links that begin with it.
    """
    documents = {path.relative_to(site).as_posix(): read(path) for path in sorted(site.rglob("*.html"))}
    for name, document in documents.items():
        for link in document.fetched:
            if urlsplit(link).scheme not in ("", "data") or link.startswith("//"):
                yield f"{name}: {link} is fetched from another host"
            elif not link.startswith("data:"):
                yield from _missing(name, link, site, base, documents)
        for link in document.links:
            if not urlsplit(link).scheme and not link.startswith("//"):
                yield from _missing(name, link, site, base, documents)
        if not document.title or (not document.description and name != NOT_FOUND):
            yield f"{name}: no title or no description"
    for each in ("title", "description"):
        shown: dict[str, str] = {}
        for name, document in documents.items():
            value = getattr(document, each)
            if value and shown.setdefault(value, name) != name and name != NOT_FOUND:
                yield f"{name}: the same {each} as {shown[value]}"


def _missing(name: str, link: str, site: Path, base: str, documents: dict[str, Document]) -> Iterator[str]:
    parts = urlsplit(link)
    path = unquote(parts.path)
    if path.startswith("/"):
        if name != NOT_FOUND or not path.startswith(base):
            yield f"{name}: {link} does not stay below the site's own address"
            return
        target = path.removeprefix(base)
    else:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
    target = target.removeprefix("./")
    if (site / target).is_dir():
        target = posixpath.join(target, "index.html") if target not in ("", ".") else "index.html"
    if not (site / target).is_file():
        yield f"{name}: {link} leads nowhere"
    elif parts.fragment and target in documents and unquote(parts.fragment) not in documents[target].anchors:
        yield f"{name}: {link} leads to no part of its page"
