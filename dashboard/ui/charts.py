"""Four live charts on one ColumnDataSource in the browser; a tick costs one small message with the new rows, or nothing.

What happens in them (reconnects, stalls, how turns ended) is in a second, small source, which most ticks leave alone.
The server's own sources stay as they began: a browser that renders or comes back is told everything anew. Nothing comes
back either (`syncable`): ranges move with every tick, and nobody here asks where they are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import panel as pn
import param
from bokeh.models import ColumnDataSource, Range1d
from panel.custom import Child

from dashboard.health.snapshot import Column, Snapshot, Window
from dashboard.ui.columns import COLUMNS, HAPPENED, MARK_COLUMNS, SIGNS, blank, empties, mark_rows, rollover, rows
from dashboard.ui.figures import HEIGHT, Figures
from dashboard.ui.modules import source
from dashboard.ui.post import Posted
from dashboard.ui.theme import MARKS, SERIES
from dashboard.ui.words import DEFINITIONS, OUTCOMES


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


ABOUT: dict[str, dict[str, Any]] = {
    "rate": {
        "title": "Event rate",
        "unit": "events / s",
        "about": DEFINITIONS["rate"],
        "empty": "Messages a second by kind, as soon as a stream runs",
        "legend": [["text", "rate_text"], ["routing", "rate_routing"], ["other", "rate_other"], ["heartbeats", "rate_heartbeat"]],
    },
    "latency": {
        "title": "Chunk gap and TTFT",
        "unit": "ms",
        "about": f"Chunk gap: {_lower(DEFINITIONS['gap'])} {DEFINITIONS['ttft']}",
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
        "about": f"Reconnects: {_lower(DEFINITIONS['reconnects'])} Faults: {_lower(DEFINITIONS['faults'])}",
        "empty": "Nothing went wrong in this window",
        "legend": [["reconnects", "reconnects"], ["faults", "faults"]],
    },
}  # fmt: skip

WINDOWS: Mapping[str, str] = {"1m": "1 min", "5m": "5 min", "1h": "1 h"}


def happenings() -> list[list[str]]:
    """Of each thing that a mark may tell, the worst first: column, word for one, word for more, sign, colour."""
    told = [["reconnects", "reconnect", "reconnects", "reconnect"], ["stalls", "stall", "stalls", "warn"]]
    told += [[name, word.lower(), word.lower(), tone] for name in HAPPENED[2:] for word, tone in [OUTCOMES[name]]]
    told.sort(key=lambda each: list(SIGNS).index(each[3]))
    return [[name, one, more, SIGNS[kind], MARKS[kind]] for name, one, more, kind in told]


def plain(columns: Mapping[str, Column]) -> dict[str, list[float]]:
    """Lists, not arrays: BokehJS cannot pull a document with binary columns again after its websocket dropped."""
    return {name: column.round(3).tolist() for name, column in columns.items()}


class ChartBoard(Posted):
    """The cards around the four figures: title, legend, definition, and what will appear while one is empty.

    Above them what happened in the window, in words, and the reader's choices: the window, and a pause.
    """

    _esm = source("dom.js", "chart_figure.js", "chart_painter.js", "charts.js")
    _stylesheets = [source("tokens.css", "charts.css")]

    about = param.Dict(default={}, doc="chart → title, unit, definition, empty sentence, legend with colours.")
    windows = param.List(default=[[key, label] for key, label in WINDOWS.items()], doc="Key and label of each window.")
    window = param.String(default="1m", doc="The window in sight.")
    marks_about = param.String(default=DEFINITIONS["marks"], doc="What a mark is.")
    paused = param.Boolean(default=False, doc="The charts stand still.")
    rate = Child()
    latency = Child()
    connection = Child()
    faults = Child()

    def __init__(self, choose: Callable[[str], None], pause: Callable[[bool], None], **params: Any) -> None:
        self._choose, self._pause = choose, pause
        self.on_sync: Callable[[], None] = lambda: None
        """The browser asks for everything."""
        super().__init__(**params)

    def tell(self, message: dict[str, Any]) -> None:
        """Rows for both sources, `rows` and `marks`: those to `add` (of which it `keeps` so many), or `all`; `empty`: the
        charts with nothing to draw.
        """
        self._send_msg(message)

    async def _handle_msg(self, data: Any) -> None:
        """A message from the browser: {"type": "sync" (it has rendered or come back), "window" or "pause", …}; anything
        else is ignored.
        """
        if not isinstance(data, dict):
            return
        if data.get("type") == "sync":
            self.on_sync()
        elif data.get("type") == "window" and data.get("window") in WINDOWS:
            self._choose(str(data["window"]))
        elif data.get("type") == "pause":
            self._pause(bool(data.get("paused")))


class Charts:
    """`root` is what a page shows; `show(snapshot)` brings it up to date."""

    def __init__(self, window: str, choose: Callable[[str], None], pause: Callable[[bool], None]) -> None:
        """`choose(window)` and `pause(whether)` are called when the reader says so, without the document's lock."""
        self.window = window
        now = time.time() * 1000
        self._source = ColumnDataSource(plain(blank(now, 60_000)), name="streamgauge", syncable=False)
        self._marks = ColumnDataSource({name: [] for name in MARK_COLUMNS}, name="streamgauge-marks", syncable=False)
        self._range = Range1d(now - 60_000, now, syncable=False)
        self._last_t = self._marked_t = float("-inf")
        legends = {
            chart: about | {"legend": [[word, SERIES[name]] for word, name in about["legend"]]}
            for chart, about in ABOUT.items()
        }
        figures = Figures(self._source, self._marks, self._range, ABOUT, happenings()).all
        panes = {name: pn.pane.Bokeh(fig, sizing_mode="stretch_width", height=HEIGHT) for name, fig in figures.items()}
        self.empty = list(ABOUT)
        """The charts that have nothing to draw."""
        self._shown: Snapshot | None = None
        self.root = ChartBoard(choose, pause, about=legends, window=window, sizing_mode="stretch_width", **panes)
        self.root.on_sync = self._again

    def show(self, snapshot: Snapshot) -> None:
        """Tells the rows that are new; sends nothing when there are none, nor while every chart stays empty."""
        self._shown = snapshot
        window = snapshot.windows[self.window]
        empty = empties(window)
        fresh = rows(window, self._last_t)
        if not fresh["t"].size or len(empty) == len(self.empty) == len(ABOUT):
            return
        message: dict[str, Any] = {"rows": self._rows(fresh, window)}
        self._last_t = float(fresh["t"][-1])
        if window.marks and window.marks[-1].t > self._marked_t:  # most ticks have none
            message["marks"] = {"add": mark_rows(window, self._marked_t), "keeps": rollover(window)}
            self._marked_t = window.marks[-1].t
        if empty != self.empty:
            self.empty = message["empty"] = empty
        self.root.tell(message)

    def _rows(self, fresh: dict[str, Column], window: Window) -> dict[str, Any]:
        keeps = rollover(window)
        if self._last_t != float("-inf") and fresh["t"].size < keeps:
            return {"add": plain(fresh), "keeps": keeps}
        span_ms = window.span_s * 1000
        edge = blank(float(fresh["t"][-1]), span_ms)
        joined = {name: np.concatenate((edge[name][:1], fresh[name]))[-keeps:] for name in COLUMNS}
        return {"all": plain(joined), "span": span_ms}

    def use(self, window: str, snapshot: Snapshot) -> None:
        """Another window or scope: all rows anew. Changes models: call with the document's lock."""
        self.window = self.root.window = window
        self._begin(snapshot)

    def _begin(self, snapshot: Snapshot) -> None:
        self._last_t = self._marked_t = float("-inf")
        self.empty = list(ABOUT)
        span_ms = snapshot.windows[self.window].span_s * 1000
        nothing = plain(blank(snapshot.wall_at * 1000, span_ms))
        marks: dict[str, list[object]] = {name: [] for name in MARK_COLUMNS}
        self.root.tell({"rows": {"all": nothing, "span": span_ms}, "marks": {"all": marks}, "empty": self.empty})
        self.show(snapshot)

    def _again(self) -> None:
        if self._shown is not None:
            self._begin(self._shown)
