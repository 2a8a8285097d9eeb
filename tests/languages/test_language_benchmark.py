"""The benchmark of the native provider beside the dynamic one runs, in its quick form; its figures mean nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from stack import ROOT

ROWS = (
    ("start to port", "s"),
    ("  resident then", "MB"),
    ("up --parallel 256, 2 gates of two polls", "s"),
    ("  peak memory of the process", "MB"),
    ("up that changes nothing, 2 gates", "s"),
    ("Ctrl-C, 1 waiting", "s"),
    ("Ctrl-C, 2 waiting", "s"),
)


def test_the_benchmark_runs_and_prints_its_rows(cli: Path) -> None:
    line = [sys.executable, str(ROOT / "benchmarks" / "native.py"), "--quick"]
    done = subprocess.run(line, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for name, unit in ROWS:
        figures = rf"{re.escape(name)} +\d+\.\d\d {unit}, \d+\.\d\d {unit}: \d+\.\d\d( |$)"
        assert re.search(f"^{figures}", done.stdout, re.MULTILINE), done.stdout
    # Neither shell leaves anything behind.
    assert len(re.findall(r"^  operations left pending +0, 0 ", done.stdout, re.MULTILINE)) == 2
