"""What the anthropic dialect makes of blocks, tools, endings and odd messages."""

from __future__ import annotations

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


def delta(**fields: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": 0, "delta": fields}


def block(**fields: Any) -> dict[str, Any]:
    return {"type": "content_block_start", "index": 0, "content_block": fields}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"type": "message_start", "message": {"usage": {"input_tokens": 3, "output_tokens": 1}}}, [Usage(3, None)]),
        ({"type": "message_start", "message": {"content": []}}, []),
        (block(type="text", text=""), []),
        (block(type="text", text="x"), [Text("x")]),
        (block(type="thinking", thinking="hm"), [Reasoning("hm")]),
        (block(type="redacted_thinking", data="zzz"), []),
        (delta(type="text_delta", text="x"), [Text("x")]),
        (delta(type="text_delta", text=""), []),
        (delta(type="thinking_delta", thinking="hm"), [Reasoning("hm")]),
        (delta(type="signature_delta", signature="zzz"), []),
        (delta(type="citations_delta", citation={}), []),
        (delta(type="input_json_delta", partial_json="{"), [ToolCall("", "", "args", "{")]),
        ({"type": "content_block_delta", "delta": 3}, [Malformed("`delta` is no object")]),
        ({"type": "content_block_start"}, [Malformed("`content_block` is no object")]),
        ({"type": "content_block_stop", "index": 0}, []),
        (
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 9}},
            [Usage(None, 9), Finish("end_turn")],
        ),
        ({"type": "message_delta", "delta": {"stop_reason": None}}, []),
        ({"type": "message_stop"}, [End()]),
        ({"type": "ping"}, [Ping()]),
        (
            {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
            [BackendError("overloaded_error", "Overloaded")],
        ),
        ({"type": "error", "message": "no"}, [BackendError("error", "no")]),
        ({"error": {"message": "no"}}, [BackendError("", "no")]),
        ({"type": "thing"}, [Unknown("thing")]),
        ({"x": 1}, [Unknown("message")]),
        ("[DONE]", [Malformed("no JSON: [DONE]")]),
        ("", []),
        ("null", [Malformed("no JSON object: null")]),
    ],
)
def test_anthropic_reads(data: Any, expected: list[ChatEvent]) -> None:
    assert read("anthropic", data) == expected


def test_the_sse_field_names_the_message_too() -> None:
    assert read("anthropic", "", "ping") == [Ping()]
    assert read("anthropic", {}, "message_stop") == [End()]
    assert read("anthropic", {"message": "no"}, "error") == [BackendError("", "no")]


def test_a_tool_call_has_its_name_in_all_phases() -> None:
    dialect = made("anthropic")
    told = read(dialect, block(type="tool_use", id="t1", name="add", input={}))
    told += read(dialect, delta(type="input_json_delta", partial_json='{"a"'))
    told += read(dialect, {"type": "content_block_stop", "index": 0})
    told += read(dialect, block(type="web_search_tool_result", tool_use_id="t1", content=[{"url": "x"}]))
    told += read(dialect, {"type": "content_block_stop", "index": 0})
    assert told == [
        ToolCall("add", "t1", "start"),
        ToolCall("add", "t1", "args", '{"a"'),
        ToolCall("add", "t1", "end"),
        ToolCall("web_search_tool_result", "t1", "result", '[{"url": "x"}]'),
    ]


def test_blocks_side_by_side_are_told_apart_by_index() -> None:
    dialect = made("anthropic")
    for index, name in ((1, "add"), (2, "mul")):
        read(dialect, {**block(type="tool_use", id=f"t{index}", name=name), "index": index})
    told = [event for n in (2, 1) for event in read(dialect, {**delta(partial_json="{"), "index": n})]
    told += read(dialect, {"type": "content_block_stop", "index": 2})
    assert told == [
        ToolCall("mul", "t2", "args", "{"),
        ToolCall("add", "t1", "args", "{"),
        ToolCall("mul", "t2", "end"),
    ]


def test_a_type_that_is_no_text_falls_back_to_the_sse_field() -> None:
    assert read("anthropic", {"type": 3}, "message_stop") == [End()]
    assert read("anthropic", {"type": ""}, "message_stop") == [End()]
