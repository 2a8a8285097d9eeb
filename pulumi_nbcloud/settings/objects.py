"""JSON objects that users write: a key that is there twice is refused, because readers differ in which one counts."""

from __future__ import annotations

from collections.abc import Iterable

from pulumi_nbcloud.printable import printable


class DuplicateKeyError(ValueError):
    """An object has a key twice.

    Args:
        key: the key, safe to show.
    """

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def once(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    """Make an object of its keys and values, as `json.loads` wants its `object_pairs_hook`.

    Raises:
        DuplicateKeyError: a key is there twice.
    """
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise DuplicateKeyError(printable(key, 60))
        found[key] = value
    return found
