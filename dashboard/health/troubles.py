"""The anomalies and stalls of one turn: counted exactly, listed within bounds."""

from __future__ import annotations

from dashboard.health.evidence import Stall
from dashboard.health.report import AnomalySeen
from dashboard.health.wording import clean

ANOMALIES = 100
STALLS = 100
DETAIL_CHARS = 500


class Troubles:
    """`total` and `kinds` count on where the lists (ANOMALIES, STALLS) end."""

    def __init__(self) -> None:
        self.total = self.stalls_total = 0
        self.kinds: dict[str, int] = {}
        self.anomalies: list[AnomalySeen] = []
        self.stalls: list[Stall] = []
        self.stall_open = False
        self._stalled_at = 0.0

    def note(self, kind: str, detail: str) -> None:
        """One anomaly."""
        self.total += 1
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        if len(self.anomalies) < ANOMALIES:
            self.anomalies.append(AnomalySeen(kind, clean(detail, DETAIL_CHARS)))

    def stall(self, clock: str, silent_s: float, at: float, *, after_text: bool) -> None:
        """A stall opens at `at`, after `silent_s` of silence."""
        self.stalls_total += 1
        self.stall_open = True
        self._stalled_at = at
        if len(self.stalls) < STALLS:
            self.stalls.append(Stall(clock, silent_s, after_text, over=False))

    def close(self, at: float, *, over: bool) -> None:
        """The open stall, if there is one, lasted until `at`; `over` unless the turn ended with it."""
        self.stall_open = self.stall_open and not over
        if self.stalls and not self.stalls[-1].over:
            last = self.stalls[-1]
            self.stalls[-1] = Stall(last.clock, last.silent_s + at - self._stalled_at, last.after_text, over)

    def first_details(self) -> dict[str, str]:
        """The first detail of each kind."""
        return {each.kind: each.detail for each in reversed(self.anomalies)}
