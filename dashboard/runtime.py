"""The composition root: builds the one Runtime of a process and wires observers. Pages ask it; it knows no page."""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import time
from collections.abc import Coroutine
from typing import Any

from dashboard.backend.discovery import discovered, needs_card
from dashboard.backend.live import LiveTurn
from dashboard.backend.scenarios import Scenario, fetch_scenarios
from dashboard.backend.seam import Transport
from dashboard.backend.transport import HttpTransport, check_connection
from dashboard.config import Backend, Config, load
from dashboard.health.monitor import Monitor
from dashboard.health.snapshot import Scope, Snapshot
from dashboard.health.turn_gauge import TurnGauge
from dashboard.telemetry.broadcast import Broadcast
from dashboard.telemetry.flight import FlightRecorder
from dashboard.telemetry.history import History
from dashboard.telemetry.past_turn import past_turn
from dashboard.telemetry.prometheus import PrometheusSink
from dashboard.turn.events import Observer
from dashboard.turn.request import Origin, Start
from dashboard.turn.turn import Turn
from dashboard.wire.auto import check_dialect, dialect_of
from dashboard.wire.dialect import Ask, Question

log = logging.getLogger(__name__)

TICK_S = 0.25
LAG_WINDOW_TICKS = 40
LAG_LIMIT_S = 1.0
"""/readyz says no while the loop was late by more than this within the last 10 s."""


class Refused(Exception):  # noqa: N818  # an answer to a person, no failure of ours
    """A turn that is not begun; the sentence says why and what to do."""


