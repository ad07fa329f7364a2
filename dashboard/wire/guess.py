"""Which dialect is it? By the address before anything came, by the first messages after."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from dashboard.wire import payload
from dashboard.wire.chat_event import Malformed
from dashboard.wire.dialects import DIALECTS
from dashboard.wire.frame import Message
from dashboard.wire.text_path import propose_text_path

__all__ = ["guess_by_messages", "guess_by_path", "looks_like", "propose_text_path"]

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


def looks_like(messages: Sequence[Message]) -> str | None:
    """In words: what a stream is that could not be read as what was expected; None when nobody knows.

    >>> looks_like([Message("message", '{"object": "chat.completion.chunk", "choices": []}')])
    'this looks like openai-chat; set dialect: openai-chat'
    """
    name = guess_by_messages(messages)
    if name is not None:
        return f"this looks like {name}; set dialect: {name}"
    unspoken = next(filter(None, map(_unspoken, messages[:LOOKED_AT])), None)
    return unspoken and f"this looks like {unspoken}, which no dialect speaks"


def _unspoken(message: Message) -> str | None:
    """Protocols that people run, by name, though we cannot read them."""
    body = payload.parse_object(message.data)
    if isinstance(body, Malformed):
        return None
    kind = body.get("type")
    if isinstance(kind, str) and kind.startswith("response."):
        return "OpenAI's Responses API"
    return "MCP" if "jsonrpc" in body else None
