"""Reads that follow one another, packed: 12 bytes each beside their own, where an event costs 150."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from dashboard.turn.events import ChunkArrived

READ_BYTES = 12
"""What keeping one read costs beside its bytes."""
_LOOSE = 64


class PackedReads:
    """The reads of one turn between two other events; grows at its end, and may be shortened at its beginning."""

    __slots__ = ("_at", "_data", "_first", "_sizes", "_turn")

    def __init__(self, turn: str) -> None:
        self._turn = turn
        self._at, self._sizes, self._data = array("d"), array("I"), bytearray()
        self._first = 0

    def __len__(self) -> int:
        return len(self._sizes) - self._first

    def append(self, at: float, data: bytes) -> None:
        self._at.append(at)
        self._sizes.append(len(data))
        self._data += data

    def popleft(self) -> int:
        """Forgets the oldest read; its size."""
        size = self._sizes[self._first]
        del self._data[:size]
        self._first += 1
        if self._first >= _LOOSE and 2 * self._first >= len(self._sizes):  # moves no more than was forgotten
            del self._at[: self._first], self._sizes[: self._first]
            self._first = 0
        return size

    def copy(self) -> PackedReads:
        """What is held now."""
        other = PackedReads(self._turn)
        other._at, other._sizes, other._data = self._at[self._first :], self._sizes[self._first :], self._data[:]
        return other

    def events(self) -> Iterator[ChunkArrived]:
        """The reads as they were told; nothing may be added or taken meanwhile."""
        place = 0
        for at, size in zip(self._at[self._first :], self._sizes[self._first :], strict=True):
            yield ChunkArrived(self._turn, at, size, bytes(self._data[place : place + size]))
            place += size
