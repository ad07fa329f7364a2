"""The orchestrator's native events: the name stands in the JSON, the text in an A2A message's parts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

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
)


class Orchestrator:
    """The full shape; stages have no word in it."""

    path = "/process/stream"
    media_type = "text/event-stream"

    def __init__(self, run: str) -> None:
        self._run = run

    def encode(self, said: Said) -> Sequence[str]:
        event = self._event(said)
        return [line(event)] if event else []

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
            case Completed(agent_id, protocol, text):
                data = _message("text", text)
                return {"event": "completed", "agent_id": agent_id, "protocol": protocol, "response_data": data}
            case Failed(code, message):
                return {"event": "error", "message": message, "code": code}
            case Stage():
                return {}


def _message(kind: str, text: str) -> dict[str, Any]:
    return {"raw_response": {"parts": [{"kind": kind, "text": text}] if text else []}}


def line(event: dict[str, Any]) -> str:
    """`event` as JSON in one line, as UTF-8 text rather than escapes."""
    return json.dumps(event, ensure_ascii=False, separators=(", ", ": "))
