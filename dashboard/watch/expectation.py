"""Pure: did a canary's turn go as its settings want it? Completed, with the expected text, within its limits."""

from __future__ import annotations

import msgspec
import regex

from dashboard.config import CanarySettings
from dashboard.health.report import Report
from dashboard.health.wording import quoted, seconds
from dashboard.turn.verdict import Outcome

SUCCESS, ENDED, UNEXPECTED_TEXT, SLOW, SKIPPED = "success", "ended", "unexpected_text", "slow", "skipped"
"""How a probe went: ENDED otherwise than completed; completed with another text than expected; completed, but too slow;
not asked at all."""
SEARCHED_CHARS = 100_000
QUOTED_CHARS = 120
SEARCH_S = 0.25
"""A pattern that tries one way after another must not hold the loop: the text is the back end's, the pattern a person's."""


class Went(msgspec.Struct, frozen=True):
    """How a probe went, one of the five kinds, and why in a sentence ("" for success); plain text, hostile until escaped."""

    kind: str
    why: str = ""


def went(settings: CanarySettings, report: Report) -> Went:
    """How the turn of `report`, which has ended, went; only the first SEARCHED_CHARS of its text are looked at."""
    if report.outcome != Outcome.COMPLETED:
        said = f": {report.diagnosis.sentence}" if report.diagnosis else ""
        return Went(ENDED, f"{report.outcome}{said}")
    text = report.text[:SEARCHED_CHARS]
    if settings.expect not in text:
        return Went(UNEXPECTED_TEXT, f"expected {quoted(settings.expect)}, got {quoted(text, QUOTED_CHARS)}")
    if settings.expect_regex and not (match := _matches(settings.expect_regex, text)):
        took = f" (the search was given up after {SEARCH_S:g} s)" if match is None else ""
        return Went(UNEXPECTED_TEXT, f"expected /{settings.expect_regex}/, got {quoted(text, QUOTED_CHARS)}{took}")
    limits = (
        ("first text after", report.ttft_s, settings.max_ttft_s),
        ("a gap of", report.gap_s.max, settings.max_gap_s),
        ("took", report.duration_s, settings.max_duration_s),
    )
    slow = [
        f"{what} {seconds(value)}, allowed are {seconds(limit)}"
        for what, value, limit in limits
        if value is not None and limit is not None and value > limit
    ]
    return Went(SLOW, "; ".join(slow)) if slow else Went(SUCCESS)


def _matches(pattern: str, text: str) -> bool | None:
    """Whether the pattern is in the text; None when SEARCH_S was too short to say."""
    try:
        return regex.search(pattern, text, regex.VERSION0, timeout=SEARCH_S) is not None
    except TimeoutError:
        return None
