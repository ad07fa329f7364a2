"""The native dialect: an orchestrator that routes a question to an agent and streams what the agent answers.

Each message is a JSON object whose `event` names it (the SSE `event:` field may say it as well, or instead):
routing_started, routing_completed, agent_execution_started, response_chunk, completed, error; some also send reasoning,
step and tool_call, and `usage` in completed. A chunk's `response_data` is shaped by the agent's own protocol (a2a: parts,
acp and mcp: content); simpler servers send `text` alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec

from dashboard.wire import payload
from dashboard.wire.agent_text import text_in
from dashboard.wire.chat_event import (
    BackendError,
    ChatEvent,
    End,
    Finish,
    Malformed,
    Ping,
    Reasoning,
    Routed,
    Step,
    Text,
    ToolCall,
    Unknown,
    Usage,
)
from dashboard.wire.dialect import Ask, Endpoint, Question, with_query
from dashboard.wire.frame import Message

ROUTING = "routing"
"""The name of the routing step; any other step is an agent's."""

KINDS = frozenset(
    ("routing_started", "routing_completed", "agent_execution_started", "response_chunk", "completed", "error")
)
OWN_KINDS = KINDS - {"completed", "error"}
"""Names that other protocols do not use."""


class Orchestrator:
    """Reads one stream; remembers whether a chunk carried text, for then `completed` need not."""

    name = "orchestrator"
    paths: tuple[str, ...] = ("/process/stream",)
    media_types = frozenset({"text/plain"})
    needs_finish = False
    ends_at_eof = False

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._text_seen = False

    @classmethod
    def recognises(cls, message: Message) -> bool:
        if message.event in OWN_KINDS:
            return True
        body = payload.parse_object(message.data)
        if isinstance(body, Malformed):
            return False
        return body.get("event") in (*OWN_KINDS, "completed") or ("event" not in body and _typed(body) in OWN_KINDS)

    def ask(self, question: Question) -> Ask:
        if self._endpoint.method == "GET":
            return Ask("GET", self._asked_url(question))
        body: dict[str, Any] = {**(self._endpoint.options.get("params") or {}), "message": question.text}
        if question.history:
            body["history"] = [{"role": role, "content": text} for role, text in question.history]
        if question.scenario:
            body["scenario"] = question.scenario
        return Ask("POST", self._endpoint.url, {"Content-Type": "application/json"}, msgspec.json.encode(body))

    def resume(self, question: Question, last_event_id: str) -> Ask | None:
        if not last_event_id:
            return None
        return Ask("GET", self._asked_url(question), {"Last-Event-ID": last_event_id})

    def _asked_url(self, question: Question) -> str:
        query = {"message": question.text}
        if question.scenario:
            query["scenario"] = question.scenario
        return with_query(self._endpoint.url, urlencode(query))

    def read(self, message: Message) -> Sequence[ChatEvent]:
        if message.event in payload.PINGS:
            return [Ping()]
        named = message.event if message.event in KINDS else ""
        if not message.data.strip():
            return self._meaning(named, {}) if named else []
        body = payload.parse_object(message.data)
        if isinstance(body, Malformed):
            return [payload.error_event(message.data) if named == "error" else body]
        kind = body.get("event", named) or _typed(body)
        if isinstance(nested := body.get("data"), dict):
            body = {**nested, **body}
        if not isinstance(kind, str) or not kind:
            return [Malformed("a JSON object without `event`")]
        return self._meaning(kind, body)

    def _meaning(self, kind: str, body: dict[str, Any]) -> Sequence[ChatEvent]:
        match kind:
            case "response_chunk":
                return self._chunk(body)
            case "routing_started":
                return [Step(ROUTING)]
            case "routing_completed":
                return [_routed(body)]
            case "agent_execution_started":
                return [Step(_unlike_routing(_agent(body) or "agent", "agent"))]
            case "reasoning":
                text = body.get("text")
                return [Reasoning(text)] if isinstance(text, str) and text else []
            case "step":
                name = _unlike_routing(payload.name(body.get("name")) or "step", "step")
                return [Step(name, "end" if body.get("phase") == "end" else "start")]
            case "tool_call":
                return [_tool_call(body)]
            case "completed":
                return self._completed(body)
            case "error":
                return [_error(body)]
        if kind in payload.PINGS:
            return [Ping()]
        return [Unknown(payload.one_line(kind))]

    def _chunk(self, body: dict[str, Any]) -> Sequence[ChatEvent]:
        text = text_in(body)
        if text is None:
            return [Malformed("a response_chunk without text")]
        self._text_seen = self._text_seen or bool(text)
        return [Text(text)] if text else []

    def _completed(self, body: dict[str, Any]) -> Sequence[ChatEvent]:
        text = None if self._text_seen else text_in(body)
        told: list[ChatEvent] = [Text(text)] if text else []
        if isinstance(usage := body.get("usage"), dict):
            told.append(Usage(payload.count(usage.get("input_tokens")), payload.count(usage.get("output_tokens"))))
        return (*told, Finish("completed"), End())


def _typed(body: dict[str, Any]) -> str:
    """The name of a message that has it in `type`."""
    kind = payload.name(body.get("type"))
    return kind if kind in KINDS or kind in payload.PINGS else ""


def _unlike_routing(name: str, what: str) -> str:
    return name if name != ROUTING else f"{what} {name}"


def _agent(body: dict[str, Any]) -> str:
    """An agent's name as told; the simpler shape has `agent` alone."""
    agent = body.get("agent")
    if isinstance(agent, dict):
        agent = agent.get("name") or agent.get("id")
    return payload.name(body.get("agent_name")) or payload.name(agent) or payload.name(body.get("agent_id"))


def _routed(body: dict[str, Any]) -> Routed:
    confidence = payload.number(body.get("confidence"))
    reasoning = body.get("reasoning")
    return Routed(
        agent_id=payload.name(body.get("agent_id")) or payload.name(body.get("agent")),
        agent_name=_agent(body),
        protocol=payload.name(body.get("protocol")),
        confidence=confidence if confidence is not None and 0 <= confidence <= 1 else None,
        reasoning=payload.one_line(reasoning, 2_000) if isinstance(reasoning, str) else "",
    )


def _tool_call(body: dict[str, Any]) -> ToolCall:
    phase = "result" if body.get("phase") == "result" else "start"
    detail = body.get("result" if phase == "result" else "arguments")
    said = payload.one_line(detail, 2_000) if isinstance(detail, str) else ""
    return ToolCall(payload.name(body.get("name")), payload.name(body.get("call_id")), phase, said)


def _error(body: dict[str, Any]) -> BackendError:
    told = payload.backend_error({key: value for key, value in body.items() if key not in ("event", "data")})
    return told if body.keys() - {"event", "data"} else BackendError("", "an error event without words")
