"""What the orchestrator dialect makes of tidy, sloppy and odd messages."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.wire.auto import AutoDialect
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
from dashboard.wire.dialect import Endpoint
from tests.wire.reading import made, read

A2A = {"raw_response": {"parts": [{"kind": "text", "text": "a"}, {"kind": "file", "text": "no"}, {"text": "b"}]}}
MCP = {"raw_response": {"content": [{"type": "text", "text": "a"}, {"type": "image", "text": "no"}], "text": ""}}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"event": "routing_started"}, [Step("routing", "start")]),
        ({"event": "agent_execution_started", "agent_name": "Math"}, [Step("Math", "start")]),
        ({"event": "agent_execution_started", "agent_id": "routing"}, [Step("agent routing", "start")]),
        ({"event": "agent_execution_started"}, [Step("agent", "start")]),
        ({"event": "routing_completed", "agent": "math", "confidence": True}, [Routed("math", "math")]),
        ({"event": "routing_completed", "agent": {"id": 1, "name": "M"}, "confidence": 95}, [Routed("", "M")]),
        ({"event": "routing_completed", "agent_id": "a\nb" * 900}, [Routed(("a b" * 900)[:200], ("a b" * 900)[:200])]),
        ({"event": "response_chunk", "text": "x"}, [Text("x")]),
        ({"event": "response_chunk", "data": {"text": "x"}}, [Text("x")]),
        ({"event": "response_chunk", "text": ""}, []),
        ({"event": "response_chunk", "response_data": "x"}, [Text("x")]),
        ({"event": "response_chunk", "response_data": A2A, "protocol": "a2a"}, [Text("ab")]),
        ({"event": "response_chunk", "response_data": MCP, "protocol": "MCP"}, [Text("a")]),
        ({"event": "response_chunk", "response_data": MCP, "protocol": "acp"}, [Text("a")]),
        ({"event": "response_chunk", "response_data": MCP}, [Text("a")]),
        ({"event": "response_chunk", "response_data": {"text": "x"}, "protocol": "what"}, [Text("x")]),
        ({"event": "response_chunk", "response_data": {"raw_response": {"parts": [{"kind": "file"}]}}}, []),
        ({"event": "response_chunk", "response_data": {"a": 1}}, [Malformed("a response_chunk without text")]),
        ({"event": "response_chunk", "text": 4}, [Malformed("a response_chunk without text")]),
        ({"event": "reasoning", "text": "hm"}, [Reasoning("hm")]),
        ({"event": "step", "name": "look"}, [Step("look", "start")]),
        ({"event": "step", "name": "look", "phase": "end"}, [Step("look", "end")]),
        ({"event": "step", "name": "routing", "phase": 7}, [Step("step routing", "start")]),
        ({"event": "step"}, [Step("step", "start")]),
        (
            {"event": "tool_call", "name": "t", "call_id": "c1", "arguments": '{"a": 1}', "result": "no"},
            [ToolCall("t", "c1", "start", '{"a": 1}')],
        ),
        ({"event": "tool_call", "phase": "result", "result": "a\nb"}, [ToolCall("", "", "result", "a b")]),
        ({"event": "tool_call", "name": 1, "phase": [], "arguments": {"a": 1}}, [ToolCall("")]),
        (
            {"event": "completed", "text": "all", "usage": {"input_tokens": 3, "output_tokens": -1}},
            [Text("all"), Usage(3, None), Finish("completed"), End()],
        ),
        ({"event": "completed", "usage": "much"}, [Finish("completed"), End()]),
        ({"event": "completed", "text": "all"}, [Text("all"), Finish("completed"), End()]),
        ({"event": "completed", "response_data": {}}, [Finish("completed"), End()]),
        ({"event": "error", "message": "no", "code": 3}, [BackendError("3", "no")]),
        ({"event": "error", "error": {"type": "t", "message": "no"}}, [BackendError("t", "no")]),
        ({"event": "error", "error": "no"}, [BackendError("", "no")]),
        ({"event": "error"}, [BackendError("", "an error event without words")]),
        ({"event": "tea\ntime"}, [Unknown("tea time")]),
        ({"x": 1}, [Malformed("a JSON object without `event`")]),
        ({"event": {"x": 1}}, [Malformed("a JSON object without `event`")]),
        ("[1]", [Malformed("no JSON object: [1]")]),
        ("<html>", [Malformed("no JSON: <html>")]),
        ("", []),
    ],
)
def test_orchestrator_reads(data: Any, expected: list[ChatEvent]) -> None:
    assert read("orchestrator", data) == expected


def test_orchestrator_takes_the_name_from_the_sse_field() -> None:
    assert read("orchestrator", {"text": "x"}, "response_chunk") == [Text("x")]
    assert read("orchestrator", "", "completed") == [Finish("completed"), End()]
    assert read("orchestrator", "", "tick") == []
    assert read("orchestrator", {"event": "completed"}, "response_chunk") == [Finish("completed"), End()]


@pytest.mark.parametrize(
    ("data", "event"),
    [
        ("", "ping"),
        ("2026-11-23T05:00:00Z", "ping"),
        ({}, "heartbeat"),
        ({"event": "heartbeat"}, "message"),
        ({"type": "keep-alive"}, "message"),
    ],
)
def test_a_sign_of_life_is_no_mistake(data: Any, event: str) -> None:
    assert read("orchestrator", data, event) == [Ping()]
    assert read(AutoDialect(Endpoint("http://127.0.0.1:1/ask", "POST", {})), data, "ping") == [Ping()]


def test_orchestrator_does_not_say_the_answer_twice() -> None:
    dialect = made("orchestrator")
    read(dialect, {"event": "response_chunk", "text": "4"})
    assert read(dialect, {"event": "completed", "response_data": A2A}) == [Finish("completed"), End()]
