"""Where messages stand in the bytes: as many as the decoder gives, and each of them decodes to the same by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.wire.frame import Comment, Message
from dashboard.wire.spans import spans
from dashboard.wire.sse import SseDecoder

LINES = st.sampled_from(
    [b"data: a", b"data", b"data:", b"databus: no", b"id: 7", b"id", b"event: x", b": ping", b":", b"retry: 5", b"", b"", b"\xef\xbb\xbf", b"\xff"]
)  # fmt: skip
BODIES = st.lists(st.tuples(LINES, st.sampled_from([b"\n", b"\r", b"\r\n", b""])).map(b"".join)).map(b"".join)


def decoded(body: bytes) -> list[Message | Comment]:
    return [frame for frame in SseDecoder().feed(body) if isinstance(frame, (Message, Comment))]


@given(BODIES, st.booleans())
def test_every_message_and_comment_has_its_span(body: bytes, bom: bool) -> None:
    body = (b"\xef\xbb\xbf" if bom else b"") + body
    frames, found = decoded(body), spans(body)
    messages = [frame for frame in frames if isinstance(frame, Message)]
    comments = [frame for frame in frames if isinstance(frame, Comment)]
    alone = [decoded(b"\n" + body[start:end] + b"\n") for start, end in found.messages]
    assert [[(m.event, m.data) for m in each if isinstance(m, Message)] for each in alone] == [
        [(m.event, m.data)] for m in messages
    ]
    assert [decoded(b"\n" + body[start:end]) for start, end in found.comments] == [[each] for each in comments]


@pytest.mark.parametrize(
    ("body", "messages", "comments"),
    [
        (b"", [], []),
        (b"data: a\n\ndata: b", [(0, 9)], []),
        (b": one\r\n\r\nid: 1\r\ndata: a\r\n\r\n", [(9, 27)], [(0, 7)]),
        (b"id: 1\n\ndata: a\n: in it\ndata: b\n\n", [(7, 32)], [(15, 23)]),
    ],
)
def test_table(body: bytes, messages: list[tuple[int, int]], comments: list[tuple[int, int]]) -> None:
    assert spans(body) == (messages, comments)
