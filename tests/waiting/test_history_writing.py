"""What the history writes: its lines, its files, and what happens where it cannot."""

from __future__ import annotations

import fcntl
import json
import os
import re
import stat
import subprocess
import sys
import threading
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from history_lines import URN
from history_support import lines, waits
from simulated import ABSENT, DOWN, LOCKED, Notes, Thing
from simulated import History as Things

from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.history import listener
from pulumi_nbcloud.history.listener import MAX_CHANGES, History, history_listeners
from pulumi_nbcloud.history.reading import read_history
from pulumi_nbcloud.history.writing import Writer
from pulumi_nbcloud.settings.overrides import Override
from pulumi_nbcloud.waiting.listeners import Origin

GOLDEN = Path(__file__).parents[1] / "golden" / "history.json"
SECRET = "aaaaaaaa-0000-4000-8000-000000000001"
FIVE_TIMES = [(10.0 * number, "PENDING" if number % 2 else "ODD") for number in range(6)]


@pytest.fixture(autouse=True)
def nothing_warned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "_warned", set())


def shape(value: Any) -> Any:
    """The names and types of a line."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value[:1]]
    return type(value).__name__


def test_the_lines_have_the_shape_that_is_frozen(tmp_path: Path) -> None:
    """A name may be added; what is there keeps its name and its type, or the schema's version grows."""
    waits(tmp_path / "h", Things([(0, "PENDING"), (15, DOWN), (25, LOCKED)]))
    begin, change, failing, end = lines(tmp_path / "h")
    found = {"begin": shape(begin), "change": shape(change), "change that failed": shape(failing), "end": shape(end)}
    assert found == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_a_wait_that_is_met(tmp_path: Path) -> None:
    waits(tmp_path / "h", Things([(0, "PENDING"), (15, "ODD"), (25, "READY")]))
    begin, first, second, end = lines(tmp_path / "h")
    assert re.fullmatch("[0-9a-f]{12}", begin["wait"])
    assert {each["wait"] for each in (first, second, end)} == {begin["wait"]}
    assert begin["time"] == "2026-01-31T09:00:00.000Z"
    assert (begin["source"], begin["name"], begin["urn"]) == ("gate", "trained", URN)
    assert (begin["stack"], begin["project"], begin["operation"], begin["preview"]) == ("dev", "shop", "create", False)
    assert begin["targets"] == {"self": {"kind": "sim:Thing", "id": "a", "profile": None}}
    assert (begin["expected"], begin["timeout_seconds"]) == ('self.status == "READY"', 60.0)
    assert [each["observed"] for each in first["transitions"]] == ["status=PENDING"]
    assert first["not_met"] == ["status is PENDING, expected READY"]
    assert [each["observed"] for each in second["transitions"]] == ["status=ODD"]
    assert (end["outcome"], end["polls"], end["not_met"], end["message"]) == ("met", 4, [], None)
    assert [each["observed"] for each in end["transitions"]] == ["status=READY"]
    assert (end["transition_count"], end["changes_left_out"], end["error"]) == (3, 0, None)


def test_a_mandatory_wait_that_failed_leaves_its_evidence(tmp_path: Path) -> None:
    waits(tmp_path / "h", Things([(0, "PENDING"), (15, "FAILED")]))
    end = lines(tmp_path / "h")[-1]
    assert end["outcome"] == "failed"
    assert end["message"].startswith("sim:Thing a: failed after ")
    assert 'reason: self.status == "FAILED" holds' in end["message"]
    assert end["error"]["type"] == "WaitError"
    assert end["error"]["request_id"] == "req-3"
    assert [each["observed"] for each in end["transitions"]] == ["status=FAILED"]


