from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec
import panel as pn
import pytest
from panel.util import edit_readonly

import dashboard.ui.page
from dashboard.config import Backend, Config, Limits
from dashboard.runtime import Runtime
from dashboard.ui import pane
from dashboard.ui.chat_view import ChatView
from dashboard.ui.page import Page, build_page
from dashboard.ui.view import Visit
from dashboard.wire.dialect import Question


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


@pytest.mark.parametrize(
    ("query", "notice"),
    [
        ({}, ""),
        ({"backend": "two", "view": "chat"}, ""),
        ({"backend": "nobody"}, 'No backend "nobody" is configured; questions go to one.'),
        ({"view": "cat\u202e"}, 'There is no view "cat⟨U+202E⟩"; this is Chat.'),
        (
            {"view": "x", "backend": "y"},
            'There is no view "x"; this is Chat. No backend "y" is configured; questions go to one.',
        ),
    ],
)
async def test_what_the_address_asks_for_and_is_not_here_is_said(runtime: Runtime, query: Any, notice: str) -> None:
    frame = build_page(runtime, session="s", query=query)
    assert parts(frame, "ChatPane")[0].settings["notice"] == notice
    runtime.end_session("s")


async def test_compare_says_which_backends_it_does_not_have(runtime: Runtime) -> None:
    frame = build_page(runtime, session="s", query={"view": "compare", "backends": "one,three,two"})
    assert (
        parts(frame, "ComparePane")[0].settings["notice"] == 'No backend "three" is configured; another has its lane.'
    )
    runtime.end_session("s")


class Plain:
    """A second view, that writes down what happens to it."""

    def __init__(self, visit: Visit) -> None:
        self.main, self.sidebar = pn.Spacer(name="plain"), [pn.Spacer(name="aside")]
        self.seen: list[Any] = []
        made.append(self)

    def open(self, query: Mapping[str, str]) -> None:
        self.seen.append(dict(query))

    def tick(self) -> None:
        self.seen.append("tick")

    def close(self) -> None:
        self.seen.append("closed")


made: list[Plain] = []


async def test_a_view_is_made_when_asked_for_and_only_the_one_in_sight_ticks(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard.ui.page, "VIEWS", {**dashboard.ui.page.VIEWS, "plain": ("Plain", Plain)})
    made.clear()
    visit = Visit(runtime, "s", {})
    page = Page(visit)
    page.tick()
    assert made == []
    await page._went("plain", {"turn": "7"})
    page.tick()
    (plain,) = made
    assert plain.seen == [{"view": "plain", "turn": "7"}, "tick"]
    assert page.main[0] is plain.main
    assert page.frame.sidebar[0] is plain.sidebar[0]
    await page._went("chat", {"turn": None})
    page.tick()
    assert plain.seen[2:] == []
    assert visit.query == {"view": "chat"}
    page._see(False)
    page.name = "plain"
    page.tick()
    page.close()
    assert plain.seen[2:] == ["closed"]


async def test_the_address_opens_a_view(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashboard.ui.page, "VIEWS", {**dashboard.ui.page.VIEWS, "plain": ("Plain", Plain)})
    assert Page(Visit(runtime, "s", {"view": "plain"})).name == "plain"
    assert Page(Visit(runtime, "t", {"view": "nothing"})).name == "chat"


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


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_an_open_page_offers_the_backends_of_another_configuration(runtime: Runtime) -> None:
    page = ChatView(Visit(runtime, "s", {"backend": "two"}))
    page.open({})
    told: list[dict[str, Any]] = []
    page.chat._send_msg = told.append
    live = runtime.ask("two", Question("hi"), session="s")
    three = Backend("three", "http://127.0.0.1:9/process/stream", "openai-chat")
    changed = msgspec.structs.replace(runtime.config.backends[1], examples=["Well?"])
    runtime.reload(msgspec.structs.replace(runtime.config, backends=[three, changed], limits=Limits(question_chars=7)))
    page.tick()
    await settled()
    assert (page._backend.options, page._backend.value) == (["three", "two"], "two")
    assert (page.chat.settings["examples"], page.chat.settings["question_chars"]) == (["Well?"], 7)
    assert told == []

    runtime.reload(msgspec.structs.replace(runtime.config, backends=[three]))
    page.tick()
    await settled()
    assert (page._backend.options, page._backend.value) == (["three"], "three")
    assert (page.chat.settings["backend"], page.chat.settings["dialect"]) == ("three", "openai-chat")
    assert page._ask.model.visible
    assert page.visit.query["backend"] == "three"
    assert [each["text"] for each in told] == [
        "two is no longer configured: questions go to three now, or choose another."
    ]
    assert not live.transcript.by, "what runs is not stopped"
    page.tick()
    assert len(told) == 1, "told once"


async def test_a_refusal_becomes_a_note(runtime: Runtime) -> None:
    page = ChatView(Visit(runtime, "s", {}))
    told: list[dict[str, Any]] = []
    page.chat._send_msg = told.append
    page.chat.ask("x" * 11)
    assert told[-1]["kind"] == "note"
    assert "11 characters; at most 10" in told[-1]["text"]
    assert runtime.turns() == []


