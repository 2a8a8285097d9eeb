"""The history is read back: lines of many processes are merged, what is torn or hostile is counted and left out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from history_lines import line, put
from history_support import waits
from hypothesis import given
from hypothesis import strategies as st
from nbcloud_support import eventually
from simulated import History as Things
from virtual_time import START

from pulumi_nbcloud.history.reading import files_of, prune, read_history

DAY = 24 * 3600.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "h").mkdir()
    return tmp_path / "h"


def outcomes(folder: Path, **how: Any) -> dict[str, str]:
    return {each.wait: each.outcome for each in read_history(folder, **how).waits}


def test_what_was_written_is_read(folder: Path) -> None:
    waits(folder, Things([(0, "PENDING"), (15, "READY")]), Things([(0, "PENDING")]))
    first, second = read_history(folder).waits
    assert (first.outcome, second.outcome) == ("met", "timed_out")
    assert [len(each.changes) for each in (first, second)] == [1, 1]
    assert (first.began, second.elapsed) == (START, 60.0)


def test_lines_of_several_processes_and_days_are_one_history(folder: Path) -> None:
    put(folder, line("begin", "w1"), line("change", "w1", 5.0), token="aaaaaaaa")
    put(folder, line("end", "w1", DAY), day="2026-02-01", token="aaaaaaaa")
    put(folder, line("begin", "w0", -60.0), line("end", "w0", 10.0, outcome="failed"), token="bbbbbbbb")
    found = read_history(folder)
    assert [(each.wait, each.outcome, each.elapsed) for each in found.waits] == [
        ("w0", "failed", 10.0),
        ("w1", "met", DAY),
    ]
    assert (found.files, found.unreadable, found.unreadable_files) == (3, 0, 0)


def test_a_begin_without_an_end_was_interrupted(folder: Path) -> None:
    put(folder, line("begin"), line("change", at=30.0))
    (wait,) = read_history(folder).waits
    assert (wait.outcome, wait.elapsed, wait.running) == ("interrupted", 30.0, False)
    assert wait.document()["end"] is None


PROCESS = """
import sys, time
from pathlib import Path
from pulumi_nbcloud.history.writing import writer_of

writer_of(Path(sys.argv[1])).write({line})
print(flush=True)
sys.stdin.read()
"""


def test_a_wait_whose_process_lives_is_running_and_after_a_kill_interrupted(folder: Path) -> None:
    program = PROCESS.format(line=line("begin"))
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"\n"
        assert outcomes(folder) == {"w1": "running"}
    finally:
        process.kill()
        process.communicate()
    assert outcomes(folder) == {"w1": "interrupted"}


FORK = """
import os

if os.fork():
    os._exit(0)
