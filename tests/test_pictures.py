"""Each picture of text belongs to a test, and each test of a picture has one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from picture_support import PICTURES, Shot, compare, drawn, name_of, placeholders

ROOT = Path(__file__).resolve().parents[1]


def collected() -> list[str]:
    """The ids of the tests that have a picture."""
    files = [str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*_pictures.py")]
    line = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *sorted(files)]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return [each for each in done.stdout.splitlines() if "::" in each]


def test_no_picture_is_missing_and_none_is_unused() -> None:
    names = [name_of(each) for each in collected()]
    assert len(set(names)) == len(names), "two tests have the same picture"
    assert sorted(names) == sorted(str(path.relative_to(PICTURES)) for path in PICTURES.rglob("*") if path.is_file())


def test_tests_of_pictures_are_where_make_finds_them() -> None:
    users = [path.name for path in (ROOT / "tests").rglob("test_*.py") if "same_as_picture" in path.read_text("utf-8")]
    users.remove(Path(__file__).name)
    assert [each for each in users if not each.endswith("_pictures.py")] == []


def test_a_picture_is_called_as_its_test() -> None:
    assert name_of("tests/cli/test_cli_pictures.py::test_help[get]") == "cli/help_get.txt"


def test_placeholders_are_as_wide_as_what_they_stand_for() -> None:
    text = (
        "http://127.0.0.1:45678 2026-11-28T14:27:51Z 2026-11-28T14:27:51.123Z 1795876071123 nbcloud 0.1.0.dev1 "
        "4f1c6d5e0f0a4c579d0e6a1b2c3d4e01; 12s of 10m, (after 3 s, 14 polls), creating (5s), 3s ago"
    )
    assert placeholders(text) == (
        "http://127.0.0.1:PPPPP YYYY-MM-DDThh:mm:ssZ YYYY-MM-DDThh:mm:ss.mmmZ <epoch in ms> nbcloud X.Y.Z_____ "
        "request-id----------------------; NNs of 10m, (after N s, NN polls), creating (Ns), Ns ago"
    )
    fixed = "2023-11-14T22:13:20.123Z 1700000000123 2m10s of 1h, 14 polls if nothing changes"
    assert placeholders(fixed) == fixed


def test_widths_that_are_alike_are_drawn_once() -> None:
    text = "\x1b[32mok\x1b[0m \x1b[1;31mbad\x1b[0m " + "x" * 7 + "\n"
    shots = [*(Shot(text.replace("\n", "\r\n"), columns, "exit code 1") for columns in (10, 20, 30)), Shot(text)]
    assert drawn("$ command", shots) == (
        "$ command\n\n"
        "== 10 columns\n+----------\n  exit code 1:\n|ok bad xxx\n:gg RRR\n|xxxx\n+----------\n\n"
        "== 20, 30 columns\n+--------------------\n  exit code 1:\n|ok bad xxxxxxx\n:gg RRR\n+--------------------\n\n"
        "== a log\n+\n|␛[32mok␛[0m ␛[1;31mbad␛[0m xxxxxxx\n+\n\n"
        "colours: R bold red, g green\n"
    )


def test_a_change_is_shown_line_by_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("picture_support.PICTURES", tmp_path)
    test, shots = "tests/cli/test_a.py::test_b", [Shot("one\ntwo\n")]
    with pytest.raises(AssertionError, match=r"^there is no picture cli/b\.txt: make it with `make pictures`"):
        compare(test, "$ x", shots)
    monkeypatch.setattr("picture_support.REMAKE", True)
    compare(test, "$ x", shots)
    monkeypatch.setattr("picture_support.REMAKE", False)
    compare(test, "$ x", shots)
    with pytest.raises(AssertionError, match=r"(?s)cli/b\.txt has changed.*\n-\|two\n\+\|three\n"):
        compare(test, "$ x", [Shot("one\nthree\n")])
