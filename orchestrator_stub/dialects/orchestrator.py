"""The orchestrator's native events: the name stands in the JSON, the text in an A2A message's parts.

Beyond the six that every orchestrator sends, `reasoning`, `step` and `tool_call` tell what an agent does meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from orchestrator_stub.dialects.encoder import Wish
from orchestrator_stub.dialects.said import (
    AgentStarted,
    Chunk,
    Completed,
    Failed,
    Routed,
    RoutingStarted,
    Said,
    Stage,
    Thought,
    ToolCalled,
    ToolReturned,
)


class Orchestrator:
    """The full shape."""

    path = "/process/stream"
    media_type = "text/event-stream"
    resumable = True
    streamed = True

    def __init__(self, run: str, wish: Wish = Wish()) -> None:  # noqa: ARG002, B008  # a protocol's own; frozen
        self._run = run

    def encode(self, said: Said) -> Sequence[str]:
        return [line(self._event(said))]

    def _event(self, said: Said) -> dict[str, Any]:
        match said:
            case RoutingStarted():
                return {"event": "routing_started"}
            case Routed(agent_id, name, protocol, confidence, reasoning):
                agent = {"agent_id": agent_id, "agent_name": name, "protocol": protocol}
                return {"event": "routing_completed", **agent, "confidence": confidence, "reasoning": reasoning}
            case AgentStarted(agent_id, name, protocol):
                return {
                    "event": "agent_execution_started",
                    "agent_id": agent_id,
                    "agent_name": name,
                    "protocol": protocol,
                }
            case Chunk(text, protocol):
                return {"event": "response_chunk", "response_data": _message("text", text), "protocol": protocol}
            case Thought(text, protocol):
                return {"event": "reasoning", "text": text, "protocol": protocol}
            case Failed(code, message):
                return {"event": "error", "message": message, "code": code}
            case Stage(name, phase):
                return {"event": "step", "name": name, "phase": phase}
            case ToolCalled(call_id, name, arguments):
                call = {"name": name, "call_id": call_id}
                return {"event": "tool_call", **call, "phase": "start", "arguments": arguments}
            case ToolReturned(call_id, name, result):
                return {"event": "tool_call", "name": name, "call_id": call_id, "phase": "result", "result": result}
            case Completed():
                return _completed(said)


def _completed(said: Completed) -> dict[str, Any]:
    data = _message("text", said.text)
    event = {"event": "completed", "agent_id": said.agent_id, "protocol": said.protocol, "response_data": data}
    if said.usage is None:
        return event
    return event | {"usage": {"input_tokens": said.usage.input_tokens, "output_tokens": said.usage.output_tokens}}


def _message(kind: str, text: str) -> dict[str, Any]:
    return {"raw_response": {"parts": [{"kind": kind, "text": text}] if text else []}}


def line(event: dict[str, Any]) -> str:
    """`event` as JSON in one line, as UTF-8 text rather than escapes."""
    return json.dumps(event, ensure_ascii=False, separators=(", ", ": "))
