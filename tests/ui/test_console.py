from __future__ import annotations

import pytest

from dashboard.turn.events import (
    Anomaly,
    Asked,
    ChunkArrived,
    Connected,
    Connecting,
    Disconnected,
    Ended,
    Guessed,
    Heartbeat,
    MessageArrived,
    Recovered,
    RetryScheduled,
    Stalled,
    TextArrived,
    TurnEvent,
)
from dashboard.ui.console import DATA_CHARS, LINES, Console


def lines(*events: TurnEvent) -> list[tuple[str, str, str, str]]:
    console = Console()
    console.observe(Asked("t", 10.0, "demo", "orchestrator", "s", "live", "why?"))
    for event in events:
        console.observe(event)
    return console.since(1)


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (MessageArrived("t", 10.5, "text", "", "{}", ""), ("+0.500", "text", "", "{}")),
        (MessageArrived("t", 10.5, "error", "", "no", ""), ("+0.500", "error", "bad", "no")),
        (Heartbeat("t", 11.0, "ping"), ("+1.000", "heartbeat", "calm", "ping")),
        (Connecting("t", 10.0, 2), ("+0.000", "connecting", "calm", "attempt 2")),
        (
            Connected("t", 10.1, 200, {"content-type": "text/event-stream", "set-cookie": "s3cret"}),
            ("+0.100", "connected", "good", "200 content-type: text/event-stream"),
        ),
        (Guessed("t", 10.2, "openai-chat", "the path"), ("+0.200", "dialect", "calm", "openai-chat, from the path")),
        (Anomaly("t", 10.2, "gap", "id 3 after 1"), ("+0.200", "anomaly", "warn", "gap: id 3 after 1")),
        (Stalled("t", 17.0, "bytes", 7.0), ("+7.000", "stalled", "warn", "bytes silent for 7.0 s")),
        (Recovered("t", 18.0, "bytes", 8.0), ("+8.000", "recovered", "good", "bytes after 8.0 s")),
        (Disconnected("t", 11.0, "cut", "FIN"), ("+1.000", "disconnected", "bad", "cut: FIN")),
        (RetryScheduled("t", 11.0, 2, 0.5, "cut"), ("+1.000", "retry", "warn", "attempt 2 in 0.5 s, because of cut")),
        (Ended("t", 12.0, "completed", "", ""), ("+2.000", "ended", "good", "completed")),
        (Ended("t", 12.0, "truncated", "cut", "FIN"), ("+2.000", "ended", "bad", "truncated: cut: FIN")),
        (Ended("t", 12.0, "stopped", "", ""), ("+2.000", "ended", "calm", "stopped")),
    ],
)
def test_each_event_has_its_line(event: TurnEvent, line: tuple[str, str, str, str]) -> None:
    assert lines(event) == [line]


def test_what_a_message_carried_has_no_second_line() -> None:
    assert lines(ChunkArrived("t", 10.1, 3, b"abc"), TextArrived("t", 10.1, "a", first=True)) == []


def test_long_and_odd_data_is_one_short_visible_line() -> None:
    ((*_, data),) = lines(MessageArrived("t", 10.5, "text", "", "a\u202e\n\x00" + "x" * 9_000_000, ""))
    assert len(data) == DATA_CHARS
    assert data.startswith("a⟨U+202E⟩ ␀x")
    assert data.endswith("…")


def test_the_oldest_are_dropped_and_counted() -> None:
    console = Console()
    for n in range(LINES + 7):
        console.observe(Heartbeat("t", float(n), str(n)))
    assert console.dropped == 7
    assert len(console.since(0)) == LINES
    assert [line[-1] for line in console.since(LINES + 5)] == [str(LINES + 5), str(LINES + 6)]
    assert console.since(console.written) == []
    console.clear()
    assert (console.written, console.dropped, console.since(0)) == (0, 0, [])
