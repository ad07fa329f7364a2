"""Chance that is not: numbers that follow from a seed, the same on every machine and Python (splitmix64)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

_T = TypeVar("_T")
_MASK = (1 << 64) - 1


class Dice:
    """A stream of numbers from one seed. Not for secrets."""

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK

    def roll(self) -> int:
        """The next number, 0…2⁶⁴−1."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        z = self._state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return z ^ (z >> 31)

    def unit(self) -> float:
        """The next number, 0 ≤ x < 1."""
        return (self.roll() >> 11) / (1 << 53)

    def pick(self, choices: Sequence[_T]) -> _T:
        """One of `choices`, which is not empty."""
        return choices[self.roll() % len(choices)]

    def noise(self, size: int) -> bytes:
        """`size` bytes, none of them a line end, and the first no field name: nothing that SSE could mistake for data."""
        rolled = (b"\xff" + bytes(self.roll() % 256 for _ in range(size)))[:size]
        return rolled.translate(bytes.maketrans(b"\r\n", b"\x80\x81"))
