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
from dashboard.ui.fleet_rows import (
    ABOUT,
    CONNECTIONS,
    alarm_row,
    canary,
    connection,
    mark,
    row,
)
from dashboard.ui.wellness import HEALTH, Facts, wellness
from dashboard.watch.alarms import Alarm
from dashboard.watch.alerts import RULES
from dashboard.watch.canary import CanaryState
from dashboard.watch.slo import AVAILABILITY, Objective, standing
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
    over = msgspec.structs.replace(facts(GOOD), availability=standing(AVAILABILITY, 95, 100))
    ordered = sorted(
        [facts(GOOD), facts(CUT, CUT), facts(), over, facts(SLOW)], key=lambda each: row(each)["order"]["health"]
    )
    assert [row(each)["health"] for each in ordered] == ["failing", "unwell", "over", "unknown", "well"] == list(HEALTH)


def test_a_backend_that_is_well_with_its_budget_used_up_is_not_green() -> None:
    within, beyond = standing(AVAILABILITY, 999, 1000), standing(AVAILABILITY, 95, 100)
    assert wellness(msgspec.structs.replace(facts(GOOD), availability=within)) == ("well", "")
    assert wellness(msgspec.structs.replace(facts(GOOD), availability=beyond)) == (
        "over",
        "its error budget is used up",
    )
    assert wellness(msgspec.structs.replace(facts(CUT), availability=beyond))[0] == "unwell"


@pytest.mark.parametrize(
    ("turns", "known", "reason"),
    [
        ([GOOD], {}, ""),
        (
            [past(outcome="truncated", diagnosis="cut", sentence="Proxy, most likely: cut.")],
            {},
            "Truncated · proxy, most likely",
        ),
        ([past(diagnosis="slow_start", sentence="Model: late."), STOPPED], {}, "Slow start · model"),
        ([past(outcome="failed", diagnosis="failed", sentence="It said: no.")], {}, "Failed"),
        ([STOPPED], {"canary": CanaryState("b", 60.0, kind="slow", outcome="stopped")}, "Too slow"),
    ],
)
def test_a_wall_says_what_went_wrong_and_where(turns: list[PastTurn], known: dict[str, Any], reason: str) -> None:
    bad = {"alarms": [holds("BackendDown", "page")]} if reason else {}
    assert row(msgspec.structs.replace(facts(*turns), **bad, **known))["reason"] == reason


def test_a_dialect_that_was_guessed_is_told() -> None:
    unread = past(dialect="auto", outcome="unreachable")
    assert row(facts())["dialect"] == "auto"
    assert row(facts(past(dialect="openai-chat"), GOOD, unread))["dialect"] == "orchestrator, guessed"
    assert row(msgspec.structs.replace(facts(GOOD), dialect="custom"))["dialect"] == "custom"


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


# What else is known of a backend


def holds(name: str, severity: str, since: float = NOW) -> Alarm:
    return Alarm(next(rule for rule in RULES if rule.name == name), "b", severity, "3 of 10\u202e", since)


@pytest.mark.parametrize(
    ("known", "health", "why"),
    [
        ({"alarms": [holds("BackendDown", "page")]}, "failing", "fails its canary"),
        ({"alarms": [holds("Stalls", "ticket")]}, "unwell", "stalls in too many turns"),
        ({"canary": CanaryState("b", 60.0, kind="slow")}, "unwell", "fails its canary: too slow"),
        (
            {"canary": CanaryState("b", 60.0, kind="ended", outcome="truncated")},
            "unwell",
            "fails its canary: truncated",
        ),
        ({"canary": CanaryState("b", 60.0, kind="unexpected_text")}, "unwell", "fails its canary: other text"),
        ({"canary": CanaryState("b", 60.0, kind="success")}, "well", ""),
        ({"canary": CanaryState("b", 60.0)}, "well", ""),
    ],
)
def test_alarms_and_the_canary_make_a_backend_unwell(known: dict[str, Any], health: str, why: str) -> None:
    assert wellness(msgspec.structs.replace(facts(GOOD), **known)) == (health, why)


def test_two_bad_turns_are_worse_than_a_ticket() -> None:
    known = msgspec.structs.replace(facts(CUT, CUT), alarms=[holds("Stalls", "ticket")])
    assert wellness(known) == ("failing", "its last 2 turns ended badly")


