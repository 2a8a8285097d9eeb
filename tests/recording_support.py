"""Recordings in `docs/pictures/`: what a command shows on a terminal, as an SVG that a page can show as an image.

A recording is a few frames of a real run, taken at moments that the test names. How long each is shown is up to the
test, and what differs from run to run (times, ports, ids) has a fixed value of the same width, so a second recording on
another machine gives the same bytes. `make pictures` makes all of them again; `compare` fails where one is stale.

The picture brings its own dark background. It moves only where the reader has not asked for less motion; without
motion, and in programs that draw no animations, it is one of its frames, the last unless the test names another.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree

import pyte
from picture_support import REMAKE, colour_of
from pyte.screens import Char

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures"
SVG = "http://www.w3.org/2000/svg"
MAX_BYTES = 60_000

# In units of the picture; the glyphs are stretched to the cells, whatever font a machine has.
CELL, LINE, SIZE = 8.4, 20, 14
EDGE, BAR = 18, 36
# The contrast of each with the background is at least 7.
BACKGROUND, FRAME, PLAIN = "#161b22", "#3d444d", "#e6edf3"
COLOURS = {
    "black": "#9198a1",
    "red": "#ff9492",
    "green": "#6fdd8b",
    "yellow": "#e9c46a",
    "blue": "#8cc2ff",
    "magenta": "#dcb4ff",
    "cyan": "#7ce3ea",
    "white": PLAIN,
}
_FONTS = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"

_REQUEST_ID = "4f1c6d5e0f0a4c579d0e6a1b2c3d4e05"
_FIXED: tuple[tuple[str, str], ...] = (
    (r"(?<=(?:127\.0\.0\.1|localhost):)\d{4,5}\b", "41873"),
    # Times of the test's own data are of 2023.
    (r"\b20(?!23-)\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z", "2026-01-31T09:00:07.000Z"),
    (r"\b[0-9a-f]{32}\b", _REQUEST_ID),
    (r"(?<=\()\d\.\d\d(?=s\))", "0.01"),
)
# How long something took, and how often it polled until then.
_AGO = re.compile(r"(?<![\dhms])\d+[hms][\dhms]*(?= ago\b)")
_TOOK = re.compile(r"(?<![\dhms])\d+[hms][\dhms]*(?= of\b)|(?<=\bafter )\d+[hms][\dhms]*\b")
_POLLS = re.compile(r"(?<=s, )\d+(?= polls?\b)|(?<=polls: )\d+")
# The same in a table of the Pulumi CLI, where its width moves what stands beside it.
_IN_A_TABLE = re.compile(r"\((\d+)s\)")


@dataclass(frozen=True)
class Frame:
    """One moment of a recording.

    Args:
        text: what the command had written, escape codes included.
        seconds: for how long it is shown.
        at: the digit that stands for how many seconds the command has taken.
        polls: the digit that stands for the number of polls.
        prompt: the command line before the command was started; shown above the text otherwise.
    """

    text: str
    seconds: float
    at: int = 0
    polls: int = 0
    prompt: bool = False


@dataclass(frozen=True)
class Recording:
    """A run on a terminal.

    Args:
        name: of the file, without its suffix.
        line: the command line; its lines are those of the picture.
        title: what the picture is, in a few words.
        about: what happens in it, for those who do not see it.
        columns: the width of the terminal; the picture is as wide as what is shown.
        frames: in order; the last is what is left.
        still: the number of the frame that is shown without motion; the last by default.
    """

    name: str
    line: str
    title: str
    about: str
    columns: int
    frames: Sequence[Frame]
    still: int = -1


def settled(frame: Frame) -> str:
    """Put fixed values where a text differs from run to run."""
    text = frame.text
    for pattern, value in _FIXED:
        text = re.sub(pattern, lambda found, value=value: _fit(value, found[0]), text)  # type: ignore[misc]
    return _POLLS.sub(str(frame.polls), _AGO.sub("0s", _TOOK.sub(f"{frame.at}s", text)))


def _fit(value: str, text: str) -> str:
    return value[: len(text) - 1] + "Z" if text.endswith("Z") else value[: len(text)]


@dataclass(frozen=True)
class _Run:
    """Characters of one style in a row, without blanks at their ends."""

    column: int
    text: str
    style: str


_Row = tuple[_Run, ...]


def _rows(recording: Recording, frame: Frame) -> list[_Row]:
    """Return the rows of a frame: the prompt, then what is on the screen."""
    first, *others = recording.line.split("\n")
    head = [[Char("$", fg="green", bold=True), *map(Char, f" {first}")], *([*map(Char, each)] for each in others)]
    if frame.prompt:
        head[-1] += [*map(Char, " ▋")]
        return [*map(_runs, head)]
    screen = pyte.Screen(recording.columns, 200)
    pyte.Stream(screen).feed(settled(frame))
    last = max((number for number, line in enumerate(screen.display) if line.strip()), default=-1)
    cells = [[screen.buffer[row][column] for column in range(recording.columns)] for row in range(last + 1)]
    _align(cells, str(frame.at))
    return [*map(_runs, head), *map(_runs, cells)]


def _align(rows: Sequence[list[Char]], seconds: str) -> None:
    """Give each time in a table one digit, and move what stands to the right of the column."""
    texts = ["".join(cell.data for cell in row) for row in rows]
    for number, head in enumerate(texts):
        if not re.match(r" +Type +Name +Status", head):
            continue
        end = next((index for index, text in enumerate(texts) if index > number and not text.strip()), len(texts))
        times = [_IN_A_TABLE.search(text) for text in texts[number:end]]
        widest = max((len(each[1]) - 1 for each in times if each), default=0)
        info = head.find("Info")
        for row, found in zip(rows[number:end], times, strict=True):
            shrunk = 0
            if found is not None:
                shrunk = len(found[1]) - 1
                row[found.start(1) : found.end(1)] = [row[found.start(1)]._replace(data=seconds)]
            if info > 0:
                del row[info - widest : info - shrunk]


def _runs(cells: Sequence[Char]) -> _Row:
    found: list[_Run] = []
    for style, group in groupby(enumerate(cells), lambda each: _style(each[1])):
        part = list(group)
        text = "".join(cell.data for _, cell in part)
        # Blanks need no characters: each part has its own place.
        found += [_Run(part[each.start()][0], each[0], style) for each in re.finditer(r"\S+(?: \S+)*", text)]
    return tuple(found)


def _style(cell: Char) -> str:
    """Return the classes of a character."""
    if not cell.data.strip() and not cell.underscore:
        return ""
    name = colour_of(cell.fg).removeprefix("bright").strip()
    colour = "" if name in ("default", "white") else name if name in COLOURS else "black"
    marks = [mark for mark, has in (("bold", cell.bold), ("line", cell.underscore)) if has]
    return " ".join([*([colour] if colour else []), *marks])


def drawn(recording: Recording) -> str:
    """Draw a recording as SVG."""
    frames = [_rows(recording, frame) for frame in recording.frames]
    shown: dict[tuple[int, _Run], list[int]] = {}
    for number, rows in enumerate(frames):
        for row, runs in enumerate(rows):
            for run in runs:
                shown.setdefault((row, run), []).append(number)
    moments: dict[tuple[int, ...], list[tuple[int, _Run]]] = {}
    for place, numbers in shown.items():
        moments.setdefault(tuple(numbers), []).append(place)
    height = BAR + LINE * max(map(len, frames)) + EDGE
    columns = max(run.column + len(run.text) for rows in frames for row in rows for run in row)
    width = round(columns * CELL) + 2 * EDGE
    parts = [*_head(recording, width, height, list(moments))]
    for index, (moment, places) in enumerate(moments.items()):
        always = len(moment) == len(frames)
        parts.append("<g>" if always else f'<g class="m{index}">')
        parts += [_text(row, run) for row, run in places]
        parts.append("</g>")
    return "\n".join([*parts, "</g>", "</svg>"]) + "\n"


def _head(recording: Recording, width: int, height: int, moments: Sequence[tuple[int, ...]]) -> Iterator[str]:
    name = recording.name
    yield (
        f'<svg xmlns="{SVG}" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-labelledby="{name}-title {name}-about">'
    )
    yield "<!-- Made from a real run by `make pictures`. -->"
    yield f'<title id="{name}-title">{_escaped(recording.title)}</title>'
    yield f'<desc id="{name}-about">{_escaped(recording.about)}</desc>'
    yield "<style>"
    yield f"text{{font:{SIZE}px {_FONTS};fill:{PLAIN}}}"
    yield ".bold{font-weight:700}.line{text-decoration:underline}"
    yield "".join(f".{colour}{{fill:{value}}}" for colour, value in COLOURS.items() if value != PLAIN)
    yield from _motion(recording, moments)
    yield "</style>"
    yield f'<rect x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="8" fill="{BACKGROUND}" stroke="{FRAME}"/>'
    for x, colour in ((EDGE + 4, "#ff5f57"), (EDGE + 22, "#febc2e"), (EDGE + 40, "#28c840")):
        yield f'<circle cx="{x}" cy="18" r="5.5" fill="{colour}"/>'
    yield f'<g transform="translate({EDGE} {BAR})">'


def _motion(recording: Recording, moments: Sequence[tuple[int, ...]]) -> Iterator[str]:
    """Have each part of the picture appear in its frames; without motion those of one frame are there."""
    last = len(recording.frames) - 1
    still = range(last + 1)[recording.still]
    total = sum(frame.seconds for frame in recording.frames)
    starts = [sum(frame.seconds for frame in recording.frames[:number]) for number in range(last + 1)]
    moving = [(index, numbers) for index, numbers in enumerate(moments) if len(numbers) <= last]
    hidden = ",".join(f".m{index}" for index, numbers in moving if still not in numbers)
    if hidden:
        yield f"{hidden}{{opacity:0}}"
    if not moving:
        return
    yield "@media (prefers-reduced-motion:no-preference){"
    for index, _ in moving:
        yield f".m{index}{{animation:m{index} {total:g}s step-end infinite}}"
    yield "}"
    for index, numbers in moving:
        steps = [
            f"{100 * starts[number] / total:.4g}%{{opacity:{int(number in numbers)}}}"
            for number in range(last + 1)
            if number == 0 or (number in numbers) != (number - 1 in numbers)
        ]
        yield f"@keyframes m{index}{{{''.join(steps)}}}"


def _text(row: int, run: _Run) -> str:
    x, y = round(run.column * CELL, 1), LINE * row + SIZE
    style = f' class="{run.style}"' if run.style else ""
    length = f' textLength="{len(run.text) * CELL:.4g}"' if len(run.text) > 1 else ""
    return f'<text x="{x:g}" y="{y}"{length}{style}>{_escaped(run.text)}</text>'


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def text_of(svg: str) -> str:
    """Return the text of a recording: each part of each row once, a line each."""
    found = ElementTree.fromstring(svg).iter(f"{{{SVG}}}text")
    return "\n".join("".join(each.itertext()) for each in found)


def compare(recording: Recording, only: re.Pattern[str] | None = None) -> None:
    """Compare with the picture in `docs/pictures/`; or make it again, where `make pictures` runs the test.

    Args:
        recording: what was recorded.
        only: what of its text counts, where the rest is somebody else's and of another version.
    """
    same_as_file(f"{recording.name}.svg", drawn(recording), only)


def same_as_file(name: str, svg: str, only: re.Pattern[str] | None = None) -> None:
    """Compare a picture with its file; or write it, where `make pictures` runs the test."""
    path = FOLDER / name
    assert len(svg.encode()) < MAX_BYTES, f"{name} is too large for a page"
    if REMAKE:
        assert only is None, f"{name} shows a program of another version than the pinned one"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(svg, encoding="utf-8")
        return
    assert path.is_file(), f"there is no picture {name}: make it with `make pictures`, and look at it"
    before = path.read_text(encoding="utf-8")
    if only is not None:
        assert only.findall(text_of(svg)) == only.findall(text_of(before)), f"what is ours in {name} has changed"
        return
    if svg != before:
        change = "\n".join(difflib.unified_diff(before.splitlines(), svg.splitlines(), name, "now", lineterm=""))
        raise AssertionError(f"{name} has changed; if it should, run `make pictures`, and look at it\n{change}")
