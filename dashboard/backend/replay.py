"""A Transport that answers from a recording: same bytes, recorded times, same Turn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from dashboard.backend.seam import EXCERPT_BYTES, Broken, Connection, Read, Stopped
from dashboard.turn.request import Head
from dashboard.turn.verdict import Fault
from dashboard.wire.dialect import Ask
from dashboard.wire.recorded import Attempt

_BREAKS = {"truncated": "the body was cut short", "reset": "connection reset by peer"}


class ReplayTransport:
    """Plays attempts, one a connection, on a clock of its own that starts at 0 with the request.

    `speed` 1 takes as long as it took, 10 a tenth; 0 does not wait at all. The times that a Turn sees are the recorded
    ones at any speed. Past the last attempt a connection is refused.
    """

    def __init__(self, attempts: Sequence[Attempt], speed: float = 0.0) -> None:
        self._attempts = list(attempts)
        self._speed = speed
        self._began = time.monotonic()
        self._now = 0.0

    def now(self) -> float:
        return self._now

    async def warm(self) -> None:
        """A recording has nothing to load."""

    async def sleep_until(self, at: float) -> None:
        """Lets the recorded clock reach `at`, and the real one as far as the speed says."""
        self._now = max(self._now, at)
        behind_s = self._now / self._speed - (time.monotonic() - self._began) if self._speed else 0.0
        await asyncio.sleep(max(0.0, behind_s))

    async def open(self, ask: Ask, deadline: float) -> Connection | None:  # noqa: ARG002  # a recording answers anything
        if not self._attempts:
            raise Broken(Fault.CONNECT, "the recording has no further attempt")
        attempt = self._attempts.pop(0)
        if attempt.head_t > deadline:
            await self.sleep_until(deadline)
            return None
        await self.sleep_until(attempt.head_t)
        if not attempt.status:
            raise Broken(_fault(attempt.end), "recorded")
        return _ReplayConnection(self, attempt)


def _fault(end: str) -> Fault:
    return Fault(end) if end in set(Fault) else Fault.CUT


class _ReplayConnection:
    def __init__(self, transport: ReplayTransport, attempt: Attempt) -> None:
        self.head = Head(attempt.status, attempt.headers)
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
        if not data and attempt.end == "client-closed":
            raise Stopped
        return Read(max(at, self._transport.now()), data)

    async def excerpt(self) -> bytes:
        return b"".join(data for _, data in self._attempt.reads)[:EXCERPT_BYTES]

    async def aclose(self) -> None:
        """Nothing is open."""
