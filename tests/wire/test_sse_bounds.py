"""Nothing that a server sends makes the decoder hold more than its bound."""

from __future__ import annotations

import tracemalloc

import pytest

from dashboard.wire.frame import Comment, Message
from dashboard.wire.sse import EventTooLarge, SseDecoder

KB, MB = 1024, 1024 * 1024


@pytest.mark.parametrize(
    "endless",
    [
        b"data: xxxxxxxx\n",
        b"data\n",
        b"x",
        b"data: ",
        b": ",
        b"id: 7\n",
        b"event: e\ndata: y\n",
        b"foo: bar\n",
        b"\xef\xbb\xbf",
    ],
)
@pytest.mark.parametrize("size", [37, 64 * KB])
def test_an_endless_event_is_found_before_the_memory_is_spent(endless: bytes, size: int) -> None:
    bound = 256 * KB
    chunk = endless * (size // len(endless) + 1)
    decoder = SseDecoder(max_event_bytes=bound)
    tracemalloc.start()
    try:
        fedsize = held = 0
        while not decoder.too_large and fedsize < 4 * bound:
            assert decoder.feed(chunk) == []
            fedsize += len(chunk)
            held = max(held, tracemalloc.get_traced_memory()[0])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert decoder.too_large
    assert fedsize <= bound + len(chunk)
    assert held < 1.3 * bound + len(chunk) + 16 * KB
    assert peak < 3 * bound + 40 * len(chunk) + 16 * KB  # while one read is looked at line by line
    with pytest.raises(EventTooLarge, match="262,144 bytes"):
        decoder.feed(b"")


@pytest.mark.parametrize("before", [b"", b"id: 5\n"])
def test_a_long_comment_is_held_only_at_its_head(before: bytes) -> None:
    decoder = SseDecoder()
    decoder.feed(before + b": ")
    tracemalloc.start()
    try:
        for _ in range(2 * KB):
            decoder.feed(b"y" * KB)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 16 * KB
    assert decoder.partial is bool(before)
    ok = Message("message", "ok", "5", own_id=True) if before else Message("message", "ok")
    assert decoder.feed(b"\ndata: ok\n\n") == [Comment("y" * 256), ok]


def test_heartbeats_without_blank_lines_never_grow_into_an_event() -> None:
    decoder = SseDecoder(max_event_bytes=100)
    assert sum(len(decoder.feed(b": ping\n")) for _ in range(1000)) == 1000
    assert not decoder.too_large


def test_frames_before_a_too_large_event_come_first() -> None:
    decoder = SseDecoder(max_event_bytes=50)
    assert decoder.feed(b"data: ok\n\n: hb\ndata: " + b"x" * 60 + b"\n\ndata: never\n\n") == [
        Message("message", "ok"),
        Comment("hb"),
    ]
    assert (decoder.too_large, decoder.too_large_head) == (66, "data: " + "x" * 60)
    assert decoder.partial
    with pytest.raises(EventTooLarge):
        decoder.feed(b"data: y\n\n")


def test_how_much_of_a_too_large_event_came_and_how_it_begins_is_known() -> None:
    decoder = SseDecoder(max_event_bytes=50)
    for piece in (b"data: be", b"gin\ndata: two\nda", b"ta: " + b"x" * 20, b"y" * 20):
        assert decoder.feed(piece) == []
    assert decoder.too_large == len("data: begin\ndata: two\ndata: ") + 40
    assert decoder.too_large_head.removeprefix("data: ").startswith("begin\n")


def test_the_bound_is_on_one_event_not_on_the_stream() -> None:
    decoder = SseDecoder(max_event_bytes=50)
    assert len(decoder.feed(b"data: " + b"x" * 43 + b"\n\n" + b"data: y\n\n" * 100)) == 101
    pieces = [b"retry: 100\ndata: a\n", b"data: b\n\n", b"event: e\nda", b"ta: c\n\n"] * 100
    assert sum(isinstance(frame, Message) for piece in pieces for frame in decoder.feed(piece)) == 200
    assert not decoder.too_large
