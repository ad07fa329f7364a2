"""Inflates a compressed stream in bounded steps: a gzip bomb never becomes memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from dashboard.turn.verdict import Fault

STEP_BYTES = 64 * 1024


class Undecodable(Exception):  # noqa: N818  # what a back end sends is no error of ours
    """The body is not what its Content-Encoding says, or in one that we do not read."""

    fault = Fault.UNDECODABLE


class Inflater:
    """Content-Encoding identity, gzip or deflate; each flush of the server's comes out at once.

    Errors: Undecodable from `feed`.
    """

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding.strip().lower()
        # 32 + 15: zlib or gzip, told from the first bytes
        self._zlib = zlib.decompressobj(47) if self._encoding in ("gzip", "x-gzip", "deflate") else None

    def feed(self, raw: bytes) -> Iterator[bytes]:
        """The bytes that `raw` inflates to, at most STEP_BYTES at a time."""
        if self._zlib is None:
            if self._encoding not in ("", "identity"):
                raise Undecodable(f"Content-Encoding {self._encoding[:40]!r}, although identity was asked for")
            yield raw
            return
        while raw:
            try:
                piece = self._zlib.decompress(raw, STEP_BYTES)
            except zlib.error as error:
                raise Undecodable(f"Content-Encoding {self._encoding}: {error}") from None
            if piece:
                yield piece
            if self._zlib.eof:
                return
            raw = self._zlib.unconsumed_tail
