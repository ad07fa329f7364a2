"""Pure: the events of one turn → its course on a clock that several turns share: spans by state, ticks of text, the end."""

from __future__ import annotations

from typing import Any

from dashboard.turn.events import Ended, Stalled, TextArrived, TurnEvent
from dashboard.turn.machine import OPEN, TRANSITIONS, TurnState

SPANS = 200
TICKS = 600
"""So many fit into the width of a small timeline; beyond them neighbours become one."""

Span = list[Any]
"""Kind, begin, end (None while it lasts)."""


class Course:
    """An Observer of ONE turn; times are seconds since `start`, the moment when all were asked. Memory is bounded.

    The kinds: place (waits for one of the backend's max_parallel), connecting, waiting (open, no text yet), answering,
    stalled, backing_off. A stall begins when the silence began, not when it was noticed.
    """

    def __init__(self, start: float = 0.0) -> None:
        self.start = start
        self._state = TurnState.IDLE
        self._begun = False
        self._spans: list[Span] = [["place", 0.0, None]]
        self._ticks: list[float] = []
        self._apart = 0.0
        self._end: float | None = None
        self._told_spans = self._told_ticks = 0

    def observe(self, event: TurnEvent) -> None:
        """Folds one event; what follows the end changes nothing."""
        leads = TRANSITIONS[self._state].get(type(event))
        if leads is None:
            return
        at = max(0.0, event.at - self.start)
        if isinstance(event, TextArrived):
            self._begun = True
            self._tick(at)
        if leads is not self._state:
            self._state = leads
            self._turn_to(self._kind(), max(0.0, at - event.silent_s) if isinstance(event, Stalled) else at)
        if isinstance(event, Ended):
            self._end = at

    def _kind(self) -> str:
        if self._state in OPEN and self._state is not TurnState.STALLED:
            return "answering" if self._begun else "waiting"
        return self._state.value

    def _turn_to(self, kind: str, at: float) -> None:
        last = self._spans[-1]
        last[2] = max(last[1], at)
        if self._state is TurnState.ENDED or last[0] == kind:
            last[2] = last[2] if self._state is TurnState.ENDED else None
            return
        if len(self._spans) >= SPANS:
            last[2] = None
            return
        self._told_spans = min(self._told_spans, len(self._spans) - 1)
        self._spans.append([kind, last[2], None])

    def _tick(self, at: float) -> None:
        if self._ticks and at - self._ticks[-1] < self._apart:
            return
        self._ticks.append(at)
        if len(self._ticks) > TICKS:
            self._apart = max(2 * self._apart, 2 * (at - self._ticks[0]) / TICKS)
            kept: list[float] = []
            for each in self._ticks:
                if not kept or each - kept[-1] >= self._apart:
                    kept.append(each)
            self._ticks, self._told_ticks = kept, 0

    def copy(self) -> Course:
        """The same course so far, of which nothing was told; an observer of its own."""
        copy = Course(self.start)
        copy._state, copy._begun, copy._apart, copy._end = self._state, self._begun, self._apart, self._end
        copy._spans, copy._ticks = [list(span) for span in self._spans], list(self._ticks)
        return copy

    def patch(self) -> dict[str, Any]:
        """What is new since the last patch: spans and ticks from where they changed."""
        spans, ticks = self._told_spans, self._told_ticks
        self._told_spans = max(0, len(self._spans) - (self._end is None))
        self._told_ticks = len(self._ticks)
        return self._since(spans, ticks)

    def full(self) -> dict[str, Any]:
        """All of it; changes nothing of what was told."""
        return self._since(0, 0)

    def _since(self, spans: int, ticks: int) -> dict[str, Any]:
        return {
            "spans": {"from": spans, "list": [[kind, *_rounded(times)] for kind, *times in self._spans[spans:]]},
            "ticks": {"from": ticks, "list": _rounded(self._ticks[ticks:])},
            "end": None if self._end is None else round(self._end, 4),
        }


def _rounded(times: list[Any]) -> list[Any]:
    return [None if each is None else round(each, 4) for each in times]
