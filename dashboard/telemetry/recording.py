"""Recordings, written and read: the bytes of a turn with their arrival times (the format: wire.recorded)."""

from __future__ import annotations

import base64
import errno
import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from dashboard.turn.events import (
    Asked,
    ChunkArrived,
    Connected,
    Connecting,
    Disconnected,
    Ended,
    Eof,
    HeadRefused,
    TurnEvent,
)
from dashboard.turn.verdict import Fault, Outcome
from dashboard.wire.encodable import encodable
from dashboard.wire.recorded import FILE_BYTES, Attempt, lines_of, parse_recording
from dashboard.wire.redact import Redactor

KEPT_HEADERS = frozenset(
    {
        "age", "cache-control", "connection", "content-encoding", "content-length", "content-type", "date", "keep-alive",
        "retry-after", "server", "transfer-encoding", "vary", "via", "x-accel-buffering", "x-cache", "x-request-id",
    }
)  # fmt: skip
"""Response headers that a recording keeps; any other may hold a secret and is dropped."""


def read_recording(path: Path) -> list[Attempt]:
    """The attempts in a file, in order. Errors: RecordingError, also for one beyond all bounds; OSError for none to be read."""
    with path.open("rb") as file:
        return parse_recording(lines_of(file, str(path)), str(path))


LINE_CHARS = 48
"""What the line of a read has at most beside the read itself in base64."""

KEPT_EVENTS = frozenset({Asked, Connecting, Connected, HeadRefused, ChunkArrived, Eof, Disconnected, Ended})
"""What a recording is made of."""


class Recorder:
    """An Observer that keeps one turn's bytes for a file; past `max_bytes` of the file it keeps no more and says so.

    Request headers are never kept (a secret may be in any), response headers only the harmless ones, and what
    `redactor` knows as a secret is overwritten in what was said.
    """

    def __init__(self, redactor: Redactor, *, max_bytes: int = FILE_BYTES - 1024 * 1024) -> None:
        self.dropped_bytes = 0
        self._redactor = redactor
        self._room = max_bytes
        self._events: list[TurnEvent] = []

    def observe(self, event: TurnEvent) -> None:
        """Keeps what a recording is made of."""
        if type(event) not in KEPT_EVENTS:
            return
        if type(event) is ChunkArrived:
            length = LINE_CHARS + event.size * 4 // 3
            if length > self._room:
                self._room, self.dropped_bytes = 0, self.dropped_bytes + event.size
                return
            self._room -= length
        self._events.append(event)

    def encoded(self) -> bytes:
        """The recording so far, as a file holds it."""
        return encoded(self._events, self._redactor)

    def attempts(self) -> list[Attempt]:
        """The recording so far, as `read_recording` would read it; [] when nothing was answered yet."""
        lines = self.encoded().splitlines()
        return parse_recording(lines) if lines else []

    def write(self, path: Path, *, over: bool = False) -> None:
        """Writes the file whole or not at all; `over` one that is there already. Errors: FileExistsError, OSError."""
        write_whole(path, self.encoded(), over=over)


def write_whole(path: Path, data: bytes, *, over: bool) -> None:
    """Under its own name a file is either whole or what it was before; a pipe or a device is written to as it is.

    Errors: FileExistsError when it is there and `over` is not given, OSError.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    path = path.resolve()  # what a link leads to is written, and the link stays
    beside = path.with_name(f".streamgauge-{secrets.token_hex(8)}")
    try:
        beside.write_bytes(data)
        if over:
            beside.replace(path)
        else:
            _name(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _name(beside: Path, path: Path) -> None:
    """Gives a file its name if nothing has it; at one stroke, where the file system can."""
    try:
        path.hardlink_to(beside)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        beside.rename(path)


def encoded(events: Iterable[TurnEvent], redactor: Redactor, dropped_bytes: int = 0) -> bytes:
    """The KEPT_EVENTS of one turn as JSON lines; of `dropped_bytes` that are missing its first line tells."""
    lines = _Lines(redactor, dropped_bytes)
    for event in events:
        lines.take(event)
    return b"".join(line + b"\n" for line in lines.done())


class _Lines:
    """Writes attempts one after the other; an attempt's reads are redacted together when it ends."""

    def __init__(self, redactor: Redactor, dropped_bytes: int) -> None:
        self._redactor = redactor
        self._dropped_bytes = dropped_bytes
        self._out: list[bytes] = []
        self._reads: list[tuple[float, bytes]] = []
        self._asked: Asked | None = None
        self._connecting_at = 0.0
        self._open = self._eof = False

    def take(self, event: TurnEvent) -> None:
        match event:
            case ChunkArrived(at=at, data=data):
                self._reads.append((at, data))
            case Asked():
                self._asked = event
            case Connecting(at=at):
                self._connecting_at = at
            case Connected():
                self._head(event.status, event.headers, event.at, event.dialled_at)
            case HeadRefused(body=body, at=at):
                self._head(event.status, event.headers, at)
                self._eof = True
                if body:
                    self._reads.append((at, body))
            case Eof():
                self._eof = True
            case Disconnected(fault=fault, at=at):
                self._close(fault, self._how(fault), at)
            case Ended(fault=fault, outcome=outcome, at=at):
                self._close(fault, "client-closed" if outcome == Outcome.STOPPED else self._how(fault), at)
            case _:
                pass

    def done(self) -> list[bytes]:
        """All lines; an attempt that is still open has no end yet."""
        self._flush()
        return self._out

    def _how(self, fault: str) -> str:
        if self._eof:
            return "complete"
        if fault == Fault.CUT:
            return "truncated"
        return "timeout" if fault in (Fault.SILENT, Fault.HEAD_TIMEOUT) else "complete"

    def _t(self, at: float) -> float:
        return round(at - (self._asked.at if self._asked else at), 6)

    def _line(self, row: dict[str, Any]) -> None:
        self._out.append(msgspec.json.encode(row))

    def _told(self, words: str) -> str:
        return encodable(self._redactor.text(words))

    def _flush(self) -> None:
        scrubbed = self._redactor.reads(data for _, data in self._reads)
        for (at, _), data in zip(self._reads, scrubbed, strict=True):
            self._line({"t": self._t(at), "b64": base64.b64encode(data).decode()})
        self._reads.clear()

    def _head(self, status: int, headers: Mapping[str, str], at: float, dialled_at: float | None = None) -> None:
        asked = self._asked
        self._open, self._eof = True, False
        meta: dict[str, Any] = {
            "backend": asked.backend if asked else "",
            "dialect": asked.dialect if asked else "",
            "question": self._told(asked.question) if asked else "",
            "status": status,
            "headers": {k: self._told(v) for k, v in headers.items() if k in KEPT_HEADERS},
            "t_headers": self._t(at),
        }
        if dialled_at is not None:
            meta["t_connected"] = self._t(dialled_at)
        if asked and asked.trace_id:
            meta["trace_id"] = asked.trace_id
        if self._dropped_bytes:
            meta["dropped_bytes"], self._dropped_bytes = self._dropped_bytes, 0
        self._line({"meta": meta})

    def _close(self, fault: str, end: str, at: float) -> None:
        if not self._open:
            self._head(0, {}, self._connecting_at)
            end = fault or end
        self._flush()
        self._line({"t": self._t(at), "b64": "", "end": end})
        self._open = False
