"""Messages that go past Bokeh's serialiser, over a real websocket, read by Bokeh's own receiver."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import panel as pn
import pytest
from bokeh.application import Application
from bokeh.application.handlers.function import FunctionHandler
from bokeh.document import Document
from bokeh.document.events import MessageSentEvent
from bokeh.protocol import Protocol
from bokeh.protocol.receiver import Receiver
from panel.io.server import Server
from tornado.httpclient import AsyncHTTPClient
from tornado.websocket import WebSocketClientConnection, websocket_connect

from dashboard.ui.post import Posted

WAIT_S = 30.0


class Speaker(Posted):
    """Says what it is told to."""

    _esm = "export function render() {}"

    heard: list[Any]

    async def _handle_msg(self, data: Any) -> None:
        self.heard.append(data)


class Browser:
    """A page's websocket, without the page."""

    def __init__(self, socket: WebSocketClientConnection, speaker: Speaker) -> None:
        self.socket, self.speaker = socket, speaker
        self._receiver = Receiver(Protocol())

    async def hear(self) -> Any:
        """The next change of the document; what answers a request of ours is passed over."""
        while True:
            part = await asyncio.wait_for(self.socket.read_message(), WAIT_S)
            assert part is not None, "the server closed the websocket"
            message = await self._receiver.consume(part)
            if message is not None and message.msgtype == "PATCH-DOC":
                return message

    async def say(self, data: Any) -> None:
        """What `model.send_msg(data)` does."""
        ((model, _),) = self.speaker._models.values()
        values = {"type": "map", "entries": [["model", {"id": model.id}], ["data", data]]}
        event = {"type": "event", "name": "data_event", "values": values}
        content = {"events": [{"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": event}]}
        for part in ('{"msgid":"7","msgtype":"PATCH-DOC"}', "{}", json.dumps(content)):
            await self.socket.write_message(part)
        for _ in range(int(WAIT_S / 0.02)):
            if data in self.speaker.heard:
                return
            await asyncio.sleep(0.02)
        raise AssertionError("the component heard nothing")


@contextlib.asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    made: list[Speaker] = []
    sockets: list[WebSocketClientConnection] = []

    def page(document: Document) -> None:
        speaker = Speaker()
        speaker.heard = []
        made.append(speaker)
        pn.panel(speaker).server_doc(document)

    server = Server({"/": Application(FunctionHandler(page))}, port=0)
    server.start()
    try:
        answer = await AsyncHTTPClient().fetch(f"http://127.0.0.1:{server.port}/")
        token = re.search(r'"token":"([^"]+)"', answer.body.decode())
        assert token
        socket = await websocket_connect(
            f"ws://127.0.0.1:{server.port}/ws", subprotocols=["bokeh", token[1]], max_message_size=2**27
        )
        sockets.append(socket)
        seen = Browser(socket, made[-1])
        for part in ('{"msgid":"1","msgtype":"PULL-DOC-REQ"}', "{}", "{}"):
            await socket.write_message(part)
        yield seen
    finally:
        for each in sockets:
            each.close()
        server.stop()


def told(message: Any) -> Any:
    """The data of the one event in it, and its model."""
    assert message.msgtype == "PATCH-DOC"
    ((_model, model), (_data, data)) = message.content["events"][0]["msg_data"]["values"]["entries"]
    return model, data


def without_data(message: Any) -> Any:
    content = json.loads(json.dumps(message.content))
    content["events"][0]["msg_data"]["values"]["entries"][1][1] = None
    return content


@pytest.mark.parametrize(
    "data", [{"kind": "full", "r": 1}, "Grüße 🌊 \u202e", {"half": "\ud83c"}, {"long": "x" * 70_000}]
)
async def test_the_browser_is_told_the_same_as_by_bokeh(data: Any) -> None:
    async with browser() as page:
        await page.say("here")
        super(Posted, page.speaker)._send_msg(data)
        theirs = await page.hear()
        page.speaker._send_msg(data)
        ours = await page.hear()
    assert without_data(ours) == without_data(theirs)
    assert json.loads(told(ours)[1]) == data


async def test_messages_wait_for_what_bokeh_is_in_the_middle_of_and_keep_their_order() -> None:
    async with browser() as page:
        await page.say("here")
        ((model, _),) = page.speaker._models.values()
        (connection,) = model.document.session_context.session._subscribed_connections
        theirs = connection.protocol.create("PATCH-DOC", [MessageSentEvent(model.document, "theirs", "whole")])
        with await connection._socket.write_lock.acquire():
            for n, part in enumerate((theirs.header_json, theirs.metadata_json, theirs.content_json)):
                page.speaker._send_msg(n)
                await connection._socket.write_message(part, locked=False)
        page.speaker._send_msg(3)
        assert (await page.hear()).content["events"][0]["msg_data"] == "whole"
        assert [json.loads(told(await page.hear())[1]) for _ in range(4)] == [0, 1, 2, 3]


async def test_nobody_is_told_when_the_websocket_is_gone() -> None:
    async with browser() as page:
        await page.say("here")
        page.socket.close()
        for _ in range(int(WAIT_S / 0.02)):
            if not page.speaker._lines():
                break
            await asyncio.sleep(0.02)
        page.speaker._send_msg({"kind": "late"})
        assert not page.speaker._lines()
