"""What a row of Fleet says of a backend."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.health.monitor import Monitor
from dashboard.health.snapshot import Quantiles, Scope
from dashboard.telemetry.past_turn import PastTurn
from dashboard.turn.verdict import Outcome
from dashboard.ui.fleet import added, change
from dashboard.ui.fleet_rows import CONNECTIONS, HEALTH, Facts, connection, mark, row, wellness
from tests.telemetry.past import NOW, past

GOOD, SLOW = past(), past(diagnosis="slow_start")
CUT = past(outcome="truncated", fault="cut", diagnosis="cut", availability=False)
STALLED = past(outcome="stalled", diagnosis="stalled_midway", availability=False)
STOPPED = past(outcome="stopped", diagnosis="stopped", availability=None)
SNAPSHOT = Monitor(["b"]).snapshot(Scope("b"), 10.0, NOW)


def facts(*turns: PastTurn, **snapshot: Any) -> Facts:
    return Facts("b", "auto", msgspec.structs.replace(SNAPSHOT, **snapshot), turns, Quantiles(), Quantiles())


@pytest.mark.parametrize(
    ("turns", "health", "why"),
    [
        ([], "unknown", ""),
        ([GOOD], "well", ""),
        ([STOPPED], "well", ""),
        ([CUT, GOOD], "well", ""),
        ([GOOD, SLOW], "unwell", "last turn: slow start"),
        ([GOOD, CUT], "unwell", "last turn: truncated"),
        ([CUT, GOOD, CUT], "unwell", "last turn: truncated"),
        ([GOOD, STALLED], "unwell", "last turn: stalled midway"),
        ([CUT, CUT], "failing", "its last 2 turns ended badly"),
        ([CUT, STOPPED, CUT], "failing", "its last 2 turns ended badly"),
        ([GOOD, CUT, STALLED, CUT], "failing", "its last 3 turns ended badly"),
    ],
)
def test_how_well_a_backend_is(turns: list[PastTurn], health: str, why: str) -> None:
    assert wellness(facts(*turns)) == (health, why)


def test_a_stream_that_is_silent_now_is_unwell_whatever_was_before() -> None:
    assert wellness(facts(GOOD, connection="stalled"))[0] == "unwell"
    assert wellness(facts(connection="stalled"))[0] == "unwell"
    assert wellness(facts(CUT, CUT, connection="stalled"))[0] == "failing"


def test_the_unwell_stand_first() -> None:
    ordered = sorted(
        [facts(GOOD), facts(CUT, CUT), facts(), facts(SLOW)], key=lambda each: row(each)["order"]["health"]
    )
    assert [row(each)["health"] for each in ordered] == ["failing", "unwell", "unknown", "well"] == list(HEALTH)


@pytest.mark.parametrize("state", CONNECTIONS)
def test_every_connection_has_sign_and_words(state: str) -> None:
    told = connection(msgspec.structs.replace(SNAPSHOT, connection=state), CUT)
    assert told["sign"] in "⚫🟡🟢🔴"
    assert told["word"] == ("Failed: truncated" if state == "failed" else CONNECTIONS[state][1])


def test_silence_is_told_only_of_an_open_stream_and_as_a_time() -> None:
    open_ = msgspec.structs.replace(SNAPSHOT, connection="open", uptime_live=True, silent_s=7.0)
    assert connection(open_, None)["silent_since"] == NOW - 7
    assert connection(msgspec.structs.replace(open_, silent_s=1.0), None)["silent_since"] is None
    assert connection(msgspec.structs.replace(open_, uptime_live=False), None)["silent_since"] is None


@pytest.mark.parametrize("outcome", Outcome)
def test_a_mark_says_how_its_turn_ended_in_words(outcome: Outcome) -> None:
    told = mark(past(outcome=outcome.value, diagnosis="cut"))
    assert told["word"].lower().startswith(outcome.value)
    assert told["tone"] in ("good", "calm", "warn", "bad")


def test_a_sentence_of_a_back_end_is_one_visible_line() -> None:
    told = mark(past(sentence="a\u202eb\n\n<img src=x>\ud800" + "x" * 5000))["sentence"]
    assert told.startswith("a⟨U+202E⟩b <img src=x>\ufffd")
    assert len(told) == 240


TURNS = st.lists(st.sampled_from([GOOD, SLOW, CUT, STALLED, STOPPED]), max_size=8)


@given(TURNS, TURNS, st.integers(0, 8))
def test_what_a_browser_makes_of_a_change_is_the_new_row(
    before: list[PastTurn], more: list[PastTurn], keep: int
) -> None:
    """Also where turns have the same words: a strip that is too like the old one is sent whole."""
    names = iter(range(99))
    strips = [[{**mark(each), "turn": str(next(names))} for each in turns] for turns in (before, more)]
    old = {"strip": strips[0], "name": "b"}
    new = {"strip": (strips[0] + strips[1])[-keep:] if keep else strips[1], "name": "b"}
    told = change(old, new)
    seen = {**old, **{key: value for key, value in told.items() if key != "add"}}
    if "add" in told:
        seen["strip"] = (old["strip"] + told["add"])[-len(new["strip"]) :] if new["strip"] else []
    assert seen == new


def test_a_turn_more_is_sent_alone() -> None:
    strip = [{"turn": str(n)} for n in range(4)]
    assert added(strip[:3], strip[1:]) == strip[3:]
    assert added(strip[:3], strip) == strip[3:]
    assert added([], strip) is None
    assert added(strip, strip[:2]) is None
