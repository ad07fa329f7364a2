"""Pure: a turn as a file to take along, and what is taken out of it before it leaves."""

from __future__ import annotations

import base64
import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from dashboard.telemetry.recording import KEPT_HEADERS
from dashboard.turn.events import ChunkArrived, Connected, Connecting, HeadRefused, MessageArrived, TurnEvent
from dashboard.ui.event_log import meant
from dashboard.ui.plain import one_line
from dashboard.wire.recorded import Attempt
from dashboard.wire.redact import Redactor

FORMATS: Mapping[str, tuple[str, str, str]] = {
    "recording": (
        "jsonl",
        "application/x-ndjson",
        "every byte with its time; `streamgauge replay` and this page read it",
    ),
    "ndjson": ("ndjson", "application/x-ndjson", "every event of the turn, one JSON object a line"),
    "csv": ("csv", "text/csv", "every event, a row each, for a spreadsheet"),
}
"""What can be taken along: name → file ending, media type, what it is."""

KEPT_META = ("backend", "dialect", "dropped_bytes", "t_connected", "trace_id")
PLACES = 20
AROUND = 24
_MASKED = re.compile(rb"\*{6,}")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
CSV_HEAD = ("t", "type", "kind", "event", "id", "bytes", "says", "means")


def recording(attempts: Sequence[Attempt], redactor: Redactor) -> bytes:
    """As a recording file, the bytes of each attempt without secrets."""
    lines: list[Any] = []
    for attempt in attempts:
        kept = {name: redactor.text(value) for name, value in attempt.headers.items() if name in KEPT_HEADERS}
        known = {name: attempt.meta[name] for name in KEPT_META if name in attempt.meta}
        question = redactor.text(str(attempt.meta.get("question", "")))
        known |= {"question": question, "status": attempt.status, "headers": kept, "t_headers": attempt.head_t}
        lines.append({"meta": known})
        scrubbed = redactor.reads(data for _, data in attempt.reads)
        lines += [
            {"t": at, "b64": base64.b64encode(data).decode()}
            for (at, _), data in zip(attempt.reads, scrubbed, strict=True)
        ]
        lines.append({"t": attempt.end_t, "b64": "", "end": attempt.end})
    return b"".join(msgspec.json.encode(line) + b"\n" for line in lines)


def ndjson(events: Iterable[TurnEvent]) -> bytes:
    """One object an event: `t` seconds after the request, `type`, its fields; of a read only its size."""
    return b"".join(msgspec.json.encode(_plain(event)) + b"\n" for event in events)


def _plain(event: TurnEvent) -> dict[str, Any]:
    fields = msgspec.structs.asdict(event)
    at, _ = fields.pop("at"), fields.pop("turn")
    if isinstance(event, ChunkArrived):
        fields.pop("data")
    if isinstance(event, HeadRefused):
        fields["body"] = event.body.decode("utf-8", "replace")
    said = fields.get("chat_event")
    if said is not None:
        fields["chat_event"] = {"is": type(said).__name__, **msgspec.structs.asdict(said)}
    row: dict[str, Any] = {"t": round(at, 6), "type": type(event).__name__, **fields}
    encodable: dict[str, Any] = _encodable(row)
    return encodable


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode() if not value.isascii() else value
    if isinstance(value, Mapping):
        return {str(name): _encodable(each) for name, each in value.items()}
    return value


def table(events: Iterable[TurnEvent]) -> bytes:
    """One row an event, cells that a spreadsheet would take for a formula quoted by an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(CSV_HEAD)
    for event in events:
        fields = _plain(event)
        at, kind = fields.pop("t"), fields.pop("type")
        named = [fields.pop(name, "") for name in ("kind", "event", "id", "size")]
        data = fields.pop("data", None)
        says = (
            data if isinstance(event, MessageArrived) else "; ".join(f"{name}={said}" for name, said in fields.items())
        )
        writer.writerow([f"{at:.6f}", kind, *(cell(each) for each in (*named, says, meant(event)))])
    return out.getvalue().encode("utf-8")


def cell(value: object) -> str:
    """Text for a spreadsheet that must never run it.

    >>> cell("=1+1"), cell("fine"), cell(7)
    ("'=1+1", 'fine', '7')
    """
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


# What is taken out


class Taken(msgspec.Struct, frozen=True):
    """What an export is without: places in the bytes, in context; names of response headers."""

    places: list[str]
    total: int
    headers: list[str]


def taken(events: Sequence[TurnEvent], redactor: Redactor) -> Taken:
    """What of a kept turn will not leave with it."""
    bodies: list[list[bytes]] = []
    headers: set[str] = set()
    for event in events:
        if isinstance(event, Connecting) or not bodies:
            bodies.append([])
        if isinstance(event, ChunkArrived):
            bodies[-1].append(event.data)
        elif isinstance(event, Connected | HeadRefused):
            headers |= {name for name in event.headers if name not in KEPT_HEADERS}
            bodies[-1] += [event.body] if isinstance(event, HeadRefused) else []
    return _told([b"".join(parts) for parts in bodies], redactor, headers)


def taken_from(attempts: Sequence[Attempt], redactor: Redactor) -> Taken:
    """The same for a recording that came from a file."""
    headers = {name for attempt in attempts for name in attempt.headers if name not in KEPT_HEADERS}
    return _told([b"".join(data for _, data in attempt.reads) for attempt in attempts], redactor, headers)


def _told(bodies: Sequence[bytes], redactor: Redactor, headers: Iterable[str]) -> Taken:
    places: list[str] = []
    total = 0
    for body in bodies:
        scrubbed = redactor.scrub(body)
        for found in _MASKED.finditer(scrubbed):
            start, end = found.span()
            if body[start:end] == scrubbed[start:end]:
                continue  # asterisks of its own
            total += 1
            if len(places) < PLACES:
                around = scrubbed[max(0, start - AROUND) : end + AROUND].decode("utf-8", "replace")
                places.append(one_line(around, 160))
    return Taken(places, total, sorted(one_line(name, 60) for name in headers)[:PLACES])
