"""Runs a command of the CLI in a terminal of its own, and keeps what a person sees on its screen."""

from __future__ import annotations

from collections.abc import Callable

from stack import Stack
from terminal_support import Terminal, on_terminal

__all__ = ["Terminal", "shown"]

ROWS = 40


def shown(stack: Stack, columns: int, *arguments: str, then: Callable[[Terminal], None] | None = None) -> Terminal:
    """Runs one command in a terminal until it ends.

    Args:
        stack: where.
        columns: the width of the terminal.
        arguments: of the command.
        then: called whenever something new is on the screen.
    """
    line = ["pulumi", *arguments, "--color", "always"]
    # The CLI believes these rather than the terminal.
    size = {"COLUMNS": str(columns), "LINES": str(ROWS)}
    with on_terminal(line, {**stack.environment, **size}, columns=columns, rows=ROWS, cwd=stack.folder) as terminal:
        seen = 0
        while terminal.read():
            if then is not None and len(terminal.screens) > seen:
                seen = len(terminal.screens)
                then(terminal)
        terminal.end()
    return terminal
