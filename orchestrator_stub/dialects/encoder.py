"""What an encoder is: one wire protocol, how to say things in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from orchestrator_stub.dialects.said import Said


class Wish(msgspec.Struct, frozen=True):
    """What a request has to say about the form of its answer; most protocols read none of it."""

    model: str = "stub"
    usage: bool = False
    """Tokens are to be reported."""
    question_tokens: int = 0
    created: int = 0
    """When it was asked, Unix seconds."""


class Encoder(Protocol):
    """One object a run: it may keep state between messages of one stream."""

    path: str
    """Where requests of this protocol arrive."""
    media_type: str
    resumable: bool
    """Messages have ids and a reader may come back; without, neither `id:` nor `retry:` is sent."""
    streamed: bool
    """Messages of an event stream; if not, all that is encoded is the one body of an ordinary answer."""

    def __init__(self, run: str, wish: Wish = ...) -> None: ...

    def encode(self, said: Said) -> Sequence[str]:
        """The `data` of the messages that say it, one line each; none where the protocol has no word for it."""
        ...
