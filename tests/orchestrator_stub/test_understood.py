"""What the stub encodes, the dashboard decodes: the same text, whatever it holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.wire.chat_event import BackendError, End, Finish, Reasoning, Routed, Step, Text, ToolCall, Usage
from dashboard.wire.dialect import Dialect, Endpoint
from dashboard.wire.dialects.openai_chat import OpenAIChat
from dashboard.wire.dialects.orchestrator import Orchestrator
from dashboard.wire.frame import Message
from dashboard.wire.sse import SseDecoder
from orchestrator_stub.dialects import ENCODERS, said

ENDPOINT = Endpoint("http://127.0.0.1/process/stream")
READERS: dict[str, type[Dialect]] = {
    "orchestrator": Orchestrator, "orchestrator-simple": Orchestrator, "openai-chat": OpenAIChat,
}  # fmt: skip
LINES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


def heard(words: said.Said, encoder: str) -> list[object]:
    reader, decoder = READERS[encoder](ENDPOINT), SseDecoder()
    frames = [
        frame
        for data in ENCODERS[encoder]("run").encode(words)
        for frame in decoder.feed(f"id: run.1\ndata: {data}\n\n".encode())
    ]
    return [event for frame in frames if isinstance(frame, Message) for event in reader.read(frame)]


@pytest.mark.parametrize("encoder", READERS)
@given(text=LINES)
def test_a_chunk_is_its_text(encoder: str, text: str) -> None:
    assert heard(said.Chunk(text, "a2a"), encoder) == [Text(text)]


@pytest.mark.parametrize("encoder", ["orchestrator", "openai-chat"])
@given(text=LINES)
def test_a_thought_is_reasoning(encoder: str, text: str) -> None:
    assert heard(said.Thought(text, "a2a"), encoder) == [Reasoning(text)]


@pytest.mark.parametrize(
    ("words", "encoder", "events"),
    [
        (said.RoutingStarted(), "orchestrator", [Step("routing")]),
        (
            said.Routed("a2a-math", "Math Agent", "a2a", 0.95, "why"), "orchestrator",
            [Routed("a2a-math", "Math Agent", "a2a", 0.95, "why")],
        ),
        (said.Routed("a2a-math", "M", "a2a", 0.95, "w"), "orchestrator-simple", [Routed("math", "math", "", 0.95, "")]),
        (said.AgentStarted("a2a-math", "Math Agent", "a2a"), "orchestrator", [Step("Math Agent")]),
        (said.AgentStarted("a2a-math", "Math Agent", "a2a"), "orchestrator-simple", []),
        (said.Completed("a2a-math", "a2a", "all"), "orchestrator", [Text("all"), Finish("completed"), End()]),
        (said.Completed("a2a-math", "a2a", ""), "orchestrator", [Finish("completed"), End()]),
        (said.Completed("a2a-math", "a2a", "all"), "orchestrator-simple", [Finish("completed"), End()]),
        (said.Failed("c", "it broke"), "orchestrator", [BackendError("c", "it broke")]),
        (said.Failed("c", "it broke"), "orchestrator-simple", [BackendError("", "it broke")]),
        (said.Stage("look", "start"), "orchestrator", [Step("look", "start")]),
        (said.Stage("look", "end"), "orchestrator", [Step("look", "end")]),
        (said.Stage("look", "end"), "orchestrator-simple", []),
        (said.ToolCalled("c1", "t", '{"a": 1}'), "orchestrator", [ToolCall("t", "c1", "start", '{"a": 1}')]),
        (said.ToolReturned("c1", "t", "2 m"), "orchestrator", [ToolCall("t", "c1", "result", "2 m")]),
        (
            said.Completed("a2a-math", "a2a", "", said.Usage(3, 5)), "orchestrator",
            [Usage(3, 5), Finish("completed"), End()],
        ),
        (said.RoutingStarted(), "openai-chat", []),
        (said.AgentStarted("a2a-math", "Math Agent", "a2a"), "openai-chat", []),
        (said.Stage("look", "start"), "openai-chat", []),
        (
            said.ToolCalled("c1", "t", '{"a": 1}'), "openai-chat",
            [ToolCall("t", "c1"), ToolCall("t", "c1", "args", '{"a"'), ToolCall("t", "c1", "args", ": 1}")],
        ),
        (said.ToolReturned("c1", "t", "2 m"), "openai-chat", []),
        (said.Completed("a2a-math", "a2a", "all"), "openai-chat", [Text("all"), Finish("stop"), End()]),
        (said.Completed("a2a-math", "a2a", ""), "openai-chat", [Finish("stop"), End()]),
        (said.Failed("c", "it broke"), "openai-chat", [BackendError("c", "it broke")]),
        (said.Failed("", "it broke"), "openai-chat", [BackendError("server_error", "it broke")]),
    ],
)  # fmt: skip
def test_everything_said_is_understood(words: said.Said, encoder: str, events: list[object]) -> None:
    assert heard(words, encoder) == events
