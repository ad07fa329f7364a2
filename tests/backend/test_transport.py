"""What the network does becomes a Fault, once; a read is what came in one wake-up; nothing is unbounded."""

from __future__ import annotations

import asyncio
import gzip
import sys
import time
import zlib

import pytest

from dashboard.backend.seam import Broken, Connection
from dashboard.backend.transport import HttpTransport
from dashboard.config import Backend, Secret, Timeouts
from dashboard.turn.verdict import Fault
from dashboard.wire.dialect import Ask
from tests.backend.raw import HEAD, Peer, serving
from tests.ports import free_port

CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def backend(url: str = "http://127.0.0.1:1/", **more: object) -> Backend:
    return Backend("b", url, timeouts=Timeouts(2, 2), **more)  # type: ignore[arg-type]


async def opened(transport: HttpTransport, url: str, seconds: float = 30.0) -> Connection:
    connection = await transport.open(Ask("GET", url), transport.now() + seconds)
    assert connection is not None
    return connection


async def rest(connection: Connection) -> bytes:
    body = b""
    while True:
        read = await connection.read(time.monotonic() + 30)
        assert read is not None, "a read within three seconds"
        if not read.data:
            return body
        body += read.data


async def test_chunks_of_one_packet_are_one_read_with_one_time() -> None:
    async def two_packets(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(CHUNKED + b"".join(chunk(b"data: %d\n\n" % n) for n in range(20)))
        await asyncio.sleep(0.2)
        await peer.send(chunk(b"data: later\n\n") + b"0\r\n\r\n")

    async with serving(two_packets) as server:
        transport = HttpTransport(backend())
        connection = await opened(transport, server.url)
        first = await connection.read(time.monotonic() + 30)
        second = await connection.read(time.monotonic() + 30)
        end = await connection.read(time.monotonic() + 30)
        await connection.aclose()
        await transport.aclose()
    assert first
    assert second
    assert end
    assert first.data.count(b"data:") == 20
    assert second.data == b"data: later\n\n"
    assert 0.1 < second.at - first.at < 1.0
    assert end.data == b""


async def test_a_deadline_passes_without_a_read() -> None:
    async def silent(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(HEAD)
        await peer.gone()

    async with serving(silent) as server:
        transport = HttpTransport(backend())
        connection = await opened(transport, server.url)
        began = time.monotonic()
        assert await connection.read(began + 0.1) is None
        assert time.monotonic() - began >= 0.1
        assert await connection.read(time.monotonic() + 0.1) is None, "and again, with the timer armed anew"
        await connection.aclose()
        await asyncio.wait_for(server.peers[0].gone(), 30)
        await transport.aclose()


async def refuse_head(peer: Peer) -> None:
    await peer.read_request()
    await peer.gone()


async def test_no_head_by_the_deadline_is_none() -> None:
    async with serving(refuse_head) as server:
        transport = HttpTransport(backend())
        assert await transport.open(Ask("GET", server.url), transport.now() + 0.1) is None
        await transport.aclose()


async def short_length(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 99\r\n\r\ndata: x\n\n")


async def unfinished_chunks(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(CHUNKED + chunk(b"data: x\n\n"))


async def reset_midway(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(HEAD + b"data: x\n\n")
    await asyncio.sleep(0.1)
    peer.reset()


async def bad_gzip(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(HEAD.replace(b"Connection", b"Content-Encoding: gzip\r\nConnection") + b"no gzip at all")


async def brotli(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(HEAD.replace(b"Connection", b"Content-Encoding: br\r\nConnection") + b"whatever")


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        (short_length, Fault.CUT),
        (unfinished_chunks, Fault.CUT),
        (reset_midway, Fault.CUT),
        (bad_gzip, Fault.UNDECODABLE),
        (brotli, Fault.UNDECODABLE),
    ],
)
async def test_a_body_that_breaks(script: object, fault: Fault) -> None:
    async with serving(script) as server:  # type: ignore[arg-type]
        transport = HttpTransport(backend())
        connection = await opened(transport, server.url)
        with pytest.raises(Broken) as broken:
            await rest(connection)
        await connection.aclose()
        await transport.aclose()
    assert broken.value.fault is fault
    assert broken.value.detail


async def hang_up(peer: Peer) -> None:
    await peer.read_request()


async def empty_location(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(b"HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n")


async def no_address(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(b"HTTP/1.1 301 Moved\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n")


async def no_port(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(b"HTTP/1.1 301 Moved\r\nLocation: http://localhost:99999/\r\nContent-Length: 0\r\n\r\n")


async def loop_for_ever(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        (hang_up, Fault.CUT),
        (empty_location, Fault.REDIRECT),
        (no_address, Fault.REDIRECT),
        (no_port, Fault.REDIRECT),
        (loop_for_ever, Fault.REDIRECT),
    ],
)
async def test_no_head_worth_having(script: object, fault: Fault) -> None:
    async with serving(script) as server:  # type: ignore[arg-type]
        transport = HttpTransport(backend())
        with pytest.raises(Broken) as broken:
            await opened(transport, server.url)
        await transport.aclose()
    assert broken.value.fault is fault


@pytest.mark.parametrize("url", ["http://1.2.3.999/", "http://xn--a/"])
async def test_an_address_that_can_be_nobodys(url: str) -> None:
    transport = HttpTransport(backend())
    with pytest.raises(Broken) as broken:
        await opened(transport, url)
    await transport.aclose()
    assert broken.value.fault is Fault.DNS


async def test_refused_and_unknown_hosts_and_tls() -> None:
    transport = HttpTransport(backend())
    with pytest.raises(Broken) as refused:
        await opened(transport, f"http://127.0.0.1:{free_port()}/")
    with pytest.raises(Broken) as unknown:
        await opened(transport, "http://no-such-host.invalid/", 10)

    async def plain(peer: Peer) -> None:
        await peer.send(b"this is no TLS\r\n")

    async with serving(plain) as server:
        with pytest.raises(Broken) as tls:
            await opened(transport, f"https://127.0.0.1:{server.port}/")
    await transport.aclose()
    assert [refused.value.fault, unknown.value.fault, tls.value.fault] == [Fault.CONNECT, Fault.DNS, Fault.TLS]


async def test_across_origins_every_configured_header_is_dropped() -> None:
    async def away(peer: Peer) -> None:
        await peer.read_request()
        location = b"http://localhost:%d/real" % server.port
        await peer.send(b"HTTP/1.1 307 T\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n")

    async def real(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(HEAD + b"data: x\n\n")

    async with serving(away, real) as server:
        transport = HttpTransport(backend(headers={"X-Api-Key": Secret("k1"), "Authorization": Secret("Bearer k2")}))
        connection = await opened(transport, server.url)
        assert await rest(connection) == b"data: x\n\n"
        await connection.aclose()
        await transport.aclose()
        first, second = (peer.request.lower() for peer in server.peers)
    assert b"x-api-key: k1" in first
    assert b"k1" not in second
    assert b"k2" not in second
    assert b"accept: text/event-stream" in second


async def test_the_request_asks_for_a_stream_uncompressed() -> None:
    async def plain(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(HEAD)

    async with serving(plain) as server:
        transport = HttpTransport(backend())
        ask = Ask("POST", server.url, {"Content-Type": "application/json", "Last-Event-ID": " ä\u2028 "}, b'{"a": 1}')
        connection = await transport.open(ask, transport.now() + 2)
        assert connection
        await connection.aclose()
        await transport.aclose()
        request = server.peers[0].request
    lines = request.split(b"\r\n")
    assert b"Accept: text/event-stream" in lines
    assert b"Accept-Encoding: identity" in lines
    assert b"Cache-Control: no-cache" in lines
    assert "Last-Event-ID: ä".encode() in request
    assert request.endswith(b'{"a": 1}')


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_compressed_stream_comes_out_flush_by_flush(encoding: str) -> None:
    squeeze = zlib.compressobj(wbits=31 if encoding == "gzip" else 15)
    gate = asyncio.Event()

    async def flushing(peer: Peer) -> None:
        await peer.read_request()
        head = HEAD.replace(b"Connection", b"Content-Encoding: %b\r\nConnection" % encoding.encode())
        await peer.send(head + squeeze.compress(b"data: 1\n\n") + squeeze.flush(zlib.Z_SYNC_FLUSH))
        await gate.wait()
        await peer.send(squeeze.compress(b"data: 2\n\n") + squeeze.flush())

    async with serving(flushing) as server:
        transport = HttpTransport(backend())
        connection = await opened(transport, server.url)
        first = await connection.read(time.monotonic() + 30)
        assert first
        assert first.data == b"data: 1\n\n"
        gate.set()
        assert await rest(connection) == b"data: 2\n\n"
        await connection.aclose()
        await transport.aclose()


async def test_a_gzip_bomb_is_inflated_in_bounded_steps() -> None:
    bomb = gzip.compress(b"x" * (256 << 20), 1)

    async def explode(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(HEAD.replace(b"Connection", b"Content-Encoding: gzip\r\nConnection"), bomb)

    async with serving(explode) as server:
        transport = HttpTransport(backend())
        connection = await opened(transport, server.url)
        largest = 0
        for _ in range(20):
            read = await connection.read(time.monotonic() + 30)
            assert read
            largest = max(largest, len(read.data))
        await connection.aclose()
        await transport.aclose()
    assert 0 < largest < 4 << 20


async def test_a_slow_reader_is_not_read_ahead_of_without_bound() -> None:
    sent = 0

    async def pour(peer: Peer) -> None:
        nonlocal sent
        await peer.read_request()
        await peer.send(HEAD)
        while sent < 100 << 20:
            await peer.send(b"x" * 65536)
            sent += 65536

    async with serving(pour) as server:
        transport = HttpTransport(backend())
        connection = await opened(transport, server.url)
        await asyncio.sleep(0.5)
        held_back_at = sent
        await connection.aclose()
        await transport.aclose()
    assert 0 < held_back_at < 32 << 20, "TCP pushes back; the rest is kernel buffers"


WARMED = """
import asyncio, sys
from dashboard.backend.transport import HttpTransport
from dashboard.config import Backend
from dashboard.wire.dialect import Ask

async def main(url):
    transport = HttpTransport(Backend("b", url))
    await transport.warm()
    loaded = set(sys.modules)
    connection = await transport.open(Ask("GET", url), transport.now() + 5)
    print(sorted(set(sys.modules) - loaded))
    await connection.aclose()
    await transport.aclose()

asyncio.run(main(sys.argv[1]))
"""


async def test_the_first_request_of_a_process_loads_no_module_while_the_clock_runs() -> None:
    async def plain(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(HEAD)

    async with serving(plain) as server:
        done = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WARMED, server.url, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await asyncio.wait_for(done.communicate(), 30)
    assert said.decode().strip() == "[]"
