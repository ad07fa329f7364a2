"""What a back end can say, whatever its dialect.

A dialect's `read` turns one Message into any number of these; [] means "understood, and nothing to tell" (a
role-only first chunk, for example).
"""

from __future__ import annotations

import msgspec


class Text(msgspec.Struct, frozen=True, gc=False):
    """A piece of the answer that the reader sees; never empty."""

    text: str


class Reasoning(msgspec.Struct, frozen=True, gc=False):
    """A piece of the model's reasoning; never empty. Not part of the answer, no first text."""

    text: str


class Routed(msgspec.Struct, frozen=True, gc=False):
    """The orchestrator chose an agent; `confidence` is 0…1, None when not told."""

    agent_id: str = ""
    agent_name: str = ""
    protocol: str = ""
    confidence: float | None = None
    reasoning: str = ""


class Step(msgspec.Struct, frozen=True, gc=False):
    """A named phase of the work began or ended; `phase` is "start" or "end"."""

    name: str
    phase: str = "start"


class ToolCall(msgspec.Struct, frozen=True, gc=False):
    """A tool call's progress; `phase` is "start", "args", "end" or "result"."""

    name: str
    call_id: str = ""
    phase: str = "start"
    detail: str = ""


class Usage(msgspec.Struct, frozen=True, gc=False):
    """Tokens as the back end reports them; None where it does not."""

    input_tokens: int | None = None
    output_tokens: int | None = None


class Finish(msgspec.Struct, frozen=True, gc=False):
    """Why the answer is over, in the back end's own word ("stop", "length", "completed")."""

    reason: str


class End(msgspec.Struct, frozen=True, gc=False):
    """The dialect's terminator: nothing more is to come on this stream."""


class BackendError(msgspec.Struct, frozen=True, gc=False):
    """The back end said that it failed."""

    code: str = ""
    message: str = ""


class Ping(msgspec.Struct, frozen=True, gc=False):
    """A heartbeat sent as a message."""


class Unknown(msgspec.Struct, frozen=True, gc=False):
    """A well-formed message whose kind the dialect does not know."""

    kind: str


class Malformed(msgspec.Struct, frozen=True, gc=False):
    """A message that is not of the dialect at all (bad JSON, wrong shape); `why` fits one line."""

    why: str


ChatEvent = (
    Text | Reasoning | Routed | Step | ToolCall | Usage | Finish | End | BackendError | Ping | Unknown | Malformed
)
