from __future__ import annotations

from collections import deque
from math import ceil, isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.health.rolling import LOWEST, Ring, RollingQuantiles, RollingRate, Sketch

VALUES = st.one_of(st.just(0.0), st.floats(LOWEST, 1e5))
MOMENTS = st.lists(st.tuples(st.floats(0, 3), VALUES), min_size=1, max_size=120)


def nearest_rank(values: list[float], share: float) -> float:
    return sorted(values)[max(0, ceil(share * len(values) - 1e-9) - 1)]


@given(st.lists(VALUES, min_size=1, max_size=300))
def test_quantiles_are_within_one_percent_of_a_sorted_list(values: list[float]) -> None:
    sketch = Sketch()
    for value in values:
        sketch.add(value)
    told = sketch.quantiles()
    assert (told.n, told.max) == (len(values), max(values))
    for share, got in ((0.5, told.p50), (0.95, told.p95), (0.99, told.p99)):
        assert got == pytest.approx(nearest_rank(values, share), rel=0.01, abs=0)


def test_a_value_too_small_to_bucket_counts_as_zero() -> None:
    sketch = Sketch()
    for value in (LOWEST / 2, 1.0, 1.0):
        sketch.add(value)
    assert sketch.counts[-1] == 1
    assert sketch.quantiles().p50 == 1.0


def test_nothing_has_no_quantiles() -> None:
    told = Sketch().quantiles()
    assert told.n == 0
    assert all(isnan(each) for each in (told.p50, told.p95, told.p99, told.max))


@given(MOMENTS, st.floats(0, 100))
def test_a_rolling_window_is_the_current_second_and_the_59_before(
    steps: list[tuple[float, float]], idle: float
) -> None:
    rolling = RollingQuantiles(60)
    at, seen = 0.0, []
    for step, value in steps:
        at += step
        seen.append((at, value))
        rolling.add(value, at)
    now = at + idle
    inside = [value for when, value in seen if int(when) > int(now) - 60]
    told = rolling.quantiles(now)
    assert told.n == len(inside)
    if inside:
        assert told.max == max(inside)
        assert told.p95 == pytest.approx(nearest_rank(inside, 0.95), rel=0.01, abs=0)


@given(st.lists(st.tuples(st.floats(0, 90), VALUES), max_size=80))
def test_a_window_does_not_depend_on_the_order_within_it(late: list[tuple[float, float]]) -> None:
    rolling = RollingQuantiles(60)
    for at, value in late:
        rolling.add(value, at)
    newest = max((at for at, _ in late), default=0.0)
    assert rolling.quantiles(newest).n == sum(int(at) > int(newest) - 60 for at, _ in late)


@given(st.lists(st.floats(0, 0.7), max_size=200), st.floats(0, 15))
def test_rates_are_exact_counts_of_whole_seconds(steps: list[float], idle: float) -> None:
    rate, at, times = RollingRate(), 0.0, []
    for step in steps:
        at += step
        times.append(at)
        rate.add(1, at)
    now = at + idle
    assert rate.per_s(now) == sum(int(t) == int(now) - 1 for t in times)
    assert rate.per_s(now, 10) == sum(int(now) - 10 <= int(t) < int(now) for t in times) / 10


def test_a_rate_forgets_what_it_cannot_tell_any_more() -> None:
    rate = RollingRate()
    for second in range(1000):
        rate.add(5, second)
    assert len(rate._seconds) <= 12


@given(st.integers(1, 50), st.integers(0, 400))
def test_a_ring_keeps_the_newest_rows_in_order(rows: int, pushed: int) -> None:
    ring, naive = Ring(("a", "b"), rows), deque[tuple[float, float]](maxlen=rows)
    for number in range(pushed):
        ring.push((number, -number))
        naive.append((number, -number))
    assert ring.columns["a"].tolist() == [a for a, _ in naive]
    assert ring.columns["b"].tolist() == [b for _, b in naive]
    assert ring._space.shape[1] <= 2 * rows + 32


def test_what_a_reader_holds_never_changes() -> None:
    ring = Ring(("a",), 40)
    held = []
    for number in range(300):
        ring.push((number,))
        held.append((ring.columns["a"], ring.columns["a"].copy()))
    assert all(np.array_equal(view, copy) for view, copy in held)
    with pytest.raises(ValueError, match="read-only"):
        ring.columns["a"][0] = 1
    assert ring.columns is ring.columns


def test_sketches_share_their_keys() -> None:
    one, other = Sketch(), Sketch()
    for sketch in (one, other):
        for value in (0.0, 0.02, 3.5, 1e300):
            sketch.add(value)
    shared = [mine is theirs for mine, theirs in zip(one.counts, other.counts, strict=True)]
    assert shared == [True, True, True, False], "a length of time that nobody lives to see has a key of its own"
