"""What counts as a success of a canary, as a table."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.config import CanarySettings, ConfigError, Thresholds, parse
from dashboard.health.turn_gauge import TurnGauge
from dashboard.watch.expectation import ENDED, SLOW, SUCCESS, UNEXPECTED_TEXT, went
from tests.health.story import Story

GOOD = Story().begun().text(1.0, "2+2 = ").text(4.0, "4.").ended(5.0)
ANY = Story().begun().ended(1.0)
CUT = Story().begun().text(1.0, "4").ended(2.0, "truncated", "cut", "the stream ended")


@pytest.mark.parametrize(
    ("story", "settings", "kind", "why"),
    [
        (GOOD, {}, SUCCESS, ""),
        (GOOD, {"expect": "= 4"}, SUCCESS, ""),
        (GOOD, {"expect": "5"}, UNEXPECTED_TEXT, "expected “5”, got “2+2 = 4.”"),
        (ANY, {"expect": "4"}, UNEXPECTED_TEXT, "expected “4”, got “”"),
        (ANY, {}, SUCCESS, ""),
        (GOOD, {"expect_regex": r"= \d\.$"}, SUCCESS, ""),
        (GOOD, {"expect_regex": "^4"}, UNEXPECTED_TEXT, "expected /^4/, got “2+2 = 4.”"),
        (GOOD, {"max_ttft_s": 1.0}, SUCCESS, ""),
        (GOOD, {"max_ttft_s": 0.9}, SLOW, "first text after 1.0 s, allowed are 0.90 s"),
        (GOOD, {"max_gap_s": 2.0}, SLOW, "a gap of 3.0 s, allowed are 2.0 s"),
        (GOOD, {"max_duration_s": 4.0, "max_gap_s": 2.0}, SLOW, "allowed are 2.0 s; took 5.0 s, allowed are 4.0 s"),
        (GOOD, {"expect": "5", "max_ttft_s": 0.1}, UNEXPECTED_TEXT, "expected “5”"),
        (CUT, {"expect": "4"}, ENDED, "truncated: "),
    ],
)
def test_how_it_went(story: Story, settings: dict[str, Any], kind: str, why: str) -> None:
    gauge = TurnGauge(Thresholds())
    for event in story.events:
        gauge.observe(event)
    said = went(CanarySettings(**settings), gauge.report())
    assert said.kind == kind
    assert why in said.why
    assert bool(said.why) is (kind != SUCCESS)


FILE = "backends: [{{name: b, url: 'http://h/', canary: {}}}]"


@pytest.mark.parametrize(
    ("block", "says"),
    [
        ("{expect_regex: '('}", r"canary\.expect_regex: expected a regular expression"),
        ("{question: ' '}", r"canary\.question: expected a question"),
        ("{interval_s: 0.5}", r"canary\.interval_s: expected a number >= 1"),
        ("{jitter: 0.6}", r"canary\.jitter: expected a number <= 0\.5"),
        ("{every: 5}", r"canary\.every: expected one of question, .*, got an unknown key"),
    ],
)
def test_settings_that_cannot_be_are_refused(block: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        parse(FILE.format(block), "c.yaml")


def test_an_empty_block_is_a_canary_with_the_defaults() -> None:
    assert parse(FILE.format("{}")).backends[0].canary == CanarySettings()
    assert parse(FILE.format("null")).backends[0].canary is None


def test_a_pattern_that_would_search_for_ever_is_given_up() -> None:
    """Of `re` it would hold the whole process for hours."""
    gauge = TurnGauge(Thresholds())
    for event in Story().begun().text(1, "a" * 60).ended(2).events:
        gauge.observe(event)
    how = went(CanarySettings(expect_regex="(a|aa)+$b"), gauge.report())
    assert how.kind == UNEXPECTED_TEXT
    assert "the search was given up after 0.25 s" in how.why
