"""One response of the HTTP library: its head, its body as Reads, and whether its socket is gone once it is closed."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from dashboard.backend.body import Pump, direct
from dashboard.backend.reads import Reads
from dashboard.backend.seam import Broken, Closed
from dashboard.backend.sockets import Stream
from dashboard.turn.request import Head

CLOSING_TURNS = 20
"""A loop closes a socket some turns after it was told to; so many are waited for."""


class Response(Reads):
    """`response`, httpx's, of which nothing but the head was read; `broken` makes a Broken of what its body raises."""

    def __init__(self, response: Any, dialled_at: float | None, broken: Callable[[BaseException], Broken]) -> None:
        headers: dict[str, str] = {}
        for name, value in response.headers.multi_items():
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        self.head = Head(response.status_code, headers, dialled_at)
        self._response = response
        self._gone = _watched(response)
        super().__init__(direct(response, response.request.method, headers) or _pumped(response, headers, broken))

    async def aclose(self) -> Closed:
        unread = await self.stop()
        await self._response.aclose()
        for _ in range(CLOSING_TURNS):
            if self._gone():
                break
            await asyncio.sleep(0)
        return Closed(self._gone(), unread, self.last_at)


def _pumped(response: Any, headers: Mapping[str, str], broken: Callable[[BaseException], Broken]) -> Pump:
    stream = response.extensions.get("network_stream")
    arrived = stream.arrived if isinstance(stream, Stream) else time.monotonic
    return Pump(response.aiter_raw(), headers.get("content-encoding", ""), broken, arrived)


def _watched(response: Any) -> Callable[[], bool]:
    """Tells whether the response's socket is gone: its descriptor is closed, or another's by now."""
    stream = response.extensions.get("network_stream")
    sock = stream.get_extra_info("socket") if stream else None
    if sock is None or sock.fileno() < 0:
        return lambda: True
    descriptor = sock.fileno()
    inode = os.fstat(descriptor).st_ino if os.name == "posix" else 0

    def gone() -> bool:
        if not inode:
            return bool(sock.fileno() < 0)
        try:
            return os.fstat(descriptor).st_ino != inode
        except OSError:
            return True

    return gone
