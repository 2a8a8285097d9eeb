"""The SDKs for TypeScript and Go, which scripts/sdks writes once and keeps in the user's cache."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Before a test takes it away: Go and npm keep there what they have downloaded and compiled.
ENVIRON = dict(os.environ)


@functools.cache
def sdks() -> Path:
    """The folder that holds them: `nodejs/`, and `go/` with `nbcloud/` in it."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "sdks")],
        env=ENVIRON,
        stdout=subprocess.PIPE,
        stderr=sys.__stderr__,
        text=True,
    )
    assert done.returncode == 0, "scripts/sdks wrote no SDKs; it says why above"
    return Path(done.stdout.strip())
