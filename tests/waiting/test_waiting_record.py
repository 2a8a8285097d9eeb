"""A wait as a record: what makes it the same wait, what of its file is refused, and that the one before is kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lease_support import KIND, notebook

from pulumi_nbcloud.condition import Span
from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.reading.sharing import RequestKey
from pulumi_nbcloud.waiting.checkpoint import Checkpoint, KeptError, KeptObservation, KeptRow, Memory
from pulumi_nbcloud.waiting.keeper import Keeper, open_record
from pulumi_nbcloud.waiting.limits import Limits
from pulumi_nbcloud.waiting.observation import Target
from pulumi_nbcloud.waiting.progress import Progress
from pulumi_nbcloud.waiting.record import DamagedError, id_of, inputs_of, new_record, record_from
from pulumi_nbcloud.waiting.record_file import RecordFile
from pulumi_nbcloud.waiting.report import log_line
from pulumi_nbcloud.waiting.spec import WaitSpec, parse_spec

NOW = datetime(2026, 1, 31, 9, 0, tzinfo=timezone.utc)
JOB = "modelarts:DevServerJob"
CHECKPOINT = Checkpoint(
    elapsed=90.0,
    last_poll=90.0,
    next_poll=100.0,
    pause=11.25,
    polls=9,
    met_in_a_row=1,
    until=KeptRow(80.0, 90.0),
    failures=(None, KeptRow(1.5, 90.0)),
    stalls_at=300.0,
    ever_found=("self",),
    observations={"self": KeptObservation(True, "running=true", NOW, "0" * 64)},
    transitions=({"time": "2026-01-31T09:00:00Z", "target": "self", "observed": "running=true"},),
    transition_count=1,
)


def spec_of(**inputs: Any) -> WaitSpec:
    targets = inputs.pop("targets", {"self": {"kind": KIND, "notebook_id": notebook(1)}})
    spec, problems = parse_spec({"targets": targets, **inputs})
    assert spec is not None, problems
    return spec


class Clock:
    """A clock of the day that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def file(tmp_path: Path) -> RecordFile:
    return RecordFile(tmp_path / "wait.json")


@pytest.fixture
def clock() -> Clock:
    return Clock()


def opened(file: RecordFile, clock: Clock, key: str | None = None, **inputs: Any) -> tuple[Keeper, list[str]]:
    warnings: list[str] = []
    return open_record(file, spec_of(**inputs), key, warn=warnings.append, now=clock), warnings


def refusal_of(act: Callable[[], Any]) -> InputError:
    with pytest.raises(InputError) as caught:
        act()
    return caught.value


def test_a_record_reads_as_it_was_written() -> None:
    record = replace(new_record(spec_of(), "run 7", NOW), checkpoint=CHECKPOINT, runs=3)
    assert record_from(record.to_bytes()) == record


@given(st.integers(0, 3000))
def test_a_torn_record_is_none(length: int) -> None:
    content = replace(new_record(spec_of(), None, NOW), checkpoint=CHECKPOINT).to_bytes()
    torn = content[: length % (len(content) - 2)]
    with pytest.raises(DamagedError):
        record_from(torn)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is torn, or no JSON"),
        (b"[" * 100_000, "it is torn, or no JSON"),
        (b"\xff\xfe", "it is torn, or no JSON"),
        (b"[]", "it is something else"),
        (b'{"record": 7}', "it is something else"),
        (b'{"record": "nbcloud wait 2"}', "another version of nbcloud wrote it"),
        (b'{"record": "nbcloud wait 1"}', "it was edited, or is torn: its sum is another"),
        (b" " * 4_000_001, "it has more than 4000000 bytes"),
    ],
)
def test_what_is_no_record_says_why(content: bytes, reason: str) -> None:
    with pytest.raises(DamagedError) as caught:
        record_from(content)
    assert str(caught.value) == reason


def test_a_deadline_that_was_edited_is_noticed() -> None:
    found = json.loads(new_record(spec_of(), None, NOW).to_bytes())
    found["deadline_time"] = "2036-01-31T09:30:00Z"
    with pytest.raises(DamagedError, match="it was edited"):
        record_from(json.dumps(found).encode())


