"""Events of one turn → the answer so far, and where it stands."""

from __future__ import annotations

from dashboard.turn.events import (
    Asked,
    Connecting,
    Ended,
    FinishHeard,
    Guessed,
    Heartbeat,
    Progressed,
    RetryScheduled,
    TextArrived,
    TurnEvent,
    UsageReported,
)
from dashboard.turn.machine import TRANSITIONS, TurnState
from dashboard.wire.chat_event import Reasoning, Routed, Step, ToolCall

STEPS = 200
REASONING_CHARS = 200_000


class Transcript:
    """What a page shows of one turn; `revision` grows with every event that changes it.

    Text and reasoning grow in lists and are joined when read, so that a chunk costs O(1).
    """

    def __init__(self, turn: str) -> None:
        self.turn = turn
        self.revision = 0
        self.state = TurnState.IDLE
        self.backend = self.dialect = self.question = ""
        self.asked_at = self.ended_at = self.silent_since = self.retry_at = 0.0
        self.attempt = 0
        self.routing_started = self.agent_started = False
        self.routed: Routed | None = None
        self.steps: list[tuple[str, str, str, str]] = []
        self.outcome = self.fault = self.detail = self.by = self.finish_reason = ""
        self.usage: tuple[int | None, int | None] | None = None
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._reasoning_chars = 0

    @property
    def text(self) -> str:
        """The answer so far."""
        if len(self._text) > 1:
            self._text = ["".join(self._text)]
        return self._text[0] if self._text else ""

    @property
    def reasoning(self) -> str:
        """The model's reasoning so far, at most REASONING_CHARS of it."""
        if len(self._reasoning) > 1:
            self._reasoning = ["".join(self._reasoning)]
        return self._reasoning[0] if self._reasoning else ""

    def observe(self, event: TurnEvent) -> None:  # noqa: C901  # one flat case an event, as short as each can be
        leads = TRANSITIONS[self.state].get(type(event))
        if leads is None:
            return
        changed = leads is not self.state
        self.state = leads
        match event:
            case TextArrived(text=text, at=at):
                self._text.append(text)
                self.silent_since = at
            case Progressed(chat_event=chat_event, at=at):
                self._progressed(chat_event)
                self.silent_since = at
            case Asked():
                self.backend, self.dialect, self.question = event.backend, event.dialect, event.question
                self.asked_at = self.silent_since = event.at
            case Guessed(dialect=dialect):
                self.dialect = dialect
            case Connecting(attempt=attempt, at=at):
                self.attempt, self.silent_since = attempt, at
            case RetryScheduled(delay_s=delay_s, at=at):
                self.retry_at = at + delay_s
            case UsageReported():
                self.usage = (event.input_tokens, event.output_tokens)
            case FinishHeard(reason=reason):
                self.finish_reason = reason
            case Ended():
                self.outcome, self.fault, self.detail, self.by = event.outcome, event.fault, event.detail, event.by
                self.ended_at = event.at
            case Heartbeat():
                pass
            case _:
                if not changed:
                    return
        self.revision += 1

    def _progressed(self, chat_event: Reasoning | Routed | Step | ToolCall) -> None:
        match chat_event:
            case Reasoning(text=text):
                if self._reasoning_chars < REASONING_CHARS:
                    self._reasoning.append(text)
                    self._reasoning_chars += len(text)
            case Routed():
                self.routed = chat_event
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
