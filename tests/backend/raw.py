"""A raw socket server that plays steps: what a real network does, byte by byte."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Self

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


class Peer:
    """One accepted connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._leaving = asyncio.Lock()
        self.request = b""

    async def read_request(self) -> bytes:
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
        )
        self.request = head + await self._reader.readexactly(length)
        return self.request

    async def some(self) -> bytes:
        """Whatever comes first."""
        return await self._reader.read(65536)

    async def send(self, *pieces: bytes) -> Self:
        for piece in pieces:
            self._writer.write(piece)
            await self._writer.drain()
        return self

    async def gone(self) -> None:
        """Until the client has closed its side; several may wait for it."""
        with contextlib.suppress(ConnectionError):
            async with self._leaving:
                while await self._reader.read(65536):
                    pass

    def reset(self) -> None:
        """A real RST: SO_LINGER 0."""
        sock = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    def leave(self) -> None:
        """A FIN beneath whatever lies over TCP: of TLS, no goodbye."""
        self._writer.get_extra_info("socket").shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._writer.close()


Script = Callable[[Peer], Awaitable[None]]


class RawServer:
    """Gives the n-th connection to the n-th script; past the last, the last again."""

    def __init__(self, *scripts: Script) -> None:
        self._scripts = scripts
        self.peers: list[Peer] = []
        self.failures: list[BaseException] = []
        self.port = 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer)
        self.peers.append(peer)
        script = self._scripts[min(len(self.peers), len(self._scripts)) - 1]
        try:
            await script(peer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        except Exception as error:  # noqa: BLE001  # told to the test, which raises it
            self.failures.append(error)
        finally:
            with contextlib.suppress(Exception):
                writer.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/process/stream"


@contextlib.asynccontextmanager
async def serving(*scripts: Script, port: int = 0) -> AsyncIterator[RawServer]:
    """A RawServer on `port`, 0 for a free one; what went wrong in a script is raised at the end."""
    raw = RawServer(*scripts)
    server = await asyncio.start_server(raw._serve, "127.0.0.1", port)  # its own other half
    raw.port = server.sockets[0].getsockname()[1]
    try:
        yield raw
    finally:
        server.close()
        for peer in raw.peers:
            peer.close()
        await asyncio.sleep(0)
    if raw.failures:
        raise raw.failures[0]
