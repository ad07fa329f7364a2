"""Nothing that can come makes a dialect raise."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.wire.chat_event import Malformed, Reasoning, Text, Unknown
from dashboard.wire.dialects import DIALECTS
from dashboard.wire.frame import Message
from tests.wire.reading import made, read

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
WORDS = """event data text response_data raw_response parts content kind type choices delta error message usage index
tool_calls function agent finish_reason confidence protocol prompt_tokens arguments name code"""
KEYS = st.sampled_from(WORDS.split())
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=25
)
NAMES = st.sampled_from(["message", "response_chunk", "completed", "error", "routing_completed", "ping", "\0"])
CHUNK = st.builds(lambda inner, kind: {"event": kind, **inner}, st.dictionaries(KEYS, JSON, max_size=6), NAMES)
CHOICE = st.builds(lambda inner: {"choices": [{"delta": inner, **inner}]}, st.dictionaries(KEYS, JSON, max_size=6))
DATA = st.one_of(st.text(max_size=40), JSON.map(json.dumps), CHUNK.map(json.dumps), CHOICE.map(json.dumps))
SETTINGS: list[dict[str, Any]] = [
    {},
    {"text": "text"},
    {"text": "$"},
    {"text": "choices.0.delta.content", "error": "error", "finish": "code=1"},
]


@settings(max_examples=500, deadline=None)
@given(DATA, NAMES, st.sampled_from(SETTINGS), st.sampled_from(sorted(DIALECTS)))
def test_nothing_that_comes_raises(data: str, event: str, options: dict[str, Any], name: str) -> None:
    message = Message(event, data)
    assert DIALECTS[name].recognises(message) in (True, False)
    for chat_event in made(name, **options).read(message):
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
