"""`nbcloud history`: what waits left is listed, filtered and told; `nbcloud wait --history` leaves it."""

from __future__ import annotations

import json
import signal
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from cli_support import invoke, invoke_on_terminal, run, started
from history_lines import line, put
from lease_support import KIND, NOTEBOOK
from nbcloud_support import eventually

from pulumi_nbcloud.cli.history_command import Ending
from pulumi_nbcloud.history.reading import RUNNING
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.waiting.listeners import ERROR, INTERRUPTED
from pulumi_nbcloud.waiting.outcome import Outcome

TARGET = f"{KIND}/{NOTEBOOK}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NBCLOUD_HISTORY", str(tmp_path / "h"))
    put(
        tmp_path / "h",
        line("begin", "aaaa00000001"),
        line("end", "aaaa00000001", 20.0),
        line("begin", "aaaa00000002", 60.0, name="deployed", urn=None),
        line("end", "aaaa00000002", 90.0, outcome="timed_out", message="timed out after 30s of 30s"),
        line("begin", "bbbb00000003", 120.0, targets={"self": {"kind": "sim:Thing", "id": "i-77"}}),
    )
    return tmp_path / "h"


def listed(*arguments: str) -> list[str]:
    done = invoke("history", *arguments)
    assert (done.code, done.err) == (0, "")
    return [row.split()[0] for row in done.out.splitlines()[1:]]


def test_every_outcome_is_a_filter() -> None:
    assert {each.value for each in Ending} == {
        *(each.value for each in Outcome),
        "disabled",
        ERROR,
        INTERRUPTED,
        RUNNING,
    }


def test_a_table(folder: Path) -> None:
    assert invoke("history").out.splitlines() == [
        "WAIT          BEGAN                 OUTCOME      TOOK   WHAT",
        "aaaa00000001  2026-01-31T09:00:00Z  met          20s    gate trained",
        "aaaa00000002  2026-01-31T09:01:00Z  timed_out    1m30s  gate deployed",
        "bbbb00000003  2026-01-31T09:02:00Z  interrupted  -      gate trained",
    ]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--since", "2026-01-31"), ["1", "2", "3"]),
        (("--since", "2026-01-31T09:00:30Z"), ["2", "3"]),
        (("--since", "2026-01-31T10:02:00+01:00"), ["3"]),
        (("--since", "2h"), []),
        (("--outcome", "met"), ["1"]),
        (("--outcome", "met", "--outcome", "interrupted"), ["1", "3"]),
        (("--name", "train"), ["1", "3"]),
        (("--name", "i-77"), ["3"]),
        (("--name", "urn:pulumi:dev"), ["1", "3"]),
        (("--name", "train", "--outcome", "timed_out"), []),
    ],
)
def test_filters(folder: Path, arguments: tuple[str, ...], expected: list[str]) -> None:
    assert [each[-1] for each in listed(*arguments)] == expected


def test_one_wait_as_a_timeline(folder: Path) -> None:
    done = invoke("history", "aaaa00000002")
    assert done.out.splitlines() == [
        "gate deployed: timed_out",
        "  wait: aaaa00000002",
        "  stack: shop/dev",
        "  operation: create",
        "  target self: sim:Thing a",
        '  expected: self.status == "READY"',
        "  timeout: 1m",
        "  polls: 2",
        "",
        "2026-01-31T09:01:00Z  begins",
        "2026-01-31T09:01:30Z  timed out after 30s of 30s",
    ]
    assert invoke("history", "bbbb").out.splitlines()[-1] == "no line says how it ended"


@pytest.mark.parametrize(
    ("wait", "code", "error"),
    [
        ("cccc", 3, ["error: no wait cccc is recorded", "hint: nbcloud history lists them"]),
        (
            "aaaa",
            2,
            ["error: 2 waits begin with aaaa", "hint: give more of the id: aaaa00000001, aaaa00000002"],
        ),
    ],
)
def test_an_id_that_fits_no_wait_or_several(folder: Path, wait: str, code: int, error: list[str]) -> None:
    done = invoke("history", wait)
    assert (done.code, done.out, done.err.splitlines()) == (code, "", error)


def test_as_json(folder: Path) -> None:
    document = json.loads(invoke("history", "-o", "json").out)
    assert (document["schema_version"], document["unreadable_lines"]) == (1, 0)
    first = document["waits"][0]
    assert (first["wait"], first["outcome"], first["begin_time"]) == ("aaaa00000001", "met", "2026-01-31T09:00:00Z")
    assert (first["end"]["polls"], first["changes"], first["source"]) == (2, [], "gate")
    each = [json.loads(row) for row in invoke("history", "-o", "jsonl").out.splitlines()]
    assert [row["wait"] for row in each] == [row["wait"] for row in document["waits"]]
    assert json.loads(invoke("history", "bbbb", "-o", "json").out)["waits"][0]["outcome"] == "interrupted"


def test_an_empty_history(tmp_path: Path) -> None:
    done = invoke("history", "--history", str(tmp_path))
    assert (done.code, done.out, done.err) == (0, "no waits\n", "")
    assert json.loads(invoke("history", "--history", str(tmp_path), "-o", "json").out)["waits"] == []
    assert invoke("history", "--history", str(tmp_path), "-o", "jsonl").out == ""


