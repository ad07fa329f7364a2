"""Pages opened and closed, by websocket and without a browser, on a server in this process: what do they leave?"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
from bokeh.command.util import build_single_handler_applications
from panel.io.server import Server
from tornado.httpclient import AsyncHTTPClient
from tornado.websocket import WebSocketClientConnection, websocket_connect

from dashboard.config import Backend, Config, Limits
from dashboard.runtime import Runtime, install
from dashboard.ui import guard
from dashboard.ui.keeper import keeper_of
from dashboard.ui.view import Visit

APP = Path(__file__).parents[2] / "dashboard"
SETTLE_S = 60.0
"""Patience for Bokeh, which lets sessions go in rounds."""

BLOCKS_A_PAGE = 200
"""More than this is a leak; an open page is 24,000."""


class Left(msgspec.Struct, frozen=True):
    """What is there between two rounds."""

    sessions: int
    conversations: int
    tasks: int
    visits: int
    files: int
    rss_mb: float
    blocks: int
    """What Python has allocated and not let go of: unlike the process's size it does not depend on how memory is handed out."""

    @property
    def nothing(self) -> bool:
        return (self.sessions, self.conversations, self.visits) == (0, 0, 0)


def _rss_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


class Pages:
    """The server, and pages that come and go."""

    def __init__(self, server: Server, runtime: Runtime) -> None:
        self._home = f"127.0.0.1:{server.port}/dashboard"
        self._runtime = runtime
        self.server = server

    async def come_and_go(self, number: int, at_once: int = 5) -> None:
        """`number` pages; some stay a moment, so that they overlap."""
        gate = asyncio.Semaphore(at_once)

        async def one() -> None:
            async with gate:
                await self._visit()

        await asyncio.gather(*(one() for _ in range(number)))

    async def _visit(self) -> None:
        """A page that comes, is shown, and goes."""
        socket, _document = await self.open()
        socket.close()

    async def token(self) -> str:
        """A page, and what opens its websocket."""
        page = await AsyncHTTPClient().fetch(f"http://{self._home}", request_timeout=120)
        token = re.search(r'"token":"([^"]+)"', page.body.decode())
        assert token, "a page without a token"
        return token[1]

    async def open(self) -> tuple[WebSocketClientConnection, str]:
        """What a browser does: the page, its websocket, the whole document, which it gives as JSON.

        Who does not read messages from the websocket does not read from the network either.
        """
        socket = await websocket_connect(f"ws://{self._home}/ws", subprotocols=["bokeh", await self.token()])

        async def hear(what: str) -> None:
            heard = ""
            while what not in heard:
                heard = str(await socket.read_message())
                assert heard != "None", f"closed: {socket.close_code} {socket.close_reason}"

        await hear('"ACK"')  # what is sent before it is not understood
        for part in ('{"msgid":"1","msgtype":"PULL-DOC-REQ"}', "{}", "{}"):
            await socket.write_message(part)
        await hear("PULL-DOC-REPLY")
        document = str([await socket.read_message() for _ in range(2)][1])
        assert "ChatPane" in document
        return socket, document

    def left(self) -> Left:
        """Counts; `visits` are the pages' own objects that something still holds: each would hold a whole page."""
        gc.collect()
        return Left(
            sessions=len(self._runtime._sessions),
            conversations=len(keeper_of(self._runtime)),
            tasks=len(asyncio.all_tasks()),
            visits=sum(
                type(each) is Visit and each.runtime is self._runtime for each in gc.get_objects()
            ),  # no proxies
            files=len(list(Path("/proc/self/fd").iterdir())),
            rss_mb=_rss_mb(),
            blocks=sys.getallocatedblocks(),
        )

    async def settled(self) -> Left:
        """What is left once nothing is, or after SETTLE_S."""
        end = asyncio.get_running_loop().time() + SETTLE_S
        while self._runtime._sessions:
            assert asyncio.get_running_loop().time() < end, f"sessions that nobody lets go of: {self.left()}"
            await asyncio.sleep(0.25)
        left = self.left()
        while not left.nothing and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.5)  # Bokeh lets go of the document after it has told of the session
            left = self.left()
        return left


@contextlib.asynccontextmanager
async def serving(
    url: str = "http://127.0.0.1:9/process/stream", limits: Limits | None = None, **more: int
) -> AsyncIterator[Pages]:
    """The app as `panel serve dashboard` runs it, on this loop; unused sessions are let go of within a second.

    `more`: settings of Bokeh's server.
    """
    runtime = Runtime(Config([Backend("nobody", url, "orchestrator")], limits or Limits()))
    install(runtime)
    guard.install()
    applications = build_single_handler_applications([str(APP)])
    server = Server(
        applications,
        port=0,
        unused_session_lifetime_milliseconds=200,
        check_unused_sessions_milliseconds=200,
        **more,
    )
    server.start()
    try:
        yield Pages(server, runtime)
    finally:
        server.stop()
        await runtime.aclose()
        install(None)


async def main(number: int) -> int:
    async with serving() as pages:
        await pages.come_and_go(20)
        first = await pages.settled()
        sys.stdout.write(f"after 20 pages:    {first}\n")
        gc.freeze()  # as `serve` does once all is loaded; what pages leave from now on is seen as before, and sooner
        for round_ in range(1, 6):
            await pages.come_and_go(number // 5)
            left = await pages.settled()
            sys.stdout.write(f"after {20 + round_ * (number // 5)} pages:  {left}\n")
        grown, blocks = left.rss_mb - first.rss_mb, (left.blocks - first.blocks) / number
        sys.stdout.write(f"memory grew by {grown:.1f} MB over {number} pages, and by {blocks:.0f} blocks a page\n")
        flat = left.tasks <= first.tasks and left.files <= first.files + 2 and blocks <= BLOCKS_A_PAGE
        return 0 if left.nothing and flat else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)))
