"""The floor: a websocket that carries plain text, and a page that appends it. No markdown, no numbers, no charts."""

from __future__ import annotations

import asyncio
import sys

import tornado.web
import tornado.websocket
from deltas import deltas

FRAME_S = 0.016
PAGE = """<!doctype html><meta charset="utf-8"><textarea></textarea><div class="answer"></div><script>
const answer = document.querySelector(".answer")
const socket = new WebSocket("ws://" + location.host + "/ws")
socket.onmessage = (event) => answer.append(event.data)
document.querySelector("textarea").onkeydown = (event) => { if (event.key === "Enter") socket.send("ask") }
</script>"""


class Page(tornado.web.RequestHandler):
    def get(self) -> None:
        self.finish(PAGE)


class Socket(tornado.websocket.WebSocketHandler):
    async def on_message(self, _message: str | bytes) -> None:
        held: list[str] = []

        async def flush() -> None:
            while True:
                await asyncio.sleep(FRAME_S)
                if held:
                    piece = "".join(held)
                    held.clear()
                    await self.write_message(piece)

        flushing = asyncio.create_task(flush())
        async for piece in deltas(sys.argv[2]):
            held.append(piece)  # noqa: PERF401  # another task empties it meanwhile
        await asyncio.sleep(2 * FRAME_S)
        flushing.cancel()


async def main() -> None:
    tornado.web.Application([("/", Page), ("/ws", Socket)]).listen(int(sys.argv[1]), "127.0.0.1")
    await asyncio.Event().wait()


asyncio.run(main())
