"""The latest events of a run, for a reader who comes back: bounded in number and in bytes. Pure."""

from __future__ import annotations

from collections import deque

from orchestrator_stub.instructions import Event


class Buffer:
    """Holds at most `events` events and `bytes_` bytes; the oldest go first."""

    def __init__(self, events: int, bytes_: int) -> None:
        self.newest = 0
        """Number of the latest event; 0 before the first."""
        self._most_events = events
        self._most_bytes = bytes_
        self._events: deque[Event] = deque()
        self._bytes = 0
        self._forgotten = 0

    @property
    def size(self) -> tuple[int, int]:
        """Events and bytes held."""
        return len(self._events), self._bytes

    def add(self, event: Event) -> None:
        self._events.append(event)
        self._bytes += len(event.data)
        self.newest = event.seq
        while len(self._events) > self._most_events or self._bytes > self._most_bytes:
            old = self._events.popleft()
            self._bytes -= len(old.data)
            self._forgotten = old.seq

    def after(self, seq: int) -> list[Event]:
        """What is held of the events later than `seq`."""
        return [event for event in self._events if event.seq > seq]

    def covers(self, seq: int) -> bool:
        """`seq` has been, and nothing later has been forgotten."""
        return self._forgotten <= seq <= self.newest
