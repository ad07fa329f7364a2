"""The reconnect audit and the stop audit: in the evidence of every turn, in words that its events bear out."""

from __future__ import annotations

import pytest

from dashboard.config import Thresholds
from dashboard.health.turn_gauge import TurnGauge
from dashboard.turn.events import Connecting, MessageArrived, RetryHeard, RetryScheduled, StopAudited, TurnEvent
from tests.health.story import Story


def evidence(story: Story) -> list[str]:
    gauge = TurnGauge(Thresholds())
    for event in story.events:
        gauge.observe(event)
    assert gauge.diagnosis
    return gauge.diagnosis.evidence


def line(story: Story, name: str) -> str:
    (found,) = [each for each in evidence(story) if each.startswith(name)]
    return found


def told(story: Story, *events: TurnEvent) -> Story:
    story.events += events
    return story


def messages(story: Story, *ids: str) -> Story:
    return told(story, *(MessageArrived("t", 0.5, "text", "message", "{}", event_id) for event_id in ids))


@pytest.mark.parametrize(
    "outcome", ["completed", "stopped", "truncated", "failed", "rejected", "unreachable", "stalled"]
)
def test_every_turn_that_ended_has_its_reconnect_audit(outcome: str) -> None:
    story = Story().asked().connecting().ended(1.0, outcome)
    assert line(story, "Reconnect audit").startswith("Reconnect audit: no event came")


@pytest.mark.parametrize(
    ("ids", "says"),
    [
        (["1", "2"], "ids on all of 2 events"),
        (["", "1", "1"], "ids on 2 of 3 events"),
        (["", ""], "no ids on 2 events, so nothing lost or repeated could be told"),
    ],
)
def test_whether_there_were_ids(ids: list[str], says: str) -> None:
    audit = line(messages(Story().begun(), *ids).ended(1.0), "Reconnect audit")
    assert audit == f"Reconnect audit: {says}; no retry: asked for; no reconnect."


def reconnected(waited_s: float, *, asked_s: float | None) -> Story:
    story = messages(Story().begun(), "1", "2")
    if asked_s is not None:
        told(story, RetryHeard("t", 0.6, asked_s))
    told(story, RetryScheduled("t", 1.0, 2, waited_s, "cut"), Connecting("t", 1.0 + waited_s, 2))
    return story.connected(2.0)


@pytest.mark.parametrize(
    ("asked_s", "waited_s", "says"),
    [
        (None, 0.4, "0.40 s after cut."),
        (0.5, 0.5, "0.50 s after cut (retry: honoured)."),
        (0.5, 0.25, "0.25 s after cut (retry: honoured)."),
        (2.0, 0.5, "0.50 s after cut (retry: 2.0 s not honoured)."),
    ],
)
def test_what_was_waited_and_whether_that_was_what_the_stream_asked_for(
    asked_s: float | None, waited_s: float, says: str
) -> None:
    audit = line(reconnected(waited_s, asked_s=asked_s).ended(3.0), "Reconnect audit")
    assert "1 reconnect, having waited " + says in audit


def test_what_the_ids_tell_after_a_resume() -> None:
    assert line(reconnected(0.5, asked_s=None).ended(3.0), "By their ids") == (
        "By their ids: no gap, no duplicate, no disorder."
    )
    flawed = reconnected(0.5, asked_s=None).anomaly(2.1, "gap").anomaly(2.2, "duplicate").anomaly(2.2, "duplicate")
    assert line(flawed.anomaly(2.3, "disorder").ended(3.0), "By their ids") == (
        "By their ids: 1 gap, 2 duplicates, 1 × disorder."
    )
    assert not [each for each in evidence(messages(Story().begun(), "1").ended(1.0)) if "By their ids" in each]


@pytest.mark.parametrize(
    ("stop", "says"),
    [
        (StopAudited("t", 1.0, True, 0.002, 0, None), "no byte came after Stop; connection closed 2 ms after it."),
        (
            StopAudited("t", 1.0, True, 0.004, 1200, 0.003),
            "bytes came until 3 ms after Stop, 1,200 unread bytes dropped; connection closed 4 ms after it.",
        ),
        (
            StopAudited("t", 1.0, False, 0.15, 0, None),
            "no byte came after Stop; connection still not closed 150 ms after it.",
        ),
        (StopAudited("t", 1.0, None, 0.0, 0, None), "no connection was open."),
    ],
)
def test_how_it_was_stopped(stop: StopAudited, says: str) -> None:
    story = told(Story().begun().text(0.5, "a"), stop).ended(1.0, "stopped", by="person")
    assert line(story, "Stop audit") == f"Stop audit: {says}"


def test_a_turn_that_nobody_stopped_has_no_stop_audit() -> None:
    assert not [each for each in evidence(Story().begun().text(0.5, "a").ended(1.0)) if each.startswith("Stop audit")]
