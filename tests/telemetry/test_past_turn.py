"""One turn, three tellers: what history keeps agrees with the report and with the metrics."""

from __future__ import annotations

import pytest

from dashboard.config import Backend, Thresholds
from dashboard.health.turn_gauge import TurnGauge
from dashboard.telemetry.past_turn import past_turn
from dashboard.telemetry.prometheus import PrometheusSink
from tests.health.story import Story
from tests.telemetry.past import NOW
from tests.telemetry.test_prometheus import OBJECTIVES

LIMITS = Thresholds(ttft_s=2.0)


@pytest.mark.parametrize("story", [row[1] for row in OBJECTIVES], ids=[row[0] for row in OBJECTIVES])
def test_history_judges_as_the_metrics_do(story: Story) -> None:
    gauge, sink = TurnGauge(LIMITS), PrometheusSink([Backend("demo", "http://h/", thresholds=LIMITS)])
    for event in story.events:
        gauge.observe(event)
        sink.observe(event)
    kept = past_turn("t", "live", "", gauge, NOW)
    said = sink.render("", gzip=False)[0].decode()
    for objective in ("availability", "ttft"):
        labels = f'{{backend="demo",objective="{objective}",source="live"}}'
        good = getattr(kept, objective)
        assert f"streamgauge_turns_counted_total{labels} {float(good is not None)}" in said
        assert f"streamgauge_turns_good_total{labels} {float(good is True)}" in said


def test_what_is_kept_is_the_report_without_question_and_answer() -> None:
    gauge = TurnGauge(LIMITS)
    story = Story().begun(1.0).routed(1.1).text(1.5, "a secret answer").text(2.0, "more").ended(3.0)
    for event in story.events:
        gauge.observe(event)
    kept, report = past_turn("t", "canary", "abc", gauge, NOW), gauge.report()
    assert (kept.turn, kept.source, kept.trace_id, kept.backend) == ("t", "canary", "abc", "demo")
    assert (kept.started_at, kept.ended_at, kept.duration_s) == (NOW - 2.0, NOW, 2.0)
    assert (kept.outcome, kept.availability, kept.ttft) == ("completed", True, True)
    assert (kept.ttft_s, kept.gap_max_s, kept.chunks, kept.agent) == (0.5, 0.5, 2, "Math Agent")
    assert report.diagnosis is not None
    assert (kept.diagnosis, kept.sentence) == (report.diagnosis.kind, report.diagnosis.sentence)
    assert "secret" not in repr(kept)
