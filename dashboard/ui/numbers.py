"""The number cards as one JSComponent: one model, one DOM root; colours are variables, so a theme toggle is instant."""

from __future__ import annotations

from typing import Any

import param

from dashboard.config import Thresholds
from dashboard.health.snapshot import Snapshot
from dashboard.ui.columns import CARDS, cards, unwell
from dashboard.ui.modules import Component, source
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


class NumberStrip(Component):
    """Six cards; `values` holds value, unit and sub line of each and is sent only when one of them changed."""

    _esm = source("dom.js", "numbers.js")
    _stylesheets = [source("tokens.css", "numbers.css")]

    cards = param.List(default=[], doc="key, label, definition and colour of each card, in order.")
    values = param.Dict(default={}, doc="key → value, unit, sub line, whether it is unwell.")

    def __init__(self, **params: Any) -> None:
        described = [
            {"key": key, "label": LABELS[key], "about": DEFINITIONS[key], "colour": GAUGE[key]} for key in CARDS
        ]
        super().__init__(cards=described, **params)

    def show(self, snapshot: Snapshot, limits: Thresholds) -> None:
        """Shows these numbers, those beyond the backend's limits marked; sends nothing when they read the same."""
        wrong = unwell(snapshot, limits)
        fresh = {
            key: [value, unit, wrong.get(key, sub), key in wrong] for key, (value, unit, sub) in cards(snapshot).items()
        }
        if fresh != self.values:
            self.values = fresh