@pytest.mark.parametrize(
    ("good", "counted", "share", "budget", "tone"),
    [
        (0, 0, "–", "–", "calm"),
        (10, 10, "100 %", "100 %", "good"),
        (9999, 10_000, "99.99 %", "98 %", "good"),
        (99_999, 100_000, "99.99 %", "99 %", "good"),
        (9961, 10_000, "99.61 %", "22 %", "warn"),
        (995, 1000, "99.5 %", "used up", "bad"),
        (3, 10, "30 %", "used up", "bad"),
    ],
)
def test_availability_is_never_rounded_up(good: int, counted: int, share: str, budget: str, tone: str) -> None:
    told = row(msgspec.structs.replace(facts(), availability=standing(AVAILABILITY, good, counted), source="canary"))
    assert told["availability"][0] == share
    assert (told["budget"][0], told["budget"][3]) == (budget, tone)
    assert (told["order"]["availability"] is None) == (counted == 0)
    if counted:
        assert f"{good:,} of {counted:,}" in told["availability"][2]
        assert "(canary)" in told["availability"][2]


def test_how_all_turns_of_the_month_ended_is_told_by_outcome() -> None:
    counted = {"truncated": 2, "completed": 57, "stopped": 0, "unreachable": 1}
    told = row(msgspec.structs.replace(facts(), outcomes=counted))["outcomes"]
    assert told == [["completed", 57], ["truncated", 2], ["unreachable", 1]]
    assert row(facts())["outcomes"] == []


def test_each_objective_is_told_beside_its_number() -> None:
    wanted = Objective("availability", 0.9), Objective("ttft", 0.998)
    told = row(
        msgspec.structs.replace(
            facts(), availability=standing(wanted[0], 95, 100), in_time=standing(wanted[1], 998, 1000), ttft_s=0.75
        )
    )
    assert told["availability"] == [
        "95 %",
        "goal 90 %",
        "95 of 100 turns (live) were good in the last 30 days; goal 90 %.",
    ]
    assert told["budget"][0] == "50 %"
    said = "998 of 1,000 turns (live) had their first text within 0.75 s in the last 30 days; goal 99.8 %."
    assert told["ttft"][2].endswith(said)
    none = row(msgspec.structs.replace(facts(), in_time=standing(wanted[1], 0, 0)))
    assert none["ttft"][2].endswith("No turn was counted in the last 30 days; goal 99.8 % within 2.00 s.")


@pytest.mark.parametrize(
    ("state", "word", "tone", "sub"),
    [
        (None, "none", "calm", "not configured"),
        (CanaryState("b", 60.0, next_at=NOW + 5), "not asked yet", "calm", ""),
        (CanaryState("b", 60.0, running=True), "not asked yet", "calm", "asking now"),
        (CanaryState("b", 60.0, kind="success", ended_at=NOW), "passed", "good", ""),
        (CanaryState("b", 60.0, kind="ended", ended_at=NOW), "failed", "bad", ""),
        (CanaryState("b", 0.0, kind="success", ended_at=NOW), "passed", "good", "asked from outside"),
    ],
)
def test_a_canary_in_words(state: CanaryState | None, word: str, tone: str, sub: str) -> None:
    told = canary(state)
    assert (told["word"], told["tone"], told["sub"]) == (word, tone, sub)
    assert told["at"] == (state.ended_at if state else None)


def test_a_canary_quotes_its_back_end_in_one_visible_line() -> None:
    assert canary(CanaryState("b", 60.0, kind="ended", why="a\u202e\nb"))["about"] == "a⟨U+202E⟩ b"


def test_an_alarm_says_what_for_how_long_and_what_next() -> None:
    told = alarm_row(holds("Stalls", "ticket", NOW - 5))
    assert told["what"] == "stalls in too many turns"
    assert told["since"] == NOW - 5
    assert told["detail"] == "3 of 10⟨U+202E⟩"
    assert told["next"].startswith("Inspect a stalled turn")
    assert told["anchor"] == "stalls"


def test_every_column_that_sorts_says_what_it_is() -> None:
    assert set(ABOUT) == set(row(facts(GOOD))["order"]) - {"name"}
