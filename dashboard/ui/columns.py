"""Pure: snapshot → the columns that charts stream, and the words that the number cards show."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dashboard.config import Thresholds
from dashboard.health.snapshot import Column, Mark, Snapshot, Window
from dashboard.turn.verdict import Outcome
from dashboard.ui.theme import MARKS
from dashboard.ui.words import OUTCOMES, count, plural, seconds, split_unit

RATES = ("rate_text", "rate_routing", "rate_other")
STATES = ("open", "stalled", "connecting", "backing_off")
"""From the bottom of the stack upwards."""

COLUMNS = (
    *("t", *RATES, "rate_heartbeat", "gap_p50", "gap_p95", "gap_p99", "ttft", *STATES, "reconnects", "faults"),
    *("rate_all", "gap_area", "step", "bar"),
)
"""What the charts' source holds: the window's columns, and four made here (see rows)."""

BAR_STEPS = 4
"""A bar is wider than its step: one step in 240 would be a hair."""

HAPPENED = ("reconnects", "stalls", *(each.value for each in Outcome))
"""What a mark may tell, in the order in which its counts stand."""

MARK_COLUMNS = ("t", *HAPPENED, "sign", "size", "colour", "line")

SIGNS: Mapping[str, str] = {"bad": "x", "warn": "diamond", "reconnect": "triangle", "calm": "square", "good": "circle"}
"""kind → Bokeh's marker; of several in one mark the first is drawn, and all are told."""

CARDS = ("events", "rate", "uptime", "reconnects", "ttft", "gap")


def rows(window: Window, after: float = float("-inf")) -> dict[str, Column]:
    """The window's rows since the last with t <= `after` (Unix time in ms), with four columns more.

    rate_all is the sum of the stacked rates; step is
    the width of a row and bar that of a drawn bar, both in ms. What is drawn as a line keeps its gaps
    (NaN); what is drawn as an area has no height there (Bokeh would join an area across a NaN): the stacked rates, and
    gap_area, which is gap_p50 so.
    """
    times = window.columns["t"]
    begin = len(times)
    while begin and times[begin - 1] > after:  # one row at nearly every call
        begin -= 1
    taken = {name: window.columns[name][begin:] for name in COLUMNS[:-4]}
    taken["rate_all"] = taken["rate_text"] + taken["rate_routing"] + taken["rate_other"]
    taken |= {name: _measured(taken[name]) for name in RATES}
    taken["gap_area"] = _measured(taken["gap_p50"])
    taken["step"] = np.full(len(times) - begin, window.step_s * 1000)
    taken["bar"] = BAR_STEPS * taken["step"]
    return taken


def _measured(column: Column) -> Column:
    """Zeros instead of gaps."""
    return np.where(column == column, column, 0.0)  # noqa: PLR0124  # not NaN


def mark_rows(window: Window, after: float = float("-inf")) -> dict[str, list[object]]:
    """The marks with t > `after` (Unix time in ms) as columns; `line` is how high a line is drawn through the chart.

    A line goes through for what is unwell; how a turn ended well is a sign at the edge and no more.
    """
    fresh = [mark for mark in window.marks if mark.t > after]
    counts = [(mark.reconnects, mark.stalls, *mark.outcomes) for mark in fresh]
    columns: dict[str, list[object]] = {name: [each[i] for each in counts] for i, name in enumerate(HAPPENED)}
    kinds = [mark_kind(mark) for mark in fresh]
    looks: dict[str, list[object]] = {
        "t": [mark.t for mark in fresh],
        "sign": [SIGNS[kind] for kind in kinds],
        "size": [5 if kind in ("good", "calm") else 9 for kind in kinds],
        "colour": [MARKS[kind] for kind in kinds],
        "line": [0.0 if kind in ("good", "calm") else 1.0 for kind in kinds],
    }
    return columns | looks


def mark_kind(mark: Mark) -> str:
    """The most telling of what happened, as SIGNS names it."""
    tones = {OUTCOMES[each][1] for each, n in zip(HAPPENED[2:], mark.outcomes, strict=True) if n}
    if "bad" in tones:
        return "bad"
    if mark.stalls or "warn" in tones:
        return "warn"
    if mark.reconnects:
        return "reconnect"
    return "calm" if "calm" in tones else "good"


