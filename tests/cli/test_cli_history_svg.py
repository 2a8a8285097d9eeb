"""`nbcloud history --svg`: one wait as a picture that every reader of SVG takes, whatever the history holds."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from cli_support import GOLDEN, invoke
from history_lines import START, line, put

from pulumi_nbcloud.cli.history_svg import LEAST, MAX_STATES, PLOT, WIDTH, draw
from pulumi_nbcloud.history.reading import RecordedWait, read_history

SVG = "{http://www.w3.org/2000/svg}"
TARGETS = {
    "job": {"kind": "modelarts:DevServerJob", "id": "62c89f77", "profile": None},
    "lease": {"kind": "modelarts:NotebookLease", "id": "4f1c6d5e", "profile": "east"},
}


def seen(at: float, observed: str, target: str = "self") -> dict[str, str]:
    return {"time": f"{START + timedelta(seconds=at):%FT%TZ}", "target": target, "observed": observed}


def changed(at: float, *transitions: dict[str, str], **values: Any) -> dict[str, Any]:
    return line("change", at=at, transitions=list(transitions), **values)


def recorded(folder: Path, *records: dict[str, Any], **begin: Any) -> RecordedWait:
    put(folder, line("begin", **begin), *records)
    (wait,) = read_history(folder).waits
    return wait


def picture(wait: RecordedWait, now: float = 0.0) -> ElementTree.Element:
    """The picture of a wait, which is well-formed and needs nothing from elsewhere."""
    content = draw(wait, START + timedelta(seconds=now))
    root = ElementTree.fromstring(content)
    assert root.tag == f"{SVG}svg"
    assert not re.search(rb"href|url\(|@import|<script|on\w+=", content)
    return root


def texts(root: ElementTree.Element) -> list[str]:
    return ["".join(each.itertext()) for each in root.iter(f"{SVG}text")]


def tooltips(root: ElementTree.Element, tag: str) -> list[str]:
    return [title.text or "" for each in root.iter(f"{SVG}{tag}") for title in each.iter(f"{SVG}title")]


def a_wait(folder: Path) -> RecordedWait:
    return recorded(
        folder,
        changed(1, seen(1, "status=PENDING", "job"), seen(1, "running=false", "lease")),
        changed(60, seen(60, "running=true", "lease")),
        changed(600, poll_error="the cloud cannot answer now"),
        changed(660, seen(660, "status=PROCESSING", "job")),
        line("end", at=2400.0, transitions=[seen(2399, "status=FINISHED", "job")], polls=93),
        targets=TARGETS,
        expected='job.status == "FINISHED" && lease.running',
        timeout_seconds=7200.0,
    )


def test_a_picture_is_as_it_was(tmp_path: Path) -> None:
    text = draw(a_wait(tmp_path), START).decode()
    golden = GOLDEN / "history.svg"
    assert text == golden.read_text(encoding="utf-8"), text


def test_it_says_in_words_what_it_shows(tmp_path: Path) -> None:
    root = picture(a_wait(tmp_path))
    assert root.get("role") == "img"
    named = {each.get("id"): each.text for each in root if each.get("id")}
    assert (root.get("aria-labelledby") or "").split() == list(named)
    title, about = named.values()
    assert title == "gate trained: met after 40m"
    assert (about or "").splitlines() == [
        "began 2026-01-31T09:00:00Z, timeout 2h, the deadline lies beyond the picture, 93 polls",
        'expected: job.status == "FINISHED" && lease.running',
        "1s: job: status=PENDING",
        "1s: lease: running=false",
        "1m: lease: running=true",
        "11m: job: status=PROCESSING",
        "39m59s: job: status=FINISHED",
    ]


def test_each_target_has_a_lane_and_each_state_a_span_and_a_number(tmp_path: Path) -> None:
    root = picture(a_wait(tmp_path))
    assert tooltips(root, "rect") == [
        "1s to 11m: status=PENDING",
        "11m to 39m59s: status=PROCESSING",
        "39m59s to 40m: status=FINISHED",
        "1s to 1m: running=false",
        "1m to 40m: running=true",
        "10m to 11m: the cloud cannot answer now",
    ]
    shown = texts(root)
    assert [each for each in ("job", "lease", "modelarts:DevServerJob 62c89f77") if each not in shown] == []
    legend = shown[-10:]
    assert legend[0::2] == ["1", "2", "3", "4", "5"]
    assert legend[1::2] == ["status=PENDING", "running=false", "running=true", "status=PROCESSING", "status=FINISHED"]
    assert "1 status=PENDING" in shown


def test_polls_that_failed_are_triangles_and_other_changes_dots(tmp_path: Path) -> None:
    root = picture(a_wait(tmp_path))
    assert tooltips(root, "path") == ["10m: poll failed: the cloud cannot answer now"]
    assert tooltips(root, "circle") == [
        "1s: job: status=PENDING; lease: running=false",
        "1m: lease: running=true",
        "11m: job: status=PROCESSING",
    ]
    assert "polls that changed something: 3 (dots); that failed: 1 (triangles)" in texts(root)


def test_a_poll_that_failed_is_drawn_among_many(tmp_path: Path) -> None:
    changes = [changed(at, seen(at, f"status=S{at % 3}")) for at in range(1_000)]
    failed = changed(500.5, poll_error="the cloud cannot answer now")
    root = picture(recorded(tmp_path, *changes, failed, line("end", at=1_000.0)))
    assert tooltips(root, "path") == ["8m20s: poll failed: the cloud cannot answer now"]


@pytest.mark.parametrize(
    ("timeout", "end", "drawn"),
    [(60.0, 60.0, True), (60.0, 50.0, True), (7200.0, 60.0, False), (0.0, 1.0, False), (60.0, 70.0, True)],
)
def test_the_deadline_is_drawn_where_it_leaves_room(tmp_path: Path, timeout: float, end: float, drawn: bool) -> None:
    root = picture(recorded(tmp_path, line("end", at=end), timeout_seconds=timeout))
    assert any(each.startswith("deadline ") for each in texts(root)) is drawn
    assert any("beyond the picture" in each for each in texts(root)) is (not drawn and timeout > 0)


def test_the_deadline_of_a_wait_that_goes_on_is_that_of_its_first_run(tmp_path: Path) -> None:
    """It begins one hour after the first run: of two hours one is left."""
    end = {**line("end", at=3600.0, outcome="awaiting"), "elapsed_seconds": 7200.0}
    root = picture(recorded(tmp_path, end, timeout_seconds=7200.0))
    (due,) = [each for each in root.iter(f"{SVG}path") if each.get("class") == "due"]
    assert due.get("d", "").startswith("M736.0 ")


@pytest.mark.parametrize(
    ("outcome", "kind"), [("met", "good"), ("timed_out", "bad"), ("failed", "bad"), ("awaiting", "open"), ("x", "bad")]
)
def test_the_outcome_has_a_word_and_a_sign(tmp_path: Path, outcome: str, kind: str) -> None:
    root = picture(recorded(tmp_path, line("end", at=20.0, outcome=outcome)))
    assert outcome in texts(root)
    assert [each.get("class") for each in root.iter(f"{SVG}circle")] == [kind]


def test_a_wait_that_goes_on_is_drawn_until_now(tmp_path: Path) -> None:
    wait = recorded(tmp_path, changed(1, seen(1, "status=PENDING")), timeout_seconds=3600.0)
    assert tooltips(picture(wait, now=500), "rect") == ["1s to 1s: status=PENDING"]
    wait.running = True
    assert tooltips(picture(wait, now=500), "rect") == ["1s to 8m20s: status=PENDING"]
    assert "gate trained: running" in texts(picture(wait, now=500))


@pytest.mark.parametrize(
    ("seconds", "ticks"),
    [
        (0.0, ["0s", "0.1s"]),
        (2.0, ["0s", "0.5s", "1s", "1.5s", "2s"]),
        (59.0, ["0s", "10s", "20s", "30s", "40s", "50s"]),
        (144_000.0, ["0s", "12h", "24h", "36h"]),
        (30 * 86_400.0, ["0s", "120h", "240h", "360h", "480h", "600h", "720h"]),
    ],
)
def test_short_and_long_waits_have_a_few_ticks(tmp_path: Path, seconds: float, ticks: list[str]) -> None:
    root = picture(recorded(tmp_path, line("end", at=seconds), timeout_seconds=30 * 86_400.0))
    shown = texts(root)
    assert shown[shown.index("0s") :][: len(ticks)] == ticks


def test_ten_thousand_changes_are_no_larger_than_what_can_be_seen(tmp_path: Path) -> None:
    changes = [changed(at, seen(at, f"status=S{at}")) for at in range(10_000)]
    wait = recorded(tmp_path, *changes, line("end", at=10_000.0, changes_left_out=7), timeout_seconds=20_000.0)
    content = draw(wait, START)
    assert len(content) < 500_000
    root = ElementTree.fromstring(content)
    merged = [each for each in root.iter(f"{SVG}rect") if each.get("class") == "many"]
    assert 100 < len(merged) <= PLOT / LEAST + 2
    assert len(list(root.iter(f"{SVG}circle"))) <= PLOT / LEAST + 2
    shown = texts(root)
    assert f"and {10_000 - MAX_STATES} states more" in shown
    assert "and 7 changes more were not written" in shown
    assert "several states, each too short to be drawn" in shown
    assert "and 9980 changes more" in (root.find(f"{SVG}desc").text or "")  # type: ignore[union-attr]


def test_many_targets_are_cut_and_counted(tmp_path: Path) -> None:
    targets = {f"t{number:02d}": {"kind": "sim:Thing", "id": str(number)} for number in range(45)}
    shown = texts(picture(recorded(tmp_path, line("end", at=1.0), targets=targets)))
    assert ("t29" in shown, "t30" in shown, "and 15 targets more" in shown) == (True, False, True)


def test_nothing_leaves_the_picture(tmp_path: Path) -> None:
    """Times out of order, before the begin or after the end, and things that are no transitions."""
    odd = [
        seen(-500, "early"),
        seen(90_000, "late"),
        {"time": "never", "target": "self", "observed": "torn"},
        {"time": "2026-01-31T09:00:05", "target": "self", "observed": "no zone"},
        {"observed": None},
        7,
    ]
    change = line("change", at=5.0, transitions=odd, not_met=["a", 7], poll_error=None)
    end = line("end", at=20.0, transitions=[seen(4, "before")], polls=None, changes_left_out="many", message=7)
    root = picture(recorded(tmp_path, change, end, targets={"self": "torn"}, timeout_seconds=10))
    assert "early" in " ".join(tooltips(root, "rect"))
    for each in root.iter(f"{SVG}rect"):
        left, width = float(each.get("x", "0")), float(each.get("width", "0"))
        assert left >= 0
        assert left + width <= WIDTH - 1 + 0.5, each.attrib


def test_hostile_texts_are_harmless(tmp_path: Path) -> None:
    hostile = "\x1b[31m\u202e\x00\ufffe</text><script>alert(1)</script>&\"'\r\n" + "x" * 5_000
    transitions = [{"time": hostile, "target": hostile, "observed": hostile}]
    wait = recorded(
        tmp_path,
        line("change", hostile, transitions=transitions, poll_error=hostile),
        line("end", hostile, 20.0, outcome=hostile, transitions=transitions, message=hostile),
        wait=hostile,
        name=hostile,
        source=hostile,
        expected=hostile,
        targets={hostile: {"kind": hostile, "id": hostile}},
    )
    content = draw(wait, START)
    assert b"<script" not in content
    root = ElementTree.fromstring(content)
    words = " ".join(root.itertext()).replace("\n", "")
    assert words.isprintable()
    assert max(map(len, texts(root))) < 200
    assert len(content) < 20_000


# The command.


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NBCLOUD_HISTORY", str(tmp_path / "h"))
    monkeypatch.chdir(tmp_path)
    put(
        tmp_path / "h",
        line("begin", "aaaa00000001"),
        line("end", "aaaa00000001", 20.0),
        line("begin", "aaaa00000002", 60.0, name="deployed", urn=None),
    )
    return tmp_path


@pytest.mark.parametrize("arguments", [("aaaa00000001",), ("--name", "trained"), ("--outcome", "met")])
def test_the_one_wait_that_is_chosen_is_drawn(folder: Path, arguments: tuple[str, ...]) -> None:
    done = invoke("history", *arguments, "--svg", "wait.svg")
    assert (done.code, done.err) == (0, "")
    assert done.out == invoke("history", *arguments).out
    root = ElementTree.fromstring((folder / "wait.svg").read_bytes())
    assert root.find(f"{SVG}title").text == "gate trained: met after 20s"  # type: ignore[union-attr]
    assert (folder / "wait.svg").stat().st_mode & 0o777 == 0o644
    assert sorted(each.name for each in folder.iterdir() if each.name not in ("home", "h")) == ["wait.svg"]


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        ((), 2, "error: --svg draws one wait, and 2 fit"),
        (("--outcome", "gone"), 3, "error: --svg: there is no such wait to draw"),
    ],
)
def test_none_or_several_are_refused(folder: Path, arguments: tuple[str, ...], code: int, error: str) -> None:
    done = invoke("history", *arguments, "--svg", "wait.svg")
    hint = "hint: nbcloud history lists them; give an id, or filters that only one fits"
    assert (done.code, done.out, done.err.splitlines()) == (code, "", [error, hint])
    assert not (folder / "wait.svg").exists()


def test_an_empty_history_has_nothing_to_draw(folder: Path) -> None:
    (folder / "none").mkdir()
    assert invoke("history", "--history", "none", "--svg", "wait.svg").code == 3


def test_a_file_that_cannot_be_written_is_said(folder: Path) -> None:
    done = invoke("history", "aaaa00000001", "--svg", "none/wait.svg")
    assert (done.code, done.out) == (74, "")
    assert done.err.splitlines() == [
        "error: none/wait.svg could not be written: No such file or directory",
        "hint: check the path and the space that is left",
    ]


def test_a_wait_of_now_is_drawn_until_its_end(folder: Path) -> None:
    """Its times are those of the machine."""
    now = datetime.now(timezone.utc)
    begin = {**line("begin", "cccc00000001"), "time": f"{now:%FT%TZ}"}
    put(folder / "h", begin, token="cccccccc")
    assert invoke("history", "cccc", "--svg", "wait.svg").code == 0
