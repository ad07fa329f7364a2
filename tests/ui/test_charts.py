from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from dashboard.health.snapshot import Window
from dashboard.ui.charts import Charts
from tests.ui.test_columns import snapshot, window


class Told:
    """How many rows each stream message carried."""

    def __init__(self, charts: Charts) -> None:
        self.streamed: list[int] = []
        source = charts._source
        stream = source._stream

        def note(new: Any, rollover: int | None = None, setter: Any = None) -> None:
            self.streamed.append(len(new["t"]))
            stream(new, rollover, setter)

        source._stream = note


def at(t: list[float], rate: float = 1.0) -> Any:
    columns = {name: np.zeros(len(t)) for name in window().columns}
    filled = Window(60.0, 0.25, columns | {"t": np.array(t), "rate_text": np.full(len(t), rate)})
    return msgspec.structs.replace(snapshot(), windows={"1m": filled, "5m": filled})


def test_a_tick_with_one_new_row_streams_one_row() -> None:
    charts = Charts("1m")
    charts.show(at([1000.0, 1250.0]))
    told = Told(charts)
    charts.show(at([1000.0, 1250.0, 1500.0]))
    assert told.streamed == [1]
    assert charts._source.data["t"][-3:] == [1000.0, 1250.0, 1500.0]


def test_a_tick_without_a_new_row_sends_nothing() -> None:
    charts = Charts("1m")
    charts.show(at([1000.0]))
    told = Told(charts)
    charts.show(at([1000.0]))
    assert told.streamed == []


def test_while_every_chart_is_empty_nothing_is_sent() -> None:
    charts = Charts("1m")
    told = Told(charts)
    before = charts._source.data["t"]
    charts.show(at([1000.0, 1250.0], rate=0.0))
    assert told.streamed == []
    assert charts._source.data["t"] == before
    charts.show(at([1500.0], rate=2.0))
    assert "rate" not in charts.root.empty
    assert charts._source.data["t"][-1] == 1500.0


def test_another_window_starts_anew() -> None:
    charts = Charts("1m")
    charts.show(at([1000.0, 1250.0]))
    charts.use("5m", at([9000.0]))
    assert charts._source.data["t"][1:] == [9000.0]
    assert charts.window == "5m"
