"""Turn events as lines for a person at a terminal: one a phase, as it happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dashboard.cli.printable import one_line
from dashboard.turn.events import (
    Anomaly,
    Asked,
    Connected,
    Connecting,
    Disconnected,
    FinishHeard,
    Guessed,
    MessageArrived,
    Progressed,
    Recovered,
    RetryScheduled,
    Stalled,
    TextArrived,
    TurnEvent,
)
from dashboard.wire.chat_event import Reasoning, Routed, Step, ToolCall

PROGRESS_S = 2.0
"""Streaming text tells of itself so often."""
ANOMALIES = 10
"""So many get a line; the verdict counts them all."""
STEPS = 50

Say = Callable[[float, str, str], None]
"""(seconds from the request, the phase's word, the rest of the line)."""


class Phases:
    """An Observer that tells each phase to `say`; what a back end said is made safe here."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._asked_at = self._progress_at = 0.0
        self._characters = self._pieces = self._anomalies = self._steps = 0
        self._told: set[str] = set()
        self._handlers: dict[type, Callable[[Any], None]] = {
            Asked: self._asked,
            Guessed: self._guessed,
            Connecting: self._connecting,
            Connected: self._connected,
            MessageArrived: self._message,
            Progressed: self._progressed,
            TextArrived: self._text,
            FinishHeard: lambda event: self._tell(event, "finish", one_line(event.reason)),
            Stalled: lambda event: self._tell(event, "stalled", f"{event.clock} silent for {event.silent_s:.1f} s"),
            Recovered: lambda event: self._tell(event, "recovered", f"after {event.gap_s:.1f} s"),
            Disconnected: lambda event: self._tell(event, "disconnected", f"{event.fault}: {one_line(event.detail)}"),
            RetryScheduled: self._retry,
            Anomaly: self._anomaly,
        }

    def observe(self, event: TurnEvent) -> None:
        """Tells what `event` begins, if it begins anything."""
        handler = self._handlers.get(type(event))
        if handler is not None:
            handler(event)

    def _tell(self, event: TurnEvent, word: str, rest: str = "") -> None:
        self._say(event.at - self._asked_at, word, rest)

    def _once(self, event: TurnEvent, word: str, rest: str = "") -> None:
        if word not in self._told:
            self._told.add(word)
            self._tell(event, word, rest)

    def _asked(self, event: Asked) -> None:
        self._asked_at = event.at
        self._tell(event, "asking", f"{event.backend}: {one_line(event.question)}")

    def _guessed(self, event: Guessed) -> None:
        self._tell(event, "dialect", f"{event.dialect}, guessed from {event.how}")

    def _connecting(self, event: Connecting) -> None:
        self._tell(event, "connecting", "" if event.attempt == 1 else f"attempt {event.attempt}")

    def _connected(self, event: Connected) -> None:
        media = event.headers.get("content-type", "no media type")
        self._tell(event, "connected", f"HTTP {event.status}, {one_line(media, 80)}")

    def _message(self, event: MessageArrived) -> None:
        self._once(event, "first event", event.kind)

    def _progressed(self, event: Progressed) -> None:
        match event.chat_event:
            case Reasoning():
                self._once(event, "reasoning")
            case Routed() as routed:
                self._step(event, "routed", _routed(routed))
            case Step(name="routing"):
                self._once(event, "routing")
            case Step(name=name, phase=phase):
                self._step(event, "step", f"{one_line(name, 80)} {one_line(phase, 20)}")
            case ToolCall(name=name, phase=phase) if phase != "args":
                self._step(event, "tool", f"{one_line(name, 80)} {one_line(phase, 20)}")

    def _step(self, event: TurnEvent, word: str, rest: str) -> None:
        self._steps += 1
        if self._steps <= STEPS:
            self._tell(event, word, rest)

    def _text(self, event: TextArrived) -> None:
        self._characters += len(event.text)
        self._pieces += 1
        if event.first:
            self._tell(event, "first text")
        elif event.at - self._progress_at >= PROGRESS_S:
            self._tell(event, "streaming", f"{self._characters:,} characters in {self._pieces:,} chunks")
        else:
            return
        self._progress_at = event.at

    def _retry(self, event: RetryScheduled) -> None:
        self._tell(event, "retrying", f"attempt {event.attempt} in {event.delay_s:.1f} s, because of {event.reason}")

    def _anomaly(self, event: Anomaly) -> None:
        self._anomalies += 1
        if self._anomalies <= ANOMALIES:
            self._tell(event, "anomaly", f"{event.kind}: {one_line(event.detail)}")


def _routed(routed: Routed) -> str:
    share = None if routed.confidence is None else f"{routed.confidence:.0%}"
    known = [one_line(routed.agent_name or routed.agent_id, 80), share, one_line(routed.protocol, 40)]
    reasoning = f" ({one_line(routed.reasoning)})" if routed.reasoning else ""
    return ", ".join(filter(None, known)) + reasoning
