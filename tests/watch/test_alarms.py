"""Alarms wait, fire, end, and are others when they fire anew; counters grow within windows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.watch.alarms import Alarms, Holds
from dashboard.watch.alerts import RULES
from dashboard.watch.counters import Counters

DOWN, FROZEN, STORM, LOOP = (
    ("BackendDown", "b"),
    ("StreamsFrozen", "b"),
    ("ReconnectStorm", "a"),
    ("EventLoopBlocked", ""),
)
FOR_S = {rule.name: rule.for_s for rule in RULES}
HELD = Holds("page", "it is so")


def test_a_condition_must_hold_for_its_time() -> None:
    alarms = Alarms()
    alarms.update({DOWN: HELD}, 1000.0)
    assert alarms.firing == ()
    alarms.update({DOWN: HELD}, 1000.0 + FOR_S["BackendDown"] - 1)
    assert alarms.firing == ()
    alarms.update({DOWN: HELD}, 1000.0 + FOR_S["BackendDown"])
    (alarm,) = alarms.firing
    assert (alarm.rule.name, alarm.backend, alarm.since, alarm.detail) == (*DOWN, 1000.0, "it is so")


def test_one_that_pauses_waits_anew_and_is_another() -> None:
    alarms = Alarms()
    for at in (0, 200):
        alarms.update({DOWN: HELD}, 1000.0 + at)
    (first,) = alarms.firing
    alarms.update({}, 1205.0)
    assert alarms.firing == ()
    alarms.update({DOWN: HELD}, 1210.0)
    assert alarms.firing == ()
    alarms.update({DOWN: HELD}, 1400.0)
    (second,) = alarms.firing
    assert first.id != second.id


def test_while_it_fires_it_stays_the_same_though_its_numbers_change() -> None:
    alarms = Alarms()
    alarms.update({STORM: HELD}, 1000.0)
    (first,) = alarms.firing
    alarms.update({STORM: Holds("page", "worse")}, 1005.0)
    (second,) = alarms.firing
    assert first.id == second.id
    assert second.detail == "worse"


def test_what_says_the_same_is_the_same_object() -> None:
    alarms = Alarms()
    alarms.update({STORM: HELD}, 1000.0)
    before = alarms.firing
    alarms.update({STORM: HELD}, 1005.0)
    assert alarms.firing is before


def test_the_most_urgent_stand_first() -> None:
    alarms = Alarms()
    holding = {
        LOOP: Holds("ticket", ""),
        STORM: Holds("ticket", ""),
        FROZEN: Holds("page", ""),
        DOWN: Holds("page", ""),
    }
    for at in (0, 500):
        alarms.update(holding, 1000.0 + at)
    assert [alarm.rule.name for alarm in alarms.firing] == [name for name, _ in (DOWN, FROZEN, STORM, LOOP)]


def test_a_clock_that_is_set_back_makes_nothing_fire_early() -> None:
    alarms = Alarms()
    alarms.update({DOWN: HELD}, 5000.0)
    alarms.update({DOWN: HELD}, 1000.0)
    alarms.update({DOWN: HELD}, 1060.0)
    assert alarms.firing == ()
    alarms.update({DOWN: HELD}, 1000.0 + FOR_S["BackendDown"])
    assert len(alarms.firing) == 1


KEY = ("turns", "b")


def test_a_counter_grew_by_what_the_window_saw() -> None:
    counters = Counters()
    for at, value in ((0, 5), (15, 7), (30, 7), (45, 12), (50, 13)):
        counters.sample({KEY: value}, at)
    assert counters.increase(*KEY, 5) == 1
    assert counters.increase(*KEY, 20) == 6
    assert counters.increase(*KEY, 1000) == 8
    assert counters.increase("turns", "other", 1000) == 0


def test_a_counter_that_appears_grew_from_nothing_and_one_that_fell_began_anew() -> None:
    counters = Counters()
    counters.sample({}, 0)
    counters.sample({KEY: 4}, 15)
    assert counters.increase(*KEY, 60) == 4
    counters.sample({KEY: 3}, 30)
    assert counters.increase(*KEY, 60) == 3
    counters.sample({KEY: 3}, 45)
    assert counters.increase(*KEY, 15) == 0


@given(st.lists(st.integers(0, 9), min_size=1, max_size=80), st.integers(0, 900))
def test_an_increase_is_what_was_added_since_the_last_kept_sample_before_the_window(
    added: list[int], window_s: int
) -> None:
    """Samples every 5 s, kept every 15 s for 300 s."""
    counters, total, kept = Counters(300.0, 15.0), 0, []
    for place, more in enumerate(added):
        total += more
        counters.sample({KEY: total}, place * 5.0)
        if place % 3 == 0:
            kept.append((place * 5.0, total))
    now = (len(added) - 1) * 5.0
    outside = [each for each in kept if each[0] <= now - min(window_s, 300)]
    expected = total - (outside[-1] if outside else kept[0])[1]
    if window_s <= 285:
        assert counters.increase(*KEY, window_s) == expected
    assert counters.increase(*KEY, 10_000) <= total


@pytest.mark.parametrize("keep_s", [60.0, 3600.0])
def test_no_more_is_kept_than_is_asked_for(keep_s: float) -> None:
    counters = Counters(keep_s, 15.0)
    for at in range(0, 20_000, 15):
        counters.sample({KEY: at}, float(at))
    assert len(counters._samples) <= keep_s / 15 + 1
