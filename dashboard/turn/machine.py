"""A turn as a state machine without I/O: bytes and time in, turn events out.

The table below is the whole of it: what may happen in which state, and where that leads. An event that a state does
not list is a programmer's mistake (KeyError in `Turn._emit`), never something that a network can cause. The shell
(backend.answer) carries bytes and time to a Turn, and does what its state says:

    connecting                     open a connection that asks `turn.ask`
    waiting, answering, stalled    read until `turn.deadline`, then `tick`
    backing_off                    wait until `turn.deadline`, then `tick`
    ended                          close
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from dashboard.turn.events import (
    Anomaly,
    Asked,
    ChunkArrived,
    Connected,
    Connecting,
    Disconnected,
    Ended,
    Eof,
    FinishHeard,
    Guessed,
    HeadRefused,
    Heartbeat,
    MessageArrived,
    Progressed,
    Recovered,
    RetryHeard,
    RetryScheduled,
    Stalled,
    StopAudited,
    TextArrived,
    TurnEvent,
    UsageReported,
)


class TurnState(StrEnum):
    """Where a turn stands."""

    IDLE = "idle"
    CONNECTING = "connecting"
    WAITING = "waiting"
    ANSWERING = "answering"
    STALLED = "stalled"
    BACKING_OFF = "backing_off"
    ENDED = "ended"


OPEN = frozenset({TurnState.WAITING, TurnState.ANSWERING, TurnState.STALLED})

_STAYS = (
    ChunkArrived,
    Heartbeat,
    RetryHeard,
    MessageArrived,
    Progressed,
    UsageReported,
    FinishHeard,
    Anomaly,
    Guessed,
    Eof,
    StopAudited,
)


def _open(state: TurnState) -> dict[type, TurnState]:
    """What an open stream may do, whatever its state: most of it leaves the state as it is."""
    stays: dict[type, TurnState] = dict.fromkeys(_STAYS, state)
    return stays | {TextArrived: TurnState.ANSWERING, Disconnected: TurnState.BACKING_OFF, Ended: TurnState.ENDED}


TRANSITIONS: Mapping[TurnState, Mapping[type, TurnState]] = {
    TurnState.IDLE: {
        Asked: TurnState.IDLE,
        Guessed: TurnState.IDLE,
        Connecting: TurnState.CONNECTING,
        Ended: TurnState.ENDED,
    },
    TurnState.CONNECTING: {
        Connected: TurnState.WAITING,
        HeadRefused: TurnState.CONNECTING,
        StopAudited: TurnState.CONNECTING,
        Disconnected: TurnState.BACKING_OFF,
        Ended: TurnState.ENDED,
    },
    TurnState.WAITING: _open(TurnState.WAITING) | {Stalled: TurnState.STALLED},
    TurnState.ANSWERING: _open(TurnState.ANSWERING) | {Stalled: TurnState.STALLED},
    TurnState.STALLED: _open(TurnState.STALLED) | {Recovered: TurnState.WAITING},
    TurnState.BACKING_OFF: {
        RetryScheduled: TurnState.BACKING_OFF,
        StopAudited: TurnState.BACKING_OFF,
        Connecting: TurnState.CONNECTING,
        Ended: TurnState.ENDED,
    },
    TurnState.ENDED: {},
}


def after(state: TurnState, events: Iterable[TurnEvent]) -> TurnState:
    """Where these events lead from `state`, one after the other. Errors: KeyError for one that the table does not have."""
    leads = TRANSITIONS[state]
    for event in events:
        to = leads[type(event)]
        if to is not state:
            state, leads = to, TRANSITIONS[to]
    return state
