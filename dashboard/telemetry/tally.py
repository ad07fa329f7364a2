"""Plain numbers behind the metrics: no locks, since one event loop counts; a child is looked up once and then kept."""

from __future__ import annotations

from bisect import bisect_left

from dashboard.telemetry.catalogue import Metric


class Cell:
    """One number of a counter or gauge."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0.0


class Histogram:
    """Counts between edges (upper edge included), the sum, and the newest exemplar of each bucket (id, value, when)."""

    __slots__ = ("counts", "edges", "exemplars", "sum")

    def __init__(self, edges: tuple[float, ...]) -> None:
        self.edges = edges
        self.counts = [0] * (len(edges) + 1)
        self.exemplars: dict[int, tuple[str, float, float]] = {}
        self.sum = 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(self.edges, value)] += 1
        self.sum += value

    def add_example(self, value: float, turn: str, wall_at: float) -> None:
        """Count a value and remember the turn that it came from."""
        self.add(value)
        self.exemplars[bisect_left(self.edges, value)] = (turn, value, wall_at)


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