@pytest.mark.parametrize(
    "inputs",
    [
        {"targets": {"self": {"kind": KIND, "notebook_id": notebook(2)}}},
        {"targets": {"self": {"kind": KIND, "notebook_id": notebook(1), "profile": "other"}}},
        {"targets": {"a": {"kind": KIND, "notebook_id": notebook(1)}}},
        {"until": "!self.running"},
        {"until": "stopped"},
        {"fail_on": "self.running"},
        {"fail_on": False},
        {"consecutive": 2},
        {"holds_for": "20s"},
        {"fail_holds_for": "20s"},
        {"not_found": "fail"},
        {"appear_timeout": "20s"},
        {"stall_timeout": "20s"},
        {"max_poll_errors": 3},
        {"enforcement": "advisory"},
    ],
    ids=str,
)
def test_another_wait_has_another_id(inputs: dict[str, Any]) -> None:
    assert id_of(inputs_of(spec_of(**inputs), None)) != id_of(inputs_of(spec_of(), None))


def test_a_key_is_part_of_the_id_and_how_long_is_not() -> None:
    plain = id_of(inputs_of(spec_of(), None))
    assert len({plain, *(id_of(inputs_of(spec_of(), key)) for key in ("", "a", "b"))}) == 4
    for inputs in ({"timeout": "40h"}, {"interval": "20s"}, {"consecutive": 1}):
        assert id_of(inputs_of(spec_of(**inputs), None)) == plain


def test_the_file_of_another_wait_is_refused_with_what_differs(file: RecordFile, clock: Clock) -> None:
    opened(file, clock, "run 7", consecutive=3)
    before = file.path.read_bytes()
    error = refusal_of(lambda: opened(file, clock, "run 8", until="!self.running"))
    assert str(error).splitlines() == [
        f"--resume {file.path}: it is the record of another wait",
        "  until: self.running in the record, !self.running here",
        "  resume-key: run 7 in the record, run 8 here",
        "  consecutive: 3 in the record, (none) here",
        "hint: give another file, or delete this one to begin a new wait",
    ]
    assert file.path.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"{", b"notes of mine\n", b'{"a": 1}'])
def test_a_file_that_is_no_record_is_refused_and_left(file: RecordFile, clock: Clock, content: bytes) -> None:
    file.path.write_bytes(content)
    error = refusal_of(lambda: opened(file, clock))
    assert error.problem.startswith(f"--resume {file.path}: it is no record of a wait that can go on: it is ")
    assert error.hint == "give another file, or delete this one to begin a new wait"
    assert file.path.read_bytes() == content


def test_a_folder_and_a_pipe_are_no_files(tmp_path: Path, clock: Clock) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        error = refusal_of(lambda path=path: opened(RecordFile(path), clock))  # type: ignore[misc]
        assert error.problem == f"--resume {path}: it is no file"
        assert error.hint == "give the path of a file"


