"""Where what is observed goes: numbers, metrics, the flight recorder, history, the turns of late. The runtime has one set."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from dashboard.backend.live import LiveTurn
from dashboard.config import Backend, Config
from dashboard.health.monitor import Monitor
from dashboard.health.snapshot import Scope, Snapshot
from dashboard.telemetry.broadcast import Broadcast
from dashboard.telemetry.flight import FlightRecorder
from dashboard.telemetry.history import History
from dashboard.telemetry.past_turn import past_turn
from dashboard.telemetry.prometheus import PrometheusSink
from dashboard.telemetry.recent import RecentTurns
from dashboard.turn.events import Observer


class Sinks:
    """Everything that observes turns and outlives them."""

    def __init__(self, config: Config) -> None:
        self.monitor = Monitor([each.name for each in config.backends])
        self.prometheus = PrometheusSink(config.backends)
        self.flight = FlightRecorder(config.backends)
        self.history = History(config.history)
        self.recent = RecentTurns()
        self._snapshots: dict[Scope, Snapshot] = {}

    def observing(self, live: LiveTurn, also: Observer | None) -> Broadcast:
        """Who hears of a turn that begins, and in which order; a replay is not kept again."""
        observers = [live.gauge.observe, self.monitor.observe, self.prometheus.observe]
        if live.source != "replay":
            observers.append(self.flight.begin(lambda: live.gauge.anomalies_total > 0))
        if also is not None:
            observers.append(also)
        observe = Broadcast([*observers, live.seen.observe, live.observe], self.prometheus.observer_failed)
        live.watch, live.unwatch = observe.add, observe.remove
        return observe

    def ended(self, live: LiveTurn, failed: Callable[[str, BaseException], None]) -> None:
        """A turn is over: it is counted and kept. `failed` hears what went wrong in that."""
        try:
            self.prometheus.ended(live.gauge.report(), live.backend, live.source)
            self.history.add(past_turn(live.id, live.source, live.transcript.trace_id, live.gauge, time.time()))
            self.recent.add(live.id, live.session, live.source, live.transcript.question, live.gauge)
        except Exception as error:  # noqa: BLE001  # whoever waits for the turn must not wait for ever
            failed(f"end of turn {live.id}", error)

    def snapshot(self, scope: Scope) -> Snapshot:
        """The numbers of one scope, computed at most once a tick for all who ask."""
        if scope not in self._snapshots:
            self._snapshots[scope] = self.monitor.snapshot(scope, time.monotonic(), time.time())
        return self._snapshots[scope]

    def tick(self, now: float, lag_s: float, turns: Iterable[LiveTurn]) -> None:
        """A beat of the pulse, late by `lag_s`: each turn that runs has waited for it, too."""
        self.prometheus.loop_lag(lag_s)
        for live in list(turns):
            live.catch_up()
            if live.source != "replay":  # its waits are recorded ones
                live.gauge.loop_lag_s = max(live.gauge.loop_lag_s, lag_s)
        self.monitor.sample(now, time.time())
        self._snapshots.clear()
        self.history.tell(self.prometheus)

    def configure(self, backends: Sequence[Backend]) -> None:
        """Another configuration holds."""
        self.monitor.configure(each.name for each in backends)
        self.prometheus.configure(backends)
        self.flight.configure(backends)
        self._snapshots.clear()

    def forget(self, session: str) -> None:
        """Drops the numbers of a session or a conversation."""
        self._snapshots = {scope: kept for scope, kept in self._snapshots.items() if scope.session != session}
        self.monitor.forget(session)
