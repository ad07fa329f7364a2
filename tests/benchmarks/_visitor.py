"""A page without a browser: it opens, asks for what a browser asks for, reads what it is told, and says what it saw."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import suppress
from typing import Any

from tornado.httpclient import AsyncHTTPClient
from tornado.websocket import WebSocketClientConnection, websocket_connect

ASKS = {
    "Nav": {"type": "here", "key": ""},
    "AlertBanner": None,
    "ChatPane": {"type": "seen", "visible": True},
    "NumberStrip": {"type": "sync"},
    "ChartBoard": {"type": "sync"},
}
"""Component → what its script says when it has rendered (the `after_render` of nav.js, pane.js and dom.js)."""


class Visitor:
    """One page, read for as long as it is open. `open()` first; `heard` counts its messages, by component."""

    def __init__(self, home: str) -> None:
        """`home`: host, port and path, as `127.0.0.1:5006/dashboard`."""
        self._home = home
        self._ids: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self.heard: dict[str, int] = {}
        self.told: dict[str, Any] = {}
        """Component → the last message to it."""
        self.bytes = 0

    async def open(self) -> None:
        """Returns once every component has had an answer. Errors: TimeoutError, AssertionError for a page that is not ours."""
        page = (await AsyncHTTPClient().fetch(f"http://{self._home}", request_timeout=120)).body.decode()
        token = re.search(r'"token":"([^"]+)"', page)
        assert token, "a page without a token"
        self._socket: WebSocketClientConnection = await websocket_connect(
            f"ws://{self._home}/ws", subprotocols=["bokeh", token[1]]
        )
        assert '"ACK"' in (await self._message())[0]
        await self._send("PULL-DOC-REQ", {})
        while '"PULL-DOC-REPLY"' not in (got := await self._message())[0]:
            pass
        self._find(json.loads(got[2]))
        self._reading = asyncio.create_task(self._read())
        for name, ask in ASKS.items():
            if ask is not None:
                await self.say(name, ask)
        async with asyncio.timeout(60):
            while not {"ChatPane", "NumberStrip"} <= set(self.heard):  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    def _find(self, document: Any) -> None:
        """The ids of our components, by name."""
        if isinstance(document, dict):
            name = document.get("attributes", {}).get("class_name")
            if name in ASKS:
                self._ids[name], self._names[document["id"]] = document["id"], name
            for each in document.values():
                self._find(each)
        elif isinstance(document, list):
            for each in document:
                self._find(each)

    async def _message(self) -> list[str]:
        """One message of Bokeh's protocol: head, something about it, content."""
        parts = []
        for _ in range(3):
            part = await self._socket.read_message()
            if part is None:
                raise EOFError(f"closed: {self._socket.close_code} {self._socket.close_reason}")
            parts.append(str(part))
        return parts

    async def _read(self) -> None:
        with suppress(EOFError):
            while True:
                parts = await self._message()
                self.bytes += sum(map(len, parts))
                found = re.search(r'"esm_event","values":\{"type":"map","entries":\[\["model",\{"id":"(\w+)"', parts[2])
                if found and (name := self._names.get(found[1])):
                    self.heard[name] = self.heard.get(name, 0) + 1
                    data = json.loads(parts[2])["events"][0]["msg_data"]["values"]["entries"][1][1]
                    self.told[name] = json.loads(data) if isinstance(data, str) else data

    async def _send(self, kind: str, content: Any) -> None:
        for part in ({"msgid": "1", "msgtype": kind}, {}, content):
            await self._socket.write_message(json.dumps(part))

    async def say(self, component: str, data: dict[str, Any]) -> None:
        """What `model.send_msg(data)` of that component sends."""
        values = [["model", {"id": self._ids[component]}], ["data", {"type": "map", "entries": list(data.items())}]]
        event = {"type": "event", "name": "data_event", "values": {"type": "map", "entries": values}}
        await self._send(
            "PATCH-DOC", {"events": [{"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": event}]}
        )

    async def ask(self, question: str) -> None:
        """What the composer sends."""
        await self.say("ChatPane", {"type": "ask", "text": question})

    async def close(self) -> None:
        self._socket.close()
        await self._reading
