"""What a dialect is: one wire protocol, how to ask in it and how to read what comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec

from dashboard.wire.chat_event import ChatEvent
from dashboard.wire.encodable import encodable
from dashboard.wire.frame import Message


class Question(msgspec.Struct, frozen=True):
    """What a person asks. `history` holds the earlier (role, text) pairs, role being "user" or "assistant".

    Whatever was typed, or answered before, it can be sent: halves of a surrogate pair that came apart are joined, lone
    ones become U+FFFD.
    """

    text: str
    history: tuple[tuple[str, str], ...] = ()
    conversation: str = ""
    scenario: str = ""
    """Name of a stub scenario; "" asks for none. Only back ends that list scenarios are sent it."""
    id: str = ""
    """Of this asking alone: the ids in a request are made of it. A turn gives its own id."""

    def __post_init__(self) -> None:
        for field in ("text", "conversation", "scenario", "id"):
            msgspec.structs.force_setattr(self, field, encodable(getattr(self, field)))
        if self.history:
            sendable = tuple((role, encodable(text)) for role, text in self.history)
            msgspec.structs.force_setattr(self, "history", sendable)


class Ask(msgspec.Struct, frozen=True):
    """An HTTP request as a dialect wants it; `url` is absolute, `body` None sends none."""

    method: str
    url: str
    headers: Mapping[str, str] = {}
    body: bytes | None = None


class Endpoint(msgspec.Struct, frozen=True):
    """The part of a backend's configuration that a dialect may use."""

    url: str
    method: str = "POST"
    options: Mapping[str, Any] = {}
    """The backend's `ask:` (model, system, params) or, for the dialect custom, its `custom:`."""


def with_query(url: str, query: str) -> str:
    """`url` with `query` (already encoded) after the query that it has."""
    parts = urlsplit(url)
    return parts._replace(query="&".join(part for part in (parts.query, query) if part)).geturl()


class Dialect(Protocol):
    """One object an attempt: it may keep state between messages of one stream.

    `media_types` are accepted beside text/event-stream (flagged as an anomaly). `needs_finish`: the terminator
    alone is no success, a Finish must have been heard too. `ends_at_eof`: a clean end of the transport is the
    terminator. Both are asked after each message, and may depend on what came. A dialect that resumes may also have
    `incomplete`: why a part of the answer is known to be missing ("" while none is). `paths` are the ends of URL paths where this dialect is usually served; `recognises` says whether a
    message can be nobody else's: by these two a dialect is guessed.
    """

    name: str
    paths: tuple[str, ...]
    media_types: frozenset[str]
    needs_finish: bool
    ends_at_eof: bool

    def __init__(self, endpoint: Endpoint) -> None: ...

    @classmethod
    def recognises(cls, message: Message) -> bool:
        """Whether `message` looks like this dialect and like no other. Never raises."""
        ...

    def ask(self, question: Question) -> Ask:
        """The request that asks `question`."""
        ...

    def read(self, message: Message) -> Sequence[ChatEvent]:
        """What one message means. Never raises: what can't be read is Malformed or Unknown."""
        ...

    def resume(self, question: Question, last_event_id: str) -> Ask | None:
        """The request that continues a cut stream after `last_event_id`; None where the protocol cannot."""
        ...
