"""The event log: bounded, saying what it dropped, and each row in full for whoever selects it."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.turn.events import (
    Anomaly,
    Asked,
    ChunkArrived,
    Connected,
    FinishHeard,
    Heartbeat,
    MessageArrived,
    Progressed,
    TextArrived,
    TurnEvent,
)
from dashboard.ui.event_log import HALF, WHOLE_CHARS, EventLog, Place, meant, parsed
from dashboard.wire.chat_event import Reasoning, Routed, Step, ToolCall


def message(at: float, kind: str, data: str = "{}") -> MessageArrived:
    return MessageArrived("t", at, kind, "message", data, "")


def logged(*events: TurnEvent) -> EventLog:
    log = EventLog()
    for event in [Asked("t", 10.0, "b", "orchestrator", "", "live", "why?"), *events]:
        log.observe(event)
    return log


def test_rows_have_time_read_and_place() -> None:
    log = logged(
        Connected("t", 11.0, 200, {}), ChunkArrived("t", 11.5, 9, b""), Heartbeat("t", 11.5, "hi"),
        message(11.5, "text"), TextArrived("t", 11.5, "a", True), ChunkArrived("t", 12.0, 9, b""), message(12.0, "finish"),
    )  # fmt: skip
    assert [row[:4] for row in log.since(0)] == [
        (0, -1, 0.0, "asked"), (1, -1, 1.0, "connected"), (2, 0, 1.5, "heartbeat"), (3, 0, 1.5, "text"), (4, 1, 2.0, "finish"),
    ]  # fmt: skip
    places = [log.entry(i).place for i in range(5)]  # type: ignore[union-attr]
    assert places == [None, None, Place(0, 0, comment=True), Place(0, 0, comment=False), Place(0, 1, comment=False)]
    assert log.counts == {"asked": 1, "connected": 1, "heartbeat": 1, "text": 1, "finish": 1}


def test_a_repeated_message_is_shown_to_nobody_but_has_its_place_in_the_bytes() -> None:
    log = logged(
        Connected("t", 11.0, 200, {}), Anomaly("t", 11.0, "duplicate", "id 1 came again"), message(11.0, "text")
    )
    assert log.entry(3).place == Place(0, 1, comment=False)  # type: ignore[union-attr]


def test_a_ping_that_is_a_message_has_one_row() -> None:
    log = logged(
        Connected("t", 11.0, 200, {}),
        message(11.0, "empty"),
        Heartbeat("t", 11.0, "ping"),
        Heartbeat("t", 11.0, "ping"),
    )
    assert [row[3] for row in log.since(2)] == ["empty", "heartbeat"]
    assert log.entry(2).meant == ["heartbeat"]  # type: ignore[union-attr]
    assert log.entry(3).place == Place(0, 0, comment=True)  # type: ignore[union-attr]


@pytest.mark.parametrize("extra", [0, 1, 700, 5000])
def test_the_first_and_the_last_are_kept_and_the_rest_is_counted(extra: int) -> None:
    log = logged(*(message(11.0 + i, "text", str(i)) for i in range(2 * HALF - 1 + extra)))
    rows = log.since(0)
    assert len(rows) == 2 * HALF
    assert (log.written, log.dropped) == (2 * HALF + extra, extra)
    assert [row[0] for row in rows] == [*range(HALF), *range(HALF + extra, 2 * HALF + extra)]
    assert log.counts["text"] == 2 * HALF - 1 + extra
    assert [row[0] for row in log.since(log.written - 3)] == list(range(log.written - 3, log.written))
    assert all(log.entry(row[0]).row == row for row in rows)  # type: ignore[union-attr]
    assert (log.entry(HALF) is None) == (extra > 0)
    assert log.entry(-1) is None
    assert log.entry(log.written) is None


MEANINGS = [
    (TextArrived("t", 0, "a\nb", True), "“a↵b”, the first text"),
    (Progressed("t", 0, Reasoning("hm")), "reasoning “hm”"),
    (Progressed("t", 0, Routed("m", "Math", "a2a", 0.5)), "routed to Math by a2a, confidence 0.50"),
    (Progressed("t", 0, Routed("m")), "routed to m by ?"),
    (Progressed("t", 0, Step("s", "end")), "step: s, end"),
    (Progressed("t", 0, ToolCall("calc", "1", "args", "{}")), "tool: calc, args {}"),
    (FinishHeard("t", 0, "stop"), "finish: stop"),
    (Connected("t", 0, 200, {}), ""),
]


@pytest.mark.parametrize(("event", "words"), MEANINGS)
def test_what_a_message_meant(event: TurnEvent, words: str) -> None:
    assert meant(event) == words


def fields(*events: TurnEvent, row: int) -> dict[str, str]:
    entry = logged(*events).entry(row)
    assert entry is not None
    return dict(parsed(entry))  # type: ignore[arg-type]


def test_the_row_in_full_has_json_indented_and_controls_visible() -> None:
    shown = fields(message(11, "text", '{"a":"\u202eb"}'), TextArrived("t", 11, "b", False), row=1)
    assert shown == {"kind": "text", "event": "message", "data": '{\n  "a": "⟨U+202E⟩b"\n}', "means": "“b”"}
    assert fields(Connected("t", 11, 200, {"server": "x\x1b"}), row=1) == {"status": "200", "headers": "server: x␛"}


@pytest.mark.parametrize("data", ["[" * 30_000, "x" * 100_000, "{not json", "[" * 9_000])
def test_no_data_is_too_much(data: str) -> None:
    shown = fields(message(11, "text", data), row=1)["data"]
    assert shown.startswith(data[:9000])
    assert len(shown) < WHOLE_CHARS + 50
    assert ("characters more" in shown) == (len(data) > WHOLE_CHARS)


def test_a_row_says_what_its_message_meant_and_what_it_said() -> None:
    row = logged(message(11, "text", "x" * 400), TextArrived("t", 11, " a\u202e", False)).since(1)[0]
    assert row[5:] == ("“ a⟨U+202E⟩”", "x" * 120)


def test_controls_are_visible_in_every_row() -> None:
    row: Any = logged(message(11, "text", "a\u202eb\x00\ud800")).since(1)[0]
    assert row[6] == "a⟨U+202E⟩b␀�"
