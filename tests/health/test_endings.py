from __future__ import annotations

import pytest

from dashboard.config import Limits
from dashboard.health.diagnosis import diagnose
from dashboard.health.evidence import Evidence
from dashboard.health.turn_gauge import TurnGauge
from dashboard.turn.continuity import Continuity
from dashboard.turn.verdict import Fault, Outcome
from dashboard.wire.frame import Message
from tests.turn.script import DONE, QUICK, Play, say


@pytest.mark.parametrize(
    ("second", "came"),
    [(["r.2", "r.5", "r.6"], "events are missing"), (["r.2", "r.4", "r.3", "r.5"], "events came out of order")],
)
def test_an_answer_with_a_hole_is_told_apart_from_one_that_was_cut(second: list[str], came: str) -> None:
    continuity = Continuity()
    for last_event_id, ids in (("", ["r.1"]), ("r.1", second)):
        continuity.connected(last_event_id)
        for event_id in ids:
            continuity.see(Message("message", event_id, event_id), text_seen=True)
    continuity.settle()
    told = diagnose(
        Evidence(outcome=Outcome.TRUNCATED, fault=Fault.CUT, detail=continuity.incomplete, bytes=100, reconnects=1)
    )
    said = f"Back end: it said that the answer was complete, but {came} after a resume, so it is not."
    assert (told.kind, told.sentence) == ("cut", said)
    assert continuity.incomplete in told.evidence[0]


def test_a_cut_is_a_cut() -> None:
    told = diagnose(Evidence(outcome=Outcome.TRUNCATED, fault=Fault.CUT, detail="the stream ended", bytes=100))
    assert told.sentence.startswith("Back end or network: the stream was cut")


def test_an_event_over_the_limit_is_named_with_its_size_its_limit_and_its_beginning() -> None:
    play, gauge = Play(limits=Limits(event_bytes=1024)), TurnGauge(QUICK)
    play.head()
    play.feed(say("a"), 0.2)
    play.feed(say("b" * 3000), 0.3)
    for event in play.events:
        gauge.observe(event)
    told = gauge.report().diagnosis
    assert told is not None
    size = len(say("b" * 3000).rstrip())
    over = f"an event of {size:,} bytes or more, over limits.event_bytes (1,024)"
    assert told.sentence == f"Back end: it sent {over}, after 1 event of ordinary size."
    assert 'it begins: data: {"event": "response_chunk", "text": "bbb' in told.evidence[0]
    assert "limits.event_bytes" in told.next


def test_a_large_event_that_was_accepted_is_told_of() -> None:
    play, gauge = Play(), TurnGauge(QUICK)
    play.head()
    for at, data in enumerate((say("b" * 200_000), DONE), 1):
        play.feed(data, 0.1 + at / 10)
    for event in play.events:
        gauge.observe(event)
    told = gauge.report().diagnosis
    assert told is not None
    assert told.kind == "healthy"
    assert any("The largest event held 200," in line for line in told.evidence)
