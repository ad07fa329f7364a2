"""Pure: the reports of turns that were asked the same → the numbers beneath each, and which is the best of a row.

Only answers that completed compete: a cut answer is no quick one. Where all differ by less than a person could ever
tell or a second try would repeat, they are even; so nobody wins by chance alone, in one try at least.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite

import msgspec

from dashboard.health.report import Report
from dashboard.ui.words import DEFINITIONS, count, seconds

EVEN_SHARE = 0.05
EVEN_S = 0.002
BURSTS = frozenset(("burst_suspected", "burst_proved"))
"""Text that comes at once has gaps of nothing: such an answer does not compete in gaps."""


class Row(msgspec.Struct, frozen=True):
    """One number: `value` for the comparison (None does not compete), `text` for the eye; `better` is the sign of a better
    one, 0 where neither is.
    """

    label: str
    about: str
    value: Callable[[Report], float | None]
    text: Callable[[Report], str]
    better: int = -1


def _gap(name: str) -> Callable[[Report], float | None]:
    def value(report: Report) -> float | None:
        burst = report.diagnosis is not None and report.diagnosis.kind in BURSTS
        told: float | None = getattr(report.gap_s, name)
        return None if burst else told

    return value


def _tokens(report: Report) -> str:
    usage = report.usage
    return count(usage.output_tokens) if usage and usage.output_tokens is not None else "–"


def _smoothness(report: Report) -> str:
    smooth = report.smoothness
    return "–" if smooth is None or not isfinite(smooth) else f"{smooth * 100:.0f} %"


ROWS = (
    Row("TTFT", DEFINITIONS["ttft"], lambda r: r.ttft_s, lambda r: seconds(r.ttft_s)),
    Row("gap p50", DEFINITIONS["gap_p50"], _gap("p50"), lambda r: seconds(r.gap_s.p50)),
    Row("gap p95", DEFINITIONS["gap_p95"], _gap("p95"), lambda r: seconds(r.gap_s.p95)),
    Row("smoothness", DEFINITIONS["smoothness"], lambda r: r.smoothness, _smoothness, better=1),
    Row("duration", DEFINITIONS["duration"], lambda r: r.duration_s, lambda r: seconds(r.duration_s)),
    Row("characters", DEFINITIONS["characters"], lambda _: None, lambda r: count(len(r.text)), better=0),
    Row("tokens", DEFINITIONS["tokens"], lambda _: None, _tokens, better=0),
)
"""From the top down."""


def rows(report: Report) -> list[str]:
    """The value of each of ROWS; an en dash for what is not known."""
    return [row.text(report) for row in ROWS]


def marks(reports: Sequence[Report | None]) -> list[list[str]]:
    """A word for each of ROWS, for each report: "best", "even" or "". A report that is missing has not ended well."""
    columns = [_row_marks(row, reports) for row in ROWS]
    return [[column[i] for column in columns] for i in range(len(reports))]


def _row_marks(row: Row, reports: Sequence[Report | None]) -> list[str]:
    values = [
        row.value(report) if report is not None and report.outcome == "completed" and row.better else None
        for report in reports
    ]
    told = [value for value in values if value is not None and isfinite(value)]
    if len(told) < 2:
        return [""] * len(values)
    best = min(told) if row.better < 0 else max(told)
    near = EVEN_SHARE * abs(best) + (EVEN_S if row.better < 0 else 0.0)
    winners = [value is not None and isfinite(value) and abs(value - best) <= near for value in values]
    word = "even" if sum(winners) == len(told) else "best"
    return [word if wins else "" for wins in winners]
