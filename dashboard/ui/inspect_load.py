"""What is known of a turn, brought under the glass: from its bytes, or from its numbers when those are gone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

import msgspec

from dashboard.backend.live import LiveTurn
from dashboard.backend.recorded import backend_of, play
from dashboard.config import Config
from dashboard.runtime import Runtime
from dashboard.telemetry.flight import Kept
from dashboard.telemetry.recent import RecentTurn
from dashboard.turn.events import Ended, Observer, StopAudited, TurnEvent
from dashboard.turn.machine import OPEN
from dashboard.ui.inspect_history import remembered
from dashboard.ui.inspected import Fields, Inspected, Truth
from dashboard.ui.plain import one_line, visible
from dashboard.wire.recorded import Attempt, parse_recording

MOST_EVENTS = 100_000
"""So many events of a live turn wait, at most, while its beginning is read again."""


class Subject:
    """One turn to look at: where it comes from, what it holds, and who knows its numbers best."""

    def __init__(self, turn: str, kind: str) -> None:
        self.turn = turn
        self.kind = kind
        """"turn", "live", "file", "gone" (numbers only), "history" (fewer numbers) or "unknown"."""
        self.name = ""
        """Of a file: as the browser calls it. Hostile."""
        self.inspected: Inspected | None = None
        self.attempts: Sequence[Attempt] = ()
        self.dropped_bytes = 0
        self.live: LiveTurn | None = None
        self.past: RecentTurn | None = None
        self.asked_wall = 0.0
        """When it was asked, wall-clock seconds; 0 when nobody knows."""
        self._unwatch: Callable[[], None] = lambda: None

    @property
    def truth(self) -> Truth | None:
        """What the process itself saw of it; None for a file."""
        if self.live is not None:
            return self.live.gauge.report(), self.live.gauge.evidence()
        return (self.past.report, self.past.evidence) if self.past else None

    def follow(self, live: LiveTurn, observe: Observer) -> None:
        """Watches a turn that runs, until `let_go`."""
        self.live = live
        live.watch(observe)
        self._unwatch = lambda: live.unwatch(observe)

    def when_let_go(self, do: Callable[[], None]) -> None:
        """`do` is called when nobody looks any more."""
        self._unwatch = do

    def let_go(self) -> None:
        """Nobody looks any more."""
        self._unwatch()


def described(subject: Subject) -> Fields:
    """Who it is, for a page: everything visible."""
    inspected, past, live = subject.inspected, subject.past, subject.live
    asked = inspected.asked if inspected else None
    return {
        "kind": subject.kind,
        "turn": visible(subject.turn),
        "name": one_line(subject.name, 80),
        "question": visible(asked.question if asked else past.question if past else ""),
        "backend": one_line(asked.backend if asked else past.report.backend if past else "", 64),
        "dialect": inspected.dialect if inspected else past.report.dialect if past else "",
        "at": subject.asked_wall * 1000,
        "source": past.source if past else live.source if live else "",
        "dropped_bytes": subject.dropped_bytes,
        "playable": bool(subject.attempts),
    }


async def bring(runtime: Runtime, turn: str) -> Subject:
    """The turn of that id, as far as this process knows it. Never raises for an id, whatever it is."""
    live = next((each for each in runtime.turns() if each.id == turn and each.source != "replay"), None)
    past, kept = runtime.recent.get(turn), runtime.flight.kept(turn)
    if live is not None:
        return await _running(runtime, live, kept)
    attempts = await asyncio.to_thread(attempts_of, kept) if kept is not None else []
    subject = Subject(turn, "turn" if attempts else "gone")
    subject.past = past
    if past is None:
        subject.past = past = remembered(runtime, turn)
        subject.kind = "unknown" if past is None else "turn" if attempts else "history"
    if past is not None:
        subject.asked_wall = past.ended_at - (past.report.duration_s or 0.0)
    if past is not None and kept is not None and attempts:
        subject.dropped_bytes, subject.attempts = kept.dropped_bytes, attempts
        subject.inspected = await again(attempts, runtime.config, past.report.backend, turn)
    return subject


def attempts_of(kept: Kept) -> list[Attempt]:
    """What is held of a turn, without secrets; [] while nothing has answered."""
    lines = kept.encoded().splitlines()
    return parse_recording(lines) if lines else []


async def again(attempts: Sequence[Attempt], config: Config, name: str, turn: str) -> Inspected:
    """The whole of a recording, derived by the Turn that derives everything. Errors: ConfigError."""
    backend = backend_of(attempts, name, config)
    inspected = Inspected(backend.thresholds)
    await play(attempts, backend, config.limits, inspected.observe, turn)
    return inspected


class _Joint:
    """An observer of a turn that runs; it holds events back until what came before them has been told."""

    def __init__(self, to: Inspected) -> None:
        self._to = to
        self._waiting: list[TurnEvent] | None = []

    def observe(self, event: TurnEvent) -> None:
        if self._waiting is None:
            self._to.observe(event)
        elif len(self._waiting) < MOST_EVENTS:
            self._waiting.append(event)

    def release(self) -> None:
        waiting, self._waiting = self._waiting or [], None
        for event in waiting:
            self._to.observe(event)


async def _running(runtime: Runtime, live: LiveTurn, kept: Kept | None) -> Subject:
    """What has happened is read again from the bytes so far, on the turn's own clock; then it is watched."""
    subject = Subject(live.id, "live")
    inspected = subject.inspected = Inspected(live.configured.thresholds)
    joint = _Joint(inspected)
    subject.follow(live, joint.observe)
    subject.asked_wall = time.time() - (time.monotonic() - (live.transcript.asked_at or time.monotonic()))
    if kept is not None:
        subject.dropped_bytes = kept.dropped_bytes
        await _catch_up(runtime, live, kept, inspected)
    joint.release()
    return subject


async def _catch_up(runtime: Runtime, live: LiveTurn, kept: Kept, inspected: Inspected) -> None:
    began_at = kept.asked_at
    so_far_s = time.monotonic() - began_at
    still_open = live.transcript.state in OPEN
    attempts = await asyncio.to_thread(attempts_of, kept)
    if not attempts:
        for event in kept.events():
            inspected.observe(event)
        return
    if still_open:  # a silence that goes on is told up to now
        attempts[-1] = msgspec.structs.replace(attempts[-1], end_t=max(so_far_s, attempts[-1].end_t))

    def tell(event: TurnEvent) -> None:
        if type(event) not in (Ended, StopAudited):
            inspected.observe(msgspec.structs.replace(event, at=event.at + began_at))

    await play(attempts, live.configured, runtime.config.limits, tell, live.id, whole=False)
