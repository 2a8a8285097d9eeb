"""What docs/start/first-gate.md tells a newcomer to type, word for word, from an empty folder."""

from __future__ import annotations

import os
import re
from pathlib import Path

from docs_support import FIRST_GATE, Example, blocks, check, commands_in
from stack import SYSTEM
from wheel_support import build_wheel, pip_environment

# An installation, and a few polls.
SESSION_SECONDS = 1_200


def environment(cli: Path, folder: Path, wheels: Path) -> dict[str, str]:
    """What a newcomer has: the CLI and Python on PATH, and nothing else."""
    return {
        **pip_environment(wheels),
        "PATH": os.pathsep.join((str(cli), *SYSTEM)),
        "HOME": str(folder),
        "PULUMI_HOME": str(folder / ".pulumi"),
        "PULUMI_SKIP_UPDATE_CHECK": "1",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "1",
    }


def test_from_an_empty_folder_to_a_gate_that_fails(cli: Path, tmp_path: Path) -> None:
    commands = [each for text in blocks(FIRST_GATE, "console") for each in commands_in(text)]
    # What is not run in other pages, because a registry is needed, is run here.
    assert len(commands) == len(re.findall(r"^\$ ", FIRST_GATE.read_text(encoding="utf-8"), re.MULTILINE))
    folder = tmp_path / "empty"
    folder.mkdir()
    variables = environment(cli, tmp_path, build_wheel(tmp_path / "wheel"))
    check(Example(FIRST_GATE, 0, tuple(commands)), folder, variables, SESSION_SECONDS)
    assert list(folder.iterdir()) == []
