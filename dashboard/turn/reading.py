"""From bytes to turn events within one turn: decoder, dialect, duplicates; and what was heard so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dashboard.turn.clocks import Clocks
from dashboard.turn.continuity import Continuity
from dashboard.turn.events import (
    Anomaly,
    FinishHeard,
    Heartbeat,
    MessageArrived,
    Progressed,
    Recovered,
    RetryHeard,
    TextArrived,
    TurnEvent,
    UsageReported,
)
from dashboard.turn.heard import Heard
from dashboard.turn.kinds import kind_of
from dashboard.turn.request import Start
from dashboard.turn.verdict import AnomalyKind
from dashboard.wire.auto import AutoDialect
from dashboard.wire.chat_event import (
    BackendError,
    ChatEvent,
    End,
    Finish,
    Malformed,
    Ping,
    Reasoning,
    Routed,
    Step,
    Text,
    ToolCall,
    Unknown,
    Usage,
)
from dashboard.wire.dialect import Dialect
from dashboard.wire.frame import Comment, Frame, Message, Retry
from dashboard.wire.hush import Hush
from dashboard.wire.payload import one_line
from dashboard.wire.sse import SseDecoder

DONE = "[DONE]"
"""OpenAI's terminator, which servers send after those of other dialects, too."""

ERROR_FINISHES = frozenset({"error", "failed"})


