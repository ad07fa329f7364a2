"""Pure: what arrived, one short line an event; bounded, and saying what it dropped."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from dashboard.turn.events import (
    Anomaly,
    Asked,
    ChunkArrived,
    Connected,
    Connecting,
    Disconnected,
    Ended,
    Guessed,
    Heartbeat,
    MessageArrived,
    Progressed,
    Recovered,
    RetryScheduled,
    Stalled,
    TextArrived,
    TurnEvent,
)
from dashboard.ui.plain import one_line

LINES = 1000
DATA_CHARS = 220

KEPT_CHARS = 4 * DATA_CHARS + 1
"""Of what came, until somebody looks: `one_line` reads no more, and whether there was more."""

Line = tuple[str, str, str, str]
"""Time since the question ("+1.204"), kind, tone ("", "good", "warn", "bad" or "calm"), data."""


class Console:
    """The last LINES events of a conversation's turns; `written` counts every one ever written."""

    def __init__(self) -> None:
        self._lines: deque[tuple[float, str, str, str]] = deque(maxlen=LINES)
        """As they came: most consoles are never opened."""
        self._asked_at: dict[str, float] = {}
        self.written = 0

    def observe(self, event: TurnEvent) -> None:
        """Takes in one event; reads, text and progress are left to the message that carried them."""
        if isinstance(event, Asked):
            self._asked_at[event.turn] = event.at
        told = describe(event)
        if told is None:
            return
        self._write(event, *told)
        if isinstance(event, Ended):
            self._asked_at.pop(event.turn, None)

    def route(self, kind: type) -> Callable[[Any], None] | None:
        """What takes events of that kind; None: they have no line."""
        if kind is MessageArrived:
            return self._message
        return None if kind in (ChunkArrived, TextArrived, Progressed) else self.observe

    def _message(self, event: MessageArrived) -> None:
        self._write(event, event.kind, _TONES.get(event.kind, ""), event.data)

    def _write(self, event: TurnEvent, kind: str, tone: str, data: str) -> None:
        at = event.at
        kept = data if len(data) <= KEPT_CHARS else data[:KEPT_CHARS]
        self._lines.append((at - self._asked_at.get(event.turn, at), kind, tone, kept))
        self.written += 1

    def since(self, written: int) -> list[Line]:
        """The lines written after the first `written`, as far as they are still kept."""
        fresh = min(self.written - written, len(self._lines))
        lines = (self._lines[i] for i in range(len(self._lines) - fresh, len(self._lines)))
        return [(f"+{since:.3f}", kind, tone, one_line(data, DATA_CHARS)) for since, kind, tone, data in lines]

    @property
    def size(self) -> int:
        """About how many bytes it holds on to."""
        return sum(150 + len(line[-1]) for line in self._lines)

    def take(self, other: Console) -> None:
        """The lines of another one, as they stand."""
        self._lines.extend(other._lines)
        self.written = other.written

    @property
    def dropped(self) -> int:
        """How many of the oldest are gone."""
        return self.written - len(self._lines)

    def clear(self) -> None:
        """Forgets the lines and the count."""
        self._lines.clear()
        self.written = 0


_TONES = {"error": "bad", "malformed": "bad", "unknown": "warn", "finish": "good"}


def describe(event: TurnEvent) -> tuple[str, str, str] | None:
    """Kind, tone and data of an event; None for one that has no line of its own."""
    match event:
        case MessageArrived():
            return event.kind, _TONES.get(event.kind, ""), event.data
        case Heartbeat():
            return "heartbeat", "calm", event.text
        case Asked():
            return "asked", "calm", event.question
        case Connecting():
            return "connecting", "calm", f"attempt {event.attempt}"
        case Connected():
            return "connected", "good", f"{event.status} {_head(event)}"
        case Guessed():
            return "dialect", "calm", f"{event.dialect}, from {event.how}"
        case _:
            return _trouble(event)


def _head(event: Connected) -> str:
    wanted = ("content-type", "server", "via", "content-encoding", "x-accel-buffering")
    return " · ".join(f"{name}: {event.headers[name]}" for name in wanted if name in event.headers)


def _trouble(event: TurnEvent) -> tuple[str, str, str] | None:
    match event:
        case Anomaly():
            return "anomaly", "warn", f"{event.kind}: {event.detail}"
        case Stalled():
            return "stalled", "warn", f"{event.clock} silent for {event.silent_s:.1f} s"
        case Recovered():
            return "recovered", "good", f"{event.clock} after {event.gap_s:.1f} s"
        case Disconnected():
            return "disconnected", "bad", f"{event.fault}: {event.detail}"
        case RetryScheduled():
            return "retry", "warn", f"attempt {event.attempt} in {event.delay_s:.1f} s, because of {event.reason}"
        case Ended():
            tone = "good" if event.outcome == "completed" else "calm" if event.outcome == "stopped" else "bad"
            return "ended", tone, ": ".join(part for part in (event.outcome, event.fault, event.detail) if part)
        case _:
            return None
