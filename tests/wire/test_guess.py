"""Which dialect it is, and where the text stands when it is none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dashboard.wire.auto import AutoDialect
from dashboard.wire.chat_event import Text, Unknown
from dashboard.wire.dialect import Endpoint, Question
from dashboard.wire.frame import Message
from dashboard.wire.guess import guess_by_messages, guess_by_path, looks_like, propose_text_path
from dashboard.wire.text_path import WIDEST, _strings
from tests.wire.reading import expectations, messages, recorded


@pytest.mark.parametrize(
    ("url", "dialect"),
    [
        ("http://127.0.0.1:8004/process/stream", "orchestrator"),
        ("https://example.org/v2/process/stream/?key=1", "orchestrator"),
        ("http://127.0.0.1:8900/v1/chat/completions", "openai-chat"),
        ("https://example.org/openai/deployments/x/chat/completions?api-version=1", "openai-chat"),
        ("http://127.0.0.1:8901/v1/messages", "anthropic"),
        ("http://127.0.0.1:8902/rest/message:stream", "a2a"),
        ("http://127.0.0.1:8903/agui", "ag-ui"),
        ("http://127.0.0.1:8903/vercel", "vercel-ui"),
        ("http://127.0.0.1:8904/api/chat", "vercel-ui"),
        ("http://127.0.0.1:9000/ask", None),
        ("http://127.0.0.1:9000", None),
        ("http://127.0.0.1:9000/?u=/chat/completions", None),
    ],
)
def test_by_path(url: str, dialect: str | None) -> None:
    assert guess_by_path(url) == dialect


def said(*datas: Any) -> list[Message]:
    return [Message("message", data if isinstance(data, str) else json.dumps(data)) for data in datas]


@pytest.mark.parametrize(
    ("datas", "dialect"),
    [
        ([], None),
        (["hello"], None),
        (["", {"event": "routing_started"}], "orchestrator"),
        ([{"event": "completed"}], "orchestrator"),
        ([{"event": ["completed"]}], None),
        ([{"event": "error"}], None),
        ([{"object": "chat.completion.chunk"}], "openai-chat"),
        ([{"choices": [{"delta": {}}]}], "openai-chat"),
        ([{"choices": []}, "[DONE]"], None),
        ([{"type": "message_start", "message": {}}], "anthropic"),
        ([{"type": "ping"}], None),
        ([{"type": "RUN_STARTED", "threadId": "t", "runId": "r"}], "ag-ui"),
        ([{"type": "CUSTOM"}, {"type": "RUN_FINISHED"}], "ag-ui"),
        ([{"type": "start"}], None),
        ([{"type": "start"}, {"type": "start-step"}], "vercel-ui"),
        ([{"type": ["start-step"]}], None),
        ([{"jsonrpc": "2.0", "result": {"task": {"id": "k", "status": {"state": "TASK_STATE_SUBMITTED"}}}}], "a2a"),
        ([{"jsonrpc": "2.0", "result": {"kind": "artifact-update", "artifact": {}}}], "a2a"),
        ([{"message": {"messageId": "m", "role": "ROLE_AGENT", "parts": []}}], "a2a"),
        ([{"message": {"role": "assistant", "content": "hello"}}], None),
        ([{"message": {"messageId": "m", "content": []}}], None),
        ([{"message": {"role": "agent", "parts": []}}], None),
        ([{"task": {"id": "k", "status": "done"}}], None),
        ([{"status": {"state": "done"}}], None),
        ([{"jsonrpc": "2.0", "error": {"code": 1}}], None),
        ([{"jsonrpc": "2.0", "method": "notifications/progress"}], None),
    ],
)
def test_by_messages(datas: list[Any], dialect: str | None) -> None:
    assert guess_by_messages(said(*datas)) == dialect


def test_by_the_sse_field() -> None:
    assert guess_by_messages([Message("routing_started", "")]) == "orchestrator"
    assert guess_by_messages([Message("error", "")]) is None


@pytest.mark.parametrize(
    ("datas", "words"),
    [
        ([], None),
        (["hello", {"token": "x"}], None),
        ([{"object": "chat.completion.chunk"}], "this looks like openai-chat; set dialect: openai-chat"),
        (["", {"type": "RUN_STARTED"}], "this looks like ag-ui; set dialect: ag-ui"),
        ([{"type": "response.created"}], "this looks like OpenAI's Responses API, which no dialect speaks"),
        ([{"jsonrpc": "2.0", "method": "notifications/progress"}], "this looks like MCP, which no dialect speaks"),
    ],
)
def test_what_it_looks_like_in_words(datas: list[Any], words: str | None) -> None:
    assert looks_like(said(*datas)) == words


def test_auto_takes_the_paths_guess_until_a_message_is_anothers() -> None:
    dialect = AutoDialect(Endpoint("http://127.0.0.1:8904/api/chat"))
    (start, step, token) = said({"type": "start"}, {"type": "start-step"}, {"object": "chat.completion.chunk"})
    assert (dialect.read(start), dialect.take_guess(), dialect.needs_finish) == ([], "vercel-ui", True)
    assert dialect.media_types == frozenset()
    other = AutoDialect(Endpoint("http://127.0.0.1:8904/api/chat"))
    other.read(token)
    assert (other.name, other.take_guess()) == ("openai-chat", "openai-chat")
    dialect.read(step)
    dialect.read(said({"type": "finish"})[0])
    assert not dialect.needs_finish


def test_auto_stays_with_what_it_took_and_says_what_that_one_knows() -> None:
    dialect = AutoDialect(Endpoint("http://127.0.0.1:9000/"))
    assert (dialect.name, dialect.take_guess(), dialect.incomplete) == ("auto", "", "")
    task, piece, foreign = said(
        {"result": {"task": {"id": "k", "status": {"state": "TASK_STATE_WORKING"}}}},
        {"result": {"artifactUpdate": {"append": True, "artifact": {"artifactId": "a", "parts": [{"text": "x"}]}}}},
        {"type": "RUN_STARTED"},
    )
    dialect.read(task)
    assert dialect.resume(Question("?"), "") is not None
    assert dialect.read(piece) == [Text("x")]
    assert dialect.incomplete
    assert [type(event) for event in dialect.read(foreign)] == [Unknown]
    assert (dialect.name, dialect.take_guess(), dialect.take_guess()) == ("a2a", "a2a", "")
    assert AutoDialect(Endpoint("http://127.0.0.1:9000/agui")).name == "ag-ui"


def test_auto_without_a_hint_says_what_it_could_not_read() -> None:
    dialect = AutoDialect(Endpoint("http://127.0.0.1:9000/ask"))
    assert dialect.read(said({"type": "start"})[0]) == [Unknown('not recognised: {"type": "start"}')]
    assert dialect.media_types == {"text/plain"}


WORDS = ("The ", "answer", " is ", "forty", "-two", ".")


@pytest.mark.parametrize(
    ("datas", "path"),
    [
        ([], None),
        (["[DONE]", ""], None),
        (list(WORDS), "$data"),
        (["2", "+", "2", "[DONE]"], "$data"),
        ([json.dumps(word) for word in WORDS], "$"),
        ([{"token": word} for word in WORDS], "token"),
        ([{"id": f"evt_{n}", "model": "big one", "w": word} for n, word in enumerate(WORDS)], "w"),
        ([{"choices": [{"delta": {"content": word}}], "id": "x"} for word in WORDS], "choices.0.delta.content"),
        (
            [{"a": {"b": [{"said": word, "at": f"2026-11-22T10:00:0{n}Z"}]}} for n, word in enumerate(WORDS)],
            "a.b.0.said",
        ),
        ([{"type": "start", "request_id": "6f1c2d3e4f5a6b7c"}], None),
        ([{"ref": f"6f1c2d3e4f5a6b7{n}"} for n in range(9)], None),
        ([{"n": 1}, {"n": 2}], None),
        ([{"a.b": "text with dots in its name"}], None),
    ],
)
def test_proposed_text_path(datas: list[Any], path: str | None) -> None:
    assert propose_text_path(said(*datas)) == path


@pytest.mark.parametrize("name", ["llm_short", "llamaserver_usage", "litellm_mock"])
def test_proposes_the_content_of_real_streams(name: str) -> None:
    assert propose_text_path(messages([recorded("openai-chat", name)])) == "choices.0.delta.content"


@pytest.mark.parametrize("name", ["json_tokens", "bare_text", "json_strings", "done_line", "done_flag"])
def test_proposes_what_the_custom_recordings_are_read_with(name: str) -> None:
    assert propose_text_path(messages([recorded("custom", name)])) == expectations("custom")[name]["options"]["text"]


def test_looks_at_a_bounded_part_of_hostile_messages() -> None:
    wide = {f"k{n}": "text here" for n in range(50_000)}
    deep: Any = "too deep"
    for _ in range(50):
        deep = {"x": [deep]}
    assert len(list(_strings(wide))) == WIDEST
    assert propose_text_path(said(*[wide] * 3)) is not None
    assert propose_text_path(said(deep)) is None
    assert propose_text_path(said("[" * 100_000)) == "$data"
