"""The orchestrator's simpler shape, as small servers send it: `agent` for the agent, bare `text`, text/plain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orchestrator_stub.dialects.encoder import Wish
from orchestrator_stub.dialects.orchestrator import line
from orchestrator_stub.dialects.said import Chunk, Completed, Failed, Routed, RoutingStarted, Said


class OrchestratorSimple:
    """Five events; agents' starts, thoughts, tools and stages have no word in it."""

    path = "/process/stream"
    media_type = "text/plain; charset=utf-8"
    resumable = True
    streamed = True

    def __init__(self, run: str, wish: Wish = Wish()) -> None:  # noqa: ARG002, B008  # a protocol's own; frozen
        self._run = run

    def encode(self, said: Said) -> Sequence[str]:
        event = self._event(said)
        return [line(event)] if event else []

    def _event(self, said: Said) -> dict[str, Any]:
        match said:
            case RoutingStarted():
                return {"event": "routing_started"}
            case Routed(agent_id=agent_id, confidence=confidence):
                return {"event": "routing_completed", "agent": agent_id.split("-")[-1], "confidence": confidence}
            case Chunk(text=text):
                return {"event": "response_chunk", "text": text}
            case Completed():
                return {"event": "completed"}
            case Failed(message=message):
                return {"event": "error", "message": message}
            case _:
                return {}
