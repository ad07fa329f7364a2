"""A recorded response, to be played back: JSON lines → status, headers and reads with their times. Pure.

First `{"meta": {status, headers, t_headers, …}}`, then `{"t": seconds since the request, "b64": bytes}` a read, last
`{"t", "b64": "", "end": complete | truncated | reset | timeout | client-closed | close}`. Of several attempts in one
file the first is played.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

import msgspec

ENDS = ("complete", "truncated", "reset", "timeout", "client-closed", "close")
_NOT_REPLAYED = frozenset(
    ("connection", "content-encoding", "content-length", "date", "keep-alive", "server", "transfer-encoding", "vary")
)
"""Headers that belong to the connection or to the server that is recorded, not to the answer."""


class RecordingError(ValueError):
    """A file that is no recording: one sentence with file, line, expected and got."""


class Recording(msgspec.Struct, frozen=True):
    """One response; times in seconds from the request. `end` is one of ENDS, `status` 0 when none came."""

    status: int
    headers: Mapping[str, str]
    head_s: float
    reads: tuple[tuple[float, bytes], ...]
    end: str
    end_s: float
    note: str = ""


class _Meta(msgspec.Struct, frozen=True):
    status: int = 0
    headers: dict[str, str] = {}
    t_headers: float | None = None
    note: str = ""


class _First(msgspec.Struct, frozen=True):
    meta: _Meta


class _Row(msgspec.Struct, frozen=True):
    t: float
    b64: str
    end: str = "complete"


def parse_recording(text: str, file: str) -> Recording:
    """The first attempt that `text` tells of. Errors: RecordingError."""
    first, *lines = text.splitlines() or [""]
    meta = _meta(first, f"{file}: line 1")
    reads: list[tuple[float, bytes]] = []
    end, end_s = "client-closed", None
    for number, line in enumerate(lines, 2):
        if line.startswith('{"meta"'):
            break
        row, data = _row(line, f"{file}: line {number}")
        if not data:
            end, end_s = row.end, row.t
            break
        reads.append((row.t, data))
    if end not in ENDS:
        raise RecordingError(f"{file}: end: expected one of {', '.join(ENDS)}, got {end[:40]!r}")
    last = reads[-1][0] if reads else 0.0
    head_s = meta.t_headers or (reads[0][0] if reads else 0.0)
    kept = {name.title(): value for name, value in meta.headers.items() if name.lower() not in _NOT_REPLAYED}
    return Recording(meta.status, kept, head_s, tuple(reads), end, last if end_s is None else end_s, meta.note)


def _meta(line: str, where: str) -> _Meta:
    try:
        return msgspec.json.decode(line, type=_First).meta
    except msgspec.MsgspecError:
        raise RecordingError(f'{where}: expected {{"meta": …}}, got {line[:60]!r}') from None


def _row(line: str, where: str) -> tuple[_Row, bytes]:
    try:
        row = msgspec.json.decode(line, type=_Row)
        return row, base64.b64decode(row.b64, validate=True)
    except (msgspec.MsgspecError, binascii.Error):
        raise RecordingError(f'{where}: expected {{"t": seconds, "b64": bytes}}, got {line[:60]!r}') from None
