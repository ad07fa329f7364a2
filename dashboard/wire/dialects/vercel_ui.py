"""The UI message stream of Vercel's AI SDK (version 5 and newer): parts named by `type`, then `finish` and `[DONE]`.

`[DONE]` comes after an error too, so `finish` must have been heard; its reason may be left out. The parts `data-…`,
sources, files and metadata are the application's own: understood, and nothing to tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from dashboard.wire import payload
from dashboard.wire.chat_event import (
    BackendError,
    ChatEvent,
    End,
    Finish,
    Malformed,
    Reasoning,
    Step,
    Text,
    ToolCall,
    Unknown,
    Usage,
)
from dashboard.wire.dialect import Ask, Endpoint, Question
from dashboard.wire.frame import Message

DONE = "[DONE]"
QUIET = frozenset(
    (
        "start",
        "text-start",
        "text-end",
        "reasoning-start",
        "reasoning-end",
        "source-url",
        "source-document",
        "file",
        "message-metadata",
        "custom",
        "done",
    )
)
OWN_TYPES = frozenset(
    ("text-start", "text-delta", "text-end", "reasoning-start", "reasoning-delta", "start-step", "tool-input-start")
)
MOST_TOOLS = 128
DETAIL_CHARS = 2048


class VercelUi:
    """Reads one stream; remembers the names of tool calls, counts steps, and whether `finish` came."""

    name = "vercel-ui"
    paths: tuple[str, ...] = ("/api/chat", "/vercel")
    media_types: frozenset[str] = frozenset()
    ends_at_eof = False

    def __init__(self, endpoint: Endpoint) -> None:
        self.needs_finish = True
        self._endpoint = endpoint
        self._tools: dict[str, str] = {}
        self._step = 0

    @classmethod
    def recognises(cls, message: Message) -> bool:
        body = payload.parse_object(message.data)
        kind = body.get("type") if isinstance(body, dict) else None
        return isinstance(kind, str) and kind in OWN_TYPES  # "start" is what a home-made stream may begin with, too

    def ask(self, question: Question) -> Ask:
        options = self._endpoint.options
        chat = question.id or "chat"
        said = [("system", options["system"])] if options.get("system") else []
        said += [*question.history, ("user", question.text)]
        wanted = {
            "id": question.conversation or chat,
            "messages": [
                {"id": f"{chat}-{n}", "role": role, "parts": [{"type": "text", "text": text}]}
                for n, (role, text) in enumerate(said)
            ],
            "trigger": "submit-message",
            "model": options.get("model") or None,
            **(options.get("params") or {}),
        }
        body = msgspec.json.encode({key: value for key, value in wanted.items() if value is not None})
        return Ask("POST", self._endpoint.url, {"Content-Type": "application/json"}, body)

    def resume(self, question: Question, last_event_id: str) -> Ask | None:  # noqa: ARG002  # each app builds its own
        return None

    def read(self, message: Message) -> Sequence[ChatEvent]:
        data = message.data.strip()
        if data == DONE:
            return [End()]
        if not data:
            return []
        if message.event == "error":
            return [payload.error_event(data)]
        body = payload.parse_object(data)
        if isinstance(body, Malformed):
            return [body]
        kind = body.get("type")
        if not isinstance(kind, str) or not kind:
            return [payload.failure(body) or Malformed("a JSON object without `type`")]
        return list(self._meaning(kind, body))

    def _meaning(self, kind: str, body: Mapping[str, Any]) -> Iterator[ChatEvent]:
        match kind:
            case "text-delta" | "reasoning-delta":
                yield from _delta(kind, body.get("delta"))
            case "start-step":
                self._step += 1
                yield Step(f"step {self._step}")
            case "finish-step":
                yield Step(f"step {self._step}", "end")
            case "finish":
                yield from self._finished(body)
            case "error":
                yield payload.backend_error(body.get("errorText") or "an error part without words")
            case "abort":
                yield BackendError("abort", payload.name(body.get("reason")) or "the back end aborted the answer")
            case _ if kind.startswith("tool-"):
                yield from self._tool_call(kind, body)
            case _ if kind not in QUIET and not kind.startswith("data-"):
                yield Unknown(payload.one_line(kind))

    def _finished(self, body: Mapping[str, Any]) -> Iterator[ChatEvent]:
        self.needs_finish = False
        told = body.get("messageMetadata")
        usage = (told.get("totalUsage") or told.get("usage")) if isinstance(told, dict) else None
        if isinstance(usage, dict):
            tokens = payload.count(usage.get("inputTokens")), payload.count(usage.get("outputTokens"))
            if tokens != (None, None):
                yield Usage(*tokens)
        reason = payload.name(body.get("finishReason"))
        if reason == "error":
            yield BackendError("error", "the finish reason is error")
        elif reason:
            yield Finish(reason)

    def _tool_call(self, kind: str, body: Mapping[str, Any]) -> Iterator[ChatEvent]:
        call_id = payload.name(body.get("toolCallId"))
        new = kind in ("tool-input-start", "tool-input-available", "tool-input-error") and call_id not in self._tools
        if new and len(self._tools) < MOST_TOOLS:
            self._tools[call_id] = payload.name(body.get("toolName"))
        name = payload.name(body.get("toolName")) or self._tools.get(call_id, "")
        if new:
            yield ToolCall(name, call_id)
        match kind:
            case "tool-input-start":
                return
            case "tool-input-delta":
                if isinstance(arguments := body.get("inputTextDelta"), str) and arguments:
                    yield ToolCall(name, call_id, "args", arguments)
            case "tool-input-available":
                if new:  # it was not streamed: here are all arguments at once
                    yield ToolCall(name, call_id, "args", payload.said(body.get("input"))[:DETAIL_CHARS])
                yield ToolCall(name, call_id, "end")
            case "tool-output-available":
                yield ToolCall(name, call_id, "result", payload.said(body.get("output"))[:DETAIL_CHARS])
            case "tool-output-error" | "tool-input-error":
                yield ToolCall(name, call_id, "result", f"error: {payload.name(body.get('errorText'))}")
            case "tool-output-denied":
                yield ToolCall(name, call_id, "result", "denied")
            case "tool-approval-request":
                yield Step(f"approval of {name or call_id}")
            case _:
                yield Unknown(payload.one_line(kind))


def _delta(kind: str, delta: Any) -> Iterator[ChatEvent]:
    if not isinstance(delta, str):
        yield Malformed(f"a {kind} without text")
    elif delta:
        yield Text(delta) if kind == "text-delta" else Reasoning(delta)
