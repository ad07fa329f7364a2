"""Drives a Turn over a Transport, and is the only caller of observe()."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from dashboard.backend.seam import Broken, Connection, Stopped, Transport
from dashboard.turn.events import Observer, TurnEvent
from dashboard.turn.machine import TurnState
from dashboard.turn.retry import retry_after_s
from dashboard.turn.turn import Turn
from dashboard.turn.verdict import Fault

log = logging.getLogger(__name__)


async def answer(turn: Turn, transport: Transport, observe: Observer, stopped_by: Callable[[], str]) -> None:
    """Asks, reads, tries again as the turn says; returns when it has ended.

    However this ends (cancelled, a mistake of ours), exactly one Ended is observed. `stopped_by` names who cancelled.
    """

    def tell(events: list[TurnEvent]) -> None:
        for event in events:
            observe(event)

    try:
        tell(turn.asked(transport.now()))
        while turn.state is not TurnState.ENDED:
            if turn.state is TurnState.BACKING_OFF:
                await transport.sleep_until(turn.deadline)
                tell(turn.tick(transport.now()))
            else:
                await _attempt(turn, transport, tell)
    except Exception as error:
        log.exception("turn %s", turn.id)
        tell(turn.abandon(transport.now(), "internal", Fault.INTERNAL, f"{type(error).__name__}: {error}"))
        raise
    finally:
        tell(turn.abandon(transport.now(), stopped_by()))


async def _attempt(turn: Turn, transport: Transport, tell: Callable[[list[TurnEvent]], None]) -> None:
    """One connection, from its request to its end."""
    connection: Connection | None = None
    try:
        connection = await transport.open(turn.ask, turn.deadline)
        if connection is None:
            tell(turn.tick(transport.now()))
            return
        if turn.refusal(connection.head):
            wait_s = retry_after_s(connection.head.headers.get("retry-after"), time.time())
            tell(turn.refused(connection.head, await connection.excerpt(), transport.now(), wait_s))
            return
        tell(turn.connected(connection.head, transport.now()))
        await _read(turn, transport, connection, tell)
    except Stopped:
        tell(turn.abandon(transport.now(), "person"))
    except Broken as broken:
        tell(turn.broke(broken.fault, broken.detail, transport.now()))
    finally:
        if connection is not None:
            await connection.aclose()


async def _read(
    turn: Turn, transport: Transport, connection: Connection, tell: Callable[[list[TurnEvent]], None]
) -> None:
    while turn.state not in (TurnState.ENDED, TurnState.BACKING_OFF):
        read = await connection.read(turn.deadline)
        if read is None:
            tell(turn.tick(transport.now()))
        elif read.data:
            tell(turn.feed(read.data, read.at))
        else:
            tell(turn.eof(read.at))