def test_a_lock_or_a_new_file_that_is_a_link_is_not_followed(file: RecordFile, clock: Clock, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    for name in ("wait.json.new", "wait.json.lock"):
        (tmp_path / name).symlink_to(elsewhere)
    assert refusal_of(lambda: file.held().__enter__()).problem.startswith(f"--resume {file.path}: no file can be made")
    assert refusal_of(lambda: opened(file, clock)).problem.startswith(f"--resume {file.path}: it cannot be written")
    assert not elsewhere.exists()


HOSTILE = "\x1b[2J::error::x ##[section] <{%boom%}>\nnext\u202e"


def test_what_somebody_else_wrote_acts_on_nothing() -> None:
    """Whoever can write the file can make its sum, too."""
    kept = Checkpoint(
        failed_in_a_row=1,
        last_error=KeptError(HOSTILE, bad_response=False),
        observations={"self": KeptObservation(True, HOSTILE, NOW, HOSTILE)},
        transitions=({"time": HOSTILE, "target": HOSTILE, "observed": HOSTILE, "other": HOSTILE},),
        transition_count=1,
    )
    spec = spec_of()
    target = Target("self", KIND, notebook(1), RequestKey("account", "self"), lambda: None)  # type: ignore[arg-type,return-value]
    progress = Progress(spec.kinds, {"self": target}, "self.running", 60.0, 0.0)
    limits = Limits(spec.options, 0.0)
    Memory(progress, spec.evaluator(), Span(), limits, spec.schedule()).restore(kept, in_a_row=True)
    shown = [log_line(progress, 0.0), *progress.transitions[0].values()]
    for text in shown:
        assert not set(text) & {"\x1b", "\n", "\u202e"}
        assert all(each not in text for each in ("::error::", "##[", "<{%"))
    assert set(progress.transitions[0]) == {"time", "target", "observed"}


def test_only_its_owner_can_read_it(file: RecordFile, clock: Clock) -> None:
    before = os.umask(0)
    try:
        with file.held():
            keeper, _ = opened(file, clock)
            file.path.chmod(0o644)
            keeper.save(CHECKPOINT)
    finally:
        os.umask(before)
    assert {each.name: each.stat().st_mode & 0o777 for each in file.path.parent.iterdir() if each.is_file()} == {
        "wait.json": 0o600,
        "wait.json.lock": 0o600,
    }


def test_a_write_that_fails_keeps_the_record_before(
    file: RecordFile, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper, warnings = opened(file, clock)
    keeper.save(CHECKPOINT)
    before = file.path.read_bytes()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        for _ in range(2):
            keeper.save(replace(CHECKPOINT, polls=10))
        assert keeper.lost == "No space left on device"
        assert file.path.read_bytes() == before
        problem = f"--resume {file.path} could not be written: No space left on device"
        assert warnings == [f"{problem}; the wait goes on, the file stays as it was"]
        error = refusal_of(lambda: opened(file, clock))
        assert error.problem == f"--resume {file.path}: it cannot be written: No space left on device"
        assert error.hint == "check the path and the space that is left"
    keeper.save(replace(CHECKPOINT, polls=11))
    assert not keeper.lost
    assert record_from(file.path.read_bytes()).checkpoint.polls == 11


def test_a_process_that_is_killed_while_it_writes_keeps_the_record_before(file: RecordFile, clock: Clock) -> None:
    opened(file, clock)
    before = file.path.read_bytes()
    program = (
        "import os, sys, signal\n"
        "from pathlib import Path\n"
        "from pulumi_nbcloud.waiting.record_file import RecordFile\n"
        "file = RecordFile(Path(sys.argv[1]))\n"
        "record = file.read()\n"
        "os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)\n"
        "file.write(record)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(file.path)], timeout=60)
    assert done.returncode == -9
    assert file.path.read_bytes() == before
    opened(file, clock)[0].save(CHECKPOINT)
    assert sorted(each.name for each in file.path.parent.iterdir() if each.is_file()) == ["wait.json"]


def test_a_second_holder_is_refused(file: RecordFile) -> None:
    with file.held():
        error = refusal_of(lambda: RecordFile(file.path).held().__enter__())
    assert error.problem == f"--resume {file.path}: process {os.getpid()} waits with it"
    assert error.hint == "wait for its end, or give each wait a file of its own"
    with RecordFile(file.path).held():
        pass


def test_a_file_without_a_folder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "none" / "wait.json"
    error = refusal_of(lambda: RecordFile(path).held().__enter__())
    assert error.problem == f"--resume {path}: no file can be made there: No such file or directory"
    assert error.hint == "create the folder first, or give another file"


def test_the_record_of_an_ended_wait_is_no_result(file: RecordFile, clock: Clock) -> None:
    keeper, _ = opened(file, clock)
    keeper.save(CHECKPOINT)
    clock.forward(95)
    keeper.end("timed_out")
    clock.forward(3600)
    keeper, warnings = opened(file, clock)
    assert warnings == [
        f"the wait of --resume {file.path} ended as timed out at 2026-01-31T09:01:35Z; a new wait begins"
    ]
    assert keeper.record.started_time == clock.now
    assert keeper.record.checkpoint == Checkpoint()
    assert (keeper.before(), keeper.in_a_row) == (0.0, True)


def test_a_wait_goes_on_with_its_deadline(file: RecordFile, clock: Clock) -> None:
    keeper, _ = opened(file, clock)
    clock.forward(90)
    keeper.save(CHECKPOINT)
    clock.forward(600)
    keeper, warnings = opened(file, clock)
    assert warnings == []
    assert (keeper.before(), keeper.in_a_row) == (690.0, False)
    assert keeper.record.deadline_time == NOW + timedelta(minutes=30)
    assert keeper.record.runs == 2


@pytest.mark.parametrize(("gap", "follows"), [(0, True), (33, True), (33.1, False), (34, False)])
def test_counts_in_a_row_survive_a_gap_of_one_interval(
    file: RecordFile, clock: Clock, gap: float, follows: bool
) -> None:
    keeper, _ = opened(file, clock)
    clock.forward(90)
    keeper.save(CHECKPOINT)
    clock.forward(gap)
    keeper, _ = opened(file, clock)
    assert keeper.before() == pytest.approx(90.0 + gap)
    assert keeper.in_a_row == follows


def test_a_process_that_dies_before_its_first_poll_costs_no_time(file: RecordFile, clock: Clock) -> None:
    keeper, _ = opened(file, clock)
    clock.forward(90)
    keeper.save(CHECKPOINT)
    for _ in range(3):
        clock.forward(100)
        keeper, _ = opened(file, clock)
    assert (keeper.before(), keeper.in_a_row) == (390.0, False)
    assert keeper.record.runs == 4


def test_a_longer_timeout_moves_the_deadline_and_says_so(file: RecordFile, clock: Clock) -> None:
    opened(file, clock)
    clock.forward(600)
    keeper, warnings = opened(file, clock, timeout="1h")
    moves = "the deadline moves from 2026-01-31T09:30:00Z to 2026-01-31T10:00:00Z"
    assert warnings == [f"the timeout is 1h, and was 30m in --resume {file.path}: {moves}"]
    assert keeper.before() == 600.0
    assert opened(file, clock, timeout="1h")[1] == []
    keeper, _ = opened(file, clock, timeout="5m")
    assert keeper.before() == 600.0, "its deadline is over"


def test_a_clock_that_went_back_gives_no_more_time(file: RecordFile, clock: Clock) -> None:
    keeper, _ = opened(file, clock)
    clock.forward(90)
    keeper.save(CHECKPOINT)
    clock.forward(-7200)
    keeper, warnings = opened(file, clock)
    assert (keeper.before(), keeper.in_a_row) == (90.0, False)
    told = (
        "the clock of this machine is at least 2h behind the record's: "
        "the deadline does not move, and counts in a row start again"
    )
    assert warnings == [told]
    keeper.save(replace(CHECKPOINT, elapsed=95.0, last_poll=95.0))
    assert warnings == [told], "once"
    assert keeper.record.deadline_time == clock.now + timedelta(seconds=1800 - 95)
    clock.forward(5)
    keeper, warnings = opened(file, clock)
    assert (keeper.before(), keeper.in_a_row, warnings) == (100.0, True, [])


def test_a_clock_that_goes_back_during_the_wait_is_told(file: RecordFile, clock: Clock) -> None:
    keeper, warnings = opened(file, clock)
    clock.forward(90)
    keeper.save(CHECKPOINT)
    clock.forward(-60)
    keeper.save(replace(CHECKPOINT, elapsed=95.0, last_poll=95.0))
    assert [each.partition(":")[0] for each in warnings] == [
        "the clock of this machine is at least 1m behind the record's"
    ]
    assert keeper.record.deadline_time < NOW + timedelta(minutes=30)


def test_a_clock_that_goes_forward_ends_the_wait_sooner(file: RecordFile, clock: Clock) -> None:
    """Nothing tells it from time that has passed."""
    opened(file, clock)
    clock.forward(7200)
    keeper, warnings = opened(file, clock)
    assert (keeper.before(), warnings) == (7200.0, [])
