"""What a message counts as: the label of events_total."""

from __future__ import annotations

from dashboard.wire.chat_event import (
    BackendError,
    ChatEvent,
    End,
    Finish,
    Malformed,
    Reasoning,
    Routed,
    Step,
    Text,
    ToolCall,
    Unknown,
    Usage,
)

KIND: dict[type, str] = {
    Text: "text",
    Reasoning: "reasoning",
    Routed: "routing",
    Step: "agent",
    ToolCall: "tool",
    Usage: "usage",
    Finish: "finish",
    End: "finish",
    BackendError: "error",
    Unknown: "unknown",
    Malformed: "malformed",
}


def kind_of(first: ChatEvent) -> str:
    """The kind of a message by the first chat event in it; one of events.MESSAGE_KINDS."""
    if type(first) is Step and first.name == "routing":
        return "routing"
    return KIND.get(type(first), "empty")
