"""What the SSE decoder yields: a Message, a Comment or a Retry (WHATWG HTML §9.2.6)."""

from __future__ import annotations

import msgspec


class Message(msgspec.Struct, frozen=True, gc=False):
    """One dispatched event; `last_event_id` is the id in force at dispatch, its own or an earlier one."""

    event: str
    data: str
    last_event_id: str = ""
    own_id: bool = False
    """The id came with this very message (an `id:` line of its own), so it can tell a duplicate."""


class Comment(msgspec.Struct, frozen=True, gc=False):
    """A line that starts with a colon: a heartbeat. `text` is its first 256 bytes, decoded."""

    text: str


class Retry(msgspec.Struct, frozen=True, gc=False):
    """A valid `retry:` line; `delay_ms` is clamped to 100…60,000 ms."""

    delay_ms: int


Frame = Message | Comment | Retry
