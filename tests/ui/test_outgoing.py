"""A browser that stops reading is told nothing more, then let go of; nobody else notices, and no answer is lost."""

from __future__ import annotations

import asyncio
import json
import logging
import socket as sockets
from collections.abc import Callable
from typing import Any

import pytest
from bokeh.server.views import ws
from tornado.websocket import WebSocketClientConnection, WebSocketClosedError

from dashboard.config import Limits
from dashboard.runtime import current
from dashboard.ui import outgoing
from dashboard.ui.outgoing import Outgoing
from tests.backend.raw import HEAD, Peer
from tests.backend.raw import serving as backend
from tests.soak.pages import Pages, serving
from tests.turn.script import DONE, say


@pytest.fixture
def closed() -> list[str]:
    return []


@pytest.fixture
def one(closed: list[str]) -> Outgoing:
    return Outgoing(closed.append)


def write(one: Outgoing, size: int) -> asyncio.Future[None]:
    taken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    one.wrote(size, taken)
    return taken


async def test_a_page_that_reads_is_never_behind(one: Outgoing) -> None:
    for _ in range(10):
        write(one, outgoing.BEHIND_BYTES).set_result(None)
        await asyncio.sleep(0)
        assert (one.bytes, one.behind) == (0, False)


async def test_much_on_its_way_is_behind_until_it_is_taken(one: Outgoing) -> None:
    first, second = write(one, outgoing.BEHIND_BYTES), write(one, 1)
    assert one.behind
    first.set_result(None)
    await asyncio.sleep(0)
    assert not one.behind
    second.set_exception(ConnectionError("gone"))
    await asyncio.sleep(0)
    assert one.bytes == 0


async def test_a_little_that_nobody_takes_is_behind_too(one: Outgoing, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = write(one, 1)
    assert not one.behind
    monkeypatch.setattr(outgoing, "BEHIND_S", -1)
    assert one.behind
    taken.cancel()
    await asyncio.sleep(0)
    assert not one.behind


async def test_too_much_is_closed_once_and_one_long_message_is_not(one: Outgoing, closed: list[str]) -> None:
    write(one, 2 * outgoing.MOST_BYTES)
    assert closed == []
    write(one, 1)
    write(one, 1)
    assert len(closed) == 1
    assert "64 MB were waiting" in closed[0]


async def test_what_is_not_taken_in_time_is_closed_and_what_moves_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outgoing, "STUCK_S", 0.3)
    ends: list[str] = []
    stuck, moves, idle = (Outgoing(ends.append), Outgoing(lambda _: ends.append("moves")), Outgoing(ends.append))
    write(stuck, 1)
    write(idle, 1).set_result(None)
    last = write(moves, 1)
    while not ends:
        last, before = write(moves, 1), last
        before.set_result(None)
        await asyncio.sleep(0.01)
    assert ends == ["this page read nothing for 0 s"]


# Over real websockets


def chat_pane(told: Any) -> str:
    """The id of the chat pane's model in a document; "" for none."""
    if isinstance(told, dict):
        attributes = told.get("attributes")
        if isinstance(attributes, dict) and "ChatPane" in (attributes.get("class_name"), attributes.get("name")):
            return str(told["id"])
    parts = told.values() if isinstance(told, dict) else told if isinstance(told, list) else ()
    return next(filter(None, map(chat_pane, parts)), "")


async def ask(page: WebSocketClientConnection, document: str, text: str) -> None:
    """What chat.js sends with Enter."""
    entries = [
        ["model", {"id": chat_pane(json.loads(document))}],
        ["data", {"type": "map", "entries": [["type", "ask"], ["text", text]]}],
    ]
    event = {"type": "event", "name": "data_event", "values": {"type": "map", "entries": entries}}
    patch = {"events": [{"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": event}]}
    for part in ('{"msgid":"2","msgtype":"PATCH-DOC"}', "{}", json.dumps(patch)):
        await page.write_message(part)


async def hear(page: WebSocketClientConnection, heard: list[str]) -> None:
    """Reads all that comes; the client answers pings by itself, as a browser does."""
    while (message := await page.read_message()) is not None:
        heard.append(str(message))


def narrow(pages: Pages) -> None:
    """Connections from now on hold next to nothing in the kernel, on the server's side."""
    for each in pages.server._http._sockets.values():
        each.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, 4096)


def watched() -> list[Outgoing]:
    return [each for of_session in outgoing._open.values() for each in of_session]


async def until(holds: Callable[[], object]) -> None:
    for _ in range(3000):
        if holds():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came to that")


async def test_a_browser_that_stops_reading_is_bounded_and_hinders_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "panel")  # a record of an event would hold its page
    monkeypatch.setattr(outgoing, "BEHIND_BYTES", 10_000)
    monkeypatch.setattr(outgoing, "BEHIND_S", 0.5)
    chunks, chunk = 250, "so much to say " * 20 + "\n\n"

    async def firehose(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(HEAD)
        for _ in range(chunks):
            await peer.send(say(chunk))
            await asyncio.sleep(0.01)
        await peer.send(DONE)

    most = 0
    async with backend(firehose) as server, serving(server.url, Limits(kept_s=0.1)) as pages:
        narrow(pages)
        deaf, its_document = await pages.open()
        deaf.protocol.stream.socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
        (of_deaf,) = watched()
        other, document = await pages.open()
        await ask(deaf, its_document, "a lot, please")
        await until(lambda: len(current().turns()) == 1)
        (live,) = current().turns()
        while not live.done:
            await asyncio.sleep(0.02)
            most = max(most, of_deaf.bytes)
        assert live.transcript.outcome == "completed"
        assert len(live.transcript.text) == chunks * len(chunk)
        print(f"{most} bytes waited to be sent")
        assert 0 < most < chunks * len(chunk) / 2
        heard: list[str] = []
        hearing = asyncio.create_task(hear(other, heard))
        await ask(other, document, "hello")
        await until(lambda: any("hello" in each for each in heard))
        (handler,) = (each._socket for each in pages.server._tornado._clients if each._socket.out is not of_deaf)
        for number in range(outgoing.PINGS + 2):
            pages.server._tornado._keep_alive()  # each 37 s, by itself
            await until(lambda answered=number: handler.latest_pong >= answered)  # type: ignore[misc]
        assert (of_deaf.closed, handler.out.closed) == (True, False)
        other.close()
        await hearing
        deaf.close()
        assert (await pages.settled()).nothing


async def test_a_page_that_left_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    """Bokeh's own handler says it; whatever else it says is heard."""

    class Leaving:
        async def send(self, _connection: object) -> None:
            raise WebSocketClosedError

    outgoing.hush()
    await ws.WSHandler.send_message(None, Leaving())  # type: ignore[arg-type]
    assert caplog.messages == []
    ws.log.warning("something else")
    assert caplog.messages == ["something else"]
