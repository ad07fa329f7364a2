"""Plays a turn by hand: steps of (time, what happens) against a Turn, and what came of it."""

from __future__ import annotations

import json
from typing import Any

from dashboard.config import Backend, Limits, Retry, Thresholds, Timeouts
from dashboard.turn.events import Ended, TextArrived, TurnEvent
from dashboard.turn.request import Head
from dashboard.turn.turn import Turn
from dashboard.wire.auto import AutoDialect
from dashboard.wire.dialect import Endpoint, Question
from dashboard.wire.dialects import DIALECTS

STREAM = Head(200, {"content-type": "text/event-stream"})
QUICK = Thresholds(ttft_s=1, gap_s=1, stall_after_s=2, first_text_give_up_s=10, give_up_s=6)


def frame(data: Any, event_id: str = "") -> bytes:
    text = data if isinstance(data, str) else json.dumps(data)
    return (f"id: {event_id}\n" if event_id else "").encode() + f"data: {text}\n\n".encode()


def say(text: str, event_id: str = "") -> bytes:
    return frame({"event": "response_chunk", "text": text}, event_id)


DONE = frame({"event": "completed"})
OPENAI_DONE = frame("[DONE]")


def delta(text: str = "", finish: str | None = None) -> bytes:
    return frame({"choices": [{"delta": {"content": text} if text else {}, "finish_reason": finish}]})


class Play:
    """A Turn on a clock that the test sets; every event is kept."""

    def __init__(self, dialect: str = "orchestrator", limits: Limits | None = None, **backend: Any) -> None:
        backend = {"thresholds": QUICK, "timeouts": Timeouts(1, 3), "retry": Retry(0.5, 4.0, 3), **backend}
        path = "unknown" if dialect == "auto" else "process/stream"
        self.backend = Backend("b", f"http://127.0.0.1:1/{path}", dialect, **backend)
        endpoint = Endpoint(self.backend.url, self.backend.method, {})
        self.turn = Turn(
            "t",
            self.backend,
            DIALECTS.get(dialect, AutoDialect)(endpoint),
            Question("hello"),
            limits=limits or Limits(),
        )
        self.events: list[TurnEvent] = []
        self.take(self.turn.asked(0.0))

    def take(self, events: list[TurnEvent]) -> list[TurnEvent]:
        self.events += events
        return events

    def head(self, now: float = 0.1, head: Head = STREAM) -> None:
        self.take(self.turn.connected(head, now))

    def feed(self, data: bytes, now: float) -> list[TurnEvent]:
        return self.take(self.turn.feed(data, now))

    def pass_to(self, now: float) -> None:
        """Lets time pass as the shell does: a tick at each deadline up to `now`."""
        while self.turn.deadline <= now:
            self.take(self.turn.tick(self.turn.deadline))

    @property
    def text(self) -> str:
        return "".join(e.text for e in self.events if isinstance(e, TextArrived))

    @property
    def ended(self) -> Ended:
        last = [e for e in self.events if isinstance(e, Ended)]
        assert len(last) == 1, f"exactly one ending, got {last}"
        assert self.events[-1] is last[0], "nothing after the ending"
        return last[0]

    @property
    def names(self) -> list[str]:
        return [type(e).__name__ for e in self.events]

    def kinds(self, event_type: type) -> list[Any]:
        return [e for e in self.events if isinstance(e, event_type)]
