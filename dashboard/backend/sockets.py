"""What lies under the HTTP library: its connections, read as bytes come instead of when they are asked for.

anyio stops and starts a socket around each receive, and httpcore opens a cancel scope around that; together they cost
as much as all that we do with a small event (docs/performance.md), and they hide when it came. So a connection that the
libraries made gets another receiving side here, by asyncio's own `set_protocol`. Connecting, TLS, proxies, writing,
closing and the head of a response stay theirs; its body may be taken over (body.py). Where they are not built as
expected, their stream is left as it is.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from anyio.abc import ByteStream

from dashboard.backend.tls import said_goodbye

HELD_BYTES = 64 * 1024
"""So much waits for a slow reader, and at most one packet more, before TCP pushes back."""


BEGAN_BYTES = 8
"""Enough to tell what is spoken."""


class Receiver(Protocol):
    """Who is told what comes, by the loop, as it comes."""

    def received(self, data: bytes, at: float) -> None: ...

    def ended(self, error: Exception | None) -> None:
        """No more comes; None for a clean end (FIN). The first call counts."""
        ...


class Socket(asyncio.Protocol, ByteStream):
    """The receiving side of a connection, in the place of `stream`'s own; `theirs` is told all but the bytes."""

    def __init__(self, stream: ByteStream, transport: asyncio.Transport, theirs: Any) -> None:
        self._stream, self._transport, self._theirs = stream, transport, theirs
        self.at = self._at = time.monotonic()
        """When the oldest byte of what was taken last came."""
        self._held: list[bytes] = [*theirs.read_queue]
        theirs.read_queue.clear()
        self._size = sum(map(len, self._held))
        self._waiting: asyncio.Future[None] | None = None
        self._over = self._paused = False
        self._error: Exception | None = None
        self._receiver: Receiver | None = None
        transport.set_protocol(self)
        transport.resume_reading()

    # Told by asyncio

    def data_received(self, data: bytes) -> None:
        if self._receiver is not None:
            self._receiver.received(data, time.monotonic())
            return
        if not self._held:
            self._at = time.monotonic()
        self._held.append(bytes(data))
        self._size += len(data)
        if self._size > HELD_BYTES:
            self.pause()
        self._wake()

    def eof_received(self) -> bool | None:
        self._end(None)
        return self._theirs.eof_received()  # type: ignore[no-any-return]  # anyio tells no type of its protocol

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or ConnectionAbortedError("the connection was closed"))
        self._theirs.connection_lost(exc)

    def pause_writing(self) -> None:
        self._theirs.pause_writing()

    def resume_writing(self) -> None:
        self._theirs.resume_writing()

    def _end(self, error: Exception | None) -> None:
        if not self._over:
            self._over, self._error = True, error
            if self._receiver is not None:
                self._receiver.ended(error)
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    # Asked by the reader

    async def ready(self) -> bool:
        """Waits until something can be taken; False when nothing comes any more."""
        while not self._held:
            if self._over or self._transport.is_closing():
                return False
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        return True

    def take(self, max_bytes: int) -> bytes:
        """What came; call when `ready`."""
        self.at, held = self._at, self._held
        data = held[0] if len(held) == 1 else b"".join(held)
        held.clear()
        if len(data) > max_bytes:
            held.append(data[max_bytes:])
            data = data[:max_bytes]
        self._size -= len(data)
        if self._size <= HELD_BYTES:
            self.resume()
        return data

    def take_over(self, receiver: Receiver) -> None:
        """From now on `receiver` is told what comes, beginning with what came and was not taken; nobody may `take` again."""
        self._receiver = receiver
        held, self._held, self._size = b"".join(self._held), [], 0
        self.resume()
        if held:
            receiver.received(held, self._at)
        if self._over:
            receiver.ended(self._error)

    def pause(self) -> None:
        """Lets TCP push back."""
        if not self._paused and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        if self._paused and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()

    async def receive(self, max_bytes: int = 65536) -> bytes:
        if await self.ready():
            return self.take(max_bytes)
        return await self._stream.receive(max_bytes)  # which says how it ended

    async def send(self, item: bytes) -> None:
        await self._stream.send(item)

    def abort(self) -> None:
        """Closes it at once, without a goodbye."""
        self._transport.abort()

    async def send_eof(self) -> None:
        await self._stream.send_eof()

    async def aclose(self) -> None:
        await self._stream.aclose()

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        return self._stream.extra_attributes


class Stream:
    """httpcore's AsyncNetworkStream `inner`, over a Socket; a plain one's reads go past it."""

    def __init__(self, inner: Any, socket: Socket, *, plain: bool) -> None:
        self._inner, self._socket, self._plain = inner, socket, plain
        self.began = b""
        """The first bytes that a plain one gave."""

    @property
    def socket(self) -> Socket | None:
        """What lies under it, where nothing (TLS) lies between."""
        return self._socket if self._plain else None

    def arrived(self) -> float:
        """When the oldest byte of what was read last came."""
        return self._socket.at

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109  # httpcore's interface
        if self._plain and timeout is None and await self._socket.ready():
            data = self._socket.take(max_bytes)
            self.began = self.began or data[:BEGAN_BYTES]
            return data
        data = await self._inner.read(max_bytes, timeout)
        tls = None if data or self._plain else self._inner.get_extra_info("ssl_object")
        if tls is not None and not said_goodbye(tls):
            raise ConnectionAbortedError("the connection ended without the close_notify of TLS: this may not be all")
        return data  # type: ignore[no-any-return]  # httpcore exports none

    async def start_tls(self, *args: Any, **kwargs: Any) -> Stream:
        try:
            return Stream(await self._inner.start_tls(*args, **kwargs), self._socket, plain=False)
        except asyncio.CancelledError:  # the library closes it after errors only
            self._socket.abort()
            raise

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class Network:
    """httpcore's AsyncNetworkBackend `inner`, its TCP connections read by a Socket each."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def connect_tcp(self, *args: Any, **kwargs: Any) -> Any:
        stream = await self._inner.connect_tcp(*args, **kwargs)
        below: Any = getattr(stream, "_stream", None)
        transport: Any = getattr(below, "_transport", None)
        theirs: Any = transport.get_protocol() if hasattr(transport, "set_protocol") else None
        if not hasattr(theirs, "read_queue") or transport.is_closing() or theirs.is_at_eof:
            return stream
        stream._stream = socket = Socket(below, transport, theirs)  # noqa: SLF001  # it has no argument for it
        return Stream(stream, socket, plain=True)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)
