"""The flight recorder: the bytes of the last turns, unwell ones longest; bounded, redacted when they leave."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from dashboard.config import Backend
from dashboard.telemetry.packed import READ_BYTES, PackedReads
from dashboard.telemetry.recording import KEPT_EVENTS, encoded
from dashboard.turn.events import Asked, ChunkArrived, Ended, Observer, TurnEvent
from dashboard.turn.verdict import Outcome
from dashboard.wire.redact import Redactor, redactor_for

TURNS = 20
"""So many unwell turns are kept; the oldest goes first."""
WELL_TURNS = 20
"""So many others; when room is needed they go before any unwell one."""
TURN_BYTES = 2 * 1024 * 1024
"""Of one turn: half of it for its beginning, half for its end. What lies between is dropped, and its size told."""
WHOLE_BYTES = 20 * 1024 * 1024
"""Of all turns together; those that still run share an eighth of it, so that many at once cost each of them little."""
NOBODY = Backend("none", "http://localhost/")
WELL = frozenset({Outcome.COMPLETED, Outcome.STOPPED})


class FlightSeen(msgspec.Struct, frozen=True):
    """One kept turn; `at` is its end in seconds of the monotonic clock, `dropped_bytes` are missing from its middle."""

    turn: str
    backend: str
    outcome: str
    fault: str
    at: float
    bytes: int
    dropped_bytes: int


class Kept(msgspec.Struct, frozen=True):
    """What is held of one turn, ended or not; `encoded` may take its time in a thread: nothing in here changes."""

    parts: tuple[TurnEvent | PackedReads, ...]
    dropped_bytes: int
    redactor: Redactor

    @property
    def asked_at(self) -> float:
        """When the turn was asked; nothing is held without that."""
        first = self.parts[0]
        return first.at if isinstance(first, Asked) else 0.0

    def events(self) -> Iterator[TurnEvent]:
        """What happened, as far as it is held."""
        for part in self.parts:
            if isinstance(part, PackedReads):
                yield from part.events()
            else:
                yield part

    def encoded(self) -> bytes:
        """As a recording that `streamgauge replay` reads, without secrets."""
        return encoded(self.events(), self.redactor, self.dropped_bytes)


class Flight:
    """An Observer of one turn: it holds on to the events of a recording, the reads among them packed."""

    __slots__ = ("_kept", "asked", "backend", "bytes", "dropped_bytes", "end", "events", "tail", "unwell")

    def __init__(self, kept: FlightRecorder, unwell: Callable[[], bool]) -> None:
        self._kept = kept
        self.unwell = unwell
        self.asked: Asked | None = None
        self.backend = NOBODY
        """As it was configured when it was asked: its secrets are those that went out."""
        self.end: Ended | None = None
        self.events: list[TurnEvent | PackedReads] = []
        self.tail: deque[TurnEvent | PackedReads] = deque()
        self.bytes = self.dropped_bytes = 0

    def observe(self, event: TurnEvent) -> None:
        """Keeps what a recording is made of."""
        kind = type(event)
        if kind is ChunkArrived:
            self._chunk(event)  # type: ignore[arg-type]
        elif kind in KEPT_EVENTS:
            (self.tail or self.events).append(event)
            if kind is Asked:
                self.asked = event  # type: ignore[assignment]
                self.backend = self._kept.backends.get(event.backend, NOBODY)  # type: ignore[union-attr]
                self._kept.took_off(self, event.turn)
            elif kind is Ended:
                self.end = event  # type: ignore[assignment]
                self._kept.landed(self, event.turn)

    def route(self, kind: type) -> Callable[[Any], None] | None:
        """What takes events of that kind; None: a recording is not made of them."""
        if kind is ChunkArrived:
            return self._chunk
        return self.observe if kind in KEPT_EVENTS else None

    def _chunk(self, event: ChunkArrived) -> None:
        size = event.size + READ_BYTES
        share = self._kept.share
        if not self.tail and self.bytes + size <= share // 2 and self._kept.room(size):
            _pack(self.events, event)
        else:
            _pack(self.tail, event)
            self._kept.take(size)
        self.bytes += size
        while self.tail and (self.bytes > share or self._kept.full):
            self._drop()

    def _drop(self) -> None:
        """The oldest read of the tail; what is no read (a reconnect) moves to the head, and stays."""
        oldest = self.tail[0]
        if isinstance(oldest, PackedReads):
            size = oldest.popleft()
            self.bytes -= size + READ_BYTES
            self.dropped_bytes += size
            self._kept.take(-size - READ_BYTES)
        else:
            self.events.append(oldest)
        if not isinstance(oldest, PackedReads) or not oldest:
            self.tail.popleft()


def _pack(parts: list[TurnEvent | PackedReads] | deque[TurnEvent | PackedReads], event: ChunkArrived) -> None:
    last = parts[-1] if parts else None
    if not isinstance(last, PackedReads):
        last = PackedReads(event.turn)
        parts.append(last)
    last.append(event.at, event.data)


class FlightRecorder:
    """Keeps the last turns: TURNS that were unwell (neither completed nor stopped, with a fault, a stall or an anomaly),
    WELL_TURNS others, and those that are running.
    """

    def __init__(self, backends: Iterable[Backend] = ()) -> None:
        self.configure(backends)
        self._kept: dict[str, Flight] = {}
        self._well: dict[str, Flight] = {}
        self._flying: dict[str, Flight] = {}
        self._bytes = 0
        self.share = TURN_BYTES
        """So much may a running turn hold now."""

    def configure(self, backends: Iterable[Backend]) -> None:
        """These are the backends from now on."""
        self.backends: Mapping[str, Backend] = {each.name: each for each in backends}

    def begin(self, unwell: Callable[[], bool]) -> Observer:
        """An Observer for one turn; `unwell` says at its end whether there was a stall or an anomaly in it."""
        return Flight(self, unwell).observe

    def list(self) -> list[FlightSeen]:
        """The unwell turns that are kept, the newest first."""
        return [_seen(flight) for flight in reversed(self._kept.values())]

    def kept(self, turn: str) -> Kept | None:
        """What is held of a turn, well or unwell or still running; None when nothing is."""
        flight = self._kept.get(turn) or self._well.get(turn) or self._flying.get(turn)
        if flight is None:
            return None
        parts = (part.copy() if isinstance(part, PackedReads) else part for part in (*flight.events, *flight.tail))
        return Kept(tuple(parts), flight.dropped_bytes, redactor_for(flight.backend))

    def holds(self, turn: str) -> bool:
        """Whether bytes of that turn are held."""
        return turn in self._kept or turn in self._well or turn in self._flying

    def export(self, turn: str) -> bytes:
        """A kept turn as a recording that `streamgauge replay` reads, without secrets. Errors: KeyError."""
        kept = self.kept(turn)
        if kept is None:
            raise KeyError(turn)
        return kept.encoded()

    # For the flights

    @property
    def full(self) -> bool:
        return self._bytes > WHOLE_BYTES

    def took_off(self, flight: Flight, turn: str) -> None:
        """A turn has begun."""
        self._flying[turn] = flight
        self._share_out()

    def landed(self, flight: Flight, turn: str) -> None:
        """A turn has ended."""
        self._flying.pop(turn, None)
        self._share_out()
        end = flight.end
        well = end is not None and end.outcome in WELL and not end.fault and not flight.unwell()
        pool, most = (self._well, WELL_TURNS) if well else (self._kept, TURNS)
        pool[turn] = flight
        if len(pool) > most:
            self._forget(pool)

    def take(self, size: int) -> None:
        """So many bytes more, or fewer, are held; older turns make room, well ones first."""
        self._bytes += size
        while self._bytes > WHOLE_BYTES and (self._well or self._kept):
            self._forget(self._well or self._kept)

    def room(self, size: int) -> bool:
        """Takes `size` bytes if they fit, older turns making room."""
        self.take(size)
        if self._bytes <= WHOLE_BYTES:
            return True
        self._bytes -= size
        return False

    def _share_out(self) -> None:
        self.share = min(TURN_BYTES, WHOLE_BYTES // 8 // max(1, len(self._flying)))

    def _forget(self, pool: dict[str, Flight]) -> None:
        self._bytes -= pool.pop(next(iter(pool))).bytes


def _seen(flight: Flight) -> FlightSeen:
    asked, end = flight.asked, flight.end
    return FlightSeen(
        turn=end.turn if end else "",
        backend=asked.backend if asked else "",
        outcome=end.outcome if end else "",
        fault=end.fault if end else "",
        at=end.at if end else 0.0,
        bytes=flight.bytes,
        dropped_bytes=flight.dropped_bytes,
    )
