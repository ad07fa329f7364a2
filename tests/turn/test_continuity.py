"""After a cut: nothing twice, nothing of another answer, no hole that is called complete, no end to trying in vain."""

from __future__ import annotations

import pytest

from dashboard.config import Limits, Retry
from dashboard.turn.events import Anomaly, Connecting, TextArrived
from dashboard.turn.machine import TurnState
from dashboard.turn.verdict import Fault
from tests.turn.script import DONE, Play, frame, say

ROUTING = {"event": "routing_started"}


def cut_and_back(play: Play, *streams: bytes) -> None:
    """Each stream on a connection of its own; all but the last are reset."""
    now = 0.1
    for index, stream in enumerate(streams):
        if play.turn.state is TurnState.BACKING_OFF:
            now = play.turn.deadline
            play.pass_to(now)
        if play.turn.state is not TurnState.CONNECTING:
            return
        play.head(now)
        play.feed(stream, now)
        if index < len(streams) - 1:
            play.take(play.turn.broke(Fault.CUT, "reset", now))


def read(*streams: bytes, method: str = "POST") -> tuple[str, str]:
    play = Play(method=method, retry=Retry(0.5, 4.0, 3))
    cut_and_back(play, *streams)
    if play.turn.state is not TurnState.ENDED:
        play.take(play.turn.eof(100.0))
        play.take(play.turn.abandon(200.0))
    return play.ended.outcome, play.text


AB = say("a", "r.1") + say("b", "r.2")
RANDOM = frame(ROUTING, "f3") + say("a", "c9") + say("b", "a4")


@pytest.mark.parametrize(
    ("first", "second", "outcome", "text"),
    [
        pytest.param(AB, say("c", "r.3") + DONE, "completed", "abc", id="goes on"),
        pytest.param(AB, AB + say("c", "r.3") + DONE, "completed", "abc", id="all again"),
        pytest.param(AB, say("x", "s.1") + DONE, "truncated", "ab", id="another run"),
        pytest.param(say("a", "r.1"), say("x", "s.1") + DONE, "truncated", "a", id="another run, after one id"),
        pytest.param(AB, say("x", "r.1") + say("y", "r.2") + DONE, "truncated", "ab", id="another answer, same ids"),
        pytest.param(AB, say("x") + DONE, "truncated", "ab", id="another answer, no ids"),
        pytest.param(RANDOM, frame(ROUTING, "e5") + say("x", "b8") + DONE, "truncated", "ab", id="another, random ids"),
        pytest.param(
            RANDOM, say("c", "b8") + frame(ROUTING, "e5") + say("d", "x7") + DONE, "completed", "abcd", id="on"
        ),
        pytest.param(
            RANDOM, frame(ROUTING) + RANDOM + say("c", "b8") + DONE, "completed", "abc", id="random, all again"
        ),
        pytest.param(AB, frame(ROUTING, "r.3") + say("c", "r.4") + DONE, "completed", "abc", id="a second agent"),
        pytest.param(AB, say("d", "r.4") + DONE, "truncated", "abd", id="a hole"),
        pytest.param(AB, say("d", "r.4") + say("c", "r.3") + DONE, "truncated", "abdc", id="out of order"),
        pytest.param(AB, DONE, "completed", "ab", id="only the end, without an id"),
        pytest.param(
            say("a", "r.1") + say("b"), say("c", "r.2") + DONE, "truncated", "ab", id="text after the last id"
        ),
        pytest.param(
            say("a") + say("b", "r.1"), say("c") + say("d", "r.2") + DONE, "completed", "abcd", id="an id now and then"
        ),
        pytest.param(
            say("a", "r.1") + say("b") + say("c", "r.2"),
            say("a", "r.1") + say("b") + say("c", "r.2") + say("d") + DONE,
            "completed",
            "abcd",
            id="an id now and then, all again",
        ),
        pytest.param(say("a", "x") + say("b", "x"), say("c", "x") + DONE, "truncated", "ab", id="one id for all"),
        pytest.param(say("a", "7f3a"), say("b", "19cc") + DONE, "completed", "ab", id="ids that tell no order"),
        pytest.param(
            say("a", "1690000000000-0") + say("b", "1690000000007-0"),
            say("c", "1690000000007-1") + DONE,
            "completed",
            "abc",
            id="ids of time",
        ),
    ],
)
def test_what_comes_after_a_cut(first: bytes, second: bytes, outcome: str, text: str) -> None:
    assert read(first, second) == (outcome, text)


def test_a_new_answer_before_any_text_may_use_the_same_ids() -> None:
    """Nothing was shown and nothing can be resumed: what comes under ids that were seen is no duplicate."""
    no_place = frame(ROUTING, "1") + frame(ROUTING, "2") + b"id\n\n"
    assert read(no_place, say("a", "1") + say("b", "2") + DONE, method="GET") == ("completed", "ab")


@pytest.mark.parametrize(
    ("method", "stream"),
    [
        ("POST", say("a", "r.1")),
        ("GET", say("a", "r.1")),
        ("GET", frame(ROUTING)),
        ("GET", b": ping\n\n"),
        ("GET", frame("not json") + frame(ROUTING)),
    ],
)
def test_a_server_that_never_gets_further_is_given_up(method: str, stream: bytes) -> None:
    play = Play(method=method, retry=Retry(0.5, 4.0, 3))
    cut_and_back(play, *[stream] * 9)
    assert play.ended.outcome == "truncated"
    assert len(play.kinds(Connecting)) <= 4


def test_a_server_that_gets_further_each_time_is_not_given_up() -> None:
    play = Play(retry=Retry(0.5, 4.0, 3))
    cut_and_back(play, *[say(str(n), f"r.{n}") for n in range(1, 20)], say("end", "r.20") + DONE)
    assert play.ended.outcome == "completed"
    assert len(play.kinds(TextArrived)) == 20


def test_the_end_and_the_limit_in_one_read_are_one_ending() -> None:
    play = Play(limits=Limits(turn_bytes=1024))
    play.head()
    play.feed(say("x" * 2000) + DONE, 0.2)
    assert play.ended.outcome == "completed"


def test_a_duplicate_with_other_content_is_told_as_one() -> None:
    play = Play()
    cut_and_back(play, AB, say("x", "r.1"))
    assert "another answer began" in play.ended.detail
    assert [anomaly.kind for anomaly in play.kinds(Anomaly)] == ["duplicate"]


def test_ids_of_any_length_tell_what_came_again_and_cost_little() -> None:
    """Of a long id only a hash is kept, and nobody looks in it for a number: a megabyte of digits would take a while."""
    play = Play()
    play.head()
    long = "7" * 1_000_000
    play.feed(say("one ", long + "a") + say("two ", long + "b"), 0.2)
    play.take(play.turn.broke(Fault.CUT, "reset", 0.3))
    play.pass_to(1.0)
    play.head(1.0)
    play.feed(say("one ", long + "a") + say("two ", long + "b") + say("three", long + "c") + DONE, 1.1)
    assert play.text == "one two three"
    assert [anomaly.kind for anomaly in play.kinds(Anomaly)] == ["duplicate", "duplicate"]
    kept = play.turn._reading._continuity
    assert max(map(len, kept._seen.others)) < 200
    assert kept._numbering.prefix is None