def blank(end_ms: float, span_ms: float) -> dict[str, Column]:
    """Two rows of gaps a whole span apart: they hold the time axis while a window fills."""
    empty = {name: np.full(2, np.nan) for name in COLUMNS}
    empty |= {name: np.zeros(2) for name in (*RATES, *STATES, "gap_area", "reconnects", "faults", "step", "bar")}
    return empty | {"t": np.array([end_ms - span_ms, end_ms])}


def rollover(window: Window) -> int:
    """How many rows a chart keeps."""
    return round(window.span_s / window.step_s)


def is_empty(window: Window, names: tuple[str, ...]) -> bool:
    """Nothing but gaps and zeros in these columns: the chart says what will appear."""
    return not any(_measured(window.columns[name]).any() for name in names)


EMPTY: Mapping[str, tuple[str, ...]] = {
    "rate": (*RATES, "rate_heartbeat"),
    "latency": ("gap_p50", "gap_p95", "gap_p99", "ttft"),
    "connection": STATES,
    "faults": ("reconnects", "faults"),
}
"""chart → the columns that it draws."""


def empties(window: Window) -> list[str]:
    """The charts that have nothing to draw yet."""
    return [chart for chart, names in EMPTY.items() if is_empty(window, names)]


RECENT_S = 60.0
"""A reconnect is worth a look for so long."""


def unwell(snapshot: Snapshot, limits: Thresholds) -> dict[str, str]:
    """Card → what is wrong with it now, in a few words; cards that are well are left out."""
    wrong: dict[str, str] = {}
    if snapshot.uptime_live and snapshot.silent_s >= limits.stall_after_s:
        wrong["uptime"] = f"silent for {seconds(snapshot.silent_s)}"
    if snapshot.ttft_last_s > limits.ttft_s:
        wrong["ttft"] = f"over its limit of {seconds(limits.ttft_s)}"
    if snapshot.gap.p95 > limits.gap_s:
        wrong["gap"] = f"p95 {seconds(snapshot.gap.p95)}, limit {seconds(limits.gap_s)}"
    if snapshot.at - snapshot.last_reconnect_at < RECENT_S:
        wrong["reconnects"] = _last_reconnect(snapshot)
    return wrong


def cards(snapshot: Snapshot) -> dict[str, tuple[str, str, str]]:
    """Card → value, unit, sub line. An en dash stands for what was not measured yet."""
    gap, ttft = snapshot.gap, snapshot.ttft
    return {
        "events": (count(snapshot.events_total), "", plural(snapshot.heartbeats_total, "heartbeat")),
        "rate": (_rate(snapshot.events_per_s), "/s", f"{_rate(snapshot.events_per_s_10s)} /s over 10 s"),
        "uptime": (*split_unit(seconds(snapshot.uptime_s or None)), _uptime(snapshot)),
        "reconnects": (count(snapshot.reconnects_total), "", _last_reconnect(snapshot)),
        "ttft": (
            *split_unit(seconds(snapshot.ttft_last_s)),
            f"p95 {seconds(ttft.p95)} of {plural(ttft.n, 'turn')}" if ttft.n else "no answer yet",
        ),
        "gap": (
            *split_unit(seconds(gap.p50)),
            f"p95 {seconds(gap.p95)} · p99 {seconds(gap.p99)}" if gap.n else "none in the last 60 s",
        ),
    }


def _rate(value: float) -> str:
    return f"{value:.0f}" if value >= 10 or value == 0 else f"{value:.1f}"


def _uptime(snapshot: Snapshot) -> str:
    if snapshot.uptime_live:
        return f"open, silent for {seconds(snapshot.silent_s)}" if snapshot.silent_s >= 2 else "open now"
    return "last one, now closed" if snapshot.uptime_s else "none was open yet"


def _last_reconnect(snapshot: Snapshot) -> str:
    if not snapshot.reconnects_total:
        return "none yet"
    ago = snapshot.at - snapshot.last_reconnect_at
    return "last one just now" if ago < 5 else f"last {seconds(ago // 60 * 60 if ago >= 60 else ago // 5 * 5)} ago"
