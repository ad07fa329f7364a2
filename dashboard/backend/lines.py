"""The lines to the back ends of a process: a transport each, and the places of its max_parallel."""

from __future__ import annotations

import asyncio

from dashboard.backend.transport import HttpTransport
from dashboard.config import Backend


class Lines:
    """Made when first used. A turn keeps the transport and the places that it began with, however the configuration goes on."""

    def __init__(self) -> None:
        self._transports: dict[str, HttpTransport] = {}
        self._places: dict[str, asyncio.Semaphore] = {}

    def transport(self, backend: Backend) -> HttpTransport:
        """What reaches it."""
        if backend.name not in self._transports:
            self._transports[backend.name] = HttpTransport(backend)
        return self._transports[backend.name]

    def places(self, backend: Backend) -> asyncio.Semaphore:
        """Room for `max_parallel` turns."""
        if backend.name not in self._places:
            self._places[backend.name] = asyncio.Semaphore(backend.max_parallel)
        return self._places[backend.name]

    def let_go(self, name: str) -> HttpTransport | None:
        """The next turn of this backend gets new ones; the old transport is the caller's to close, once it is unused."""
        self._places.pop(name, None)
        return self._transports.pop(name, None)

    async def aclose(self) -> None:
        """Closes every transport."""
        for transport in self._transports.values():
            await transport.aclose()
        self._transports.clear()
