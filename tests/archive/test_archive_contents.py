"""What the archive holds: all that the command needs, nothing of Pulumi, and the same bytes in each build."""

from __future__ import annotations

import platform
import sys
import tarfile
from pathlib import Path

import pytest
from archive_support import Archive, build

from pulumi_nbcloud._version import __version__

LIMIT_MB = 60
SYSTEM = "macos" if sys.platform == "darwin" else sys.platform
NAME = f"nbcloud-{__version__}-{SYSTEM}-{platform.machine().lower()}"


@pytest.fixture(scope="module")
def entries(archive: Archive) -> list[tarfile.TarInfo]:
    with tarfile.open(archive.path) as tar:
        return tar.getmembers()


def test_a_second_build_writes_the_same_bytes(archive: Archive, tmp_path: Path) -> None:
    again = build(tmp_path / "again")
    assert again.name == archive.path.name
    assert again.read_bytes() == archive.path.read_bytes()


def test_it_is_called_by_its_version_and_system_and_has_one_folder(
    archive: Archive, entries: list[tarfile.TarInfo]
) -> None:
    assert archive.path.name == f"{NAME}.tar.gz"
    assert {each.name.partition("/")[0] for each in entries} == {NAME}
    top = {each.name.split("/")[1] for each in entries if "/" in each.name}
    assert top == {"nbcloud", "_internal", "LICENSE", "THIRD-PARTY-LICENSES.txt"}


def test_nothing_in_it_says_when_where_and_by_whom_it_was_made(entries: list[tarfile.TarInfo]) -> None:
    assert {(each.uid, each.gid, each.uname, each.gname, each.mtime) for each in entries} == {(0, 0, "", "", 315532800)}
    assert {oct(each.mode) for each in entries} == {"0o644", "0o755"}
    names = [each.name.split("/") for each in entries]
    assert names == sorted(names)


def test_it_is_small_and_holds_neither_pulumi_nor_the_mock(archive: Archive, entries: list[tarfile.TarInfo]) -> None:
    assert sum(each.size for each in entries) < LIMIT_MB * 1_000_000
    folders = {each.name.split("/")[2] for each in entries if each.name.count("/") >= 2}
    assert not {
        each for each in folders if each.startswith(("pulumi-", "pulumi.", "grpc", "opentelemetry", "werkzeug"))
    }
    # Compiled modules of Python are in the program, whose table of contents has their names.
    program = archive.program.read_bytes()
    assert b"PYZ.pyz" in program
    assert len(program) < 10_000_000


def test_the_licences_of_what_is_in_it_are_in_it(archive: Archive) -> None:
    text = (archive.folder / "THIRD-PARTY-LICENSES.txt").read_text(encoding="utf-8")
    parts = text.split("=" * 78 + "\n")[1:]
    headings = [each.strip() for each in parts[::2]]
    assert headings[0].startswith("Python ")
    named = {each.split()[0] for each in headings}
    assert {"aiohttp", "cel-python", "cryptography", "pydantic", "rich", "typer", "uvicorn"} <= named
    assert not {"pulumi", "grpcio", "pytest"} & named
    # Their metadata alone names it; each of the others brings its text.
    assert [head for head, body in zip(headings, parts[1::2], strict=True) if not body.strip()] == []
