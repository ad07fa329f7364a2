from __future__ import annotations

import msgspec
import pytest

from dashboard.config import Thresholds
from dashboard.health.diagnosis import Diagnosis
from dashboard.health.report import Report
from dashboard.health.turn_gauge import TurnGauge
from dashboard.turn.events import (
    Asked,
    Connected,
    Connecting,
    Disconnected,
    Ended,
    MessageArrived,
    Progressed,
    RetryScheduled,
    TextArrived,
    TurnEvent,
)
from dashboard.turn.transcript import Transcript
from dashboard.turn.verdict import Outcome
from dashboard.ui.turn_view import Fields, fields, numbers, phases, pill, verdict
from dashboard.ui.words import FAILED, OUTCOMES
from dashboard.wire.chat_event import Routed, Step

ASKED: list[TurnEvent] = [Asked("t", 0.0, "demo", "orchestrator", "s", "live", "?"), Connecting("t", 0.0, 1)]
OPEN: list[TurnEvent] = [*ASKED, Connected("t", 0.1, 200, {})]
ROUTED = Progressed("t", 0.3, Routed("a2a-math", "Math Agent", "a2a", 0.95, "arithmetic"))


def after(*events: TurnEvent) -> tuple[Transcript, Report]:
    transcript, gauge = Transcript("t"), TurnGauge(Thresholds())
    for event in events:
        transcript.observe(event)
        gauge.observe(event)
    return transcript, gauge.report()


def shown(*events: TurnEvent, now: float = 1.0) -> Fields:
    transcript, report = after(*events)
    return fields(transcript, report, now)


def told(*events: TurnEvent) -> list[tuple[str, str, bool]]:
    return [(phase["icon"], phase["text"], phase["now"]) for phase in phases(after(*events)[0])]


def test_the_phases_as_they_happen() -> None:
    routing = Progressed("t", 0.2, Step("routing"))
    agent = Progressed("t", 0.4, Step("Math Agent"))
    assert told(*ASKED) == [("🔌", "Connecting…", True)]
    assert told(*OPEN) == [("🟢", "Connected, waiting for the first word", True)]
    assert told(*OPEN, routing) == [("🧠", "Analysing…", True)]
    assert told(*OPEN, routing, ROUTED) == [("🧠", "Analysed", False), ("🎯", "Math Agent", True)]
    assert told(*OPEN, routing, ROUTED, agent)[-1] == ("🎯", "Math Agent", True)
    assert told(*OPEN, routing, ROUTED, agent, TextArrived("t", 0.5, "4", first=True))[-1] == (
        "🎯",
        "Math Agent",
        False,
    )


def test_the_chosen_agent_comes_with_confidence_protocol_and_reason() -> None:
    agent = phases(after(*OPEN, ROUTED)[0])[-1]
    assert agent["facts"] == ["95 %", "a2a"]
    assert agent["why"] == "arithmetic"


def test_another_attempt_is_a_phase() -> None:
    cut = Disconnected("t", 0.2, "connect", "refused")
    wait = RetryScheduled("t", 0.2, 2, 1.5, "connect")
    assert told(*ASKED, cut, wait) == [("🔁", "No connection; trying again", True)]
    assert told(*ASKED, cut, wait, Connecting("t", 1.7, 2)) == [("🔁", "Attempt 2", True)]
    assert shown(*ASKED, cut, wait)["meter"]["retry_s"] == 0.7


def test_waiting_for_a_place_is_said() -> None:
    transcript, _ = after()
    assert phases(transcript, queued=True)[0]["text"].startswith("Waiting for a place")
    assert pill(transcript, queued=True)["word"] == "Waiting for a place"


def test_the_typing_indicator_ends_with_the_first_text() -> None:
    assert not shown(*ASKED)["typing"]
    assert shown(*OPEN)["typing"]
    assert not shown(*OPEN, TextArrived("t", 0.5, "4", first=True))["typing"]


def test_the_live_line_counts_and_is_silent_since() -> None:
    meter = shown(
        *OPEN, MessageArrived("t", 0.5, "text", "", "{}", ""), TextArrived("t", 0.5, "4", first=True), now=3.5
    )["meter"]
    assert meter["ttft"] == "0.50 s"
    assert meter["chunks"] == "1 chunk"
    assert meter["silent_s"] == 3.0


@pytest.mark.parametrize("outcome", [each.value for each in Outcome])
def test_each_outcome_has_word_tone_and_pill(outcome: str) -> None:
    transcript, report = after(
        *OPEN, TextArrived("t", 0.5, "4", first=True), Ended("t", 1.0, outcome, "", "", "person")
    )
    badge = verdict(report)
    assert (badge["outcome"], badge["word"]) == (outcome, OUTCOMES[outcome][0])
    assert badge["sentence"]
    assert badge["next"] or outcome in ("completed", "stopped")
    assert pill(transcript)["state"] == ("failed" if outcome in FAILED else "idle")
    assert fields(transcript, report, 2.0)["meter"] is None


def test_four_states_of_the_pill() -> None:
    signs = [pill(None), pill(after(*ASKED)[0]), pill(after(*OPEN)[0])]
    assert [each["sign"] for each in signs] == ["⚫", "🟡", "🟢"]
    assert [each["word"] for each in signs] == ["Not connected", "Connecting", "Connected"]
    failed = pill(after(*OPEN, Ended("t", 1.0, "truncated", "cut", ""))[0])
    assert (failed["sign"], failed["word"]) == ("🔴", "Failed: truncated")


def test_numbers_leave_out_what_is_unknown() -> None:
    report = after(*ASKED, Ended("t", 0.4, "unreachable", "connect", "refused"))[1]
    assert [label for label, *_ in numbers(report)] == ["chunks", "duration"]


def test_words_of_a_back_end_are_made_visible() -> None:
    odd = "\u202eevil\ud800\x00"
    agent = phases(after(*OPEN, Progressed("t", 0.3, Routed("", odd, odd, None, odd)))[0])[-1]
    assert agent["text"] == agent["facts"][0] == agent["why"] == "⟨U+202E⟩evil�␀"
    report = msgspec.structs.replace(
        after(*OPEN, Ended("t", 1.0, "failed", "backend_error", odd))[1],
        detail=odd,
        diagnosis=Diagnosis("backend_failed", odd, [odd], odd),
    )
    badge = verdict(report)
    assert {badge["sentence"], badge["next"], *badge["evidence"]} == {"⟨U+202E⟩evil�␀"}
    assert badge["detail"] in ("", "⟨U+202E⟩evil�␀")
