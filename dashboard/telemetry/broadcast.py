"""One event → every observer; a broken observer is logged, counted and dropped, and never harms the stream."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from dashboard.turn.events import Observer, TurnEvent

log = logging.getLogger(__name__)


class Broadcast:
    """An Observer made of others, for one turn; `failed` is told the name of one that raised."""

    def __init__(self, observers: Iterable[Observer], failed: Callable[[str], None]) -> None:
        self._observers = list(observers)
        self._failed = failed

    def add(self, observe: Observer) -> None:
        """From now on this one, too."""
        self._observers = [*self._observers, observe]

    def remove(self, observe: Observer) -> None:
        """No longer this one; harmless when it is not, or no longer, there."""
        self._observers = [kept for kept in self._observers if kept != observe]

    def __call__(self, event: TurnEvent) -> None:
        for observe in self._observers:
            try:
                observe(event)
            except Exception:
                name = getattr(observe, "__qualname__", type(observe).__name__)
                log.exception("observer %s dropped for turn %s", name, event.turn)
                self._observers = [kept for kept in self._observers if kept is not observe]
                self._failed(name)
