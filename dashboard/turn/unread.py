"""What could not be read of a stream, and what it may be instead."""

from __future__ import annotations

from dashboard.wire.frame import Message
from dashboard.wire.guess import looks_like

KEPT = 5
KEPT_CHARS = 65_536

_BOM = b"\xef\xbb\xbf"
_FIRST = (b"data", b"event", b"id", b"retry", b":", _BOM)


def is_no_stream(start: bytes) -> bool:
    """Whether no event stream begins with `start`, which may be as short as a byte, or nothing yet."""
    start = start.removeprefix(_BOM).lstrip(b"\r\n")
    return not any(start.startswith(first) or first.startswith(start) for first in _FIRST)


class Unread:
    """Counts messages that were not of the dialect; keeps the first KEPT of at most KEPT_CHARS characters each."""

    def __init__(self) -> None:
        self.count = 0
        self._first: list[Message] = []

    def add(self, message: Message, *, keep: bool) -> None:
        """One more; kept only while nothing of the stream could be read."""
        self.count += 1
        if keep and len(self._first) < KEPT and len(message.data) <= KEPT_CHARS:
            self._first.append(message)

    def words(self, dialect: str) -> str:
        """The dialect that nothing could be read as, and the one that it looks like."""
        name = "any dialect" if dialect == "auto" else dialect
        instead = looks_like(self._first)
        return f"{name}; {instead}" if instead else name