class Reading(Heard):
    """The reader's side of a Turn; one for all its attempts, with a new decoder for each."""

    def __init__(self, turn_id: str, dialect: Dialect, max_event_bytes: int, start: Start, hush: Hush) -> None:
        super().__init__(dialect, max_event_bytes, start)
        self.hush = hush
        self.guesses = isinstance(dialect, AutoDialect)
        self.retry_base_s: float | None = None
        self._id = turn_id
        self._max_event_bytes = max_event_bytes
        self._bad_retries = 0
        self._began_at = start.last_event_id
        self._over = False
        self._handlers: dict[type, Callable[[Any, float, Clocks, list[TurnEvent]], None]] = {
            Text: self._text,
            Reasoning: self._progress,
            Routed: self._progress,
            Step: self._progress,
            ToolCall: self._progress,
            Usage: self._usage,
            Finish: self._finish,
            End: self._end,
            BackendError: self._error,
            Ping: self._ping,
            Unknown: self._unknown,
            Malformed: self._malformed,
        }

    def take_guess(self) -> str:
        """The dialect that `auto` has just taken, told once; "" when it took none."""
        return self.dialect.take_guess() if isinstance(self.dialect, AutoDialect) else ""

    # Bytes in, events out

    def connected(self) -> None:
        """A new connection: the decoder starts afresh, seeded with the id that is in force (WHATWG HTML §9.2.2)."""
        self._decoder = SseDecoder(max_event_bytes=self._max_event_bytes, last_event_id=self._decoder.last_event_id)
        self._bad_retries = 0
        self._start = b""
        self.heard = False
        self._continuity.connected(self.last_event_id)

    def start_over(self) -> None:
        """The next connection begins a new answer; nothing of this one was shown."""
        self._decoder = SseDecoder(max_event_bytes=self._max_event_bytes, last_event_id=self._began_at)
        self._continuity = Continuity()
        self.finish_reason = ""
        self._over = True

    def feed(self, chunk: bytes, now: float, clocks: Clocks, out: list[TurnEvent]) -> None:
        """Adds the turn events in one read to `out`, up to the dialect's good end."""
        if len(self._start) < 16:  # enough to tell an event stream from anything else
            self._start += chunk[:16]
        decoder = self._decoder
        frames = self.hush.frames(decoder.feed(chunk))
        for index, frame in enumerate(frames):
            kind = type(frame)
            if kind is Message:
                self._message(frame, now, clocks, out)  # type: ignore[arg-type]
                if self.ended or self.error is not None or self._continuity.foreign:
                    if self.ended:
                        out += self._said_late(frames[index + 1 :], now)
                    break
            elif kind is Comment:
                out.append(Heartbeat(self._id, now, frame.text))  # type: ignore[union-attr]
            elif kind is Retry:
                self.retry_base_s = frame.delay_ms / 1000  # type: ignore[union-attr]
                out.append(RetryHeard(self._id, now, self.retry_base_s))
        if decoder.too_large:
            begins = one_line(decoder.too_large_head, 80)
            self.too_large = (
                f"an event of {decoder.too_large:,} bytes or more, over limits.event_bytes ({self._max_event_bytes:,}); "
                f"it begins: {begins}"
            )
        if decoder.bad_retries > self._bad_retries:
            self._bad_retries = decoder.bad_retries
            out.append(Anomaly(self._id, now, AnomalyKind.BAD_RETRY, "a retry: field that is no number was ignored"))

    def late(self, chunk: bytes, now: float) -> list[TurnEvent]:
        """What a read after the good end says."""
        return self._said_late(self._decoder.feed(chunk), now)

    def _said_late(self, frames: Sequence[Frame], now: float) -> list[TurnEvent]:
        """The anomaly of what came after the good end; a comment or another terminator is none."""
        late = sum(type(frame) is Message and frame.data.strip() not in ("", DONE) for frame in frames)
        return [Anomaly(self._id, now, AnomalyKind.LATE_BYTES, f"{late} more after the good end")] if late else []

    def _message(self, message: Message, now: float, clocks: Clocks, out: list[TurnEvent]) -> None:
        if message.own_id and self._dedupe and message.last_event_id:
            continuity = self._continuity
            told = continuity.see(message, text_seen=self.text_seen)
            if told is None:  # a resume that sends too much: none is shown twice
                said = f"id {message.last_event_id[:64]!r} came again"
                out.append(Anomaly(self._id, now, AnomalyKind.DUPLICATE, said))
                return
            if told:
                out += [Anomaly(self._id, now, kind_told, detail) for kind_told, detail in told]
            if continuity.foreign:
                return
        chat_events = self.dialect.read(message)
        self._messages += 1
        kind = kind_of(chat_events[0]) if chat_events else "empty"
        if kind == "routing" and self.text_seen:
            self._continuity.begins(message)
            if self._continuity.foreign:
                return
        out.append(MessageArrived(self._id, now, kind, message.event, message.data, message.last_event_id))
        if not chat_events and message.data.strip():
            self._readable += 1
        elif kind in ("unknown", "malformed"):
            self._unread.add(message, keep=not self._readable)
        if message.last_event_id and not message.own_id and not self._may_show(message, chat_events):
            return
        handlers = self._handlers
        for chat_event in chat_events:
            handlers[type(chat_event)](chat_event, now, clocks, out)

    def _may_show(self, message: Message, chat_events: Sequence[ChatEvent]) -> bool:
        if not self._dedupe or Text not in map(type, chat_events):
            return True
        return self._continuity.may_show(message.last_event_id)

    def settle(self, now: float) -> list[TurnEvent]:
        """What can be said of the ids now that no more come on this connection."""
        return [Anomaly(self._id, now, kind, detail) for kind, detail in self._continuity.settle()]

    # One chat event

    def _moved(self, now: float, clocks: Clocks, out: list[TurnEvent]) -> None:
        self._readable += 1
        self.heard = not self._over
        if clocks.stalled_on:
            out.append(Recovered(self._id, now, clocks.stalled_on, now - clocks.progress_at))
            clocks.stalled_on = ""
        clocks.progress_at = now

    def _text(self, event: Text, now: float, clocks: Clocks, out: list[TurnEvent]) -> None:
        self._moved(now, clocks, out)
        clocks.text(now)
        out.append(TextArrived(self._id, now, event.text, not self.text_seen))
        self.text_seen = True
        self._over = False

    def _progress(
        self, event: Reasoning | Routed | Step | ToolCall, now: float, clocks: Clocks, out: list[TurnEvent]
    ) -> None:
        self._moved(now, clocks, out)
        out.append(Progressed(self._id, now, event))

    def _usage(self, event: Usage, now: float, clocks: Clocks, out: list[TurnEvent]) -> None:
        self._moved(now, clocks, out)
        out.append(UsageReported(self._id, now, event.input_tokens, event.output_tokens))

    def _finish(self, event: Finish, now: float, clocks: Clocks, out: list[TurnEvent]) -> None:
        self._moved(now, clocks, out)
        self.finish_reason = event.reason
        out.append(FinishHeard(self._id, now, event.reason))
        if event.reason in ERROR_FINISHES and self.error is None:
            self.error = BackendError(event.reason, "")

    def _end(self, _event: End, now: float, clocks: Clocks, out: list[TurnEvent]) -> None:
        readable = self._readable
        self._moved(now, clocks, out)
        self._readable = readable
        self.ended = True

    def _error(self, event: BackendError, now: float, clocks: Clocks, out: list[TurnEvent]) -> None:
        self._moved(now, clocks, out)
        self.error = event

    def _ping(self, _event: Ping, now: float, _clocks: Clocks, out: list[TurnEvent]) -> None:
        out.append(Heartbeat(self._id, now, "ping"))

    def _unknown(self, event: Unknown, now: float, _clocks: Clocks, out: list[TurnEvent]) -> None:
        out.append(Anomaly(self._id, now, AnomalyKind.UNKNOWN_EVENT, event.kind[:200]))

    def _malformed(self, event: Malformed, now: float, _clocks: Clocks, out: list[TurnEvent]) -> None:
        out.append(Anomaly(self._id, now, AnomalyKind.MALFORMED_EVENT, event.why[:200]))
