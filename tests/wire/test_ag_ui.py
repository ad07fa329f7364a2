"""What the ag-ui dialect makes of events, old names, tools and snapshots."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.wire.chat_event import (
    BackendError,
    ChatEvent,
    End,
    Finish,
    Malformed,
    Reasoning,
    Step,
    Text,
    ToolCall,
    Unknown,
    Usage,
)
from dashboard.wire.dialects.ag_ui import QUIET
from tests.wire.reading import made, read


def event(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind, "timestamp": 1, **fields}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (event("TEXT_MESSAGE_CONTENT", messageId="m", delta="x"), [Text("x")]),
        (event("TEXT_MESSAGE_CHUNK", delta="x"), [Text("x")]),
        (event("TEXT_MESSAGE_CHUNK", messageId="m"), []),
        (event("TEXT_MESSAGE_CONTENT", delta=""), []),
        (event("TEXT_MESSAGE_CONTENT", delta=3), [Malformed("`delta` is no text")]),
        (event("REASONING_MESSAGE_CONTENT", delta="hm"), [Reasoning("hm")]),
        (event("REASONING_MESSAGE_CHUNK", delta="hm"), [Reasoning("hm")]),
        (event("THINKING_TEXT_MESSAGE_CONTENT", delta="hm"), [Reasoning("hm")]),
        (event("STEP_STARTED", stepName="search"), [Step("search")]),
        (event("STEP_FINISHED", step_name="search"), [Step("search", "end")]),
        (event("SUBAGENT_STARTED", name="helper"), [Step("helper")]),
        (event("SUBAGENT_FINISHED", subagentName="helper"), [Step("helper", "end")]),
        (event("STEP_STARTED"), [Step("step")]),
        (event("TOOL_CALL_ARGS", toolCallId="t", delta=""), []),
        (event("TOOL_CALL_ARGS", toolCallId="t", delta="{}"), [ToolCall("", "t", "args", "{}")]),
        ({"type": 3}, [Malformed("a JSON object without `type`")]),
        (event("SUBAGENT_ERROR", message="no"), []),
        (event("RUN_ERROR", message="no", code="e1"), [BackendError("e1", "no")]),
        (event("RUN_FINISHED"), [End()]),
        (event("RUN_FINISHED", outcome={"type": "success"}), [Finish("success"), End()]),
        (event("RUN_FINISHED", outcome={"type": "interrupt"}), [Finish("interrupt"), End()]),
        (
            event("RUN_FINISHED", outcome={"type": "cancelled"}),
            [BackendError("cancelled", "the run was cancelled")],
        ),
        (
            event("RUN_FINISHED", usage=[{"inputTokens": 1, "outputTokens": 2}, {"inputTokens": 3}, 4]),
            [Usage(4, 2), End()],
        ),
        (event("RUN_FINISHED", usage={"outputTokens": 2}), [Usage(None, 2), End()]),
        (event("SOMETHING_NEW"), [Unknown("SOMETHING_NEW")]),
        ({"delta": "x"}, [Malformed("a JSON object without `type`")]),
        ("", []),
        ("[DONE]", [Malformed("no JSON: [DONE]")]),
        *((event(kind), []) for kind in sorted(QUIET)),
    ],
)
def test_ag_ui_reads(data: Any, expected: list[ChatEvent]) -> None:
    assert read("ag-ui", data) == expected


def test_a_tool_call_has_its_name_in_all_phases() -> None:
    dialect = made("ag-ui")
    told = read(dialect, event("TOOL_CALL_START", toolCallId="t", toolCallName="add"))
    told += read(dialect, event("TOOL_CALL_ARGS", toolCallId="t", delta="{}"))
    told += read(dialect, event("TOOL_CALL_END", toolCallId="t"))
    told += read(dialect, event("TOOL_CALL_RESULT", toolCallId="t", content="2"))
    assert told == [
        ToolCall("add", "t", "start"),
        ToolCall("add", "t", "args", "{}"),
        ToolCall("add", "t", "end"),
        ToolCall("add", "t", "result", "2"),
    ]


def test_chunks_of_a_tool_call_need_no_start() -> None:
    dialect = made("ag-ui")
    told = read(dialect, event("TOOL_CALL_CHUNK", toolCallId="t", toolCallName="add", delta="{"))
    told += read(dialect, event("TOOL_CALL_CHUNK", delta="}"))
    assert told == [ToolCall("add", "t"), ToolCall("add", "t", "args", "{"), ToolCall("add", "t", "args", "}")]


SNAPSHOT = event(
    "MESSAGES_SNAPSHOT",
    messages=[
        {"role": "assistant", "content": "earlier"},
        {"role": "user", "content": "2+2?"},
        {"role": "assistant", "toolCalls": []},
        {"role": "tool", "content": "4"},
        {"role": "assistant", "content": "It is 4."},
        3,
    ],
)


def test_an_answer_in_a_snapshot_alone_is_told_at_the_end() -> None:
    dialect = made("ag-ui")
    assert read(dialect, SNAPSHOT) == []
    assert read(dialect, event("RUN_FINISHED")) == [Text("It is 4."), End()]


def test_a_snapshot_of_what_was_streamed_is_not_told_again() -> None:
    dialect = made("ag-ui")
    read(dialect, event("TEXT_MESSAGE_CONTENT", delta="It is 4."))
    read(dialect, event("REASONING_MESSAGE_CONTENT", delta="or is it?"))
    read(dialect, SNAPSHOT)
    assert read(dialect, event("RUN_FINISHED")) == [End()]