def test_a_wait_that_was_overridden_says_what_overrode_it(tmp_path: Path) -> None:
    end = datetime(2026, 1, 31, 10, 0, tzinfo=timezone.utc)
    override = Override(f"down, see {SECRET}", end, "Pulumi config nbcloud:overrides")
    origin = Origin("gate", "trained", urn=URN, redact=lambda text: text.replace(SECRET, "[secret]"))
    waits(tmp_path / "h", Things([(0, DOWN)]), override=override, origin=origin)
    (last,) = [each for each in lines(tmp_path / "h") if each["event"] == "end"]
    assert last["outcome"] == "overridden"
    assert last["override"] == {
        "reason": "down, see [secret]",
        "until": "2026-01-31T10:00:00Z",
        "overrode": "unreachable",
    }
    assert SECRET not in json.dumps(last)
    assert last["message"].startswith('sim:Thing a: overridden after 0s of 1m; override: "down, see [secret]", until ')


def test_polls_that_fail_in_the_same_way_are_one_change(tmp_path: Path) -> None:
    waits(tmp_path / "h", Things([(0, "PENDING"), (5, DOWN), (45, "PENDING"), (100, DOWN)]), timeout=70.0)
    events = [(each["event"], each.get("poll_error")) for each in lines(tmp_path / "h")]
    down = "the cloud cannot answer now"
    assert events == [("begin", None), ("change", None), ("change", down), ("change", None), ("end", None)]


def test_a_wait_that_could_not_poll(tmp_path: Path) -> None:
    waits(tmp_path / "h", Things([(0, SettingsError("no key", hint="set one"))]))
    begin, end = lines(tmp_path / "h")
    assert (begin["event"], end["outcome"], end["message"]) == ("begin", "error", "sim:Thing a: no key")
    assert (end["error"]["type"], end["error"]["hint"]) == ("SettingsError", "set one")


def test_many_changes_are_counted_and_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_CHANGES == 1_000
    monkeypatch.setattr(listener, "MAX_CHANGES", 3)
    waits(tmp_path / "h", Things(FIVE_TIMES), interval=1.0, timeout=70.0)
    found = lines(tmp_path / "h")
    assert [each["event"] for each in found] == ["begin", "change", "change", "change", "end"]
    assert (found[-1]["changes_left_out"], found[-1]["transition_count"]) == (3, 6)
    assert len(found[-1]["transitions"]) == 3


def test_values_that_the_program_keeps_secret_are_taken_out(tmp_path: Path) -> None:
    origin = Origin(
        "gate",
        "trained",
        urn=URN,
        secret_inputs=("targets.canary.thing_id",),
        redact=lambda text: text.replace("id-of-canary", "[secret]"),
    )
    things = {"canary": Things([(0, Thing(status="ready of id-of-canary"))]), "open": Things([(0, "READY")])}
    waits(tmp_path / "h", things, origin=origin)
    text = "".join(json.dumps(each) for each in lines(tmp_path / "h"))
    assert "id-of-canary" not in text
    begin = lines(tmp_path / "h")[0]
    assert begin["targets"]["canary"]["id"] == "[secret]"
    assert begin["targets"]["open"]["id"] == "id-of-open"
    assert "ready of [secret]" in text


def test_a_secret_id_that_is_too_short_to_be_known_is_left_out_whole(tmp_path: Path) -> None:
    waits(tmp_path / "h", Things([(0, "READY")]), origin=Origin("gate", "g", secret_inputs=("targets.self.thing_id",)))
    assert lines(tmp_path / "h")[0]["targets"]["self"]["id"] == "[secret]"


def test_a_secret_condition_and_its_clauses_are_left_out(tmp_path: Path) -> None:
    until = 'self.status == "canary"'
    origin = Origin(
        "gate", "g", secret_inputs=("until",), redact=lambda text: text.replace(until, "[secret]").replace("canary", "")
    )
    waits(tmp_path / "h", Things([(0, "PENDING"), (15, ABSENT)]), origin=origin, until=until)
    found = lines(tmp_path / "h")
    assert found[0]["expected"] == "[secret]"
    assert [each.get("not_met", []) for each in found] == [[]] * len(found)
    assert "canary" not in json.dumps(found)


def test_a_secret_condition_that_is_too_short_to_be_known_is_left_out_whole(tmp_path: Path) -> None:
    waits(tmp_path / "h", Things([(0, "PENDING")]), origin=Origin("gate", "g", secret_inputs=("until",)), until="1<2")
    assert lines(tmp_path / "h")[0]["expected"] == "[secret]"


