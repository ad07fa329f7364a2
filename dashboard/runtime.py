"""The composition root: builds the one Runtime of a process and wires observers. Pages ask it; it knows no page."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Mapping

import msgspec

from dashboard.backend.admission import check_backends, why_not
from dashboard.backend.live import LiveTurn, live_turn
from dashboard.backend.roster import Changes, Roster
from dashboard.backend.scenarios import Scenario
from dashboard.backend.seam import Transport
from dashboard.backend.transport import HttpTransport
from dashboard.config import AskOptions, Backend, Config, load, reader
from dashboard.sinks import Sinks
from dashboard.tasks import Tasks
from dashboard.turn.events import Observer
from dashboard.watch.canary import Canaries, Host
from dashboard.watch.pulse import Pulse
from dashboard.watch.vigil import Vigil
from dashboard.wire.dialect import Ask, Question

log = logging.getLogger(__name__)


class Refused(Exception):  # noqa: N818  # an answer to a person, no failure of ours
    """A turn that is not begun; the sentence says why and what to do."""


class Runtime:
    """Everything that lives as long as the process: backends, monitor, metrics, live turns.

    Errors: ConfigError from the constructor for a dialect that does not exist, or files of TLS that cannot be used.
    """

    def __init__(self, config: Config) -> None:
        check_backends(config.backends)
        self.config = config
        self._roster = Roster(config.backends)
        self.read_config: Callable[[], Config] | None = None
        """Reads the configuration again; None where there is none to read."""
        self.config_mistake = ""
        """Why the configuration that was read last was not taken; "" when it is in force."""
        self.serving: Callable[[], None] = lambda: None
        """Called once the server listens."""
        self._sinks = sinks = Sinks(config)
        self.monitor, self.sink, self.flight = sinks.monitor, sinks.prometheus, sinks.flight
        self.history, self.recent, self.snapshot = sinks.history, sinks.recent, sinks.snapshot
        self.draining = self._serving = False
        self.started_at = time.monotonic()
        self._turns: dict[str, LiveTurn] = {}
        self._sessions: set[str] = set()
        self._tasks = Tasks(self.sink.task_failed)
        self.task, self.task_failed = self._tasks.begin, self._tasks.failed
        self._sampler: asyncio.Task[None] | None = None
        self._pulse = Pulse(self._beat)
        self.canaries = Canaries(self._host())
        self.vigil = Vigil(lambda: self.backends, self.sink, self.history, self.canaries, lambda: self.config_mistake)

    @property
    def backends(self) -> Mapping[str, Backend]:
        """By name, in the order of the configuration."""
        return self._roster.backends

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
        options: AskOptions | None = None,
    ) -> LiveTurn:
        """Begins a turn; call with the loop running.

        `also` sees every event of it; `ask` overrides the dialect's own request; `transport` another than HTTP (replay);
        `options` stand in place of `ask:`.
        Errors: Refused when draining, at a limit, for a question that is empty or too long, and for a backend that is
        not configured (any more).
        """
        backend = self.backends.get(backend_name)
        if backend is None:
            raise Refused("That backend is no longer configured; choose another.")
        backend = backend if options is None else msgspec.structs.replace(backend, ask=options)
        return self._begin(backend, question, session, source, also=also, ask=ask, transport=transport)

    def replay(
        self, backend: Backend, question: Question, transport: Transport, *, session: str, also: Observer
    ) -> LiveTurn:
        """Plays a recording as a turn of that session, which is counted nowhere; `backend` need not be configured.

        Errors: as `ask`; ConfigError for a dialect that does not exist.
        """
        return self._begin(backend, question, session, "replay", also=also, transport=transport)

    def _begin(
        self,
        backend: Backend,
        question: Question,
        session: str,
        source: str,
        *,
        also: Observer | None = None,
        ask: Ask | None = None,
        transport: Transport | None = None,
    ) -> LiveTurn:
        mine = len(self.turns(session)) if session else 0
        refusal = why_not(question, self.config.limits, live=len(self._turns), mine=mine, draining=self.draining)
        if refusal:
            raise Refused(refusal)
        self.start()
        live = live_turn(backend, question, self.config.limits, session, source, ask)
        observe = self._sinks.observing(live, also)
        if source == "live" and self.busy(backend.name):
            self.canaries.give_way(backend.name)
        self._turns[live.id] = live
        places = self._roster.places(backend) if transport is None else asyncio.Semaphore()
        live.start(transport or self._roster.transport(backend), observe, places, self.task, self._ended)
        return live

    def busy(self, backend_name: str) -> str:
        """Why a turn of this backend would have to wait now; "" when it would not."""
        backend = self.backends.get(backend_name)
        if backend is None:
            return "it is configured no longer"
        most, live = backend.max_parallel, self._streaming(backend_name)
        return f"{live} of its {most} places are taken" if live >= most else ""

    def _streaming(self, backend_name: str) -> int:
        """How many turns that backend has under way; a replay asks nobody."""
        return sum(live.backend == backend_name and live.source != "replay" for live in self._turns.values())

    def _ended(self, live: LiveTurn) -> None:
        self._turns.pop(live.id, None)
        self._sinks.ended(live, self.task_failed)

    def turns(self, session: str | None = None) -> list[LiveTurn]:
        """The live turns, all or one session's."""
        return [live for live in self._turns.values() if session is None or live.session == session]

    async def scenarios(self, backend_name: str) -> list[Scenario]:
        """What the backend can be asked to act out: see Roster."""
        return await self._roster.scenarios(backend_name, streams=bool(self._streaming(backend_name)))

    async def discover(self, backend_name: str) -> None:
        """Learns how the backend wants to be asked: see Roster."""
        await self._roster.discover(backend_name, streams=bool(self._streaming(backend_name)))

    # Sessions and numbers

    def begin_session(self, session: str) -> None:
        """A page opened. Errors: Refused at the limit of sessions."""
        if len(self._sessions) >= (most := self.config.limits.sessions):
            open_now = "1 page is" if most == 1 else f"{most} pages are"
            at_limit = f"{open_now} open already, which is this server's limit; close one"
            raise Refused(f"{at_limit}, or raise limits.sessions in config.yaml.")
        self._sessions.add(session)
        self.sink.sessions(len(self._sessions))

    def end_session(self, session: str) -> None:
        """A page is gone: its turns end, its numbers are forgotten."""
        for live in self.turns(session):
            live.cancel("session")
        self._sessions.discard(session)
        self.forget(session)
        self.sink.sessions(len(self._sessions))

    def forget(self, session: str) -> None:
        """Drops the numbers of a session or a conversation; its live turns go on."""
        self._sinks.forget(session)

    @property
    def ready(self) -> bool:
        """Not draining, and the loop was never late by more than a second in the last 10 s."""
        return not self.draining and not self._pulse.overloaded

    # Life

    def start(self) -> None:
        """Starts the pulse; call with the loop running, as often as you like."""
        if self._sampler is None:
            self._sampler = self.task(self._pulse.run(), name="pulse")

    def _beat(self, now: float, lag_s: float) -> None:
        self._sinks.tick(now, lag_s, self._turns.values())
        self.vigil.beat(now, time.time())

    def serve(self) -> None:
        """What a server does beside answering: keeps history in its file, asks the canaries. Call once it listens; idempotent."""
        self.start()
        self.history.start()
        self.history.tell(self.sink)
        if not self._serving:
            self.serving()
            self.task(self._roster.warm(), name="warm")
        self._serving = True
        self.canaries.configure(self.config.backends)

    def reload(self, config: Config) -> Changes:
        """`config` holds from now on; turns that run end as they began. Errors: ConfigError, and nothing is changed."""
        check_backends(config.backends)
        if config.history != self.config.history:
            log.warning("configuration: another `history:` takes effect at the next start")
        if (config.metrics.address, config.metrics.port) != (self.config.metrics.address, self.config.metrics.port):
            log.warning("configuration: another `metrics.address` or `metrics.port` takes effect at the next start")
        self.config = config
        changes, old = self._roster.configure(config.backends)
        for name, transport in old.items():
            self.task(_let_go(transport, [each for each in self.turns() if each.backend == name]), name="let go")
        self._sinks.configure(config.backends)
        if self._serving:
            self.canaries.configure(config.backends)
        for name in changes.removed:
            self.canaries.forget(name)
        return changes

    def config_read(self, mistake: str = "") -> None:
        """The configuration was read again, and is in force; with a `mistake`, the one before stays."""
        self.config_mistake = mistake
        self.sink.config_read(taken=not mistake)
        self.vigil.soon()

    def _host(self) -> Host:
        return Host(
            ask=lambda name, text: self.ask(name, Question(text), source="canary"),
            prepare=self.discover,
            busy=self.busy,
            refused=Refused,
            task=self.task,
            probed=self.sink.canary,
            interval=self.sink.canary_interval,
            wall=time.time,
            chance=random.random,
        )

    async def aclose(self) -> None:
        """Drains: refuses new turns, ends the live ones as stopped, then lets go of everything. Idempotent."""
        self.draining = True
        self.canaries.stop()
        live = self.turns()
        for each in live:
            each.cancel("shutdown")
        await asyncio.gather(*(each.wait() for each in live))
        try:
            await self._tasks.end()
            await self._roster.aclose()
        finally:
            await asyncio.to_thread(self.history.close)


async def _let_go(transport: HttpTransport, users: list[LiveTurn]) -> None:
    """Closes what is needed no longer, once its last turn is over."""
    await asyncio.gather(*(each.wait() for each in users))
    await transport.aclose()


_current: list[Runtime] = []


def current() -> Runtime:
    """The Runtime of this process, built from the configuration when first asked for. Errors: ConfigError."""
    if not _current:
        _current.append(Runtime(load()))
        _current[0].read_config = reader()
    return _current[0]


def install(runtime: Runtime | None) -> None:
    """Makes `runtime` the one of this process; None takes it away, so that the next `current()` builds anew."""
    _current[:] = [] if runtime is None else [runtime]
