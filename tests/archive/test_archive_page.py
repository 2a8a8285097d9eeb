"""The commands of the page on small installs, those of Docker left out, with this archive for the released one."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from archive_support import Archive
from docs_support import BLOCK, SMALL_INSTALLS, Command, Example, check, commands_in

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.mock.scenarios import RUNNING_NOTEBOOK

SHOWN = "nbcloud-0.1.0-linux-x86_64"


def commands(archive: Archive) -> tuple[Command, ...]:
    """The commands of the page, as one session, with the name of the archive for this system."""
    before, heading, after = SMALL_INSTALLS.read_text(encoding="utf-8").partition("\n## The image\n")
    assert heading
    # Docker's are those of the image.
    text = before + after.partition("\n## ")[2]
    found = [each for language, block in BLOCK.findall(text) if language == "console" for each in commands_in(block)]
    return tuple(replace(each, line=each.line.replace(SHOWN, archive.folder.name)) for each in found)


def test_commands_of_the_page_do_what_is_shown(archive: Archive, nbcloud_mock: MockClouds, tmp_path: Path) -> None:
    nbcloud_mock.modelarts.put_lease(RUNNING_NOTEBOOK)
    (tmp_path / archive.path.name).symlink_to(archive.path)
    environment = {**os.environ, "PATH": "/usr/bin:/bin", "NO_COLOR": "1", "COLUMNS": "200"}
    session = Example(SMALL_INSTALLS, 0, commands(archive))
    assert len(session.commands) >= 8
    check(session, tmp_path, environment)
