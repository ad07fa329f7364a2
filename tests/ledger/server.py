"""A server that misbehaves by plan and keeps a ledger: (turn, seq, sha256) of every chunk that it sent whole."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from random import Random

from tests.backend.raw import Peer
from tests.ledger.answer import Answer, Item, sha

TURN = re.compile(rb"turn-([a-z0-9_]+\.\d+)")
LAST_ID = re.compile(rb"^last-event-id: *(.*?)\r\n", re.IGNORECASE | re.MULTILINE)
STREAM = "text/event-stream"


class Page:
    """One turn's page of the ledger."""

    def __init__(self, turn: str, answer: Answer, rng: Random) -> None:
        self.turn, self.answer, self.rng = turn, answer, rng
        self.sent: dict[int, str] = {}
        self.requests: list[bytes] = []
        self.notes: dict[str, int] = {}
        self.wrote_at: list[float] = []


class Visit:
    """One connection of one turn; `number` counts them from 0. Framing is close, chunked or length."""

    def __init__(self, peer: Peer, page: Page, server: FaultServer, *, elsewhere: bool) -> None:
        self.peer, self.page, self.server, self.elsewhere = peer, page, server, elsewhere
        self.answer, self.rng = page.answer, page.rng
        self.number = len(page.requests) - 1
        found = LAST_ID.search(peer.request)
        self.last_id = found[1].decode() if found else ""
        self.framing = "close"
        self._out = bytearray()

    async def open(self, framing: str = "close", *, status: str = "200 OK", headers: str = "", length: int = 0) -> None:
        """The response head; it leaves together with the first bytes of the body, or alone, as the dice say."""
        self.framing = framing
        lines = [f"HTTP/1.1 {status}", "Connection: close"]
        if "content-type" not in headers.lower():
            lines.append(f"Content-Type: {STREAM}")
        if headers:
            lines.append(headers)
        if framing == "chunked":
            lines.append("Transfer-Encoding: chunked")
        elif framing == "length":
            lines.append(f"Content-Length: {length}")
        self._out += "\r\n".join([*lines, "", ""]).encode()
        if self.rng.random() < 0.5:
            await self.flush()

    async def flush(self) -> None:
        out, self._out = bytes(self._out), bytearray()
        if out:
            self.page.wrote_at.append(time.monotonic())
            await self.peer.send(out)

    async def raw(self, data: bytes, *, slices: int | None = None) -> None:
        """Bytes of the body, in a few writes cut anywhere; gone to the kernel when this returns."""
        cuts = sorted(
            self.rng.sample(range(len(data) + 1), min(len(data), self.rng.randint(0, 4) if slices is None else slices))
        )
        for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
            part = data[begin:end]
            if part:
                self._out += b"%x\r\n%b\r\n" % (len(part), part) if self.framing == "chunked" else part
            if self.rng.random() < 0.5:
                await self.flush()
                await asyncio.sleep(0 if self.rng.random() < 0.8 else 0.002)
        await self.flush()

    async def say(self, items: Sequence[Item], upto: int | None = None, *, slices: int | None = None) -> None:
        """Events, `upto` bytes of them; what is whole stands in the ledger before it leaves."""
        body, at = b"".join(item.raw for item in items), 0
        upto = len(body) if upto is None else upto
        for item in items:
            if item.seq is not None and at + item.dispatched_at <= upto:
                self.page.sent[item.seq] = sha(self.answer.pieces[item.seq])
            at += len(item.raw)
        await self.raw(body[:upto], slices=slices)

    async def whole(self, items: Sequence[Item] | None = None) -> None:
        """A well-behaved answer: what is owed, framed as the dice say, and its end."""
        items = self.answer.after(self.last_id) if items is None else items
        framing = self.rng.choice(("close", "chunked", "length"))
        await self.open(framing, length=sum(len(item.raw) for item in items))
        await self.say(items)
        await self.end()

    async def end(self) -> None:
        """The end as the framing wants it."""
        if self.framing == "chunked":
            self._out += b"0\r\n\r\n"
        await self.flush()
        self.peer.close()

    async def hold(self) -> None:
        """Says no more, and keeps the connection until the client lets go."""
        await self.flush()
        await self.peer.gone()

    async def reset(self) -> None:
        await self.flush()
        if self.rng.random() < 0.5:
            await asyncio.sleep(0.001)
        self.peer.reset()

    async def tear(self) -> None:
        """Reset, or FIN where the framing wants more."""
        await self.flush()
        if self.rng.random() < 0.5:
            await self.reset()
        else:
            self.peer.close()


Script = Callable[[Visit], Awaitable[None]]


class FaultServer:
    """Plays one script to all turns; each turn has its page. A second port is another origin."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.pages: dict[str, Page] = {}
        self.failures: list[str] = []
        self.port = self.elsewhere = self.not_tls = 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer, turn = Peer(reader, writer), ""
        try:
            request = await peer.read_request()
            turn = "".join(found.decode() for found in TURN.findall(request)[:1])
            page = self.pages[turn]  # a request of no turn is a KeyError
            page.requests.append(request)
            port = writer.get_extra_info("sockname")[1]
            await self._script(Visit(peer, page, self, elsewhere=port == self.elsewhere))
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client has let go, which it may at any time, or the run is over
        except Exception as error:  # noqa: BLE001  # told at the end of the run
            self.failures.append(f"{turn}: {type(error).__name__}: {error}")
        finally:
            with contextlib.suppress(Exception):
                writer.close()


async def _no_tls(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"this is no TLS\r\n")
    writer.close()


@contextlib.asynccontextmanager
async def faulty(script: Script) -> AsyncIterator[FaultServer]:
    server = FaultServer(script)
    one = await asyncio.start_server(server._serve, "127.0.0.1", 0, backlog=1024)  # its own other half
    two = await asyncio.start_server(server._serve, "127.0.0.1", 0, backlog=1024)
    three = await asyncio.start_server(_no_tls, "127.0.0.1", 0, backlog=1024)
    server.port, server.elsewhere, server.not_tls = (each.sockets[0].getsockname()[1] for each in (one, two, three))
    try:
        yield server
    finally:
        one.close()
        two.close()
        three.close()