def test_hostile_texts_act_on_nothing_that_shows_the_file(tmp_path: Path) -> None:
    hostile = "\x1b[31m ##vso[task.complete] <{%boom%}> ::error:: \u202e\u2028"
    waits(tmp_path / "h", Things([(0, "PENDING")]), origin=Origin("gate", hostile), until=f"self.status == '{hostile}'")
    (path,) = (tmp_path / "h").iterdir()
    text = path.read_bytes().decode("ascii")
    assert all(line.isprintable() for line in text.splitlines())
    assert "##" not in text
    assert "<{%" not in text
    assert json.loads(text.splitlines()[0])["name"] == hostile


# Files.


def test_a_file_and_its_folder_are_for_their_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "history"
    waits(folder, Things([(0, "READY")]))
    (path,) = folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert re.fullmatch(r"2026-01-31-[0-9a-f]{8}\.jsonl", path.name)


def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir(0o755)
    folder.chmod(0o755)
    waits(folder, Things([(0, "READY")]))
    (path,) = folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755


def test_each_day_has_a_file(tmp_path: Path) -> None:
    day = 24 * 3600.0
    folder = tmp_path / "h"
    waits(folder, Things([(0, "PENDING"), (day, "READY")]), timeout=2 * day, interval=day / 2)
    names = sorted(path.name for path in folder.iterdir())
    assert [name[:10] for name in names] == ["2026-01-31", "2026-02-01"]
    assert len({name[10:] for name in names}) == 1, "of one process"


def test_a_file_of_somebody_else_is_never_written_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = iter(["aaaaaaaa", "bbbbbbbb"])
    monkeypatch.setattr("pulumi_nbcloud.history.writing.secrets.token_hex", lambda count: next(tokens))
    victim = tmp_path / "victim"
    (tmp_path / "h").mkdir()
    (tmp_path / "h" / "2026-01-31-aaaaaaaa.jsonl").symlink_to(victim)
    Writer(tmp_path / "h", lambda: datetime(2026, 1, 31, tzinfo=timezone.utc)).write({})
    assert not victim.exists()
    assert (tmp_path / "h" / "2026-01-31-bbbbbbbb.jsonl").read_text() == "{}\n"


def test_threads_write_whole_lines(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "h")
    text = "x" * 10_000

    def work(number: int) -> None:
        for count in range(20):
            writer.write({"number": number, "count": count, "text": text})

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    found = lines(tmp_path / "h")
    assert {(each["number"], each["count"]) for each in found} == {(a, b) for a in range(8) for b in range(20)}


PROCESSES = """
import os, sys
from pathlib import Path
from pulumi_nbcloud.history.writing import writer_of

writer = writer_of(Path(sys.argv[1]))
writer.write({"who": "parent before"})
pids = []
for number in range(4):
    pid = os.fork()
    if not pid:
        for _ in range(50):
            writer.write({"who": f"child {number}"})
        os._exit(0)
    pids.append(pid)
for _ in range(50):
    writer.write({"who": "parent after"})
for pid in pids:
    os.waitpid(pid, 0)
"""


def test_a_fork_gets_a_file_of_its_own(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", PROCESSES, str(tmp_path / "h")], check=True)
    who = [{json.loads(line)["who"] for line in path.read_text().splitlines()} for path in (tmp_path / "h").iterdir()]
    assert sorted(map(sorted, who)) == [
        *([f"child {number}"] for number in range(4)),
        ["parent after", "parent before"],
    ]
    assert len(lines(tmp_path / "h")) == 251


def test_a_fork_past_python_is_noticed_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Writer(tmp_path / "h")
    writer.write({"who": "parent"})
    monkeypatch.setattr("pulumi_nbcloud.history.writing.os.getpid", lambda: -1)
    writer.write({"who": "child"})
    texts = sorted(path.read_text() for path in (tmp_path / "h").iterdir())
    assert texts == ['{"who": "child"}\n', '{"who": "parent"}\n']


def test_where_every_name_is_taken_nothing_is_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pulumi_nbcloud.history.writing.secrets.token_hex", lambda count: "aaaaaaaa")
    for number in range(2):
        writer = Writer(tmp_path / "h", lambda: datetime(2026, 1, 31, tzinfo=timezone.utc))
        if number:
            with pytest.raises(OSError, match="every name for a new file is taken"):
                writer.write({})
        else:
            writer.write({"who": "first"})
    assert lines(tmp_path / "h") == [{"who": "first"}]


def test_what_a_killed_process_has_written_is_there(tmp_path: Path) -> None:
    program = PROCESSES.split("pids =")[0] + "os.kill(os.getpid(), 9)"
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "h")])
    assert done.returncode == -9
    assert lines(tmp_path / "h") == [{"who": "parent before"}]


