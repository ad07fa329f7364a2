"""What goes out with a question, for whom, the head of what comes back, and how a connection is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from dashboard.wire.dialect import Ask

EVENT_STREAM = "text/event-stream"
LAST_EVENT_ID_BYTES = 4096


class Head(msgspec.Struct, frozen=True):
    """A response's status and headers (names in lower case)."""

    status: int
    headers: Mapping[str, str]

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Origin(msgspec.Struct, frozen=True):
    """Who asks: the browser session ("" none) and the source: live, canary, check or replay."""

    session: str = ""
    source: str = "live"


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
