"""A comparison outlives its page: a reload, a lost websocket and a second tab bring every lane as it stood."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from dashboard.config import Limits
from dashboard.runtime import Runtime
from dashboard.ui.compare_view import CompareView
from dashboard.ui.keeper import keeper_of
from dashboard.ui.view import Visit
from tests.backend.raw import HEAD, Peer, RawServer, serving
from tests.backend.test_runtime import runtime_for
from tests.turn.script import DONE, say
from tests.ui.tab import Tab


class CompareTab(Tab):
    """With the Compare view open."""

    def __init__(self, runtime: Runtime, query: dict[str, str] | None = None) -> None:
        super().__init__(runtime, query)
        self.view = CompareView(self)
        self.view.pane._send_msg = self.told.append

    @property
    def lanes(self) -> list[str]:
        """The answers that the browser has in its lanes, after the last message that told everything."""
        lanes = self.full("full", "begin")["lanes"]
        return ["".join(lane["turn"]["blocks"]["html"]) if "turn" in lane else "" for lane in lanes]

    async def ask(self) -> None:
        await self.view.pane._handle_msg({"type": "ask", "text": "why?"})
        for shown in self.kept.comparison.turns:
            while not shown.answer:
                await shown.live.changed(shown.live.transcript.revision)


@pytest.fixture
def go_on() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture
async def server(go_on: asyncio.Event) -> AsyncIterator[RawServer]:
    async def halting(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(HEAD + say("one "))
        await go_on.wait()
        await peer.send(say("two ") + DONE)

    async with serving(halting) as started:
        yield started


@pytest.fixture
async def runtime(server: RawServer) -> AsyncIterator[Runtime]:
    made = runtime_for(server, Limits(kept=2), max_parallel=9)
    yield made
    await made.aclose()


async def test_a_reload_in_mid_answer_brings_every_lane_and_goes_on(runtime: Runtime, go_on: asyncio.Event) -> None:
    first = CompareTab(runtime)
    await first.ask()
    key = first.kept.key
    first.up = False
    second = CompareTab(runtime)
    second.claim(key)
    first.leave()
    assert second.lanes == ["<p>one</p>\n"] * 2
    full = second.told[-1]
    assert (full["question"], full["running"]) == ("why?", True)
    assert full["elapsed_s"] < 100, "on the clock that began with the question"
    assert first.kept.turns == []
    go_on.set()
    for _ in range(3000):
        if second.told[-1].get("running") is False:
            break
        await asyncio.sleep(0.01)
    assert second.told[-1]["marks"]
    await second.view.pane._handle_msg({"type": "sync", "have": -1})
    assert second.lanes == ["<p>one two</p>\n"] * 2
    assert all(lane["course"]["end"] is not None for lane in second.told[-1]["lanes"])


async def test_the_answers_that_came_while_nobody_looked_are_there(runtime: Runtime, go_on: asyncio.Event) -> None:
    first = CompareTab(runtime)
    await first.ask()
    key = first.kept.key
    first.leave()
    go_on.set()
    await asyncio.gather(*(live.wait() for live in runtime.turns()))
    second = CompareTab(runtime)
    second.claim(key)
    assert second.lanes == ["<p>one two</p>\n"] * 2
    assert [lane["turn"]["fields"]["verdict"]["outcome"] for lane in second.told[-1]["lanes"]] == ["completed"] * 2


async def test_a_view_that_is_opened_after_the_reload_has_them_too(runtime: Runtime) -> None:
    first = CompareTab(runtime)
    await first.ask()
    first.up = False
    visit = Visit(runtime, "page", {})
    visit.claim(first.kept.key)
    view = CompareView(visit)
    told: list[dict[str, Any]] = []
    view.pane._send_msg = told.append
    await view.pane._handle_msg({"type": "sync", "have": -1})
    assert [lane["turn"]["blocks"]["html"] for lane in told[-1]["lanes"]] == [["<p>one</p>\n"]] * 2
    assert len(view.pane._followers) == 2
    view.close()


async def test_a_second_tab_gets_lanes_of_its_own_that_go_on_too(runtime: Runtime, go_on: asyncio.Event) -> None:
    first = CompareTab(runtime)
    await first.ask()
    second = CompareTab(runtime)
    second.claim(first.kept.key)
    assert second.kept.key != first.kept.key
    assert second.lanes == ["<p>one</p>\n"] * 2
    go_on.set()
    for tab in (first, second):
        for shown in tab.kept.comparison.turns:
            await shown.live.wait()
        await tab.view.pane._handle_msg({"type": "seen", "visible": True})
        assert tab.lanes == ["<p>one two</p>\n"] * 2
        ends = [lane["course"]["end"] for lane in tab.told[-1]["lanes"]]
        assert None not in ends
    await second.view.pane._handle_msg({"type": "add"})
    assert len(first.kept.comparison.lanes) == 2


async def test_the_address_that_was_opened_chooses_unless_an_answer_streams(
    runtime: Runtime, go_on: asyncio.Event
) -> None:
    first = CompareTab(runtime)
    await first.view.pane._handle_msg({"type": "add"})
    await first.ask()
    first.up = False
    during = CompareTab(runtime, {"backends": "b,b"})
    during.claim(first.kept.key)
    assert len(during.lanes) == 3
    go_on.set()
    await asyncio.gather(*(live.wait() for live in runtime.turns()))
    during.up = False
    after = CompareTab(runtime, {"backends": "b,b"})
    after.claim(during.kept.key)
    assert after.lanes == ["", ""]


async def test_a_comparison_alone_is_kept_and_bounded_as_a_conversation_is(runtime: Runtime) -> None:
    tabs = [CompareTab(runtime) for _ in range(3)]
    for tab in tabs:
        await tab.ask()
        tab.leave()
    keeper = keeper_of(runtime)
    assert [tab.kept.key in keeper._kept for tab in tabs] == [False, True, True]
    idle = CompareTab(runtime)
    idle.leave()
    assert len(keeper) == 2


async def test_a_comparison_that_the_server_no_longer_has_is_told_once(runtime: Runtime) -> None:
    tab = CompareTab(runtime)
    tab.claim("no such key")
    assert tab.told[-1]["lost"] is True
    assert len(tab.told[-1]["lanes"]) == 2
    await tab.ask()
    await tab.view.pane._handle_msg({"type": "sync", "have": -1})
    assert tab.told[-1]["lost"] is False
