"""One event → every observer; a broken observer is logged, counted and dropped, and never harms the stream."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from dashboard.turn.events import Observer, TurnEvent, way

log = logging.getLogger(__name__)


class Broadcast:
    """An Observer made of others, for one turn; `failed` is told the name of one that raised.

    An observer is not called with what does not concern it (see events.way).
    """

    def __init__(self, observers: Iterable[Observer], failed: Callable[[str], None]) -> None:
        self._observers = list(observers)
        self._failed = failed
        self._ways: dict[type, tuple[Observer, ...]] = {}

    def add(self, observe: Observer) -> None:
        """From now on this one, too."""
        self._set([*self._observers, observe])

    def remove(self, observe: Observer) -> None:
        """No longer this one; harmless when it is not, or no longer, there."""
        self._set([kept for kept in self._observers if kept != observe])

    def __call__(self, event: TurnEvent) -> None:
        kind = type(event)
        ways = self._ways.get(kind)
        if ways is None:
            ways = self._ways[kind] = tuple(take for _, take in self._all_ways(kind))
        for take in ways:
            try:
                take(event)
            except Exception:
                log.exception("observer %s dropped for turn %s", self._drop(take, kind), event.turn)

    def _set(self, observers: list[Observer]) -> None:
        self._observers, self._ways = observers, {}

    def _all_ways(self, kind: type) -> list[tuple[Observer, Observer]]:
        """Each observer with what it takes events of that kind by."""
        ways = [(observe, way(observe, kind)) for observe in self._observers]
        return [(observe, take) for observe, take in ways if take is not None]

    def _drop(self, take: Observer, kind: type) -> str:
        """Of that way no event comes any more; the name of whose it was."""
        owner = next((observe for observe, its in self._all_ways(kind) if its == take), take)
        self.remove(owner)
        name = getattr(owner, "__qualname__", type(owner).__name__)
        self._failed(name)
        return name
