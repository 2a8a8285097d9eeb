"""The benchmarks run: each in its quick form, so that none rots unseen. Their figures are not polled here."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"
# What each prints: the beginning of a row, and how its figures look.
ROWS = {
    "imports": (("pass", "import pulumi_nbcloud", "import pulumi", "nbcloud --help"), r" +\d+ ms +\d+ ms +\d+\.\d"),
    "lists": (
        ("json.loads of such jobs", "modelarts:DevServerJobs", "hpcai:Instances"),
        r" +100 +\d+ ms +\d+\.\d +\d+ MB",
    ),
    "parsing": (
        (
            "json.loads",
            "this package, bytes to state",
            "ModelArts' SDK, bytes to model",
            "+ all fields",
            "+ a condition",
        ),
        r".* \d+ ms +\d+\.\d\d +\d+\.\d\d",
    ),
    "serve": (
        ("reads of a gate", "cores of the service", "exit code at SIGTERM", "killed in the middle: checks lost"),
        r" +\S+( at most)?  aim: .+  met",
    ),
    "start": (
        ("empty interpreter", "package: --help", "package: get", "package: wait, until its first request"),
        r" +\d+ ms +\d+ ms +\d+\.\d",
    ),
    "sleep_loops": (
        ("gates", "gates, patches off", "a sleep loop in a thread each"),
        r" +\d+\.\d s +\d+\.\d\d s +\d+ +\d+\.\d s +\d+\.\d s",
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_benchmark_runs_and_prints_its_rows(name: str) -> None:
    command = [sys.executable, str(FOLDER / f"{name}.py"), "--quick"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    names, figures = ROWS[name]
    missing = [each for each in names if not re.search(f"^{re.escape(each)}{figures}$", done.stdout, re.MULTILINE)]
    assert not missing, done.stdout
