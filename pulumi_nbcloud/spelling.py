"""How texts name what a user gives: options, arguments and values, in the words of the language that they give it in.

The core names them through a `Spelling`, which whoever takes the inputs hands in: a program in Python has `PYTHON`, a
file of the service `JSON`, a program in another language `CAMEL_CASE`; the command has one of its own, with flags.
Conditions and the states that they read are snake_case in every language.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

_WORD = re.compile(r"_([a-z])")
_NAME_IN_CODE = re.compile(r"(?<![\w.])[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?!\w)")
_CODE = re.compile(r"`[^`]+`")
_LITERAL = re.compile(r"\b(?:None|True|False)\b")
_LITERALS = {"None": None, "True": True, "False": False}


class Spelling:
    """How Python writes what a program gives."""

    mapping = "a dict"
    """What an object is called that holds values by name."""

    def option(self, name: str) -> str:
        """Write the name of an option of a wait; `target` and `targets` count as such."""
        return name

    def argument(self, name: str) -> str:
        """Write the name of an argument of a kind."""
        return name

    def value(self, value: Any) -> str:
        """Write a value as it stands in a sentence."""
        return repr(value)

    def said(self, name: str, value: Any) -> str:
        """Write an option with a value as it stands in a sentence: `until 'deleted'`."""
        return f"{self.option(name)} {self.value(value)}"

    def has(self, name: str, value: Any) -> str:
        """Write that an option has a value: `not_found is 'fail'`."""
        return f"{self.option(name)} is {self.value(value)}"

    def given(self, name: str, value: Any) -> str:
        """Write an option with a value, ready to paste: `consecutive=3`."""
        # A word as sentences have it, and what is more than a word as programs do.
        is_word = isinstance(value, bool) or (isinstance(value, str) and value.isalpha())
        return f"{self.option(name)}={repr(value) if is_word else _json(value)}"

    def place(self, name: str) -> str:
        """Write the name of an option for a sentence that says what to give there: `target=`."""
        return f"{self.option(name)}="

    def off(self, name: str) -> str:
        """Write what turns an option off that is no flag."""
        return self.value(False)

    def about(self, text: str, names: Collection[str] = ()) -> str:
        """Write a sentence of documentation in the words of the language.

        Args:
            text: as Python programs read it: names in backticks are snake_case, values are Python's.
            names: the options, arguments and fields that it may speak of; other words stay as they are.
        """
        return text


class _Json(Spelling):
    """How JSON writes it."""

    mapping = "an object"

    def value(self, value: Any) -> str:
        return _json(value)

    def given(self, name: str, value: Any) -> str:
        return f"{self.value(self.option(name))}: {self.value(value)}"

    def place(self, name: str) -> str:
        return self.option(name)


class _CamelCase(_Json):
    """How programs in TypeScript and YAML write it; those in Go know it by the documentation of the package."""

    def option(self, name: str) -> str:
        return camel(name)

    def argument(self, name: str) -> str:
        return camel(name)

    def given(self, name: str, value: Any) -> str:
        return f"{self.option(name)}: {self.value(value)}"

    def off(self, name: str) -> str:
        return self.given(_OFF[name], False)

    def about(self, text: str, names: Collection[str] = ()) -> str:
        known = frozenset(names)

        def named(found: re.Match[str]) -> str:
            return camel(found[0]) if found[0] in known else found[0]

        written = _CODE.sub(lambda code: _NAME_IN_CODE.sub(named, code[0]), text)
        return _LITERAL.sub(lambda word: self.value(_LITERALS[word[0]]), written)


# Schemas of Pulumi know no property that is a text or false.
_OFF = {"fail_on": "own_failures"}

PYTHON = Spelling()
JSON: Spelling = _Json()
CAMEL_CASE: Spelling = _CamelCase()


def _json(value: Any) -> str:
    # Not at the top: the command's help loads this module, and nothing that it can do without.
    import json

    return json.dumps(value, ensure_ascii=False)


def camel(name: str) -> str:
    """Write a name in camelCase: `notebookId` of `notebook_id`."""
    # A digit behind an underscore keeps it: as there is no upper case of it, the way back would not be known.
    return _WORD.sub(lambda match: match[1].upper(), name)


def same(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that this is in another spelling, if there is one: `expire_time` for `expireTime`."""
    return next((each for each in known if _folded(each) == _folded(word)), None)


def near(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was probably meant, if one is near: another spelling before another word."""
    import difflib

    folded = {each.casefold(): each for each in known}
    found = difflib.get_close_matches(word.casefold(), folded, 1)
    return same(word, folded.values()) or (folded[found[0]] if found else None)


def _folded(word: str) -> str:
    return word.replace("_", "").casefold()
