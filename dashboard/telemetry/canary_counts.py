"""A canary's own state as numbers; its turns are counted with all others, as source=canary."""

from __future__ import annotations

from collections.abc import Callable

from dashboard.health.report import Report
from dashboard.telemetry.backend_tally import Tables
from dashboard.telemetry.catalogue import CANARY_PHASES, CANARY_RESULTS, CATALOGUE

INTERVAL = "canary_interval"
"""The kind of threshold that says how often a canary asks."""


class CanaryCounts:
    """What the last probe of each backend gave. `wall` is Unix time."""

    def __init__(self, tables: Tables, wall: Callable[[], float]) -> None:
        self._tables, self._wall = tables, wall

    def expect(self, backend: str, interval_s: float) -> None:
        """The backend is probed this often; its counters stand at 0, and its state is unknown until the first probe."""
        self._tables.cell("threshold_seconds", backend, INTERVAL).value = interval_s
        for result in CANARY_RESULTS:
            self._tables.cell("canary_probes_total", backend, result)

    def forget(self, backend: str) -> None:
        """The backend has no canary any more: nothing is said of one, and none is expected."""
        for metric in CATALOGUE:
            if metric.name.startswith("canary_"):
                self._tables.by_name[metric.name].forget("backend", backend)
        self._tables.by_name["threshold_seconds"].cells.pop((backend, INTERVAL), None)

    def probed(self, backend: str, result: str, report: Report | None) -> None:
        """A probe is over. Skipped probes leave the state as it was. Errors: KeyError for no such result."""
        if result not in CANARY_RESULTS:
            raise KeyError(result)
        tables = self._tables
        tables.cell("canary_probes_total", backend, result).value += 1
        if result == "skipped":
            return
        tables.cell("canary_success", backend).value = result == "success"
        if result == "success":
            tables.cell("canary_last_success_timestamp_seconds", backend).value = self._wall()
        if report is not None:
            for phase, took_s in zip(CANARY_PHASES, waits(report), strict=True):
                tables.cell("canary_duration_seconds", backend, phase).value = took_s


def waits(report: Report) -> tuple[float, float, float]:
    """Seconds waited for the first message, from there for the first text, and from there for the end.

    They add up to the duration; what never came was waited for until the end.
    """
    whole_s = report.duration_s or 0.0
    event_s = whole_s if report.first_event_s is None else report.first_event_s
    text_s = whole_s if report.ttft_s is None else report.ttft_s
    return event_s, text_s - event_s, whole_s - text_s
