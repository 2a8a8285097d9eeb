"""Output: the result goes to stdout, everything else to stderr."""

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
"""Of the JSON that the command prints; it increases when an existing field changes its meaning or is removed."""


_LINE_COMMAND = re.compile(r"^(\s*)::", re.MULTILINE)


class Format(str, Enum):
    """The output formats of a command."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"


def prepare() -> None:
    """Let both streams accept any text: in a locale without UTF-8, other characters become escapes."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def result(text: str) -> None:
    """Write a part of the result to stdout, and flush.

    Args:
        text: lines; the last line break is added.

    Raises:
        typer.Exit: with exit code 74 if the write fails; silently if the reader is gone.
    """
    try:
        if sys.stdout is None:  # the process was started with stdout closed
            raise OSError("stdout is closed")
        sys.stdout.write(f"{inert(text)}\n")
        sys.stdout.flush()
    except OSError as error:
        raise typer.Exit(unwritten(error)) from None


def unwritten(error: OSError) -> ExitCode:
    """Report a failed write to stdout, unless its reader is gone; return the exit code."""
    _drop(sys.stdout)
    if not isinstance(error, BrokenPipeError):
        say(f"error: the result could not be written: {error.strerror or error}\nhint: look at where stdout goes")
    return ExitCode.OUTPUT


def say(text: str, *, command: bool = False) -> None:
    """Write to stderr, and flush; wrap lines on a terminal. A stderr without a reader must not end a wait.

    Args:
        text: lines; the last line break is added.
        command: whether it is a command for a CI runner.
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
    """Defuse commands of CI runners in lines: `::` at a line's start, `##[` and `##vso[` anywhere in it."""
    return _LINE_COMMAND.sub(r"\1: :", text).replace("##[", "# #[").replace("##vso[", "# #vso[")


def as_json(document: dict[str, Any], *, indent: int | None = 2) -> str:
    """Serialize a document as JSON in ASCII, which is safe in every locale and terminal.

    Args:
        document: the document, without `schema_version`, which is added at its start.
        indent: None for one line.
    """
    return inert_json({"schema_version": SCHEMA_VERSION, **document}, indent)


def error_text(error: NbcloudError) -> str:
    """Return the text of an error: a headline, its facts, then its hint."""
    return f"error: {error}"


def _drop(stream: TextIO | None) -> None:
    """Discard the rest of a stream's buffer, so the interpreter's own flush at exit does not fail."""
    if stream is None:
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream.fileno())
    except (OSError, ValueError):
        return
    finally:
        os.close(nowhere)
