"""OpenAI's chat completions, streamed, as a dozen servers speak them.

`[DONE]` alone is no success: a server that was interrupted sends it too, so a finish reason must have come. The usage
chunk has `choices: []`, or an empty delta, or rides on the last one. Read as well: completions (`text` in the place of a
delta), thoughts and text as a list of parts (Mistral), usage and errors under `x_groq`, the whole message at the end
(MiniMax), errors beside `choices` (OpenRouter).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from dashboard.wire import payload
from dashboard.wire.chat_event import (
    BackendError,
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

DONE = "[DONE]"
FAILED = frozenset(("error", "abort", "aborted", "cancelled", "canceled", "insufficient_system_resource"))
"""Finish reasons of servers that gave the answer up: vLLM's and SGLang's abort, DeepSeek's lack of resources."""
NO_REASON = ("null",)
"""What a server writes that knows no null."""
FIRST = (0, None, "0")
MOST_TOOLS = 128
"""OpenAI's own bound on tools; calls beyond it are told, but not remembered."""


class OpenAIChat:
    """Reads one stream; remembers which tool call is which, for only its first piece has a name."""

    name = "openai-chat"
    paths: tuple[str, ...] = ("/chat/completions",)
    media_types: frozenset[str] = frozenset()
    needs_finish = True
    ends_at_eof = False

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._tools: dict[int, tuple[str, str]] = {}
        self._told = False

    @classmethod
    def recognises(cls, message: Message) -> bool:
        body = payload.parse_object(message.data)
        if isinstance(body, Malformed):
            return False
        kind = body.get("object")
        delta = payload.at(body, "choices.0.delta")
        named = isinstance(kind, str) and kind.startswith(("chat.completion", "text_completion"))
        return named or isinstance(delta, dict) or (kind == "" and body.get("choices") == [])  # how Azure begins

    def ask(self, question: Question) -> Ask:
        options = self._endpoint.options
        system = options.get("system")
        messages = [{"role": "system", "content": system}] if system else []
        messages += [{"role": role, "content": text} for role, text in question.history]
        messages.append({"role": "user", "content": question.text})
        wanted = {
            "model": options.get("model") or None,
            "messages": messages,
            "stream": True,
            "stream_options": {"include_usage": True},
            "scenario": question.scenario or None,  # only asked of back ends that list scenarios
            **(options.get("params") or {}),  # a param that is null takes a field out: not every server knows them all
        }
        body = msgspec.json.encode({key: value for key, value in wanted.items() if value is not None})
        return Ask("POST", self._endpoint.url, {"Content-Type": "application/json"}, body)

    def resume(self, question: Question, last_event_id: str) -> Ask | None:  # noqa: ARG002  # the protocol cannot
        return None

    def read(self, message: Message) -> Sequence[ChatEvent]:
        data = message.data.strip()
        if data == DONE:
            return [End()]
        if message.event == "ping":
            return [Ping()]
        if not data:
            return []
        if message.event == "error":
            return [payload.error_event(data)]
        body = payload.parse_object(data)
        if isinstance(body, Malformed):
            return [body]
        if ("error" in body or "choices" not in body) and (error := payload.failure(body)):
            return [error]
        return list(self._chunk(body))

    def _chunk(self, body: dict[str, Any]) -> Iterator[ChatEvent]:
        choices, usage = body.get("choices"), body.get("usage")
        if "x_groq" in body and isinstance(groq := body["x_groq"], dict):
            usage = usage or groq.get("usage")
            if error := payload.failure(groq):
                yield error
                return
        counts = usage if isinstance(usage, dict) and (isinstance(choices, list) or "prompt_tokens" in usage) else None
        if isinstance(choices, list):
            first = _first(choices)
            if first is not None:
                yield from self._choice(first)
            elif choices and not isinstance(choices[0], dict):
                yield Malformed("`choices` holds no objects")
        elif counts is None and "choices" not in body:  # `usage` alone is other protocols', too
            kind = payload.name(body.get("object"))
            yield Unknown(kind or f"a JSON object without `choices`: {payload.one_line(payload.said(body))}"[:200])
        if counts is not None:
            yield Usage(payload.count(counts.get("prompt_tokens")), payload.count(counts.get("completion_tokens")))

    def _choice(self, choice: dict[str, Any]) -> Iterator[ChatEvent]:
        delta = choice.get("delta") or self._otherwise(choice)
        if not isinstance(delta, dict):
            yield Malformed("`delta` is no object")
            return
        content = delta.get("content")
        if type(content) is str and len(delta) == 1:  # nearly always
            if content:
                self._told = True
                yield Text(content)
        else:
            yield from self._delta(delta, content)
        reason = choice.get("finish_reason")
        if "error" in choice and (error := payload.failure(choice)):
            yield error
        elif not reason or reason in NO_REASON or not isinstance(reason, str):
            return
        elif reason in FAILED:
            yield BackendError(reason, f"the finish reason is {reason}")
        else:
            yield Finish(payload.one_line(reason))

    def _delta(self, delta: dict[str, Any], content: Any) -> Iterator[ChatEvent]:
        thought = _text(delta.get("reasoning_content")) or _text(delta.get("reasoning")) or _thought(content)
        if thought:
            yield Reasoning(thought)
        if text := _text(content) + _text(delta.get("refusal")) + _text(payload.at(delta, "audio.transcript")):
            self._told = True
            yield Text(text)
        if isinstance(calls := delta.get("tool_calls"), list):
            for call in calls:
                yield from self._tool_call(call)
        if isinstance(called := delta.get("function_call"), dict):  # what tool calls were before they had ids
            yield from self._tool_call({"function": called})

    def _otherwise(self, choice: dict[str, Any]) -> Any:
        """Without a delta: the whole message, unless its pieces were told; else the text of a completion."""
        if (whole := choice.get("message")) and not self._told:
            return whole
        return {"content": choice.get("text")}

    def _tool_call(self, call: Any) -> Iterator[ChatEvent]:
        if not isinstance(call, dict) or not isinstance(function := call.get("function"), dict):
            return
        index = payload.count(call.get("index")) or 0
        known = self._tools.get(index, ("", ""))
        name = payload.name(function.get("name")) or known[0]
        call_id = payload.name(call.get("id")) or known[1]
        if (name, call_id) != known:
            if len(self._tools) < MOST_TOOLS:
                self._tools[index] = (name, call_id)
            yield ToolCall(name, call_id)
        arguments = function.get("arguments")
        if arguments := payload.said(arguments) if isinstance(arguments, dict) else _text(arguments):
            yield ToolCall(name, call_id, "args", arguments)


def _first(choices: list[Any]) -> dict[str, Any] | None:
    """The one choice that is read, of the many that `n` asks for."""
    for each in choices:
        if isinstance(each, dict) and each.get("index") in FIRST:
            return each
    return None


def _text(value: Any) -> str:
    """A string, or a list of parts that have text; anything else is none."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        return ""
    texts = (part.get("text") for part in value if isinstance(part, dict))
    return "".join(text for text in texts if isinstance(text, str))


def _thought(content: Any) -> str:
    """The thinking in a list of parts."""
    parts = content if isinstance(content, list) else ()
    return "".join(_text(part.get("thinking")) for part in parts if isinstance(part, dict))
