"""The pictures of the pages: each is whole by itself, small and described; recordings show what they are to show."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from recording_support import FOLDER, MAX_BYTES, SVG, Frame, Recording, compare, drawn, settled, text_of

ROOT = Path(__file__).resolve().parents[1]
# The others are made by tests, which `make pictures` runs.
BY_HAND = {"gate-life.svg"}
RECORDED = {"gate-met.svg", "gate-failed.svg", "wait.svg", "doctor.svg", "history.svg"}


def pictures() -> list[Path]:
    return sorted(FOLDER.glob("*"))


def test_every_picture_is_made_by_a_test_or_by_hand() -> None:
    assert {path.name for path in pictures()} == BY_HAND | RECORDED
    tests = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*_recordings.py")]
    missing = [name for name in RECORDED if not any(f'"{name.removesuffix(".svg")}' in text for text in tests)]
    assert missing == []


@pytest.mark.parametrize("path", pictures(), ids=lambda path: path.name)
def test_a_picture_is_small_described_and_needs_nothing_else(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.encode()) < MAX_BYTES
    assert not re.search(r"href|url\(|@import|@font|<script|<foreignObject|\son\w+=", text)
    root = ElementTree.fromstring(text)
    assert (root.tag, root.get("role")) == (f"{{{SVG}}}svg", "img")
    named = {each.get("id"): each.text or "" for each in root if each.get("id")}
    assert (root.get("aria-labelledby") or "").split() == list(named)
    assert min(map(len, named.values())) > 10, "a title and a description"
    assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"


@pytest.mark.parametrize("path", pictures(), ids=lambda path: path.name)
def test_a_picture_shows_nothing_of_the_machine_it_was_made_on(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"/tmp|/root|/home|pytest", text)
    ports = re.findall(r"127\.0\.0\.1:(\d+)", text)
    assert set(ports) <= {"41873"}


# How a recording is drawn.

RED = "\x1b[1;31merror:\x1b[0m it <failed> & ended (5s)\r\n\r\n  after 5s, 4 polls\r\n"
SHOWN = Recording(
    "name",
    "pulumi up",
    "A title",
    "What happens & why.",
    80,
    (
        Frame("", 1, prompt=True),
        Frame("waits \x1b[32mgreen\x1b[0m (2s)\r\n", 2, at=3),
        Frame(RED, 5, at=7, polls=8),
    ),
)


def rows(svg: str) -> dict[str, str]:
    """Each part of the picture, and the class of the group that it stands in."""
    root = ElementTree.fromstring(svg)
    groups = [each for each in root.iter(f"{{{SVG}}}g") if not each.get("transform")]
    return {each.text or "": group.get("class") or "" for group in groups for each in group}


def test_a_frame_is_shown_while_it_lasts_and_the_last_one_without_motion() -> None:
    svg = drawn(SHOWN)
    parts = rows(svg)
    words = ["$", "pulumi up ▋", "pulumi up", "waits", "green", "(2s)", "error:"]
    assert list(parts) == [*words, "it <failed> & ended (5s)", "after 7s, 8 polls"]
    first, later, second, last = (parts[each] for each in ("pulumi up ▋", "pulumi up", "waits", "error:"))
    assert parts["$"] == "", "it is there all the time"
    assert f".{first},.{second}{{opacity:0}}" in svg
    assert f"@keyframes {first}{{0%{{opacity:1}}12.5%{{opacity:0}}}}" in svg
    assert f"@keyframes {later}{{0%{{opacity:0}}12.5%{{opacity:1}}}}" in svg
    assert f"@keyframes {second}{{0%{{opacity:0}}12.5%{{opacity:1}}37.5%{{opacity:0}}}}" in svg
    assert f"@keyframes {last}{{0%{{opacity:0}}37.5%{{opacity:1}}}}" in svg
    motion = svg.partition("@media (prefers-reduced-motion:no-preference){")[2].partition("\n}")[0]
    assert motion.count("animation:") == svg.count("animation:") == svg.count("@keyframes") == 4
    assert svg.count("8s step-end infinite") == 4


def test_another_frame_may_be_the_one_without_motion() -> None:
    svg = drawn(replace(SHOWN, still=1))
    parts = rows(svg)
    assert f".{parts['pulumi up ▋']},.{parts['error:']}{{opacity:0}}" in svg


def test_a_part_has_its_colour_its_place_and_its_width() -> None:
    svg = drawn(SHOWN)
    assert '<text x="0" y="34" textLength="50.4" class="red bold">error:</text>' in svg
    assert '<text x="58.8" y="34" textLength="201.6">it &lt;failed&gt; &amp; ended (5s)</text>' in svg
    assert '<text x="16.8" y="74" textLength="142.8">after 7s, 8 polls</text>' in svg
    assert '<desc id="name-about">What happens &amp; why.</desc>' in svg


def test_a_single_frame_does_not_move() -> None:
    svg = drawn(replace(SHOWN, frames=SHOWN.frames[-1:]))
    assert "animation" not in svg
    assert "opacity" not in svg


def test_what_differs_from_run_to_run_has_a_fixed_value_of_the_same_width() -> None:
    def text(port: int, time: str, request: str, took: str) -> str:
        return f"http://127.0.0.1:{port}/ at {time} ({request}) created ({took}s); 2023-11-14T22:13:20.123Z"

    one = text(45678, "2026-11-28T14:27:51.123Z", "4f1c6d5e0f0a4c579d0e6a1b2c3d4e01", "0.03")
    two = text(30001, "2027-01-01T00:00:00.000Z", "0123456789abcdef0123456789abcdef", "0.21")
    assert settled(Frame(one, 1)) == settled(Frame(two, 1))
    assert len(settled(Frame(one, 1))) == len(one)
    waited = [
        f"{took} of 2h, met after {took}, {number} polls; {took} ago" for took, number in (("9s", 9), ("1m2s", 62))
    ]
    assert {settled(Frame(each, 1, at=4, polls=5)) for each in waited} == {"4s of 2h, met after 4s, 5 polls; 0s ago"}
    assert "at 2026-01-31T09:00:07Z" in settled(Frame("at 2026-11-28T14:27:51Z", 1))


TABLE = """\
Updating (dev):
     Type       Name     Status{blank}            Info
 +   ml:Stack   ml-dev   creating ({one}s)...{pad}
 +   └─ a:Gate  trained  creating ({two}s)...  status PROCESSING
 +   └─ b:Late  serving  creating{blank}

