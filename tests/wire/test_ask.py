"""What each dialect sends."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from dashboard.wire.dialect import Ask, Question
from dashboard.wire.dialects import DIALECTS
from tests.wire.reading import URL, made

NASTY = 'a "quote" {history} \\ {question} \n\u2028😀'
QUESTION = Question(NASTY, history=(("user", "Hi"), ("assistant", "Hello")), scenario="stall")
TURNS = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]


def body(ask: Ask) -> Any:
    assert ask.method == "POST"
    assert ask.headers == {"Content-Type": "application/json"}
    return json.loads(ask.body or b"")


def query(url: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(url).query, strict_parsing=True)


def test_orchestrator_asks_with_history_and_scenario() -> None:
    ask = made("orchestrator").ask(QUESTION)
    assert ask.url == URL
    assert body(ask) == {"message": NASTY, "history": TURNS, "scenario": "stall"}
    assert body(made("orchestrator").ask(Question("x"))) == {"message": "x"}


def test_orchestrator_by_get_keeps_the_query_that_is_there() -> None:
    ask = made("orchestrator", "GET", URL + "?key=1").ask(QUESTION)
    assert (ask.method, ask.body) == ("GET", None)
    assert query(ask.url) == {"key": ["1"], "message": [NASTY], "scenario": ["stall"]}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_orchestrator_resumes_by_get_after_an_id(method: str) -> None:
    dialect = made("orchestrator", method)
    assert dialect.resume(QUESTION, "") is None
    ask = dialect.resume(QUESTION, "7")
    assert ask is not None
    assert (ask.method, ask.body, ask.headers) == ("GET", None, {"Last-Event-ID": "7"})
    assert query(ask.url)["message"] == [NASTY]


def test_openai_chat_asks() -> None:
    dialect = made("openai-chat", model="m", system="Be brief.", params={"temperature": 0.2, "stop": None})
    assert body(dialect.ask(QUESTION)) == {
        "model": "m",
        "messages": [{"role": "system", "content": "Be brief."}, *TURNS, {"role": "user", "content": NASTY}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.2,
        "scenario": "stall",
    }
    assert dialect.resume(QUESTION, "7") is None


def test_openai_chat_leaves_out_what_is_not_configured_or_null() -> None:
    sent = body(made("openai-chat", model="", system="", params={"stream_options": None}).ask(Question("x")))
    assert sent == {"messages": [{"role": "user", "content": "x"}], "stream": True}


def test_custom_fills_every_slot_and_never_breaks_json() -> None:
    shape = {
        "q": "{question}",
        "deep": [{"x": "ask: {question}!"}],
        "h": "{history}",
        "log": "{history}.",
        "n": 3,
        "{question}": None,
    }
    assert body(made("custom", json=shape).ask(QUESTION)) == {
        "q": NASTY,
        "deep": [{"x": f"ask: {NASTY}!"}],
        "h": TURNS,
        "log": "user: Hi\nassistant: Hello.",
        "n": 3,
        "{question}": None,
    }


def test_custom_without_a_shape_asks_the_likeliest_way() -> None:
    assert body(made("custom").ask(QUESTION)) == {"message": NASTY}
    assert query(made("custom", "GET").ask(QUESTION).url) == {"message": [NASTY]}


def test_custom_by_query() -> None:
    dialect = made("custom", "GET", URL + "?v=2", query={"q": "{question}", "mode": "fast"})
    ask = dialect.ask(QUESTION)
    assert (ask.method, ask.headers, ask.body) == ("GET", {}, None)
    assert query(ask.url) == {"v": ["2"], "q": [NASTY], "mode": ["fast"]}
    resumed = dialect.resume(QUESTION, "7")
    assert resumed == Ask("GET", ask.url, {"Last-Event-ID": "7"})
    assert made("custom", query={"q": "{question}"}).resume(QUESTION, "7") is None
    assert made("custom", query={"q": "x"}).ask(QUESTION) == Ask("POST", URL + "?q=x")


ASKED = Question("hi", history=(("user", "Hi"), ("assistant", "Hello")), conversation="c1", id="t1")


def test_anthropic_asks() -> None:
    ask = made("anthropic", model="m", system="Be brief.", params={"max_tokens": 9, "temperature": 0}).ask(ASKED)
    assert ask.headers == {"Content-Type": "application/json", "anthropic-version": "2023-06-01"}
    assert json.loads(ask.body or b"") == {
        "model": "m",
        "max_tokens": 9,
        "system": "Be brief.",
        "messages": [*TURNS, {"role": "user", "content": "hi"}],
        "stream": True,
        "temperature": 0,
    }
    bare = made("anthropic").ask(Question("x"))
    assert json.loads(bare.body or b"") == {
        "max_tokens": 1024,
        "messages": [{"role": "user", "content": "x"}],
        "stream": True,
    }
    assert made("anthropic").resume(ASKED, "7") is None


def test_ag_ui_asks() -> None:
    sent = body(made("ag-ui", model="m", system="Be brief.", params={"state": {"x": 1}}).ask(ASKED))
    assert sent == {
        "threadId": "c1",
        "runId": "t1",
        "state": {"x": 1},
        "messages": [
            {"id": "t1-0", "role": "system", "content": "Be brief."},
            {"id": "t1-1", "role": "user", "content": "Hi"},
            {"id": "t1-2", "role": "assistant", "content": "Hello"},
            {"id": "t1-3", "role": "user", "content": "hi"},
        ],
        "tools": [],
        "context": [],
        "forwardedProps": {"model": "m"},
    }
    assert body(made("ag-ui").ask(Question("x", id="t2")))["threadId"] == "t2"
    assert made("ag-ui").resume(ASKED, "7") is None


def test_vercel_ui_asks() -> None:
    sent = body(made("vercel-ui", model="m", system="", params={"trigger": None, "x": 1}).ask(ASKED))
    parts = [("user", "Hi"), ("assistant", "Hello"), ("user", "hi")]
    assert sent == {
        "id": "c1",
        "messages": [
            {"id": f"t1-{n}", "role": role, "parts": [{"type": "text", "text": text}]}
            for n, (role, text) in enumerate(parts)
        ],
        "model": "m",
        "x": 1,
    }
    assert body(made("vercel-ui").ask(Question("x", id="t2")))["trigger"] == "submit-message"
    assert made("vercel-ui").resume(ASKED, "7") is None


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("name", DIALECTS)
def test_half_a_character_can_be_asked_by_every_dialect(name: str, method: str) -> None:
    """A terminal that is not UTF-8, a page's JSON or an answer cut within an emoji bring lone surrogates."""
    question = Question("a\ud800 \ud83d\ude00", (("user", "\udcff"), ("assistant", "cut \ud83d")), "\ud800", "\ud800")
    assert question.text == "a\ufffd 😀"
    assert question.history == (("user", "\ufffd"), ("assistant", "cut \ufffd"))
    dialect = made(name, method, text="text")
    for ask in (dialect.ask(question), dialect.resume(question, "7")):
        if ask is not None:
            ask.url.encode()
            assert "\ufffd" in (ask.body or unquote(ask.url).encode()).decode() or ask.headers.get("Last-Event-ID")
