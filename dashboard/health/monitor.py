"""Every turn event in, the numbers of a scope out.

Definitions, also printed where the numbers stand: an event is one SSE message, a chunk one piece of text, a
gap the time between two chunks (0 within one read), silence the time since text, reasoning, a step or a tool call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import nan
from typing import Any

from dashboard.health.scope import CLASSES, HEARTBEAT, OTHER, LiveTurn, Numbers
from dashboard.health.snapshot import Quantiles, Scope, Snapshot
from dashboard.turn.events import (
    Anomaly,
    Asked,
    ChunkArrived,
    Connected,
    Connecting,
    Disconnected,
    Ended,
    Heartbeat,
    MessageArrived,
    Progressed,
    Recovered,
    RetryScheduled,
    Stalled,
    TextArrived,
    TurnEvent,
)

SESSION_SCOPES = 256
LIVE_TURNS = 4096
COUNTED = frozenset({"live", "canary"})
"""Sources that say something about a backend now; a check's or a replay's numbers are its own."""


class Monitor:
    """Counts what happens to each backend: for the process, and for each browser session that asked it.

    An Observer. At most SESSION_SCOPES sessions' scopes are kept (the longest unasked one gives way) and LIVE_TURNS
    turns are followed. All times are seconds; `now` on the monotonic clock of the events, `wall_now` Unix.
    """

    def __init__(self, backends: Iterable[str]) -> None:
        self._names = tuple(backends)
        self._process: dict[str, Numbers] = {}
        self._sessions: dict[Scope, Numbers] = {}
        self._turns: dict[str, LiveTurn] = {}
        self._sampled = (nan, nan)
        self._handlers: dict[type, Callable[[Any], None]] = {
            Asked: self._asked,
            Connecting: self._connecting,
            Connected: self._connected,
            ChunkArrived: self._chunk,
            Heartbeat: self._heartbeat,
            MessageArrived: self._message,
            TextArrived: self._text,
            Progressed: self._progressed,
            Anomaly: self._anomaly,
            Stalled: self._stalled,
            Recovered: self._recovered,
            Disconnected: self._disconnected,
            RetryScheduled: self._retry,
            Ended: self._ended,
        }

    def configure(self, backends: Iterable[str]) -> None:
        """These are the backends from now on: the numbers of those that left are forgotten, of others they go on."""
        self._names = tuple(backends)
        for numbers in [self._process.pop(name) for name in self._process.keys() - set(self._names)]:
            for turn in numbers.live.values():
                turn.scopes.remove(numbers)
        for scope in [each for each in self._sessions if each.backend not in self._names]:
            self._drop(scope)

    def observe(self, event: TurnEvent) -> None:
        """Count one event. Turns of unknown backends and of other sources than COUNTED are passed over."""
        handler = self._handlers.get(type(event))
        if handler is not None:
            handler(event)

    def route(self, kind: type) -> Callable[[Any], None] | None:
        """What counts events of that kind; None: nothing does."""
        return self._handlers.get(kind)

    def sample(self, now: float, wall_now: float) -> None:
        """Write a row into every series; to be called 4 times a second."""
        self._begin(now)
        before, self._sampled = self._sampled, (now, wall_now)
        for numbers in self._process.values():
            numbers.sample(now, wall_now, before)
        for numbers in self._sessions.values():
            numbers.sample(now, wall_now, before)

    def snapshot(self, scope: Scope, now: float, wall_now: float) -> Snapshot:
        """The numbers of `scope`; an idle, empty one where nothing has been asked."""
        self._begin(now)
        numbers = self._sessions.get(scope) if scope.session else self._process.get(scope.backend)
        return (numbers or Numbers(scope, now)).snapshot(now, wall_now)

    def hour(self, backend: str, now: float) -> tuple[Quantiles, Quantiles]:
        """The backend's time to first text and chunk gap over the last hour, by whole minutes."""
        numbers = self._process.get(backend)
        return numbers.hour(now) if numbers else (Quantiles(), Quantiles())

    def forget(self, session: str) -> None:
        """Drop a session's numbers; its live turns go on counting for the process."""
        for scope in [each for each in self._sessions if each.session == session]:
            self._drop(scope)

    def _begin(self, now: float) -> None:
        """The first time that is told is when a backend's numbers begin."""
        if len(self._process) < len(self._names):
            self._process = {name: self._process.get(name) or Numbers(Scope(name), now) for name in self._names}

    def _drop(self, scope: Scope) -> None:
        numbers = self._sessions.pop(scope)
        for turn in numbers.live.values():
            turn.scopes.remove(numbers)

    # One event

    def _asked(self, event: Asked) -> None:
        self._begin(event.at)
        process = self._process.get(event.backend)
        if process is None or event.source not in COUNTED or event.turn in self._turns:
            return
        scopes = [process]
        if event.session:
            scopes.append(self._session(Scope(event.backend, event.session), event.at))
        if len(self._turns) >= LIVE_TURNS:
            self._gone(self._turns[next(iter(self._turns))], "", "", event.at)
        turn = self._turns[event.turn] = LiveTurn(event.turn, event.at, scopes)
        for scope in scopes:
            scope.join(turn)

    def _session(self, scope: Scope, now: float) -> Numbers:
        numbers = self._sessions.pop(scope, None) or Numbers(scope, now)
        if len(self._sessions) >= SESSION_SCOPES:
            self._drop(next(iter(self._sessions)))
        self._sessions[scope] = numbers
        return numbers

    def _chunk(self, event: ChunkArrived) -> None:
        turn = self._turns.get(event.turn)
        if turn is not None:
            if event.at >= turn.edge:
                turn.flush(event.at)
            turn.size += event.size

    def _message(self, event: MessageArrived) -> None:
        turn = self._turns.get(event.turn)
        if turn is not None:
            if event.at >= turn.edge:
                turn.flush(event.at)
            turn.messages[CLASSES.get(event.kind, OTHER)] += 1

    def _heartbeat(self, event: Heartbeat) -> None:
        turn = self._turns.get(event.turn)
        if turn is not None:
            if event.at >= turn.edge:
                turn.flush(event.at)
            turn.messages[HEARTBEAT] += 1

    def _text(self, event: TextArrived) -> None:
        turn = self._turns.get(event.turn)
        if turn is None:
            return
        at = event.at
        if at >= turn.edge:
            turn.flush(at)
        turn.chunks += 1
        if event.first:
            for scope in turn.scopes:
                scope.first_text(at - turn.asked_at, at)
        elif turn.text_at == turn.text_at:  # not NaN
            turn.gaps.add(at - turn.text_at)
        turn.text_at = turn.progress_at = at

    def _progressed(self, event: Progressed) -> None:
        turn = self._turns.get(event.turn)
        if turn is not None:
            turn.progress_at = event.at

    def _connecting(self, event: Connecting) -> None:
        turn = self._turns.get(event.turn)
        if turn is None:
            return
        if event.attempt > 1:
            for scope in turn.scopes:
                scope.reconnected(event.at)
        self._move(turn, "connecting", event.at)

    def _connected(self, event: Connected) -> None:
        turn = self._turns.get(event.turn)
        if turn is not None:
            turn.opened_at = turn.progress_at = event.at
            self._move(turn, "open", event.at)

    def _anomaly(self, event: Anomaly) -> None:
        turn = self._turns.get(event.turn)
        for scope in turn.scopes if turn is not None else ():
            scope.anomalies += 1
            scope.revision += 1

    def _stalled(self, event: Stalled) -> None:
        turn = self._turns.get(event.turn)
        if turn is None:
            return
        for scope in turn.scopes:
            scope.stalls += 1
            scope.anomalies += 1
        self._move(turn, "stalled", event.at)

    def _recovered(self, event: Recovered) -> None:
        turn = self._turns.get(event.turn)
        if turn is not None:
            self._move(turn, "open", event.at)

    def _disconnected(self, event: Disconnected) -> None:
        turn = self._turns.get(event.turn)
        if turn is None:
            return
        for scope in turn.scopes:
            scope.faulted()
        self._closed(turn, event.at)
        self._move(turn, "backing_off", event.at)

    def _retry(self, event: RetryScheduled) -> None:
        turn = self._turns.get(event.turn)
        if turn is not None:
            self._move(turn, "backing_off", event.at)

    def _ended(self, event: Ended) -> None:
        turn = self._turns.get(event.turn)
        if turn is not None:
            self._gone(turn, event.outcome, event.fault, event.at)

    # A live turn

    def _gone(self, turn: LiveTurn, outcome: str, fault: str, at: float) -> None:
        turn.flush(at)
        self._closed(turn, at)
        for scope in turn.scopes:
            if fault:
                scope.faulted()
            scope.leave(turn, outcome, fault, at)
        del self._turns[turn.turn]

    @staticmethod
    def _closed(turn: LiveTurn, at: float) -> None:
        if turn.opened_at == turn.opened_at:  # not NaN
            for scope in turn.scopes:
                scope.uptime_s = at - turn.opened_at
            turn.opened_at = nan

    @staticmethod
    def _move(turn: LiveTurn, state: str, at: float) -> None:
        if turn.state == state:
            return
        for scope in turn.scopes:
            scope.move(turn.state, state, at)
        turn.state = state
