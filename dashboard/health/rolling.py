"""Windows over recent values: quantiles, rates and series; time is an argument, memory is bounded.

Quantiles come from a log-bucket histogram: each is at most 1 % off the value at its nearest rank (values under
1 µs count as 0); counts, the smallest and the largest value are exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, exp, inf, log
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from dashboard.health.snapshot import Column, Quantiles

ERROR = 0.0099
LOWEST = 1e-6
_LOG_BASE = log((1 + ERROR) / (1 - ERROR))
_PER_LOG = 1 / _LOG_BASE
_SHIFT = ceil(-log(LOWEST) * _PER_LOG) + 1
_MIDDLE = 1 + ERROR  # of a bucket that begins at 1: off by the same ratio from both of its edges
ZERO = -1
_KEYS = tuple(range(2048))
"""The buckets that durations fall into, one object for all sketches: as a key of its own each would cost 32 bytes in each."""


class Sketch:
    """A histogram with buckets 2 % wide; about 1,200 of them span 1 µs to a day, and only those hit exist."""

    __slots__ = ("counts", "high", "low", "n")

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}
        self.n = 0
        self.low = inf
        self.high = -inf

    def add(self, value: float) -> None:
        """Count one value in seconds, 0 or more."""
        bucket = int(log(value) * _PER_LOG + _SHIFT) if value >= LOWEST else ZERO
        counts = self.counts
        if bucket in counts:
            counts[bucket] += 1
        else:
            counts[_KEYS[bucket] if 0 <= bucket < len(_KEYS) else bucket] = 1
        self.n += 1
        if value > self.high:  # noqa: PLR1730  # a call would cost as much as all the rest
            self.high = value
        if value < self.low:  # noqa: PLR1730
            self.low = value

    def merge(self, other: Sketch) -> None:
        """Add all that `other` holds."""
        counts = self.counts
        for bucket, count in other.counts.items():
            counts[bucket] = counts.get(bucket, 0) + count
        self.n += other.n
        self.low = min(self.low, other.low)
        self.high = max(self.high, other.high)

    def subtract(self, other: Sketch) -> None:
        """Take back what was merged before; `low` and `high` are the caller's to renew."""
        counts = self.counts
        for bucket, count in other.counts.items():
            left = counts[bucket] - count
            if left:
                counts[bucket] = left
            else:
                del counts[bucket]
        self.n -= other.n

    def clear(self) -> None:
        self.counts = {}
        self.n = 0
        self.low, self.high = inf, -inf

    def quantiles(self) -> Quantiles:
        """p50, p95, p99 by nearest rank, each within 1 %, never outside the exact smallest and largest value."""
        if not self.n:
            return _NONE
        ranks = [max(1, ceil(share * self.n - 1e-9)) for share in (0.50, 0.95, 0.99)]
        found: list[float] = []
        passed = 0
        for bucket in sorted(self.counts):
            passed += self.counts[bucket]
            while len(found) < len(ranks) and passed >= ranks[len(found)]:
                found.append(min(max(_value(bucket), self.low), self.high))
            if len(found) == len(ranks):
                break
        return Quantiles(self.n, found[0], found[1], found[2], self.high)


_NONE = Quantiles()


def _value(bucket: int) -> float:
    return 0.0 if bucket == ZERO else exp((bucket - _SHIFT) * _LOG_BASE) * _MIDDLE


class RollingQuantiles:
    """Quantiles of the current second and the `span_s - 1` before it; one Sketch a second, and their running sum.

    With a `step_s` of more, steps stand for seconds: the window moves by a step at a time, `span_s` is a whole number
    of them.
    """

    def __init__(self, span_s: int = 60, step_s: int = 1) -> None:
        self._span, self._step_s = span_s // step_s, step_s
        self._seconds: dict[int, Sketch] = {}
        self._sum = Sketch()
        self._newest = -1
        self._told: Quantiles | None = _NONE

    def add(self, value: float, at: float) -> None:
        """Count one value in seconds that happened at `at`."""
        one = Sketch()
        one.add(value)
        self.merge(one, at)

    def merge(self, sketch: Sketch, at: float) -> None:
        """Count all of `sketch`, whose values happened within the second of `at`; earlier seconds may come late."""
        second = int(at) // self._step_s
        self._expire(second)
        if second <= self._newest - self._span or not sketch.n:
            return
        self._seconds.setdefault(second, Sketch()).merge(sketch)
        self._sum.merge(sketch)
        self._told = None

    def quantiles(self, now: float) -> Quantiles:
        """Of the window that ends with the second of `now`."""
        self._expire(int(now) // self._step_s)
        if self._told is None:
            self._sum.low = min((each.low for each in self._seconds.values()), default=inf)
            self._sum.high = max((each.high for each in self._seconds.values()), default=-inf)
            self._told = self._sum.quantiles()
        return self._told

    def _expire(self, second: int) -> None:
        if second <= self._newest:
            return
        self._newest = second
        for old in [each for each in self._seconds if each <= second - self._span]:
            self._sum.subtract(self._seconds.pop(old))
            self._told = None


class RollingRate:
    """Exact counts in 1 s buckets of the clock; rates speak of whole seconds that are over."""

    _KEPT_S = 12

    def __init__(self) -> None:
        self._seconds: dict[int, int] = {}

    def add(self, n: int, at: float) -> None:
        """`n` more happened in the second of `at`."""
        seconds, second = self._seconds, int(at)
        if second in seconds:
            seconds[second] += n
            return
        seconds[second] = n
        if len(seconds) > self._KEPT_S:
            del seconds[min(seconds)]

    def per_s(self, now: float, span_s: int = 1) -> float:
        """Mean per second over the last `span_s` (1…10) whole seconds before the one of `now`."""
        end = int(now)
        return sum(self._seconds.get(second, 0) for second in range(end - span_s, end)) / span_s


class Ring:
    """The newest `rows` rows of named columns.

    Columns are handed out as read-only views without copying: a row is written behind them and the space is never
    reused, so that what a reader holds stays what it was.
    """

    _FIRST = 32

    def __init__(self, names: Sequence[str], rows: int) -> None:
        self._names = tuple(names)
        self._rows = rows
        self._end = 0
        self._space: npt.NDArray[np.float64] = np.empty((len(self._names), min(rows, self._FIRST)))
        self._told: Mapping[str, Column] | None = None

    def push(self, row: Sequence[float]) -> None:
        """One more row, in the order of the names; the oldest falls out beyond `rows`."""
        if self._end == self._space.shape[1]:
            self._move()
        self._space[:, self._end] = row
        self._end += 1
        self._told = None

    @property
    def columns(self) -> Mapping[str, Column]:
        """The rows held, oldest first; the same object until the next push."""
        if self._told is None:
            view = self._space[:, max(0, self._end - self._rows) : self._end]
            view.flags.writeable = False
            self._told = MappingProxyType(dict(zip(self._names, view, strict=True)))
        return self._told

    def _move(self) -> None:
        held = min(self._end, self._rows)
        room = min(2 * held, self._rows + self._rows // 4)
        space = np.empty((len(self._names), max(room, held + self._FIRST)))
        space[:, :held] = self._space[:, self._end - held : self._end]
        self._space, self._end = space, held
