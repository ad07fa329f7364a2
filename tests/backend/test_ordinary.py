"""What httpx-sse, the real one, makes of the same bytes: each of its known differences is marked, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.backend.ordinary import compared, heard
from dashboard.wire.frame import Message
from dashboard.wire.ordinary import Difference, Heard, Row, Side, side_by_side
from dashboard.wire.recorded import Attempt
from dashboard.wire.sse import SseDecoder
from tests.wire.test_sse_corpus import CASES, chunks_of

STREAM = {"content-type": "text/event-stream"}


def attempt(*reads: bytes, end: str = "complete", status: int = 200, **headers: str) -> Attempt:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Attempt(status, {**STREAM, **named}, tuple((i / 10, data) for i, data in enumerate(reads)), end, 9.0)


def marked(rows: list[Row]) -> list[str]:
    return [row.difference for row in rows if row.difference]


def test_of_a_good_stream_both_have_the_same() -> None:
    rows = compared([attempt(b"event: a\ndata: one\n\n", b"id: 7\ndata: two\n", b"data: 2\n\n")], "completed", "stop")
    assert rows == [
        Row("a: one", "a: one", ""),
        Row("message [7]: two\n2", "message [7]: two\n2", ""),
        Row("completed: stop", "the loop ends, without an error", ""),
    ]


@pytest.mark.parametrize(
    ("recorded", "outcome", "differences"),
    [
        (attempt(b": ping\n\ndata: a\n\n"), "completed", ["no_heartbeat"]),
        (attempt(b"id: 1\ndata: a\n\n: ping\n\n: ping\n\ndata: b\n\n"), "completed", ["phantom", "phantom"]),
        (attempt(b"event: ping\n\ndata: b\n\n"), "completed", ["phantom"]),
        (attempt(b"event: ping\n\n" * 12 + b"data: b\n\n"), "completed", ["phantom"] * 12),
        (attempt(b"\xef\xbb\xbfdata: a\n\ndata: b\n\n"), "completed", ["lost_field"]),
        (attempt(b"\xef\xbb\xbfevent: x\ndata: a\n\ndata: b\n\n"), "completed", ["lost_field"]),
        (attempt(b"retry: 500\n\ndata: a\n\n"), "completed", ["phantom"]),
        (attempt(b"retry: 500\ndata: a\n\n"), "completed", []),
        (attempt(b"retry: -5\ndata: a\n\n"), "completed", ["retry"]),
        (attempt(b"retry: 1_000\n\ndata: a\n\n"), "completed", ["retry"]),
        (attempt(b"data: a\n\nretry: 500\n"), "completed", ["retry"]),
        (attempt("data: ä\n\n".encode(), content_type="text/event-stream; charset=latin-1"), "completed", ["changed"]),
        (attempt(b"data: a\n\ndata: cut"), "truncated", ["unseen_cut"]),
        (attempt(b"data: a\n\n"), "truncated", ["unseen_cut"]),
        (attempt(b"data: a\n\n", end="truncated"), "truncated", []),
        (attempt(b"data: a\n\n", end="reset"), "truncated", []),
        (attempt(b"data: a\n\n", end="timeout"), "stalled", ["unseen_stall"]),
        (attempt(b"data: a\n\n", end="client-closed"), "stopped", []),
        (attempt(b'data: {"error"}\n\n'), "failed", []),
        (attempt(b"data: busy\n\n", status=503), "rejected", ["parsed_refusal"] * 3),
        (attempt(b"busy", status=503, content_type="text/plain"), "rejected", []),
        (attempt(b"data: a\n\n", content_type="text/plain"), "completed", ["lost", "refused_type"]),
        (attempt(status=0, end="dns"), "unreachable", []),
        (attempt(b"data: \x00\r\rdata: b\r", b"\n\r\n", content_encoding="gzip"), "completed", []),
    ],
)  # fmt: skip
def test_each_difference_is_marked(recorded: Attempt, outcome: str, differences: list[str]) -> None:
    assert marked(compared([recorded], outcome, "")) == differences


def test_a_resume_is_ours_alone() -> None:
    rows = compared([attempt(b"id: 1\ndata: a\n\n", end="reset"), attempt(b"data: b\n\n")], "completed", "stop")
    assert marked(rows) == ["no_resume"]
    assert rows[-1].ours == "another connection follows, then completed: stop"
    assert rows[-1].theirs.startswith("ReadError")


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_both_sides_are_told_whole_and_in_order_for_any_case(case: dict[str, Any]) -> None:
    chunks = chunks_of(case)
    if sum(map(len, chunks)) > 200_000:
        chunks = [b"".join(chunks)[:200_000]]
    recorded = attempt(*chunks)
    check_whole(recorded)


@given(st.lists(st.sampled_from([b"data: a\n", b"data:\n", b"\n", b"id: 1\n", b"id\n", b": c\n", b"event: e\n", b"retry: 9\n", b"retry: x1\n", b"retry: -1\n", b"\xef\xbb\xbf", b"\r", b"data: \xff"]), max_size=30))  # fmt: skip
def test_both_sides_are_told_whole_and_in_order_for_any_bytes(reads: list[bytes]) -> None:
    check_whole(attempt(*reads))


def check_whole(recorded: Attempt) -> None:
    rows = compared([recorded], "completed", "")[:-1]
    theirs, _ = heard(recorded)
    decoder = SseDecoder()
    frames = [frame for _, data in recorded.reads for frame in decoder.feed(data)]
    messages = [frame for frame in frames if isinstance(frame, Message)]
    assert len([row for row in rows if row.ours]) == len(frames)
    assert len([row for row in rows if row.theirs and "with the next" not in row.theirs]) == len(theirs)
    same = [(m.event, m.data, m.last_event_id) for m in messages] == [(h.event, h.data, h.id) for h in theirs]
    found = set(marked(rows)) - {"no_heartbeat"}
    if same:
        assert found <= {"retry"}
    else:
        assert found


def test_rows_hold_what_was_said_and_are_paired_again_after_a_difference() -> None:
    frames = [Message("message", str(i)) for i in range(6)]
    theirs = [Heard("message", str(i), "", None) for i in (0, 2, 3, 5)]
    rows = side_by_side(Side(frames), theirs)
    assert [row.difference for row in rows] == ["", "lost", "", "", "lost", ""]
    assert [row.theirs for row in rows] == ["message: 0", "", "message: 2", "message: 3", "", "message: 5"]
    assert set(Difference) >= {row.difference for row in rows}
