"""A panel as data: what it asks, in what unit, drawn how. grafana.py makes Grafana's own JSON of it."""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["lines", "bars", "stat", "heatmap", "table", "states"]


class Query(msgspec.Struct, frozen=True):
    """PromQL and how its series are called; `line` draws it dashed, as a threshold; `exemplars` asks for its turns."""

    expr: str
    legend: str = ""
    line: bool = False
    exemplars: bool = False


class Panel(msgspec.Struct, frozen=True):
    """`unit` is Grafana's; `steps` are thresholds (from, colour), the first from minus infinity; columns of 24."""

    title: str
    about: str
    unit: str
    queries: tuple[Query, ...]
    kind: Kind = "lines"
    width: int = 8
    height: int = 8
    steps: tuple[tuple[float, str], ...] = ()
    maximum: float | None = None


class Row(msgspec.Struct, frozen=True):
    title: str
    panels: tuple[Panel, ...]


RATE = "[$__rate_interval]"
INSTANCE = 'job="$job", instance=~"$instance"'
BACKEND = f'{INSTANCE}, backend=~"$backend"'
SOURCE = f'{BACKEND}, source=~"$source"'


def rate(metric: str, of: str = BACKEND, by: str = "backend") -> str:
    """So many a second, by a label."""
    return f"sum by ({by}) (rate(streamgauge_{metric}{{{of}}}{RATE}))"


def quantile(q: float, metric: str, of: str = SOURCE, by: str = "") -> str:
    """A quantile of a histogram, interpolated inside its bucket."""
    labels = f"{by}, le" if by else "le"
    return f"histogram_quantile({q:g}, sum by ({labels}) (rate(streamgauge_{metric}_bucket{{{of}}}{RATE})))"


def buckets(metric: str, of: str = SOURCE, *, exemplars: bool = False) -> tuple[Query, ...]:
    """What a heatmap is drawn from."""
    return (Query(f"sum by (le) (increase(streamgauge_{metric}_bucket{{{of}}}{RATE}))", "{{le}}", exemplars=exemplars),)


def quantiles(metric: str, of: str = SOURCE, *, exemplars: bool = False) -> tuple[Query, ...]:
    """The median and two that hurt."""
    return tuple(
        Query(quantile(q, metric, of), f"p{q * 100:g}", exemplars=exemplars and q == 0.95) for q in (0.5, 0.95, 0.99)
    )


def threshold(kind: str) -> Query:
    """The configured line of each backend."""
    expr = f'max by (backend) (streamgauge_threshold_seconds{{{BACKEND}, kind="{kind}"}})'
    return Query(expr, "{{backend}}: its line", line=True)
