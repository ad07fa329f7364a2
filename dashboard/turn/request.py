"""What goes out with a question, for whom, the head of what comes back, and how a connection is left."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from dashboard.config import Backend
from dashboard.wire.dialect import Ask

EVENT_STREAM = "text/event-stream"
LAST_EVENT_ID_BYTES = 4096
TRACEPARENT = "traceparent"
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}.*")


class Head(msgspec.Struct, frozen=True):
    """A response's status and headers (names in lower case).

    `dialled_at` is when the connection stood (TCP, TLS, proxy) and the request went out; None where nobody saw it.
    """

    status: int
    headers: Mapping[str, str]
    dialled_at: float | None = None

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Origin(msgspec.Struct, frozen=True):
    """Who asks: the browser session ("" none) and the source: live, canary, check or replay; and as what it is traced.

    `trace_id` is 32 hexadecimal digits, "" for none; `traceparent` the header that carries it, "" when none is to be
    added (W3C Trace Context).
    """

    session: str = ""
    source: str = "live"
    trace_id: str = ""
    traceparent: str = ""

    def traced(self, ask: Ask) -> Ask:
        """`ask` with our traceparent, unless it has one."""
        if not self.traceparent or any(name.lower() == TRACEPARENT for name in ask.headers):
            return ask
        return msgspec.structs.replace(ask, headers={**ask.headers, TRACEPARENT: self.traceparent})


def traced_origin(backend: Backend, session: str, source: str, trace_id: str, span_id: str) -> Origin:
    """An Origin with that new trace (32 and 16 hexadecimal digits), or with the one that the backend's headers say.

    What is replayed is asked nobody, and has none.
    """
    if not backend.traceparent or source == "replay":
        return Origin(session, source)
    for name, value in backend.headers.items():
        if name.lower() == TRACEPARENT and value.reveal():
            theirs = _TRACEPARENT.fullmatch(value.reveal())
            return Origin(session, source, theirs[1] if theirs else "")
    return Origin(session, source, trace_id, f"00-{trace_id}-{span_id}-01")


class Left(NamedTuple):
    """How a connection was let go after Stop: the fields of events.StopAudited."""

    closed: bool | None
    closed_s: float
    unread: int
    last_byte_s: float | None


class Start(msgspec.Struct, frozen=True):
    """How a turn begins, where that is not what its dialect does by itself.

    `ask` overrides the dialect's own request (a pasted curl command); `last_event_id` is the one in force before the
    first byte; `dedupe` drops what a resume sends again.
    """

    ask: Ask | None = None
    last_event_id: str = ""
    dedupe: bool = True


def ask_headers(ask: Ask, extra: Sequence[tuple[str, str]] = ()) -> list[tuple[str, str]]:
    """A fresh header list for one attempt: what every event source sends, the dialect's own, then the configured.

    Later names replace earlier ones (case-insensitive). A Last-Event-ID that is empty, illegal in a header or over 4 KB
    is left out: better the whole stream again than a server that answers 431 for ever.
    """
    names: dict[str, tuple[str, str]] = {}
    base = (("Accept", EVENT_STREAM), ("Cache-Control", "no-cache"), ("Accept-Encoding", "identity"))
    for name, value in (*base, *ask.headers.items(), *extra):
        if name.lower() != "last-event-id" or _may_send(value):
            names[name.lower()] = (name, value)
    return list(names.values())


def _may_send(event_id: str) -> bool:
    illegal = any((char < " " and char != "\t") or char == "\x7f" for char in event_id)
    return bool(event_id.strip()) and not illegal and len(event_id.encode("utf-8", "replace")) <= LAST_EVENT_ID_BYTES
