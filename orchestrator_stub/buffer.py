"""The latest events of a run, for a reader who comes back: bounded in number and in bytes. Pure.

Events stand in the order in which they were sent, whatever their numbers say; a reader goes on behind the first that
has the number it names. A place is how many events had been sent until then.
"""

from __future__ import annotations

from collections import deque
from itertools import islice

from orchestrator_stub.instructions import Event


class Buffer:
    """Holds at most `events` events and `bytes_` bytes; the oldest go first."""

    def __init__(self, events: int, bytes_: int) -> None:
        self.end = 0
        """The place behind the latest event."""
        self._most_events = events
        self._most_bytes = bytes_
        self._events: deque[Event] = deque()
        self._bytes = 0
        self._forgotten = 0
        """Number of the latest event that is no longer held."""

    @property
    def size(self) -> tuple[int, int]:
        """Events and bytes held."""
        return len(self._events), self._bytes

    def add(self, event: Event) -> None:
        self._events.append(event)
        self._bytes += len(event.data)
        self.end += 1
        while len(self._events) > self._most_events or self._bytes > self._most_bytes:
            old = self._events.popleft()
            self._bytes -= len(old.data)
            self._forgotten = old.seq

    def place(self, seq: int) -> int | None:
        """The place behind the event numbered `seq`; None when that was never sent, or what followed is forgotten."""
        first = self.end - len(self._events)
        if seq == self._forgotten:
            return first
        return next((first + i for i, event in enumerate(self._events, 1) if event.seq == seq), None)

    def since(self, place: int) -> list[Event]:
        """What is held of the events behind `place`."""
        return list(islice(self._events, max(0, place - self.end + len(self._events)), None))
