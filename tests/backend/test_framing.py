"""Our reading of a body's framing beside h11's: never another body, and nothing accepted that h11 would refuse.

But for one thing: white space before a chunk's extension is allowed (RFC 9112 §7.1.1), and h11 is taught so here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

import h11
import h11._readers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dashboard.backend.framing import SIZE_LINE_BYTES, TRAILER_BYTES, Chunked, Framing, Length, UntilClose, framing_of

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
Seen = tuple[bytes, bool]
"""The body, and whether it came to its end."""


@pytest.fixture(scope="module", autouse=True)
def h11_with_white_space() -> Iterator[None]:
    strict = h11._readers.chunk_header_re.pattern
    assert b"(?P<chunk_ext>;.*)" in strict
    lenient = re.compile(strict.replace(b"(?P<chunk_ext>;.*)", rb"(?P<chunk_ext>[ \t]*;.*)"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(h11._readers, "chunk_header_re", lenient)
        yield


def ours(framing: Framing, pieces: Sequence[bytes]) -> Seen:
    body = b"".join([framing.feed(piece) for piece in pieces if not framing.over])
    if not framing.over:
        framing.eof()
    assert framing.feed(b"more") == b"", "what comes after the end is none of it"
    return body, framing.over and not framing.broken


def by_h11(head: bytes, pieces: Sequence[bytes], method: str = "GET") -> Seen:
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=100 * 1024)
    connection.send(h11.Request(method=method, target="/", headers=[("Host", "h")]))
    connection.send(h11.EndOfMessage())
    body = b""
    for piece in (head, *pieces, b""):
        try:
            connection.receive_data(piece)
            while (event := connection.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
                if isinstance(event, h11.Data):
                    body += event.data
                elif isinstance(event, h11.EndOfMessage):
                    return body, True
        except h11.RemoteProtocolError:
            return body, False
    return body, False


def split(whole: bytes, cuts: Sequence[int]) -> list[bytes]:
    places = sorted({0, len(whole), *(cut % (len(whole) + 1) for cut in cuts)})
    return [whole[at:to] for at, to in pairwise(places)]


def chunk(data: bytes, size: str = "", extension: bytes = b"") -> bytes:
    return (size or f"{len(data):x}").encode() + extension + b"\r\n" + data + b"\r\n"


TRAILERS = st.sampled_from(
    [b"", b"", b"a: b\r\n", b"Digest: x=y,  z\r\nx-\xe4:\r\n".replace(b"\xe4", b"q"), b"a:\t\xff \r\n"]
)
EXTENSIONS = st.sampled_from([b"", b"", b"", b";a", b'; a=b;c="d;"', b"  ", b";\r x", b" ; x", b"\t ;y=1 "])
CHUNKS = st.lists(st.tuples(st.binary(min_size=1, max_size=40), EXTENSIONS, st.sampled_from("xX")), max_size=6)
CUTS = st.lists(st.integers(0, 10**6), max_size=8)


@st.composite
def chunked_bodies(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """(as sent, what it means)."""
    chunks = draw(CHUNKS)
    sent = b"".join(
        [chunk(data, format(len(data), f"0{len(extension)}{case}"), extension) for data, extension, case in chunks]
    )
    last = draw(st.sampled_from([b"0\r\n", b"000\r\n", b"0;x\r\n"])) + draw(TRAILERS) + b"\r\n"
    return sent + last, b"".join([data for data, _, _ in chunks])


@given(chunked_bodies(), CUTS)
def test_a_chunked_body_is_the_same_however_it_is_split(sent_and_body: tuple[bytes, bytes], cuts: list[int]) -> None:
    sent, body = sent_and_body
    pieces = split(sent, cuts)
    assert ours(Chunked(), pieces) == by_h11(CHUNKED, pieces) == (body, True)


@given(chunked_bodies(), CUTS, st.integers(0, 10**6))
def test_a_chunked_body_that_is_cut_is_told_as_cut(
    sent_and_body: tuple[bytes, bytes], cuts: list[int], end: int
) -> None:
    sent = sent_and_body[0]
    pieces = split(sent[: end % len(sent)], cuts)
    framing = Chunked()
    seen = ours(framing, pieces)
    assert seen == by_h11(CHUNKED, pieces)
    assert not seen[1]
    assert framing.broken == "peer closed connection without sending complete message body (incomplete chunked read)"


SAMPLE = chunk(b"data: one\n\n") + chunk(b"id: 2\r\ndata: \r\n\r\n", extension=b";x=1") + b"0\r\nMore: so\r\n\r\n"


@pytest.mark.parametrize("at", range(len(SAMPLE) + 1))
def test_every_byte_boundary(at: int) -> None:
    whole = b"data: one\n\nid: 2\r\ndata: \r\n\r\n"
    assert ours(Chunked(), [SAMPLE[:at], SAMPLE[at:]]) == (whole, True)
    assert ours(Chunked(), [bytes([byte]) for byte in SAMPLE]) == (whole, True)
    cut = [bytes([byte]) for byte in SAMPLE[:at]]
    assert ours(Chunked(), cut) == by_h11(CHUNKED, cut)


@st.composite
def spoiled(draw: st.DrawFn) -> bytes:
    """A chunked body with a few bytes changed, put in or left out, mostly of its framing."""
    sent = bytearray(draw(chunked_bodies())[0])
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(0, len(sent) - 1)))
        new = draw(
            st.sampled_from(
                [
                    b"",
                    b"\r",
                    b"\n",
                    b"\r\n",
                    b"0",
                    b"f",
                    b"-",
                    b"+",
                    b"_",
                    b"x",
                    b" ",
                    b"\t",
                    b";",
                    b":",
                    b"\0",
                    b"\xff",
                ]
            )
        )
        sent[at : at + draw(st.integers(0, 2))] = new
    return bytes(sent)


@given(spoiled(), CUTS)
@example(b"2\r\nab0\r\n\r\n", [])
@example(b"1\na\r\n0\r\n\r\n", [5])
@example(b"1 \r\na\r\n0\r\n\r\n", [7])
@example(b"2 \t; x\r\nab\r\n0 ;\r\n\r\n", [3])
@example(b"0\r\nContent-Length: x\r\n\r\n", [])
def test_nothing_is_accepted_that_h11_refuses(sent: bytes, cuts: list[int]) -> None:
    pieces = split(sent, cuts)
    body, whole = ours(Chunked(), pieces)
    theirs, accepted = by_h11(CHUNKED, pieces)
    assert theirs.startswith(body)
    if whole:
        assert (theirs, accepted) == (body, True)
    assert ours(Chunked(), [sent]) == ours(Chunked(), [bytes([byte]) for byte in sent]) == (body, whole)


@given(st.binary(max_size=40), CUTS)
def test_noise_is_no_body(sent: bytes, cuts: list[int]) -> None:
    body, whole = ours(Chunked(), split(sent, cuts))
    theirs, accepted = by_h11(CHUNKED, [sent])
    assert theirs.startswith(body)
    assert accepted or not whole


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"x\r\n", "illegal chunk header: b'x\\r\\n'"),
        (b"\r\n", "illegal chunk header: b'\\r\\n'"),
        (b"-1\r\n", "illegal chunk header"),
        (b"+1\r\na\r\n", "illegal chunk header"),
        (b"0x1\r\na\r\n", "illegal chunk header"),
        (b"1_0\r\n", "illegal chunk header"),
        (b" 1\r\na\r\n", "illegal chunk header"),
        (b"1\na\r\n", "illegal chunk header"),
        (b"1 x\r\na\r\n", "illegal chunk header"),
        (b"1 x;\r\na\r\n", "illegal chunk header"),
        (b"1" * 21 + b"\r\n", "illegal chunk header"),
        (b"1\r\nab\r\n", "malformed chunk footer: b'b\\r'"),
        (b"1\r\na\n0\r\n\r\n", "malformed chunk footer"),
        (b"1\r\na\rb", "malformed chunk footer"),
        (b"0\r\nno trailer\r\n\r\n", "illegal trailer"),
        (b"0\r\na: b\r\n folded\r\n\r\n", "illegal trailer"),
        (b"0\r\na: \0\r\n\r\n", "illegal trailer"),
        (b"0\r\nTransfer-Encoding: chunked\r\n\r\n", "illegal trailer"),
        (b"0\r\n" + b"a: b\r\n" * TRAILER_BYTES, "its trailers are too long"),
        (b"0\r\na: " + b"b" * TRAILER_BYTES, "a line of its framing is too long"),
        (b"1;" + b"x" * SIZE_LINE_BYTES, "a line of its framing is too long"),
        (b"1;" + b"x" * SIZE_LINE_BYTES + b"\r\na\r\n", "illegal chunk header"),
    ],
    ids=lambda value: repr(value)[:30],
)
@pytest.mark.parametrize("size", [1, 1 << 20], ids=["byte by byte", "whole"])
def test_what_is_malformed_ends_the_body_after_what_was_well(sent: bytes, why: str, size: int) -> None:
    framing, body = Chunked(), b""
    whole = chunk(b"well") + sent
    for at in range(0, len(whole), size):
        body += framing.feed(whole[at : at + size])
    assert framing.over
    assert why.split(":", maxsplit=1)[0] in framing.broken or (size == 1 and "too long" in framing.broken)
    assert body[:4] == b"well"


def test_white_space_before_an_extension() -> None:
    sent = b"206 ; x\r\n" + bytes(0x206) + b"\r\n0 \t;y\r\n\r\n"
    assert ours(Chunked(), [sent]) == ours(Chunked(), [bytes([byte]) for byte in sent]) == (bytes(0x206), True)


def test_a_chunk_of_any_promised_size_takes_no_memory_for_it() -> None:
    framing = Chunked()
    assert framing.feed(b"f" * 16 + b"\r\nbegun") == b"begun"
    assert framing.feed(b" and more") == b" and more"
    framing.eof()
    assert framing.broken


@given(st.binary(max_size=60), st.integers(0, 80), CUTS)
def test_a_promised_length(sent: bytes, promised: int, cuts: list[int]) -> None:
    pieces = split(sent, cuts)
    framing = Length(promised)
    seen = ours(framing, pieces)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % promised
    assert seen == by_h11(head, pieces) == (sent[:promised], len(sent) >= promised)
    if not seen[1]:
        assert f"(received {len(sent)} bytes, expected {promised})" in framing.broken


@given(st.binary(max_size=60), CUTS)
def test_until_the_connection_ends(sent: bytes, cuts: list[int]) -> None:
    pieces = split(sent, cuts)
    assert ours(UntilClose(), pieces) == by_h11(b"HTTP/1.1 200 OK\r\n\r\n", pieces) == (sent, True)


@pytest.mark.parametrize(
    ("status", "headers", "kind"),
    [
        (200, {}, UntilClose),
        (200, {"transfer-encoding": "chunked"}, Chunked),
        (200, {"transfer-encoding": "Chunked", "content-length": "3"}, Chunked),
        (200, {"content-length": "0"}, Length),
        (404, {"content-length": "007"}, Length),
        (200, {"transfer-encoding": "gzip, chunked"}, None),
        (200, {"transfer-encoding": ""}, None),
        (200, {"content-length": "3, 3"}, None),
        (200, {"content-length": "-3"}, None),
        (200, {"content-length": "٣"}, None),
        (200, {"content-length": "1" * 21}, None),
        (204, {"transfer-encoding": "chunked"}, None),
        (304, {}, None),
        (101, {}, None),
    ],
    ids=str,
)
def test_which_framing_a_head_asks_for(status: int, headers: dict[str, str], kind: type | None) -> None:
    found = framing_of("POST", "HTTP/1.1", status, headers)
    assert found is None if kind is None else type(found) is kind
    assert framing_of("HEAD", "HTTP/1.1", status, headers) is None
    assert framing_of("POST", "HTTP/2", status, headers) is None
    if "transfer-encoding" in headers:
        assert framing_of("POST", "HTTP/1.0", status, headers) is None
