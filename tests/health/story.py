"""Tells a turn as events, by hand: each call is one thing that happens at a time."""

from __future__ import annotations

from dashboard.turn.events import (
    Anomaly,
    Asked,
    ChunkArrived,
    Connected,
    Connecting,
    Disconnected,
    Ended,
    Heartbeat,
    MessageArrived,
    Progressed,
    Recovered,
    RetryScheduled,
    Stalled,
    TextArrived,
    TurnEvent,
)
from dashboard.wire.chat_event import Reasoning, Routed, Step


class Story:
    """`events` holds what was told so far; times are seconds, `asked` puts the request at 0 unless told otherwise."""

    def __init__(self, turn: str = "t") -> None:
        self.turn = turn
        self.events: list[TurnEvent] = []
        self._text_seen = False

    def asked(self, at: float = 0.0, backend: str = "demo", session: str = "", source: str = "live") -> Story:
        return self._tell(Asked(self.turn, at, backend, "orchestrator", session, source, "q"))

    def connecting(self, at: float = 0.0, attempt: int = 1) -> Story:
        return self._tell(Connecting(self.turn, at, attempt))

    def connected(self, at: float, headers: dict[str, str] | None = None, dialled: float | None = None) -> Story:
        return self._tell(Connected(self.turn, at, 200, headers or {}, dialled))

    def begun(self, at: float = 0.0, backend: str = "demo", session: str = "", source: str = "live") -> Story:
        return self.asked(at, backend, session, source).connecting(at).connected(at + 0.01)

    def text(self, at: float, *texts: str) -> Story:
        """One read with a message for each text."""
        self._tell(ChunkArrived(self.turn, at, sum(map(len, texts)), b""))
        for text in texts:
            self._tell(MessageArrived(self.turn, at, "text", "message", "{}", ""))
            self._tell(TextArrived(self.turn, at, text, not self._text_seen))
            self._text_seen = True
        return self

    def message(self, at: float, kind: str) -> Story:
        return self._tell(MessageArrived(self.turn, at, kind, "message", "{}", ""))

    def routing(self, at: float) -> Story:
        return self.message(at, "routing")._tell(Progressed(self.turn, at, Step("routing")))

    def routed(self, at: float, name: str = "Math Agent", confidence: float | None = 0.95) -> Story:
        routed = Routed("math", name, "a2a", confidence, "sums")
        return self.message(at, "routing")._tell(Progressed(self.turn, at, routed))

    def agent(self, at: float) -> Story:
        return self.message(at, "agent")._tell(Progressed(self.turn, at, Step("math")))

    def reasoning(self, at: float, text: str = "hm") -> Story:
        return self.message(at, "reasoning")._tell(Progressed(self.turn, at, Reasoning(text)))

    def heartbeat(self, at: float) -> Story:
        return self._tell(ChunkArrived(self.turn, at, 3, b":\n\n"))._tell(Heartbeat(self.turn, at, ""))

    def anomaly(self, at: float, kind: str, detail: str = "seen") -> Story:
        return self._tell(Anomaly(self.turn, at, kind, detail))

    def stalled(self, at: float, silent_s: float, clock: str = "bytes") -> Story:
        return self._tell(Stalled(self.turn, at, clock, silent_s))

    def recovered(self, at: float, gap_s: float, clock: str = "bytes") -> Story:
        return self._tell(Recovered(self.turn, at, clock, gap_s))

    def lost(self, at: float, fault: str, delay_s: float = 0.5, attempt: int = 2) -> Story:
        self._tell(Disconnected(self.turn, at, fault, "lost"))
        return self._tell(RetryScheduled(self.turn, at, attempt, delay_s, fault))

    def ended(self, at: float, outcome: str = "completed", fault: str = "", detail: str = "", by: str = "") -> Story:
        return self._tell(Ended(self.turn, at, outcome, fault, detail, by))

    def _tell(self, event: TurnEvent) -> Story:
        self.events.append(event)
        return self
