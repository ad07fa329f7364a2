"""Ids that count: gaps and disorder are told once each, and never of ids that mean something else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.turn.events import Anomaly, RetryHeard
from dashboard.turn.numbering import JUMP, JUMPS, PATIENCE, Numbering
from dashboard.turn.verdict import Fault
from tests.turn.script import DONE, Play, say


def told(ids: list[str]) -> list[str]:
    numbering = Numbering()
    kinds = [kind for each in dict.fromkeys(ids) for kind, _ in numbering.see(each)]
    return [*kinds, *(kind for kind, _ in numbering.settle())]


def run(*numbers: int, prefix: str = "r.") -> list[str]:
    return [f"{prefix}{number}" for number in numbers]


@pytest.mark.parametrize(
    ("ids", "kinds"),
    [
        (run(15, 16, 17, 18, 19), []),
        (run(15, 16, 17, 19), ["gap"]),
        (run(1, 2, 4), ["gap"]),
        (run(0, 1, 3, prefix=""), ["gap"]),
        (run(1, 2, 3, 9, 10, 15), ["gap", "gap"]),
        (run(1, 2, 3, 3 + JUMP + 2), ["gap"]),
        (run(15, 16, 17, 14), ["disorder"]),
        (run(15, 16, 17, 14, 13, 18, 12), ["disorder", "disorder"]),
        (run(1, 2, 3, 5, 4, 6), ["disorder"]),
        (run(1, 2, 3, 8, 7, 6, 5, 4, 9), ["disorder"]),
        (run(1, 2, 3, 8, 7, 9), ["disorder", "gap"]),
        (["007", "008", "009", "010", "012"], ["gap"]),
        (["a-8", "a-9", "a-10", "a-11", "a-13"], ["gap"]),
        (run(*range(1, 20), prefix="x") + run(*range(1, 20), prefix="y"), []),
        (run(1, 2, 3, 5) + run(1, 2, 3, prefix="s."), ["gap"]),
    ],
)
def test_one_anomaly_for_each_occurrence(ids: list[str], kinds: list[str]) -> None:
    assert told(ids) == kinds


@pytest.mark.parametrize(
    "ids",
    [
        ["a", "b", "c"],
        ["3f2a", "9c1b", "aa07", "17ff"],
        run(10, 20, 30, 25),
        run(10, 12, 13, 14, 20),
        run(41, 42, 47),
        run(2, 5, 3),
        run(1_700_000_001, 1_700_000_002, 1_700_000_003, 1_700_000_009, prefix=""),
        run(1, prefix="a.") + run(1, prefix="b.") + run(2, prefix="a.") + run(5, prefix="b."),
        ["r.1", "r.2", "end", "r.7"],
        ["٣", "٤", "٦"],
        [""],
    ],
)
def test_ids_that_do_not_count_tell_nothing(ids: list[str]) -> None:
    assert told(ids) == []


@given(st.integers(0, 10**6), st.integers(3, 60), st.sampled_from(["", "r.", "é:"]))
def test_any_stream_without_a_jump_is_well(start: int, length: int, prefix: str) -> None:
    assert told(run(*range(start, start + length), prefix=prefix)) == []


@given(st.lists(st.one_of(st.text(max_size=6), st.integers(0, 50).map(lambda n: f"r.{n}")), max_size=60))
def test_whatever_ids_come_it_is_bounded_and_raises_nothing(ids: list[str]) -> None:
    assert len(told(ids)) <= len(ids) + JUMPS


def test_what_is_missing_is_told_once_enough_came_in_order_and_waits_are_bounded() -> None:
    numbering = Numbering()
    for event_id in run(1, 2, 3, 5):
        assert numbering.see(event_id) == []
    kinds = [bool(numbering.see(event_id)) for event_id in run(*range(6, 6 + PATIENCE))]
    assert kinds == [False] * (PATIENCE - 1) + [True]
    assert numbering.settle() == []
    hostile = Numbering()
    count = sum(len(hostile.see(event_id)) for event_id in run(0, 1, 2, *range(3, 100_000, 900)))
    assert count >= 80
    assert len(hostile._jumps) <= JUMPS


def test_a_gap_after_a_resume_is_one_anomaly_of_the_turn() -> None:
    play = Play()
    play.head()
    play.feed(b"retry: 500\n" + say("a", "r.16") + say("b", "r.17") + say("c", "r.18"), 0.2)
    play.take(play.turn.broke(Fault.CUT, "reset", 0.3))
    play.pass_to(play.turn.deadline)
    play.head(2.0)
    play.feed(say("c", "r.18") + say("e", "r.20") + DONE, 2.1)
    assert [e.kind for e in play.kinds(Anomaly)] == ["duplicate", "gap"]
    assert "r.19" in play.kinds(Anomaly)[1].detail
    assert [e.delay_s for e in play.kinds(RetryHeard)] == [0.5]
    assert play.text == "abce"
    assert (play.ended.outcome, play.ended.fault) == ("truncated", "cut"), "a hole is known: it is not called complete"


def test_a_gap_is_told_when_the_stream_ends_in_any_way() -> None:
    for end in ("eof", "abandon", "limit"):
        play = Play()
        play.head()
        play.feed(say("a", "1") + say("b", "2") + say("d", "4"), 0.2)
        match end:
            case "eof":
                play.take(play.turn.eof(0.3))
            case "abandon":
                play.take(play.turn.abandon(0.3))
            case _:
                play.pass_to(100.0)
        assert [e.kind for e in play.kinds(Anomaly)].count("gap") == 1, end


def test_disorder_in_a_turn_is_not_told_of_a_second_connection_that_starts_over() -> None:
    play = Play(method="GET")
    play.head()
    play.feed(b": ping\n\n" + b'id: r.1\ndata: {"event": "routing_started"}\n\n', 0.2)
    play.take(play.turn.eof(0.3))
    play.pass_to(play.turn.deadline)
    play.head(2.0)
    play.feed(b'id: r.1\ndata: {"event": "routing_started"}\n\n' + say("a", "r.2") + say("b", "r.3") + DONE, 2.1)
    assert [e.kind for e in play.kinds(Anomaly)] == ["duplicate"]
