"""Nothing that can come makes a dialect raise."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.wire.chat_event import Malformed, Reasoning, Text, Unknown
from dashboard.wire.dialect import Question
from dashboard.wire.dialects import DIALECTS
from dashboard.wire.frame import Message
from tests.fuzz.examples import examples
from tests.wire.reading import made, read

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
WORDS = """event data text response_data raw_response parts content kind type choices delta error message usage index
tool_calls function agent finish_reason confidence protocol prompt_tokens arguments name code result status state
artifact artifacts artifactId messageId history role metadata append final content_block partial_json toolCallId
toolCallName toolName input output outcome inputTokens delta stop_reason messages messageMetadata totalUsage errorText"""
KEYS = st.sampled_from(WORDS.split())
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=25
)
NAMES = st.sampled_from(["message", "response_chunk", "completed", "error", "routing_completed", "ping", "\0"])
CHUNK = st.builds(lambda inner, kind: {"event": kind, **inner}, st.dictionaries(KEYS, JSON, max_size=6), NAMES)
CHOICE = st.builds(lambda inner: {"choices": [{"delta": inner, **inner}]}, st.dictionaries(KEYS, JSON, max_size=6))
KINDS = """content_block_delta content_block_start content_block_stop message_start message_delta error task message
TEXT_MESSAGE_CONTENT TOOL_CALL_CHUNK TOOL_CALL_RESULT RUN_FINISHED RUN_ERROR MESSAGES_SNAPSHOT STEP_STARTED text-delta finish
tool-input-available tool-output-available tool-input-error abort status-update artifact-update"""
FIELDS = st.dictionaries(KEYS, JSON, max_size=6)
TYPED = st.builds(lambda inner, kind: {**inner, "type": kind, "kind": kind}, FIELDS, st.sampled_from(KINDS.split()))
WRAPPED = st.builds(
    lambda inner, kind, part: {"result": {kind: {**inner, "parts": [part], "artifact": {"parts": [part]}}}},
    FIELDS,
    st.sampled_from(["task", "message", "statusUpdate", "artifact_update"]),
    FIELDS,
)
DATA = st.one_of(st.text(max_size=40), *(shape.map(json.dumps) for shape in (JSON, CHUNK, CHOICE, TYPED, WRAPPED)))
SETTINGS: list[dict[str, Any]] = [
    {},
    {"text": "text"},
    {"text": "$"},
    {"text": "choices.0.delta.content", "error": "error", "finish": "code=1"},
]


@examples(500)
@given(
    st.lists(st.builds(Message, NAMES, DATA), min_size=1, max_size=4),
    st.sampled_from(SETTINGS),
    st.sampled_from(sorted(DIALECTS)),
)
def test_nothing_that_comes_raises(stream: list[Message], options: dict[str, Any], name: str) -> None:
    dialect = made(name, **options)
    told = [event for message in stream for event in dialect.read(message)]
    assert all(DIALECTS[name].recognises(message) in (True, False) for message in stream)
    dialect.resume(Question("again"), "7")
    for chat_event in told:
        match chat_event:
            case Text(text) | Reasoning(text):
                assert text
                text.encode()
            case Malformed(words) | Unknown(words):
                assert len(words) <= 200
                assert "\n" not in words


@pytest.mark.parametrize(
    "data", ["[" * 200_000, '{"a":' * 200_000, "9" * 5_000, '{"choices":' + "[" * 5_000 + "]" * 5_000 + "}"]
)
@pytest.mark.parametrize("name", DIALECTS)
def test_deep_and_long_json_is_only_malformed(name: str, data: str) -> None:
    told = read(made(name, text="t"), data)
    assert all(isinstance(event, Malformed | Unknown | Text) for event in told)


@pytest.mark.parametrize("deep", [900, 3_000])  # what is malformed to one version of Python is JSON to another
@pytest.mark.parametrize("name", DIALECTS)
def test_a_deep_error_does_not_raise(name: str, deep: int) -> None:
    nested = '{"message": ' * deep + '"no"' + "}" * deep
    for kind in ("error", "RUN_ERROR", "tool-output-available"):
        read(made(name, text="t"), f'{{"type": "{kind}", "event": "error", "error": {nested}, "output": {nested}}}')


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        (
            "openai-chat",
            '{"choices": [{"delta": {"tool_calls": [{"index": %d, "id": "c%d", "function": {"name": "f"}}]}}]}',
        ),
        (
            "anthropic",
            '{"type": "content_block_start", "index": %d, "content_block": {"type": "tool_use", "id": "c%d"}}',
        ),
        ("ag-ui", '{"type": "TOOL_CALL_START", "n": %d, "toolCallId": "c%d", "toolCallName": "f"}'),
        ("vercel-ui", '{"type": "tool-input-start", "n": %d, "toolCallId": "c%d", "toolName": "f"}'),
    ],
)
def test_names_of_tool_calls_are_remembered_within_bounds(name: str, shape: str) -> None:
    dialect = made(name)
    for n in range(400):
        assert read(dialect, shape % (n, n))
    assert len(dialect._tools) == 128  # type: ignore[attr-defined]
