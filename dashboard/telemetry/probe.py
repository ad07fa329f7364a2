"""What one probe gave, as metrics of its own: named as the blackbox exporter names them, so that its rules fit."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily, Metric

from dashboard.health.report import Report
from dashboard.telemetry.canary_counts import waits
from dashboard.telemetry.catalogue import CANARY_PHASES
from dashboard.turn.verdict import Outcome

DIGITS = 6
"""Microseconds: what lies beyond is the clock's noise."""
KINDS = ("success", "ended", "unexpected_text", "slow")


class ProbeFamilies:
    """For an encoder; `kind`, one of KINDS, is how the probe went, `report` of its turn."""

    def __init__(self, kind: str, report: Report) -> None:
        self._kind, self._report = kind, report

    def collect(self) -> Iterable[Metric]:
        """The metric families (prometheus_client's collector interface)."""
        report = self._report
        for name, text, value in (
            ("probe_success", "Whether the turn completed with the expected text in time: 1 or 0.", self._kind == KINDS[0]),
            ("probe_duration_seconds", "From the request to the end of the turn.", report.duration_s),
            ("probe_stalls", "Silences longer than stall_after_s.", report.stalls),
            ("probe_chunks", "Pieces of text.", report.chunks),
            ("probe_gap_max_seconds", "The longest time between two pieces of text; absent without one.", report.gap_s.max),
            ("probe_received_bytes", "Bytes of the answer, after content decoding.", report.bytes),
        ):  # fmt: skip
            if value is not None:
                yield GaugeMetricFamily(name, text, round(value, DIGITS))
        yield _by(
            "probe_phase_seconds", "What was waited for.", "phase", zip(CANARY_PHASES, waits(report), strict=True)
        )
        kinds = ((each, each == self._kind) for each in KINDS)
        yield _by("probe_result", "How the probe went: 1 for one of them.", "result", kinds)
        outcomes = ((each.value, each == report.outcome) for each in Outcome)
        yield _by("probe_outcome", "How the turn ended: 1 for one of them.", "outcome", outcomes)


def _by(name: str, text: str, label: str, rows: Iterable[tuple[str, float]]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value, number in rows:
        family.add_metric([value], round(number, DIGITS))
    return family
