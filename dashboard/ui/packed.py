"""Answers go out gzipped: Bokeh sends its scripts, most of a first load, as they lie on the disk.

Tornado's own transform does the packing. What it leaves to be done: a file is packed once in a process and not at every
load, a part of a file is left alone, and the tag of a packed file is a weak one, since its bytes are others.
"""

from __future__ import annotations

from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.web import GZipContentEncoding

KEPT_BYTES = 8_000_000
"""Packed files in memory, at most; the page's own are 1 MB. Beyond it a file is packed each time."""

_kept: dict[tuple[str, str], bytes] = {}


class Packed(GZipContentEncoding):
    """Packs whole answers (200) of text or script, for clients that accept gzip."""

    def __init__(self, request: HTTPServerRequest) -> None:
        super().__init__(request)
        self._path = request.path
        self._key: tuple[str, str] | None = None
        self._pieces: list[bytes] = []
        self._sent = False

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        tag = headers.get("Etag", "")
        self._gzipping = self._gzipping and status_code == 200  # a range counts the bytes of the file
        # Only a file comes in pieces and with a tag; a page is another each time.
        self._key = None if finishing or not tag else (self._path, tag)
        kept = _kept.get(self._key) if self._gzipping and self._key else None
        if kept is not None:
            self._sent = True
            headers.add("Vary", "Accept-Encoding")
            headers["Content-Encoding"], headers["Content-Length"] = "gzip", str(len(kept))
            chunk = kept
        else:
            status_code, headers, chunk = super().transform_first_chunk(status_code, headers, chunk, finishing)
        if headers.get("Content-Encoding") == "gzip" and tag and not tag.startswith("W/"):
            headers["Etag"] = f"W/{tag}"
        return status_code, headers, chunk

    def transform_chunk(self, chunk: bytes, finishing: bool) -> bytes:
        if self._sent:
            return b""
        packed = super().transform_chunk(chunk, finishing)
        if self._gzipping and self._key:
            self._pieces.append(packed)
            if finishing:
                _keep(self._key, b"".join(self._pieces))
        return packed


def _keep(key: tuple[str, str], packed: bytes) -> None:
    if len(packed) + sum(map(len, _kept.values())) <= KEPT_BYTES:
        _kept[key] = packed
