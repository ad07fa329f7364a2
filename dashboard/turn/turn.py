"""One question and its answer, over one or more connection attempts; sans-IO (see machine.py for the table)."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from dashboard.config import Backend, Limits
from dashboard.turn.clocks import Clocks
from dashboard.turn.conclusion import by_eof, by_loss, by_messages
from dashboard.turn.events import (
    Anomaly,
    Asked,
    ChunkArrived,
    Connected,
    Connecting,
    Disconnected,
    Ended,
    Eof,
    Guessed,
    HeadRefused,
    RetryScheduled,
    Stalled,
    StopAudited,
    TurnEvent,
)
from dashboard.turn.machine import OPEN, TRANSITIONS, TurnState, after
from dashboard.turn.reading import Reading
from dashboard.turn.request import EVENT_STREAM, Head, Left, Origin, Start
from dashboard.turn.retry import Backoff, next_ask
from dashboard.turn.verdict import WAITED, AnomalyKind, Ending, Fault, judge
from dashboard.wire.dialect import Ask, Dialect, Question
from dashboard.wire.hush import Hush
from dashboard.wire.redact import redactor_for

DETAIL_CHARS = 2048


class Turn:
    """Feed it what happens, with the time; each call returns the turn events that follow from it.

    Exactly one Ended comes of every turn, and nothing after it; calls after the end return []. `chance` gives
    floats in [0, 1) for the jitter of retries.
    """

    def __init__(
        self,
        turn_id: str,
        backend: Backend,
        dialect: Dialect,
        question: Question,
        *,
        limits: Limits,
        origin: Origin = Origin(),  # noqa: B008  # frozen
        chance: Callable[[], float] = lambda: 0.5,
        start: Start = Start(),  # noqa: B008  # frozen
    ) -> None:
        self.id = turn_id
        self.state = TurnState.IDLE
        question = msgspec.structs.replace(question, id=question.id or turn_id)
        self.ask = origin.traced(start.ask or dialect.ask(question))
        self._first_ask = self.ask
        self._backend, self._question, self._limits, self._origin = backend, question, limits, origin
        self._reading = Reading(turn_id, dialect, limits.event_bytes, start, Hush(backend))
        self._backoff = Backoff(backend.retry, chance)
        self._clocks: Clocks | None = None
        self._attempt = self._bytes = 0
        self._asked_at = self._attempt_at = self._retry_at = 0.0
        self._opened, self._cut, self._lost_to = False, "", ""
        self._out: list[TurnEvent] = []

    @property
    def dialect(self) -> Dialect:
        return self._reading.dialect

    @property
    def deadline(self) -> float:
        """When `tick` must be called if nothing else happened; infinity once ended."""
        whole = self._asked_at + self._limits.turn_s
        if self.state in OPEN and (clocks := self._clocks):
            return min(whole, clocks.deadline, self._idle_at(clocks))
        if self.state is TurnState.CONNECTING:
            return min(whole, self._attempt_at + self._backend.timeouts.head_s)
        if self.state is TurnState.BACKING_OFF:
            return min(whole, self._retry_at)
        return float("inf")

    def _idle_at(self, clocks: Clocks) -> float:
        """When the connection is given up because not a byte came; any byte puts it off."""
        idle_s = self._backend.timeouts.idle_s
        return float("inf") if idle_s is None else clocks.bytes_at + idle_s

    # What happens, told by the shell

    def asked(self, now: float) -> list[TurnEvent]:
        """The turn begins: its request goes out."""
        if self.state is not TurnState.IDLE:
            return []
        self._asked_at, by = now, self._origin
        told = (self._backend.name, self.dialect.name, by.session, by.source, self._question.text, by.trace_id)
        self._emit(Asked(self.id, now, *told))
        self._tell_guess(now, "the path")
        self._connecting(now)
        return self._taken()

    def refusal(self, head: Head) -> Fault | None:
        """Why `head` is no stream that we can read; None when it is one. The shell then reads an excerpt of the body."""
        if head.status != 200:  # WHATWG HTML §9.2.2: anything else is no event source
            return Fault.HTTP_STATUS
        if head.media_type == EVENT_STREAM or head.media_type in self.dialect.media_types:
            return None
        return Fault.MEDIA_TYPE

    def connected(self, head: Head, now: float) -> list[TurnEvent]:
        """The head arrived and `refusal` has nothing against it."""
        if self.state is not TurnState.CONNECTING:
            return []
        self._opened = True
        self._clocks = Clocks(self._backend.thresholds, now, text_seen=self._reading.text_seen)
        self._reading.connected()
        self._emit(Connected(self.id, now, head.status, self._reading.hush.headers(head.headers), head.dialled_at))
        if head.media_type != EVENT_STREAM:
            said = head.media_type or "no Content-Type"
            self._emit(Anomaly(self.id, now, AnomalyKind.MEDIA_TYPE, f"got {said}, expected {EVENT_STREAM}"))
        return self._taken()

    def refused(self, head: Head, body: bytes, now: float, retry_after_s: float | None = None) -> list[TurnEvent]:
        """The head is no stream (`refusal` said why); `body` is the first 2 KB of what the server had to say."""
        if self.state is not TurnState.CONNECTING:
            return []
        body = redactor_for(self._backend).scrub(body)[:DETAIL_CHARS]
        self._emit(HeadRefused(self.id, now, head.status, self._reading.hush.headers(head.headers), body))
        fault = self.refusal(head) or Fault.HTTP_STATUS
        words = body.decode("utf-8", "replace").strip()
        said = f"HTTP {head.status}, {head.headers.get('content-type', 'no Content-Type')}"
        self._lost(fault, f"{said}: {words}" if words else said, now, head.status, retry_after_s)
        return self._taken()

    def feed(self, chunk: bytes, now: float) -> list[TurnEvent]:
        """One read of an open stream."""
        if self.state not in OPEN or (clocks := self._clocks) is None or not chunk:
            return []
        self._bytes += len(chunk)
        clocks.bytes_at = now
        events: list[TurnEvent] = [ChunkArrived(self.id, now, len(chunk), chunk)]
        self._reading.feed(chunk, now, clocks, events)
        self.state = after(self.state, events)
        self._out += events
        self._judge_reading(now)
        if self._bytes > self._limits.turn_bytes and self.state in OPEN:
            self._end(Ending(Fault.LIMIT, stopped=True), f"more than {self._limits.turn_bytes} bytes", now, by="limit")
        return self._taken()

    def late(self, chunk: bytes, now: float) -> list[TurnEvent]:
        """One read after the good end, for whoever still listens; [] where it says nothing (comments, a terminator)."""
        return self._reading.late(chunk, now)

    def eof(self, now: float) -> list[TurnEvent]:
        """The transport ended cleanly (FIN, the last chunk, the promised length)."""
        if self.state not in OPEN:
            return []
        self._emit(Eof(self.id, now))
        self._settle(now)
        concluded = by_eof(self._reading)
        if concluded:
            self._end(*concluded, now)
        else:
            self._lost(Fault.CUT, f"the stream ended {self._reading.where_cut}", now)
        return self._taken()

    def broke(self, fault: Fault, detail: str, now: float) -> list[TurnEvent]:
        """The network failed: no connection, a reset, a body cut short. At the turn's own limit it is the limit that ends it."""
        if now >= self._asked_at + self._limits.turn_s:
            return self.tick(now)
        if self.state in OPEN or self.state is TurnState.CONNECTING:
            if self.state in OPEN and fault is Fault.CUT:
                detail = f"{detail}, {self._reading.where_cut}"
            self._lost(fault, detail, now)
        return self._taken()

    def tick(self, now: float) -> list[TurnEvent]:
        """Time passed; call at `deadline`, harmless before it."""
        if self.state is TurnState.ENDED or now < self.deadline:
            return []
        if now >= self._asked_at + self._limits.turn_s:
            self._end(Ending(Fault.LIMIT, stopped=True), f"longer than {self._limits.turn_s:g} s", now, by="limit")
        elif self.state is TurnState.CONNECTING:
            self._lost(Fault.HEAD_TIMEOUT, f"no response head in {self._backend.timeouts.head_s:g} s", now)
        elif self.state is TurnState.BACKING_OFF:
            self._connecting(now)
        elif self._clocks:
            self._silent(self._clocks, now)
        return self._taken()

    def abandon(
        self, now: float, by: str = "person", fault: Fault | None = None, detail: str = "", left: Left | None = None
    ) -> list[TurnEvent]:
        """Whoever asked has gone, or we stop: the last word, if none was said yet; `left` is how the connection closed."""
        if self.state is TurnState.IDLE:
            self.asked(now)
        if self.state is not TurnState.ENDED:
            if self.state is TurnState.BACKING_OFF and not detail:
                detail = f"{WAITED} {self._lost_to}"
            if left is not None:
                self._emit(StopAudited(self.id, now, *left))
            self._end(Ending(fault, stopped=True), detail, now, by=by)
        return self._taken()

    # What follows from it

    def _emit(self, event: TurnEvent) -> None:
        self.state = TRANSITIONS[self.state][type(event)]
        self._out.append(event)

    def _taken(self) -> list[TurnEvent]:
        out, self._out = self._out, []
        return out

    def _connecting(self, now: float) -> None:
        self._attempt += 1
        self._attempt_at = now
        self._emit(Connecting(self.id, now, self._attempt))

    def _judge_reading(self, now: float) -> None:
        reading = self._reading
        if reading.heard:
            self._backoff.succeeded()
        if reading.retry_base_s is not None:
            self._backoff.base_s = reading.retry_base_s
        if reading.guesses:
            self._tell_guess(now, "the first message")
        if reading.ended:
            self._settle(now)
        if reading.told_more and (concluded := by_messages(reading)):
            self._end(*concluded, now)

    def _tell_guess(self, now: float, how: str) -> None:
        if taken := self._reading.take_guess():
            self._emit(Guessed(self.id, now, taken, how))

    def _silent(self, clocks: Clocks, now: float) -> None:
        silent_s = now - clocks.progress_at
        clock = clocks.stall(now)
        if clock:
            self._emit(Stalled(self.id, now, clock, silent_s))
        if now >= self._idle_at(clocks):
            self._lost(Fault.SILENT, f"not a byte for {now - clocks.bytes_at:.1f} s", now)
        elif now >= clocks.give_up_at:
            unreadable = self._reading.unreadable
            ending = Ending(Fault.UNDECODABLE if unreadable else Fault.SILENT, unreadable=unreadable, gave_up=True)
            before = f"; before that: {self._cut}" if self._cut else ""
            what = f"; {self._reading.what_came}" if unreadable else before
            self._end(ending, f"no progress for {silent_s:.1f} s with the connection open{what}", now)

    def _lost(self, fault: Fault, detail: str, now: float, status: int = 0, retry_after_s: float | None = None) -> None:
        """An attempt is over without the good end: another follows, or the turn ends."""
        ask = self._next_ask(fault, status)
        if self.state in OPEN:
            self._settle(now)
            self._cut = detail
        elif self._cut:
            detail = f"{self._cut}; then: {detail}"
        self._backoff.failed()
        if ask is None or self._backoff.exhausted:
            self._end(by_loss(self._reading, fault, opened=self._opened), detail, now)
            return
        if ask is self._first_ask and self._opened:
            self._reading.start_over()
        self.ask, self._lost_to = ask, detail
        delay_s = self._backoff.delay_s(retry_after_s)
        self._retry_at = now + delay_s
        self._emit(Disconnected(self.id, now, fault, self._told(detail)))
        self._emit(RetryScheduled(self.id, now, self._attempt + 1, delay_s, fault))

    def _next_ask(self, fault: Fault, status: int) -> Ask | None:
        """As `retry.next_ask` says; what could not be read or not be taken up again is not asked for."""
        reading = self._reading
        if reading.unreadable:
            return None
        may = self._opened and reading.can_resume
        resumed = self.dialect.resume(self._question, reading.last_event_id) if may else None
        seen = reading.text_seen
        traced = resumed and self._origin.traced(resumed)
        return next_ask(self._first_ask, traced, fault, status, text_seen=seen, replay=self._backend.replay)

    def _settle(self, now: float) -> None:
        for event in self._reading.settle(now):
            self._emit(event)

    def _end(self, ending: Ending, detail: str, now: float, by: str = "") -> None:
        if self.state in OPEN:
            self._settle(now)
        if self._opened and ending.good_end and not self._reading.text_seen:
            self._emit(Anomaly(self.id, now, AnomalyKind.EMPTY_ANSWER, "the good end came with no text before it"))
        self._emit(Ended(self.id, now, judge(ending), ending.fault or "", self._told(detail), by))

    def _told(self, detail: str) -> str:
        """Words of others, which may echo a secret of ours."""
        return redactor_for(self._backend).text(detail)[:DETAIL_CHARS] if detail else ""
