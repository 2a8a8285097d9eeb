"""A command on a pseudo-terminal that a terminal emulator reads: what a person sees on the screen."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pyte
from nbcloud_support import LIMIT_SECONDS
from picture_support import Shot

ROWS = 24
# Longer than one frame takes to arrive, shorter than the pause before the next.
STILL_SECONDS = 0.05


class Terminal:
    """A command on a terminal, and what was shown: every screen that differs from the one before, as lines.

    Args:
        process: on the pseudo-terminal.
        columns: its width.
        rows: its height.
    """

    def __init__(self, process: pexpect.spawn[str], columns: int, rows: int = ROWS) -> None:
        self.process = process
        self.columns, self.height = columns, rows
        self.raw = ""
        self.code: int | None = None
        self.screens: list[list[str]] = []
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self.screen)
        self._ends = time.monotonic() + LIMIT_SECONDS

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self.screen.display if line.strip()]

    def read(self, patience: float = LIMIT_SECONDS) -> bool:
        """Takes in what came; false at the end.

        Args:
            patience: how long to wait for something, in seconds; `pexpect.TIMEOUT` where nothing came.
        """
        assert time.monotonic() < self._ends, f"the command did not end; last on its screen: {self.lines}"
        try:
            text = self.process.read_nonblocking(65536, timeout=patience)
        except pexpect.EOF:
            return False
        self.raw += text
        self._stream.feed(text)
        if not self.screens or self.screens[-1] != self.lines:
            self.screens.append(self.lines)
        return True

    def rows(self, part: str) -> list[str]:
        """The lines that hold a text, each once, in the order in which they were first seen."""
        return list(dict.fromkeys(line for screen in self.screens for line in screen if part in line))

    def until(self, pattern: str) -> list[str]:
        """Reads until the screen shows it; gives the screen of that moment."""
        while not re.search(pattern, "\n".join(self.lines)):
            assert self.read(), f"never shown: {pattern}; last: {self.lines}"
        return self.lines

    def settle(self) -> None:
        """Reads what belongs to the frame that is being drawn."""
        try:
            while self.read(STILL_SECONDS):
                pass
        except pexpect.TIMEOUT:
            return

    def shot(self, step: str = "") -> Shot:
        """What is on the screen now, for a picture; `step` says which moment that is."""
        return Shot(self.raw, self.columns, step, self.height)

    def end(self) -> int:
        """Reads to the end; gives the exit code."""
        while self.read():
            pass
        self.process.wait()
        self.code = self.process.exitstatus
        assert isinstance(self.code, int)
        return self.code


@contextmanager
def on_terminal(
    line: Sequence[str], env: Mapping[str, str], *, columns: int = 80, rows: int = ROWS, cwd: Path | None = None
) -> Iterator[Terminal]:
    """Runs a command on a terminal, and ends it whatever the test does.

    Args:
        line: the command line.
        env: its environment.
        columns: the width of the terminal.
        rows: its height.
        cwd: where it runs.
    """
    process: pexpect.spawn[str] = pexpect.spawn(
        line[0],
        list(line[1:]),
        cwd=None if cwd is None else str(cwd),
        env={"TERM": "xterm-256color", **env},
        dimensions=(rows, columns),
        encoding="utf-8",
        timeout=LIMIT_SECONDS,
    )
    try:
        yield Terminal(process, columns, rows)
    finally:
        process.close(force=True)
