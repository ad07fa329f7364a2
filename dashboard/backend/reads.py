"""Reads with one time each and a deadline, of a body that comes as the network likes."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

from dashboard.backend.seam import EXCERPT_BYTES, EXCERPT_S, Broken, Read

AHEAD_BYTES = 64 * 1024
"""Past this TCP pushes back, and a read is no more than this; what is left is the next one, after the loop had its turn."""

LATE_TURNS = 3
"""At a deadline the loop turns so often before silence is told: where it was late, what came meanwhile still lies in the
socket, and a loop may ring its timers first."""


class Source(Protocol):
    """Where a body comes from; it tells a Reads what `received` and how it `ended`."""

    def begin(self, reads: Reads) -> None: ...

    def pause(self) -> None:
        """Enough for now: what is told already may be followed by one piece more."""
        ...

    def resume(self) -> None: ...

    async def stop(self) -> None: ...


class Reads:
    """Reads of one response body: what came in one wake-up of the loop is one read. Call `stop()` when done."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._loop = asyncio.get_running_loop()
        self._pieces: list[bytes] = []
        self._at = self.last_at = self._told_at = 0.0
        self._ahead = 0
        self._more = self._paused = False
        self._end: Broken | None = None
        self._finished = False
        self._reader: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = self._deadline = 0.0
        source.begin(self)

    # Told by the source

    def received(self, piece: bytes, at: float) -> None:
        """A piece of the body came at `at`."""
        if self._finished:
            return
        self.last_at = at
        if not self._pieces:
            self._at = at
        self._pieces.append(piece)
        self._ahead += len(piece)
        if self._ahead > AHEAD_BYTES and not self._paused:
            self._paused = True
            self._source.pause()
        self._wake()

    def ended(self, broken: Broken | None) -> None:
        """No more comes; None: that is the clean end. The first call counts."""
        if not self._finished:
            self._finished, self._end = True, broken
            self._wake()

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    # Asked by the reader

    async def read(self, deadline: float) -> Read | None:
        """What came, with its time; None at `deadline`. Times never go back behind what was told before."""
        turns = LATE_TURNS
        if self._more:
            self._more = False
            await asyncio.sleep(0)
        if not self._told_at:
            self._told_at = time.monotonic()
        while not self._pieces:
            if self._end is not None:
                raise self._end
            now = time.monotonic()
            if self._finished:
                return Read(now, b"")
            if now >= deadline:
                if turns:
                    turns -= 1
                    await asyncio.sleep(0)
                    continue
                self._told_at = now
                return None
            self._deadline = deadline
            self._arm(now)
            self._reader = self._loop.create_future()
            await self._reader
        self._told_at = max(self._at, self._told_at)
        return Read(self._told_at, self._take())

    def _take(self) -> bytes:
        """What is there, at most AHEAD_BYTES of it."""
        pieces = self._pieces
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        if len(data) > AHEAD_BYTES:
            pieces.append(data[AHEAD_BYTES:])
            data = data[:AHEAD_BYTES]
            self._more = True
        self._ahead -= len(data)
        if self._paused and self._ahead <= AHEAD_BYTES:
            self._paused = False
            self._source.resume()
        return data

    def _arm(self, now: float) -> None:
        """One timer for the whole connection; it looks for the deadline in force when it rings (cheap at any rate)."""
        if self._timer is not None:
            if self._timer_at <= self._deadline:
                return
            self._timer.cancel()
        self._timer_at = self._deadline
        self._timer = self._loop.call_later(min(self._deadline - now, 3600.0), self._ring)

    def _ring(self) -> None:
        self._timer = None
        now = time.monotonic()
        if now >= self._deadline:
            self._wake()
        else:
            self._arm(now)

    async def excerpt(self) -> bytes:
        body, deadline = b"", time.monotonic() + EXCERPT_S
        try:
            while len(body) < EXCERPT_BYTES:
                got = await self.read(deadline)
                if got is None or not got.data:
                    break
                body += got.data
        except Broken:
            pass
        return body[:EXCERPT_BYTES]

    async def stop(self) -> int:
        """Lets go of the source; what was not read is gone, and so many bytes it was."""
        if self._timer is not None:
            self._timer.cancel()
        self._finished = True
        await self._source.stop()
        return self._ahead
