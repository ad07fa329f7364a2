"""The rings of counts agree with counting anew, in any order of arrival, over any window."""

from __future__ import annotations

from math import floor

from hypothesis import given
from hypothesis import strategies as st

from dashboard.telemetry.past_counts import HOUR_S, HOURS_KEPT, MINUTE_S, MINUTES_KEPT, PAIRS, PastCounts
from dashboard.telemetry.past_turn import PastTurn
from dashboard.turn.verdict import Outcome
from tests.telemetry.past import NOW, past

TURNS = st.lists(
    st.builds(
        past,
        ago_s=st.one_of(st.floats(0, 7200), st.floats(0, HOURS_KEPT * HOUR_S - HOUR_S)),
        source=st.sampled_from(["live", "canary"]),
        backend=st.sampled_from(["b", "c"]),
        outcome=st.sampled_from([each.value for each in Outcome]),
        availability=st.sampled_from([True, False, None]),
        ttft=st.sampled_from([True, False, None]),
    ),
    max_size=60,
)
MINUTE_WINDOWS = st.integers(0, MINUTES_KEPT - 1).map(lambda n: n * MINUTE_S)
HOUR_WINDOWS = st.integers(MINUTES_KEPT // 60, HOURS_KEPT - 1).map(lambda n: n * HOUR_S)


def inside(turn: PastTurn, window_s: float) -> bool:
    """By the definition: the slot in which it ended lies in the window, in part or whole."""
    step_s = MINUTE_S if window_s <= (MINUTES_KEPT - 1) * MINUTE_S else HOUR_S
    return floor((NOW - window_s) / step_s) <= floor(turn.ended_at / step_s) <= floor(NOW / step_s)


@given(TURNS, st.one_of(MINUTE_WINDOWS, HOUR_WINDOWS), st.sampled_from(["live", "canary", ""]))
def test_a_window_equals_counting_the_turns_anew(turns: list[PastTurn], window_s: float, source: str) -> None:
    counts = PastCounts()
    for turn in turns:
        counts.add(turn)
    mine = [each for each in turns if each.backend == "b" and source in ("", each.source) and inside(each, window_s)]
    got = counts.window("b", source, window_s, NOW)
    assert got.outcomes == {each.value: sum(turn.outcome == each for turn in mine) for each in Outcome}
    assert got.turns == len(mine)
    for objective in ("availability", "ttft"):
        said = [getattr(turn, objective) for turn in mine]
        assert got.good[objective] == said.count(True)
        assert got.counted[objective] == len(said) - said.count(None)


def test_what_leaves_the_ring_is_forgotten_and_what_comes_late_does_not_bring_it_back() -> None:
    counts = PastCounts()
    round_s = MINUTES_KEPT * MINUTE_S
    counts.add(past("old", ago_s=round_s))
    assert counts.window("b", "", round_s - 60, NOW - round_s).turns == 1
    counts.add(past("new"))
    counts.add(past("late", ago_s=round_s))
    assert counts.window("b", "", 60, NOW).turns == 1
    assert counts.window("b", "", round_s + HOUR_S, NOW).turns == 3, "the ring of hours reaches further back"


def test_names_without_end_are_not_counted_without_end() -> None:
    counts = PastCounts()
    for number in range(PAIRS + 10):
        counts.add(past(backend=f"b{number}"))
    assert len(counts._rings) == PAIRS
    assert counts.window(f"b{PAIRS - 1}", "", 60, NOW).turns == 1
    assert counts.window(f"b{PAIRS}", "", 60, NOW).turns == 0
