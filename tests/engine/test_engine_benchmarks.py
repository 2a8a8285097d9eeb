"""The benchmark that needs the real engine runs, in its quick form, so that it does not rot unseen."""

from __future__ import annotations

import subprocess
import sys

import pytest
from stack import ROOT


@pytest.mark.usefixtures("cli")
def test_updates_that_change_nothing_are_measured() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "noop.py"), "--quick"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = {line.rsplit(maxsplit=4)[0].strip(): line.split()[-1] for line in done.stdout.splitlines()[1:]}
    # A read resource is read in each update; a gate that was met keeps its answer.
    assert rows == {"an empty program": "0", "2 read resources": "2", "2 gates": "0"}
