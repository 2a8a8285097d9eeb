"""Writing: the result goes to stdout, everything else to stderr."""

from __future__ import annotations

import os
import re
import sys
from enum import Enum
from typing import Any, TextIO

import typer

from pulumi_nbcloud.cli.exit_codes import ExitCode
from pulumi_nbcloud.errors import NbcloudError
from pulumi_nbcloud.printable import inert_json

SCHEMA_VERSION = 1
"""Of the JSON that the command prints; it grows when something that is there changes its meaning or goes away."""


_LINE_COMMAND = re.compile(r"^(\s*)::", re.MULTILINE)


class Format(str, Enum):
    """How a command prints its result."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"


def prepare() -> None:
    """Let both streams take any text: in a locale without UTF-8 what it cannot show is written as an escape."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def result(text: str) -> None:
    """Write a part of the result to stdout, at once.

    Args:
        text: lines; the last line break is added.

    Raises:
        typer.Exit: with exit code 74 where it cannot be written, quietly where nobody reads any more.
    """
    try:
        if sys.stdout is None:  # the process was started with stdout closed
            raise OSError("stdout is closed")
        sys.stdout.write(f"{inert(text)}\n")
        sys.stdout.flush()
    except OSError as error:
        raise typer.Exit(unwritten(error)) from None


def unwritten(error: OSError) -> ExitCode:
    """Say why stdout could not be written, nothing where its reader went away; return the exit code."""
    _drop(sys.stdout)
    if not isinstance(error, BrokenPipeError):
        say(f"error: the result could not be written: {error.strerror or error}\nhint: look at where stdout goes")
    return ExitCode.OUTPUT


def say(text: str, *, command: bool = False) -> None:
    """Write to stderr, at once, on a terminal in lines that fit; a stderr that nobody reads must not end a wait.

    Args:
        text: lines; the last line break is added.
        command: whether a CI runner is to act on it.
    """
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(f"{text if command else _fitting(inert(text))}\n")
        sys.stderr.flush()
    except OSError:
        _drop(sys.stderr)


def _fitting(text: str) -> str:
    """Break lines between words where stderr is a terminal, which would break them anywhere."""
    from pulumi_nbcloud.cli.terminal import columns_of

    columns = columns_of(sys.stderr)
    if columns is None:
        return text
    from pulumi_nbcloud.cli.layout import hang

    return "\n".join(part for line in text.split("\n") for part in hang(line, columns))


def inert(text: str) -> str:
    """Take from lines what CI runners act on: `::` at a line's start, `##[` and `##vso[` anywhere in it."""
    return _LINE_COMMAND.sub(r"\1: :", text).replace("##[", "# #[").replace("##vso[", "# #vso[")


def as_json(document: dict[str, Any], *, indent: int | None = 2) -> str:
    """Write a document as JSON in ASCII, which no locale and no terminal can spoil.

    Args:
        document: what to write, without `schema_version`, which is added in front.
        indent: None for one line.
    """
    return inert_json({"schema_version": SCHEMA_VERSION, **document}, indent)


def error_text(error: NbcloudError) -> str:
    """Write an error as it is shown: a headline, its facts, then its hint."""
    return f"error: {error}"


def _drop(stream: TextIO | None) -> None:
    """Send what is left in a stream's buffer nowhere, so that the interpreter's own flush at exit does not fail."""
    if stream is None:
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream.fileno())
    except (OSError, ValueError):
        return
    finally:
        os.close(nowhere)
