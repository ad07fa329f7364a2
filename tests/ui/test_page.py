from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import panel as pn
import pytest
from panel.util import edit_readonly

from dashboard.config import Backend, Config, Limits
from dashboard.runtime import Runtime
from dashboard.ui.page import ChatPage, build_page


@pytest.fixture
async def runtime() -> AsyncIterator[Runtime]:
    backends = [Backend(name, "http://127.0.0.1:9/process/stream", "orchestrator") for name in ("one", "two")]
    made = Runtime(Config(backends, Limits(sessions=2, question_chars=10)))
    yield made
    await made.aclose()


def parts(view: Any, kind: str) -> list[Any]:
    return list(view.select(lambda each: type(each).__name__ == kind))


async def test_the_query_chooses_the_backend_and_an_unknown_one_is_no_error(runtime: Runtime) -> None:
    for query, backend in (({"backend": "two"}, "two"), ({"backend": "nobody"}, "one"), ({}, "one")):
        frame = build_page(runtime, session="s", query=query)
        assert parts(frame, "ChatPane")[0].settings["backend"] == backend
        runtime.end_session("s")


async def test_one_page_too_many_says_so(runtime: Runtime) -> None:
    build_page(runtime, session="a", query={})
    build_page(runtime, session="b", query={})
    full = build_page(runtime, session="c", query={})
    assert not parts(full, "ChatPane")
    assert "2 pages are open already" in parts(full, "Alert")[0].object


async def test_one_page_being_busy_is_no_news_for_another(runtime: Runtime) -> None:
    frame = build_page(runtime, session="s", query={})
    with edit_readonly(pn.state):
        pn.state.busy = True
    try:
        assert frame.busy is False
    finally:
        with edit_readonly(pn.state):
            pn.state.busy = False


async def test_a_refusal_becomes_a_note(runtime: Runtime) -> None:
    page = ChatPage(runtime, "s", "one")
    told: list[dict[str, Any]] = []
    page.chat._send_msg = told.append
    page.chat.ask("x" * 11)
    assert told[-1]["kind"] == "note"
    assert "11 characters; at most 10" in told[-1]["text"]
    assert runtime.turns() == []


async def test_closing_a_page_ends_its_turns_and_tasks(runtime: Runtime) -> None:
    page = ChatPage(runtime, "s", "one")
    page.chat._send_msg = lambda _message: None
    page.chat.ask("hi")
    (live,) = runtime.turns("s")
    page.close()
    await live.wait()
    assert live.transcript.outcome == "stopped"
    assert runtime.turns() == []


@pytest.mark.parametrize("message", [None, 3, "ask", {}, {"type": "nothing"}, {"type": ["ask"]}, {"type": "again"}])
async def test_what_no_page_of_ours_would_say_is_ignored(runtime: Runtime, message: Any) -> None:
    page = ChatPage(runtime, "s", "one")
    told: list[dict[str, Any]] = []
    page.chat._send_msg = told.append
    await page.chat._handle_msg(message)
    assert told == []


async def test_a_hidden_page_is_told_nothing_and_all_of_it_when_seen_again(runtime: Runtime) -> None:
    page = ChatPage(runtime, "s", "one")
    told: list[dict[str, Any]] = []
    page.chat._send_msg = told.append
    await page.chat._handle_msg({"type": "seen", "visible": False})
    page.chat.ask("hi")
    (live,) = runtime.turns("s")
    live.cancel()
    await live.wait()
    page.chat._flush(page.chat._talk.turns[0])
    assert [message["kind"] for message in told] == ["begin"]
    await page.chat._handle_msg({"type": "seen", "visible": True})
    assert told[-1]["kind"] == "full"
    assert told[-1]["turns"][0]["fields"]["verdict"]["outcome"] == "stopped"


async def test_a_gap_in_the_revisions_is_answered_with_everything(runtime: Runtime) -> None:
    page = ChatPage(runtime, "s", "one")
    told: list[dict[str, Any]] = []
    page.chat._send_msg = told.append
    await page.chat._handle_msg({"type": "sync", "have": -1})
    assert told[-1]["kind"] == "full"
    await page.chat._handle_msg({"type": "sync", "have": told[-1]["r"]})
    assert len(told) == 1
