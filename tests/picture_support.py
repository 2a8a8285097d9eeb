"""Pictures of text in `tests/pictures/`: what a person sees on terminals of several widths and in the log of a CI run.

A picture is a file that a person reads in review. Each line of a screen begins with `|`; where it has colours, a line
that begins with `:` says which, a letter for each character; the last line of the file names the letters. What differs
from run to run is a placeholder of the same width, or it would move what stands beside it.

The fixture `same_as_picture` compares. `make pictures` makes all of them again; git then shows what has changed.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyte
from pyte.graphics import FG_BG_256
from pyte.screens import Char

PICTURES = Path(__file__).parent / "pictures"
WIDTHS = (80, 100, 120, 160)
# Read once: the tests take such variables out of the environment.
REMAKE = os.environ.get("NBCLOUD_PICTURES") == "remake"

_REQUEST_ID = "request-id"
_PLACEHOLDERS: tuple[tuple[str, str], ...] = (
    (r"(?<=(?:127\.0\.0\.1|localhost):)\d{4,5}\b", "P"),
    # Times of the test's own data are of 2023.
    (r"\b20(?!23-)\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z", "YYYY-MM-DDThh:mm:ss.mmm"),
    (r"\b1(?!70000)\d{12}\b", "<epoch in ms>"),
    (r"\b[0-9a-f]{32}\b", f"{_REQUEST_ID:-<32}"),
    (r"(?<=nbcloud )\d+\.\d+\.\d+(?:\.\w+)?", "X.Y.Z"),
    # How long something took, and how often it polled until then.
    (r"(?<![\dm])\d+(?=s (?:of|ago)\b)|(?<=\()\d+(?=s\))|(?<=after )\d+(?= ?s\b)", "N"),
    (r"(?<=met )\d+(?= of \d+ polls)", "N"),
    (r"(?<=s, )\d+(?= polls?\b)|(?<=polls: )\d+|\b\d+(?= polls in a row failed)|\b\d+(?= in a row\))", "N"),
    (r"(?<=\()\d+(?=d ago\))", "N"),
)
# As pyte calls them; the first sixteen of the 256 colours are those of the terminal's palette.
_PLAIN = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_PALETTE = dict(zip(FG_BG_256, (*_PLAIN, *(f"bright {each}" for each in _PLAIN)), strict=False))
_COLOURS = {"brown": "yellow", "bfightmagenta": "brightmagenta", **_PALETTE}
_LETTERS = {"red": "r", "green": "g", "yellow": "y", "blue": "b", "magenta": "m", "cyan": "c", "white": "w"}


@dataclass(frozen=True)
class Shot:
    """What a command had written at one moment.

    Args:
        text: what it wrote, escape codes included.
        columns: the width of its terminal; None for a log.
        step: which moment it is.
        rows: the height of its terminal.
    """

    text: str
    columns: int | None = None
    step: str = ""
    rows: int = 200


def colour_of(name: str) -> str:
    """Return the name of a colour that pyte has a name or a number of its own for: `yellow`, `bright blue`."""
    return _COLOURS.get(name, name)


def placeholders(text: str) -> str:
    """Put placeholders of the same width where a text differs from run to run."""
    for pattern, label in _PLACEHOLDERS:
        text = re.sub(pattern, lambda found, label=label: _fit(label, found[0]), text)  # type: ignore[misc]
    return text


def _fit(label: str, text: str) -> str:
    if len(label) == 1:
        return label * len(text)
    ends = "Z" if text.endswith("Z") else ""
    return f"{label[: len(text) - len(ends)]:_<{len(text) - len(ends)}}{ends}"


class _Styles:
    """The letters of one picture for its colours.

    A colour has its first letter, in bold the capital one; what is no plain colour has a number.
    """

    def __init__(self) -> None:
        self.letters: dict[str, str] = {}

    def letter(self, cell: Char) -> str:
        """Return the letter of a character, a blank for one without a style."""
        front, back = map(colour_of, (cell.fg, cell.bg))
        marks = [name for name in ("bold", "italics", "underscore", "strikethrough", "reverse") if getattr(cell, name)]
        if not cell.data.strip() and back == "default" and not {"underscore", "reverse"} & set(marks):
            return " "
        words = [*marks, *([] if front == "default" else [front]), *([] if back == "default" else [f"on {back}"])]
        name = " ".join(words)
        if name and name not in self.letters:
            bold = "*" if name == "bold" else _LETTERS.get(name.removeprefix("bold "), "").upper()
            number = str(sum(each.isdigit() for each in self.letters.values()) + 1)
            self.letters[name] = _LETTERS.get(name) or bold or number
        return self.letters.get(name, " ")

    def legend(self) -> str:
        """Name the letters."""
        return ", ".join(f"{letter} {name}" for name, letter in sorted(self.letters.items(), key=lambda each: each[1]))


def drawn(about: str, shots: Sequence[Shot]) -> str:
    """Draw a picture.

    Args:
        about: the command, or what else is shown.
        shots: of the same steps at each width; widths at which all of them are alike are drawn once.
    """
    styles = _Styles()
    widths: dict[int | None, str] = {}
    for columns in dict.fromkeys(each.columns for each in shots):
        own = [each for each in shots if each.columns == columns]
        widths[columns] = "\n".join(line for each in own for line in _lines(each, styles))
    parts: list[str] = []
    for body in dict.fromkeys(widths.values()):
        alike = [columns for columns, other in widths.items() if other == body]
        terminals = [columns for columns in alike if columns is not None]
        names = [f"{', '.join(map(str, terminals))} columns"] if terminals else []
        title = ", and ".join([*names, *(["a log"] if None in alike else [])])
        edge = "+" + "-" * min(terminals) if terminals else "+"
        parts.append("\n".join([f"== {title}", edge, *([body] if body else []), edge]))
    legend = [f"colours: {styles.legend()}"] if styles.letters else []
    return "\n\n".join([placeholders(about), *parts, *legend]) + "\n"


def _lines(shot: Shot, styles: _Styles) -> list[str]:
    title = [f"  {shot.step}:"] if shot.step else []
    if shot.columns is None:
        plain = placeholders(shot.text).replace("\x1b", "␛").splitlines()
        return title + [f"|{line}".rstrip() for line in plain]
    screen = pyte.Screen(shot.columns, shot.rows)
    pyte.Stream(screen).feed(placeholders(shot.text))
    found: list[str] = []
    for number in range(max(screen.buffer, default=-1) + 1):  # the screen has no more rows than were written
        cells = [screen.buffer[number][column] for column in range(shot.columns)]
        cells = [each for each in cells if each.data]  # nothing stands in the second column of a wide character
        letters = "".join(map(styles.letter, cells)).rstrip()
        found.append(f"|{''.join(each.data for each in cells)}".rstrip())
        found += [f":{letters}"] if letters else []
    while found and found[-1] == "|":
        found.pop()
    return title + found


def name_of(test: str) -> str:
    """Return where the picture of a test stands, by the id of the test: `cli/wait_one_target.txt`."""
    path, _, function = test.partition("::")
    name = re.sub(r"[^A-Za-z0-9]+", "_", function.removeprefix("test_").removeprefix("picture[")).strip("_")
    return f"{Path(path).parent.name}/{name}.txt"


def compare(test: str, about: str, shots: Sequence[Shot], only: re.Pattern[str] | None = None) -> None:
    """Compare with the picture of a test; or make it again, where `make pictures` runs the test.

    Args:
        test: the id of the test.
        about: the command, or what else is shown.
        shots: see `drawn`.
        only: what of the picture counts, where the rest is somebody else's and of another version.
    """
    name, text = name_of(test), drawn(about, shots)
    path = PICTURES / name
    if REMAKE:
        assert only is None, f"{name} shows a program of another version than the pinned one"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return
    assert path.is_file(), f"there is no picture {name}: make it with `make pictures`, and look at it\n{text}"
    before = path.read_text(encoding="utf-8")
    if only is not None:
        assert only.findall(text) == only.findall(before), f"what is ours in {name} has changed:\n{text}"
        return
    if text != before:
        change = "\n".join(difflib.unified_diff(before.splitlines(), text.splitlines(), name, "now", lineterm=""))
        raise AssertionError(f"{name} has changed; if it should, run `make pictures`, and look at it\n{change}")
