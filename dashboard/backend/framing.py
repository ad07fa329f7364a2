"""Where the body of a response begins and ends among the bytes of its connection (RFC 9112 §6.3 and §7.1). Sans-IO.

It accepts nothing that h11, the HTTP library's own parser, would not accept (tests/backend/test_framing.py holds the two
beside each other, byte by byte), but for the white space before a chunk's extension, which §7.1.1 allows; and it is
stricter where that one is lenient: trailers are bounded and not folded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

SIZE_LINE_BYTES = 4096
"""Of a chunk's size with its extensions."""
TRAILER_BYTES = 16 * 1024
"""Of all trailers together."""

_SIZE = re.compile(rb"([0-9A-Fa-f]{1,20})[ \t]*(?:;[^\n]*)?\r\n")
_ONLY_SIZE = re.compile(rb"([0-9A-Fa-f]{1,20})\r\n")
_TRAILER = re.compile(
    rb"(?!(?i:content-length|transfer-encoding):)[-!#$%&'*+.^_`|~0-9a-zA-Z]+:[\t\x20-\x7e\x80-\xff]*\r\n"
)
_CUT = "peer closed connection without sending complete message body"
"""As h11 says it."""


class Framing(Protocol):
    """One body. `over` once nothing more of it can come; `broken` says why, when that was before its end."""

    over: bool
    broken: str

    def feed(self, data: bytes) -> bytes:
        """The bytes of the body in `data`, up to where it ends or breaks; whatever comes then is none of it."""
        ...

    def eof(self) -> None:
        """The connection has ended; that is the end of the body, or a cut."""
        ...


def framing_of(method: str, http_version: str, status: int, headers: Mapping[str, str]) -> Framing | None:
    """How the body under this head ends; None where it is for the HTTP library to say.

    `headers` have lower-case names, and were found valid by the library.
    """
    if method == "HEAD" or status < 200 or status in (204, 304) or http_version not in ("HTTP/1.1", "HTTP/1.0"):
        return None
    coding, length = headers.get("transfer-encoding"), headers.get("content-length")
    if coding is not None:  # which has the first word, whatever a Content-Length says
        return Chunked() if coding.lower() == "chunked" and http_version == "HTTP/1.1" else None
    if length is None:
        return UntilClose()
    return Length(int(length)) if length.isascii() and length.isdigit() and len(length) <= 20 else None


class UntilClose:
    """All that comes until the connection ends."""

    __slots__ = ("broken", "over")

    def __init__(self) -> None:
        self.over, self.broken = False, ""

    def feed(self, data: bytes) -> bytes:
        return b"" if self.over else data

    def eof(self) -> None:
        self.over = True


class Length:
    """So many bytes."""

    __slots__ = ("_left", "_promised", "broken", "over")

    def __init__(self, promised: int) -> None:
        self._promised = self._left = promised
        self.over, self.broken = not promised, ""

    def feed(self, data: bytes) -> bytes:
        if self.over:
            return b""
        data = data[: self._left]
        self._left -= len(data)
        self.over = not self._left
        return data

    def eof(self) -> None:
        if not self.over:
            came = self._promised - self._left
            self.over, self.broken = True, f"{_CUT} (received {came} bytes, expected {self._promised})"


class Chunked:
    """Chunks, each after its size, then perhaps trailers, which are passed over."""

    __slots__ = ("_held", "_in_trailers", "_left", "_trailer_bytes", "broken", "over")

    def __init__(self) -> None:
        self.over, self.broken = False, ""
        self._held = b""
        """A line that has not ended."""
        self._left = 0
        """Bytes of the chunk under way, the CR and LF after it among them."""
        self._in_trailers = False
        self._trailer_bytes = 0

    def feed(self, data: bytes) -> bytes:
        if not self._left and not self._in_trailers and not self._held and not self.over:
            # nearly always: one whole chunk, and nothing else
            size = _ONLY_SIZE.match(data)
            if size is not None:
                begin, length = size.end(), int(size[1], 16)
                if length and begin + length + 2 == len(data) and data.endswith(b"\r\n"):
                    return data[begin:-2]
        return self._careful(data)

    def _careful(self, data: bytes) -> bytes:
        if self._held:
            data, self._held = self._held + data, b""
        pieces: list[bytes] = []
        at, end = 0, len(data)
        while at < end and not self.over:
            if self._left:
                at = self._chunk(data, at, pieces)
                continue
            line_end = data.find(b"\n", at) + 1
            if not line_end or line_end - at > TRAILER_BYTES:
                self._unended(data[at:])
                break
            self._line(data[at:line_end])
            at = line_end
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _chunk(self, data: bytes, at: int, pieces: list[bytes]) -> int:
        """What there is of the chunk under way; where that ends."""
        if self._left > 2:
            piece = data[at : at + self._left - 2]
            pieces.append(piece)
            self._left -= len(piece)
            return at + len(piece)
        footer = data[at : at + self._left]
        if footer != b"\r\n"[-self._left :][: len(footer)]:
            self._break(f"malformed chunk footer: {footer!r}")
        self._left -= len(footer)
        return at + len(footer)

    def _unended(self, rest: bytes) -> None:
        """A line that has no end yet: it is kept, if it can still be one."""
        if len(rest) > (TRAILER_BYTES - self._trailer_bytes if self._in_trailers else SIZE_LINE_BYTES):
            self._break("a line of its framing is too long")
        else:
            self._held = rest

    def _line(self, line: bytes) -> None:
        if not self._in_trailers:
            self._size(line)
            return
        self._trailer_bytes += len(line)
        if line == b"\r\n":
            self.over = True
        elif self._trailer_bytes > TRAILER_BYTES:
            self._break("its trailers are too long")
        elif not _TRAILER.fullmatch(line):
            self._break(f"illegal trailer: {line[:40]!r}")

    def _size(self, line: bytes) -> None:
        size = _SIZE.fullmatch(line)
        if size is None or len(line) > SIZE_LINE_BYTES:
            self._break(f"illegal chunk header: {line[:40]!r}")
            return
        length = int(size[1], 16)
        self._in_trailers = not length
        self._left = length + 2 if length else 0

    def _break(self, why: str) -> None:
        self.over, self.broken = True, f"malformed chunked body: {why}"

    def eof(self) -> None:
        if not self.over:
            self.over, self.broken = True, f"{_CUT} (incomplete chunked read)"
