"""Text that grows by small pieces."""

from __future__ import annotations

PIECES = 32


class GrowingText:
    """O(1) a piece, and hardly more memory than the text itself: a list of small strings takes ten times what they say."""

    __slots__ = ("_joined", "_new")

    def __init__(self) -> None:
        self._joined: list[str] = []
        self._new: list[str] = []

    def add(self, piece: str) -> None:
        """At the end."""
        self._new.append(piece)
        if len(self._new) == PIECES:
            self._joined.append("".join(self._new))
            self._new = []

    def __str__(self) -> str:
        """The whole; kept joined, so that the next call is cheap."""
        if self._new or len(self._joined) > 1:
            self._joined = ["".join((*self._joined, *self._new))]
            self._new = []
        return self._joined[0] if self._joined else ""
