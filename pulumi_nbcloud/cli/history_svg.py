"""One recorded wait as an SVG: a lane for each target with its states, the polls that changed something, the end.

Colours tell states apart for the colour-blind too (those of Okabe and Ito), and each has a number and its text in the
legend. The picture brings its own background, light or dark as the reader's system is. What has no room is merged, so
that ten thousand changes are no larger than what can be seen of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from pulumi_nbcloud.cli import layout
from pulumi_nbcloud.cli.history_view import what
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.waiting.duration import spell

if TYPE_CHECKING:
    from pulumi_nbcloud.history.reading import RecordedWait
    from pulumi_nbcloud.history.timeline import Lane, Mark, Span, Timeline

WIDTH, EDGE = 760, 24
PLOT = WIDTH - 2 * EDGE
LANE, BAR, POLLS, LINE = 62, 26, 44, 22
HEAD_LINES = 3
LEAST = 3.0  # what is narrower is merged with what follows
GLYPH = 7.0  # how wide a character is at most, about
MAX_STATES = 14
MAX_EVENTS = 20
MAX_TICKS = 6
TEXT = 300

_STATES = ("#56b4e9", "#e69f00", "#4fc3a1", "#f0e442", "#cc79a7", "#ee8055", "#8fa8f0")
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
_GOOD, _OPEN = ("met",), ("awaiting", "running", "disabled", "overridden")
_STYLE = """
text{font:13px system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;fill:#1f2328}
.head{font-size:19px;font-weight:600}.name{font-weight:600}.small{font-size:12px}.soft{fill:#57606a}
.on{fill:#14171a}.card{fill:#fff;stroke:#d0d7de}.track{fill:#eaeef2}.axis{stroke:#8c959f}.due{stroke:#57606a}
.good{fill:#1a7f37;stroke:#1a7f37}.bad{fill:#c4320a;stroke:#c4320a}.open{fill:#57606a;stroke:#57606a}
.change{fill:#57606a}.sign{fill:none;stroke:#fff;stroke-width:2}.many{fill:#8c959f}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.soft{fill:#9da7b1}.on{fill:#14171a}
.card{fill:#161b22;stroke:#3d444d}.track{fill:#2a313a}.due{stroke:#9da7b1}.change{fill:#9da7b1}
.good{fill:#3fb950;stroke:#3fb950}.bad{fill:#ff8a65;stroke:#ff8a65}.open{fill:#9da7b1;stroke:#9da7b1}
.sign{stroke:#161b22}}
"""


def draw(wait: RecordedWait, now: datetime) -> bytes:
    """Draw a wait.

    Args:
        wait: the wait; its texts are made safe here.
        now: until when a wait that goes on is drawn.

    Returns:
        The SVG in UTF-8.
    """
    from pulumi_nbcloud.history.timeline import timeline_of

    return _Drawing(wait, timeline_of(wait, now)).document()


@dataclass(frozen=True)
class _Block:
    """Spans that are drawn as one, from left to right in units of the picture."""

    left: float
    right: float
    spans: tuple[Span, ...]


class _Drawing:
    """Draws one wait.

    Args:
        wait: the wait.
        timeline: the same, laid out in time.
    """

    def __init__(self, wait: RecordedWait, timeline: Timeline) -> None:
        self._wait = wait
        self._timeline = timeline
        self._drawn = timeline.length
        deadline = timeline.deadline
        # One that is far away would leave no room for what happened.
        self._due = deadline if deadline is not None and deadline <= 1.25 * timeline.length else None
        if self._due is not None:
            self._drawn = max(self._drawn, self._due)
        self._numbers = _numbered(timeline.lanes)
        self._merged = any(len(each.spans) > 1 for lane in timeline.lanes for each in self._blocks(lane.spans))
        self._top = EDGE + 28 + HEAD_LINES * LINE
        self._end = self._top + LANE * len(timeline.lanes) + POLLS
        self._svg = ElementTree.Element("svg")

    def document(self) -> bytes:
        """Draw all of it."""
        svg, legend = self._svg, self._legend_texts()
        height = self._end + 40 + LINE * len(legend) + EDGE
        svg.set("xmlns", "http://www.w3.org/2000/svg")
        svg.set("viewBox", f"0 0 {WIDTH} {height}")
        for name, value in (("width", WIDTH), ("height", height)):
            svg.set(name, str(value))
        svg.set("role", "img")
        svg.set("aria-labelledby", "wait-title wait-about")
        ElementTree.SubElement(svg, "title", id="wait-title").text = self._title()
        ElementTree.SubElement(svg, "desc", id="wait-about").text = "\n".join(self._description())
        ElementTree.SubElement(svg, "style").text = _STYLE.strip()
        self._rect("card", 0.5, 0.5, WIDTH - 1, height - 1, radius=10)
        self._head()
        for number, lane in enumerate(self._timeline.lanes):
            self._lane(lane, self._top + LANE * number)
        self._polls(self._end - POLLS)
        self._axis()
        self._legend(legend)
        ElementTree.indent(svg, "")
        text: bytes = ElementTree.tostring(svg, encoding="utf-8")
        return text + b"\n"

    # What it says in words.

    def _title(self) -> str:
        outcome = printable(self._wait.outcome, 40)
        took = f" after {spell(self._wait.elapsed)}" if self._wait.end is not None else ""
        return f"{what(self._wait)}: {outcome}{took}"

    def _facts(self) -> Iterator[str]:
        begin, timeline = self._wait.begin, self._timeline
        last = self._wait.end or (self._wait.changes[-1] if self._wait.changes else {})
        polls = last.get("polls")
        words = [f"began {printable(begin['time'][:19], 30)}Z", f"timeout {spell(begin['timeout_seconds'])}"]
        if timeline.deadline is not None and self._due is None:
            words.append("the deadline lies beyond the picture")
        if isinstance(polls, int):
            words.append(f"{polls} poll{'' if polls == 1 else 's'}")
        yield ", ".join(words)
        yield f"expected: {printable(str(begin['expected']), TEXT)}"

    def _description(self) -> Iterator[str]:
        """Say in words what the picture shows."""
        yield from self._facts()
        spans = [(lane.name, span) for lane in self._timeline.lanes for span in lane.spans]
        spans.sort(key=lambda each: each[1].start)
        for name, span in spans[:MAX_EVENTS]:
            yield f"{spell(span.start)}: {printable(name, 60)}: {printable(span.state, TEXT)}"
        if len(spans) > MAX_EVENTS:
            yield f"and {len(spans) - MAX_EVENTS} changes more"

    # The parts of the picture, from the top down.

    def _head(self) -> None:
        self._text(EDGE, EDGE + 16, _cut(self._title(), PLOT * 0.7), "head")
        for number, line in enumerate(self._facts()):
            self._text(EDGE, EDGE + 22 + LINE * (number + 1), _cut(line, PLOT), "soft")

    def _lane(self, lane: Lane, top: float) -> None:
        name = _cut(printable(lane.name, 60), PLOT / 3)
        self._text(EDGE, top + 13, name, "name")
        left = (layout.width(name) + 2) * GLYPH
        self._text(EDGE + left, top + 13, _cut(printable(lane.about, TEXT), PLOT - left), "soft small")
        self._rect("track", EDGE, top + 20, PLOT, BAR, radius=4)
        for block in self._blocks(lane.spans):
            state = block.spans[0].state
            tooltip = "\n".join(self._span_text(each) for each in block.spans[:MAX_EVENTS])
            if len(block.spans) > 1:
                self._rect("many", block.left, top + 20, block.right - block.left, BAR, tooltip=tooltip)
                continue
            number = self._numbers[state]
            colour = _STATES[(number - 1) % len(_STATES)]
            # A gap, because colours alone do not show where a state ends.
            width = max(block.right - block.left - 1, LEAST - 1)
            self._rect("", block.left, top + 20, width, BAR, colour=colour, tooltip=tooltip)
            label = _label(f"{number} {printable(state, TEXT)}", width - 10)
            if label:
                self._text(block.left + 5, top + 20 + 17, label, "on small")

    def _polls(self, top: float) -> None:
        self._text(EDGE, top + 13, self._polls_text(), "soft small")
        for block in self._blocks(self._timeline.failing):
            tooltip = "\n".join(self._span_text(each) for each in block.spans[:MAX_EVENTS])
            self._rect("bad", block.left, top + 27, block.right - block.left, 4, tooltip=tooltip)
        for marks in self._marks():
            last = -math.inf
            for mark in marks:
                x = self._x(mark.at)
                if x - last >= LEAST:
                    self._mark(mark, x, top + 29)
                    last = x

    def _marks(self) -> Iterator[list[Mark]]:
        """Return the polls that only changed something, then those that failed, which are drawn over them."""
        for failed in (False, True):
            yield [each for each in self._timeline.marks if each.failed is failed]

    def _mark(self, mark: Mark, x: float, y: float) -> None:
        """Draw a poll: a dot, or a triangle where it failed."""
        if mark.failed:
            points = f"M{x:.1f} {y - 6:.1f}l5.5 10h-11z"
            element = ElementTree.SubElement(self._svg, "path", {"class": "bad", "d": points})
        else:
            place = {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "3", "class": "change"}
            element = ElementTree.SubElement(self._svg, "circle", place)
        tooltip = f"{spell(mark.at)}: {printable(mark.text, TEXT)}"
        ElementTree.SubElement(element, "title").text = tooltip

    def _polls_text(self) -> str:
        marks = self._timeline.marks
        failed = sum(each.failed for each in marks)
        words = f"polls that changed something: {len(marks) - failed} (dots)"
        return f"{words}; that failed: {failed} (triangles)" if failed else words

    def _axis(self) -> None:
        y = self._end
        self._path("axis", f"M{EDGE} {y}h{PLOT}")
        for at, label in _ticks(self._drawn):
            x = self._x(at)
            self._path("axis", f"M{x:.1f} {y}v5")
            anchor = "start" if x < EDGE + 20 else "end" if x > WIDTH - EDGE - 20 else "middle"
            self._text(x, y + 19, label, "soft small", anchor)
        if self._due is not None:
            x = self._x(self._due)
            self._path("due", f"M{x:.1f} {self._top - 4}V{y}", dashed=True)
            self._text(x - 5, self._top + 4, f"deadline {spell(self._wait.begin['timeout_seconds'])}", "small", "end")
        self._outcome(self._x(self._timeline.length), y)

    def _outcome(self, x: float, y: float) -> None:
        """Draw the end: a line, a sign that no colour is needed for, and the word."""
        outcome = self._wait.outcome
        kind = "good" if outcome in _GOOD else "open" if outcome in _OPEN else "bad"
        sign = {"good": "M-4 0l3 3 5-6", "open": "M-4 0h.5M0 0h.5M4 0h.5", "bad": "M-3-3l6 6M3-3l-6 6"}[kind]
        self._path(kind, f"M{x:.1f} {self._top + 12}V{y}")
        place = {"cx": str(WIDTH - EDGE - 9), "cy": str(EDGE + 10)}
        ElementTree.SubElement(self._svg, "circle", {**place, "r": "9", "class": kind})
        moved = {"class": "sign", "d": sign, "transform": f"translate({place['cx']} {place['cy']})"}
        ElementTree.SubElement(self._svg, "path", moved)
        self._text(WIDTH - EDGE - 26, EDGE + 15, printable(outcome, 40), "name", "end")

    def _legend_texts(self) -> list[tuple[int, str]]:
        """Return what stands below the picture: the states by number, -1 for several; 0 for what was left out."""
        states = sorted((number, state) for state, number in self._numbers.items())
        found = [(number, printable(state, TEXT)) for number, state in states[:MAX_STATES]]
        more = [(len(states) - MAX_STATES, "states more")] if len(states) > MAX_STATES else []
        left_out = self._timeline.lanes_left_out
        more += [(left_out, "targets more")] if left_out else []
        end = self._wait.end or {}
        unwritten = end.get("changes_left_out")
        more += [(unwritten, "changes more were not written")] if isinstance(unwritten, int) and unwritten else []
        many = [(-1, "several states, each too short to be drawn")] if self._merged else []
        return [*found, *many, *((0, f"and {count} {words}") for count, words in more)]

    def _legend(self, texts: Sequence[tuple[int, str]]) -> None:
        for row, (number, text) in enumerate(texts):
            y = self._end + 40 + LINE * row
            if number < 0:
                self._rect("many", EDGE, y, 20, 14, radius=2)
            elif number:
                self._rect("", EDGE, y, 20, 14, colour=_STATES[(number - 1) % len(_STATES)], radius=2)
                self._text(EDGE + 10, y + 11, str(number), "on small", "middle")
            self._text(EDGE + 28, y + 12, _cut(text, PLOT - 28), "")

    # Where things stand.

    def _x(self, at: float) -> float:
        return EDGE + PLOT * min(at / self._drawn, 1.0)

    def _blocks(self, spans: Sequence[Span]) -> Iterator[_Block]:
        """Put spans together that are too narrow to be seen."""
        edge = float(EDGE)
        waiting: list[Span] = []

        def block(parts: Sequence[Span]) -> _Block:
            nonlocal edge
            left = max(edge, self._x(parts[0].start))
            edge = max(left + LEAST, self._x(parts[-1].end))
            return _Block(left, edge, tuple(parts))

        for span in spans:
            waiting.append(span)
            if self._x(span.end) - self._x(waiting[0].start) < LEAST:
                continue
            if len(waiting) > 1 and self._x(span.end) - self._x(span.start) >= LEAST:
                yield block(waiting[:-1])
                waiting = [span]
            yield block(waiting)
            waiting = []
        if waiting:
            yield block(waiting)

    def _span_text(self, span: Span) -> str:
        return f"{spell(span.start)} to {spell(span.end)}: {printable(span.state, TEXT)}"

    # Elements.

    def _rect(
        self,
        name: str,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        radius: int = 0,
        colour: str = "",
        tooltip: str = "",
    ) -> None:
        place = {"x": f"{x:g}", "y": f"{y:g}", "width": f"{width:.4g}", "height": f"{height:g}"}
        extra = {"class": name, "fill": colour, "rx": str(radius or "")}
        element = ElementTree.SubElement(
            self._svg, "rect", {**place, **{key: value for key, value in extra.items() if value}}
        )
        if tooltip:
            ElementTree.SubElement(element, "title").text = tooltip

    def _text(self, x: float, y: float, text: str, name: str, anchor: str = "start") -> None:
        attributes = {"x": f"{x:.4g}", "y": f"{y:g}", "class": name, "text-anchor": anchor}
        kept = {key: value for key, value in attributes.items() if value not in ("", "start")}
        ElementTree.SubElement(self._svg, "text", kept).text = text

    def _path(self, name: str, points: str, *, dashed: bool = False) -> None:
        extra = {"stroke-dasharray": "4 4"} if dashed else {}
        ElementTree.SubElement(self._svg, "path", {"class": name, "d": points, "fill": "none", **extra})


def _numbered(lanes: Sequence[Lane]) -> dict[str, int]:
    """Number the states in the order in which they were first observed."""
    spans = sorted((span for lane in lanes for span in lane.spans), key=lambda each: each.start)
    return {state: number for number, state in enumerate(dict.fromkeys(each.state for each in spans), 1)}


def _ticks(length: float) -> Iterator[tuple[float, str]]:
    """Return a few round times, and how they are written."""
    step = next((each for each in _STEPS if length / each <= MAX_TICKS), 0.0)
    step = step or 86400.0 * math.ceil(length / 86400 / MAX_TICKS)
    for number in range(int(length / step + 1e-9) + 1):
        at = number * step
        yield at, f"{at:g}s" if step < 1 else spell(at)


def _cut(text: str, room: float) -> str:
    """Cut a text to what fits into a room."""
    if layout.width(text) * GLYPH <= room:
        return text
    taken, kept = 0, ""
    for character in text:
        taken += layout.width(character)
        if (taken + 1) * GLYPH > room:
            break
        kept += character
    return f"{kept}…"


def _label(text: str, room: float) -> str:
    """Return what of a label is worth showing: all of it, its beginning, its number, or nothing."""
    number = text.partition(" ")[0]
    if layout.width(number) * GLYPH > room:
        return ""
    return _cut(text, room) if room >= 10 * GLYPH or layout.width(text) * GLYPH <= room else number