class Runtime:
    """Everything that lives as long as the process: backends, monitor, metrics, live turns.

    Errors: ConfigError from the constructor for a dialect that does not exist, or files of TLS that cannot be used.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.backends = {backend.name: backend for backend in config.backends}
        for index, backend in enumerate(config.backends):
            check_dialect(backend, f"backends[{index}].dialect")
            check_connection(backend, f"backends[{index}]")
        self.monitor = Monitor(list(self.backends))
        self.sink = PrometheusSink(config.backends)
        self.flight = FlightRecorder(config.backends)
        self.history = History(config.history)
        self._history_failures = 0
        self.draining = False
        self.started_at = time.monotonic()
        self._turns: dict[str, LiveTurn] = {}
        self._sessions: set[str] = set()
        self._discovered: set[str] = set()
        self._listed: dict[str, list[Scenario]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._transports: dict[str, HttpTransport] = {}
        self._places: dict[str, asyncio.Semaphore] = {}
        self._sampler: asyncio.Task[None] | None = None
        self._lags = [0.0] * LAG_WINDOW_TICKS
        self._snapshots: dict[Scope, Snapshot] = {}

    # Turns

    def ask(
        self,
        backend_name: str,
        question: Question,
        *,
        session: str = "",
        source: str = "live",
        also: Observer | None = None,
        ask: Ask | None = None,
        transport: Transport | None = None,
    ) -> LiveTurn:
        """Begins a turn; call with the loop running.

        `also` sees every event of it; `ask` overrides the dialect's own request; `transport` another than HTTP (replay).
        Errors: Refused when draining, at a limit, or for a question that is empty or too long; KeyError for a backend
        that is not configured.
        """
        backend = self.backends[backend_name]
        self._may(question)
        self.start()
        turn = Turn(
            secrets.token_hex(8),
            backend,
            dialect_of(backend),
            question,
            limits=self.config.limits,
            origin=Origin(session, source),
            chance=random.random,
            start=Start(ask),
        )
        live = LiveTurn(turn, backend_name, session, source, TurnGauge(backend.thresholds))
        observers = [live.gauge.observe, self.monitor.observe, self.sink.observe]
        if source != "replay":
            observers.append(self.flight.begin(lambda: live.gauge.anomalies_total > 0))
        if also is not None:
            observers.append(also)
        observe = Broadcast([*observers, live.observe], self.sink.observer_failed)
        self._turns[turn.id] = live
        live.start(transport or self._transport(backend), observe, self._place(backend), self.task, self._ended)
        return live

    def _may(self, question: Question) -> None:
        limits = self.config.limits
        if self.draining:
            raise Refused("The server is shutting down; ask again in a moment.")
        if not question.text.strip():
            raise Refused("The question is empty; type something first.")
        if len(question.text) > limits.question_chars:
            raise Refused(
                f"The question has {len(question.text):,} characters; at most {limits.question_chars:,} are allowed. "
                "Shorten it and send it again."
            )
        if len(self._turns) >= limits.turns_live:
            raise Refused(
                f"{limits.turns_live} answers are streaming already, which is this server's limit; "
                "wait for one to end, or raise limits.turns_live in config.yaml."
            )

    def _ended(self, live: LiveTurn) -> None:
        self._turns.pop(live.id, None)
        try:
            self.sink.ended(live.gauge.report(), live.backend, live.source)
            self.history.add(past_turn(live.id, live.source, "", live.gauge, time.time()))
        except Exception as error:  # noqa: BLE001  # whoever waits for the turn must not wait for ever
            self.task_failed(f"end of turn {live.id}", error)

    def _tell_history(self) -> None:
        """How keeping history goes, as metrics."""
        state = self.history.state
        if state.path:
            self.sink.history(available=not state.alarm)
        for _ in range(state.failures - self._history_failures):
            self.sink.history_failed()
        self._history_failures = state.failures

    def _transport(self, backend: Backend) -> HttpTransport:
        if backend.name not in self._transports:
            self._transports[backend.name] = HttpTransport(backend)
        return self._transports[backend.name]

    def _place(self, backend: Backend) -> asyncio.Semaphore:
        if backend.name not in self._places:
            self._places[backend.name] = asyncio.Semaphore(backend.max_parallel)
        return self._places[backend.name]

    def turns(self, session: str | None = None) -> list[LiveTurn]:
        """The live turns, all or one session's."""
        return [live for live in self._turns.values() if session is None or live.session == session]

    async def scenarios(self, backend_name: str) -> list[Scenario]:
        """What the backend can be asked to act out; [] when it has no such list.

        While it streams it is never asked: then, and when it does not answer, the list is the one that it had before.
        """
        backend = self.backends[backend_name]
        if backend.dialect != "orchestrator":
            return []
        if not any(live.backend == backend_name for live in self._turns.values()):
            listed = await fetch_scenarios(self._transport(backend), backend.url)
            self._listed[backend_name] = listed or self._listed.get(backend_name, [])
        return self._listed.get(backend_name, [])

    async def discover(self, backend_name: str) -> None:
        """Learns, once, how an A2A backend wants to be asked; every other is known already. Not while it streams."""
        backend = self.backends[backend_name]
        busy = any(live.backend == backend_name for live in self._turns.values())
        if needs_card(backend) and backend_name not in self._discovered and not busy:
            self._discovered.add(backend_name)
            self.backends[backend_name] = await discovered(backend, self._transport(backend))

    # Sessions and numbers

    def begin_session(self, session: str) -> None:
        """A page opened. Errors: Refused at the limit of sessions."""
        if len(self._sessions) >= self.config.limits.sessions:
            raise Refused(
                f"{self.config.limits.sessions} pages are open already, which is this server's limit; close one, "
                "or raise limits.sessions in config.yaml."
            )
        self._sessions.add(session)
        self.sink.sessions(len(self._sessions))

    def end_session(self, session: str) -> None:
        """A page is gone: its turns end, its numbers are forgotten."""
        for live in self.turns(session):
            live.cancel("session")
        self._sessions.discard(session)
        self._snapshots = {scope: kept for scope, kept in self._snapshots.items() if scope.session != session}
        self.monitor.forget(session)
        self.sink.sessions(len(self._sessions))

    def snapshot(self, scope: Scope) -> Snapshot:
        """The numbers of one scope, computed at most once a tick for all who ask."""
        if scope not in self._snapshots:
            self._snapshots[scope] = self.monitor.snapshot(scope, time.monotonic(), time.time())
        return self._snapshots[scope]

    @property
    def ready(self) -> bool:
        """Not draining, and the loop was never late by more than LAG_LIMIT_S in the last 10 s."""
        return not self.draining and max(self._lags) <= LAG_LIMIT_S

    # Life

    def start(self) -> None:
        """Starts the sampler; call with the loop running, as often as you like."""
        if self._sampler is None:
            self._sampler = self.task(self._sample(), name="sampler")

    async def _sample(self) -> None:
        due, tick = time.monotonic(), 0
        while True:
            due += TICK_S
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            now = time.monotonic()
            lag = now - due
            self._lags[tick % LAG_WINDOW_TICKS] = lag
            self.sink.loop_lag(lag)
            for live in self._turns.values():
                live.gauge.loop_lag_s = max(live.gauge.loop_lag_s, lag)
            tick += 1
            due = max(due, now - TICK_S)
            self.monitor.sample(now, time.time())
            self._snapshots.clear()
            self._tell_history()

    def task(self, work: Coroutine[Any, Any, Any], *, name: str) -> asyncio.Task[Any]:
        """A task that is held, named, and whose failure is logged and counted."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._task_done)
        return task

    def _task_done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.task_failed(task.get_name(), error)

    def task_failed(self, name: str, error: BaseException) -> None:
        """Logs and counts a failure that nobody else will see."""
        log.error("task %s failed", name, exc_info=error)
        self.sink.task_failed()

    async def aclose(self) -> None:
        """Drains: refuses new turns, ends the live ones as stopped, then lets go of everything. Idempotent."""
        self.draining = True
        live = self.turns()
        for each in live:
            each.cancel("shutdown")
        await asyncio.gather(*(each.wait() for each in live))
        mine = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in mine:
            task.cancel()
        await asyncio.gather(*mine, return_exceptions=True)
        for transport in self._transports.values():
            await transport.aclose()
        self._transports.clear()
        await asyncio.to_thread(self.history.close)


_current: list[Runtime] = []


def current() -> Runtime:
    """The Runtime of this process, built from the configuration when first asked for. Errors: ConfigError."""
    if not _current:
        _current.append(Runtime(load()))
    return _current[0]


def install(runtime: Runtime | None) -> None:
    """Makes `runtime` the one of this process; None takes it away, so that the next `current()` builds anew."""
    _current[:] = [] if runtime is None else [runtime]
