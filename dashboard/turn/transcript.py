"""Events of one turn → the answer so far, and where it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dashboard.turn.events import (
    Asked,
    Connecting,
    Ended,
    FinishHeard,
    Guessed,
    Progressed,
    RetryScheduled,
    TextArrived,
    TurnEvent,
    UsageReported,
)
from dashboard.turn.growing import GrowingText
from dashboard.turn.machine import TRANSITIONS, TurnState
from dashboard.wire.chat_event import Reasoning, Routed, Step, ToolCall

STEPS = 200
REASONING_CHARS = 200_000


class Transcript:
    """What a page shows of one turn; `revision` grows with every event that changes it.

    Text and reasoning are joined when read, so that a chunk costs O(1).
    """

    def __init__(self, turn: str) -> None:
        self.turn = turn
        self.revision = 0
        self.state = TurnState.IDLE
        self.backend = self.dialect = self.question = self.trace_id = ""
        self.asked_at = self.ended_at = self.silent_since = self.text_at = self.retry_at = 0.0
        self.attempt = 0
        self.routing_started = self.agent_started = False
        self.routed: Routed | None = None
        self.steps: list[tuple[str, str, str, str]] = []
        self.outcome = self.fault = self.detail = self.by = self.finish_reason = ""
        self.usage: tuple[int | None, int | None] | None = None
        self._text = GrowingText()
        self._reasoning = GrowingText()
        self._reasoning_chars = 0
        self._folds: Mapping[type, Callable[[Any], None]] = {
            Asked: self._asked,
            Guessed: self._guessed,
            Connecting: self._connecting,
            RetryScheduled: self._retry,
            TextArrived: self._texted,
            Progressed: self._progressed,
            UsageReported: self._used,
            FinishHeard: self._finished,
            Ended: self._ended,
        }

    @property
    def text(self) -> str:
        """The answer so far."""
        return str(self._text)

    @property
    def reasoning(self) -> str:
        """The model's reasoning so far, at most REASONING_CHARS of it."""
        return str(self._reasoning)

    def observe(self, event: TurnEvent) -> None:
        """Folds one event; what is not of the table's (an event after the end) changes nothing."""
        kind = type(event)
        leads = TRANSITIONS[self.state].get(kind)
        if leads is None:
            return
        fold = self._folds.get(kind)
        if fold is not None:
            fold(event)
        elif leads is self.state:
            return
        self.state = leads
        self.revision += 1

    def route(self, kind: type) -> Callable[[Any], None] | None:
        """What folds events of that kind; None: they change nothing, whatever the state."""
        moves = any(leads.get(kind, state) is not state for state, leads in TRANSITIONS.items())
        return self.observe if moves or kind in self._folds else None

    def _asked(self, event: Asked) -> None:
        self.backend, self.dialect, self.question = event.backend, event.dialect, event.question
        self.asked_at, self.trace_id = event.at, event.trace_id
        self.silent_since = event.at

    def _guessed(self, event: Guessed) -> None:
        self.dialect = event.dialect

    def _connecting(self, event: Connecting) -> None:
        self.attempt, self.silent_since = event.attempt, event.at

    def _retry(self, event: RetryScheduled) -> None:
        self.retry_at = event.at + event.delay_s

    def _texted(self, event: TextArrived) -> None:
        self._text.add(event.text)
        self.silent_since = self.text_at = event.at

    def _used(self, event: UsageReported) -> None:
        self.usage = (event.input_tokens, event.output_tokens)

    def _finished(self, event: FinishHeard) -> None:
        self.finish_reason = event.reason

    def _ended(self, event: Ended) -> None:
        self.outcome, self.fault, self.detail, self.by = event.outcome, event.fault, event.detail, event.by
        self.ended_at = event.at

    def _progressed(self, event: Progressed) -> None:
        self.silent_since = event.at
        match event.chat_event:
            case Reasoning(text=text):
                if self._reasoning_chars < REASONING_CHARS:
                    self._reasoning.add(text)
                    self._reasoning_chars += len(text)
            case Routed() as routed:
                self.routed = routed
            case Step(name="routing"):
                self.routing_started = True
            case Step(name=name, phase=phase):
                self.agent_started = self.agent_started or phase == "start"
                self._step("step", name, phase, "")
            case ToolCall(name=name, phase=phase, detail=detail):
                self._step("tool", name, phase, detail)

    def _step(self, kind: str, name: str, phase: str, detail: str) -> None:
        if len(self.steps) < STEPS:
            self.steps.append((kind, name, phase, detail))
