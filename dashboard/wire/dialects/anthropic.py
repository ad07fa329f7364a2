"""Anthropic's Messages, streamed: content blocks of text, thinking and tool use, then a stop reason and message_stop.

What a message is stands in its `type` and in the SSE `event:` field; either is enough. `message_start` reports the input
tokens, `message_delta` the output tokens so far.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from dashboard.wire import payload
from dashboard.wire.chat_event import (
    ChatEvent,
    End,
    Finish,
    Malformed,
    Ping,
    Reasoning,
    Text,
    ToolCall,
    Unknown,
    Usage,
)
from dashboard.wire.dialect import Ask, Endpoint, Question
from dashboard.wire.frame import Message

VERSION = "2023-06-01"
"""Of the API; a configured header `anthropic-version` replaces it."""

MAX_TOKENS = 1024
"""The API wants a bound; `params: {max_tokens: …}` sets another."""

OWN_TYPES = frozenset(
    (
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    )
)
MOST_BLOCKS = 128
DETAIL_CHARS = 2048


class Anthropic:
    """Reads one stream; remembers which content block is which tool call."""

    name = "anthropic"
    paths: tuple[str, ...] = ("/v1/messages", "/messages")
    media_types: frozenset[str] = frozenset()
    needs_finish = True
    ends_at_eof = False

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._tools: dict[int, tuple[str, str]] = {}

    @classmethod
    def recognises(cls, message: Message) -> bool:
        body = payload.parse_object(message.data)
        kind = body.get("type", message.event) if isinstance(body, dict) else None
        return isinstance(kind, str) and kind in OWN_TYPES

    def ask(self, question: Question) -> Ask:
        options = self._endpoint.options
        messages = [{"role": role, "content": text} for role, text in question.history]
        wanted = {
            "model": options.get("model") or None,
            "max_tokens": MAX_TOKENS,
            "system": options.get("system") or None,
            "messages": [*messages, {"role": "user", "content": question.text}],
            "stream": True,
            **(options.get("params") or {}),
        }
        body = msgspec.json.encode({key: value for key, value in wanted.items() if value is not None})
        return Ask("POST", self._endpoint.url, {"Content-Type": "application/json", "anthropic-version": VERSION}, body)

    def resume(self, question: Question, last_event_id: str) -> Ask | None:  # noqa: ARG002  # the protocol cannot
        return None

    def read(self, message: Message) -> Sequence[ChatEvent]:
        data = message.data.strip()
        if message.event == "ping":
            return [Ping()]
        if not data:
            return []
        if message.event == "error":
            return [payload.error_event(data)]
        body = payload.parse_object(data)
        if isinstance(body, Malformed):
            return [body]
        kind = body.get("type")
        if not isinstance(kind, str) or not kind:
            kind = "error" if payload.failure(body) else message.event
        return list(self._meaning(kind, body))

    def _meaning(self, kind: str, body: Mapping[str, Any]) -> Iterator[ChatEvent]:
        match kind:
            case "content_block_delta":
                yield from self._delta(payload.count(body.get("index")) or 0, body.get("delta"))
            case "content_block_start":
                yield from self._block(payload.count(body.get("index")) or 0, body.get("content_block"))
            case "content_block_stop":
                tool = self._tools.get(payload.count(body.get("index")) or 0)
                if tool:
                    yield ToolCall(*tool, "end")
            case "message_start":
                tokens = payload.count(payload.at(body, "message.usage.input_tokens"))
                if tokens is not None:
                    yield Usage(tokens, None)
            case "message_delta":
                yield from _message_delta(body)
            case "message_stop":
                yield End()
            case "ping":
                yield Ping()
            case "error":
                yield payload.failure(body) or payload.backend_error(body)
            case _:
                yield Unknown(payload.one_line(kind))

    def _block(self, index: int, block: Any) -> Iterator[ChatEvent]:
        """A block begins; text and thinking may stand in it already."""
        if not isinstance(block, dict):
            yield Malformed("`content_block` is no object")
            return
        kind = payload.name(block.get("type"))
        self._tools.pop(index, None)
        if kind.endswith("tool_use"):  # tool_use, server_tool_use, mcp_tool_use
            tool = payload.name(block.get("name")), payload.name(block.get("id"))
            if len(self._tools) < MOST_BLOCKS:
                self._tools[index] = tool
            yield ToolCall(*tool)
        elif kind.endswith("tool_result"):
            call_id = payload.name(block.get("tool_use_id"))
            yield ToolCall(kind, call_id, "result", payload.said(block.get("content"))[:DETAIL_CHARS])
        elif text := _string(block.get("text")):
            yield Text(text)
        elif thought := _string(block.get("thinking")):
            yield Reasoning(thought)

    def _delta(self, index: int, delta: Any) -> Iterator[ChatEvent]:
        if not isinstance(delta, dict):
            yield Malformed("`delta` is no object")
        elif text := _string(delta.get("text")):
            yield Text(text)
        elif thought := _string(delta.get("thinking")):
            yield Reasoning(thought)
        elif arguments := _string(delta.get("partial_json")):
            yield ToolCall(*self._tools.get(index, ("", "")), "args", arguments)


def _message_delta(body: Mapping[str, Any]) -> Iterator[ChatEvent]:
    usage = body.get("usage")
    if isinstance(usage, dict):
        yield Usage(payload.count(usage.get("input_tokens")), payload.count(usage.get("output_tokens")))
    reason = payload.name(payload.at(body, "delta.stop_reason"))
    if reason:
        yield Finish(reason)


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
