"""A Transport that answers from a recording: same bytes, recorded times, same Turn."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence

from dashboard.backend.seam import EXCERPT_BYTES, Broken, Connection, Read, Stopped
from dashboard.turn.request import Head
from dashboard.turn.verdict import Fault
from dashboard.wire.dialect import Ask
from dashboard.wire.recorded import UNFINISHED, Attempt

_BREAKS = {"truncated": "the body was cut short", "reset": "connection reset by peer"}
_LEFT = {"client-closed": "person", UNFINISHED: "recording"}
"""Ends that tell nothing of the server: who left it."""


class Pace:
    """How fast a recording is played: `speed` 1 takes as long as it took, 10 a tenth, 0 does not wait at all.

    Both may change while it plays; `position` is the second of the recording that it has reached.
    """

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._playing = True
        self._at = 0.0
        self._since = time.monotonic()
        self._changed = asyncio.Event()

    @property
    def position(self) -> float:
        going = self._playing and self._speed
        return self._at + (time.monotonic() - self._since) * self._speed if going else self._at

    @property
    def playing(self) -> bool:
        return self._playing

    @property
    def speed(self) -> float:
        return self._speed

    def set(self, *, speed: float | None = None, playing: bool | None = None) -> None:
        """Goes on from where it stands, at another speed, or stands still."""
        self._at, self._since = self.position, time.monotonic()
        self._speed = self._speed if speed is None else speed
        self._playing = self._playing if playing is None else playing
        self._changed.set()

    async def until(self, at: float) -> None:
        """Waits for second `at` of the recording."""
        await asyncio.sleep(0)
        while not self._playing or (self._speed and self.position < at):
            self._changed.clear()
            left_s = (at - self.position) / self._speed if self._playing else None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._changed.wait()
        if not self._speed:
            self._at = max(self._at, at)


class ReplayTransport:
    """Plays attempts, one a connection, on a clock of its own that starts at 0 with the request.

    `pace` is a Pace or a speed for one. The times that a Turn sees are the recorded ones at any speed. Past the last
    attempt a connection is refused; of a turn that still runs (not `whole`) no more is known, and it is left there.
    """

    def __init__(self, attempts: Sequence[Attempt], pace: Pace | float = 0.0, *, whole: bool = True) -> None:
        self._attempts = list(attempts)
        self._whole = whole
        self._pace = pace if isinstance(pace, Pace) else Pace(pace)
        self._now = 0.0

    def now(self) -> float:
        return self._now

    async def warm(self) -> None:
        """A recording has nothing to load."""

    async def sleep_until(self, at: float) -> None:
        """Lets the recorded clock reach `at`, and the real one as far as the speed says."""
        await self._pace.until(at)
        self._now = max(self._now, at)

    async def open(self, ask: Ask, deadline: float) -> Connection | None:  # noqa: ARG002  # a recording answers anything
        if not self._attempts and not self._whole:
            raise Stopped("recording")
        if not self._attempts:
            raise Broken(Fault.CONNECT, "the recording has no further attempt")
        attempt = self._attempts.pop(0)
        if attempt.head_t > deadline:
            await self.sleep_until(deadline)
            return None
        await self.sleep_until(attempt.head_t)
        if not attempt.status and attempt.end in _LEFT:
            raise Stopped(_LEFT[attempt.end])
        if not attempt.status:
            raise Broken(_fault(attempt.end), "recorded")
        return _ReplayConnection(self, attempt)


def _fault(end: str) -> Fault:
    return Fault(end) if end in set(Fault) else Fault.CUT


class _ReplayConnection:
    def __init__(self, transport: ReplayTransport, attempt: Attempt) -> None:
        self.head = Head(attempt.status, attempt.headers, attempt.dialled_t)
        self._transport = transport
        self._attempt = attempt
        self._next = 0

    async def read(self, deadline: float) -> Read | None:
        reads, attempt = self._attempt.reads, self._attempt
        at, data = reads[self._next] if self._next < len(reads) else (attempt.end_t, b"")
        # a client that ran out of time says nothing of what the server did then: silence
        if at > deadline or (not data and attempt.end == "timeout"):
            await self._transport.sleep_until(deadline)
            return None
        await self._transport.sleep_until(at)
        self._next += 1
        if not data and attempt.end in _BREAKS:
            raise Broken(Fault.CUT, _BREAKS[attempt.end])
        if not data and attempt.end in _LEFT:
            raise Stopped(_LEFT[attempt.end])
        return Read(max(at, self._transport.now()), data)

    async def excerpt(self) -> bytes:
        return b"".join(data for _, data in self._attempt.reads)[:EXCERPT_BYTES]

    async def aclose(self) -> None:
        """Nothing is open."""
