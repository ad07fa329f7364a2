"""Recordings, written and read: the bytes of a turn with their arrival times (the format: wire.recorded)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
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
    HeadRefused,
    TurnEvent,
)
from dashboard.turn.verdict import Fault, Outcome
from dashboard.wire.recorded import Attempt, parse_recording

KEPT_HEADERS = frozenset(
    {
        "age", "cache-control", "connection", "content-encoding", "content-length", "content-type", "date", "keep-alive",
        "retry-after", "server", "transfer-encoding", "vary", "via", "x-accel-buffering", "x-cache", "x-request-id",
    }
)  # fmt: skip
"""Response headers that a recording keeps; any other may hold a secret and is dropped."""


def read_recording(path: Path) -> list[Attempt]:
    """The attempts in a file, in order. Errors: RecordingError, and OSError for a file that cannot be read."""
    return parse_recording(path.read_bytes().splitlines(), str(path))


class Recorder:
    """An Observer that keeps one turn's bytes for a file; bounded: past `max_bytes` it keeps no more and says so.

    Request headers are never kept (a secret may be in any), response headers only the harmless ones.
    """

    def __init__(self, *, max_bytes: int = 64 * 1024 * 1024) -> None:
        self.dropped_bytes = 0
        self._room = max_bytes
        self._lines: list[bytes] = []
        self._asked: Asked | None = None
        self._connecting_at = 0.0
        self._open = False

    def observe(self, event: TurnEvent) -> None:
        match event:
            case ChunkArrived(at=at, data=data):
                if len(data) <= self._room:
                    self._room -= len(data)
                    self._line({"t": self._t(at), "b64": base64.b64encode(data).decode()})
                else:
                    self._room, self.dropped_bytes = 0, self.dropped_bytes + len(data)
            case Asked():
                self._asked = event
            case Connecting(at=at):
                self._connecting_at = at
            case Connected():
                self._head(event.status, event.headers, event.at)
            case HeadRefused(body=body, at=at):
                self._head(event.status, event.headers, at)
                if body:
                    self._line({"t": self._t(at), "b64": base64.b64encode(body).decode()})
            case Disconnected(fault=fault, at=at):
                self._close(fault, "truncated" if fault == Fault.CUT else fault, at)
            case Ended(fault=fault, outcome=outcome, at=at):
                self._close(fault, _end(outcome, fault), at)
            case _:
                pass

    def _t(self, at: float) -> float:
        return round(at - (self._asked.at if self._asked else at), 6)

    def _line(self, row: dict[str, Any]) -> None:
        self._lines.append(msgspec.json.encode(row))

    def _head(self, status: int, headers: Mapping[str, str], at: float) -> None:
        asked = self._asked
        self._open = True
        self._line(
            {
                "meta": {
                    "backend": asked.backend if asked else "",
                    "dialect": asked.dialect if asked else "",
                    "question": asked.question if asked else "",
                    "status": status,
                    "headers": {name: value for name, value in headers.items() if name in KEPT_HEADERS},
                    "t_headers": self._t(at),
                }
            }
        )

    def _close(self, fault: str, end: str, at: float) -> None:
        if not self._open:
            self._head(0, {}, self._connecting_at)
            end = fault or end
        self._line({"t": self._t(at), "b64": "", "end": end})
        self._open = False

    def write(self, path: Path) -> None:
        """Writes the file whole or not at all. Errors: OSError."""
        beside = path.with_name(path.name + ".part")
        beside.write_bytes(b"\n".join(self._lines) + b"\n")
        beside.replace(path)


def _end(outcome: str, fault: str) -> str:
    if outcome == Outcome.STOPPED:
        return "client-closed"
    if fault == Fault.CUT:
        return "truncated"
    return "timeout" if fault in (Fault.SILENT, Fault.HEAD_TIMEOUT) else "complete"
