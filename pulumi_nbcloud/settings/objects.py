"""JSON objects that users write: reject duplicate keys, because parsers differ in which one counts."""

from __future__ import annotations

from collections.abc import Iterable

from pulumi_nbcloud.printable import printable


class DuplicateKeyError(ValueError):
    """An object has a duplicate key.

    Args:
        key: the key, safe to show.
    """

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def once(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    """Make an object from its keys and values; an `object_pairs_hook` for `json.loads`.

    Raises:
        DuplicateKeyError: a key occurs twice.
    """
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise DuplicateKeyError(printable(key, 60))
        found[key] = value
    return found
