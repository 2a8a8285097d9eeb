"""`scripts/image` where it cannot build: what it says is missing, and how its part of the tests ends then."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from docs_support import ROOT
from release_support import script


@pytest.fixture
def image(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The script on a machine that has all it needs, whatever this one has."""
    loaded = script(ROOT / "scripts" / "image")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    isfile = os.path.isfile
    monkeypatch.setattr("os.path.isfile", lambda path: str(path).startswith("/usr/share/doc/") or isfile(path))
    return loaded


def test_nothing_is_missing_where_all_is_there(image: Any) -> None:
    assert image.missing("buildah", "runc") == ""


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        ("sys.platform", "darwin", "an image holds programs of Linux"),
        (
            "shutil.which",
            lambda name: None,
            "no buildah and no runc on this machine; on Debian: apt-get install buildah runc",
        ),
        ("os.geteuid", lambda: 1000, "containers are made as root here"),
        (
            "os.path.isfile",
            lambda path: "zlib" not in str(path),
            "no /usr/share/doc/zlib1g/copyright on this machine, which needs Debian or Ubuntu",
        ),
    ],
)
def test_what_is_missing_makes_the_part_not_available_and_fails_a_build(
    place: str,
    value: Any,
    reason: str,
    image: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(place, value)
    assert image.missing("buildah", "runc") == reason
    monkeypatch.setattr(sys, "argv", ["image", "test", "tests/archive"])
    assert image.main() == image.NOT_AVAILABLE == 77
    assert capsys.readouterr().out == f"{reason}\n"
    monkeypatch.setattr(sys, "argv", ["image", "build"])
    assert image.main() == 1
    assert capsys.readouterr().err == f"error: {reason.replace(' and no runc', '').replace(' runc', '')}\n"


def test_a_build_without_an_archive(
    image: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["image", "build", "--archive", str(tmp_path / "none.tar.gz")])
    assert image.main() == 1
    assert capsys.readouterr().err == f"error: there is no {tmp_path / 'none.tar.gz'}; make archive builds it\n"


def test_the_licences_are_those_of_the_list_and_of_what_is_copied(image: Any, tmp_path: Path) -> None:
    line = "=" * 78
    headings = ("Python 3.12.1: PSF-2.0", "one 1.0: MIT AND Apache-2.0", "two 2.0: BSD-3-Clause OR MIT")
    listed = tmp_path / "licences.txt"
    listed.write_text("".join(f"{line}\n{each}\n{line}\nIts text: none.\n" for each in headings), encoding="utf-8")
    expression = "(BSD-3-Clause OR MIT) AND Apache-2.0 AND LGPL-2.1-or-later AND MIT AND PSF-2.0 AND Zlib"
    assert image.licences(listed) == expression
