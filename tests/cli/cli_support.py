"""What tests of the command share: running it in this process or in one of its own, and making its output repeat."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from nbcloud_support import LIMIT_SECONDS
from typer.main import get_command
from typer.testing import CliRunner

from pulumi_nbcloud.cli.app import app
from pulumi_nbcloud.cli.terminal import Terminal

ROOT = str(Path(__file__).parents[2])
GOLDEN = Path(__file__).parent / "golden"

# The command as its own process; what stands before it may break something on purpose.
_PROGRAM = "{before}\nimport sys\nsys.argv[0] = 'nbcloud'\nfrom pulumi_nbcloud.cli import main\nmain()"


class WaitResult:
    """How the command ended in this process."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    @property
    def error(self) -> list[str]:
        """The lines of its error, from the first that says so."""
        lines = self.err.splitlines()
        first = next((index for index, line in enumerate(lines) if line.startswith("error: ")), len(lines))
        return lines[first:]


def invoke(*arguments: str) -> WaitResult:
    """Runs the command in this process; what it raises, it raises here."""
    done = CliRunner().invoke(app, list(arguments), catch_exceptions=False, prog_name="nbcloud")
    return WaitResult(done.exit_code, done.stdout, done.stderr)


def app_commands() -> dict[str, Any]:
    """The commands by their names, as typer makes them."""
    found: Any = get_command(app)
    return dict(found.commands)


def invoke_on_terminal(columns: int, *arguments: str, styles: bool = False) -> WaitResult:
    """Runs a command that only prints in this process, as if stdout were a terminal."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pulumi_nbcloud.cli.terminal.of_stdout", lambda: Terminal(columns, styles))
        return invoke(*arguments)


def command(*arguments: str, before: str = "") -> list[str]:
    """The command line of the command as a process, with every leak a failure."""
    return [sys.executable, "-W", "error::ResourceWarning", "-c", _PROGRAM.format(before=before), *arguments]


def environment(**changes: str) -> dict[str, str]:
    """This process's environment, from which the tests took every setting, and changes."""
    return {**os.environ, "PYTHONPATH": ROOT, "NO_COLOR": "1", "TERM": "dumb", **changes}


def run(
    *arguments: str, before: str = "", env: Mapping[str, str] | None = None, **how: Any
) -> subprocess.CompletedProcess[str]:
    """Runs the command as a process and waits for its end."""
    return subprocess.run(
        command(*arguments, before=before),
        env=environment(**(env or {})),
        text=True,
        timeout=LIMIT_SECONDS,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, **how},
    )


@contextmanager
def started(*arguments: str, env: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """Starts the command as a process, and ends it whatever the test does."""
    process = subprocess.Popen(
        command(*arguments),
        env=environment(**(env or {})),
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def repeatable(text: str, url: str) -> str:
    """Takes out of JSON what differs from run to run: the mock's port, times, request ids, the time it took."""
    text = text.replace(url, "http://mock")
    text = re.sub(r'(_time"|"time"): "20(?!23-)[^"]*"', r'\1: "TIME"', text)
    text = re.sub(r'"request_id": "[0-9a-f]{32}"', '"request_id": "REQUEST"', text)
    text = re.sub(r"after \w+ of|\w+ ago", "SOME TIME", text)
    return re.sub(r'"elapsed_seconds": [0-9.]+', '"elapsed_seconds": 0', text)


def same_as_golden(name: str, text: str) -> None:
    """Compares with a golden file, after looking whether each line or the whole is JSON."""
    for document in text.splitlines() if name.endswith(".jsonl") else [text]:
        json.loads(document)
    assert text == (GOLDEN / name).read_text(encoding="utf-8")
