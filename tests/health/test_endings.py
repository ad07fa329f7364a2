from __future__ import annotations

import pytest

from dashboard.health.diagnosis import diagnose
from dashboard.health.evidence import Evidence
from dashboard.turn.continuity import Continuity
from dashboard.turn.verdict import Fault, Outcome
from dashboard.wire.frame import Message


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
