"""Runs a command of the CLI in a terminal of its own, and keeps what a person sees on its screen."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pexpect
import pyte
from nbcloud_support import LIMIT_SECONDS
from stack import Stack

ROWS = 40


@dataclass
class Terminal:
    """What was shown: every screen that differs from the one before, as lines."""

    screens: list[list[str]] = field(default_factory=list)
    code: int | None = None

    def rows(self, part: str) -> list[str]:
        """The lines that hold a text, each once, in the order in which they were first seen."""
        return list(dict.fromkeys(line for screen in self.screens for line in screen if part in line))


def shown(stack: Stack, columns: int, *arguments: str, then: Callable[[Terminal], None]) -> Terminal:
    """Runs one command in a terminal until it ends.

    Args:
        stack: where.
        columns: the width of the terminal.
        arguments: of the command.
        then: called whenever something new is on the screen.
    """
    screen, seen = pyte.Screen(columns, ROWS), Terminal()
    stream = pyte.Stream(screen)
    environment = {**stack.environment, "TERM": "xterm-256color", "COLUMNS": str(columns), "LINES": str(ROWS)}
    child: pexpect.spawn[str] = pexpect.spawn(
        "pulumi",
        [*arguments, "--color", "always"],
        cwd=str(stack.folder),
        env=environment,
        dimensions=(ROWS, columns),
        encoding="utf-8",
        timeout=1,
    )
    ends = time.monotonic() + LIMIT_SECONDS
    try:
        while time.monotonic() < ends:
            try:
                stream.feed(child.read_nonblocking(65536, timeout=1))
            except pexpect.TIMEOUT:
                continue
            except pexpect.EOF:
                child.wait()
                seen.code = child.exitstatus
                return seen
            lines = [line.rstrip() for line in screen.display if line.strip()]
            if not seen.screens or seen.screens[-1] != lines:
                seen.screens.append(lines)
                then(seen)
        raise AssertionError(f"the command did not end; last on its screen:\n{seen.screens[-1:]}")
    finally:
        child.close(force=True)
