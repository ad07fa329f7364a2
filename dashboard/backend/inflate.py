"""Inflates a compressed stream in bounded steps: a gzip bomb never becomes memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from dashboard.turn.verdict import Fault

STEP_BYTES = 64 * 1024

_GZIP, _ZLIB, _RAW = 31, 15, -15
"""The three wrappings of RFC 1952, 1950 and 1951, as zlib's wbits."""


class Undecodable(Exception):  # noqa: N818  # what a back end sends is no error of ours
    """The body is not what its Content-Encoding says, or in one that we do not read."""

    fault = Fault.UNDECODABLE


class Inflater:
    """Content-Encoding identity, gzip or deflate; each flush of the server's comes out at once.

    gzip may have members one after another (RFC 1952 §2.2), with zeros behind them; deflate may lack its wrapping, as
    browsers take it too. Errors: Undecodable from `feed`.
    """

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding.strip().lower()
        self._packed = self._encoding in ("gzip", "x-gzip", "deflate")
        self._zlib: zlib._Decompress | None = None
        """Of the member under way."""
        self._first = b""
        """What came of the first member while it is too little to tell its wrapping."""
        self._bits = 0
        """The wrapping; 0 before it is known."""

    @property
    def ended(self) -> bool:
        """Whether the body may end here: nothing that was begun is unfinished."""
        return self._zlib is None and not self._first

    def feed(self, raw: bytes) -> Iterator[bytes]:
        """The bytes that `raw` inflates to, at most STEP_BYTES at a time."""
        if not self._packed:
            if self._encoding not in ("", "identity"):
                raise Undecodable(f"Content-Encoding {self._encoding[:40]!r}, although identity was asked for")
            yield raw
            return
        try:
            yield from self._inflated(raw)
        except zlib.error as error:
            raise Undecodable(f"Content-Encoding {self._encoding}: {error}") from None

    def _inflated(self, raw: bytes) -> Iterator[bytes]:
        more = False
        while raw or more:
            if self._zlib is None:
                raw = self._begin(raw)
                if self._zlib is None:
                    return
            piece = self._zlib.decompress(raw, STEP_BYTES)
            if piece:
                yield piece
            if self._zlib.eof:
                raw, more, self._zlib = self._zlib.unused_data, False, None
            else:  # a whole step may leave something inside zlib when nothing is left outside
                raw, more = self._zlib.unconsumed_tail, len(piece) == STEP_BYTES

    def _begin(self, raw: bytes) -> bytes:
        """Begins a member when enough of it is there; what to read of it."""
        if self._bits:
            raw = raw.lstrip(b"\0")
            if raw and (self._bits != _GZIP or raw[0] != 0x1F):
                raise zlib.error(f"something comes after its end: {raw[:20]!r}")
        else:
            raw = self._first + raw
            self._first = raw if len(raw) < 2 else b""
            if not self._first:
                self._bits = _wrapping(raw[0], raw[1], bare=self._encoding == "deflate")
        if raw and not self._first:
            self._zlib = zlib.decompressobj(self._bits)
        return raw


def _wrapping(first: int, second: int, *, bare: bool) -> int:
    """Told from the first two bytes; what has none is raw deflate where it may be `bare`."""
    if (first, second) == (0x1F, 0x8B):
        return _GZIP
    if first & 15 == 8 and (first << 8 | second) % 31 == 0:
        return _ZLIB
    return _RAW if bare else _GZIP
