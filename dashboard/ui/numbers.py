"""The number cards as one JSComponent: one model, one DOM root; colours are variables, so a theme toggle is instant."""

from __future__ import annotations

from typing import Any

import param

from dashboard.config import Thresholds
from dashboard.health.snapshot import Snapshot
from dashboard.ui.columns import CARDS, cards, unwell
from dashboard.ui.modules import source
from dashboard.ui.post import Posted
from dashboard.ui.theme import GAUGE
from dashboard.ui.words import DEFINITIONS

LABELS = {
    "events": "Total events",
    "rate": "Events per second",
    "uptime": "Connection uptime",
    "reconnects": "Reconnects",
    "ttft": "Time to first text",
    "gap": "Chunk gap p50",
}


class NumberStrip(Posted):
    """Six cards: value, unit and sub line of each, sent only when one of them changed."""

    _esm = source("dom.js", "numbers.js")
    _stylesheets = [source("tokens.css", "numbers.css")]

    cards = param.List(default=[], doc="key, label, definition and colour of each card, in order.")

    values = param.Dict(default={}, doc="The numbers that the page begins with; later ones come as messages.")

    def __init__(self, **params: Any) -> None:
        described = [
            {"key": key, "label": LABELS[key], "about": DEFINITIONS[key], "colour": GAUGE[key]} for key in CARDS
        ]
        self.told: dict[str, list[Any]] = {}
        """key → value, unit, sub line, whether it is unwell: what the browser was told."""
        super().__init__(cards=described, **params)

    def show(self, snapshot: Snapshot, limits: Thresholds) -> None:
        """Shows these numbers, those beyond the backend's limits marked; sends nothing when they read the same."""
        wrong = unwell(snapshot, limits)
        fresh = {
            key: [value, unit, wrong.get(key, sub), key in wrong] for key, (value, unit, sub) in cards(snapshot).items()
        }
        if not self._models:
            self.values = fresh
        changed = {key: told for key, told in fresh.items() if self.told.get(key) != told}
        if changed:
            self.told = fresh
            self._send_msg(changed)

    async def _handle_msg(self, data: Any) -> None:
        """A message from the browser: {"type": "sync"} when it has rendered or come back; anything else is ignored."""
        if isinstance(data, dict) and data.get("type") == "sync" and self.told:
            self._send_msg(self.told)
