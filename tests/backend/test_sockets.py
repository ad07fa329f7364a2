"""Bytes are read as they come, stamped then, and never without bound; every connection of the transport is read so."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable

import httpcore
import pytest
import uvloop

from dashboard.backend.sockets import HELD_BYTES, Network, Stream
from dashboard.backend.transport import HttpTransport
from dashboard.config import Backend, Timeouts
from dashboard.wire.dialect import Ask
from tests.backend.raw import HEAD, Peer, serving

PACKET_BYTES = 256 * 1024
"""The most that asyncio and uvloop hand over at once."""

LOOPS = pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
Run = Callable[[Awaitable[object]], object]


async def connected(port: int) -> Stream:
    stream = await Network(httpcore.AnyIOBackend()).connect_tcp("127.0.0.1", port, timeout=3)
    assert isinstance(stream, Stream), "anyio's and httpcore's streams are not built as expected any more"
    return stream


async def held(stream: Stream, size: int) -> None:
    async with asyncio.timeout(30):
        while stream._socket._size < size:  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def test_what_the_transport_opens_is_read_so() -> None:
    async def answer(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(HEAD)
        await peer.gone()

    async with serving(answer) as server:
        transport = HttpTransport(Backend("b", server.url, timeouts=Timeouts(2, 2)))
        connection = await transport.open(Ask("GET", server.url), transport.now() + 3)
        assert connection is not None
        assert isinstance(connection._response.extensions["network_stream"], Stream)  # type: ignore[attr-defined]
        await connection.aclose()
        await transport.aclose()


@LOOPS
def test_the_time_of_a_read_is_when_it_came_however_late_its_reader(run: Run) -> None:
    async def main() -> None:
        go_on = asyncio.Event()

        async def two(peer: Peer) -> None:
            await peer.send(b"one")
            await go_on.wait()
            await peer.send(b"two")
            await peer.gone()

        async with serving(two) as server:
            stream = await connected(server.port)
            await held(stream, 3)
            came_by = time.monotonic()
            time.sleep(0.1)  # noqa: ASYNC251  # the loop is late
            assert await stream.read(65536) == b"one"
            assert came_by - 60 < stream.arrived() <= came_by
            go_on.set()
            assert await stream.read(65536) == b"two"
            assert stream.arrived() > came_by + 0.05
            await stream.aclose()

    run(main())


@LOOPS
def test_tcp_pushes_back_on_a_sender_whom_nobody_reads_and_nothing_is_lost(run: Run) -> None:
    body = bytes(range(256)) * 64 * 1024  # 16 MB, more than the kernel takes

    async def main() -> None:
        async def much(peer: Peer) -> None:
            await peer.send(body)
            peer.close()

        async with serving(much) as server:
            stream = await connected(server.port)
            await held(stream, HELD_BYTES)
            await asyncio.sleep(0.1)
            assert stream._socket._size <= HELD_BYTES + PACKET_BYTES
            got = bytearray()
            while piece := await stream.read(10_000):
                assert len(piece) <= 10_000
                got += piece
            assert got == body
            await stream.aclose()

    run(main())


@LOOPS
def test_a_reset_is_told_in_the_librarys_words_after_what_came_before_it(run: Run) -> None:
    async def main() -> None:
        async def torn(peer: Peer) -> None:
            await peer.send(b"all that comes")
            await asyncio.sleep(0.05)
            peer.reset()

        async with serving(torn) as server:
            stream = await connected(server.port)
            assert await stream.read(65536) == b"all that comes"
            with pytest.raises(httpcore.ReadError):
                await stream.read(65536)
            await stream.aclose()

    run(main())


class Told:
    """A Receiver that keeps what it is told."""

    def __init__(self) -> None:
        self.all: list[bytes | str] = []

    def received(self, data: bytes, at: float) -> None:
        assert at <= time.monotonic()
        self.all.append(data)

    def ended(self, error: Exception | None) -> None:
        self.all.append(type(error).__name__)


@pytest.mark.parametrize(("torn", "end"), [(False, "NoneType"), (True, "ConnectionResetError")], ids=["FIN", "RST"])
@LOOPS
def test_who_takes_over_is_told_first_what_came_before(run: Run, torn: bool, end: str) -> None:
    async def main() -> None:
        async def all_at_once(peer: Peer) -> None:
            await peer.send(b"head and body")
            await asyncio.sleep(0.05)
            peer.reset() if torn else peer.close()

        async with serving(all_at_once) as server:
            stream = await connected(server.port)
            socket, early, late = stream.socket, Told(), Told()
            assert socket is not None
            async with asyncio.timeout(30):
                await held(stream, 1)
                assert await stream.read(5) == b"head "
                socket.take_over(early)
                assert early.all == [b"and body"]
                while not socket._over:  # noqa: ASYNC110
                    await asyncio.sleep(0.001)
            assert early.all == [b"and body", end]
            socket.take_over(late)
            assert late.all == [end]
            await stream.aclose()

    run(main())


async def test_a_stream_of_another_make_is_left_as_it_is() -> None:
    class Other:
        async def connect_tcp(self, host: str, port: int) -> tuple[str, int]:
            return (host, port)

    assert await Network(Other()).connect_tcp("host", 1) == ("host", 1)


@LOOPS
def test_a_late_loop_is_no_silence_of_the_back_end(run: Run) -> None:
    """The bytes came before the deadline; only the loop was late to look."""
    listener = socket.create_server(("127.0.0.1", 0))
    blocked, sent = threading.Event(), threading.Event()

    def serve() -> None:
        peer, _ = listener.accept()
        peer.recv(65536)
        peer.sendall(HEAD)
        blocked.wait(30)
        peer.sendall(b"data: in time\n\n")
        sent.set()
        peer.recv(1)
        peer.close()

    bell, ringer = socket.socketpair()

    def late() -> None:
        """Called when a socket is read, after which uvloop rings its timers before it looks at sockets again."""
        bell.recv(1)
        blocked.set()
        sent.wait(30)
        time.sleep(0.4)

    async def main() -> None:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        transport = HttpTransport(Backend("b", url, timeouts=Timeouts(2, 2)))
        connection = await transport.open(Ask("GET", url), transport.now() + 3)
        assert connection is not None
        loop = asyncio.get_running_loop()
        loop.add_reader(bell, late)
        loop.call_later(0.05, ringer.send, b"!")
        read = await connection.read(time.monotonic() + 0.3)
        assert read is not None
        assert read.data == b"data: in time\n\n"
        loop.remove_reader(bell)
        await connection.aclose()
        await transport.aclose()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        run(main())
    finally:
        thread.join(10)
        for each in (listener, bell, ringer):
            each.close()
