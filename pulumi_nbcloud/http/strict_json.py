"""Parse JSON strictly: a body that parsers read differently is refused."""

from __future__ import annotations

import json
import math
from itertools import chain
from typing import cast

from pydantic_core import from_json

_LOOKED_INTO = frozenset({dict, list, float})
_SPACES = (b" ", b"\t", b"\n", b"\r")


class DoubleKeyError(ValueError):
    """An object has a duplicate key: parsers differ in which one counts.

    Args:
        name: the key, unchanged.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def parse(body: bytes) -> object:
    """Parse JSON in UTF-8.

    Args:
        body: the bytes, without a byte order mark.

    Returns:
        The value, as `json.loads` returns it.

    Raises:
        DoubleKeyError: an object has a duplicate key.
        ValueError: it is not JSON, its nesting is deeper than about 200 levels, or it has NaN, Infinity, a number that
            no float can hold, one of thousands of digits, or half a surrogate pair.
    """
    # Strict in encoding and depth. Only keys are cached: the cache outlives the response, and a value may be secret.
    value: object = from_json(body, allow_inf_nan=False, cache_strings="keys")
    if _is_unambiguous(body, value):
        return value
    # The same with a call into Python for each object and each float: it knows which key is the duplicate.
    return cast("object", json.loads(body, object_pairs_hook=_once, parse_float=_finite))


def _is_unambiguous(body: bytes, value: object) -> bool:
    """Return whether a parsed body has no duplicate key and no infinite number for certain; False where it may.

    A key that came twice is one key in its dict. So the keys of all dicts are counted, and compared with the quotes
    before a colon in the bytes: one for each key, besides those inside of texts, which only make the count too high.
    """
    written = body.count(b'":')
    # With a space before its colon, a key would not be counted.
    if body.count(b":") != written and any(space in body and space + b":" in body for space in _SPACES):
        return False
    kept = 0
    level = [value]
    while level:
        if not all(map(math.isfinite, [each for each in level if type(each) is float])):
            return False
        objects = [each for each in level if type(each) is dict]
        kept += sum(map(len, objects))
        holders = [*map(dict.values, objects), *[each for each in level if type(each) is list]]
        # Looked for without a call into Python for each value: below the rows of a list there is mostly nothing.
        if _LOOKED_INTO.isdisjoint(map(type, chain.from_iterable(holders))):
            break
        level = [each for each in chain.from_iterable(holders) if type(each) in _LOOKED_INTO]
    return kept == written


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number too large")
    return value


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        raise DoubleKeyError(next(name for name, _ in pairs if name in seen or seen.add(name)))  # type: ignore[func-returns-value]
    return found
