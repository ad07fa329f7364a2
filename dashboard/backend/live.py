"""A turn that runs: its task, its transcript and gauge, who waits for news of it, and Stop."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Callable
from contextlib import suppress

from dashboard.backend.answer import Driver, Stop, answer
from dashboard.backend.seam import Transport
from dashboard.config import Backend, Limits
from dashboard.health.turn_gauge import TurnGauge
from dashboard.health.unread import Seen
from dashboard.turn.events import Ended, Observer, TurnEvent
from dashboard.turn.request import Start, traced_origin
from dashboard.turn.transcript import Transcript
from dashboard.turn.turn import Turn
from dashboard.wire.auto import dialect_of
from dashboard.wire.dialect import Ask, Question


class LiveTurn:
    """One turn on its way, owned by the runtime.

    It begins when `places` (the backend's max_parallel) has room: until then `queued` is true. Ending is certain:
    `wait()` returns after the one Ended was observed.
    """

    def __init__(self, turn: Turn, backend: Backend, session: str, source: str) -> None:
        self.id = turn.id
        self.backend, self.session, self.source = backend.name, session, source
        self.configured = backend
        """The backend as it was when it was asked; by now there may be another of its name, or none."""
        self.transcript = Transcript(turn.id)
        self.gauge = TurnGauge(backend.thresholds)
        self.seen = Seen(lambda: self.unwatch(self.seen.observe))
        self.watch: Callable[[Observer], None] = lambda _observe: None
        """Adds an observer while it runs; `unwatch` takes it out. The runtime sets both."""
        self.unwatch: Callable[[Observer], None] = lambda _observe: None
        self.done = False
        self._done: asyncio.Event | None = None  # made when somebody waits for it: its queue of waiters is 0.6 KB
        self.queued = True
        self._turn = turn
        self._stop = Stop("shutdown")
        self._driver: Driver | None = None
        self._waiting: list[asyncio.Future[None]] = []
        self._task: asyncio.Task[None] | None = None
        self._now: Callable[[], float] | None = None

    def start(
        self,
        transport: Transport,
        observe: Callable[[TurnEvent], None],
        places: asyncio.Semaphore,
        keep: Callable[..., asyncio.Task[None]],
        ended: Callable[[LiveTurn], None],
    ) -> None:
        """Runs the turn in a task made by `keep` (which names it, holds it and reports its failure); then `ended`."""
        self._now = transport.now
        self._task = keep(self._run(transport, observe, places), name=f"turn {self.id}")
        self._task.add_done_callback(lambda _task: self._finish(transport, observe, ended))

    async def _run(self, transport: Transport, observe: Callable[[TurnEvent], None], places: asyncio.Semaphore) -> None:
        async with places:
            self.queued = False
            self._driver = Driver(self._turn, transport)
            await answer(self._turn, transport, observe, self._stop, self._driver)

    def catch_up(self) -> None:
        """What has come of it is observed now, and not in a moment: for who is about to look."""
        if self._driver is not None:
            self._driver.catch_up()

    def _finish(
        self, transport: Transport, observe: Callable[[TurnEvent], None], ended: Callable[[LiveTurn], None]
    ) -> None:
        """Also when the task was cancelled before its first step: exactly one Ended."""
        for event in self._turn.abandon(transport.now(), self._stop.by):
            observe(event)
        ended(self)
        self.done = True
        if self._done is not None:
            self._done.set()
        self._wake()

    def observe(self, event: TurnEvent) -> None:
        """Folds one event of this turn; wakes who waits when there is something new to show."""
        before = self.transcript.revision
        self.transcript.observe(event)
        if self._waiting and self.transcript.revision != before and type(event) is not Ended:
            self._wake()

    def route(self, kind: type) -> Observer | None:
        """What takes events of that kind; None: they change nothing that is shown."""
        return None if self.transcript.route(kind) is None else self.observe

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def changed(self, revision: int) -> int:
        """Waits until the transcript's revision is beyond `revision` or the turn is done; returns it."""
        while self.transcript.revision <= revision and not self.done:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            await future
        return self.transcript.revision

    async def ended(self, within: float) -> bool:
        """Waits until it has ended, `within` seconds at most; whether it has."""
        if self.done:
            return True
        self._done = self._done or asyncio.Event()
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._done.wait()
        return self.done

    def cancel(self, by: str = "person") -> None:
        """Stops it; `wait()` returns once its last event was observed."""
        if self._task is not None and not self._task.done() and self._now is not None:
            self._stop.by, self._stop.at = by, self._now()
            self._task.cancel()

    async def wait(self) -> None:
        """Until the turn has ended; never raises because it was cancelled."""
        while not self.done:
            await self.changed(self.transcript.revision)


def live_turn(
    backend: Backend, question: Question, limits: Limits, session: str, source: str, ask: Ask | None = None
) -> LiveTurn:
    """A turn that has not begun, with an id, a trace and chance of its own; `ask` overrides the dialect's own request.

    Errors: ConfigError for a dialect that does not exist.
    """
    turn = Turn(
        secrets.token_hex(8),
        backend,
        dialect_of(backend),
        question,
        limits=limits,
        origin=traced_origin(backend, session, source, secrets.token_hex(16), secrets.token_hex(8)),
        chance=random.random,
        start=Start(ask),
    )
    return LiveTurn(turn, backend, session, source)