def test_without_a_folder() -> None:
    done = invoke("history")
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines() == [
        "error: no folder of a history is named",
        "hint: give --history DIR, or set NBCLOUD_HISTORY",
    ]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    done = invoke("history", "--history", str(tmp_path / "none"))
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines() == [
        f"error: the history in {tmp_path}/none could not be read: No such file or directory",
        "hint: check the folder; waits make it with their first line",
    ]


def test_since_that_is_no_time(folder: Path) -> None:
    done = invoke("history", "--since", "yesterday")
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[0] == "error: --since 'yesterday' is not a duration"


def test_what_is_left_out_is_counted(folder: Path) -> None:
    put(folder, "{torn\n", token="cccccccc")
    assert invoke("history").err == "warning: 1 line is torn, or none that this version knows, and left out\n"
    put(folder, "{torn\n", "[]\n", token="cccccccc")
    assert invoke("history").err == "warning: 2 lines are torn, or none that this version knows, and left out\n"


def test_a_file_that_cannot_be_read_is_named_by_its_number(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pulumi_nbcloud.history.reading._lines", refused)
    done = invoke("history")
    assert (done.out, done.err) == ("no waits\n", "warning: 1 file could not be read, and left out\n")


def test_old_files_are_removed_where_keep_says_so(folder: Path) -> None:
    today = datetime.now(timezone.utc)
    put(folder, line("begin", "new"), day=f"{today - timedelta(days=3):%F}", token="eeeeeeee")
    done = invoke("history", "--keep", "30")
    assert done.err == "removed 1 file of more than 30 days ago\n"
    assert len(list(folder.iterdir())) == 1
    assert invoke("history", "--keep", "30").err == ""
    assert invoke("history", "--keep", "0").code == 2


def test_hostile_texts_are_harmless(tmp_path: Path) -> None:
    hostile = "\x1b[31mred\u202e <{%boom%}> ##vso[x]\r\n::error::x"
    record = line("begin", hostile, name=hostile, urn=hostile, expected=hostile, targets={hostile: {"id": hostile}})
    end = line("end", hostile, outcome=hostile, message=hostile, error={"hint": hostile})
    change = line("change", hostile, poll_error=hostile, transitions=[{"target": hostile, "observed": hostile}])
    put(tmp_path, record, change, end)
    for arguments in ((), (hostile,), ("-o", "json")):
        for done in (
            invoke("history", "--history", str(tmp_path), *arguments),
            invoke_on_terminal(80, "history", "--history", str(tmp_path), *arguments),
        ):
            assert done.code == 0
            assert done.out.replace("\n", "").isprintable()
            assert not any(word in done.out for word in ("<{%", "##vso", "\n::"))


# Waits of the command.


def test_a_wait_leaves_its_history(clouds: MockClouds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in clouds.environment().items():
        monkeypatch.setenv(name, value)
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    folder = tmp_path / "h"
    assert invoke("wait", TARGET, "-t", "0", "--history", str(folder)).code == 124
    assert (
        invoke("wait", f"a={TARGET}", f"b={TARGET}", "-t", "0", "--until", "stopped", "--history", str(folder)).code
        == 0
    )
    assert invoke("wait", TARGET, "--enforcement", "disabled", "--history", str(folder)).code == 0
    found = json.loads(invoke("history", "--history", str(folder), "-o", "json").out)["waits"]
    assert [(each["source"], each["name"], each["outcome"]) for each in found] == [
        ("command", f"{KIND} {NOTEBOOK}", "timed_out"),
        ("command", "a, b", "met"),
        ("command", f"{KIND} {NOTEBOOK}", "disabled"),
    ]
    assert [each["urn"] for each in found] == [None] * 3


def test_without_the_option_nothing_of_the_history_is_loaded(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK)
    before = "import atexit, sys\natexit.register(lambda: print('loaded', *sys.modules, file=sys.stderr))"
    done = run("wait", TARGET, "-q", env=clouds.environment(), before=before)
    assert done.returncode == 0
    assert not [name for name in done.stderr.split() if name.startswith("pulumi_nbcloud.history")]


def test_a_folder_that_cannot_be_written_is_one_warning(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_lease(NOTEBOOK)
    (tmp_path / "file").write_text("")
    folder = f"{tmp_path}/file/h"
    done = run("wait", TARGET, "--history", folder, env=clouds.environment())
    assert done.returncode == 0
    warning = f"warning: the history in {folder} could not be written (Not a directory), so it lacks lines; waits go on"
    assert done.stderr.splitlines().count(warning) == 1


def test_a_wait_that_is_killed_was_interrupted_and_one_that_is_ended_cancelled(
    clouds: MockClouds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    environment = {**clouds.environment(), "NBCLOUD_HISTORY": str(tmp_path / "h")}
    monkeypatch.setenv("NBCLOUD_HISTORY", str(tmp_path / "h"))
    with started("wait", TARGET, env=environment) as killed, started("wait", TARGET, env=environment) as ended:
        eventually(lambda: (tmp_path / "h").is_dir() and invoke("history").out.count(" running ") == 2, "both waits")
        eventually(lambda: invoke("history", "-o", "json").out.count('"observed"') == 2, "their first polls")
        killed.kill()
        killed.wait()
        ended.send_signal(signal.SIGTERM)
        assert ended.wait(60) == 143
    found = json.loads(invoke("history", "-o", "json").out)["waits"]
    assert sorted(each["outcome"] for each in found) == ["cancelled", "interrupted"]
