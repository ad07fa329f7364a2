"""Who reads the body of a response: we, straight from its socket, where that can be done; else the HTTP library.

One step of each of the library's layers for every chunk costs as much as half of what a bare client does
(docs/performance.md). So once the library has read the head, the socket is taken over, with what it had read beyond the
head; the connection is the library's again to close, and since it never sees the end of the body, it never uses it again.
TLS, compressed bodies and heads that framing.py leaves to it are read by the library, to the same effect.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from dashboard.backend.framing import Framing, framing_of
from dashboard.backend.inflate import Inflater, Undecodable
from dashboard.backend.reads import Reads
from dashboard.backend.seam import Broken
from dashboard.backend.sockets import Socket, Stream
from dashboard.turn.verdict import Fault

_WAY_TO_PARSER = ("_stream", "_httpcore_stream", "_stream", "_connection", "_h11_state")
"""From httpx's response stream to h11's connection, which can say what it holds."""


class Direct:
    """A Source of Reads and the Receiver of a Socket: the body in between, of which `early` was read with the head."""

    def __init__(self, socket: Socket, framing: Framing, early: bytes) -> None:
        self._socket, self._framing, self._early = socket, framing, early
        self.pause, self.resume = socket.pause, socket.resume

    def begin(self, reads: Reads) -> None:
        self._reads = reads
        if self._early:
            self.received(self._early, self._socket.at)
            self._early = b""
        if self._framing.over:
            self._tell()
        self._socket.take_over(self)

    def received(self, data: bytes, at: float) -> None:
        framing = self._framing
        body = framing.feed(data)
        if body:
            self._reads.received(body, at)
        if framing.over:
            self._tell()

    def ended(self, error: Exception | None) -> None:
        if error is None:
            self._framing.eof()
            self._tell()
        else:
            self._reads.ended(Broken(Fault.CUT, _words(error)))

    def _tell(self) -> None:
        broken = self._framing.broken
        self._reads.ended(Broken(Fault.CUT, broken) if broken else None)

    async def stop(self) -> None:
        """Nothing to let go of: the connection is closed next."""


class Pump:
    """A Source of Reads: a task that reads what the library gives, inflated; `broken` makes a Broken of what it raises."""

    def __init__(
        self,
        pieces: AsyncIterator[bytes],
        encoding: str,
        broken: Callable[[BaseException], Broken],
        arrived: Callable[[], float],
    ) -> None:
        self._pieces, self._broken, self._arrived = pieces, broken, arrived
        self._inflater = Inflater(encoding)
        self._room: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None

    def begin(self, reads: Reads) -> None:
        self._task = asyncio.create_task(self._run(reads), name="stream reader")

    def pause(self) -> None:
        if self._room is None:
            self._room = asyncio.get_running_loop().create_future()

    def resume(self) -> None:
        room, self._room = self._room, None
        if room is not None and not room.done():
            room.set_result(None)

    async def _run(self, reads: Reads) -> None:
        try:
            async for raw in self._pieces:
                for piece in self._inflater.feed(raw):
                    reads.received(piece, self._arrived())
                    if self._room is not None:
                        await self._room
        except Undecodable as error:
            reads.ended(Broken(error.fault, str(error)))
        except Exception as error:  # noqa: BLE001  # whatever the library raises while it reads is the network's
            reads.ended(self._broken(error))
        else:
            cut = "the body ended before the compressed data in it did"
            reads.ended(None if self._inflater.ended else Broken(Fault.CUT, cut))

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)


def direct(response: Any, method: str, headers: Mapping[str, str]) -> Direct | None:
    """`response`, httpx's, of which nothing but the head was read, taken out of its hands; None where that cannot be."""
    stream = response.extensions.get("network_stream")
    socket = stream.socket if isinstance(stream, Stream) else None
    if socket is None or headers.get("content-encoding", "").strip().lower() not in ("", "identity"):
        return None
    framing = framing_of(method, response.http_version, response.status_code, headers)
    parser = response.stream
    for step in _WAY_TO_PARSER:
        parser = getattr(parser, step, None)
    early, closed = getattr(parser, "trailing_data", (b"", True))
    return None if framing is None or closed else Direct(socket, framing, early)


def _words(error: Exception) -> str:
    said = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
    return f"the connection broke: {said or type(error).__name__}"[:300]
