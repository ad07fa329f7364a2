"""Reads with one time each and a deadline, of a body that comes as the network likes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

from dashboard.backend.seam import EXCERPT_BYTES, EXCERPT_S, Broken, Read

AHEAD_BYTES = 64 * 1024
"""Past this TCP pushes back, and a read is no more than this; what is left is the next one, after the loop had its turn."""

LATE_TURNS = 3
"""At a deadline the loop turns so often before silence is told: where it was late, what came meanwhile still lies in the
socket, and a loop may ring its timers first."""


GATHER_S = 0.05
"""A read that follows others sooner than this is told with those that come until then, each with its own time: to wake for
every one of 200 a second costs more than all that is done with them. Who looks does not wait for it (`tell`); a page does so
more often than this."""

GATHER_BYTES = 16 * 1024
"""More than this is told at once."""

Taker = Callable[[float, bytes], float | None]
"""Is told a read, its time and its bytes; returns by when the next one must come, None when no more is wanted."""


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
        self._times: list[float] = []
        """When each of the pieces came."""
        self.last_at = self._told_at = 0.0
        self._ahead = 0
        self._more = self._paused = False
        self._end: Broken | None = None
        self._finished = False
        self._reader: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = self._deadline = 0.0
        self._taker: Taker | None = None
        self._telling: asyncio.Handle | None = None
        self._hurried = False
        self._rest_until = 0.0
        self._failed: Exception | None = None
        source.begin(self)

    # Told by the source

    def received(self, piece: bytes, at: float) -> None:
        """A piece of the body came at `at`."""
        if self._finished:
            return
        self.last_at = at
        self._pieces.append(piece)
        self._times.append(at)
        self._ahead += len(piece)
        if self._ahead > AHEAD_BYTES and not self._paused:
            self._paused = True
            self._source.pause()
        if self._taker is None:
            self._wake()
        elif self._telling is None or (self._ahead > GATHER_BYTES and not self._hurried):
            self._tell_soon(self._rest_until - at)

    def _tell_soon(self, wait_s: float) -> None:
        """Later, but not in the middle of what the source has to say: what came in one wake-up is one read."""
        if self._telling is not None:
            self._telling.cancel()
        self._hurried = wait_s <= 0 or self._ahead > GATHER_BYTES
        self._telling = self._loop.call_soon(self._tell) if self._hurried else self._loop.call_later(wait_s, self._tell)

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
        self._told_at = max(self._times[0], self._told_at)
        return Read(self._told_at, self._take())

    async def flow(self, take: Taker, deadline: float) -> None:
        """Tells `take` each read, without a task that wakes for it; returns when `take` wants no more, the deadline came or
        the body is over (`read` then says which).

        Raises what `take` raises. Cancelled, it tells what had come.
        """
        self._taker, self._deadline = take, deadline
        if not self._told_at:
            self._told_at = time.monotonic()
        try:
            while True:
                self.tell()
                self._raise()
                now = time.monotonic()
                if self._is_through(now):
                    return
                self._arm(now)
                self._reader = self._loop.create_future()
                await self._reader
        except asyncio.CancelledError:
            self.tell()
            self._raise()
            raise
        finally:
            self._taker = None
            self._calm()

    def _is_through(self, now: float) -> bool:
        """Whether `flow` has no more to tell."""
        return self._taker is None or (not self._pieces and (self._finished or now >= self._deadline))

    def _raise(self) -> None:
        if self._failed is not None:
            raise self._failed

    def tell(self) -> None:
        """What came is told now, to whom `flow` was given; if nothing did, what comes next will be at once."""
        if not self._pieces:
            self._rest_until = 0.0
        elif self._taker is not None:
            self._calm()
            self._tell()

    def _calm(self) -> None:
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None

    def _tell(self) -> None:
        """AHEAD_BYTES at most, the rest after the loop had its turn."""
        self._telling = None
        told = 0
        while self._pieces and self._taker is not None:
            if told >= AHEAD_BYTES:
                self._tell_soon(0)
                return
            at = self._told_at = max(self._times[0], self._told_at)
            data = self._take_one()
            told += len(data)
            try:
                deadline = self._taker(at, data)
            except Exception as error:  # noqa: BLE001  # raised again by `flow`
                self._failed, deadline = error, None
            if deadline is None:
                self._taker = None
                self._wake()
                return
            self._deadline = deadline
        now = time.monotonic()
        self._rest_until = now + GATHER_S
        if self._finished:
            self._wake()
        else:
            self._arm(now)

    def _take_one(self) -> bytes:
        """What came first, at one time, at most AHEAD_BYTES of it."""
        times = self._times
        at, many = times[0], 1
        while many < len(times) and times[many] == at:
            many += 1
        return self._take(many)

    def _take(self, many: int | None = None) -> bytes:
        """What is there, or the first `many` pieces of it, at most AHEAD_BYTES."""
        pieces, times = self._pieces, self._times
        last = times[-1 if many is None else many - 1]
        data = pieces[0] if len(pieces) == 1 or many == 1 else b"".join(pieces[:many])
        del pieces[:many], times[:many]
        if len(data) > AHEAD_BYTES:
            pieces.insert(0, data[AHEAD_BYTES:])
            times.insert(0, last)
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
        self.tell()  # which may put it off
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
        self._calm()
        self._finished = True
        await self._source.stop()
        return self._ahead
