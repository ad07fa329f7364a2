"""A conversation outlives its page: claimed by key, copied for a second tab, bounded, and its answers end in time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from dashboard.backend.live import LiveTurn
from dashboard.config import Limits
from dashboard.health.snapshot import Scope
from dashboard.runtime import Runtime
from dashboard.ui import keeper as keeping
from dashboard.ui.chat_view import ChatView
from dashboard.ui.keeper import Keeper, keeper_of
from tests.backend.raw import HEAD, Peer, RawServer, serving
from tests.backend.test_runtime import endless, runtime_for
from tests.turn.script import DONE, say
from tests.ui.tab import Tab


class ChatTab(Tab):
    """With the Chat view open."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(runtime)
        self.view = ChatView(self)
        self.view.chat._send_msg = self.told.append

    @property
    def shown(self) -> list[str]:
        """The answers that the browser has, as blocks, after all that it was told."""
        return ["".join(turn["blocks"]["html"]) for turn in self.full("full")["turns"]]

    async def ask(self, text: str = "hello") -> LiveTurn:
        self.view.chat.ask(text)
        live = self.kept.talk.turns[-1].live
        while not live.transcript.text:
            await live.changed(live.transcript.revision)
        return live

    async def verdict(self) -> Any:
        """What the last message says of the turn's end, once it does."""
        for _ in range(3000):
            if (found := self.told[-1].get("fields", {}).get("verdict")) is not None:
                return found
            await asyncio.sleep(0.01)
        raise AssertionError(self.told[-1])

    async def say(self, **message: Any) -> None:
        if "key" in message:
            self.claim(message["key"])
        await self.view.chat._handle_msg(message)


@pytest.fixture
async def server() -> AsyncIterator[RawServer]:
    async with serving(endless) as started:
        yield started


@pytest.fixture
async def runtime(server: RawServer) -> AsyncIterator[Runtime]:
    made = runtime_for(server, Limits(kept=2), max_parallel=9)
    yield made
    await made.aclose()


@pytest.fixture
def keeper(runtime: Runtime) -> Keeper:
    return keeper_of(runtime)


async def test_a_reload_brings_the_answer_under_way_and_stops_nothing(runtime: Runtime, keeper: Keeper) -> None:
    first = ChatTab(runtime)
    live = await first.ask()
    key, scope = first.kept.key, first.session
    keeper.going(key)
    first.up = False
    keeper.coming(key)
    second = ChatTab(runtime)
    await second.say(type="sync", have=-1, key=key)
    first.leave()
    assert second.shown == ["<p>and so on</p>\n"]
    assert (second.kept.key, second.session) == (key, scope)
    assert second.kept.stop is second.kept.drop is None
    assert not live.done
    assert runtime.turns(second.session) == [live]
    assert first.kept.talk.turns == []
    live.cancel()
    await live.wait()
    assert (await second.verdict())["outcome"] == "stopped"


