"""The course of a turn on a shared clock: spans follow the states, ticks the text, and patches add up to the whole."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dashboard.turn.events import (
    Asked,
    Connected,
    Connecting,
    Disconnected,
    Ended,
    Recovered,
    RetryScheduled,
    Stalled,
    TextArrived,
    TurnEvent,
)
from dashboard.ui.course import SPANS, TICKS, Course

ASKED: list[TurnEvent] = [Asked("t", 100.3, "demo", "orchestrator", "s", "live", "?"), Connecting("t", 100.5, 1)]


def text(at: float) -> TextArrived:
    return TextArrived("t", at, "word ", first=False)


def course(*events: TurnEvent) -> Course:
    made = Course(100.0)
    for event in events:
        made.observe(event)
    return made


def spans(*events: TurnEvent) -> list[Any]:
    return list(course(*events).full()["spans"]["list"])


def test_the_states_as_spans_since_all_were_asked() -> None:
    told = spans(*ASKED, Connected("t", 101.0, 200, {}), text(102.0), Ended("t", 103.0, "completed", "", ""))
    assert told == [
        ["place", 0.0, 0.5], ["connecting", 0.5, 1.0], ["waiting", 1.0, 2.0], ["answering", 2.0, 3.0],
    ]  # fmt: skip


def test_a_stall_begins_with_the_silence_and_the_answer_goes_on_after_it() -> None:
    told = spans(
        *ASKED, Connected("t", 101.0, 200, {}), text(102.0), Stalled("t", 107.0, "bytes", 5.0), Recovered("t", 108.0, "bytes", 6.0),
    )  # fmt: skip
    assert told[-2:] == [["stalled", 2.0, 8.0], ["answering", 8.0, None]]


def test_another_attempt_waits_and_connects() -> None:
    lost = [Disconnected("t", 101.0, "connect", ""), RetryScheduled("t", 101.0, 2, 1.0, "connect")]
    told = spans(*ASKED, *lost, Connecting("t", 102.0, 2))
    assert told[-2:] == [["backing_off", 1.0, 2.0], ["connecting", 2.0, None]]


def test_an_end_closes_what_lasts_and_nothing_follows_it() -> None:
    made = course(*ASKED, Ended("t", 101.0, "stopped", "", ""), text(105.0))
    assert made.full()["spans"]["list"][-1] == ["connecting", 0.5, 1.0]
    assert made.full()["ticks"]["list"] == []
    assert made.full()["end"] == 1.0


def test_many_ticks_and_many_stalls_are_bounded() -> None:
    made = course(*ASKED, Connected("t", 101.0, 200, {}))
    for n in range(20 * TICKS):
        made.observe(text(102.0 + n / 100))
    ticks = made.full()["ticks"]["list"]
    assert TICKS / 8 < len(ticks) <= TICKS
    assert ticks[0] == 2.0
    assert ticks[-1] > 2.0 + 19 * TICKS / 100
    for n in range(2 * SPANS):
        made.observe(Stalled("t", 400.0 + n, "bytes", 0.5))
        made.observe(Recovered("t", 400.5 + n, "bytes", 1.0))
    assert len(made.full()["spans"]["list"]) == SPANS


STEPS = st.lists(st.sampled_from(["text", "stall", "burst", "patch"]), max_size=60)


@given(STEPS)
def test_patches_add_up_to_the_whole(steps: list[str]) -> None:
    made = course(*ASKED, Connected("t", 101.0, 200, {}))
    seen: dict[str, list[Any]] = {"spans": [], "ticks": []}

    def take() -> None:
        patch = made.patch()
        for name, had in seen.items():
            had[patch[name]["from"] :] = patch[name]["list"]

    at = 102.0
    for step in steps:
        at += 1.0
        if step == "text":
            made.observe(text(at))
        elif step == "burst":
            for n in range(400):
                made.observe(text(at + n / 1000))
        elif step == "stall":
            made.observe(Stalled("t", at, "bytes", 0.5))
            made.observe(Recovered("t", at + 0.5, "bytes", 1.0))
        else:
            take()
    made.observe(Ended("t", at + 2, "completed", "", ""))
    take()
    whole = made.full()
    assert seen == {"spans": whole["spans"]["list"], "ticks": whole["ticks"]["list"]}
