"""Text from outside, made safe for a terminal, a log and a CI runner."""

from __future__ import annotations

import re
import unicodedata

_UNPRINTABLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# What CI runners take for a command in any line that a job prints: `##vso[…]` and `##[…]` wherever they stand,
# `::name …::` at the beginning of a line, which a terminal's width may make anywhere.
_CI_COMMAND = re.compile(r"#(?=#[A-Za-z]*\[)|:(?=:[A-Za-z][^:]*.*::)")
REMOTE_TEXT_LIMIT = 200


def printable(text: str, limit: int = REMOTE_TEXT_LIMIT) -> str:
    """Make text from outside safe for a terminal, a log and a CI runner.

    Args:
        text: any text; line breaks become spaces, other control, format and bidirectional characters become "?", and
            so does the first character of what a CI runner would take for a command.
        limit: the longest result, in characters; longer text ends in "…".

    Returns:
        One line, without characters that a terminal or a CI runner would act on.
    """
    # Cut first: a reply may hold megabytes.
    flat = " ".join(text[: limit * 4].split())
    clean = "".join("?" if unicodedata.category(character) in _UNPRINTABLE else character for character in flat)
    clean = _CI_COMMAND.sub("?", clean)
    return clean if len(clean) <= limit else f"{clean[: limit - 1]}…"
