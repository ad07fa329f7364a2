"""The backends of a process, by name: each with its transport, its places, and what was learnt of it by asking."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import msgspec

from dashboard.backend.discovery import discovered, needs_card
from dashboard.backend.scenarios import Scenario, fetch_scenarios
from dashboard.backend.transport import HttpTransport
from dashboard.config import Backend


class Changes(msgspec.Struct, frozen=True):
    """What another configuration brought, as names of backends."""

    added: list[str]
    changed: list[str]
    removed: list[str]

    def __str__(self) -> str:
        said = [f"{what} {', '.join(names)}" for what, names in msgspec.structs.asdict(self).items() if names]
        return "; ".join(said) or "no backend changed"


class Roster:
    """A turn keeps the transport and the places that it began with, however the configuration goes on."""

    def __init__(self, backends: Iterable[Backend]) -> None:
        self._configured = {each.name: each for each in backends}
        self.backends = dict(self._configured)
        """As they are asked: what discovery found is in them."""
        self._discovered: set[str] = set()
        self._listed: dict[str, list[Scenario]] = {}
        self._transports: dict[str, HttpTransport] = {}
        self._places: dict[str, asyncio.Semaphore] = {}

    def transport(self, backend: Backend) -> HttpTransport:
        """What reaches it; made when first used."""
        if backend.name not in self._transports:
            self._transports[backend.name] = HttpTransport(backend)
        return self._transports[backend.name]

    async def warm(self) -> None:
        """Makes what reaches each backend beforehand: the first question should not wait for it."""
        for backend in list(self.backends.values()):
            await self.transport(backend).warm()
            await asyncio.sleep(0)

    def places(self, backend: Backend) -> asyncio.Semaphore:
        """Room for its `max_parallel` turns."""
        if backend.name not in self._places:
            self._places[backend.name] = asyncio.Semaphore(backend.max_parallel)
        return self._places[backend.name]

    async def scenarios(self, name: str, *, streams: bool) -> list[Scenario]:
        """What the backend can be asked to act out; [] when it has no such list, or is not configured any more.

        While it streams it is never asked: then, and when it does not answer, the list is the one that it had before.
        """
        backend = self.backends.get(name)
        if backend is None or backend.dialect != "orchestrator":
            return []
        if not streams:
            listed = await fetch_scenarios(self.transport(backend), backend.url)
            self._listed[name] = listed or self._listed.get(name, [])
        return self._listed.get(name, [])

    async def discover(self, name: str, *, streams: bool) -> None:
        """Learns, once it is there, how an A2A backend wants to be asked; every other is known already. Not while it streams."""
        backend = self.backends.get(name)
        if backend and needs_card(backend) and name not in self._discovered and not streams:
            self._discovered.add(name)
            found = None
            try:
                found = await discovered(backend, self.transport(backend))
            finally:
                if found is None:
                    self._discovered.discard(name)
            if found is not None and self.backends.get(name) is backend:
                self.backends[name] = found

    def configure(self, backends: Iterable[Backend]) -> tuple[Changes, dict[str, HttpTransport]]:
        """These are the backends from now on. What changed, and the transports that are the caller's to close, by backend."""
        before, after = self._configured, {each.name: each for each in backends}
        changes = Changes(
            added=[name for name in after if name not in before],
            changed=[name for name in after if name in before and after[name] != before[name]],
            removed=[name for name in before if name not in after],
        )
        old: dict[str, HttpTransport] = {}
        for name in (*changes.changed, *changes.removed):
            del self.backends[name]
            self._discovered.discard(name)
            self._listed.pop(name, None)
            self._places.pop(name, None)
            if name in self._transports:
                old[name] = self._transports.pop(name)
        self._configured = after
        self.backends = {name: self.backends.get(name, backend) for name, backend in after.items()}
        return changes, old

    async def aclose(self) -> None:
        """Closes every transport."""
        for transport in self._transports.values():
            await transport.aclose()
        self._transports.clear()
