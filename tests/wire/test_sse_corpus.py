"""The public suites' cases: each as it came, whole, byte by byte, and cut in two at every place."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from dashboard.wire.frame import Comment, Frame, Message, Retry
from dashboard.wire.sse import SseDecoder

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "corpus" / "sse-parsing.json").read_text("utf-8"))
SMALL_BYTES = 2_000


def chunks_of(case: dict[str, Any]) -> list[bytes]:
    pieces = (piece if isinstance(piece, dict) else {"b64": piece} for piece in case["chunks"])
    return [base64.b64decode(piece["b64"]) for piece in pieces for _ in range(piece.get("repeat", 1))]


def decoded(case: dict[str, Any], chunks: Iterable[bytes]) -> tuple[SseDecoder, list[Frame]]:
    decoder = SseDecoder(last_event_id=case.get("initial_last_event_id", ""))
    return decoder, [frame for chunk in chunks for frame in decoder.feed(chunk)]


def check(case: dict[str, Any], decoder: SseDecoder, frames: list[Frame]) -> None:
    expect = case["expect"]
    found = [frame for frame in frames if isinstance(frame, Message)]
    assert [shown(message, event) for message, event in zip(found, expect["events"], strict=True)] == expect["events"]
    assert decoder.last_event_id == expect["last_event_id"]
    if "retry_ms_at_least" in expect:
        assert decoder.retry_ms is not None
    else:
        assert decoder.retry_ms == expect["retry_ms"]
    assert all(100 <= frame.delay_ms <= 60_000 for frame in frames if isinstance(frame, Retry))
    if "comments" in expect:
        assert [frame.text for frame in frames if isinstance(frame, Comment)] == expect["comments"]


def shown(message: Message, expected: dict[str, Any]) -> dict[str, Any]:
    head = {"event": message.event, "id": message.last_event_id}
    if "data" in expected:
        return {**head, "data": message.data}
    data = message.data.encode()
    return {**head, "data_len": len(data), "data_sha256": hashlib.sha256(data).hexdigest()}


by_id = pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])


@by_id
def test_as_it_came(case: dict[str, Any]) -> None:
    check(case, *decoded(case, chunks_of(case)))


@by_id
def test_whole(case: dict[str, Any]) -> None:
    check(case, *decoded(case, [b"".join(chunks_of(case))]))


@by_id
def test_byte_by_byte(case: dict[str, Any]) -> None:
    stream = b"".join(chunks_of(case))
    check(case, *decoded(case, (stream[i : i + 1] for i in range(len(stream)))))


SMALL = [case for case in CASES if sum(map(len, chunks_of(case))) <= SMALL_BYTES]


@pytest.mark.parametrize("case", SMALL, ids=[case["id"] for case in SMALL])
def test_cut_in_two_anywhere(case: dict[str, Any]) -> None:
    stream = b"".join(chunks_of(case))
    for at in range(len(stream) + 1):
        check(case, *decoded(case, (stream[:at], stream[at:])))


TIMELY = [case for case in CASES if "timely" in case["expect"]]


@pytest.mark.parametrize("case", TIMELY, ids=[case["id"] for case in TIMELY])
def test_dispatched_no_later_than_due(case: dict[str, Any]) -> None:
    decoder = SseDecoder()
    due: list[int] = case["expect"]["timely"]
    seen = 0
    for number, chunk in enumerate(chunks_of(case)):
        seen += sum(isinstance(frame, Message) for frame in decoder.feed(chunk))
        assert seen >= sum(index <= number for index in due)
