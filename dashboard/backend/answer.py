"""Drives a Turn over a Transport; `answer` is the only caller of observe()."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable

import msgspec

from dashboard.backend.reads import Reads
from dashboard.backend.seam import Broken, Closed, Connection, Read, Stopped, Transport
from dashboard.turn.events import Anomaly, ChunkArrived, Ended, Observer, TurnEvent
from dashboard.turn.machine import OPEN, TurnState
from dashboard.turn.request import Left
from dashboard.turn.retry import retry_after_s
from dashboard.turn.turn import Turn
from dashboard.turn.verdict import AnomalyKind, Fault, Outcome

log = logging.getLogger(__name__)

LOOK_S = 0.1
"""After the good end the connection is watched until it ends, and no longer than this: what still comes is told."""

LOOK_BYTES = 64 * 1024

CLOSE_S = 0.15
"""Stop waits no longer than this for a connection to close."""


class Stop:
    """Who ends a turn before its time, and since when (the transport's clock; None: from when it is noticed)."""

    __slots__ = ("at", "by")

    def __init__(self, by: str, at: float | None = None) -> None:
        self.by, self.at = by, at


class Driver:
    """Does what a Turn's state says, a step at a time: connect, read, or wait. Holds at most one connection.

    Close it when done; a step may be cancelled, and the driver then closed. With `looks`, a good end is told a step after
    the read that it was in, when it is known whether anything comes after it.
    """

    def __init__(self, turn: Turn, transport: Transport, *, looks: bool = True) -> None:
        self._turn, self._transport, self._looks = turn, transport, looks
        self._connection: Connection | None = None
        self._end: Ended | None = None

    @property
    def over(self) -> bool:
        """The turn has ended and all of it is told."""
        return self._turn.state is TurnState.ENDED and self._end is None

    async def step(self) -> list[TurnEvent]:
        """The events of the next thing that happens; [] once all is told, or when a deadline told nothing."""
        turn, transport, connection = self._turn, self._transport, self._connection
        if self._end is not None:
            return await self._look(self._end)
        try:
            if connection is not None and turn.state in OPEN:
                read = await connection.read(turn.deadline)
                if read is None:
                    return turn.tick(transport.now())
                return self._read(turn.feed(read.data, read.at)) if read.data else turn.eof(read.at)
            if turn.state is TurnState.IDLE:
                await transport.warm()
                return turn.asked(transport.now())
            if turn.state is TurnState.CONNECTING:
                return await self._connect()
            if turn.state is TurnState.BACKING_OFF:
                await transport.sleep_until(turn.deadline)
                return turn.tick(transport.now())
        except Stopped as stopped:
            return turn.abandon(transport.now(), stopped.by)
        except Broken as broken:
            return turn.broke(broken.fault, broken.detail, transport.now())
        finally:
            if turn.state not in OPEN and self._end is None:
                await self.aclose()
        return []

    async def flow(self, tell: Callable[[list[TurnEvent]], None]) -> None:
        """Tells what an open stream brings as it comes, for as long as that is all that happens; then it takes a `step`."""
        turn, reads = self._turn, self._reads
        if turn.state not in OPEN or reads is None:
            return

        def take(at: float, data: bytes) -> float | None:
            tell(self._read(turn.feed(data, at)))
            return turn.deadline if turn.state in OPEN else None

        try:
            await reads.flow(take, turn.deadline)
        finally:
            if turn.state not in OPEN and self._end is None:
                await self.aclose()

    def catch_up(self) -> None:
        """What came and is about to be told, is told now."""
        if (reads := self._reads) is not None:
            reads.tell()

    @property
    def _reads(self) -> Reads | None:
        """What is open, where it can tell by itself what comes."""
        connection: object = self._connection
        return connection if isinstance(connection, Reads) else None

    def _read(self, events: list[TurnEvent]) -> list[TurnEvent]:
        """Keeps a good end back, unless it is known already that more came after it."""
        last = events[-1] if events else None
        if not self._looks or type(last) is not Ended or last.outcome is not Outcome.COMPLETED:
            return events
        if any(type(event) is Anomaly and event.kind is AnomalyKind.LATE_BYTES for event in events):
            return events
        self._end = last
        return events[:-1]

    async def _look(self, end: Ended) -> list[TurnEvent]:
        """What comes until the connection ends, or LOOK_S is over, or LOOK_BYTES came; then the end."""
        reads: list[Read] = []
        said: list[TurnEvent] = []
        with contextlib.suppress(Broken, Stopped):
            while not said and self._connection is not None and sum(len(read.data) for read in reads) < LOOK_BYTES:
                read = await self._connection.read(end.at + LOOK_S)
                if read is None or not read.data:
                    break
                reads.append(read)
                said = self._turn.late(read.data, read.at)
        await self.aclose()
        self._end = None
        if not said:
            return [end]
        came = [ChunkArrived(end.turn, read.at, len(read.data), read.data) for read in reads]
        return [*came, *said, msgspec.structs.replace(end, at=said[-1].at)]

    async def _connect(self) -> list[TurnEvent]:
        turn, transport = self._turn, self._transport
        connection = self._connection = await transport.open(turn.ask, turn.deadline)
        if connection is None:
            return turn.tick(transport.now())
        if turn.refusal(connection.head):
            wait_s = retry_after_s(connection.head.headers.get("retry-after"), time.time())
            return turn.refused(connection.head, await connection.excerpt(), transport.now(), wait_s)
        return turn.connected(connection.head, transport.now())

    async def stop(self, stop: Stop) -> list[TurnEvent]:
        """Leaves a turn that may be under way: closes its connection within CLOSE_S, tells how, then the turn's end."""
        turn, transport = self._turn, self._transport
        if turn.state is TurnState.ENDED:
            end, self._end = self._end, None
            await self.aclose()
            return [] if end is None else [end]
        at = transport.now() if stop.at is None else stop.at
        left = await self._leave(at)
        return turn.abandon(transport.now(), stop.by, left=None if turn.state is TurnState.IDLE else left)

    async def _leave(self, at: float) -> Left | None:
        """Whether what was open is closed, and what had still come of it; None where nothing can be seen."""
        if self._connection is None:
            return Left(None, 0.0, 0, None)
        seen: Closed | None = Closed(closed=False, unread=0, last_at=at)
        try:
            async with asyncio.timeout(CLOSE_S):
                seen = await self.aclose()
        except TimeoutError:
            log.warning("turn %s: its connection did not close within %s s", self._turn.id, CLOSE_S)
        if seen is None:
            return None
        last_s = seen.last_at - at
        return Left(seen.closed, max(0.0, self._transport.now() - at), seen.unread, last_s if last_s > 0 else None)

    async def aclose(self) -> Closed | None:
        """Closes the connection, if one is open: always before the next one opens."""
        connection, self._connection = self._connection, None
        return None if connection is None else await connection.aclose()


async def answer(turn: Turn, transport: Transport, observe: Observer, stop: Stop, driver: Driver | None = None) -> None:
    """Asks, reads, tries again as the turn says; returns when it has ended.

    However this ends (cancelled, a mistake of ours), exactly one Ended is observed. `stop` says who cancelled, and when;
    `driver`, a new one of the same turn, is for who wants it to `catch_up`.
    """
    driver = driver or Driver(turn, transport)

    def tell(events: list[TurnEvent]) -> None:
        for event in events:
            observe(event)

    try:
        while not driver.over:
            await driver.flow(tell)
            tell(await driver.step())
    except Exception as error:
        log.exception("turn %s", turn.id)
        tell(turn.abandon(transport.now(), "internal", Fault.INTERNAL, f"{type(error).__name__}: {error}"))
        raise
    finally:
        tell(await driver.stop(stop))
