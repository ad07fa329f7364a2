from __future__ import annotations

import json
from itertools import pairwise
from math import nan

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.config import Thresholds
from dashboard.health.report import Report
from dashboard.health.turn_gauge import TurnGauge
from dashboard.turn.events import Anomaly, FinishHeard, TextArrived, UsageReported
from tests.health.story import Story

KEYS = [
    "backend",
    "dialect",
    "outcome",
    "fault",
    "detail",
    "diagnosis",
    "text",
    "reasoning",
    "agent",
    "events",
    "chunks",
    "bytes",
    "heartbeats",
    "reconnects",
    "stalls",
    "anomalies",
    "first_event_s",
    "ttft_s",
    "duration_s",
    "gap_s",
    "smoothness",
    "finish_reason",
    "usage",
]


def gauged(story: Story, limits: Thresholds | None = None) -> TurnGauge:
    gauge = TurnGauge(limits or Thresholds())
    for event in story.events:
        gauge.observe(event)
    return gauge


def report(story: Story, limits: Thresholds | None = None) -> Report:
    return gauged(story, limits).report()


def test_the_keys_are_those_of_check_in_their_order() -> None:
    told = json.loads(msgspec.json.encode(report(Story().begun().text(0.2, "a").ended(0.3))))
    assert list(told) == KEYS
    assert list(told["gap_s"]) == ["p50", "p95", "p99", "max"]
    assert list(told["diagnosis"]) == ["kind", "sentence", "evidence", "next"]


def test_a_whole_turn() -> None:
    story = Story().asked(10.0).connecting(10.0).connected(10.02).routing(10.05).routed(10.1).agent(10.15)
    story.reasoning(10.2).heartbeat(10.25).text(10.5, "Two", " and").text(10.6, " two").text(10.8, ".")
    story.events += [
        UsageReported("t", 10.8, 7, None),
        UsageReported("t", 10.8, None, 4),
        UsageReported("t", 10.8, 7, None),
        FinishHeard("t", 10.8, "stop"),
    ]
    told = report(story.ended(10.9, detail="stop"))
    assert (told.backend, told.dialect, told.outcome, told.fault) == ("demo", "orchestrator", "completed", "")
    assert told.text == "Two and two."
    assert told.reasoning == "hm"
    assert (told.events, told.chunks, told.heartbeats, told.bytes) == (8, 4, 1, 15)
    assert (told.first_event_s, told.ttft_s, told.duration_s) == pytest.approx((0.05, 0.5, 0.9))
    assert (told.gap_s.p50, told.gap_s.max) == pytest.approx((0.1, 0.2), rel=0.01)
    assert told.agent
    assert (told.agent.id, told.agent.name, told.agent.protocol) == ("math", "Math Agent", "a2a")
    assert told.usage
    assert (told.usage.input_tokens, told.usage.output_tokens) == (7, 4)
    assert told.finish_reason == "stop"
    assert told.diagnosis
    assert told.diagnosis.kind == "healthy"


def test_what_is_unknown_is_null() -> None:
    told = json.loads(msgspec.json.encode(report(Story().asked().connecting().ended(0.1, "unreachable", "connect"))))
    nulls = ("agent", "first_event_s", "ttft_s", "smoothness", "finish_reason", "usage")
    assert [told[key] for key in nulls] == [None] * len(nulls)
    assert told["gap_s"] == {"p50": None, "p95": None, "p99": None, "max": None}


def test_a_live_turn_has_no_outcome_and_no_diagnosis() -> None:
    told = report(Story().begun().text(0.2, "a"))
    assert (told.outcome, told.diagnosis, told.duration_s) == ("", None, 0.2)


def test_zeros_are_kept_as_the_buffering_signal() -> None:
    told = report(Story().begun().text(0.2, "a", "b", "c").text(0.3, "d"))
    assert told.gap_s.p50 == 0
    assert told.gap_s.max == pytest.approx(0.1)


def test_a_held_back_answer_is_suspected_and_noted() -> None:
    told = report(Story().begun().text(4.0, *["word "] * 50).ended(4.1))
    assert told.diagnosis
    assert told.diagnosis.kind == "burst_suspected"
    assert [each.kind for each in told.anomalies] == ["burst"]