print("child", flush=True)
sys.stdin.read()
os._exit(0)
"""


def test_a_process_that_was_forked_does_not_keep_its_parents_waits_running(folder: Path) -> None:
    program = PROCESS.format(line=line("begin")).removesuffix("sys.stdin.read()\n") + FORK
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        # Until the child runs, it holds its parent's lock too.
        assert [process.stdout.readline() for _ in range(2)] == [b"\n", b"child\n"]
        process.wait(60)
        assert outcomes(folder) == {"w1": "interrupted"}
    finally:
        process.communicate()


def test_torn_and_foreign_lines_are_counted_and_left_out(folder: Path) -> None:
    text = json.dumps(line("begin", "w2"))
    put(
        folder,
        line("begin", "w1"),
        text[:60] + "\n",  # torn by a full disk
        "\n",
        '{"a": 1}\n[]\nnull\n"x"\n',
        "\x00\xff not JSON\n",
        "[" * 100_000 + "\n",
        json.dumps(line("begin", "w3", schema_version=2)) + "\n",
        json.dumps({**line("begin", "w4"), "event": "note"}) + "\n",
        json.dumps(line("begin", "w5", targets=["x"])) + "\n",
        json.dumps(line("begin", "w6", time="yesterday")) + "\n",
        json.dumps(line("begin", "w7", time="2026-01-31T09:00:00")) + "\n",
        json.dumps(line("end", "w1", elapsed_seconds=float("inf"))) + "\n",
        json.dumps(line("end", "w1", transitions=None)) + "\n",
        line("end", "w1", outcome="gone"),
        text[:90],  # a process that was killed
    )
    found = read_history(folder)
    assert [(each.wait, each.outcome) for each in found.waits] == [("w1", "gone")]
    assert found.unreadable == 15


def test_an_end_whose_begin_is_gone_is_left_out(folder: Path) -> None:
    put(folder, line("end", "w1"), line("change", "w2"))
    assert outcomes(folder) == {}


def test_empty_files_and_other_files_are_no_matter(folder: Path) -> None:
    put(folder)
    (folder / "notes.txt").write_text("mine")
    (folder / "2026-01-31-0123abcd.jsonl.bak").write_text("{}")
    (folder / "2026-13-31-0123abcd.jsonl").write_text("{}")
    (folder / "2026-01-31-00000000.jsonl").mkdir()
    found = read_history(folder)
    assert (found.waits, found.files, found.unreadable) == ([], 1, 0)


def test_links_and_pipes_are_not_followed(folder: Path, tmp_path: Path) -> None:
    other = put(tmp_path / "other", line("begin"))
    (folder / other.name).symlink_to(other)
    os.mkfifo(folder / "2026-01-31-11111111.jsonl")
    assert files_of(folder) == []
    assert outcomes(folder) == {}


def test_a_link_or_a_pipe_that_took_the_place_of_a_file_is_not_followed_either(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, pipe = folder / "2026-01-31-11111111.jsonl", folder / "2026-01-31-22222222.jsonl"
    link.symlink_to(put(tmp_path / "other", line("begin")))
    os.mkfifo(pipe)
    listed = [(START.date(), path.stem[-8:], path) for path in (link, pipe)]
    monkeypatch.setattr("pulumi_nbcloud.history.reading.files_of", lambda folder: listed)
    found = read_history(folder)
    assert (found.waits, found.files, found.unreadable_files) == ([], 0, 2)


def test_a_file_that_may_not_be_read_is_counted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(folder, line("begin"), line("end"))
    refused = put(folder, line("begin", "w2"), token="ffffffff")
    opened = os.open

    def open_(path: Any, *how: Any) -> int:
        if path == refused:
            raise PermissionError(13, "Permission denied")
        return opened(path, *how)

    monkeypatch.setattr(os, "open", open_)
    found = read_history(folder)
    assert ([each.wait for each in found.waits], found.files, found.unreadable_files) == (["w1"], 1, 1)


def test_since_leaves_out_what_began_before(folder: Path) -> None:
    put(folder, line("begin", "w1"), line("end", "w1", DAY))
    put(folder, line("begin", "w2", DAY), line("end", "w2", DAY), day="2026-02-01")
    put(folder, line("begin", "w0", -9 * DAY), day="2026-01-22")
    assert outcomes(folder, since=START + timedelta(seconds=1)) == {"w2": "met"}
    assert outcomes(folder, since=START) == {"w1": "met", "w2": "met"}
    assert read_history(folder, START).files == 2, "a file of a day long before is not even read"


def test_old_files_are_removed_and_nothing_else(folder: Path) -> None:
    for day in ("2026-01-01", "2026-01-20", "2026-01-21", "2026-01-31"):
        put(folder, line("begin"), day=day)
    (folder / "2025-01-01.txt").write_text("mine")
    now = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)
    assert prune(folder, 10 * DAY, now) == 2
    assert sorted(path.name[:10] for path in folder.iterdir()) == ["2025-01-01", "2026-01-21", "2026-01-31"]
    assert prune(folder, 10 * DAY, now) == 0


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(["begin", "change", "end"]), st.data())
def test_whatever_a_line_holds_it_is_read_or_left_out(event: str, data: st.DataObject) -> None:
    import tempfile

    from pulumi_nbcloud.cli.history_view import table, timeline
    from pulumi_nbcloud.cli.terminal import Terminal

    record = line(event)
    for name in data.draw(st.sets(st.sampled_from(sorted(record)), min_size=1)):
        record[name] = data.draw(VALUES)
    with tempfile.TemporaryDirectory() as made:
        put(Path(made), line("begin"), record, line("end"))
        found = read_history(Path(made))
        assert found.waits or event == "begin"
        json.dumps([each.document() for each in found.waits])
        shown = [
            *table(found.waits, Terminal()),
            *(text for each in found.waits for text in timeline(each, Terminal())),
        ]
    assert all(text.isprintable() or text == "" for text in shown)


def test_a_history_of_many_processes_at_once(folder: Path) -> None:
    program = PROCESS.format(line=line("begin")).replace("sys.stdin.read()", "").replace('"w1"', "sys.argv[2]")
    program = program.replace("'w1'", "sys.argv[2]")
    processes = [
        subprocess.Popen([sys.executable, "-c", program, str(folder), f"w{number}"], stdout=subprocess.DEVNULL)
        for number in range(4)
    ]
    for each in processes:
        assert each.wait(60) == 0
    eventually(lambda: len(read_history(folder).waits) == 4, "the waits of four processes")
    assert len(files_of(folder)) == 4