async def test_ask_again_is_the_same_request_to_the_backend_that_answered(runtime: Runtime) -> None:
    page = ChatView(Visit(runtime, "s", {}))
    page.chat._send_msg = lambda _message: None
    page.chat.use_scenario("stall", "")
    page.chat.ask("hi")
    (live,) = runtime.turns()
    live.cancel()
    await live.wait()
    page.chat.use_backend("two")
    await page.chat._handle_msg({"type": "again", "turn": live.id})
    (again,) = runtime.turns()
    assert again.backend == "one"
    first, second = page.chat._talk.turns
    assert second.asked == first.asked
    assert second.asked.scenario == "stall"
    page.close()


async def test_ask_another_backend_fills_the_question_in_where_they_stand_side_by_side(runtime: Runtime) -> None:
    visit = Visit(runtime, "s", {"backend": "two"})
    went: list[Any] = []
    visit.opener = lambda view, query: went.append((view, dict(query)))
    page = ChatView(visit)
    page.chat._send_msg = lambda _message: None
    page.chat.ask("hi")
    (live,) = runtime.turns()
    await page.chat._handle_msg({"type": "other", "turn": live.id})
    assert went == [("compare", {"backends": "two,one"})]
    assert visit.draft == "hi"
    page.close()


async def test_a_closed_page_paints_nothing_more(runtime: Runtime) -> None:
    page = Page(Visit(runtime, "s", {}))
    (chat,) = parts(page.frame, "ChatPane")
    told: list[dict[str, Any]] = []
    chat._send_msg = told.append
    chat.ask("hi")
    page.close()
    (live,) = runtime.turns()
    await live.wait()
    await asyncio.sleep(0)
    assert [each["kind"] for each in told] == ["begin"]
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("page")]


async def test_the_end_of_an_answer_waits_for_no_interval(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pane, "PAINT_S", 3600.0)
    page, ended = ChatView(Visit(runtime, "s", {})), asyncio.Event()
    page.chat._send_msg = lambda message: ended.set() if message.get("fields", {}).get("verdict") else None
    page.chat.ask("hi")
    await asyncio.wait_for(ended.wait(), 30)
    page.close()


@pytest.mark.parametrize("message", [None, 3, "ask", {}, {"type": "nothing"}, {"type": ["ask"]}, {"type": "again"}])
async def test_what_no_page_of_ours_would_say_is_ignored(runtime: Runtime, message: Any) -> None:
    page = ChatView(Visit(runtime, "s", {}))
    told: list[dict[str, Any]] = []
    page.chat._send_msg = told.append
    await page.chat._handle_msg(message)
    assert told == []


async def test_a_hidden_page_is_told_nothing_and_all_of_it_when_seen_again(runtime: Runtime) -> None:
    page = ChatView(Visit(runtime, "s", {}))
    told: list[dict[str, Any]] = []
    page.chat._send_msg = told.append
    await page.chat._handle_msg({"type": "seen", "visible": False})
    page.chat.ask("hi")
    (live,) = runtime.turns()
    live.cancel()
    await live.wait()
    page.chat._flush(page.chat._talk.turns[0])
    assert [message["kind"] for message in told] == ["begin"]
    await page.chat._handle_msg({"type": "seen", "visible": True})
    assert told[-1]["kind"] == "full"
    assert told[-1]["turns"][0]["fields"]["verdict"]["outcome"] == "stopped"


async def test_a_gap_in_the_revisions_is_answered_with_everything(runtime: Runtime) -> None:
    page = ChatView(Visit(runtime, "s", {}))
    told: list[dict[str, Any]] = []
    page.chat._send_msg = told.append
    await page.chat._handle_msg({"type": "sync", "have": -1})
    assert told[-1]["kind"] == "full"
    await page.chat._handle_msg({"type": "sync", "have": told[-1]["r"]})
    assert len(told) == 1


async def test_a_view_without_a_side_has_no_drawer_and_chat_gets_its_own_back(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Sideless(Plain):
        def __init__(self, visit: Visit) -> None:
            super().__init__(visit)
            self.sidebar = []

    monkeypatch.setattr(dashboard.ui.page, "VIEWS", {**dashboard.ui.page.VIEWS, "plain": ("Plain", Sideless)})
    page = Page(Visit(runtime, "s", {}))
    assert page.frame.sidebar_open
    await page._went("plain", {})
    assert not page.frame.sidebar_open
    assert "& .MuiDrawer-root" in str(page.frame.sx)
    await page._went("chat", {})
    assert page.frame.sidebar_open
    assert "& .MuiDrawer-root" not in str(page.frame.sx)
    await page.nav._handle_msg({"type": "narrow"})
    await page._folded()
    await page._went("plain", {})
    await page._went("chat", {})
    assert not page.frame.sidebar_open
