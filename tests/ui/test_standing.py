"""Which answer is the best of a row: only completed ones compete, differences of nothing are even."""

from __future__ import annotations

import msgspec
import pytest

from dashboard.config import Thresholds
from dashboard.health.diagnosis import Diagnosis
from dashboard.health.report import GapSeconds, Report, UsageSeen
from dashboard.health.turn_gauge import TurnGauge
from dashboard.ui.standing import ROWS, marks, rows

LABELS = [row.label for row in ROWS]


def report(**known: object) -> Report:
    return msgspec.structs.replace(TurnGauge(Thresholds()).report(), outcome="completed", **known)


def row(label: str, *reports: Report | None) -> list[str]:
    return [each[LABELS.index(label)] for each in marks(reports)]


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (0.5, 0.9, ["best", ""]),
        (0.9, 0.5, ["", "best"]),
        (0.500, 0.515, ["even", "even"]),
        (0.001, 0.0025, ["even", "even"]),
        (0.5, None, ["", ""]),
        (None, None, ["", ""]),
    ],
)
def test_the_lower_time_is_best_unless_they_are_even(
    first: float | None, second: float | None, told: list[str]
) -> None:
    assert row("TTFT", report(ttft_s=first), report(ttft_s=second)) == told


def test_two_that_are_even_share_what_is_best_of_three() -> None:
    assert row("TTFT", *(report(ttft_s=each) for each in (0.5, 0.51, 2.0))) == ["best", "best", ""]


def test_more_smoothness_is_better() -> None:
    assert row("smoothness", report(smoothness=0.6), report(smoothness=1.0)) == ["", "best"]


@pytest.mark.parametrize("outcome", ["truncated", "stopped", "failed", ""])
def test_an_answer_that_did_not_complete_wins_nothing(outcome: str) -> None:
    quick = msgspec.structs.replace(report(ttft_s=0.1, duration_s=0.2), outcome=outcome)
    slow, slower = report(ttft_s=1.0, duration_s=3.0), report(ttft_s=2.0, duration_s=9.0)
    assert row("duration", quick, slow, slower) == ["", "best", ""]
    assert row("TTFT", quick, slow) == ["", ""]
    assert row("TTFT", None, slow) == ["", ""]


def test_text_that_came_at_once_does_not_win_by_its_gaps() -> None:
    burst = report(gap_s=GapSeconds(0.0, 0.0), diagnosis=Diagnosis("burst_proved", "Proxy: …", (), ""))
    steady, rough = report(gap_s=GapSeconds(0.02, 0.03)), report(gap_s=GapSeconds(0.02, 0.09))
    assert row("gap p95", burst, steady, rough) == ["", "best", ""]


def test_neither_length_nor_tokens_are_a_merit() -> None:
    one = report(text="a", usage=UsageSeen(1, 5))
    two = report(text="ab" * 700, usage=None)
    assert row("characters", one, two) == row("tokens", one, two) == ["", ""]
    told = dict(zip(LABELS, rows(two), strict=True))
    assert (told["characters"], told["tokens"], told["smoothness"]) == ("1,400", "–", "–")
    assert dict(zip(LABELS, rows(one), strict=True))["tokens"] == "5"
