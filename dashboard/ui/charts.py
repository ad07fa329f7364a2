"""Four live charts on one ColumnDataSource a session; a tick costs one small `stream` message, or nothing."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import panel as pn
import param
from bokeh.models import (
    ColumnDataSource,
    CustomJSHover,
    DataRange1d,
    DatetimeTickFormatter,
    HoverTool,
    NumeralTickFormatter,
)
from bokeh.models.renderers import GlyphRenderer
from bokeh.plotting import figure
from bokeh.transform import stack
from panel.custom import Child, JSComponent

from dashboard.health.snapshot import Column, Snapshot, Window
from dashboard.ui.columns import COLUMNS, RATES, STATES, blank, empties, rollover, rows
from dashboard.ui.pane import source
from dashboard.ui.theme import AXIS, FONT, SERIES
from dashboard.ui.words import DEFINITIONS

HEIGHT = 136
AREA_ALPHA, GRID_ALPHA = 0.12, 0.15
TOOLTIP = (
    "margin:-6px;padding:7px 11px;border:1px solid var(--mui-palette-divider,#E0E4E8);white-space:pre;tab-size:80px;font:12px/1.5 Inter,system-ui,sans-serif;"
    "font-variant-numeric:tabular-nums;"
    "color:var(--mui-palette-text-primary,#15212B);background:var(--mui-palette-background-paper,#FFFFFF)"
)
ABOUT: dict[str, dict[str, Any]] = {
    "rate": {
        "title": "Event rate",
        "unit": "events / s",
        "about": DEFINITIONS["rate"],
        "empty": "Messages a second by kind, as soon as a stream runs",
        "legend": [["text", "rate_text"], ["routing", "rate_routing"], ["other", "rate_other"], ["heartbeats", "rate_heartbeat"]],
    },
    "latency": {
        "title": "Chunk latency",
        "unit": "ms",
        "about": f"{DEFINITIONS['gap']} {DEFINITIONS['ttft']}",
        "empty": "Gaps between text chunks, and each answer's time to first text",
        "legend": [["gap p50", "gap_p50"], ["p95", "gap_p95"], ["p99", "gap_p99"], ["TTFT", "ttft"]],
    },
    "connection": {
        "title": "Connection",
        "unit": "",
        "about": DEFINITIONS["connection"],
        "empty": "When connections were open, connecting, stalled or backing off",
        "legend": [["open", "open"], ["stalled", "stalled"], ["connecting", "connecting"], ["backing off", "backing_off"]],
    },
    "faults": {
        "title": "Reconnects and faults",
        "unit": "per step",
        "about": f"{DEFINITIONS['reconnects']} {DEFINITIONS['faults']}",
        "empty": "Nothing went wrong in this window",
        "legend": [["reconnects", "reconnects"], ["faults", "faults"]],
    },
}  # fmt: skip


def plain(columns: Mapping[str, Column]) -> dict[str, list[float]]:
    """Lists, not arrays: BokehJS cannot pull a document with binary columns again after its websocket dropped."""
    return {name: column.tolist() for name, column in columns.items()}


class ChartBoard(JSComponent):
    """The cards around the four figures: title, legend, definition, and what will appear while one is empty."""

    _esm = source("dom.js", "charts.js")
    _stylesheets = [source("tokens.css", "charts.css")]

    about = param.Dict(default={}, doc="chart → title, unit, definition, empty sentence, legend with colours.")
    empty = param.List(default=[], doc="Charts with nothing to draw.")
    rate = Child()
    latency = Child()
    connection = Child()
    faults = Child()


class Charts:
    """`root` is what a page shows; `show(snapshot)` brings it up to date."""

    def __init__(self, window: str) -> None:
        self.window = window
        self._source = ColumnDataSource(plain(blank(time.time() * 1000, 60_000)), name="streamgauge")
        self._range = DataRange1d(follow="end", follow_interval=60_000, range_padding=0)
        self._last_t = float("-inf")
        legends = {
            chart: about | {"legend": [[word, SERIES[name]] for word, name in about["legend"]]}
            for chart, about in ABOUT.items()
        }
        figures = {
            "rate": self._rate(),
            "latency": self._latency(),
            "connection": self._connection(),
            "faults": self._faults(),
        }
        panes = {name: pn.pane.Bokeh(fig, sizing_mode="stretch_width", height=HEIGHT) for name, fig in figures.items()}
        self.root = ChartBoard(about=legends, empty=list(ABOUT), sizing_mode="stretch_width", **panes)

    def show(self, snapshot: Snapshot) -> None:
        """Streams the rows that are new; sends nothing when there are none, nor while every chart stays empty."""
        window = snapshot.windows[self.window]
        empty = empties(window)
        fresh = rows(window, self._last_t)
        if not fresh["t"].size or len(empty) == len(self.root.empty) == len(ABOUT):
            return
        self._send(fresh, window)
        self._last_t = float(fresh["t"][-1])
        if empty != self.root.empty:
            self.root.empty = empty

    def _send(self, fresh: dict[str, Column], window: Window) -> None:
        keeps = rollover(window)
        if self._last_t != float("-inf") and fresh["t"].size < keeps:
            self._source.stream(plain(fresh), keeps)
            return
        edge = blank(float(fresh["t"][-1]), window.span_s * 1000)
        joined = {name: np.concatenate((edge[name][:1], fresh[name]))[-keeps:] for name in COLUMNS}
        self._source.data = plain(joined)

    def use(self, window: str, snapshot: Snapshot) -> None:
        """Another window or scope: all rows anew."""
        self.window = window
        self._last_t = float("-inf")
        chosen: Window = snapshot.windows[window]
        self._range.follow_interval = chosen.span_s * 1000
        self._source.data = plain(blank(snapshot.wall_at * 1000, chosen.span_s * 1000))
        self.root.empty = list(ABOUT)
        self.show(snapshot)

    # The figures

    def _figure(self, chart: str) -> tuple[figure, HoverTool]:
        hover = self._hover(chart)
        fig = figure(
            name=chart, height=HEIGHT, sizing_mode="stretch_width", x_axis_type="datetime", x_range=self._range,
            y_range=DataRange1d(start=0, range_padding=0.1, min_interval=1.0), toolbar_location=None, tools=[hover],
            min_border=2, min_border_left=38, outline_line_color=None, background_fill_color=None,
            border_fill_color=None,
        )  # fmt: skip
        fig.xgrid.visible = False
        fig.ygrid.grid_line_color = AXIS
        fig.ygrid.grid_line_alpha = GRID_ALPHA
        for axis in fig.axis:
            axis.update(
                axis_line_color=None, major_tick_line_color=None, minor_tick_line_color=None,
                major_label_text_color=AXIS, major_label_text_font=FONT, major_label_text_font_size="10.5px",
            )  # fmt: skip
        fig.xaxis.ticker.desired_num_ticks = 4 if chart in ("rate", "latency") else 2
        fig.yaxis.ticker.desired_num_ticks = 3
        fig.yaxis.ticker.min_interval = 1
        fig.yaxis.formatter = NumeralTickFormatter(format="0.[00]a")
        fig.xaxis.formatter = DatetimeTickFormatter()  # charts.js writes the reader's own time, Bokeh knows UTC only
        return fig, hover

    def _hover(self, chart: str) -> HoverTool:
        """Time, then every series of the chart with its value and unit; a dash where nothing was measured.

        The words are charts.js's: code in the document would need 'unsafe-eval' in the page's policy.
        """
        unit, digits = {"rate": (" /s", 1), "latency": (" ms", 0)}.get(chart, ("", 0))
        told = {"source": self._source, "lines": ABOUT[chart]["legend"], "unit": unit, "digits": digits}
        formatter = CustomJSHover(args=told)
        tooltip = f'<div style="{TOOLTIP}">@t{{custom}}</div>'
        return HoverTool(mode="vline", show_arrow=False, tooltips=tooltip, formatters={"@t": formatter})

    def _line(self, fig: figure, name: str, **look: Any) -> GlyphRenderer:
        colour = SERIES[name]
        return fig.line("t", name, source=self._source, line_color=colour, **{"line_width": 1.8, **look})

    def _stack(self, fig: figure, names: Sequence[str], alpha: float) -> None:
        """Areas on top of each other, upright at every step: bars side by side would show seams."""
        for i, name in enumerate(names):
            fig.varea_step(
                "t", y1=stack(*names[:i]) if i else 0, y2=stack(*names[: i + 1]), source=self._source,
                fill_color=SERIES[name], fill_alpha=alpha, step_mode="center",
            )  # fmt: skip

    def _ground(self, fig: figure) -> GlyphRenderer:
        """What the pointer meets anywhere in a row: a bar of no height."""
        return fig.vbar("t", top=0, width="step", source=self._source, fill_alpha=0, line_alpha=0)

    def _rate(self) -> figure:
        fig, hover = self._figure("rate")
        self._stack(fig, RATES, 0.3)
        fig.step("t", "rate_all", source=self._source, mode="center", line_color=SERIES["rate_text"], line_width=1.6)
        self._line(fig, "rate_heartbeat", line_width=1.4)
        hover.renderers = [self._ground(fig)]
        return fig

    def _latency(self) -> figure:
        fig, hover = self._figure("latency")
        fig.varea_step(
            "t", y1=0, y2="gap_area", source=self._source, fill_color=SERIES["gap_p50"], fill_alpha=AREA_ALPHA,
            step_mode="center",
        )  # fmt: skip
        self._line(fig, "gap_p99", line_width=1.2)
        self._line(fig, "gap_p95", line_width=1.2)
        self._line(fig, "gap_p50")
        for name, size in (("gap_p99", 3), ("gap_p50", 4), ("ttft", 8)):
            fig.scatter("t", name, source=self._source, size=size, fill_color=SERIES[name], line_color=None)
        hover.renderers = [self._ground(fig)]
        return fig

    def _connection(self) -> figure:
        fig, hover = self._figure("connection")
        self._stack(fig, STATES, 0.55)
        hover.renderers = [self._ground(fig)]
        return fig

    def _faults(self) -> figure:
        fig, hover = self._figure("faults")
        names = ["reconnects", "faults"]
        colours = [SERIES[name] for name in names]
        fig.vbar_stack(names, x="t", width="bar", source=self._source, fill_color=colours, line_color=None)
        hover.renderers = [self._ground(fig)]
        return fig
