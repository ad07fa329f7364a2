"""The protocols that the stub speaks, one file each; ENCODERS is the whole list."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator_stub.dialects.encoder import Encoder
from orchestrator_stub.dialects.openai_chat import OpenAIChat, OpenAIWhole
from orchestrator_stub.dialects.orchestrator import Orchestrator
from orchestrator_stub.dialects.orchestrator_simple import OrchestratorSimple

ENCODERS: Mapping[str, type[Encoder]] = {
    "orchestrator": Orchestrator,
    "orchestrator-simple": OrchestratorSimple,
    "openai-chat": OpenAIChat,
    "openai-chat-whole": OpenAIWhole,
}


def encoder_for(dialect: str, path: str, *, streamed: bool = True) -> type[Encoder]:
    """What speaks at `path`: the scenario's own `dialect` where it can, else the first that does and is so `streamed`."""
    own = ENCODERS[dialect]
    if (own.path, own.streamed) == (path, streamed):
        return own
    return next(each for each in ENCODERS.values() if (each.path, each.streamed) == (path, streamed))
