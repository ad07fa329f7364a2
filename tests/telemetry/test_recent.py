"""What is remembered of ended turns: bounded in number, and each of them in size."""

from __future__ import annotations

from dashboard.config import Thresholds
from dashboard.health.turn_gauge import TurnGauge
from dashboard.telemetry import recent as module
from dashboard.telemetry.recent import RecentTurns
from tests.health.story import Story


def gauge() -> TurnGauge:
    made = TurnGauge(Thresholds())
    story = Story().asked(0).connecting(0).connected(0.1, {"x-long": "h" * 100_000}).text(1, "t" * 100_000)
    for i in range(100):
        story.anomaly(1, "gap", f"{i}" * 1000)
    for event in story.ended(2, "failed", "backend_error", "w" * 100_000).events:
        made.observe(event)
    return made


def test_a_turn_keeps_its_numbers_and_not_its_text() -> None:
    past, made = RecentTurns(), gauge()
    past.add("t", "s", "live", "q" * 100_000, made)
    kept = past.get("t")
    assert kept is not None
    assert (kept.report.outcome, kept.report.chunks, kept.evidence.ttft_s) == ("failed", 1, 1.0)
    assert len(repr(kept)) < 20_000
    assert len(kept.question) == module.QUESTION_CHARS


def test_the_oldest_goes_first() -> None:
    past, made = RecentTurns(), gauge()
    past.add("replayed", "", "replay", "q", made)
    for i in range(module.TURNS + 50):
        past.add(f"t{i}", "", "live", "q", made)
    turns = [each.turn for each in past.newest()]
    assert (len(turns), turns[0], turns[-1]) == (module.TURNS, f"t{module.TURNS + 49}", "t50")
    assert past.get("t49") is None
    assert past.ended == module.TURNS + 50
