"""How many turns ended how, over any window of the last month: two rings of counts, by the minute and by the hour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
import numpy as np
import numpy.typing as npt

from dashboard.health.objective import OBJECTIVES
from dashboard.telemetry.past_turn import PastTurn
from dashboard.turn.verdict import Outcome

MINUTE_S = 60
HOUR_S = 3600
MINUTES_KEPT = 3 * 24 * 60
HOURS_KEPT = 32 * 24
PAIRS = 64
"""(backend, source) pairs that are counted; 240 kB each. What comes beyond, from a file of many names, is not."""

COLUMNS = (
    *(each.value for each in Outcome),
    *(f"{each}_{kind}" for each in OBJECTIVES for kind in ("good", "counted")),
)
_INDEX = {name: index for index, name in enumerate(COLUMNS)}
Row = npt.NDArray[np.int64]


class Counts(msgspec.Struct, frozen=True):
    """Turns of one window: by outcome, and good and counted by objective ("availability", "ttft")."""

    outcomes: Mapping[str, int]
    good: Mapping[str, int]
    counted: Mapping[str, int]

    @property
    def turns(self) -> int:
        return sum(self.outcomes.values())


class CountedSlot(msgspec.Struct, frozen=True):
    """So many turns (`amounts`, in the order of COLUMNS) of one backend and source that ended in one slot of time."""

    backend: str
    source: str
    at: float
    amounts: tuple[int, ...]


class Ring:
    """Rows of counts by slot of `step_s` seconds, the last `slots` of them; a slot that comes round again begins anew."""

    def __init__(self, step_s: int, slots: int) -> None:
        self._step_s = step_s
        self._slot = np.full(slots, -1, np.int64)
        self._rows = np.zeros((slots, len(COLUMNS)), np.uint32)

    def add(self, at: float, row: Row) -> None:
        """Count `row` at the Unix time `at`; what is older than the ring is passed over."""
        slot = int(at // self._step_s)
        place = slot % len(self._slot)
        if self._slot[place] > slot:
            return
        if self._slot[place] < slot:
            self._slot[place] = slot
            self._rows[place] = 0
        self._rows[place] += row.astype(np.uint32)

    def total(self, since: float, until: float) -> Row:
        """The sum of the slots that lie, in part or whole, between two Unix times."""
        first, last = since // self._step_s, until // self._step_s
        inside = (self._slot >= first) & (self._slot <= last)
        total: Row = self._rows[inside].sum(axis=0, dtype=np.int64)
        return total


class PastCounts:
    """Counts of the turns that ended, by backend and source; windows up to MINUTES_KEPT minutes are exact to the
    minute, longer ones (up to HOURS_KEPT hours) to the hour: a slot that begins before the window counts whole.
    """

    def __init__(self) -> None:
        self._rings: dict[tuple[str, str], tuple[Ring, Ring]] = {}

    def add(self, turn: PastTurn) -> None:
        """Count one turn."""
        row = np.zeros(len(COLUMNS), np.int64)
        if turn.outcome not in _INDEX:
            return
        row[_INDEX[turn.outcome]] = 1
        for objective in OBJECTIVES:
            good = getattr(turn, objective)
            if good is not None:
                row[_INDEX[f"{objective}_counted"]] = 1
                row[_INDEX[f"{objective}_good"]] = good
        for ring in self._of(turn.backend, turn.source):
            ring.add(turn.ended_at, row)

    def load(self, minutes: Iterable[CountedSlot], hours: Iterable[CountedSlot]) -> None:
        """Count what earlier runs counted, as the two rings need it."""
        for index, slots in enumerate((minutes, hours)):
            for slot in slots:
                for ring in self._of(slot.backend, slot.source)[index : index + 1]:
                    ring.add(slot.at, np.array(slot.amounts, np.int64))

    def window(self, backend: str, source: str, window_s: float, now: float) -> Counts:
        """The turns that ended in the last `window_s` seconds; `source` "" is live and canary together."""
        which = 0 if window_s <= (MINUTES_KEPT - 1) * MINUTE_S else 1
        total = np.zeros(len(COLUMNS), np.int64)
        for (name, by), rings in self._rings.items():
            if name == backend and source in ("", by):
                total = total + rings[which].total(now - window_s, now)
        return counts_of([int(each) for each in total])

    def _of(self, backend: str, source: str) -> tuple[Ring, ...]:
        key = (backend, source)
        if key not in self._rings:
            if len(self._rings) >= PAIRS:
                return ()
            self._rings[key] = (Ring(MINUTE_S, MINUTES_KEPT), Ring(HOUR_S, HOURS_KEPT))
        return self._rings[key]


def counts_of(amounts: list[int]) -> Counts:
    """Counts from amounts in the order of COLUMNS."""
    named = dict(zip(COLUMNS, amounts, strict=True))
    return Counts(
        outcomes={each.value: named[each.value] for each in Outcome},
        good={each: named[f"{each}_good"] for each in OBJECTIVES},
        counted={each: named[f"{each}_counted"] for each in OBJECTIVES},
    )
