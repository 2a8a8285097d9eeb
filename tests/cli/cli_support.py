"""What tests of the command share: running it in this process or in one of its own, and making its output repeat."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import preloaded
import pytest
from nbcloud_support import LIMIT_SECONDS, folded
from picture_support import WIDTHS, Shot, placeholders
from terminal_support import ROWS, on_terminal
from terminal_support import Terminal as PseudoTerminal
from typer.main import get_command
from typer.testing import CliRunner

from pulumi_nbcloud.cli.app import app
from pulumi_nbcloud.cli.terminal import Terminal
from pulumi_nbcloud.mock import MockClouds

ROOT = str(Path(__file__).parents[2])
GOLDEN = Path(__file__).parent / "golden"


class WaitResult:
    """How the command ended in this process."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    @property
    def error(self) -> list[str]:
        """The lines of its error, from the first that says so; its facts in one line."""
        lines = folded(self.err).splitlines()
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


def command(*arguments: str, before: str = "", cold: bool = False) -> list[str]:
    """The command line of the command as a process, with every leak a failure; `cold` in a new interpreter."""
    warm = preloaded.AVAILABLE and not cold
    return (preloaded.command if warm else preloaded.cold_command)(*arguments, before=before)


def of_interpreter(env: Mapping[str, str] | None) -> bool:
    """Whether variables change what an interpreter is from its start."""
    return any(name.startswith(("PYTHON", "LC_")) for name in env or ())


def environment(**changes: str) -> dict[str, str]:
    """This process's environment, from which the tests took every setting, and changes."""
    return {**os.environ, "PYTHONPATH": ROOT, "NO_COLOR": "1", "TERM": "dumb", **changes}


def run(
    *arguments: str, before: str = "", env: Mapping[str, str] | None = None, cold: bool = False, **how: Any
) -> subprocess.CompletedProcess[str]:
    """Runs the command as a process and waits for its end."""
    return subprocess.run(
        command(*arguments, before=before, cold=cold or of_interpreter(env)),
        env=environment(**(env or {})),
        text=True,
        timeout=LIMIT_SECONDS,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, **how},
    )


@contextmanager
def started(
    *arguments: str, env: Mapping[str, str] | None = None, cold: bool = False
) -> Iterator[subprocess.Popen[str]]:
    """Starts the command as a process, and ends it whatever the test does; `cold` where its own pid counts."""
    process = subprocess.Popen(
        command(*arguments, cold=cold),
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


@contextmanager
def terminal(
    clouds: MockClouds,
    *arguments: str,
    columns: int = 80,
    rows: int = ROWS,
    before: str = "",
    env: Mapping[str, str] | None = None,
) -> Iterator[PseudoTerminal]:
    """Runs the command on a terminal with colours."""
    changed = environment(**{**clouds.environment(), "TERM": "xterm-256color", "NO_COLOR": "", **(env or {})})
    # Else rich would believe these, and not the terminal.
    changed = {name: value for name, value in changed.items() if name not in ("COLUMNS", "LINES")}
    line = command(*arguments, before=before, cold=of_interpreter(env))
    with on_terminal(line, changed, columns=columns, rows=rows) as shown:
        yield shown


def shots(
    clouds: MockClouds,
    *arguments: str,
    again: Callable[[], None] = lambda: None,
    env: Mapping[str, str] | None = None,
) -> Iterator[Shot]:
    """What a command prints that ends by itself, for a picture: at each width, and in the log of a CI run.

    Args:
        clouds: it reads them.
        arguments: of the command.
        again: prepares the clouds before each run.
        env: changes to its environment.
    """

    def at(columns: int) -> Shot:
        again()
        with terminal(clouds, *arguments, columns=columns, rows=200, env=env) as shown:
            code = shown.end()
            return shown.shot(f"exit code {code}")

    narrow, *others, wide = WIDTHS
    ends = at(narrow), at(wide)
    # Where the width does not matter to the command, it does to the terminal alone.
    alike = len({placeholders(each.text) for each in ends}) == 1
    between = [replace(ends[0], columns=columns) if alike else at(columns) for columns in others]
    yield from (ends[0], *between, ends[1])
    again()
    # A CI service keeps stdout and stderr as they come.
    kept = {**clouds.environment(), "NO_COLOR": "", "CI": "true", **(env or {})}
    done = run(*arguments, env=kept, stderr=subprocess.STDOUT)
    yield Shot(done.stdout, step=f"exit code {done.returncode}")


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
