"""What an orchestrator says, whatever the protocol: the values that an encoder turns into messages."""

from __future__ import annotations

import msgspec


class RoutingStarted(msgspec.Struct, frozen=True):
    """The question is being read."""


class Routed(msgspec.Struct, frozen=True):
    """An agent was picked; `confidence` 0…1."""

    agent_id: str
    agent_name: str
    protocol: str
    confidence: float
    reasoning: str


class AgentStarted(msgspec.Struct, frozen=True):
    """The agent works."""

    agent_id: str
    agent_name: str
    protocol: str


class Chunk(msgspec.Struct, frozen=True):
    """A piece of the answer."""

    text: str
    protocol: str


class Thought(msgspec.Struct, frozen=True):
    """A piece of the agent's reasoning."""

    text: str
    protocol: str


class Stage(msgspec.Struct, frozen=True):
    """A named phase of the work began or ended; `phase` is "start" or "end"."""

    name: str
    phase: str


class ToolCalled(msgspec.Struct, frozen=True):
    """The agent calls a tool; `arguments` are JSON."""

    call_id: str
    name: str
    arguments: str


class ToolReturned(msgspec.Struct, frozen=True):
    """The tool has given its result."""

    call_id: str
    name: str
    result: str


class Usage(msgspec.Struct, frozen=True):
    """Tokens; the stub counts a piece of text as one."""

    input_tokens: int
    output_tokens: int


class Completed(msgspec.Struct, frozen=True):
    """The answer is whole."""

    agent_id: str
    protocol: str
    text: str
    usage: Usage | None = None


class Failed(msgspec.Struct, frozen=True):
    """The orchestrator gives up."""

    code: str
    message: str


Said = RoutingStarted | Routed | AgentStarted | Chunk | Thought | Stage | ToolCalled | ToolReturned | Completed | Failed
