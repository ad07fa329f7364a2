"""What the vercel-ui dialect makes of parts, tools and endings."""

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
from dashboard.wire.dialects.vercel_ui import QUIET
from tests.wire.reading import made, read


def part(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind, **fields}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (part("text-delta", id="0", delta="x"), [Text("x")]),
        (part("text-delta", id="0", delta=""), []),
        (part("text-delta", id="0"), [Malformed("a text-delta without text")]),
        (part("reasoning-delta", id="0", delta="hm"), [Reasoning("hm")]),
        (part("start-step"), [Step("step 1")]),
        (part("data-weather", data={"c": 18}), []),
        (part("error", errorText="overloaded"), [BackendError("", "overloaded")]),
        (part("error"), [BackendError("", "an error part without words")]),
        (part("abort"), [BackendError("abort", "the back end aborted the answer")]),
        (part("abort", reason="timeout"), [BackendError("abort", "timeout")]),
        (part("finish"), []),
        (part("finish", finishReason="stop"), [Finish("stop")]),
        (part("finish", finishReason="error"), [BackendError("error", "the finish reason is error")]),
        (
            part("finish", finishReason="stop", messageMetadata={"totalUsage": {"inputTokens": 1, "outputTokens": 2}}),
            [Usage(1, 2), Finish("stop")],
        ),
        (part("finish", messageMetadata={"usage": {"outputTokens": 2}}), [Usage(None, 2)]),
        (part("finish", messageMetadata={"totalUsage": {"inputTokenDetails": {}}}), []),
        (part("tool-approval-request", toolCallId="t"), [Step("approval of t")]),
        (part("tool-input-delta", toolCallId="t", inputTextDelta=""), []),
        ({"type": 3}, [Malformed("a JSON object without `type`")]),
        (part("tool-novelty"), [Unknown("tool-novelty")]),
        (part("novelty"), [Unknown("novelty")]),
        ({"delta": "x"}, [Malformed("a JSON object without `type`")]),
        ("[DONE]", [End()]),
        ("", []),
        ("{", [Malformed("no JSON: {")]),
        *((part(kind), []) for kind in sorted(QUIET)),
    ],
)
def test_vercel_ui_reads(data: Any, expected: list[ChatEvent]) -> None:
    assert read("vercel-ui", data) == expected


def test_done_is_no_success_until_finish_came() -> None:
    dialect = made("vercel-ui")
    assert dialect.needs_finish
    read(dialect, part("finish"))
    assert not dialect.needs_finish


def test_steps_are_counted() -> None:
    dialect = made("vercel-ui")
    told = [event for kind in ("start-step", "finish-step", "start-step") for event in read(dialect, part(kind))]
    assert told == [Step("step 1"), Step("step 1", "end"), Step("step 2")]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (
            [
                part("tool-input-start", toolCallId="t", toolName="add"),
                part("tool-input-delta", toolCallId="t", inputTextDelta="{}"),
                part("tool-input-available", toolCallId="t", toolName="add", input={}),
                part("tool-output-available", toolCallId="t", output={"sum": 2}),
            ],
            [("start", ""), ("args", "{}"), ("end", ""), ("result", '{"sum": 2}')],
        ),
        (
            [
                part("tool-input-available", toolCallId="t", toolName="add", input={"a": 1}),
                part("tool-output-error", toolCallId="t", errorText="no"),
            ],
            [("start", ""), ("args", '{"a": 1}'), ("end", ""), ("result", "error: no")],
        ),
        (
            [
                part("tool-input-error", toolCallId="t", toolName="add", errorText="bad"),
                part("tool-output-denied", toolCallId="t"),
            ],
            [("start", ""), ("result", "error: bad"), ("result", "denied")],
        ),
    ],
)
def test_a_tool_call_has_its_name_in_all_phases(parts: list[dict[str, Any]], expected: list[tuple[str, str]]) -> None:
    dialect = made("vercel-ui")
    told: list[ChatEvent] = [event for each in parts for event in read(dialect, each)]
    assert told == [ToolCall("add", "t", phase, detail) for phase, detail in expected]
