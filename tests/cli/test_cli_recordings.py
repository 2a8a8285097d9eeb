"""Recordings of the command for the pages: a wait for three things, doctor, and the timeline of a wait."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from cli_support import invoke, started, terminal
from history_lines import put
from lease_support import CREATED
from nbcloud_support import LIMIT_SECONDS, eventually
from picture_support import Shot
from recording_support import Frame, Recording, compare, same_as_file
from terminal_support import Terminal

from pulumi_nbcloud.history.reading import read_history
from pulumi_nbcloud.mock import MockClouds

COLUMNS = 92
JOB, INSTANCE, SESSION = "train-7", "notebook-5ac72ea0", "etl"
PLACE = "ocid1.aidataplatform.oc1.mock.first/mock-workspace"
TARGETS = (
    f"job=modelarts:DevServerJob/{JOB}",
    f"instance=hpcai:Instance/{INSTANCE}",
    f"session=aidp:NotebookSession/{PLACE}/{SESSION}",
)


# With this rich goes to the beginning of a view that it draws again.
REDRAWN = "\r\x1b[2K\x1b[1A"


@dataclass(frozen=True)
class Step:
    """A moment of a wait.

    Args:
        shows: what is on the screen then.
        then: what happens to the clouds next.
        seconds: for how long the frame is shown.
        at: how many seconds the wait has taken, as the picture says.
    """

    shows: str
    then: Callable[[MockClouds], None]
    seconds: float
    at: int


def prepared(clouds: MockClouds) -> None:
    clouds.reset()
    clouds.modelarts.put_job(JOB, name="train", status="PROCESSING", create_at=CREATED, update_at=CREATED)
    clouds.hpcai.put_instance(INSTANCE, name="training", status="PullingImage", healthy=False)
    clouds.aidp.put_session(SESSION, lifecycle_state="CREATING", kernel=False)


def job_ends(clouds: MockClouds) -> None:
    clouds.modelarts.put_job(JOB, name="train", status="FINISHED", create_at=CREATED, update_at=CREATED)


def instance_runs(clouds: MockClouds) -> None:
    clouds.hpcai.put_instance(INSTANCE, name="training", status="Running")


def session_begins(clouds: MockClouds) -> None:
    clouds.aidp.put_session(SESSION, lifecycle_state="ACTIVE", kernel=True)


STEPS = (
    Step("PullingImage(.|\n)*CREATING", instance_runs, 2.5, 1),
    Step("status=Running", session_begins, 2.5, 3),
    Step("✓ +session", job_ends, 2.5, 5),
)


def whole_view(shown: Terminal, pattern: str) -> str:
    """What was written when the view was last drawn as a whole, once it shows something that stays.

    A busy machine hands on a view in pieces, with long pauses between them.
    """
    shown.until(pattern)
    drawn = shown.raw.count(REDRAWN)
    while shown.raw.count(REDRAWN) < drawn + 2:
        assert shown.read()
    return shown.raw[: shown.raw.rindex(REDRAWN)]


def waited(clouds: MockClouds, *options: str) -> tuple[list[Frame], Shot]:
    """Wait for three things, each of which comes once a person could see that it is waited for."""
    frames = [Frame("", 1.5, prompt=True)]
    line = ("wait", *TARGETS, "--interval", "1s", *options)
    with terminal(clouds, *line, columns=COLUMNS) as shown:
        for step in STEPS:
            frames.append(Frame(whole_view(shown, step.shows), step.seconds, step.at))
            step.then(clouds)
        assert shown.end() == 0
        return frames, shown.shot()


def test_a_wait_for_three_things(clouds: MockClouds) -> None:
    prepared(clouds)
    frames, end = waited(clouds, "--timeout", "2h")
    recording = Recording(
        "wait",
        " \\\n    ".join(("nbcloud wait", *TARGETS, "--timeout 2h")),
        "nbcloud wait with three targets on a terminal",
        "The command nbcloud wait waits for a job of ModelArts, an instance of HPC-AI and a notebook session of Oracle "
        "AI Data Platform. It shows the state of each, which clauses of the condition are not met, and how much of the "
        "two hours is over. One after the other gets ready. Then the command says that the condition is met.",
        COLUMNS,
        [*frames, Frame(end.text, 5, 7, 8)],
        still=3,  # the command takes its view away at the end
    )
    compare(recording)


def test_doctor(clouds: MockClouds) -> None:
    prepared(clouds)
    env = {"NBCLOUD_HPCAI_API_KEY": "an-old-key"}
    with terminal(clouds, "doctor", columns=COLUMNS, rows=60, env=env) as shown:
        assert shown.end() == 4
    recording = Recording(
        "doctor",
        "nbcloud doctor",
        "nbcloud doctor on a terminal",
        "The command nbcloud doctor checks each cloud in turn: its settings, whether its endpoint answers, whether the "
        "credentials are accepted, the permission to read, and the clock. An old key of HPC-AI is refused, which is "
        "marked as a failure with a hint; everything else is right.",
        COLUMNS,
        [Frame(shown.shot().text, 1)],
    )
    compare(recording)


# When what the wait has left is drawn to have happened, in seconds; it took a few.
MOMENTS = (0.0, 1.0, 480.0, 1080.0, 1260.0, 1500.0, 2520.0)


def at_moments(records: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give the lines of one wait their canned times."""
    begin = datetime(2026, 1, 31, 9, 0, tzinfo=timezone.utc)
    for record, at in zip(records, MOMENTS, strict=True):
        time = f"{begin + timedelta(seconds=at):%FT%TZ}"
        changed = {"wait": "c0ffee010203", "time": time, "polls": 96, "elapsed_seconds": at}
        moved = {name: value for name, value in changed.items() if name in record}
        transitions = [{**each, "time": time} for each in record.get("transitions", ())]
        yield {**record, **moved, **({"transitions": transitions} if transitions else {})}


def test_history_of_a_wait(clouds: MockClouds, tmp_path: Path) -> None:
    """The same wait, with a cloud that is busy for a while."""
    prepared(clouds)
    folder = tmp_path / "real"

    def lines() -> list[dict[str, Any]]:
        texts = [path.read_text(encoding="utf-8") for path in folder.glob("*.jsonl")]
        return [json.loads(each) for text in texts for each in text.splitlines()]

    def is_busy(clouds: MockClouds) -> None:
        clouds.faults.add(service="modelarts", status=503, count=1_000)

    def is_not_busy(clouds: MockClouds) -> None:
        clouds.faults.clear()

    options = ("wait", *TARGETS, "--interval", "1s", "--timeout", "50m", "--history", str(folder))
    with started(*options, env=clouds.environment()) as process:
        for number, then in enumerate((instance_runs, session_begins, is_busy, is_not_busy, job_ends), 2):
            eventually(lambda number=number: len(lines()) == number, f"line {number}")  # type: ignore[misc]
            then(clouds)
        assert process.wait(LIMIT_SECONDS) == 0
    put(tmp_path / "drawn", *at_moments(lines()))
    (wait,) = read_history(tmp_path / "drawn").waits
    assert wait.outcome == "met"
    file = tmp_path / "history.svg"
    assert invoke("history", "--history", str(tmp_path / "drawn"), "--svg", str(file)).code == 0
    ElementTree.parse(file)
    same_as_file("history.svg", file.read_text(encoding="utf-8"))
