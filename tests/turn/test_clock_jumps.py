"""A machine that slept, and a wall clock that somebody set: no duration is negative, no turn goes on for ever."""

from __future__ import annotations

import pytest

from dashboard.config import Backend, Thresholds
from dashboard.health.snapshot import Scope
from dashboard.turn.events import Recovered, Stalled
from dashboard.turn.verdict import Outcome
from tests.fuzz.watched import Watched, counted, numbers
from tests.turn.script import DONE, Play, say

NIGHT_S = 8 * 3600.0


def asleep(seconds: float, *, data: bytes = b"") -> Play:
    """An answer under way, then nothing for so long; `data` is there when it is read again, before any timer."""
    play = Play(thresholds=Thresholds(stall_after_s=2, give_up_s=60, first_text_give_up_s=60))
    play.head()
    play.feed(say("one "), 1.0)
    if data:
        play.feed(data, 1.0 + seconds)
    else:
        play.take(play.turn.tick(1.0 + seconds))
    return play


def test_after_a_night_the_turn_is_over_and_says_how_long() -> None:
    play = asleep(NIGHT_S)
    assert play.ended.outcome == Outcome.STOPPED, "longer than limits.turn_s"
    assert play.ended.fault == "limit"
    watched = Watched(play.backend)
    watched.take(play.events)
    report = watched.finish(scrape=True)
    assert report.duration_s == pytest.approx(1.0 + NIGHT_S)


def test_after_a_nap_a_silent_stream_is_stalled() -> None:
    play = asleep(120)
    assert [event.silent_s for event in play.kinds(Stalled)] == [120]
    assert play.ended.outcome == Outcome.STALLED


def test_after_a_nap_what_waited_in_the_socket_is_read_first() -> None:
    play = asleep(30, data=say("two") + DONE)
    assert (play.ended.outcome, play.text) == (Outcome.COMPLETED, "one two")
    assert play.kinds(Stalled) == play.kinds(Recovered) == []


@pytest.mark.parametrize("set_by_s", [-3600.0, -1.7e9, 1e9])
def test_a_wall_clock_that_is_set_changes_no_number(set_by_s: float) -> None:
    plain, jumped = (Watched(Backend("b", "http://h/")) for _ in range(2))
    for watched in (plain, jumped):
        play = Play()
        play.head()
        for at in range(1, 9):
            watched.take(play.feed(say("word "), at / 4) if len(watched.events) else play.events)
            watched.look()
            watched.wall_off = set_by_s if watched is jumped and at >= 4 else 0.0
        watched.take(play.feed(DONE, 3.0))
        watched.finish(scrape=True)
    assert jumped.gauge.report() == plain.gauge.report()
    scope = Scope("b")
    there, here = (each.monitor.snapshot(scope, 3.0, 1.7e9 + each.wall_off) for each in (plain, jumped))
    assert numbers(counted(here)) == numbers(counted(there))
    assert all(value >= 0 for value in numbers(counted(here)))
