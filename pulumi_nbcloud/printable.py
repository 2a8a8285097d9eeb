"""Text from outside, made safe for a terminal, a log, a CI runner and the display of the Pulumi CLI."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

_UNPRINTABLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# What others take for a command. CI runners, in any line that a job prints: `##vso[…]` and `##[…]` wherever they stand,
# `::name …::` at the beginning of a line, which a terminal's width may make anywhere. The Pulumi CLI, in any text:
# colours such as `<{%reset%}>`. It panics at a colour that it does not know, drops what follows a `<{%` without an end,
# and acts on nothing that does not begin with these three characters.
_COMMAND = re.compile(r"#(?=#[A-Za-z]*\[)|:(?=:[A-Za-z][^:]*.*::)|<(?=\{%)")
REMOTE_TEXT_LIMIT = 200
LINE_LIMIT = 4_000


def printable(text: str, limit: int = REMOTE_TEXT_LIMIT) -> str:
    """Make text from outside safe to show, in one line.

    Args:
        text: any text; line breaks become spaces, other control, format and bidirectional characters become "?", and
            so does the first character of what a CI runner or the Pulumi CLI would take for a command.
        limit: the longest result, in characters; longer text ends in "…".

    Returns:
        One line, without characters that a terminal, a CI runner or the Pulumi CLI would act on.
    """
    # Cut first: a response may hold megabytes.
    return _inert(" ".join(text[: limit * 4].split()), limit)


def printable_lines(text: str, limit: int = LINE_LIMIT) -> str:
    """Make a message safe to show, line by line: its line breaks and spaces stay, because they are the message's own.

    Args:
        text: any text, for example a message and its hint; what `printable` made stays as it is.
        limit: the longest line, in characters; longer ones end in "…".

    Returns:
        The lines, without characters that a terminal, a CI runner or the Pulumi CLI would act on.
    """
    return "\n".join(_inert(line.expandtabs(4), limit) for line in text.split("\n"))


def shell_quoted(text: str) -> str:
    """Quote a text for a shell; `::`, at which CI runners look, is written as `:'':`, which to a shell is the same."""
    import shlex  # here, because each command loads this module

    return shlex.quote(text).replace("::", ":'':")


def inert_json(document: Mapping[str, Any], indent: int | None = None) -> str:
    """Write a document as JSON in ASCII, which no locale, terminal, CI runner or display of the Pulumi CLI acts on.

    Args:
        document: what to write.
        indent: None for one line.
    """
    import json  # here, because each command loads this module

    text = json.dumps(document, indent=indent, allow_nan=False)
    # The same text to a reader of JSON.
    return text.replace("##", "#\\u0023").replace("<{%", "<\\u007b%")


def _inert(line: str, limit: int) -> str:
    kept = line[: limit + 1]
    clean = "".join("?" if unicodedata.category(character) in _UNPRINTABLE else character for character in kept)
    clean = _COMMAND.sub("?", clean)
    return clean if len(clean) <= limit else f"{clean[: limit - 1]}…"
