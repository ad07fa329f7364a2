"""AG-UI, the protocol between an agent and a user interface: events named in capitals, from RUN_STARTED to RUN_FINISHED.

Reasoning was THINKING_… until protocol 1.0. State, activity and custom events are the application's own: understood, and
nothing to tell. An agent that does not stream sends its answer in a MESSAGES_SNAPSHOT alone.
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

TEXTS = frozenset(("TEXT_MESSAGE_CONTENT", "TEXT_MESSAGE_CHUNK"))
THOUGHTS = frozenset(("REASONING_MESSAGE_CONTENT", "REASONING_MESSAGE_CHUNK", "THINKING_TEXT_MESSAGE_CONTENT"))
STEPS = {"STEP_STARTED": "start", "STEP_FINISHED": "end", "SUBAGENT_STARTED": "start", "SUBAGENT_FINISHED": "end"}
QUIET = frozenset(
    (
        "RUN_STARTED",
        "TEXT_MESSAGE_START",
        "TEXT_MESSAGE_END",
        "REASONING_START",
        "REASONING_MESSAGE_START",
        "REASONING_MESSAGE_END",
        "REASONING_END",
        "REASONING_ENCRYPTED_VALUE",
        "THINKING_START",
        "THINKING_TEXT_MESSAGE_START",
        "THINKING_TEXT_MESSAGE_END",
        "THINKING_END",
        "STATE_SNAPSHOT",
        "STATE_DELTA",
        "ACTIVITY_SNAPSHOT",
        "ACTIVITY_DELTA",
        "RAW",
        "CUSTOM",
    )
)
OWN_TYPES = (TEXTS | THOUGHTS | STEPS.keys() | QUIET | {"TOOL_CALL_START", "RUN_FINISHED", "RUN_ERROR"}) - {
    "RAW",
    "CUSTOM",
}
ANSWERING = (None, "", "assistant")
"""The roles of a message that is the answer; a question may be sent along as one, too."""
MOST_TOOLS = 128
DETAIL_CHARS = 2048


class AgUi:
    """Reads one stream; remembers the names of tool calls, and the answer that only a snapshot told."""

    name = "ag-ui"
    paths: tuple[str, ...] = ("/agui", "/ag-ui", "/ag_ui")
    media_types: frozenset[str] = frozenset()
    needs_finish = False
    ends_at_eof = False

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._tools: dict[str, str] = {}
        self._tool = ""
        self._others: set[str] = set()
        self._text_seen = False
        self._snapshot = ""

    @classmethod
    def recognises(cls, message: Message) -> bool:
        body = payload.parse_object(message.data)
        kind = body.get("type", message.event) if isinstance(body, dict) else None
        return isinstance(kind, str) and kind in OWN_TYPES

    def ask(self, question: Question) -> Ask:
        options = self._endpoint.options
        run = question.id or "run"
        said = [("system", options["system"])] if options.get("system") else []
        said += [*question.history, ("user", question.text)]
        wanted = {
            "threadId": question.conversation or run,
            "runId": run,
            "state": {},
            "messages": [{"id": f"{run}-{n}", "role": role, "content": text} for n, (role, text) in enumerate(said)],
            "tools": [],
            "context": [],
            "forwardedProps": {"model": options["model"]} if options.get("model") else {},
            **(options.get("params") or {}),
        }
        body = msgspec.json.encode({key: value for key, value in wanted.items() if value is not None})
        return Ask("POST", self._endpoint.url, {"Content-Type": "application/json"}, body)

    def resume(self, question: Question, last_event_id: str) -> Ask | None:  # noqa: ARG002  # the protocol cannot
        return None

    def read(self, message: Message) -> Sequence[ChatEvent]:
        if not message.data.strip():
            return []
        if message.event == "error":
            return [payload.error_event(message.data)]
        body = payload.parse_object(message.data)
        if isinstance(body, Malformed):
            return [body]
        kind = body.get("type")
        if kind is None and message.event in OWN_TYPES:
            kind = message.event
        if not isinstance(kind, str) or not kind:
            return [payload.failure(body) or Malformed("a JSON object without `type`")]
        return list(self._meaning(kind, body))

    def _meaning(self, kind: str, body: Mapping[str, Any]) -> Iterator[ChatEvent]:
        if kind in TEXTS or kind in THOUGHTS:
            if not (self._others and _either(body, "messageId", "message_id") in self._others):
                yield from self._delta(body.get("delta"), thought=kind in THOUGHTS)
        elif kind == "TEXT_MESSAGE_START":
            if body.get("role") not in ANSWERING and len(self._others) < MOST_TOOLS:
                self._others.add(_either(body, "messageId", "message_id"))
        elif kind.startswith("TOOL_CALL_"):
            yield from self._tool_call(kind.removeprefix("TOOL_CALL_"), body)
        elif kind in STEPS:
            named = _either(body, "stepName", "step_name") or _either(body, "subagentName", "subagent_name")
            yield Step(named or payload.name(body.get("name")) or "step", STEPS[kind])
        elif kind == "RUN_FINISHED":
            yield from self._finished(body)
        elif kind == "RUN_ERROR":
            yield payload.backend_error({key: value for key, value in body.items() if key in ("code", "message")})
        elif kind == "MESSAGES_SNAPSHOT":
            self._snapshot = _answer_in(body.get("messages"))
        elif kind not in QUIET and kind != "SUBAGENT_ERROR":  # a run may go on after its subagent failed
            yield Unknown(payload.one_line(kind))

    def _delta(self, delta: Any, *, thought: bool) -> Iterator[ChatEvent]:
        if isinstance(delta, str) and delta:
            self._text_seen = self._text_seen or not thought
            yield Reasoning(delta) if thought else Text(delta)
        elif delta is not None and delta != "":
            yield Malformed("`delta` is no text")

    def _tool_call(self, phase: str, body: Mapping[str, Any]) -> Iterator[ChatEvent]:
        call_id = _either(body, "toolCallId", "tool_call_id") or self._tool
        name = _either(body, "toolCallName", "tool_call_name")
        new = phase in ("START", "CHUNK") and call_id not in self._tools
        if new and len(self._tools) < MOST_TOOLS:
            self._tools[call_id] = name
        self._tool = call_id
        name = name or self._tools.get(call_id, "")
        if new:
            yield ToolCall(name, call_id)
        if phase in ("ARGS", "CHUNK"):
            if isinstance(arguments := body.get("delta"), str) and arguments:
                yield ToolCall(name, call_id, "args", arguments)
        elif phase == "END":
            yield ToolCall(name, call_id, "end")
        elif phase == "RESULT":
            yield ToolCall(name, call_id, "result", payload.said(body.get("content"))[:DETAIL_CHARS])

    def _finished(self, body: Mapping[str, Any]) -> Iterator[ChatEvent]:
        outcome = payload.name(payload.at(body, "outcome.type")) or payload.name(body.get("outcome"))
        if outcome == "cancelled":
            yield BackendError(outcome, "the run was cancelled")
            return
        if self._snapshot and not self._text_seen:
            yield Text(self._snapshot)
        used = body.get("usage")
        models = [each for each in (used if isinstance(used, list) else [used]) if isinstance(each, dict)]
        if models:
            yield Usage(_total(models, "inputTokens"), _total(models, "outputTokens"))
        if outcome:
            yield Finish(outcome)
        yield End()


def _either(body: Mapping[str, Any], camel: str, snake: str) -> str:
    return payload.name(body.get(camel)) or payload.name(body.get(snake))


def _total(models: list[dict[str, Any]], key: str) -> int | None:
    """The sum over the models that a run used; None when none tells."""
    counts = [counted for each in models if (counted := payload.count(each.get(key))) is not None]
    return payload.count(sum(counts)) if counts else None


def _answer_in(messages: Any) -> str:
    """What the assistant said after the last question, in a snapshot of the whole conversation."""
    answer: list[str] = []
    for message in messages if isinstance(messages, list) else []:
        role, content = (message.get("role"), message.get("content")) if isinstance(message, dict) else (None, None)
        if role == "user":
            answer.clear()
        elif role == "assistant":
            parts = content if isinstance(content, list) else [{"text": content}]
            texts = [part.get("text") for part in parts if isinstance(part, dict)]
            answer += [text for text in texts if isinstance(text, str)]
    return "".join(answer)
