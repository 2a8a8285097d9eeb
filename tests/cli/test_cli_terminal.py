"""What the command knows of the terminal that it writes to."""

from __future__ import annotations

import fcntl
import os
import struct
import sys
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from pulumi_nbcloud.cli.terminal import Terminal, of_stdout


@contextmanager
def pseudo_terminal(columns: int, environment: Mapping[str, str]) -> Iterator[None]:
    """A pseudo-terminal that is stdout; 0 columns where nobody has set its size."""
    controller, device = os.openpty()
    fcntl.ioctl(device, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with os.fdopen(device, "w") as stream, pytest.MonkeyPatch.context() as patch:
        for name in ("COLUMNS", "LINES", "NO_COLOR"):
            patch.delenv(name, raising=False)
        for name, value in {"TERM": "xterm-256color", **environment}.items():
            patch.setenv(name, value)
        patch.setattr(sys, "stdout", stream)
        patch.setattr(sys, "__stdout__", stream)
        yield
    os.close(controller)


@pytest.mark.parametrize(("columns", "width"), [(0, 80), (123, 123)])
def test_its_width(columns: int, width: int) -> None:
    with pseudo_terminal(columns, {}):
        assert of_stdout() == Terminal(width, styles=True)


def test_a_width_that_is_set_by_hand() -> None:
    with pseudo_terminal(123, {"COLUMNS": "60"}):
        assert of_stdout() == Terminal(60, styles=True)


@pytest.mark.parametrize(
    ("name", "value", "styles"),
    [
        ("NO_COLOR", "1", False),
        ("NO_COLOR", "", True),
        ("TERM", "dumb", False),
        ("TERM", "unknown", False),
        ("TERM", "", False),
        ("TERM", "vt100", True),
    ],
)
def test_styles(name: str, value: str, styles: bool) -> None:
    with pseudo_terminal(0, {name: value}):
        assert of_stdout() == Terminal(80, styles=styles)


def test_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    with open(os.devnull, "w") as file:
        monkeypatch.setattr(sys, "stdout", file)
        assert of_stdout() is None
    monkeypatch.setattr(sys, "stdout", None)
    assert of_stdout() is None


def test_styles_of_a_text() -> None:
    styled, plain = Terminal(styles=True), Terminal()
    assert (styled.bold("x"), styled.faint("x")) == ("\x1b[1mx\x1b[0m", "\x1b[2mx\x1b[0m")
    assert (plain.bold("x"), plain.faint("x")) == ("x", "x")
    assert styled.bold("") == "", "an empty text has nothing to show"
