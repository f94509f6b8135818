"""What was used last, within a number of bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class ByteLRU(Generic[Key, Value]):
    """Keeps what was used last within `limit` bytes, and the newest whatever its size. Not safe among threads."""

    def __init__(self, limit: int, size: Callable[[Value], int]) -> None:
        self.limit, self.bytes = limit, 0
        self._size = size
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def __len__(self) -> int:
        """Count what is kept."""
        return len(self._values)

    def get(self, key: Key) -> Value | None:
        """Return what is kept under this key, from now on the last that was used, or None."""
        if key not in self._values:
            return None
        self._values.move_to_end(key)
        return self._values[key]

    def put(self, key: Key, value: Value) -> None:
        """Keep a value, and give up what was used least lately until the bytes suffice."""
        self.pop(key)
        self._values[key] = value
        self.bytes += self._size(value)
        while self.bytes > self.limit and len(self._values) > 1:
            self.pop(next(iter(self._values)))

    def keep_only(self, key: Key) -> None:
        """Give up everything but what is kept under this key."""
        for other in [one for one in self._values if one != key]:
            self.pop(other)

    def clear(self) -> None:
        """Give up everything."""
        self._values.clear()
        self.bytes = 0

    def pop(self, key: Key) -> Value | None:
        """Give up what is kept under this key and return it, or None."""
        value = self._values.pop(key, None)
        if value is not None:
            self.bytes -= self._size(value)
        return value
