"""The wheel of the sources, in the place of one of a package index."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from nbcloud_support import LIMIT_SECONDS

ROOT = Path(__file__).resolve().parents[1]
# Where pip keeps what it has downloaded; tests have a home of their own.
_CACHE = Path.home() / ".cache" / "pip"


def build_wheel(folder: Path) -> Path:
    """Build the wheel; gives the folder, for `PIP_FIND_LINKS`."""
    line = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LIMIT_SECONDS)
    assert done.returncode == 0, done.stdout
    return folder


def pip_environment(wheels: Path) -> dict[str, str]:
    """Variables for pip: the package from a folder of wheels, the rest from the index that this machine knows."""
    registries = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_"))}
    return {
        **registries,
        "PIP_FIND_LINKS": f"{registries.get('PIP_FIND_LINKS', '')} {wheels}".strip(),
        # What was downloaded before need not be downloaded again.
        "PIP_CACHE_DIR": str(_CACHE),
    }
