"""Turn events → Prometheus: the one place where a metric is touched.

The numbers are plain ones (tally.py), counted on the event loop; a scrape copies them there (`gather`, which changes
nothing) and may encode the copy on another thread (`encode`).
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterable, Sequence
from gzip import compress
from importlib.metadata import version
from math import inf, isfinite, nan

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, Exemplar, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder

from dashboard.config import Backend
from dashboard.health.report import Report
from dashboard.telemetry.backend_tally import Tables
from dashboard.telemetry.canary_counts import CanaryCounts
from dashboard.telemetry.catalogue import CATALOGUE, PREFIX
from dashboard.telemetry.tally import Histogram, Table
from dashboard.telemetry.turn_counts import TurnCounts
from dashboard.turn.events import Observer

_FAILURES = ("label_overflow_total", "observer_errors_total", "task_failures_total")


class PrometheusSink:
    """An Observer that counts; see CATALOGUE for what, and `render` for how it is told.

    `clock` is the monotonic clock of the events, `wall` Unix time. `ended` is to be called once a turn with its
    report, after its Ended event.
    """

    def __init__(
        self,
        backends: Iterable[Backend],
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.registry = CollectorRegistry()
        """Private: this sink, and what `process` holds."""
        self.process = CollectorRegistry()
        """process_* and python_*."""
        self._clock, self._wall = clock, wall
        self._tables = Tables({metric.name: Table(metric) for metric in CATALOGUE})
        self._counts = TurnCounts(backends, self._tables, wall)
        self.observe: Observer = self._counts.observe
        """The Observer; see TurnCounts."""
        self.ended = self._counts.ended
        self.canaries = CanaryCounts(self._tables, wall)
        self._set_once()
        ProcessCollector(registry=self.process)
        PlatformCollector(registry=self.process)
        GCCollector(registry=self.process)
        self.registry.register(self)

    # What other parts of the process report

    def sessions(self, number: int) -> None:
        """So many browser sessions are open."""
        self._tables.cell("sessions_active").value = number

    def loop_lag(self, lag_s: float) -> None:
        """A timer ran this late."""
        self._tables.histogram("event_loop_lag_seconds").add(lag_s)

    def screen_update(self, result: str, lag_s: float = nan) -> None:
        """A page update was "sent" (`lag_s` after the read of what it carries), "merged" or "dropped"."""
        self._tables.cell("screen_updates_total", result).value += 1
        if isfinite(lag_s):
            self._tables.histogram("screen_lag_seconds").add(lag_s)

    def observer_failed(self, _name: str) -> None:
        self._tables.cell("observer_errors_total").value += 1

    def task_failed(self) -> None:
        self._tables.cell("task_failures_total").value += 1

    def configure(self, backends: Iterable[Backend]) -> None:
        """These are the backends from now on: what left the configuration, backend or canary, takes its series with it."""
        kept = list(backends)
        self._counts.configure(kept)
        for backend in kept:
            if backend.canary is None:
                self.canaries.forget(backend.name)

    def canary(self, backend: str, result: str, report: Report | None = None) -> None:
        """A canary's probe is over: `result` is one of CANARY_RESULTS, `report` is of its turn (none when skipped)."""
        if backend in self._counts.backends:
            self.canaries.probed(backend, result, report)

    def canary_interval(self, backend: str, interval_s: float) -> None:
        """The backend has a canary that asks this often."""
        if backend in self._counts.backends:
            self.canaries.expect(backend, interval_s)

    def history(self, *, available: bool) -> None:
        """Whether ended turns are being written to the history."""
        self._tables.cell("history_available").value = available

    def history_failed(self) -> None:
        """A write to the history failed."""
        self._tables.cell("history_errors_total").value += 1

    def config_read(self, *, taken: bool) -> None:
        """The configuration was read again; not `taken` when the one before stays in force."""
        self._tables.cell("config_last_reload_successful").value = taken
        if taken:
            self._tables.cell("config_last_reload_success_timestamp_seconds").value = self._wall()

    # Read back

    def total(self, metric: str, **labels: str) -> dict[str, float]:
        """The children of a counter or gauge that have these labels, added up by backend ("" where it has no such label)."""
        table = self._tables.by_name[metric]
        names = table.metric.labels
        places = [(names.index(label), value) for label, value in labels.items()]
        at = names.index("backend") if "backend" in names else None
        sums: dict[str, float] = {}
        for key, cell in table.cells.items():
            if all(key[place] == value for place, value in places):
                backend = "" if at is None else key[at]
                sums[backend] = sums.get(backend, 0.0) + cell.value
        return sums

    def beyond(self, metric: str, edge: float) -> tuple[int, int]:
        """Of a histogram without labels: how many values were above `edge`, one of its edges, and how many there are."""
        counts = self._tables.histogram(metric).counts
        place = self._tables.by_name[metric].metric.edges.index(edge)
        return sum(counts[place + 1 :]), sum(counts)

    def quiet_s(self, backend: str) -> float:
        """How long nothing was heard of a backend, neither message nor heartbeat; infinite before the first."""
        tally = self._counts.backends.get(backend)
        return self._clock() - tally.last_event_at if tally and isfinite(tally.last_event_at) else inf

    # Exposition

    def gather(self) -> list[Metric]:
        """A copy of all numbers; to be called where `observe` is, changes nothing."""
        return list(self.collect())

    def collect(self) -> Iterable[Metric]:
        """The metric families (prometheus_client's collector interface)."""
        since_epoch = self._wall() - self._clock()
        for table in self._tables.by_name.values():
            name, kind, labels, text, *_ = table.metric
            if kind == "histogram":
                yield _histogram(PREFIX + name, labels, text, table)
                continue
            rows: Iterable[tuple[Sequence[str], float]] = ((key, cell.value) for key, cell in table.cells.items())
            if name == "last_event_timestamp_seconds":
                heard = ((each.name, each.last_event_at) for each in self._counts.backends.values())
                rows = (((backend,), at + since_epoch) for backend, at in heard if isfinite(at))
            family = (CounterMetricFamily if kind == "counter" else GaugeMetricFamily)(
                PREFIX + name, text, labels=labels
            )
            for key, value in rows:
                family.add_metric(key, value)
            yield family

    def render(self, accept: str, gzip: bool) -> tuple[bytes, str, str]:
        """`encode` of what was gathered now."""
        return self.encode(self.gather(), accept, gzip)

    def encode(self, families: list[Metric], accept: str, gzip: bool) -> tuple[bytes, str, str]:
        """The exposition as (body, Content-Type, Content-Encoding or ""); OpenMetrics when `accept` asks for it.

        Safe on any thread. Level 1: level 9 costs 18 times as much for little.
        """
        encoder, content_type = choose_encoder(accept)
        body = encoder(_Gathered(families, self))
        return (compress(body, 1), content_type, "gzip") if gzip else (body, content_type, "")

    def _set_once(self) -> None:
        tables = self._tables
        tables.cell("build_info", version("streamgauge"), platform.python_version()).value = 1
        tables.cell("start_time_seconds").value = self._wall()
        for result in ("sent", "merged", "dropped"):
            tables.cell("screen_updates_total", result)
        self.config_read(taken=True)
        for name in ("sessions_active", "history_errors_total", *_FAILURES):
            tables.cell(name)
        tables.histogram("screen_lag_seconds")
        tables.histogram("event_loop_lag_seconds")


class _Gathered:
    """The gathered families, then the process's own (which may read /proc): what an encoder asks for."""

    def __init__(self, families: list[Metric], sink: PrometheusSink) -> None:
        self._families, self._sink = families, sink

    def collect(self) -> Iterable[Metric]:
        yield from self._families
        yield from self._sink.process.collect()


def _histogram(name: str, labels: tuple[str, ...], text: str, table: Table) -> HistogramMetricFamily:
    family = HistogramMetricFamily(name, text, labels=labels)
    for key, histogram in table.histograms.items():
        family.add_metric(key, _buckets(histogram), histogram.sum)
    return family


def _buckets(histogram: Histogram) -> list[tuple[str, float] | tuple[str, float, Exemplar]]:
    rows: list[tuple[str, float] | tuple[str, float, Exemplar]] = []
    passed = 0
    for index, count in enumerate(histogram.counts):
        passed += count
        edge = repr(float(histogram.edges[index])) if index < len(histogram.edges) else "+Inf"
        exemplar = histogram.exemplars.get(index)
        if exemplar is None:
            rows.append((edge, passed))
        else:
            labels, value, wall_at = exemplar
            rows.append((edge, passed, Exemplar(dict(labels), value, wall_at)))
    return rows
