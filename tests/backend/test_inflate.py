"""Compressed bodies: all that is in them, an end that is one, and what cannot be read is told."""

from __future__ import annotations

import asyncio
import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.backend.inflate import STEP_BYTES, Inflater, Undecodable
from dashboard.turn.verdict import Fault
from tests.backend.test_body import OK, opened, playing, whole

EVENT = b"data: an event\n\n"
PACKED = gzip.compress(EVENT, mtime=0)


def bare(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def inflated(encoding: str, sent: bytes, size: int) -> tuple[bytes, bool]:
    """(what came out, whether it may end there)."""
    inflater = Inflater(encoding)
    out = b"".join(piece for at in range(0, len(sent), size) for piece in inflater.feed(sent[at : at + size]))
    return out, inflater.ended


@pytest.mark.parametrize("size", [1, 1 << 20], ids=["byte by byte", "whole"])
@pytest.mark.parametrize(
    ("encoding", "sent", "out"),
    [
        ("gzip", PACKED + PACKED, 2 * EVENT),
        ("x-gzip", PACKED + gzip.compress(b"", mtime=0) + PACKED, 2 * EVENT),
        ("gzip", PACKED + bytes(600), EVENT),
        ("gzip", PACKED + bytes(3) + PACKED, 2 * EVENT),
        ("gzip", zlib.compress(EVENT), EVENT),
        ("gzip", b"", b""),
        ("deflate", zlib.compress(EVENT), EVENT),
        ("deflate", bare(EVENT), EVENT),
        ("deflate", PACKED, EVENT),
        ("gzip", gzip.compress(bytes(5 * STEP_BYTES)), bytes(5 * STEP_BYTES)),
        ("identity", EVENT, EVENT),
    ],
    ids=[
        "members",
        "an empty member",
        "padding",
        "padding between",
        "zlib as gzip",
        "nothing",
        "zlib",
        "raw deflate",
        "gzip as deflate",
        "a small bomb",
        "identity",
    ],
)
def test_all_that_is_in_it(encoding: str, sent: bytes, out: bytes, size: int) -> None:
    assert inflated(encoding, sent, size) == (out, True)


@pytest.mark.parametrize("size", [1, 1 << 20], ids=["byte by byte", "whole"])
@pytest.mark.parametrize(
    ("encoding", "sent"),
    [
        ("gzip", PACKED + b"junk"),
        ("gzip", PACKED + bytes(3) + b"x"),
        ("gzip", PACKED + b"\x1fjunk"),
        ("deflate", zlib.compress(EVENT) + b"junk"),
        ("deflate", bare(EVENT) + PACKED),
        ("gzip", bare(EVENT)),
        ("gzip", EVENT),
        ("deflate", b"\xff\xff" + EVENT),
        ("br", EVENT),
    ],
    ids=[
        "junk",
        "junk after padding",
        "half a magic and junk",
        "junk after zlib",
        "gzip after raw deflate",
        "raw deflate as gzip",
        "text as gzip",
        "text as deflate",
        "brotli",
    ],
)
def test_what_is_no_such_body_is_told(encoding: str, sent: bytes, size: int) -> None:
    with pytest.raises(Undecodable, match=f"Content-Encoding '?{encoding}"):
        inflated(encoding, sent, size)


@pytest.mark.parametrize(
    ("encoding", "sent"),
    [("gzip", PACKED), ("deflate", zlib.compress(EVENT)), ("deflate", bare(EVENT))],
    ids=["gzip", "zlib", "raw deflate"],
)
def test_a_body_that_is_cut_has_not_ended(encoding: str, sent: bytes) -> None:
    for end in range(1, len(sent)):
        assert not inflated(encoding, sent[:end], 7)[1], end


@pytest.mark.parametrize("end", range(1, len(PACKED)))
def test_nor_has_one_whose_second_member_is_cut(end: int) -> None:
    assert not inflated("gzip", PACKED + PACKED[:end], 7)[1]


@given(st.integers(STEP_BYTES - 300, STEP_BYTES + 300), st.sampled_from([31, 15, -15]))
def test_what_was_flushed_is_out_before_more_comes(size: int, bits: int) -> None:
    packer = zlib.compressobj(wbits=bits)
    sent = packer.compress(b"y" * size) + packer.flush(zlib.Z_SYNC_FLUSH)
    out = b"".join(Inflater("gzip" if bits == 31 else "deflate").feed(sent))
    assert len(out) == size


FLUSHED = zlib.compressobj(wbits=31)
BEGUN = FLUSHED.compress(EVENT) + FLUSHED.flush(zlib.Z_SYNC_FLUSH)


@pytest.mark.parametrize(
    ("body", "read", "why"),
    [
        (PACKED + PACKED, 2 * EVENT, ""),
        (PACKED + b"junk", EVENT, f"{Fault.UNDECODABLE}: Content-Encoding gzip: something comes after its end"),
        (BEGUN, EVENT, f"{Fault.CUT}: the body ended before the compressed data in it did"),
        (PACKED[:-1], EVENT, f"{Fault.CUT}: the body ended before the compressed data in it did"),
    ],
    ids=["two members", "junk after one", "flushed and left", "no whole trailer"],
)
def test_from_a_back_end(body: bytes, read: bytes, why: str) -> None:
    async def main() -> None:
        sent = OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        async with opened(playing(sent, 1 << 20)) as connection:
            got, said = await whole(connection)
        assert got == read
        assert said.startswith(why) if why else not said

    asyncio.run(main())
