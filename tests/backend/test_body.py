"""Who reads a body: we where that can be, the HTTP library where not; what is read is the same, and so is its end."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
import uvloop

from dashboard.backend.body import Direct, Pump
from dashboard.backend.reads import AHEAD_BYTES
from dashboard.backend.response import Response
from dashboard.backend.seam import Broken
from dashboard.backend.transport import HttpTransport
from dashboard.config import Backend, Timeouts
from dashboard.turn.verdict import Fault
from dashboard.wire.dialect import Ask
from tests.backend.raw import Peer, Script, serving

PACKET_BYTES = 256 * 1024
"""The most that asyncio and uvloop hand over at once."""

LOOPS = pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
Run = Callable[[Awaitable[object]], object]

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
EVENT = b"data: an event\n\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


CUT = "peer closed connection without sending complete message body"
BODIES = [
    ("chunked", True, CHUNKED + chunk(EVENT) + chunk(EVENT) + b"0\r\n\r\n", 2 * EVENT, ""),
    ("chunked, trailers", True, CHUNKED + chunk(EVENT) + b"0\r\nx: y\r\n\r\n", EVENT, ""),
    ("chunked, cut in a chunk", True, CHUNKED + chunk(EVENT)[:-4], EVENT[:-2], f"{CUT} (incomplete chunked read)"),
    ("chunked, no last chunk", True, CHUNKED + chunk(EVENT), EVENT, f"{CUT} (incomplete chunked read)"),
    ("chunked, malformed", True, CHUNKED + chunk(EVENT) + b"no size\r\n", EVENT, "malformed chunked body"),
    ("chunked and a length", True, OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(EVENT) + b"0\r\n\r\n", EVENT, ""),
    ("something after the end", True, CHUNKED + chunk(EVENT) + b"0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", EVENT, ""),
    ("a length", True, OK + b"Content-Length: 16\r\n\r\n" + EVENT, EVENT, ""),
    ("a length, cut", True, OK + b"Content-Length: 17\r\n\r\n" + EVENT, EVENT, f"{CUT} (received 16 bytes, expected 17)"),
    ("nothing", True, OK + b"Content-Length: 0\r\n\r\n", b"", ""),
    ("until close", True, OK + b"\r\n" + EVENT, EVENT, ""),
    ("HTTP/1.0", True, b"HTTP/1.0 200 OK\r\n\r\n" + EVENT, EVENT, ""),
    ("lines end at LF", True, b"HTTP/1.1 200 OK\nContent-Length: 16\n\n" + EVENT, EVENT, ""),
    ("an early hint before", True, b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n" + CHUNKED + chunk(EVENT) + b"0\r\n\r\n", EVENT, ""),
    ("HTTP/1.0, chunked", False, CHUNKED.replace(b"/1.1", b"/1.0") + chunk(EVENT) + b"0\r\n\r\n", EVENT, ""),
    ("gzip", False, OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(EVENT), EVENT, ""),
    ("no content", False, b"HTTP/1.1 204 No Content\r\n\r\n", b"", ""),
]  # fmt: skip


def playing(sent: bytes, size: int) -> Script:
    async def play(peer: Peer) -> None:
        await peer.read_request()
        for at in range(0, len(sent), size):
            await peer.send(sent[at : at + size])
            if size < len(sent):
                await asyncio.sleep(0)
        peer.close()

    return play


@asynccontextmanager
async def opened(*scripts: Script) -> AsyncIterator[Response]:
    async with serving(*scripts) as server:
        transport = HttpTransport(Backend("b", server.url, timeouts=Timeouts(30, 30)))
        connection = await transport.open(Ask("POST", server.url, body=b"?"), transport.now() + 30)
        assert isinstance(connection, Response)
        try:
            yield connection
        finally:
            await connection.aclose()
            await transport.aclose()


async def whole(connection: Response) -> tuple[bytes, str]:
    """What was read to the end, and why it was none."""
    body = b""
    try:
        while True:
            read = await connection.read(time.monotonic() + 30)
            assert read is not None, "nothing came in time"
            if not read.data:
                return body, ""
            body += read.data
    except Broken as broken:
        return body, f"{broken.fault}: {broken.detail}"


async def by_httpx(sent: bytes) -> tuple[bytes, bool]:
    """The same bytes to a plain httpx."""
    body = b""
    async with serving(playing(sent, 1 << 20)) as server, httpx.AsyncClient(trust_env=False) as client:
        try:
            async with client.stream("POST", server.url, content=b"?") as response:
                async for piece in response.aiter_bytes():
                    body += piece
        except httpx.RemoteProtocolError:
            return body, False
    return body, True


@pytest.mark.parametrize(
    ("ours", "sent", "body", "why"), [each[1:] for each in BODIES], ids=[each[0] for each in BODIES]
)
@pytest.mark.parametrize("size", [1 << 20, 1], ids=["one packet", "byte by byte"])
@LOOPS
def test_a_body_and_its_end(run: Run, size: int, ours: bool, sent: bytes, body: bytes, why: str) -> None:
    async def main() -> None:
        async with opened(playing(sent, size)) as connection:
            assert isinstance(connection._source, Direct if ours else Pump), "see body._WAY_TO_PARSER"
            read, said = await whole(connection)
        assert read == body
        assert said.startswith(f"{Fault.CUT}: {why}") if why else not said
        assert await by_httpx(sent) == (body, not why), "an ordinary client reads the same"

    run(main())


@LOOPS
def test_every_split_of_head_and_body_into_two_packets(run: Run) -> None:
    sent = CHUNKED + chunk(EVENT) + b"0\r\n\r\n"
    ends = itertools.count(1)

    async def two(peer: Peer) -> None:
        end = next(ends)
        await peer.read_request()
        await peer.send(sent[:end])
        for _ in range(5):
            await asyncio.sleep(0)
        await peer.send(sent[end:])
        await peer.gone()

    async def main() -> None:
        async with serving(two) as server:
            transport = HttpTransport(Backend("b", server.url, timeouts=Timeouts(30, 30)))
            for _ in range(1, len(sent)):
                connection = await transport.open(Ask("GET", server.url), transport.now() + 30)
                assert isinstance(connection, Response)
                assert await whole(connection) == (EVENT, "")
                closed = await connection.aclose()
                assert closed.closed, "a connection that was taken over is never used again"
            assert len(server.peers) == len(sent) - 1
            await transport.aclose()

    run(main())


@LOOPS
def test_a_reset_is_a_cut_after_what_came_before_it(run: Run) -> None:
    async def torn(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(CHUNKED + chunk(EVENT))
        await asyncio.sleep(0.05)
        peer.reset()

    async def main() -> None:
        async with opened(torn) as connection:
            assert await whole(connection) == (EVENT, f"{Fault.CUT}: the connection broke: Connection reset by peer")

    run(main())


@LOOPS
def test_tcp_pushes_back_on_a_body_that_nobody_reads_and_nothing_is_lost(run: Run) -> None:
    body = bytes(range(256)) * 64 * 1024  # 16 MB, more than the kernel takes

    async def much(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(CHUNKED)
        for at in range(0, len(body), 1 << 16):
            await peer.send(chunk(body[at : at + (1 << 16)]))
        await peer.send(b"0\r\n\r\n")
        await peer.gone()

    async def main() -> None:
        async with opened(much) as connection:
            async with asyncio.timeout(30):
                while not connection._paused:  # noqa: ASYNC110
                    await asyncio.sleep(0.001)
            await asyncio.sleep(0.1)
            assert connection._ahead <= AHEAD_BYTES + PACKET_BYTES
            got = bytearray()
            while read := await connection.read(time.monotonic() + 30):
                assert len(read.data) <= AHEAD_BYTES
                if not read.data:
                    break
                got += read.data
            assert got == body

    run(main())
