"""Reads with one time each and a deadline, from a stream of raw pieces."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

from dashboard.backend.inflate import Inflater, Undecodable
from dashboard.backend.seam import EXCERPT_BYTES, EXCERPT_S, Broken, Read

AHEAD_BYTES = 64 * 1024
"""How much is read ahead of a slow reader before TCP pushes back; so a read is at most this and one piece more."""

LATE_TURNS = 3
"""At a deadline the loop turns so often before silence is told: where it was late, what came meanwhile still lies in the
socket, and a loop may ring its timers first."""


class Reads:
    """Reads of one response body. A task of its own empties the socket, so that what came in one wake-up is one read.

    `source` gives raw pieces; `arrived` tells when the newest of them came; `broken` makes a Broken of what `source`
    raises. Call `stop()` when done.
    """

    def __init__(
        self,
        source: AsyncIterator[bytes],
        encoding: str,
        broken: Callable[[BaseException], Broken],
        arrived: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source, self._arrived, self._broken = source, arrived, broken
        self._loop = asyncio.get_running_loop()
        self._inflater = Inflater(encoding)
        self._pieces: list[bytes] = []
        self._at = self.last_at = self._told_at = 0.0
        self._ahead = 0
        self._end: Broken | None = None
        self._finished = False
        self._reader: asyncio.Future[None] | None = None
        self._room: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = self._deadline = 0.0
        self._pump = asyncio.create_task(self._read_socket(), name="stream reader")

    async def _read_socket(self) -> None:
        try:
            async for raw in self._source:
                for piece in self._inflater.feed(raw):
                    self.last_at = self._arrived()
                    if not self._pieces:
                        self._at = self.last_at
                    self._pieces.append(piece)
                    self._ahead += len(piece)
                    self._wake()
                    if self._ahead > AHEAD_BYTES:
                        self._room = self._loop.create_future()
                        await self._room
        except Undecodable as error:
            self._end = Broken(error.fault, str(error))
        except Exception as error:  # noqa: BLE001  # whatever the HTTP library raises while it reads is the network's
            self._end = self._broken(error)
        finally:
            self._finished = True
            self._wake()

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    async def read(self, deadline: float) -> Read | None:
        """What came, with its time; None at `deadline`. Times never go back behind what was told before."""
        turns = LATE_TURNS
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
        data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        self._ahead = 0
        if self._room is not None and not self._room.done():
            self._room.set_result(None)
        self._told_at = max(self._at, self._told_at)
        return Read(self._told_at, data)

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
        self._pump.cancel()
        await asyncio.gather(self._pump, return_exceptions=True)
        return self._ahead
