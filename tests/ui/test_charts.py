from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from dashboard.health.snapshot import Mark, Window
from dashboard.turn.verdict import Outcome
from dashboard.ui.charts import Charts
from dashboard.ui.columns import SIGNS, mark_kind, mark_rows
from tests.ui.test_columns import snapshot, window


class Told:
    """What the browser was told, and what it holds: charts.js in a few lines."""

    def __init__(self, charts: Charts) -> None:
        self.streamed: list[int] = []
        self.rows: dict[str, list[float]] = {"t": []}
        self.marks: dict[str, list[Any]] = {"t": []}
        self.marked: list[list[float]] = []
        self.empty = charts.empty
        charts.root._send_msg = self._take

    def _take(self, message: dict[str, Any]) -> None:
        self.empty = message.get("empty", self.empty)
        if "rows" in message:
            self.rows = self._grown(self.rows, message["rows"])
            self.streamed += [len(message["rows"]["add"]["t"])] if "add" in message["rows"] else []
        if "marks" in message:
            self.marks = self._grown(self.marks, message["marks"])
            self.marked += [message["marks"]["add"]["t"]] if "add" in message["marks"] else []

    @staticmethod
    def _grown(columns: dict[str, list[Any]], told: dict[str, Any]) -> dict[str, list[Any]]:
        if "all" in told:
            return dict(told["all"])
        return {name: [*columns.get(name, []), *added][-told["keeps"] :] for name, added in told["add"].items()}


def at(t: list[float], rate: float = 1.0) -> Any:
    columns = {name: np.zeros(len(t)) for name in window().columns}
    filled = Window(60.0, 0.25, columns | {"t": np.array(t), "rate_text": np.full(len(t), rate)})
    return msgspec.structs.replace(snapshot(), windows={"1m": filled, "5m": filled})


def test_a_tick_with_one_new_row_streams_one_row() -> None:
    charts = Charts("1m", str, bool)
    told = Told(charts)
    charts.show(at([1000.0, 1250.0]))
    charts.show(at([1000.0, 1250.0, 1500.0]))
    assert told.streamed == [1]
    assert told.rows["t"][-3:] == [1000.0, 1250.0, 1500.0]


def test_a_tick_without_a_new_row_sends_nothing() -> None:
    charts = Charts("1m", str, bool)
    charts.show(at([1000.0]))
    told = Told(charts)
    charts.show(at([1000.0]))
    assert told.rows["t"] == []


def test_while_every_chart_is_empty_nothing_is_sent() -> None:
    charts = Charts("1m", str, bool)
    told = Told(charts)
    charts.show(at([1000.0, 1250.0], rate=0.0))
    assert told.rows["t"] == []
    charts.show(at([1500.0], rate=2.0))
    assert "rate" not in told.empty
    assert told.rows["t"][-1] == 1500.0


def test_another_window_starts_anew() -> None:
    charts = Charts("1m", str, bool)
    told = Told(charts)
    charts.show(at([1000.0, 1250.0]))
    charts.use("5m", at([9000.0]))
    assert told.rows["t"][1:] == [9000.0]
    assert charts.window == "5m"


async def test_a_browser_that_renders_or_comes_back_is_told_everything() -> None:
    charts = Charts("1m", str, bool)
    charts.show(marked(at([1000.0, 1250.0]), mark(1000.0, stalls=1)))
    told = Told(charts)
    told.empty = []
    await charts.root._handle_msg({"type": "sync"})
    assert told.rows["t"][1:] == [1000.0, 1250.0]
    assert told.marks["t"] == [1000.0]
    assert told.empty == charts.empty
    assert "rate" not in told.empty


def marked(snapshot: Any, *marks: Mark) -> Any:
    windows = {name: msgspec.structs.replace(each, marks=marks) for name, each in snapshot.windows.items()}
    return msgspec.structs.replace(snapshot, windows=windows)


def mark(t: float, *, reconnects: int = 0, stalls: int = 0, **outcomes: int) -> Mark:
    return Mark(t, reconnects, stalls, tuple(outcomes.get(each.value, 0) for each in Outcome))


def test_a_mark_is_streamed_once_and_most_ticks_stream_none() -> None:
    charts = Charts("1m", str, bool)
    told = Told(charts)
    first, second = mark(1000.0, stalls=1), mark(1500.0, truncated=2)
    charts.show(marked(at([1000.0]), first))
    charts.show(marked(at([1000.0, 1250.0]), first))
    charts.show(marked(at([1000.0, 1250.0, 1500.0]), first, second))
    charts.show(marked(at([1250.0, 1500.0, 1750.0]), first, second))
    assert told.marked == [[1000.0], [1500.0]]
    assert (told.marks["stalls"], told.marks["truncated"]) == ([1, 0], [0, 2])


def test_another_window_brings_its_own_marks() -> None:
    charts = Charts("1m", str, bool)
    told = Told(charts)
    charts.show(marked(at([1000.0]), mark(1000.0, stalls=1)))
    charts.use("5m", marked(at([9000.0]), mark(4000.0, completed=3)))
    assert told.marks["t"] == [4000.0]
    assert charts.root.window == "5m"


@pytest.mark.parametrize(
    ("seen", "kind"),
    [
        (mark(0.0, completed=1), "good"),
        (mark(0.0, completed=1, stopped=1), "calm"),
        (mark(0.0, reconnects=1, completed=1), "reconnect"),
        (mark(0.0, reconnects=1, stalls=1), "warn"),
        (mark(0.0, stalled=1, completed=5), "warn"),
        (mark(0.0, reconnects=9, stalls=9, unreachable=1), "bad"),
    ],
)
def test_the_worst_of_a_step_is_drawn(seen: Mark, kind: str) -> None:
    assert mark_kind(seen) == kind
    columns = mark_rows(marked(at([1.0]), seen).windows["1m"])
    assert columns["sign"] == [SIGNS[kind]]
    assert columns["line"] == [0.0 if kind in ("good", "calm") else 1.0]
