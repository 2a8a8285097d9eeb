"""The built site, and what its pages show."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / ".cache" / "site" / "site"
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
# What is compared by its text.
KEPT = {**dict.fromkeys(HEADINGS, "heading"), "th": "cell", "td": "cell", "pre": "code"}


def built(place: str) -> Path:
    """The built page of a source of the site."""
    folder = place.removesuffix("index.md") if place.endswith("index.md") else place.removesuffix(".md")
    return SITE / folder / "index.html"


class Shown(HTMLParser):
    """What the article of a built page holds.

    Attributes:
        texts: Of each heading, cell and block of code, without white space, in their order.
        counts: How many there are of the other elements.
    """

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.texts: dict[str, list[str]] = {"heading": [], "cell": [], "code": []}
        self.counts: dict[str, int] = {"li": 0, "callout": 0, "img": 0}
        self._inside = False
        self._kind = ""
        self._link = False
        self.feed(page.read_text(encoding="utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        words = (dict(attrs).get("class") or "").split()
        self._inside = self._inside or tag == "article"
        if not self._inside:
            return
        if tag in KEPT:
            self._kind = KEPT[tag]
            self.texts[self._kind].append("")
        self._link = "headerlink" in words
        self.counts["callout"] += tag == "blockquote" or "admonition" in words
        if tag in ("li", "img"):
            self.counts[tag] += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in KEPT:
            self._kind = ""
        self._link = self._link and tag != "a"
        self._inside = self._inside and tag != "article"

    def handle_data(self, data: str) -> None:
        if self._inside and self._kind and not self._link:
            self.texts[self._kind][-1] += "".join(data.split())


def paths() -> list[str]:
    """The address of every page of the built site, below the site's own."""
    found = sorted(path.parent.relative_to(SITE).as_posix() for path in SITE.rglob("index.html"))
    return ["" if path == "." else f"{path}/" for path in found]
