"""Which dialect is it? By the address before anything came, by the first messages after."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from dashboard.wire.dialects import DIALECTS
from dashboard.wire.frame import Message
from dashboard.wire.text_path import propose_text_path

__all__ = ["guess_by_messages", "guess_by_path", "propose_text_path"]

LOOKED_AT = 50
"""So many messages are enough to know."""


def guess_by_path(url: str) -> str | None:
    """The dialect usually served at the path of `url`; None when the path tells nothing.

    >>> guess_by_path("http://127.0.0.1:8900/v1/chat/completions")
    'openai-chat'
    """
    path = urlsplit(url).path.rstrip("/").lower()
    return next((name for name, kind in DIALECTS.items() if path.endswith(kind.paths) and kind.paths), None)


def guess_by_messages(messages: Sequence[Message]) -> str | None:
    """The dialect that first recognises a message as its own; None when none does."""
    for message in messages[:LOOKED_AT]:
        for name, kind in DIALECTS.items():
            if kind.recognises(message):
                return name
    return None
