"""Objectives: what budget is, checked against its meaning and not against its formula."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.config import Backend, Objectives
from dashboard.watch.slo import AVAILABILITY, DEFAULTS, TTFT, Objective, burn_rate, of_backend, standing

COUNTS = st.integers(1, 10**7).flatmap(lambda counted: st.tuples(st.integers(0, counted), st.just(counted)))
TARGETS = st.sampled_from([0.5, 0.9, 0.95, 0.99, 0.995, 0.999]).map(lambda target: Objective("availability", target))


def test_the_two_objectives_are_those_of_the_documents() -> None:
    assert [(each.name, each.target, each.window_s) for each in DEFAULTS.values()] == [
        ("availability", 0.995, 2_592_000),
        ("ttft", 0.95, 2_592_000),
    ]


def test_a_backend_may_have_its_own() -> None:
    own = of_backend(Backend("b", "http://h/", objectives=Objectives(ttft=0.5)))
    assert own == {"availability": AVAILABILITY, "ttft": Objective("ttft", 0.5)}
    assert standing(own["ttft"], 6, 10).target == 0.5
    assert standing(own["ttft"], 6, 10).met
    assert not standing(TTFT, 6, 10).met


@pytest.mark.parametrize(
    ("objective", "good", "counted", "left", "burn", "met"),
    [
        (AVAILABILITY, 0, 0, 1.0, 0.0, True),
        (AVAILABILITY, 1000, 1000, 1.0, 0.0, True),
        (AVAILABILITY, 995, 1000, 0.0, 1.0, True),
        (AVAILABILITY, 994, 1000, -0.2, 1.2, False),
        (AVAILABILITY, 0, 10, -199.0, 200.0, False),
        (TTFT, 975, 1000, 0.5, 0.5, True),
        (TTFT, 856, 1000, -1.88, 2.88, False),
    ],
)
def test_known_cases(objective: Objective, good: int, counted: int, left: float, burn: float, met: bool) -> None:
    stands = standing(objective, good, counted)
    assert stands.budget_left == pytest.approx(left)
    assert burn_rate(objective, good, counted) == pytest.approx(burn)
    assert stands.met is met


@given(TARGETS, COUNTS)
def test_what_is_left_is_the_part_of_the_allowed_bad_ones_that_did_not_happen(
    objective: Objective, counts: tuple[int, int]
) -> None:
    good, counted = counts
    stands = standing(objective, good, counted)
    allowed = (1 - Fraction(str(objective.target))) * counted
    assert stands.bad + stands.good == stands.counted
    assert stands.budget_left * float(allowed) == pytest.approx(float(allowed - stands.bad), abs=1e-6 * counted)
    if abs(allowed - stands.bad) > 1e-9 * counted:
        assert stands.met is (stands.bad < allowed) is (stands.budget_left > 0)


@given(TARGETS, COUNTS, st.integers(1, 100))
def test_more_of_the_same_burns_as_fast(objective: Objective, counts: tuple[int, int], times: int) -> None:
    good, counted = counts
    assert burn_rate(objective, good * times, counted * times) == pytest.approx(burn_rate(objective, good, counted))


@given(TARGETS, COUNTS)
def test_one_more_bad_turn_never_helps_and_one_more_good_never_harms(
    objective: Objective, counts: tuple[int, int]
) -> None:
    good, counted = counts
    left = standing(objective, good, counted).budget_left
    assert standing(objective, good, counted + 1).budget_left <= left
    assert standing(objective, good + 1, counted + 1).budget_left >= left


@given(TARGETS, COUNTS, COUNTS)
def test_a_whole_window_burns_as_its_parts_on_average(
    objective: Objective, one: tuple[int, int], two: tuple[int, int]
) -> None:
    whole = burn_rate(objective, one[0] + two[0], one[1] + two[1])
    parts = sum(burn_rate(objective, *each) * each[1] for each in (one, two)) / (one[1] + two[1])
    assert whole == pytest.approx(parts)


@pytest.mark.parametrize(("good", "counted"), [(2, 1), (-1, 3), (1, 0)])
def test_counts_that_cannot_be_are_refused(good: int, counted: int) -> None:
    with pytest.raises(ValueError, match="0 ≤ good ≤ counted"):
        standing(AVAILABILITY, good, counted)
