"""The live view on a pseudo-terminal, as the terminal shows it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cli_support import command, environment, run, terminal
from lease_support import KIND, NOTEBOOK
from record_support import make_older
from terminal_support import on_terminal

from pulumi_nbcloud.mock import MockClouds

TARGET = f"{KIND}/{NOTEBOOK}"


@pytest.mark.parametrize("columns", [80, 160])
def test_each_target_what_is_wanted_and_a_bar(clouds: MockClouds, columns: int) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    clouds.hpcai.put_instance("notebook-1", status="x" * 60, name="n")
    targets = (f"lease={TARGET}", "instance=hpcai:Instance/notebook-1")
    until = 'lease.running && instance.status == "Running" || lease.project_id == "' + "y" * 200 + '"'
    with terminal(clouds, "wait", *targets, "--until", until, "--timeout", "1h", columns=columns) as shown:
        lines = shown.until("not_running_reason=NOT_RUNNING(.|\n)*time .* of 1h")
        assert re.match(r"∙  lease +running=false, not_running_reason=NOT_RUNNING$", lines[0])
        assert re.match(r"∙  instance +name=n,", lines[1])
        assert f"status={'x' * 60}" in "".join(line.strip() for line in lines), "a value goes on in the next line"
        (expected,) = [line for line in lines if "expected  " in line]
        assert re.match(r"   expected +lease\.running && instance\.status", expected)
        assert expected.endswith("\u2026"), "cut, and not on a second line"
        assert re.match(r"   time +\S+ +\d\S* of 1h$", lines[-1])
        assert all(len(line) < columns for line in lines)
        shown.process.sendintr()
        assert shown.end() == 130
        # The view is gone; what stays is the error and the result.
        assert not [line for line in shown.lines if line.startswith(("   time", "   expected "))]
        whole = "".join(shown.lines)
        assert "cancelled after " in whole
        assert "  actual: lease: running=false" in whole
        assert "cancelled" in shown.lines, "the result, which is for programs"
        assert not shown.screen.cursor.hidden


def test_where_there_is_no_room_what_is_not_ready_comes_first(clouds: MockClouds) -> None:
    names = [f"instance_{number:02}" for number in range(40)]
    for name in names:
        clouds.hpcai.put_instance(name, status="Pending" if name in names[20::10] else "Running")
    targets = [f"{name}=hpcai:Instance/{name}" for name in names]
    with terminal(clouds, "wait", *targets, "--timeout", "1h") as shown:
        lines = shown.until("Pending(.|\n)*Running(.|\n)*time .* of 1h")
        shown.process.sendintr()
    marks = [line[0] for line in lines if not line.startswith(" ")]
    assert marks == ["∙"] * 2 + ["✓"] * (len(marks) - 2)
    assert [line.split()[1] for line in lines[:3]] == ["instance_20", "instance_30", "instance_00"]
    (more,) = [line.strip() for line in lines if " more: " in line]
    assert more == f"and {40 - len(marks)} more: {40 - len(marks)} ready"
    assert len(lines) == 23, "one row of the terminal stays empty"


def test_a_long_name_is_whole(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    name = "the_lease_of_the_notebook_that_trains_the_model"
    with terminal(clouds, "wait", f"{name}={TARGET}", "--timeout", "1h") as shown:
        lines = shown.until("NOT_RUNNING(.|\n)*time .* of 1h")
    assert "".join(line[3:29].strip() for line in lines[:2]) == name


def test_a_change_is_shown_and_the_result_stays(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STARTING")
    with terminal(clouds, "wait", TARGET, "--interval", "1s") as shown:
        shown.until("self +running=false, not_running_reason=STARTING")
        clouds.modelarts.add_transition(NOTEBOOK, status="RUNNING")
        assert shown.end() == 0
        assert re.match(r"met after \d+s, \d+ polls: running=true, type=TIMING", shown.lines[0])
        assert not [line for line in shown.lines if "time  " in line]
        assert not shown.screen.cursor.hidden


def test_a_wait_that_goes_on_shows_all_of_its_time_and_ends_as_awaiting(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    kept = ("wait", TARGET, "--timeout", "40h", "--resume", str(tmp_path / "wait.json"))
    assert run(*kept, "--hold", "0", env=clouds.environment()).returncode == 75
    make_older(tmp_path / "wait.json", 5 * 3600)
    with terminal(clouds, *kept, "--hold", "1h") as shown:
        lines = shown.until("self +running=false(.|\n)*time .* of 40h")
        assert re.match(r"   time +\S+ +5h\S* of 40h$", lines[-1])
        shown.process.sendintr()
        assert shown.end() == 130
    with terminal(clouds, *kept, "--hold", "0") as shown:
        assert shown.end() == 75
        assert not [line for line in shown.lines if line.startswith("   time")]
        assert re.search(r": awaiting +after 5h\S* of 40h", "".join(shown.lines))
        assert "awaiting" in shown.lines, "the result, which is for programs"


def test_how_far_a_row_of_polls_has_come_is_shown(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK)
    times = ("--consecutive", "900", "--holds-for", "1h", "--timeout", "2h", "--interval", "1s")
    with terminal(clouds, "wait", TARGET, *times) as shown:
        shown.until(r"so far +met [2-9] of 900 polls in a row; held for \d+s of 1h")
        shown.process.sendintr()
        assert shown.end() == 130


def test_remote_text_cannot_act(clouds: MockClouds) -> None:
    clouds.hpcai.put_instance("notebook-1", name="n", status="[red]a[/red] \x1b[2J\x1b]0;title\x07\nb\u202e")
    with terminal(clouds, "wait", "hpcai:Instance/notebook-1") as shown:
        lines = shown.until(r"self +name=n, status=")
        assert "status=[red]a[/red] ?[2J?]0;title? b?" in "".join(lines), "as it is, without what would act"
        assert shown.screen.title == ""
        shown.process.sendintr()
        assert shown.end() == 130
        assert "\x1b]0;" not in shown.raw
        assert "\u202e" not in shown.raw


@pytest.mark.parametrize("no_color", ["", "1"])
def test_no_color(clouds: MockClouds, no_color: str) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    with terminal(clouds, "wait", TARGET, env={"NO_COLOR": no_color}) as shown:
        shown.until("time  ")
        shown.process.sendintr()
        assert shown.end() == 130
    # Colours are 30 to 49 and 90 to 107; movements of the cursor are no colours.
    coloured = re.findall(r"\x1b\[[0-9;]*?\b(?:3\d|4\d|9\d|10\d)(?:;[0-9;]*)?m", shown.raw)
    assert bool(coloured) is not bool(no_color)


def test_the_labels_are_whole_beside_a_short_name(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    with terminal(clouds, "wait", TARGET, "--timeout", "1h") as shown:
        lines = shown.until("self +running=false(.|\n)*time .* of 1h")
        assert [line[3:].partition("  ")[0] for line in lines] == ["self", "not met", "expected", "time"]


def test_a_terminal_that_cannot_redraw(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    with terminal(clouds, "wait", TARGET, "--timeout", "0", env={"TERM": "dumb"}) as shown:
        assert shown.end() == 124
    assert "waiting: running=false" in shown.raw
    assert "\x1b" not in shown.raw


def test_events_go_to_a_file_while_the_view_is_shown(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    file = tmp_path / "events.jsonl"
    line = ["-c", 'exec "$@" > "$0"', str(file), *command("wait", TARGET, "--output", "jsonl")]
    env = environment(**clouds.environment(), TERM="xterm-256color")
    with on_terminal(["sh", *line], env) as shown:
        shown.until("self +running=false")
        shown.process.sendintr()
        assert shown.end() == 130
    assert [re.search(r'"event": "(\w+)"', each)[1] for each in file.read_text().splitlines()] == [  # type: ignore[index]
        "transition",
        "result",
    ]
    assert '"event"' not in shown.raw


def test_a_table_on_a_terminal(clouds: MockClouds) -> None:
    clouds.modelarts.put_job("job-1", name="[b]n[/b]\x1b[2J", status="FINISHED")
    with terminal(clouds, "get", "modelarts:DevServerJobs", columns=250) as shown:
        assert shown.end() == 0
    head, row, _count = shown.lines
    assert head.split()[:2] == ["job_id", "name"]
    assert row.split()[0] == "job-1"
    assert "[b]n[/b]?[2J" in row
