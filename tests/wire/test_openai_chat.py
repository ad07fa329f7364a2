"""What the openai-chat dialect makes of tidy, sloppy and odd messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from dashboard.wire.chat_event import (
    BackendError,
    ChatEvent,
    End,
    Finish,
    Malformed,
    Ping,
    Reasoning,
    Text,
    ToolCall,
    Unknown,
    Usage,
)
from tests.wire.reading import made, read

USAGE = '{"type": "message_delta", "usage": {"output_tokens": 4}}'


def delta(**fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": fields}]}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (delta(role="assistant", content=""), []),
        (delta(role="assistant", content=None), []),
        (delta(content="x"), [Text("x")]),
        (delta(content=[{"type": "text", "text": "x"}, {"type": "image"}, {"text": "y"}]), [Text("xy")]),
        (delta(content={"x": 1}), []),
        (delta(reasoning_content="hm", content="x"), [Reasoning("hm"), Text("x")]),
        (delta(reasoning="hm"), [Reasoning("hm")]),
        (delta(refusal="no"), [Text("no")]),
        ({"choices": [{"index": 1, "delta": {"content": "second choice"}}]}, []),
        ({"choices": [{"delta": {}, "finish_reason": "length"}]}, [Finish("length")]),
        ({"choices": [{"delta": {"content": "x"}, "finish_reason": "stop"}]}, [Text("x"), Finish("stop")]),
        ({"choices": [{"delta": {}, "finish_reason": "error"}]}, [BackendError("error", "the finish reason is error")]),
        ({"choices": [{"message": {"content": "whole"}, "finish_reason": "stop"}]}, [Text("whole"), Finish("stop")]),
        ({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}, [Usage(3, 4)]),
        ({"choices": [], "usage": {"prompt_tokens": -3, "completion_tokens": 1e3}}, [Usage(None, None)]),
        ({"choices": [{"delta": {}}], "usage": {"completion_tokens": 4}}, [Usage(None, 4)]),
        ({"choices": [], "usage": None}, []),
        ({"usage": {"prompt_tokens": 3, "completion_tokens": 4}}, [Usage(3, 4)]),
        (
            {"type": "message_delta", "usage": {"output_tokens": 4}},
            [Unknown("a JSON object without `choices`: " + USAGE)],
        ),
        ({"choices": [], "prompt_filter_results": []}, []),
        ({"choices": [3]}, [Malformed("`choices` holds no objects")]),
        ({"choices": [{"delta": 3}]}, [Malformed("`delta` is no object")]),
        ({"object": "thread.run"}, [Unknown("thread.run")]),
        ({"id": 1}, [Unknown('a JSON object without `choices`: {"id": 1}')]),
        ({"error": {"code": 500, "message": "no"}}, [BackendError("500", "no")]),
        ({"error": "no"}, [BackendError("", "no")]),
        ({"error": None, **delta(content="x")}, [Text("x")]),
        ({"object": "error", "message": "no", "code": 400}, [BackendError("400", "no")]),
        ("[DONE]", [End()]),
        (" [DONE] ", [End()]),
        ("", []),
        ("null", [Malformed("no JSON object: null")]),
        ("{", [Malformed("no JSON: {")]),
        ('{"choices": [{"delta": {"content": "\\ud83d"}}]}', [Text("\ufffd")]),
        ('{"choices": [{"delta": {"content": "x"}, "logprobs": NaN}]}', [Text("x")]),
    ],
)
def test_openai_chat_reads(data: Any, expected: list[ChatEvent]) -> None:
    assert read("openai-chat", data) == expected


def test_openai_chat_reads_named_events() -> None:
    assert read("openai-chat", {"message": "no"}, "error") == [BackendError("", "no")]
    assert read("openai-chat", "", "ping") == [Ping()]


def test_openai_chat_follows_tool_calls() -> None:
    dialect = made("openai-chat")

    def call(index: int, **fields: Any) -> Sequence[ChatEvent]:
        return read(dialect, delta(tool_calls=[{"index": index, **fields}]))

    begun = call(0, id="c0", function={"name": "add", "arguments": ""})
    assert begun == [ToolCall("add", "c0", "start")]
    assert call(1, id="c1", function={"name": "mul", "arguments": "{"})[1:] == [ToolCall("mul", "c1", "args", "{")]
    assert call(0, function={"arguments": '{"a"'}) == [ToolCall("add", "c0", "args", '{"a"')]
    assert call(0, function=3) == call(0) == []
    assert read(dialect, delta(tool_calls=3)) == []
    assert read(made("openai-chat"), delta(function_call={"name": "old", "arguments": "{}"})) == [
        ToolCall("old", "", "start"),
        ToolCall("old", "", "args", "{}"),
    ]
