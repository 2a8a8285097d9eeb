"""A bounded memory: the values that were used last are kept, and a value that somebody holds is found in any case."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

KeyT = TypeVar("KeyT", bound=Hashable)
ValueT = TypeVar("ValueT")


class Recent(Generic[KeyT, ValueT]):
    """Keeps the values that were used last; it belongs to one thread.

    A dropped value is not ended: its users go on, and as long as there is one, the same value is found.

    Args:
        most: how many values it keeps by itself.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._living: WeakValueDictionary[KeyT, ValueT] = WeakValueDictionary()
        self._kept: OrderedDict[KeyT, ValueT] = OrderedDict()

    def __len__(self) -> int:
        return len(self._living)

    def get(self, key: KeyT, make: Callable[[], ValueT]) -> ValueT:
        """Return the value of a key.

        Args:
            key: of the value.
            make: makes the value where there is none.
        """
        value = self._living.get(key)
        if value is None:
            value = self._living[key] = make()
        self._kept[key] = value
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return value