# Where it cannot write.


def test_a_failure_is_one_warning_of_the_process_and_ends_no_wait(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    notes, folder = Notes(), tmp_path / "file" / "history"
    waits(folder, Things([(0, "PENDING"), (15, "READY")]), Things([(0, "READY")]), reporter=notes)
    assert notes.warnings == [
        f"the history in {folder} could not be written (Not a directory), so it lacks lines; waits go on"
    ]
    assert [changed for _, changed in notes.changes] == ["status=PENDING"]


def test_a_full_disk_tears_one_line_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, room = os.write, [2_000]

    def full(file: int, data: bytes) -> int:
        written = write(file, data[: room[0]])
        room[0] = 10_000 if written < len(data) else room[0] - written
        return written

    monkeypatch.setattr("pulumi_nbcloud.history.writing.os.write", full)
    notes = Notes()
    waits(tmp_path / "h", *[Things([(0, "READY")])] * 4, reporter=notes)
    found = read_history(tmp_path / "h")
    assert found.unreadable == 1
    assert len(notes.warnings) == 1
    assert re.search(r"could not be written \(only \d+ of \d+ bytes were written\)", notes.warnings[0])
    (path,) = (tmp_path / "h").iterdir()
    assert len(path.read_text().splitlines()) == 8, "what follows a torn line begins a line of its own"


def test_no_variable_no_history() -> None:
    assert history_listeners({}) == ()
    assert history_listeners({"NBCLOUD_HISTORY": " "}) == ()


def test_a_relative_folder_is_refused_by_name_once(tmp_path: Path) -> None:
    (unusable,) = history_listeners({"NBCLOUD_HISTORY": "logs/history"})
    notes = Notes()
    waits(unusable, Things([(0, "PENDING"), (15, "READY")]), Things([(0, "READY")]), reporter=notes)
    assert notes.warnings == [
        "NBCLOUD_HISTORY names logs/history, which is relative, so no history is kept; write the whole path"
    ]


def test_a_folder_of_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (found,) = history_listeners({"NBCLOUD_HISTORY": "~/history"})
    assert isinstance(found, History)
    waits(found, Things([(0, "READY")]))
    assert len(lines(Path(os.environ["HOME"]) / "history")) == 2
    assert history_listeners({"NBCLOUD_HISTORY": "~/history"})[0]._writer is found._writer  # type: ignore[attr-defined]


def test_the_time_of_a_line_is_of_its_event(tmp_path: Path) -> None:
    waits(tmp_path / "h", Things([(0, "PENDING")]), timeout=30.0)
    times = [each["time"] for each in lines(tmp_path / "h")]
    assert times == sorted(times)
    assert times[0].startswith("2026-01-31T09:00:00")
    assert times[-1].startswith("2026-01-31T09:00:3")


def test_who_reads_a_file_for_a_moment_keeps_its_writer_from_no_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, tries = fcntl.flock, 0

    def busy_once(file: int, operation: int) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise BlockingIOError
        lock(file, operation)

    monkeypatch.setattr(fcntl, "flock", busy_once)
    writer = Writer(tmp_path / "h")
    writer.write({"event": "begin"})
    (path,) = (tmp_path / "h").iterdir()
    with path.open("rb") as file, pytest.raises(BlockingIOError):
        lock(file.fileno(), fcntl.LOCK_SH | fcntl.LOCK_NB)
    writer.close()
