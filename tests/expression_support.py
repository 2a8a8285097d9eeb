"""Evaluates expressions of GitHub Actions and of Azure's templates, as far as the files of this project use them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w-]*)|(?P<sign>==|!=|&&|\|\||[!().,]))"
)
_WHOLE = re.compile(r"\s*\$\{\{(?P<inner>.*?)\}\}\s*", re.DOTALL)
_PART = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_WORDS = {"true": True, "false": False, "null": None}

Function = Callable[..., Any]


def _number(value: Any) -> float:
    """Converts to a number as both services do where types differ."""
    if value is None or value == "":
        return 0.0
    if isinstance(value, (bool, int, float)):
        return float(value)
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def _equal(left: Any, right: Any) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return left.lower() == right.lower()
    if type(left) is type(right):
        return bool(left == right)
    return _number(left) == _number(right)


def text_of(value: Any) -> str:
    """What an expression within a text becomes."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


class Expression:
    """One expression.

    Args:
        text: without the braces around it.
        contexts: what its names stand for.
        functions: by their names, beside those that every expression has.
    """

    def __init__(self, text: str, contexts: Mapping[str, Any], functions: Mapping[str, Function] | None = None) -> None:
        self._contexts = contexts
        self._functions: dict[str, Function] = {
            "toJSON": lambda value: json.dumps(value, indent=2),
            "fromJSON": json.loads,
            "eq": _equal,
            **(functions or {}),
        }
        self._tokens = self._split(text)

    @staticmethod
    def _split(text: str) -> list[tuple[str, str]]:
        tokens, place = [], 0
        while text[place:].strip():
            match = _TOKEN.match(text, place)
            assert match is not None, f"not understood: {text[place:]!r}"
            assert match.lastgroup is not None
            tokens.append((match.lastgroup, match[match.lastgroup]))
            place = match.end()
        return tokens

    def value(self) -> Any:
        value = self._or()
        assert not self._tokens, f"left over: {self._tokens}"
        return value

    def _takes(self, sign: str) -> bool:
        if self._tokens and self._tokens[0] == ("sign", sign):
            self._tokens.pop(0)
            return True
        return False

    def _or(self) -> Any:
        value = self._and()
        while self._takes("||"):
            other = self._and()
            value = value or other
        return value

    def _and(self) -> Any:
        value = self._comparison()
        while self._takes("&&"):
            other = self._comparison()
            value = value and other
        return value

    def _comparison(self) -> Any:
        value = self._not()
        if self._takes("=="):
            return _equal(value, self._not())
        if self._takes("!="):
            return not _equal(value, self._not())
        return value

    def _not(self) -> Any:
        return not self._not() if self._takes("!") else self._place()

    def _place(self) -> Any:
        value = self._primary()
        while self._takes("."):
            kind, name = self._tokens.pop(0)
            assert kind == "name", name
            value = value.get(name) if isinstance(value, Mapping) else None
        return value

    def _primary(self) -> Any:
        if self._takes("("):
            value = self._or()
            assert self._takes(")")
            return value
        kind, token = self._tokens.pop(0)
        if kind == "text":
            return token[1:-1].replace("''", "'")
        if kind == "number":
            return float(token)
        assert kind == "name", token
        if self._takes("("):
            return self._call(token)
        if token in _WORDS:
            return _WORDS[token]
        assert token in self._contexts, f"unknown: {token}"
        return self._contexts[token]

    def _call(self, name: str) -> Any:
        assert name in self._functions, f"unknown: {name}()"
        arguments = []
        while not self._takes(")"):
            arguments.append(self._or())
            self._takes(",")
        return self._functions[name](*arguments)


def inner(text: str) -> str | None:
    """The one expression that a text is, without the braces; None where it is something else."""
    match = _WHOLE.fullmatch(text)
    return match["inner"] if match is not None and "${{" not in match["inner"] else None


def filled(value: Any, contexts: Mapping[str, Any], text: Callable[[Any], str] = text_of) -> Any:
    """A value with its expressions evaluated; one that is an expression alone keeps its type."""
    if not isinstance(value, str):
        return value
    alone = inner(value)
    if alone is not None:
        return Expression(alone, contexts).value()
    return _PART.sub(lambda found: text(Expression(found[1], contexts).value()), value)
