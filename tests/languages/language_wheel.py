"""The wheel of the sources, in the place of one of a package index."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from nbcloud_support import LIMIT_SECONDS
from stack import ROOT


def build_wheel(folder: Path) -> Path:
    """Build the wheel; gives the folder, for `PIP_FIND_LINKS`."""
    line = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LIMIT_SECONDS)
    assert done.returncode == 0, done.stdout
    return folder
