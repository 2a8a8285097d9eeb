"""The terminal for the result of a command: its width, and its support of styles."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from typing import TextIO

USUAL_COLUMNS = 80
_BOLD, _FAINT, _RESET = "\x1b[1m", "\x1b[2m", "\x1b[0m"


@dataclass(frozen=True)
class Terminal:
    """A terminal.

    Args:
        columns: its width.
        styles: whether it shows bold and faint text.
    """

    columns: int = USUAL_COLUMNS
    styles: bool = False

    def bold(self, text: str) -> str:
        """Return text in bold, if the terminal supports it."""
        return f"{_BOLD}{text}{_RESET}" if self.styles and text else text

    def faint(self, text: str) -> str:
        """Return less important text in faint, if the terminal supports it."""
        return f"{_FAINT}{text}{_RESET}" if self.styles and text else text


def columns_of(stream: TextIO) -> int | None:
    """Return the width of the terminal that a stream writes to; None for any other stream, or without a size."""
    try:
        return (os.get_terminal_size(stream.fileno()).columns or None) if stream.isatty() else None
    except (OSError, ValueError):
        return None


def usual_width() -> int:
    """Return the width of the terminal of the process; COLUMNS takes precedence."""
    # 0 for a pseudo-terminal without a size; from Python 3.11 on the function treats it as unknown.
    return shutil.get_terminal_size((USUAL_COLUMNS, 24)).columns or USUAL_COLUMNS


def of_stdout() -> Terminal | None:
    """Return the terminal of stdout; None if it is a file, a pipe or closed."""
    if sys.stdout is None or not sys.stdout.isatty():
        return None
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM", "") in ("", "dumb", "unknown")
    return Terminal(usual_width(), styles=not plain)
