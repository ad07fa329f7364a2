"""The connection of one request, as a run writes to it."""

from __future__ import annotations

import asyncio
import socket
import struct

import tornado.web
from tornado.http1connection import HTTP1Connection
from tornado.iostream import StreamClosedError

from orchestrator_stub.instructions import Ending, Head
from orchestrator_stub.run import GoneError


class TornadoLink:
    """A Link over one request's connection. Every write is its own flush, with TCP_NODELAY."""

    def __init__(self, handler: tornado.web.RequestHandler) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._handler = handler
        connection = handler.request.connection
        assert isinstance(connection, HTTP1Connection)  # noqa: S101  # HTTPServer makes no other
        self._stream = connection.stream
        self._stream.set_nodelay(True)

    async def head(self, head: Head) -> None:
        self._handler.set_status(head.status)
        self._handler.clear_header("Content-Type")
        for name, value in head.headers.items():
            self._handler.set_header(name, value)
        await self._flush()

    async def write(self, data: bytes) -> None:
        if self.ended.done():
            raise GoneError
        self._handler.write(data)
        await self._flush()

    async def _flush(self) -> None:
        try:
            await self._handler.flush()
        except StreamClosedError:
            raise GoneError from None

    def end(self, how: Ending) -> None:
        if self.ended.done():
            return
        self.ended.set_result(None)
        if how == "reset" and self._stream.socket is not None:
            # socket(7), SO_LINGER: on, 0 seconds: close() throws away what is unsent and sends RST
            self._stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if how != "close":
            self._stream.close()

    def gone(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)
