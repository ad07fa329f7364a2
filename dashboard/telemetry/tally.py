"""Plain numbers behind the metrics: no locks, since one event loop counts; a child is looked up once and then kept."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping

from dashboard.telemetry.catalogue import Metric


class Cell:
    """One number of a counter or gauge."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0.0


class Histogram:
    """Counts between edges (upper edge included), the sum, and the newest exemplar of each bucket (labels, value, when)."""

    __slots__ = ("counts", "edges", "exemplars", "sum")

    def __init__(self, edges: tuple[float, ...]) -> None:
        self.edges = edges
        self.counts = [0] * (len(edges) + 1)
        self.exemplars: dict[int, tuple[Mapping[str, str], float, float]] = {}
        self.sum = 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(self.edges, value)] += 1
        self.sum += value

    def add_example(self, value: float, labels: Mapping[str, str], wall_at: float) -> None:
        """Count a value and remember what it came from: `labels` lead to the turn."""
        self.add(value)
        self.exemplars[bisect_left(self.edges, value)] = (labels, value, wall_at)


class Table:
    """One metric's children by their label values."""

    def __init__(self, metric: Metric) -> None:
        self.metric = metric
        self.cells: dict[tuple[str, ...], Cell] = {}
        self.histograms: dict[tuple[str, ...], Histogram] = {}

    def cell(self, *labels: str) -> Cell:
        """The child of a counter or gauge; made at its first mention."""
        return self.cells.get(labels) or self.cells.setdefault(labels, Cell())

    def histogram(self, *labels: str) -> Histogram:
        """The child of a histogram; made at its first mention."""
        return self.histograms.get(labels) or self.histograms.setdefault(labels, Histogram(self.metric.edges))

    def forget(self, label: str, value: str) -> None:
        """Every child whose `label` is `value` goes."""
        if label not in self.metric.labels:
            return
        place = self.metric.labels.index(label)
        for children in (self.cells, self.histograms):
            for key in [key for key in children if key[place] == value]:
                del children[key]
