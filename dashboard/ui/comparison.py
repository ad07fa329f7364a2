"""One question and the lanes that it was asked in: what a comparison is, whichever page shows it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any

from dashboard.ui.conversation import Shown
from dashboard.ui.course import Course
from dashboard.ui.standing import marks, rows


class Lane:
    """A place for one backend: the turn that it was asked last, or why it was not."""

    _ids = count()

    def __init__(self, backend: str) -> None:
        self.id = str(next(self._ids))
        self.backend = backend
        self.shown: Shown | None = None
        self.course = Course()
        self.refusal = ""
        self._rows: list[str] = []

    @property
    def running(self) -> bool:
        """Whether its answer is on its way."""
        return self.shown is not None and not self.shown.live.done

    def patch(self) -> dict[str, Any]:
        """What is new of its turn."""
        if self.shown is None:
            return {"lane": self.id}
        told = {"lane": self.id, "turn": self.shown.patch(), "course": self.course.patch()}
        now = rows(self.shown.live.gauge.report())
        if now != self._rows:
            self._rows = told["rows"] = now
        return told

    def full(self) -> dict[str, Any]:
        """All of it, as far as it was told."""
        told: dict[str, Any] = {"lane": self.id, "backend": self.backend, "refusal": self.refusal}
        if self.shown is not None:
            told |= {"turn": self.shown.full(), "course": self.course.full(), "rows": self._rows}
        return told

    def copy(self) -> Lane:
        """The same turn for a second page, that was told nothing yet; one that runs is observed by both."""
        copy = Lane(self.backend)
        copy.refusal, copy.course = self.refusal, self.course.copy()
        if self.shown is not None:
            copy.shown = self.shown.again()
            if self.running:
                self.shown.live.watch(copy.course.observe)
            copy.patch()
        return copy


class Comparison:
    """The lanes, what they were asked last, and when (monotonic seconds)."""

    def __init__(self, backends: Iterable[str] = (), question: str = "", start: float = 0.0) -> None:
        self.lanes = [Lane(name) for name in backends]
        self.question, self.start = question, start

    @property
    def backends(self) -> list[str]:
        """Whom the next question goes to, in order."""
        return [lane.backend for lane in self.lanes]

    @property
    def turns(self) -> list[Shown]:
        """The turns in the lanes."""
        return [lane.shown for lane in self.lanes if lane.shown]

    @property
    def running(self) -> bool:
        """Whether any lane still is on its way."""
        return any(lane.running for lane in self.lanes)

    @property
    def marks(self) -> list[list[str]]:
        """Which is the best; nobody is before all have ended."""
        if self.running:
            return []
        return marks([lane.shown.live.gauge.report() if lane.shown else None for lane in self.lanes])

    @property
    def size(self) -> int:
        """About how many bytes it holds on to."""
        return sum(each.size for each in self.turns)

    def lane_of(self, shown: Shown) -> Lane | None:
        """Where a turn stands; None when another question has taken its place."""
        return next((lane for lane in self.lanes if lane.shown is shown), None)

    def copy(self) -> Comparison:
        """The same for a second page; the two go apart from here."""
        copy = Comparison((), self.question, self.start)
        copy.lanes = [lane.copy() for lane in self.lanes]
        return copy
