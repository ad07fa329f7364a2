"""What a chart draws: one row a step of one window, oldest first."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from math import nan

import msgspec

from dashboard.health.rolling import Ring, Sketch
from dashboard.health.snapshot import Mark, Window

COLUMNS = (
    *("t", "rate_text", "rate_routing", "rate_other", "rate_heartbeat"),
    *("gap_p50", "gap_p95", "gap_p99", "ttft"),
    *("open", "connecting", "stalled", "backing_off"),
    *("reconnects", "faults"),
)
RATES = 4
"""The first counters of a Sample are messages by class: text, routing, other, heartbeat; then reconnects, faults."""

WINDOWS = {"1m": (60.0, 0.25), "5m": (300.0, 1.0), "1h": (3600.0, 10.0)}
EARLY_S = 0.05
"""A timer may fire this much before its step is full."""


class Sample(msgspec.Struct):
    """What was seen since the previous sample of a scope; `counters` are running totals (see RATES)."""

    now: float
    wall_ms: float
    live: bool
    """A turn was open at some moment since the previous sample."""
    counters: tuple[int, ...]
    states: tuple[int, ...]
    gaps: Sketch
    ttft_ms: float
    happened: tuple[int, ...]
    """Running totals: reconnects, stalls, then turns that ended by outcome, in the order of Outcome."""


class Series:
    """One window of one scope. A rate is messages ÷ seconds over the step, or over the last second when a step is less.

    Where no turn was live in a step its rates are NaN; a step without a gap has NaN quantiles. Counts are per step.
    """

    def __init__(self, span_s: float, step_s: float, now: float) -> None:
        self._span_s, self._step_s = span_s, step_s
        self._ring = Ring(COLUMNS, round(span_s / step_s))
        self._marks: deque[tuple[float, tuple[int, ...]]] = deque(maxlen=max(1, round(1 / step_s)))
        self._marks.append((now, (0,) * 6))
        self._next_at = now + step_s
        self._gaps = Sketch()
        self._live = False
        self._ttft_ms = nan
        self._happened: tuple[int, ...] = ()
        self._told: tuple[Mark, ...] = ()

    def restart(self, now: float, wall_ms: float, counters: tuple[int, ...]) -> None:
        """After a rest: count from `now` on, behind a row that says that nothing went on; too old rows are dropped."""
        if now - self._marks[-1][0] > self._span_s:
            self._ring = Ring(COLUMNS, round(self._span_s / self._step_s))
        self._ring.push((wall_ms, *(nan,) * 8, *(0.0,) * 6))
        self._marks.clear()
        self._marks.append((now, counters))
        self._next_at = now + self._step_s

    def fold(self, sample: Sample) -> bool:
        """Take a sample in; True when it completed a step and a row was written."""
        self._live = self._live or sample.live
        if sample.gaps.n:
            self._gaps.merge(sample.gaps)
        if sample.ttft_ms == sample.ttft_ms:  # not NaN
            self._ttft_ms = sample.ttft_ms
        if sample.now + EARLY_S < self._next_at:
            return False
        self._next_at = max(self._next_at + self._step_s, sample.now + self._step_s / 2)
        self._ring.push(self._row(sample))
        self._marks.append((sample.now, sample.counters))
        if sample.happened != self._happened:
            self._tell(sample)
        self._live, self._ttft_ms = False, nan
        if self._gaps.n:
            self._gaps.clear()
        return True

    @property
    def window(self) -> Window:
        return Window(self._span_s, self._step_s, self._ring.columns, self._told)

    def _tell(self, sample: Sample) -> None:
        """Something happened in the step: nothing does while a scope rests, so a rest needs no word here."""
        before = self._happened or (0,) * len(sample.happened)
        reconnects, stalls, *outcomes = (now - then for now, then in zip(sample.happened, before, strict=True))
        self._happened = sample.happened
        if reconnects or stalls or any(outcomes):
            mark = Mark(sample.wall_ms, reconnects, stalls, tuple(outcomes))
            oldest_ms = sample.wall_ms - self._span_s * 1000
            self._told = (*(each for each in self._told if each.t > oldest_ms), mark)

    def _row(self, sample: Sample) -> Sequence[float]:
        counters = sample.counters
        since, before = self._marks[0]
        lasted = max(sample.now - since, 1e-3)
        last = self._marks[-1][1]
        rates = [(counters[i] - before[i]) / lasted if self._live else nan for i in range(RATES)]
        gaps = self._gaps.quantiles()
        return (
            sample.wall_ms,
            *rates,
            *(gaps.p50 * 1000, gaps.p95 * 1000, gaps.p99 * 1000),
            self._ttft_ms,
            *sample.states,
            *(counters[i] - last[i] for i in range(RATES, RATES + 2)),
        )
