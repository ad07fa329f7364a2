"""The bytes of one row of the log, as they came, beside what was read from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dashboard.telemetry.flight import FlightRecorder
from dashboard.turn.events import MessageArrived
from dashboard.ui.event_log import Entry, Place
from dashboard.ui.inspect_load import Subject, attempts_of
from dashboard.wire.frame import Message
from dashboard.wire.recorded import Attempt
from dashboard.wire.spans import spans
from dashboard.wire.sse import SseDecoder

WHOLE_BYTES = 20_000


class Raw(NamedTuple):
    """The frame as text, "" when there is none; a sentence where there is something to say about it."""

    text: str
    note: str


NOT_ON_THE_WIRE = Raw("", "Nothing of its own on the wire: this is what Streamgauge did or concluded.")
GONE = Raw("", "These bytes are not kept.")


def raw(flight: FlightRecorder, subject: Subject, entry: Entry) -> Raw:
    """May take its time in a thread; changes nothing."""
    if entry.place is None:
        return NOT_ON_THE_WIRE
    attempts = subject.attempts
    if not attempts and subject.live is not None:
        kept = flight.kept(subject.turn)
        attempts = attempts_of(kept) if kept else ()
    return _frame(attempts, entry.place, entry)


def _frame(attempts: Sequence[Attempt], place: Place, entry: Entry) -> Raw:
    answered = [attempt for attempt in attempts if attempt.status]
    if not 0 <= place.attempt < len(answered):
        return GONE
    body = b"".join(data for _, data in answered[place.attempt].reads)
    found = spans(body).comments if place.comment else spans(body).messages
    if place.number >= len(found):
        return GONE
    start, end = found[place.number]
    frame = body[start:end]
    if isinstance(entry.event, MessageArrived) and not _same(frame, entry.event):
        return Raw("", "These bytes are not kept as they were: something between has been dropped or taken out.")
    shown = frame[:WHOLE_BYTES].decode("utf-8", "replace")
    more = f"{len(frame) - WHOLE_BYTES:,} bytes more" if len(frame) > WHOLE_BYTES else ""
    return Raw(
        shown, f"{len(frame):,} bytes, from byte {start:,} of the connection's body" + (f"; {more}" if more else "")
    )


def _same(frame: bytes, event: MessageArrived) -> bool:
    decoded = SseDecoder(max_event_bytes=len(frame) + 1024).feed(frame)
    return any(isinstance(each, Message) and each.data == event.data for each in decoded)