def test_each_stall_is_one_anomaly_even_if_told_twice() -> None:
    story = Story().begun().text(0.2, "a").stalled(5.2, 5.0).anomaly(5.2, "stall").recovered(9.2, 9.0).text(9.2, "b")
    gauge = gauged(story.ended(9.3))
    told = gauge.report()
    assert told.stalls == 1
    assert [each.kind for each in told.anomalies] == ["stall"]
    assert gauge.evidence().stalls[0].silent_s == pytest.approx(9.0)
    assert told.diagnosis
    assert told.diagnosis.kind == "stalled_midway"


def test_a_stall_that_nothing_ended_lasts_to_the_end() -> None:
    gauge = gauged(Story().begun().text(0.2, "a").stalled(5.2, 5.0).ended(60.2, "stalled", "silent"))
    stall = gauge.evidence().open_stall
    assert stall
    assert stall.silent_s == pytest.approx(60.0)


def test_a_stall_ends_with_its_connection() -> None:
    gauge = gauged(Story().begun().text(0.2, "a").stalled(5.2, 5.0).lost(8.2, "cut").connecting(9, 2).connected(9.1))
    assert gauge.evidence().open_stall is None
    assert gauge.evidence().stalls[0].silent_s == pytest.approx(8.0)
    assert gauge.report().reconnects == 1


def test_phases_are_those_of_the_attempt_that_brought_the_text() -> None:
    story = Story().begun().lost(1.0, "connect").connecting(5.0, 2).connected(5.1).text(5.2, "a")
    story.lost(6.0, "cut").connecting(9.0, 3).connected(9.1).text(9.2, "b")
    evidence = gauged(story.ended(9.3)).evidence()
    assert (evidence.connecting_s, evidence.head_s, evidence.ttft_s) == (5.0, 5.1, 5.2)


def test_a_head_of_an_earlier_attempt_is_not_the_last_ones() -> None:
    evidence = gauged(
        Story().begun().lost(1, "cut").connecting(2, 2).ended(60, "unreachable", "head_timeout")
    ).evidence()
    assert (evidence.connecting_s, evidence.head_s) == (2, None)


def test_anomalies_are_counted_on_where_their_list_ends() -> None:
    story = Story().begun()
    for _ in range(5000):
        story.anomaly(0.1, "unknown_event", "x" * 10_000)
    gauge = gauged(story.ended(0.2))
    assert gauge.anomalies_total == 5000
    assert len(gauge.report().anomalies) == 100
    assert gauge.evidence().anomalies == {"unknown_event": 5000}
    assert len(msgspec.json.encode(gauge.report())) < 100_000


def test_halves_of_a_pair_are_joined_and_lone_ones_replaced() -> None:
    story = Story().begun().text(0.2, "a\ud83d", "\ude00b").text(0.3, "\udc00").routed(0.3, "\ud800Agent\x00", nan)
    story.events.append(Anomaly("t", 0.4, "unknown_event", "\udfff"))
    seen = report(story.ended(0.5, detail="\ud800"))
    assert seen.agent
    assert seen.agent.confidence is None
    told = json.loads(msgspec.json.encode(seen))
    assert told["text"] == "a😀b\ufffd"
    assert told["agent"] == {"id": "math", "name": "Agent", "protocol": "a2a", "confidence": None}


@given(st.lists(st.tuples(st.floats(0, 3), st.text(min_size=1, max_size=9)), max_size=60))
def test_numbers_equal_a_naive_recomputation(chunks: list[tuple[float, str]]) -> None:
    story, at = Story().begun(), 0.01
    for step, text in chunks:
        at += step
        story.text(at, text)
    times = [event.at for event in story.events if isinstance(event, TextArrived)]
    told = report(story.ended(at + 1))
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert told.chunks == told.events == len(chunks)
    assert told.gap_s.max == (pytest.approx(max(gaps), abs=1e-6) if gaps else None)
    assert told.ttft_s == (pytest.approx(times[0], abs=1e-6) if times else None)
    assert told.text == "".join(text for _, text in chunks)
