"""The four Bokeh figures of the charts, on two sources: rows, a step each, and marks, where something happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from bokeh.models import (
    ColumnDataSource,
    CustomJSHover,
    DatetimeTickFormatter,
    HoverTool,
    NumeralTickFormatter,
    Range1d,
)
from bokeh.models.renderers import GlyphRenderer
from bokeh.plotting import figure
from bokeh.transform import stack

from dashboard.ui.columns import RATES, STATES
from dashboard.ui.theme import AXIS, FONT, SERIES, TOOLTIP, TOOLTIP_ABOUT

HEIGHT = 136
AREA_ALPHA, GRID_ALPHA = 0.12, 0.15
LANE = 0.94
"""Where the signs of marks stand, as a share of a chart's height; what is drawn keeps below."""
UNITS: Mapping[str, tuple[str, int]] = {"rate": (" /s", 1), "latency": (" ms", 0)}
"""chart → unit and digits of a value under the pointer; a plain count where none is named."""


class Figures:
    """`all` is chart → figure. `about`: chart → its legend ([word, column] each) and its definition."""

    def __init__(
        self,
        rows: ColumnDataSource,
        marks: ColumnDataSource,
        x_range: Range1d,
        about: Mapping[str, Mapping[str, Any]],
        happened: Sequence[Sequence[str]],
    ) -> None:
        self._source, self._marks, self._range, self._about = rows, marks, x_range, about
        self._happened = [list(each) for each in happened]
        self.all: dict[str, figure] = {
            "rate": self._rate(),
            "latency": self._latency(),
            "connection": self._connection(),
            "faults": self._faults(),
        }

    def _figure(self, chart: str) -> tuple[figure, HoverTool]:
        hover = self._hover(chart)
        fig = figure(
            name=chart, height=HEIGHT, sizing_mode="stretch_width", x_axis_type="datetime", x_range=self._range,
            y_range=Range1d(0, 1, syncable=False), toolbar_location=None, tools=[hover],
            min_border=2, min_border_left=38, outline_line_color=None, background_fill_color=None,
            border_fill_color=None, extra_y_ranges={"marks": Range1d(0, 1)}, syncable=False,
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
        """Time, what happened there, every series of the chart with value and unit (a dash where nothing was measured),
        and what the number means.

        The words are charts.js's: code in the document would need 'unsafe-eval' in the page's policy.
        """
        unit, digits = UNITS.get(chart, ("", 0))
        told = {
            "source": self._source, "marks": self._marks, "range": self._range, "happened": self._happened,
            "lines": self._about[chart]["legend"], "unit": unit, "digits": digits,
        }  # fmt: skip
        means = f'<div style="{TOOLTIP_ABOUT}">{escape(self._about[chart]["about"])}</div>'
        tooltip = f'<div style="{TOOLTIP}">@t{{custom}}{means}</div>'
        formatters = {"@t": CustomJSHover(args=told)}
        return HoverTool(mode="vline", show_arrow=False, tooltips=tooltip, formatters=formatters)

    def _finish(self, fig: figure, hover: HoverTool) -> figure:
        """What the pointer meets anywhere in a row, a bar of no height; and the marks, above all else."""
        ground = fig.vbar("t", top=0, width="step", source=self._source, fill_alpha=0, line_alpha=0)
        hover.renderers = [ground]
        fig.segment(
            "t", 0, "t", "line", source=self._marks, y_range_name="marks", line_color="colour", line_width=1,
            line_dash=[3, 3], line_alpha=0.75,
        )  # fmt: skip
        fig.scatter(
            "t", LANE, source=self._marks, y_range_name="marks", marker="sign", size="size", fill_color="colour",
            line_color="colour", line_width=1.6,
        )  # fmt: skip
        return fig

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

    def _rate(self) -> figure:
        fig, hover = self._figure("rate")
        self._stack(fig, RATES, 0.3)
        fig.step("t", "rate_all", source=self._source, mode="center", line_color=SERIES["rate_text"], line_width=1.6)
        self._line(fig, "rate_heartbeat", line_width=1.4)
        return self._finish(fig, hover)

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
        return self._finish(fig, hover)

    def _connection(self) -> figure:
        fig, hover = self._figure("connection")
        self._stack(fig, STATES, 0.55)
        return self._finish(fig, hover)

    def _faults(self) -> figure:
        fig, hover = self._figure("faults")
        names = ["reconnects", "faults"]
        colours = [SERIES[name] for name in names]
        fig.vbar_stack(names, x="t", width="bar", source=self._source, fill_color=colours, line_color=None)
        return self._finish(fig, hover)
