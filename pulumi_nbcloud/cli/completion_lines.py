"""What shells ask and get: the hidden entry `nbcloud __complete`, which their scripts call.

    nbcloud __complete bash WORDBREAKS LINE       the line up to the cursor, as it was typed
    nbcloud __complete zsh CURRENT WORD...        words as the command would receive them
    nbcloud __complete fish CURRENT WORD...       the current word as it was typed

See `completion_scripts` for what is printed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

ENTRY = "__complete"

# What bash acts on in a word without quotes, and in double quotes.
_SPECIAL = frozenset(" \t\n\"'\\`$&|;<>()[]{}*?!#~^")
_SPECIAL_IN_QUOTES = frozenset('"\\`$')


@dataclass(frozen=True)
class Typed:
    """A line as it was typed.

    Args:
        words: before the current one, without their quotes.
        current: the current word, without its quotes.
        quote: the quotation mark that is still open, if any.
        kept: how many characters of the current word bash leaves alone; it replaces the others.
    """

    words: tuple[str, ...]
    current: str
    quote: str
    kept: int


def main(arguments: list[str]) -> None:
    """Print what fits; nothing at all where the line is not understood."""
    if len(arguments) < 2 or arguments == ["bash", arguments[1]]:
        return
    for line in lines(arguments):
        # A word of ours holds no line break, but one that was typed may.
        sys.stdout.write(line.replace("\n", " ") + "\n")


def lines(arguments: list[str]) -> Iterator[str]:
    """Return the lines that a script reads.

    Args:
        arguments: those behind `__complete`.
    """
    from pulumi_nbcloud.cli.completion import complete

    shell, first, *rest = arguments
    if shell == "bash":
        yield from bash_lines(rest[0], first)
        return
    current = read(first, "").current if shell == "fish" else first
    found = complete(rest, current)
    yield "files" if found.files else "words"
    for each in found.offers:
        yield f"{'+' if each.goes_on else '-'}{each.word}\t{each.about}".rstrip("\t")
    if shell == "fish" and len(found.offers) == 1 and found.offers[0].goes_on:
        # Behind a single word fish puts a space, unless it ends in punctuation; of two it takes what they share.
        yield f"+{found.offers[0].word} "


def bash_lines(line: str, breaks: str) -> Iterator[str]:
    """Return the lines for bash: what is to stand in the place of the part of the word that it replaces.

    Args:
        line: up to the cursor, with `nbcloud` in front.
        breaks: its COMP_WORDBREAKS.
    """
    from pulumi_nbcloud.cli.completion import complete

    typed = read(line, breaks)
    found = complete(list(typed.words[1:]), typed.current)
    yield "files" if found.files else "words"
    for each in found.offers:
        text = quoted(each.word[typed.kept :], typed.quote)
        yield text if each.goes_on or typed.quote else f"{text} "
    if len(found.offers) == 1 and found.offers[0].goes_on and typed.quote:
        # Of a single text bash would close the quotation; of two it takes what they share.
        yield f"{quoted(found.offers[0].word[typed.kept :], typed.quote)} "


def quoted(text: str, quote: str) -> str:
    """Write text as it must stand in a line, inside of the quotation mark that is open there."""
    special = {"": _SPECIAL, '"': _SPECIAL_IN_QUOTES}.get(quote, frozenset())
    return "".join(f"\\{each}" if each in special else each for each in text)


def read(line: str, breaks: str) -> Typed:
    """Take a line apart as a shell does, the last word unfinished.

    Args:
        line: as it was typed.
        breaks: characters at which bash begins another word, which are part of words nevertheless.
    """
    words: list[str] = []
    current, quote, kept, started, escaped = "", "", 0, False, False
    for character in line:
        if escaped:
            current += character if not quote or character in _SPECIAL_IN_QUOTES else f"\\{character}"
            escaped = False
        elif character == "\\" and quote != "'":
            escaped = started = True
        elif quote:
            quote = "" if character == quote else quote
            current += character if quote else ""
        elif character in "'\"":
            quote, kept, started = character, len(current), True
        elif character.isspace():
            words += [current] if started else []
            current, kept, started = "", 0, False
        else:
            current, started = current + character, True
            kept = len(current) if character in breaks else kept
    return Typed(tuple(words), current, quote, kept)
