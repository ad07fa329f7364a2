"""The gaps between the text chunks of one turn, counted in bins that a person can read."""

from __future__ import annotations

from bisect import bisect_left

from dashboard.turn.events import TextArrived, TurnEvent

EDGES_S = (0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Upper edges, inclusive; the first bin holds chunks of one read, the last one what is longer than all."""


class GapHistogram:
    """An Observer of one turn; `counts` has a bin for each edge and one more."""

    def __init__(self) -> None:
        self.counts = [0] * (len(EDGES_S) + 1)
        self._at: float | None = None

    def observe(self, event: TurnEvent) -> None:
        """Counts the gap that ends with `event`, if one does."""
        if type(event) is not TextArrived:
            return
        if self._at is not None:
            self.counts[bisect_left(EDGES_S, round(event.at - self._at, 9))] += 1
        self._at = event.at

    @property
    def total(self) -> int:
        return sum(self.counts)