Resources:
    created ({two}s)
"""


@pytest.mark.parametrize("two", ["3", "12", "123"])
def test_a_table_is_the_same_however_long_it_took(two: str) -> None:
    def text(two: str) -> str:
        more = " " * (len(two) - 1)
        table = TABLE.format(one="9", two=two, pad=more, blank=more).partition("\nResources")[0]
        return drawn(replace(SHOWN, frames=[Frame(table.replace("\n", "\r\n"), 1, at=5)]))

    assert text(two) == text("1")
    assert text_of(text(two)).splitlines().count("creating (5s)...") == 2
    assert 'x="361.2" y="94" ' in text(two)


def test_a_stale_recording_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recording_support.FOLDER", tmp_path)
    with pytest.raises(AssertionError, match=r"^there is no picture name\.svg: make it with `make pictures`"):
        compare(SHOWN)
    monkeypatch.setattr("recording_support.REMAKE", True)
    compare(SHOWN)
    monkeypatch.setattr("recording_support.REMAKE", False)
    compare(SHOWN)
    other = replace(SHOWN, frames=(*SHOWN.frames[:-1], Frame(RED.replace("ended", "went"), 5, at=7, polls=8)))
    with pytest.raises(AssertionError, match=r"(?s)name\.svg has changed.*ended \(5s\).*went \(5s\)"):
        compare(other)


def test_of_another_version_only_what_is_ours_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recording_support.FOLDER", tmp_path)
    monkeypatch.setattr("recording_support.REMAKE", True)
    compare(SHOWN)
    with pytest.raises(AssertionError, match="of another version"):
        compare(SHOWN, re.compile("after.*"))
    monkeypatch.setattr("recording_support.REMAKE", False)
    other = replace(SHOWN, frames=(*SHOWN.frames[:-1], Frame(RED.replace("ended", "went"), 5, at=7, polls=8)))
    compare(other, re.compile("after.*"))
    with pytest.raises(AssertionError, match="what is ours in name"):
        compare(other, re.compile("it <.*"))
    assert "it <failed> & went (5s)" in text_of(drawn(other)).splitlines()


def test_a_picture_that_is_too_large_is_refused() -> None:
    large = [Frame("\r\n".join(f"{frame} {row} " * 9 for row in range(190)), 1) for frame in range(9)]
    with pytest.raises(AssertionError, match=r"name\.svg is too large"):
        compare(replace(SHOWN, frames=large))
