"""The decoder against a plain reading of the standard, against httpx-sse, and against its own bounds."""

from __future__ import annotations

from itertools import pairwise

import pytest
from httpx_sse import EventSource
from hypothesis import example, given
from hypothesis import strategies as st

from dashboard.wire.frame import Comment, Frame, Message, Retry
from dashboard.wire.sse import EventTooLarge, SseDecoder
from tests.benchmarks.decoder import Replayed
from tests.fuzz.examples import examples

LINES = st.sampled_from(
    [
        "data: x", "data:x", "data", "data:  two  ", 'data: {"a": "b"}', "data: data: x", "data: é\u2028😀", "datax: 1", "Data: x",
        "id: 1", "id: 2", "id", "id: \0", "event: a", "event", "event:message", "retry: 250", "retry: 9999999", "retry: -1",
        "retry: ٣", ": ping", ":", ": " + "p" * 300, "unknown: " + "u" * 600, "", "", "", "\ufeffdata: x", "r", "\x0bdata: x",
    ]
)  # fmt: skip
ENDS = st.sampled_from([b"\n", b"\n", b"\n", b"\r\n", b"\r"])
LINE = st.builds(lambda line, end: line.encode() + end, LINES, ENDS)
STREAM = st.one_of(
    st.lists(LINE, max_size=30).map(b"".join),
    st.tuples(st.lists(LINE, max_size=12).map(b"".join), st.binary(max_size=40)).map(b"".join),
    st.lists(st.sampled_from([b"data: ", b"\n", b"\r", b"\xef\xbb\xbf", b"\xe2\x82", b"\xff", b":", b"id: 1"])).map(
        b"".join
    ),
)
BOUND = st.one_of(st.just(8 * 1024 * 1024), st.integers(1, 700))


@st.composite
def cut(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    stream = draw(STREAM)
    places = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    return stream, [stream[a:b] for a, b in pairwise([0, *places, len(stream)])]


def plainly(stream: bytes) -> list[Message | Comment | int]:
    """WHATWG HTML §9.2.6, sentence by sentence, on the whole stream; a retry is its number."""
    told: list[Message | Comment | int] = []
    text = stream.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:-1]
    data: list[str] = []
    event, last_id, next_id, own = "", "", "", False
    for line in lines:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if line == "":
            last_id = next_id
            if data:
                told.append(Message(event or "message", "\n".join(data), last_id, own))
            data, event, own = [], "", False
        elif line.startswith(":"):
            told.append(Comment(value.encode()[:256].decode("utf-8", "ignore")))
        elif field == "data":
            data.append(value)
        elif field == "event":
            event = value
        elif field == "id" and "\0" not in value:
            next_id, own = value, True
        elif field == "retry" and value and set(value) <= set("0123456789"):
            told.append(int(value))
    return told


def fed(decoder: SseDecoder, chunks: list[bytes]) -> list[Frame]:
    """Frames until the stream is over or too large."""
    frames: list[Frame] = []
    for chunk in chunks:
        if decoder.too_large:
            with pytest.raises(EventTooLarge):
                decoder.feed(chunk)
            break
        frames += decoder.feed(chunk)
    return frames


@examples(600)
@given(cut())
@example((b"datax\ndata: %b\n\n" % (b"y" * 600), [b"datax\ndata: ", b"y" * 600, b"\n\n"]))
@example((b"id: 5\ndata: x\n\n: c\n", [b"id: 5\nd", b"ata: x\n", b"\n: ", b"c\n"]))
def test_any_cut_reads_as_the_standard_says(given_cut: tuple[bytes, list[bytes]]) -> None:
    stream, chunks = given_cut
    expected = [Retry(min(max(each, 100), 60_000)) if isinstance(each, int) else each for each in plainly(stream)]
    assert fed(SseDecoder(), chunks) == expected


@pytest.mark.parametrize(
    "events",
    [
        [b"id: 1\ndata: a\n\n", b"id: 2\0\ndata: b\n\n", b"id: 3\nid: 4\ndata: c\n\n", b"id: \ndata: d\ndata: e\n\n"],
        [b"event: a\nid: %d\nevent: b\ndata: x\n\n" % i for i in range(3)],
        [b"event: %s\nid: 1\ndata: x\n\n" % kind for kind in (b"a", b"b", b"a", b" ")],
        [
            b"id: 1\nevent: a\ndata: x\n\n",
            b"id: 2\nevent: a\ndata: y\n\ndata: z\n\n",
            b"id: 3\ndata: \nevent: a\ndata: x\n\n",
        ],
    ],
)
def test_an_event_shaped_almost_like_the_last_one(events: list[bytes]) -> None:
    assert fed(SseDecoder(), events) == plainly(b"".join(events))