async def test_a_tab_that_says_goodbye_ends_its_answer_soon(
    runtime: Runtime, keeper: Keeper, server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert keeping.GOODBYE_S < 5
    monkeypatch.setattr(keeping, "GOODBYE_S", 0.01)
    tab = ChatTab(runtime)
    live = await tab.ask()
    keeper.going(tab.kept.key)
    await live.wait()
    assert (live.transcript.outcome, live.transcript.by) == ("stopped", "session")
    await server.peers[0].gone()
    key = tab.kept.key
    tab.leave()
    again = ChatTab(runtime)
    await again.say(type="sync", have=-1, key=key)
    assert again.shown == ["<p>and so on</p>\n"]


async def test_a_page_that_comes_back_by_itself_keeps_its_answer(runtime: Runtime, keeper: Keeper) -> None:
    tab = ChatTab(runtime)
    live = await tab.ask()
    keeper.going(tab.kept.key)
    assert tab.kept.stop is not None
    await tab.say(type="sync", have=-1, key=tab.kept.key)
    assert tab.kept.stop is None
    assert not live.done


async def test_a_lost_page_has_its_answer_go_on_for_a_while(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    tab = ChatTab(runtime)
    live = await tab.ask()
    tab.leave()
    await asyncio.sleep(0)
    assert not live.done
    monkeypatch.setattr(keeping, "LOST_S", 0.01)
    other = ChatTab(runtime)
    lost = await other.ask()
    other.leave()
    await lost.wait()
    assert lost.transcript.by == "session"
    assert not live.done


async def test_a_page_whose_websocket_is_lost_ends_its_answer_unless_it_comes_back(
    runtime: Runtime, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the moment of the loss, not from when Bokeh lets go of the session."""
    monkeypatch.setattr(keeping, "LOST_S", 0.05)
    tab = ChatTab(runtime)
    live = await tab.ask()
    keeper.unplugged("another page")
    keeper.unplugged(tab.page)
    assert tab.kept.stop is None, "another websocket of it is open"
    tab.up = False
    keeper.unplugged(tab.page)
    keeper.plugged(tab.page)
    await asyncio.sleep(0.1)
    assert not live.done
    keeper.unplugged(tab.page)
    await live.wait()
    assert live.transcript.by == "session"


async def test_a_second_tab_gets_a_copy_and_the_two_go_apart(runtime: Runtime, keeper: Keeper) -> None:
    first = ChatTab(runtime)
    live = await first.ask()
    second = ChatTab(runtime)
    await second.say(type="sync", have=-1, key=first.kept.key)
    assert second.kept.key != first.kept.key
    assert second.session != first.session
    assert second.shown == ["<p>and so on</p>\n"]
    first.leave()
    keeper._drop(next(each for each in keeper._kept.values() if each.page is None))
    assert not live.done, "the second tab still shows it"
    await second.say(type="new")
    assert second.shown == []
    await live.wait()


async def test_an_ended_turn_is_shared_by_copies(runtime: Runtime) -> None:
    first = ChatTab(runtime)
    live = await first.ask()
    live.cancel()
    await live.wait()
    await first.verdict()
    second = ChatTab(runtime)
    await second.say(type="sync", have=-1, key=first.kept.key)
    assert second.kept.talk.turns == first.kept.talk.turns
    await first.say(type="new")
    assert len(second.kept.talk.turns) == 1
    assert second.kept.talk.console.written > 0


@pytest.mark.parametrize(("key", "lost"), [("", False), ("no such key", True), ("…" * 999, True)])
async def test_a_key_that_nobody_knows_begins_anew_and_says_so(runtime: Runtime, key: str, lost: bool) -> None:
    tab = ChatTab(runtime)
    await tab.say(type="sync", have=-1, key=key)
    assert tab.shown == []
    assert tab.told[-1]["lost"] is lost


async def test_a_page_with_a_conversation_takes_no_other(runtime: Runtime) -> None:
    first, second = ChatTab(runtime), ChatTab(runtime)
    await first.ask()
    await second.ask("mine")
    mine = second.kept
    await second.say(type="sync", have=-1, key=first.kept.key)
    assert second.kept is mine


async def test_what_waits_is_bounded_in_number(runtime: Runtime, keeper: Keeper) -> None:
    tabs = [ChatTab(runtime) for _ in range(4)]
    lives = [await tab.ask() for tab in tabs]
    for tab in tabs:
        tab.leave()
    assert [tab.kept.key in keeper._kept for tab in tabs] == [False, False, True, True]
    await lives[0].wait()
    await lives[1].wait()
    assert [live.done for live in lives] == [True, True, False, False]
    assert keeper.claim(tabs[0].kept.key, tabs[0]) is None


async def test_what_waits_is_bounded_in_bytes_and_time(server: RawServer) -> None:
    small = runtime_for(server, Limits(kept_bytes=100))
    tab = ChatTab(small)
    await tab.ask()
    tab.leave()
    assert len(keeper_of(small)) == 0
    short = runtime_for(server, Limits(kept_s=0.01))
    tab = ChatTab(short)
    live = await tab.ask()
    tab.leave()
    assert len(keeper_of(short)) == 1
    await live.wait()
    assert len(keeper_of(short)) == 0
    await small.aclose()
    await short.aclose()


async def test_a_page_on_which_nothing_was_asked_leaves_nothing(runtime: Runtime, keeper: Keeper) -> None:
    tab = ChatTab(runtime)
    assert len(keeper) == 1
    tab.leave()
    assert len(keeper) == 0


async def test_the_numbers_of_a_conversation_are_the_same_after_a_reload(runtime: Runtime) -> None:
    first = ChatTab(runtime)
    await first.ask()
    first.up = False
    second = ChatTab(runtime)
    second.view._scope = Scope("b", second.session)
    await second.say(type="sync", have=-1, key=first.kept.key)
    assert second.view._scope == Scope("b", second.session)
    assert runtime.monitor.snapshot(second.view._scope, 1e9, 1e9).turns_active == 1


async def test_text_that_came_while_nobody_looked_is_shown_whole(keeper: Keeper) -> None:
    go_on = asyncio.Event()

    async def halting(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(HEAD + say("one "))
        await go_on.wait()
        await peer.send(say("two ") + DONE)

    async with serving(halting) as server:
        runtime = runtime_for(server)
        first = ChatTab(runtime)
        live = await first.ask()
        key = first.kept.key
        first.leave()
        go_on.set()
        await live.wait()
        second = ChatTab(runtime)
        await second.say(type="sync", have=-1, key=key)
        assert second.shown == ["<p>one two</p>\n"]
        assert second.told[-1]["turns"][0]["fields"]["verdict"]["outcome"] == "completed"
        await runtime.aclose()
