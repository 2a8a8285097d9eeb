"""Rewrites a page from the repository's dialect of Markdown to that of the site's builder; code stays as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

# The length of a description that a search engine shows.
DESCRIBED = 160
_FENCE = re.compile(r"^[ >]*(?P<marks>`{3,}|~{3,})")
# Inside one paragraph: a stray backtick does not reach into the next.
_CODE = r"(?<!`)(?P<ticks>`+)(?!`)(?:(?!\n[ ]*\n).)+?(?<!`)(?P=ticks)(?!`)"
_LINK = re.compile(
    rf"(?P<code>{_CODE})|\]\((?P<inline>[^()\s]+)(?=[\s)])|^(?P<name>\[[^\]\n]+\]: +)(?P<defined>\S+)",
    re.MULTILINE | re.DOTALL,
)
_ELSEWHERE = re.compile(r"[a-z][a-z+.-]*:|//|#")
_COMMENT = re.compile(r"^<!--.*?-->[ ]*\n?", re.MULTILINE | re.DOTALL)
_LABEL = re.compile(r"\*\*(.+)\*\*")
_TABS = ("<!-- tabs -->", "<!-- /tabs -->")


def segments(text: str) -> Iterator[tuple[bool, str]]:
    """The text in pieces: whether each is a fenced block of code, and the piece."""
    piece: list[str] = []
    marks = ""
    for line in text.splitlines(keepends=True):
        fence = _FENCE.match(line)
        if not marks and fence:
            yield False, "".join(piece)
            piece, marks = [line], fence["marks"]
        elif marks and fence and fence["marks"].startswith(marks) and line.strip(" >\n") == fence["marks"]:
            yield True, "".join((*piece, line))
            piece, marks = [], ""
        else:
            piece.append(line)
    if marks:
        raise ValueError("a block of code is not closed")
    yield False, "".join(piece)


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    return "".join(piece if code else change(piece) for code, piece in segments(text))


def links_rewritten(text: str, moved: Callable[[str], str]) -> str:
    """The page with each link to a file of the repository as `moved` gives it, and all other links as they are."""

    def link(found: re.Match[str]) -> str:
        target = found["inline"] or found["defined"]
        if found["code"] or _ELSEWHERE.match(target):
            return found[0]
        return f"]({moved(target)}" if found["inline"] else f"{found['name']}{moved(target)}"

    return _outside_code(text, lambda piece: _LINK.sub(link, piece))


def with_tabs(text: str) -> str:
    """The page with each block between the comments `tabs` and `/tabs` as tabs, one for each label in bold."""
    lines: list[str] = []
    tabs: list[str] | None = None
    for code, piece in segments(text):
        for line in piece.splitlines(keepends=True):
            stripped = "" if code else line.strip()
            label = _LABEL.fullmatch(stripped)
            if stripped == _TABS[0]:
                if tabs is not None:
                    raise ValueError("tabs begin inside tabs")
                tabs = []
            elif stripped == _TABS[1]:
                if tabs is None or len(tabs) < 2:
                    raise ValueError("tabs end with fewer than two labels in bold")
                tabs = None
            elif tabs is None:
                lines.append(line)
            elif label and line.startswith("**"):
                tabs.append(label[1])
                lines.append(f'=== "{label[1]}"\n')
            elif not tabs and line.strip():
                raise ValueError(f"tabs do not begin with a label in bold, but with: {line.strip()}")
            else:
                lines.append(f"    {line}" if line.strip() else line)
    if tabs is not None:
        raise ValueError("tabs are not closed")
    return "".join(lines)


def without_comments(text: str) -> str:
    """The page without the comments for those who edit it."""
    return _outside_code(text, lambda piece: _COMMENT.sub("", piece))


def without_escaped_pipes(text: str) -> str:
    r"""The page with `\|` in the code of its tables as `|`: the builder shows the backslash, and needs none there."""

    def row(line: str) -> str:
        if not line.startswith("|"):
            return line
        return re.sub(_CODE, lambda code: code[0].replace(r"\|", "|"), line)

    return _outside_code(text, lambda piece: "".join(row(line) for line in piece.splitlines(keepends=True)))


def title_of(text: str) -> str:
    """The first heading, without its markup."""
    found = re.search(r"^# (.+)$", text, re.MULTILINE)
    return plain(found[1]) if found else ""


def description_of(text: str) -> str:
    """The beginning of the first paragraph below the title, in whole sentences where one is short enough."""
    prose = "".join(piece for code, piece in segments(_COMMENT.sub("", text)) if not code)
    below = re.split(r"^# .+\n", prose, maxsplit=1, flags=re.MULTILINE)[-1]
    for paragraph in re.split(r"\n\s*\n", below.strip()):
        line = plain(" ".join(paragraph.split()))
        if line and not re.match(r"[#>|!<-]|\d+\. |\*\*\w+\*\*$", paragraph.strip()):
            return shortened(line)
    return ""


def plain(text: str) -> str:
    """The text without the marks of links, code and emphasis."""
    text = re.sub(r"<[^>]+>", "", text)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"\*{1,2}(\S(?:.*?\S)?)\*{1,2}", r"\1", text).replace("`", "").strip()


def shortened(text: str) -> str:
    """The whole sentences that fit into a description, or as many words of the first."""
    if len(text) <= DESCRIBED:
        return text
    sentences = text[: DESCRIBED + 1]
    end = max(sentences.rfind(". "), sentences.rfind("? "))
    if end >= DESCRIBED // 3:
        return text[: end + 1]
    return text[: text.rfind(" ", 0, DESCRIBED)].rstrip(",;:") + "…"


def fenced(text: str, language: str) -> str:
    """A block of code, with a fence longer than any in it."""
    longest = max((len(each) for each in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}\n"
