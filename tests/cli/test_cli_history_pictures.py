"""What `nbcloud history` shows: at four widths, and in a log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from history_lines import line, put
from test_cli_pictures import line_of
from test_cli_tables_pictures import each_width

Same = Callable[..., None]

JOB = "62c89f77-fc81-45a8-9647-d6e457e73954"
UNTIL = 'job.status == "FINISHED" && (!lease.stops_itself || lease.earliest_stop_time - now > duration("30m"))'
TARGETS = {
    "job": {"kind": "modelarts:DevServerJob", "id": JOB, "profile": None},
    "lease": {"kind": "modelarts:NotebookLease", "id": "训练-notebook", "profile": "east"},
}
LATE = (
    "modelarts:DevServerJob 62c89f77-fc81-45a8-9647-d6e457e73954: timed out after 40h of 40h; expected: "
    'job.status == "FINISHED"; not met: job.status is PROCESSING, expected FINISHED; polls: 4801'
)
SHOWN = {"all": (), "one": ("c0ffee02",), "one that was interrupted": ("c0ffee03",), "none": ("--outcome", "gone")}


def seen(at: float, observed: str) -> dict[str, str]:
    return {"time": f"2026-01-31T09:{int(at) // 60:02d}:{int(at) % 60:02d}Z", "target": "job", "observed": observed}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBCLOUD_HISTORY", str(tmp_path / "h"))
    put(
        tmp_path / "h",
        line("begin", "c0ffee010203"),
        line("end", "c0ffee010203", 75.0),
        line("begin", "c0ffee020304", 90.0, name="trained", targets=TARGETS, expected=UNTIL, timeout_seconds=144_000.0),
        line("change", "c0ffee020304", 91.0, transitions=[seen(91, "status=PENDING"), seen(92, "status=PROCESSING")]),
        line("change", "c0ffee020304", 600.0, poll_error="the cloud cannot answer now"),
        line("change", "c0ffee020304", 700.0, transitions=[seen(700, "status=\x1b[31mPROCESSING")]),
        line(
            "end",
            "c0ffee020304",
            144_000.0,
            outcome="timed_out",
            message=LATE,
            polls=4801,
            error={"hint": "give a longer timeout, or look at why it does not get there"},
        ),
        line(
            "begin", "c0ffee030405", 3600.0, source="wait_before", name="a-rather-long-name-of-a-hook-for-the-web-tier"
        ),
        line("begin", "c0ffee040506", 7200.0, source="command", name=f"modelarts:DevServerJob {JOB}", urn=None),
        line("end", "c0ffee040506", 7201.0, outcome="never_appeared", message="never appeared after 1s of 30m"),
    )


@pytest.mark.parametrize("name", SHOWN)
def test_history(folder: None, same_as_picture: Same, name: str) -> None:
    arguments = ("history", *SHOWN[name])
    same_as_picture(line_of(*arguments), list(each_width(*arguments)))
