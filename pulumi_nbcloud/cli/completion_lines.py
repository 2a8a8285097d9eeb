"""The interface to shells: the hidden command `nbcloud __complete`, which their scripts call.

    nbcloud __complete bash WORDBREAKS LINE       the raw line up to the cursor
    nbcloud __complete zsh CURRENT WORD...        words as the command would receive them
    nbcloud __complete fish CURRENT WORD...       the raw current word

See `completion_scripts` for the output.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

ENTRY = "__complete"

# The special characters of bash in a word without quotes, and in double quotes.
_SPECIAL = frozenset(" \t\n\"'\\`$&|;<>()[]{}*?!#~^")
_SPECIAL_IN_QUOTES = frozenset('"\\`$')


@dataclass(frozen=True)
class Typed:
    """A parsed line.

    Args:
        words: the words before the current one, without their quotes.
        current: the current word, without its quotes.
        quote: the quotation mark that is still open, if any.
        kept: the number of characters of the current word that bash keeps; it replaces the others.
    """

    words: tuple[str, ...]
    current: str
    quote: str
    kept: int


def main(arguments: list[str]) -> None:
    """Print the completions; nothing if the line cannot be parsed."""
    if len(arguments) < 2 or arguments == ["bash", arguments[1]]:
        return
    for line in lines(arguments):
        # Our own words have no line break, but the user's may.
        sys.stdout.write(line.replace("\n", " ") + "\n")


def lines(arguments: list[str]) -> Iterator[str]:
    """Return the output lines for a script.

    Args:
        arguments: the arguments after `__complete`.
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
        # After a single word fish adds a space, unless it ends in punctuation; of two it takes the common prefix.
        yield f"+{found.offers[0].word} "


def bash_lines(line: str, breaks: str) -> Iterator[str]:
    """Return the lines for bash: the replacements of the part of the word that it replaces.

    Args:
        line: the line up to the cursor, with `nbcloud` at its start.
        breaks: the COMP_WORDBREAKS of bash.
    """
    from pulumi_nbcloud.cli.completion import complete

    typed = read(line, breaks)
    found = complete(list(typed.words[1:]), typed.current)
    yield "files" if found.files else "words"
    for each in found.offers:
        text = quoted(each.word[typed.kept :], typed.quote)
        yield text if each.goes_on or typed.quote else f"{text} "
    if len(found.offers) == 1 and found.offers[0].goes_on and typed.quote:
        # After a single text bash would close the quotation; of two it takes the common prefix.
        yield f"{quoted(found.offers[0].word[typed.kept :], typed.quote)} "


def quoted(text: str, quote: str) -> str:
    """Escape text for a line, within the open quotation mark."""
    special = {"": _SPECIAL, '"': _SPECIAL_IN_QUOTES}.get(quote, frozenset())
    return "".join(f"\\{each}" if each in special else each for each in text)


def read(line: str, breaks: str) -> Typed:
    """Split a line like a shell, with an unfinished last word.

    Args:
        line: the raw line.
        breaks: characters at which bash starts another word, although they are part of words.
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
