from __future__ import annotations

from math import ceil, isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.health.arrival import LOG_READS, UNIT_CHARS, UNIT_S, Arrival, Arrivals

READS = st.lists(st.tuples(st.floats(0.001, 2), st.lists(st.integers(1, 40), min_size=1, max_size=12)), max_size=60)


def told(reads: list[tuple[float, list[int]]], first_text_s: float = 2.0) -> Arrival:
    """`reads` are (seconds since the previous, characters of each chunk)."""
    arrivals, at = Arrivals(100.0, first_text_s), 100.0
    for step, chunks in reads:
        at += step
        arrivals.read(at)
        for chars in chunks:
            arrivals.text(at, chars)
    arrivals.finish()
    return arrivals.arrival()


@given(READS)
def test_sums_and_the_late_share_equal_a_naive_recomputation(reads: list[tuple[float, list[int]]]) -> None:
    got = told(reads)
    assert got.characters == sum(sum(chunks) for _, chunks in reads)
    assert got.chunks == sum(len(chunks) for _, chunks in reads)
    if not reads:
        assert isnan(got.late_share)
        assert isnan(got.smoothness)
        return
    at, times = 100.0, []
    for step, chunks in reads:
        at += step
        times.append((at, sum(chunks)))
    since = at - (at - 100.0) * 0.05
    assert got.late_share == sum(chars for when, chars in times if when >= since) / got.characters
    assert 0 <= got.bulk_share <= 1
    assert 0 <= got.smoothness <= 1
    assert not got.thinned


@given(READS.filter(bool), st.floats(0.1, 10))
def test_smoothness_counts_each_deadline_one_by_one(reads: list[tuple[float, list[int]]], first_text_s: float) -> None:
    met, missed, at, due = 0, 0, 100.0, 100.0 + first_text_s
    for step, chunks in reads:
        at += step
        units = max(1, ceil(sum(chunks) / UNIT_CHARS))
        if at > due:
            while due < at - 1e-9:
                missed += 1
                due += UNIT_S
            due, units = at + UNIT_S, units - 1
        met += units
        due += units * UNIT_S
    assert told(reads, first_text_s).smoothness == pytest.approx(met / (met + missed), abs=0.02)


def test_steady_text_is_smooth_and_no_burst() -> None:
    got = told([(0.1, [4])] * 100)
    assert got.smoothness == 1
    assert got.bulk_share == 0
    assert not got.burst


def test_early_text_banks_slack_for_a_pause() -> None:
    banked = told([(0.1, [400]), (10, [4])])
    bare = told([(0.1, [4]), (10, [4])])
    assert banked.smoothness == 1
    assert bare.smoothness < 0.1


@pytest.mark.parametrize(
    ("reads", "burst"),
    [
        ([(3.0, [10] * 20)], True),
        ([(3.0, [10] * 20), (0.01, [10] * 20), (0.001, [10])], True),
        ([(0.2, [10]), (3.0, [10] * 20)], True),
        ([(3.0, [200])], False),
        ([(0.4, [10] * 20)], False),
        ([(3.0, [10])] + [(0.03, [10])] * 40, False),
        ([(3.0, [10] * 20)] + [(0.1, [10])] * 60, False),
        ([(3.0, [10] * 5)] * 10, False),
        ([(3.0, [10] * 5)] + [(0.02, [10])] * 7, False),
    ],
    ids=[
        "held",
        "two reads and a rest",
        "after a start",
        "one piece",
        "quick",
        "fast model",
        "then flows",
        "lumps",
        "quick rest",
    ],
)
def test_a_burst_is_most_of_the_text_at_the_end_in_bulk(reads: list[tuple[float, list[int]]], burst: bool) -> None:
    assert told(reads).burst is burst


def test_bytes_that_keep_coming_are_no_buffering_proxy() -> None:
    arrivals = Arrivals(0.0, 2.0)
    for tenth in range(1, 30):
        arrivals.read(tenth / 10)
    for _ in range(20):
        arrivals.text(3.0, 10)
    arrivals.finish()
    assert not arrivals.arrival().burst


def test_a_long_turn_is_thinned_says_so_and_keeps_exact_sums() -> None:
    reads = [(0.05, [3])] * (LOG_READS * 20)
    got = told(reads)
    assert got.thinned
    assert got.characters == 3 * len(reads)
    assert got.late_share == pytest.approx(0.05, abs=0.005)


def test_memory_is_bounded() -> None:
    arrivals = Arrivals(0.0, 2.0)
    for number in range(50_000):
        arrivals.text(float(number), 1)
        assert len(arrivals._log_at) <= LOG_READS
