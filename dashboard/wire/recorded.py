"""Recordings as data: JSON lines → attempts, the bytes of a turn with their arrival times.

A recording holds, for each attempt of the turn, `{"meta": {...}}` (backend, dialect, request without secrets, status,
headers, t_headers and, where it was seen, t_connected), one `{"t": seconds since the request, "b64": bytes}` a read, and last `{"t", "b64": "", "end"}`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from math import isfinite, nan
from typing import IO, Any

import msgspec

LINE_BYTES = 16 * 1024 * 1024
"""A longer line is no read of ours: a read is what came in one wake-up."""
FILE_BYTES = 128 * 1024 * 1024
"""More than the largest recording that we write."""
UNFINISHED = "unfinished"
"""The `end` of an attempt whose end was not recorded: what became of it nobody knows."""


class RecordingError(ValueError):
    """A file that is no recording: one sentence with file, line, expected and got."""


class Attempt(msgspec.Struct, frozen=True):
    """One recorded response; `reads` are (seconds since the request, bytes) in order; `end_t` when it ended.

    `status` 0: no response came, and `end` names the fault.
    """

    status: int
    headers: Mapping[str, str]
    reads: tuple[tuple[float, bytes], ...]
    end: str
    end_t: float
    head_t: float = 0.0
    meta: Mapping[str, Any] = {}
    dialled_t: float | None = None


def lines_of(file: IO[bytes], name: str) -> Iterator[bytes]:
    """The lines of a file, each read only so far as it can be one. Errors: RecordingError past LINE_BYTES or FILE_BYTES."""
    size = number = 0
    while line := file.readline(LINE_BYTES + 1):
        number, size = number + 1, size + len(line)
        if len(line) > LINE_BYTES:
            raise RecordingError(
                f"{name}: line {number}: expected a line of at most {LINE_BYTES:,} bytes, got a longer one"
            )
        if size > FILE_BYTES:
            raise RecordingError(f"{name}: expected a recording of at most {FILE_BYTES:,} bytes, got a larger file")
        yield line


def parse_recording(lines: Iterable[bytes], name: str = "recording") -> list[Attempt]:
    """The attempts in the lines of a recording. Errors: RecordingError."""
    attempts: list[Attempt] = []
    meta: dict[str, Any] | None = None
    reads: list[tuple[float, bytes]] = []
    for number, line in enumerate(lines, 1):
        row = _row(line, f"{name}: line {number}")
        if "meta" in row:
            if meta is not None:
                attempts.append(_attempt(meta, reads, UNFINISHED))
            meta, reads = row["meta"], []
        elif meta is None:
            raise RecordingError(f'{name}: line {number}: expected {{"meta": …}} first, got a read')
        elif row["b64"]:
            reads.append((row["t"], row["data"]))
        else:
            attempts.append(_attempt(meta, reads, str(row.get("end", "complete")), row["t"]))
            meta, reads = None, []
    if meta is not None:
        attempts.append(_attempt(meta, reads, UNFINISHED))
    if not attempts:
        raise RecordingError(f'{name}: expected JSON lines that begin with {{"meta": …}}, got nothing')
    return attempts


def _row(line: bytes, where: str) -> dict[str, Any]:
    try:
        row = msgspec.json.decode(line)
        if isinstance(row, dict) and isinstance(row.get("meta"), dict):
            _check_meta(row["meta"], where)
            return row
        row["t"] = _seconds(row["t"])
        row["data"] = base64.b64decode(row["b64"], validate=True)
        return dict(row)
    except RecordingError:
        raise
    except (msgspec.MsgspecError, binascii.Error, KeyError, TypeError, ValueError, RecursionError):
        raise RecordingError(f'{where}: expected {{"t": seconds from 0 on, "b64": bytes}}, got {line[:80]!r}') from None


def _check_meta(meta: Mapping[str, Any], where: str) -> None:
    """What a replay needs of a meta line; each may be missing."""
    status, headers = meta.get("status"), meta.get("headers")
    if status is not None and not (type(status) is int and 0 <= status <= 999):
        raise RecordingError(f"{where}: meta.status: expected an HTTP status, or 0 for no response, got {status!r}")
    if headers is not None and not isinstance(headers, dict):
        raise RecordingError(f"{where}: meta.headers: expected an object of names and values, got {headers!r}")
    for name in ("t_headers", "t_connected"):
        try:
            _seconds(0 if meta.get(name) is None else meta[name])
        except ValueError:
            raise RecordingError(
                f"{where}: meta.{name}: expected seconds from 0 on, got {repr(meta[name])[:80]}"
            ) from None


def _seconds(value: Any) -> float:
    """Errors: ValueError for what is no finite number from 0 on."""
    try:
        seconds = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else nan
    except OverflowError:  # a whole number of more than 308 digits
        seconds = nan
    if not (isfinite(seconds) and seconds >= 0):
        raise ValueError
    return seconds


def _attempt(
    meta: Mapping[str, Any], reads: list[tuple[float, bytes]], end: str, end_t: float | None = None
) -> Attempt:
    last = reads[-1][0] if reads else 0.0
    headers = {str(name).lower(): str(value) for name, value in (meta.get("headers") or {}).items()}
    end_t = last if end_t is None else end_t
    head_t = meta.get("t_headers")
    if head_t is None:
        head_t = reads[0][0] if reads else end_t
    dialled_t = meta.get("t_connected")
    dialled_t = None if dialled_t is None else float(dialled_t)
    return Attempt(meta.get("status") or 0, headers, tuple(reads), end, end_t, float(head_t), meta, dialled_t)