@examples(600)
@given(cut(), BOUND)
@example((b"\xef\xbb\xbf", [b"\xef", b"\xbb\xbf"]), 1)
def test_any_cut_gives_the_same_frames_state_and_end(given_cut: tuple[bytes, list[bytes]], bound: int) -> None:
    stream, chunks = given_cut
    # A second chunk of nothing, so that all come to the point where a too large event is known.
    whole, pieces = SseDecoder(max_event_bytes=bound), SseDecoder(max_event_bytes=bound)
    assert fed(pieces, chunks) == fed(whole, [stream])
    assert bool(pieces.too_large) == bool(whole.too_large)  # how much had come when it was known is the cut's
    assert (pieces.last_event_id, pieces.retry_ms, pieces.bad_retries, pieces.partial) == (
        whole.last_event_id, whole.retry_ms, whole.bad_retries, whole.partial
    )  # fmt: skip


PLAIN_LINE = st.sampled_from(["data: x", "data:y", "data: é😀", "event: a", "id: 3", "unknown: z", "data: \u2028"])
PLAIN_EVENT = st.lists(PLAIN_LINE, max_size=4).map(lambda lines: [*lines, "data: end", ""])


@examples(200)
@given(st.lists(PLAIN_EVENT, max_size=8), st.sampled_from(["\n", "\r\n"]), st.integers(1, 60))
def test_agrees_with_httpx_sse_where_it_conforms(events: list[list[str]], end: str, size: int) -> None:
    stream = "".join(line + end for lines in events for line in lines).encode()
    chunks = [stream[at : at + size] for at in range(0, len(stream), size)]
    ours = [
        (frame.event, frame.data, frame.last_event_id) for frame in fed(SseDecoder(), chunks) if type(frame) is Message
    ]
    source = EventSource(Replayed(chunks))  # type: ignore[arg-type]
    assert ours == [(event.event, event.data, event.id) for event in source.iter_sse()]


# What the callers ask


@pytest.mark.parametrize(
    ("stream", "partial"),
    [
        (b"", False),
        (b"data: x\n\n", False),
        (b"data: x\n", True),
        (b"data: x\n\r", False),
        (b"data: x", True),
        (b"d", True),
        (b"event: a\n", True),
        (b"id: 1\n", True),
        (b"id: 1\n\n", False),
        (b"id: 1\ndata: x\n\nid: 2\ndata", True),
        (b": ping", False),
        (b": ping\n", False),
        (b"data: x\n\n: ping", False),
        (b"retry: 100\n", False),
        (b"data: x\r", True),
        (b"data: x\r\r", False),
    ],
)
def test_partial_says_whether_the_end_would_cut_an_event(stream: bytes, partial: bool) -> None:
    decoder = SseDecoder()
    for at in range(len(stream)):
        decoder.feed(stream[at : at + 1])
    assert decoder.partial is partial


def test_an_id_is_the_message_s_own_only_when_it_came_with_it() -> None:
    frames = SseDecoder(last_event_id="0").feed(b"data: a\n\nid: 1\ndata: b\n\ndata: c\n\nid: 2\n\ndata: d\n\n")
    assert frames == [
        Message("message", "a", "0"),
        Message("message", "b", "1", own_id=True),
        Message("message", "c", "1"),
        Message("message", "d", "2"),
    ]


def test_retry_is_told_at_its_line_and_clamped() -> None:
    decoder = SseDecoder()
    assert decoder.feed(b"id: 1\nretry: 7\n") == [Retry(100)]
    assert decoder.feed(b"retry: " + b"9" * 5_000 + b"\n") == [Retry(60_000)]
    assert decoder.feed(b"retry: x\nretry\nretry: 1_000\n") == []
    assert decoder.bad_retries == 3
    assert decoder.feed(b"retry: 200\n") == [Retry(200)]
    assert decoder.retry_ms == 200
